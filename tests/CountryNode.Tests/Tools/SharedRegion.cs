using Coordination.Local;

[assembly: AssemblyFixture(typeof(Coordination.CountryNode.Tests.SharedRegion))]

namespace Coordination.CountryNode.Tests;

/// <summary>
/// One PostgreSQL server for all tests of this program, and on it Thailand, Lao PDR and Viet Nam for every test that harms
/// no node. An unexpected error in a log fails the run.
/// </summary>
public sealed class SharedRegion : IAsyncLifetime
{
    PostgresServer? _postgres;
    Region? _region;

    public PostgresServer Postgres => _postgres ?? throw new InvalidOperationException("The server has not been started.");

    public Region Region => _region ?? throw new InvalidOperationException("The region has not been started.");

    public async ValueTask InitializeAsync()
    {
        _postgres = await PostgresServer.StartAsync();
        _region = await StartAsync(["TH", "LA", "VN"]);
    }

    /// <summary>A region of a test's own on the same server, for what would disturb the others.</summary>
    public Task<Region> StartAsync(IReadOnlyList<string> countries, params IReadOnlyList<string> down) =>
        Region.StartAsync(new RegionOptions { Countries = countries, Postgres = Postgres, Down = down });

    public async ValueTask DisposeAsync()
    {
        List<string> errors = [];
        if (_region is not null)
        {
            errors = [.. _region.Nodes.SelectMany(ErrorLogs.In)];
            await _region.DisposeAsync();
        }
        if (_postgres is not null) await _postgres.DisposeAsync();
        errors.ShouldBeEmpty();
    }
}

/// <summary>What nodes should never have to say.</summary>
static class ErrorLogs
{
    /// <summary>Each unexpected error with the lines that follow it.</summary>
    public static IEnumerable<string> In(RegionNode node)
    {
        var lines = File.ReadAllLines(node.LogFile);
        for (var i = 0; i < lines.Length; i++)
            if (lines[i].StartsWith("fail:", StringComparison.Ordinal) || lines[i].StartsWith("crit:", StringComparison.Ordinal))
                yield return $"{node.Id}: {string.Join(" / ", lines.Skip(i).Take(8))}";
    }
}
