namespace Coordination.Local;

/// <summary>Which region to start, and where.</summary>
public sealed record RegionOptions
{
    /// <summary>Node ids, at least two.</summary>
    public IReadOnlyList<string> Countries { get; init; } = [.. Country.All.Select(c => c.Id)];

    /// <summary>Where keys, settings and logs go; when null a temporary folder, deleted when the region ends.</summary>
    public string? Folder { get; init; }

    /// <summary>A server that is shared with others; when null the region has its own.</summary>
    public PostgresServer? Postgres { get; init; }

    /// <summary>Nodes that are prepared, not started: peers that are down.</summary>
    public IReadOnlyList<string> Down { get; init; } = [];

    /// <summary>The first node's API port; its ports for peers and for the console are the next ones, and so on. Any free ports when null.</summary>
    public int? BasePort { get; init; }

    /// <summary>How to start a node, before <c>--config FILE</c>; the country node of this clone when null.</summary>
    public IReadOnlyList<string>? NodeCommand { get; init; }

    /// <summary>Statements that wait for a second person at every node, by their names in the protocol.</summary>
    public IReadOnlyList<string> Approval { get; init; } = [];

    /// <summary>A file of periods after which every node deletes data; null where everything is kept.</summary>
    public string? RetentionFile { get; init; }

    /// <summary>How long a node may take until it listens.</summary>
    public TimeSpan StartLimit { get; init; } = TimeSpan.FromSeconds(60);
}
