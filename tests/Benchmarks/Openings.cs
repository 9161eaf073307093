using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Coordination.Contracts.Referral.V1;
using Coordination.Domain.Dossiers;
using Coordination.Local;
using Grpc.Core;
using Grpc.Net.Client;

namespace Coordination.Benchmarks;

/// <summary>Offices that open referrals at a node over its API: TLS, a bearer token, a new command each.</summary>
static class Openings
{
    /// <summary>As many as pgbench has clients, and each with a connection of its own, as those have.</summary>
    public const int Callers = 32;

    /// <summary>In milliseconds.</summary>
    const double WantedP99 = 50;

    public static async Task<Row> MeasureAsync(Extent extent, Region region, RegionNode node, SingleRow singleRow, Stages stages, CancellationToken stop)
    {
        using var offices = new Offices(region, node);
        await offices.OpenAsync(extent.WarmUp, int.MaxValue, stop);
        List<double> ceilings = [await singleRow.MeasureAsync(extent.Ceiling, stop)], opened = [], latencies = [];
        var (spent, calls) = (default(Spent), 0);
        for (var round = 0; round < extent.Rounds; round++)
        {
            var before = Spent.Now(region, node);
            var started = Stopwatch.GetTimestamp();
            var took = await offices.OpenAsync(extent.Opening, int.MaxValue, stop);
            opened.Add(took.Count / Stopwatch.GetElapsedTime(started).TotalSeconds);
            spent += Spent.Now(region, node) - before;
            calls += took.Count;
            latencies.AddRange(took);
            ceilings.Add(await singleRow.MeasureAsync(extent.Ceiling, stop));
        }
        var row = Row.Of(
            "open a referral", new($"over gRPC, {Callers} callers, each its own TLS connection and token; the receiver stands still", "/s", opened), new(SingleRow.What, "/s", ceilings),
            0.4, Latency.Of(latencies),
            [
                new("node, whole", spent.Node.TotalMicroseconds / calls, "the node's process over all calls: /proc/<pid>/stat"),
                .. stages.OfOpening(spent.Node.TotalMicroseconds / calls),
                new("database, whole", spent.Database.TotalMicroseconds / calls, "PostgreSQL's processes over all calls: /proc/<pid>/stat"),
                singleRow.Cpu,
                new("caller, whole", spent.Caller.TotalMicroseconds / calls, "this program over all calls: the callers share the machine"),
            ]);
        return row with { Wanted = $"{row.Wanted}, p99 < {WantedP99:0} ms", Met = row.Met && row.Latency!.P99 < WantedP99 };
    }

    /// <summary>An adult's repatriation with consent; nobody in particular.</summary>
    public static OpenRequest Request() => new()
    {
        Command = new() { CommandId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)) },
        Opened = new()
        {
            Type = ReferralType.Repatriation,
            Host = "TH",
            Origin = "LA",
            Instrument = Instrument.CommitMemorandum,
            Urgency = Urgency.Routine,
            Minority = Minority.Adult,
            Basis = Basis.Consent,
            Consent = new Consent { Purposes = { Purpose.Return }, Recipients = { "LA" }, Until = InDays(180) },
            ReplyBy = InDays(14),
        },
    };

    static string InDays(int days) => RegionalTime.Today(NodeId.Parse("TH"), TimeProvider.System.GetUtcNow()).AddDays(days).ToString("yyyy-MM-dd");
}

/// <summary>The callers, connected.</summary>
sealed class Offices : IDisposable
{
    readonly List<GrpcChannel> _lines = [];
    readonly Metadata _token;

    public Offices(Region region, RegionNode node)
    {
        _token = new Metadata { { "authorization", $"Bearer {node.Tokens[node.Country.DutyOffice]}" } };
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(region.AuthoritiesFile);
        for (var caller = 0; caller < Openings.Callers; caller++)
        {
            var handler = new SocketsHttpHandler();
            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            handler.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
            _lines.Add(GrpcChannel.ForAddress(node.ApiAddress, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true }));
        }
    }

    /// <summary>Every caller opens one referral after the other, until the time has passed or there are enough.</summary>
    /// <returns>How long each took, in milliseconds.</returns>
    public async Task<IReadOnlyCollection<double>> OpenAsync(TimeSpan time, int most, CancellationToken stop)
    {
        var took = new ConcurrentBag<double>();
        var (started, left) = (Stopwatch.GetTimestamp(), most);
        await Task.WhenAll(_lines.Select(line => Task.Run(async () =>
        {
            var client = new ReferralService.ReferralServiceClient(line);
            while (Stopwatch.GetElapsedTime(started) < time && Interlocked.Decrement(ref left) >= 0)
            {
                var asked = Stopwatch.GetTimestamp();
                await client.OpenAsync(Openings.Request(), new CallOptions(_token, TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(30), stop));
                took.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
            }
        }, stop)));
        return took;
    }

    public void Dispose()
    {
        foreach (var line in _lines) line.Dispose();
    }
}
