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

    /// <summary>Where offices and their programs reach the node, such as <c>https://127.0.0.1:7101</c>.</summary>
    public required string ApiAddress { get; init; }

    /// <summary>Where other nodes reach it; the same address that the trust list names, or what leads there.</summary>
    public required string PeerAddress { get; init; }

    /// <summary>Whose bearer tokens count.</summary>
    public required TokenSettings Tokens { get; init; }

    /// <summary>The offices that act at this node, each <c>role@unit</c>: <c>focal-point@datip</c>.</summary>
    public required IReadOnlyList<string> Offices { get; init; }
}

/// <summary>The one issuer of bearer tokens that the node believes.</summary>
public sealed record TokenSettings
{
    /// <summary>The claim <c>iss</c>.</summary>
    public required string Issuer { get; init; }

    /// <summary>The claim <c>aud</c>.</summary>
    public required string Audience { get; init; }

    /// <summary>A JWKS file with the issuer's public keys. The office is the claim <c>office</c>, as in <see cref="NodeSettings.Offices"/>.</summary>
    public required string KeysFile { get; init; }
}
