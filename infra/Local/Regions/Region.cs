using System.Text;
using Coordination.Contracts.Peer.V1;
using Coordination.Hosting.Trust;
using TrustList = Coordination.Contracts.Peer.V1.TrustList;

namespace Coordination.Local;

/// <summary>Country nodes on this machine, one process and one database each, that trust each other through one list.</summary>
public sealed class Region : IAsyncDisposable
{
    /// <summary>API, peers, console.</summary>
    const int PortsOfANode = 3;

    readonly RunFolder _run;
    readonly bool _ownsPostgres;
    readonly RegionOptions _options;
    readonly Ports _ports;
    readonly List<PostgresDatabase> _databases = [];
    readonly List<RegionNode> _nodes = [];
    readonly DevelopmentIssuer _issuer = new();

    Region(RunFolder run, Ports ports, RegionOptions options, DevelopmentAuthority authority, PostgresServer postgres)
    {
        _run = run;
        _ports = ports;
        _ownsPostgres = options.Postgres is null;
        _options = options;
        Authority = authority;
        Postgres = postgres;
        TrustList = new();
    }

    public DevelopmentAuthority Authority { get; }

    /// <summary>Whose tokens the nodes believe.</summary>
    public DevelopmentIssuer Issuer => _issuer;

    public PostgresServer Postgres { get; }

    /// <summary>In the order of the options.</summary>
    public IReadOnlyList<RegionNode> Nodes => _nodes;

    /// <summary>The list with which the nodes started. Edit a clone of it, count its version up, and hand that to <see cref="WriteTrustList"/>.</summary>
    public TrustList TrustList { get; private set; }

    public string Folder => _run.Path;

    /// <summary>The nodes' TLS authorities, PEM, one after the other: whoever calls an API checks its certificate with them.</summary>
    public string AuthoritiesFile => Path.Combine(Folder, "authorities.pem");

    /// <summary>What a tool needs to know of this region. See <see cref="Coordination.Local.RegionFile"/>.</summary>
    public string RegionFile => Path.Combine(Folder, Local.RegionFile.Name);

    public RegionNode this[string id] => _nodes.Single(n => n.Id == id);

    /// <summary>Prepares every node and starts all but those that are to be down.</summary>
    /// <exception cref="LocalException">The region cannot run here; the message says why and what to do. Nothing is left running.</exception>
    public static async Task<Region> StartAsync(RegionOptions options, CancellationToken cancellationToken = default)
    {
        var countries = options.Countries.Select(Country.Of).ToList();
        if (options.BasePort is { } first) Ports.Check(first, PortsOfANode * countries.Count);
        options = options with { NodeCommand = options.NodeCommand ?? RegionNode.OfThisClone() };
        var authority = DevelopmentAuthority.Create(options.Countries);
        var ports = new Ports();
        RunFolder? run = null;
        Region? region = null;
        try
        {
            run = options.Folder is null ? await RunFolder.TemporaryAsync() : await RunFolder.TakeAsync(options.Folder);
            var at = countries.Index().ToDictionary(c => c.Item.Id, c => Take(ports, options.BasePort, c.Index), StringComparer.Ordinal);
            region = new(run, ports, options, authority, options.Postgres ?? await PostgresServer.StartAsync(run, cancellationToken));
            await region.PrepareAsync(countries, at, cancellationToken);
            await Task.WhenAll(region.Nodes.Where(n => !options.Down.Contains(n.Id)).Select(n => n.StartAsync(cancellationToken)));
            return region;
        }
        catch
        {
            if (region is not null)
            {
                await region.DisposeAsync();
            }
            else
            {
                authority.Dispose();
                ports.Dispose();
                run?.Dispose();
            }
            throw;
        }
    }

    /// <summary>Signs a list with the development keys and puts it into key folders, where the nodes find it when they look next.</summary>
    /// <param name="list">The whole list, its version counted up.</param>
    /// <param name="nodes">Whose folders; every node's when empty.</param>
    public SignedTrustList WriteTrustList(TrustList list, params IReadOnlyList<string> nodes)
    {
        var signed = Authority.Sign(list);
        foreach (var node in _nodes.Where(n => nodes.Count == 0 || nodes.Contains(n.Id))) node.Keys.WriteTrustList(signed);
        return signed;
    }

    /// <summary>Leaves everything running, until <see cref="RunFolder.StopAsync"/>.</summary>
    public void Detach()
    {
        _run.Detach();
        _ports.Dispose();
    }

    /// <summary>Stops every node, then the server, and deletes keys and data; logs stay in a folder that was named.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_nodes.Select(n => n.StopAllAsync()));
        if (_ownsPostgres) await Postgres.DisposeAsync();
        else foreach (var database in _databases) await Postgres.DropDatabaseAsync(database);
        _ports.Dispose();
        _issuer.Dispose();
        Authority.Dispose();
        _run.Dispose();
    }

    async Task PrepareAsync(
        IReadOnlyList<Country> countries, Dictionary<string, (int Api, int Peer, int Console)> at, CancellationToken cancellationToken)
    {
        TrustList = Authority.NewList(id => $"https://127.0.0.1:{at[id].Peer}");
        var signed = Authority.Sign(TrustList);

        var keysFile = Path.Combine(Folder, "jwks.json");
        foreach (var file in (IEnumerable<string>)[keysFile, AuthoritiesFile, RegionFile]) _run.Owns(file);
        PrivateFile.Write(keysFile, _issuer.Keys());
        PrivateFile.Write(AuthoritiesFile, AuthoritiesPem(Authority, countries));

        foreach (var country in countries)
        {
            var folder = PrivateFile.Folder(Path.Combine(Folder, country.Id));
            var keys = new KeyFolder(Path.Combine(folder, "keys"));
            _run.Owns(keys.Path);
            keys.WriteAll(Authority, country.Id, signed);
            var database = await Postgres.CreateDatabaseAsync(country.Id.ToLowerInvariant(), cancellationToken);
            _databases.Add(database);
            var tokens = country.Offices.ToDictionary(o => o, o => _issuer.Issue(country.Id, o), StringComparer.Ordinal);
            var node = new RegionNode(_run, _ports, _options, country, database, keys, keysFile, tokens, folder, at[country.Id]);
            _run.Owns(PrivateFile.Folder(node.ErasureFolder));
            node.WriteSettings();
            _nodes.Add(node);
        }
        Local.RegionFile.Write(this);
    }

    static (int Api, int Peer, int Console) Take(Ports ports, int? first, int place) => first + (PortsOfANode * place) is { } port
        ? (ports.Take(port), ports.Take(port + 1), ports.Take(port + 2))
        : (ports.Take(), ports.Take(), ports.Take());

    internal static string AuthoritiesPem(DevelopmentAuthority authority, IReadOnlyList<Country> countries)
    {
        var pem = new StringBuilder();
        foreach (var country in countries) pem.Append(authority.TlsAuthority(country.Id).ExportCertificatePem()).Append('\n');
        return pem.ToString();
    }
}
