using Coordination.Hosting.Trust;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Coordination.CountryNode;

/// <summary>Whether the node can serve offices: its database answers, and its key folder can be read.</summary>
public sealed class NodeHealth(NpgsqlDataSource database, KeyFolder keys) : IHealthCheck
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(Patience);
        try
        {
            await using var one = database.CreateCommand("select 1");
            await one.ExecuteScalarAsync(late.Token);
            return File.Exists(keys.Signing) ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy();
        }
        catch (Exception away) when (away is NpgsqlException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy();
        }
    }
}
