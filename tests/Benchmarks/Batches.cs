using System.Diagnostics;
using Coordination.Contracts.Peer.V1;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Trust;
using Coordination.Local;
using Grpc.Core;
using Grpc.Net.Client;
using Batch = Coordination.CountryNode.Exchange.Batch;

namespace Coordination.Benchmarks;

/// <summary>Batches of one peer at a node's door, one after the other as a relay hands them over: mutual TLS 1.3, each entry a dossier of its own.</summary>
static class Batches
{
    public static async Task<Row> MeasureAsync(Extent extent, Region region, RegionNode node, string played, SingleRow singleRow, Stages stages, CancellationToken stop)
    {
        var pen = Pen.Of(NodeId.Parse(played), region[played].Keys);
        using var peer = new PlayedPeer(region, played, node);
        await DeliverAsync();
        List<double> ceilings = [await singleRow.MeasureAsync(extent.Ceiling, stop)], admitted = [], latencies = [];
        var (spent, entries) = (default(Spent), 0);
        for (var round = 0; round < extent.Rounds; round++)
        {
            // Signed beforehand: that is the peer's work.
            var batches = Enumerable.Range(0, extent.Batches).Select(_ => Request(pen, node.Id)).ToList();
            var before = Spent.Now(region, node);
            var started = Stopwatch.GetTimestamp();
            foreach (var batch in batches)
            {
                var asked = Stopwatch.GetTimestamp();
                await peer.DeliverAsync(batch, stop);
                latencies.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
            }
            admitted.Add(extent.Batches * Batch.MostEntries / Stopwatch.GetElapsedTime(started).TotalSeconds);
            spent += Spent.Now(region, node) - before;
            entries += extent.Batches * Batch.MostEntries;
            ceilings.Add(await singleRow.MeasureAsync(extent.Ceiling, stop));
        }
        return Row.Of(
            "admit a peer's batch", new($"openings at the peer port, {Batch.MostEntries} a batch, one batch at a time; latency is a batch's", "/s", admitted),
            new(SingleRow.What, "/s", ceilings), 1.0, Latency.Of(latencies),
            [
                new("node, whole", spent.Node.TotalMicroseconds / entries, "the node's process over all entries: /proc/<pid>/stat"),
                .. stages.OfDoor(spent.Node.TotalMicroseconds / entries),
                new("database, whole", spent.Database.TotalMicroseconds / entries, "PostgreSQL's processes over all entries: /proc/<pid>/stat"),
                singleRow.Cpu,
                new("peer, whole", spent.Caller.TotalMicroseconds / entries, "this program over all entries: the peer shares the machine"),
            ]);

        // What a round takes, unmeasured: the door is compiled by then, however it was used before.
        async Task DeliverAsync()
        {
            for (var batch = 0; batch < extent.Batches; batch++) await peer.DeliverAsync(Request(pen, node.Id), stop);
        }
    }

    static DeliverRequest Request(Pen pen, string receiver)
    {
        var request = new DeliverRequest();
        request.Entries.AddRange(Enumerable.Range(0, Batch.MostEntries).Select(_ => pen.Sign(Draft(pen.Node, receiver)).ToWire()));
        return request;
    }

    /// <summary>The opening of an adult's repatriation with consent; nobody in particular.</summary>
    public static Entry Draft(NodeId host, string receiver)
    {
        var (origin, now) = (NodeId.Parse(receiver), TimeProvider.System.GetUtcNow());
        var today = RegionalTime.Today(host, now);
        var office = Office.TryParse($"focal-point@{Country.Of(host.ToString()).Unit}", out var parsed) ? parsed : throw new UnreachableException();
        return new Entry(
            default, default, host, 1, null, [], null, now, today, Domain.Dossiers.Channel.Node, office, null, null, [], new Opening(Kind.Referral, Referral.ProtocolVersion, [host, origin], []),
            new Opened(
                ReferralType.Repatriation, host, origin, Instrument.CommitMemorandum, Urgency.Routine, Minority.Adult, Basis.Consent,
                new Consent(new([Purpose.Return]), new([origin]), today.AddDays(180)), null, AfterReturn: false, OnPaper: false, today.AddDays(14), null, Links.None, Clocks.Default(Urgency.Routine)));
    }
}

/// <summary>A node that this program plays: it calls with that node's certificate.</summary>
sealed class PlayedPeer : IDisposable
{
    readonly System.Security.Cryptography.X509Certificates.X509Certificate2 _certificate;
    readonly GrpcChannel _line;
    readonly PeerService.PeerServiceClient _client;

    public PlayedPeer(Region region, string played, RegionNode node)
    {
        _certificate = KeyFolder.ReadCertificate(region[played].Keys.Peer);
        var handler = new SocketsHttpHandler();
        handler.SslOptions.ClientCertificates = [_certificate];
        handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => _certificate;
        handler.SslOptions.TargetHost = DevelopmentAuthority.NodeName(node.Id);
        // Whoever answers at this port was started by this program.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, _) => presented is not null;
        _line = GrpcChannel.ForAddress(node.PeerAddress, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        _client = new PeerService.PeerServiceClient(_line);
    }

    /// <exception cref="LocalException">Not all was held and receipted.</exception>
    public async Task DeliverAsync(DeliverRequest batch, CancellationToken stop)
    {
        var answer = await _client.DeliverAsync(batch, Options(stop));
        if (answer.Receipts.Count != batch.Entries.Count || answer.Admissions.Any(admission => admission.Disposition is not Disposition.Held))
            throw new LocalException($"Not all of a batch was admitted: {answer.Admissions.First(admission => admission.Disposition is not Disposition.Held)}.");
    }

    public void Dispose()
    {
        _line.Dispose();
        _certificate.Dispose();
    }

    static CallOptions Options(CancellationToken stop) => new(deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(30), cancellationToken: stop);
}
