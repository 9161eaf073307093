using System.Net;
using Coordination.Domain.Dossiers;
using Microsoft.Extensions.Configuration;

namespace Coordination.Hosting;

/// <summary>How one node is set up: the section <c>Node</c> of its configuration.</summary>
public sealed record NodeSettings
{
    /// <summary>ISO 3166 alpha-2, in capitals: <c>TH</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Npgsql connection string of the node's own database, as the node's own role.</summary>
    public required string Database { get; init; }

    /// <summary>The folder of keys, outside the database and its backups. See <see cref="Trust.KeyFolder"/>.</summary>
    public required string KeyFolder { get; init; }

    /// <summary>The folder of the list of erasures, on another medium than keys and database, and in no backup that is put back. See <see cref="Sealing.ErasureList"/>.</summary>
    public required string ErasureFolder { get; init; }

    /// <summary>Where the node listens for offices and their programs: https, an IP address or localhost, and a port.</summary>
    public required string ApiAddress { get; init; }

    /// <summary>Where it listens for people with browsers, as <see cref="ApiAddress"/>, and with the same certificate.</summary>
    public required string ConsoleAddress { get; init; }

    /// <summary>The name that people's browsers know the console by, without port: <c>console.datip.example</c>. Passkeys are made for it, and count under no other.</summary>
    public required string ConsoleName { get; init; }

    /// <summary>Where it listens for other nodes, as <see cref="ApiAddress"/>; what the trust list names leads there.</summary>
    public required string PeerAddress { get; init; }

    /// <summary>Whose bearer tokens count.</summary>
    public required TokenSettings Tokens { get; init; }

    /// <summary>The offices that act at this node, each <c>role@unit</c>: <c>focal-point@datip</c>.</summary>
    public required IReadOnlyList<string> Offices { get; init; }

    /// <summary>The file of offices: who supervises, who is on duty, what is approved, whose clocks; empty for none.</summary>
    public required string DirectoryFile { get; init; }

    /// <summary>The file of periods after which data are deleted; empty where everything is kept for ever.</summary>
    public required string RetentionFile { get; init; }

