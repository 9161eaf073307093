using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Coordination.Cli.Commands;
using Grpc.Core;
using Grpc.Net.Client;

namespace Coordination.Cli;

/// <summary>Which node, and as which office: from the options, or from the file that infra/run writes.</summary>
static class ConnectionOptions
{
    static readonly Option<string> Node = new("--node") { Description = "Country whose node is called: TH, LA …", Recursive = true, DefaultValueFactory = _ => Environment.GetEnvironmentVariable("COORD_NODE") ?? "TH" };
    static readonly Option<string> Office = new("--office") { Description = "Office as which it is called, as role@unit or by its role alone. Only with --region.", Recursive = true, DefaultValueFactory = _ => "focal-point" };
    static readonly Option<string> Region = new("--region") { Description = "File that infra/run writes, with addresses and development tokens.", Recursive = true, DefaultValueFactory = _ => Environment.GetEnvironmentVariable("COORD_REGION") ?? ".run/region.json" };
    static readonly Option<string?> Address = new("--address") { Description = "Address of the node's API, instead of --region. Needs --token-file, and --ca unless the system trusts the certificate.", Recursive = true };
    static readonly Option<string?> Ca = new("--ca") { Description = "PEM file with the authority of the node's certificate.", Recursive = true };
    static readonly Option<string?> TokenFile = new("--token-file") { Description = "File with the office's bearer token.", Recursive = true };
    static readonly Option<bool> AsJson = new("--json") { Description = "Print JSON instead of a table. What fails is said on standard error all the same, in a line that begins with status and reason.", Recursive = true };

    static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    public static void AddTo(RootCommand root)
    {
        foreach (Option option in (Option[])[Node, Office, Region, Address, Ca, TokenFile, AsJson]) root.Options.Add(option);
    }

    /// <summary>Connects as the command line says.</summary>
    /// <exception cref="UsageException">A file is missing or is not what it should be, or names no such node or office.</exception>
    public static Connection Connect(this ParseResult parsed)
    {
        var node = parsed.GetValue(Node)!;
        if (parsed.GetValue(Address) is { } address)
        {
            var tokenFile = parsed.GetValue(TokenFile) ?? throw new UsageException("--address needs --token-file with the office's bearer token.");
            return Connection.Open(node, address, ReadToken(tokenFile), parsed.GetValue(Ca));
        }

        return parsed.ConnectTo(node, parsed.GetValue(Office)!);
    }

    /// <summary>Connects to a node of the region, as one of its offices.</summary>
    /// <exception cref="UsageException">There is no such region, node or office.</exception>
    public static Connection ConnectTo(this ParseResult parsed, string node, string office)
    {
        var region = parsed.ReadRegion();
        var there = region.Nodes.FirstOrDefault(known => known.Id == node)
            ?? throw new UsageException($"The region in {parsed.GetValue(Region)} has no node {node}; it has {string.Join(", ", region.Nodes.Select(known => known.Id))}.");
        var token = there.Tokens.FirstOrDefault(known => known.Key == office || known.Key.StartsWith(office + "@", StringComparison.Ordinal)).Value
            ?? throw new UsageException($"{node} has no office {office}; it has {string.Join(", ", there.Tokens.Keys)}.");
        return Connection.Open(node, there.ApiAddress, Checked(token, parsed.GetValue(Region)!), region.CaFile);
    }

    /// <summary>The nodes of the region.</summary>
    /// <exception cref="UsageException">There is none, or one node is named by its address alone.</exception>
    public static IReadOnlyList<string> NodesOfRegion(this ParseResult parsed) => parsed.GetValue(Address) is null
        ? [.. parsed.ReadRegion().Nodes.Select(known => known.Id)]
        : throw new UsageException("--address names one node, and several are needed: name the region's file with --region.");

    static RegionFile ReadRegion(this ParseResult parsed)
    {
        var file = parsed.GetValue(Region)!;
        try
        {
            var region = JsonSerializer.Deserialize<RegionFile>(ReadText(file), Web);
            return region?.Nodes?.All(node => node is { Id: not null, ApiAddress: not null, Tokens: not null }) is true ? region : throw new JsonException();
        }
        catch (JsonException)
        {
            throw new UsageException($"{file} is no region file. infra/run writes one.");
        }
    }

    public static bool WantsJson(this ParseResult parsed) => parsed.GetValue(AsJson);

    static string ReadToken(string file) => Checked(ReadText(file).TrimEnd(), file);

    /// <summary>A bearer token as a header can carry it: visible ASCII in one line.</summary>
    static string Checked(string token, string file) => token.Length > 0 && token.All(letter => letter is > ' ' and <= '~')
        ? token
        : throw new UsageException($"{file} holds no bearer token: one line of visible ASCII, without spaces, is expected.");

    static string ReadText(string file)
    {
        try
        {
            return File.ReadAllText(Files.Named(file));
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UsageException($"{file} does not exist. infra/run writes .run/region.json; or say --address and --token-file.");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{file} cannot be read: {unreadable.Message}");
        }
    }

    sealed record RegionFile(string CaFile, IReadOnlyList<RegionNode> Nodes);

    sealed record RegionNode(string Id, string ApiAddress, IReadOnlyDictionary<string, string> Tokens);
}

/// <summary>An open line to one node, as one office.</summary>
sealed record Connection(string Node, GrpcChannel Channel, string Token) : IDisposable
{
    static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    public static Connection Open(string node, string address, string token, string? authority)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttps)
            throw new UsageException($"{address} is no https address.");
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = Deadline,
            // A node that falls silent while it is watched is noticed.
            KeepAlivePingDelay = TimeSpan.FromSeconds(10),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
        };
        if (authority is not null)
        {
            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            handler.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(ReadAuthorities(authority));
        }
        return new Connection(node, GrpcChannel.ForAddress(uri, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true }), token);
    }

    public CallOptions Options(CancellationToken cancellationToken) =>
        StreamOptions(cancellationToken).WithDeadline(TimeProvider.System.GetUtcNow().UtcDateTime + Deadline);

    /// <summary>For a stream that goes on until the caller leaves.</summary>
    public CallOptions StreamOptions(CancellationToken cancellationToken) => new(new Metadata { { "authorization", $"Bearer {Token}" } }, cancellationToken: cancellationToken);

    public void Dispose() => Channel.Dispose();

    static X509Certificate2Collection ReadAuthorities(string file)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPem(Files.ReadText(file));
        }
        catch (CryptographicException)
        {
            // What calls itself a certificate and is none counts as none.
        }
        return authorities.Count > 0 ? authorities : throw new UsageException($"{file} holds no PEM certificate: the authority of the node's certificate is expected.");
    }
}

/// <summary>The command line cannot be followed; the message says what to do.</summary>
sealed class UsageException(string message) : Exception(message);
