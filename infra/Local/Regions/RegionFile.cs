using System.Text.Json;

namespace Coordination.Local;

/// <summary>What a tool needs to know of a region that runs: written when it is prepared, deleted when it ends.</summary>
/// <param name="Folder">Where settings and logs are.</param>
/// <param name="DataFolder">PostgreSQL's data; null where the server is not ours.</param>
/// <param name="CaFile">The nodes' TLS authorities, PEM.</param>
/// <param name="Nodes">In the order of their start.</param>
public sealed record RegionFile(string Folder, string? DataFolder, string CaFile, IReadOnlyList<RegionFileNode> Nodes)
{
    /// <summary>The file's name in the region's folder.</summary>
    public const string Name = "region.json";

    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    internal static void Write(Region region) => PrivateFile.Write(region.RegionFile, JsonSerializer.SerializeToUtf8Bytes(new RegionFile(
        region.Folder, region.Postgres.DataFolder, region.AuthoritiesFile,
        [.. region.Nodes.Select(n => new RegionFileNode(n.Id, n.ApiAddress, n.PeerAddress, n.ConsoleAddress, n.KeyFolder, n.LogFile, n.Tokens))]), Json));
}

/// <summary>One node of the region.</summary>
/// <param name="Id">ISO 3166 alpha-2.</param>
/// <param name="ApiAddress">Where offices and their programs reach it.</param>
/// <param name="PeerAddress">Where other nodes reach it.</param>
/// <param name="ConsoleAddress">Where people with browsers reach it.</param>
/// <param name="KeyFolder">Its keys.</param>
/// <param name="LogFile">What it printed.</param>
/// <param name="Tokens">Office, as <c>role@unit</c>, to bearer token.</param>
public sealed record RegionFileNode(
    string Id, string ApiAddress, string PeerAddress, string ConsoleAddress, string KeyFolder, string LogFile, IReadOnlyDictionary<string, string> Tokens);