    /// <summary>Reads the settings, and says everything that is wrong with them at once.</summary>
    /// <returns>Either the settings, or at least one fault: a sentence that names the setting and says what to do.</returns>
    public static (NodeSettings? Settings, IReadOnlyList<string> Faults) Read(IConfigurationSection section)
    {
        var faults = new List<string>();
        var settings = new NodeSettings
        {
            Id = Text("Id"),
            Database = Text("Database"),
            KeyFolder = Text("KeyFolder"),
            ErasureFolder = Text("ErasureFolder"),
            ApiAddress = Address("ApiAddress"),
            ConsoleAddress = Address("ConsoleAddress"),
            ConsoleName = Text("ConsoleName"),
            PeerAddress = Address("PeerAddress"),
            Tokens = new TokenSettings { Issuer = Text("Tokens:Issuer"), Audience = Text("Tokens:Audience"), KeysFile = section["Tokens:KeysFile"] ?? "", DiscoveryAddress = section["Tokens:DiscoveryAddress"] ?? "" },
            DirectoryFile = section["DirectoryFile"] ?? "",
            RetentionFile = section["RetentionFile"] ?? "",
            Offices = [.. section.GetSection("Offices").GetChildren().Select(office => office.Value ?? "")],
        };

        if (settings.Id.Length > 0 && !(NodeId.TryParse(settings.Id, out var id) && id.IsCountry)) Fault("Id", "is no country of the region: one of KH, CN, LA, MM, TH, VN is needed");
        if (settings.ConsoleName.Length > 0 && Uri.CheckHostName(settings.ConsoleName) is not UriHostNameType.Dns)
            Fault("ConsoleName", "is no name: passkeys are made for a name, never for an address. Give it as people type it, without https and port, such as th.localhost");
        if (settings.KeyFolder.Length > 0 && !Directory.Exists(settings.KeyFolder)) Fault("KeyFolder", $"names a folder that does not exist: {settings.KeyFolder}");
        if (settings.ErasureFolder.Length > 0 && !Directory.Exists(settings.ErasureFolder))
            Fault("ErasureFolder", $"names a folder that does not exist: {settings.ErasureFolder}. On a node's very first start, make it empty; later, mount its medium");
        else if (settings.ErasureFolder.Length > 0 && settings.KeyFolder.Length > 0 && Folder(settings.ErasureFolder).StartsWith(Folder(settings.KeyFolder), StringComparison.Ordinal))
            Fault("ErasureFolder", "is in the key folder: whoever puts that back from a copy would put back the list of erasures with it. Name a folder on another medium");
        if ((settings.Tokens.KeysFile.Length > 0) == (settings.Tokens.DiscoveryAddress.Length > 0))
            Fault("Tokens:KeysFile", settings.Tokens.KeysFile.Length > 0 ? "and Node:Tokens:DiscoveryAddress are both set: the issuer's keys come from one of them, so leave the other out" : "is missing: name a file with the issuer's keys, or set Node:Tokens:DiscoveryAddress");
        if (settings.Tokens.DiscoveryAddress.Length > 0 && !(Uri.TryCreate(settings.Tokens.DiscoveryAddress, UriKind.Absolute, out var discovery) && discovery.Scheme == Uri.UriSchemeHttps))
            Fault("Tokens:DiscoveryAddress", "is no https address of an issuer's discovery document, such as https://login.example/.well-known/openid-configuration");
        if (settings.Tokens.KeysFile.Length > 0 && !File.Exists(settings.Tokens.KeysFile)) Fault("Tokens:KeysFile", $"names a file that does not exist: {settings.Tokens.KeysFile}");
        if (settings.DirectoryFile.Length > 0 && !File.Exists(settings.DirectoryFile)) Fault("DirectoryFile", $"names a file that does not exist: {settings.DirectoryFile}");
        if (settings.RetentionFile.Length > 0 && !File.Exists(settings.RetentionFile)) Fault("RetentionFile", $"names a file that does not exist: {settings.RetentionFile}");
        if (settings.Offices.Count == 0) Fault("Offices", "is empty: name at least one office, such as focal-point@datip");
        foreach (var office in settings.Offices.Where(office => !Office.TryParse(office, out _)))
            Fault("Offices", $"names {office}, which is no role@unit, such as focal-point@datip");
        return faults.Count == 0 ? (settings, []) : (null, faults);

        static string Folder(string path) => $"{Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))}/";

        void Fault(string name, string text) => faults.Add($"Setting {section.Path}:{name} {text}.");

        string Text(string name)
        {
            var text = section[name] ?? "";
            if (text.Length == 0) Fault(name, "is missing");
            return text;
        }

        string Address(string name)
        {
            var text = Text(name);
            if (text.Length > 0 && !(Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps && HostOf(uri) is not null))
                Fault(name, "is no https address with an IP address or localhost, such as https://127.0.0.1:7101");
            return text;
        }
    }

    /// <summary>The interface that an address stands for; null for a name, which may stand for any.</summary>
    public static IPAddress? HostOf(Uri address) =>
        address.Host == "localhost" ? IPAddress.Loopback : IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) ? ip : null;
}

/// <summary>The one issuer of bearer tokens that the node believes.</summary>
public sealed record TokenSettings
{
    /// <summary>The claim <c>iss</c>.</summary>
    public required string Issuer { get; init; }

    /// <summary>The claim <c>aud</c>.</summary>
    public required string Audience { get; init; }

    /// <summary>A JWKS file with the issuer's public keys; empty where they come from <see cref="DiscoveryAddress"/>. The office is the claim <c>office</c>, as in <see cref="NodeSettings.Offices"/>.</summary>
    public required string KeysFile { get; init; }

    /// <summary>https: where the issuer's discovery document is (OpenID Connect Discovery 1.0), which says where its keys are; empty where they come from <see cref="KeysFile"/>.</summary>
    public required string DiscoveryAddress { get; init; }
}
