using Coordination.Local;

[assembly: AssemblyFixture(typeof(Coordination.CountryNode.Tests.SharedRegion))]

namespace Coordination.CountryNode.Tests;

/// <summary>Thailand, Lao PDR and Viet Nam, for every test that harms no node. An unexpected error in a log fails the run.</summary>
public sealed class SharedRegion(PostgresFixture postgres) : IAsyncLifetime
{
    Region? _region;

    public Region Region => _region ?? throw new InvalidOperationException("The region has not been started.");

    public async ValueTask InitializeAsync() =>
        _region = await Region.StartAsync(new RegionOptions { Countries = ["TH", "LA", "VN"], Postgres = postgres.Server });

    public async ValueTask DisposeAsync()
    {
        if (_region is null) return;
        var errors = _region.Nodes.SelectMany(ErrorLogs.In).ToList();
        await _region.DisposeAsync();
        errors.ShouldBeEmpty();
    }
}

/// <summary>What nodes should never have to say.</summary>
static class ErrorLogs
{
    public static IEnumerable<string> In(RegionNode node) => File.ReadLines(node.LogFile)
        .Where(line => line.StartsWith("fail:", StringComparison.Ordinal) || line.StartsWith("crit:", StringComparison.Ordinal))
        .Select(line => $"{node.Id}: {line}");
}
