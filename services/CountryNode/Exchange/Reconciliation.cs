using System.Collections.Concurrent;
using Coordination.CountryNode.Peers;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;

namespace Coordination.CountryNode.Exchange;

/// <summary>Finds what every other road lost: compares what two nodes hold of the dossiers they share, and fetches what this one lacks.</summary>
/// <remarks>
/// The peer learns what it lacks from its own comparison. Any number of replicas may run at once: what two of them fetch
/// is kept once.
/// </remarks>
public sealed partial class Reconciliation(IStore store, IPeers peers, Door door, Bell bell, TimeProvider time, ILogger<Reconciliation> logger)
{
    /// <summary>Between two comparisons with a peer that answers.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    /// <summary>A peer that is lost again and again is compared with no more often than this.</summary>
    static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(10);

    readonly ConcurrentDictionary<NodeId, Appointment> _appointments = [];

    /// <summary>Compares with a peer when it is time to: at the start, after an outage, and every few minutes.</summary>
    /// <exception cref="PeerUnavailableException">The peer gave no answer that counts; it is still time.</exception>
    public async Task RunWhenDueAsync(NodeId peer, CancellationToken cancellationToken)
    {
        var start = time.GetUtcNow();
        if (_appointments.TryGetValue(peer, out var appointment) && start < appointment.Next) return;
        await CompareAsync(peer, cancellationToken);
        _appointments[peer] = new Appointment(start, start + Interval);
    }

    /// <summary>Some road found the peer unreachable: what was lost meanwhile is looked for as soon as it answers.</summary>
    public void Lost(NodeId peer)
    {
        if (_appointments.TryGetValue(peer, out var appointment))
            _appointments.TryUpdate(peer, appointment with { Next = appointment.Last + ShortestInterval }, appointment);
    }

    /// <summary>Compares with a peer now.</summary>
    /// <exception cref="PeerUnavailableException">The peer gave no answer that counts; what was fetched until then is kept.</exception>
    public async Task CompareAsync(NodeId peer, CancellationToken cancellationToken)
    {
        var theirs = await peers.GetBucketsAsync(peer, cancellationToken);
        var ours = await store.GetBucketsAsync(peer, cancellationToken);
        var (differing, fetched) = (0, 0);
        for (var bucket = 0; bucket < DossierDigest.Buckets; bucket++)
        {
            if (theirs[bucket] == ours[bucket]) continue;
            var held = await HeldAsync(peer, bucket, cancellationToken);
            DossierId? after = null;
            while (await peers.ListDossiersAsync(peer, bucket, after, cancellationToken) is { IsEmpty: false } page)
            {
                foreach (var (id, _) in page.Where(dossier => !held.TryGetValue(dossier.Id, out var digest) || digest != dossier.Digest))
                {
                    differing++;
                    fetched += await FetchAsync(peer, id, cancellationToken);
                }
                after = page[^1].Id;
            }
        }
        if (differing > 0) LogDiffered(logger, differing, peer, fetched);

        // What this node wrote and the peer never confirmed travels by the usual road, and is receipted there.
        await store.AnnounceAsync(peer, time.GetUtcNow(), cancellationToken);
        bell.Ring(peer);
    }

    async Task<Dictionary<DossierId, SetDigest>> HeldAsync(NodeId peer, int bucket, CancellationToken cancellationToken)
    {
        var held = new Dictionary<DossierId, SetDigest>();
        DossierId? after = null;
        while (await store.ListDossiersAsync(peer, bucket, after, Batch.MostDossiers, cancellationToken) is { IsEmpty: false } page)
        {
            foreach (var dossier in page) held[dossier.Id] = dossier.Digest;
            after = page[^1].Id;
        }
        return held;
    }

    /// <summary>Fetches what a peer holds of a dossier and this node does not, batch by batch.</summary>
    /// <returns>How many entries came that were not held before.</returns>
    async Task<int> FetchAsync(NodeId peer, DossierId id, CancellationToken cancellationToken)
    {
        var held = await HashesAsync(id, cancellationToken);
        var fetched = 0;
        while (await peers.FetchAsync(peer, id, held, cancellationToken) is { IsEmpty: false } missing)
        {
            await door.AdmitAsync(peer, missing, cancellationToken);
            var now = await HashesAsync(id, cancellationToken);
            // What the door does not let in would be offered again for ever.
            if (now.Length == held.Length) break;
            fetched += now.Length - held.Length;
            held = now;
        }
        return fetched;
    }

    async Task<EntryHash[]> HashesAsync(DossierId id, CancellationToken cancellationToken) =>
        await store.FindAsync(id, cancellationToken) is { } held ? [.. held.Entries.Select(kept => kept.Entry.Hash)] : [];

    sealed record Appointment(DateTimeOffset Last, DateTimeOffset Next);

    [LoggerMessage(EventId = 310, Level = LogLevel.Information, Message = "{Dossiers} dossiers differed from what {Peer} holds; {Entries} entries were fetched.")]
    static partial void LogDiffered(ILogger logger, int dossiers, NodeId peer, int entries);
}
