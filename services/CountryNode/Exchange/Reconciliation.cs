using System.Collections.Concurrent;
using Coordination.CountryNode.Peers;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;

namespace Coordination.CountryNode.Exchange;

/// <summary>Finds what every other road lost: compares what two nodes hold of the dossiers they share, and fetches what this one lacks.</summary>
/// <remarks>
/// The peer learns what it lacks from its own comparison. Any number of replicas may run at once: what two of them fetch
/// is kept once.
/// </remarks>
public sealed partial class Reconciliation(
    IStore store, IPeers peers, Door door, HandOvers handOvers, Bell bell, Pen pen, TimeProvider time, ILogger<Reconciliation> logger)
{
    /// <summary>Between two comparisons with a peer that answers.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    /// <summary>A peer that is lost again and again is compared with no more often than this.</summary>
    static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(10);

    readonly ConcurrentDictionary<NodeId, Appointment> _appointments = [];
    readonly ConcurrentDictionary<NodeId, CatchUp> _catchUps = [];
    readonly ConcurrentDictionary<NodeId, (DateTimeOffset Since, string Why)> _lost = [];

    /// <summary>Compares with a peer when it is time to: at the start, after an outage, when the database was set back, and every few minutes.</summary>
    /// <exception cref="PeerUnavailableException">The peer gave no answer that counts; it is still time.</exception>
    public async Task RunWhenDueAsync(NodeId peer, CancellationToken cancellationToken)
    {
        // Not by the clock on the wall, which may be set.
        var start = time.GetTimestamp();
        if (_appointments.TryGetValue(peer, out var appointment) && time.GetElapsedTime(appointment.Last, start) < appointment.Wait && !handOvers.SetBackSince(appointment.Last)) return;
        var caughtUp = await CompareAsync(peer, cancellationToken);
        _appointments[peer] = new Appointment(start, caughtUp ? Interval : Calls.Over - time.GetElapsedTime(_catchUps[peer].Since, start), time.GetUtcNow());
        _lost.TryRemove(peer, out _);
    }

    /// <summary>Some road found the peer unreachable: what was lost meanwhile is looked for as soon as it answers.</summary>
    /// <param name="peer">Which.</param>
    /// <param name="why">A sentence for whoever looks after the node.</param>
    public void Lost(NodeId peer, string why)
    {
        _lost.AddOrUpdate(peer, _ => (time.GetUtcNow(), why), (_, before) => (before.Since, why));
        if (_appointments.TryGetValue(peer, out var appointment))
            _appointments.TryUpdate(peer, appointment with { Wait = ShortestInterval }, appointment);
    }

    /// <summary>When a peer was compared with last, and since when and why it gives no answer that counts; as far as this process knows.</summary>
    public (DateTimeOffset? ComparedAt, (DateTimeOffset Since, string Why)? Lost) StateOf(NodeId peer) =>
        (_appointments.TryGetValue(peer, out var last) ? last.At : null, _lost.TryGetValue(peer, out var lost) ? lost : null);

    /// <summary>Compares with a peer now.</summary>
    /// <returns>False while this node still has to catch up with the peer, and another comparison has to show that it has.</returns>
    /// <exception cref="PeerUnavailableException">The peer gave no answer that counts; what was fetched until then is kept.</exception>
    public async Task<bool> CompareAsync(NodeId peer, CancellationToken cancellationToken)
    {
        var catchingUp = await store.FindCatchUpAsync(peer, cancellationToken);
        var ends = catchingUp is { } begun && IsOverWith(peer, begun);
        var notTakenBack = new List<DossierId>();
        var theirs = await peers.GetBucketsAsync(peer, catchingUp, cancellationToken);
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
                    var (entries, complete) = await FetchAsync(peer, id, cancellationToken);
                    fetched += entries;
                    if (!complete) notTakenBack.Add(id);
                }
                after = page[^1].Id;
            }
        }
        if (differing > 0) LogDiffered(logger, differing, peer, fetched);

        if (ends && catchingUp is { } number)
        {
            await store.EndCatchUpAsync(peer, number, notTakenBack, cancellationToken);
            LogCaughtUp(logger, peer, notTakenBack.Count);
        }

        // What this node wrote and the peer never confirmed travels by the usual road, and is receipted there.
        await store.AnnounceAsync(peer, time.GetUtcNow(), cancellationToken);
        bell.Ring(peer);
        return ends || catchingUp is null;
    }

    /// <summary>Whether all that was on its way when catching up began has arrived, or never will: only a comparison that begins after that shows what the peer holds.</summary>
    /// <remarks>Counted from when this process first saw it begun, so that no clock that is set, and no replica's, shortens it.</remarks>
    bool IsOverWith(NodeId peer, long number)
    {
        var seen = _catchUps.AddOrUpdate(peer, _ => New(), (_, before) => before.Number == number ? before : New());
        return time.GetElapsedTime(seen.Since) >= Calls.Over;

        CatchUp New() => new(number, time.GetTimestamp());
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
    /// <returns>How many entries came that were not held before, and whether nothing that this node itself had written is left there.</returns>
    async Task<(int Entries, bool Complete)> FetchAsync(NodeId peer, DossierId id, CancellationToken cancellationToken)
    {
        var held = await HashesAsync(id, cancellationToken);
        var fetched = 0;
        while (await peers.FetchAsync(peer, id, held, cancellationToken) is { IsEmpty: false } missing)
        {
            var delivered = await door.AdmitAsync(peer, missing, cancellationToken);
            var now = await HashesAsync(id, cancellationToken);
            // What the door does not let in would be offered again for ever.
            if (now.Length == held.Length) return (fetched, !missing.Zip(delivered.Admitted).Any(turned => IsOurs(turned.First, turned.Second)));
            fetched += now.Length - held.Length;
            held = now;
        }
        return (fetched, true);
    }

    /// <summary>Whether the door turned away what this node did sign: its number is taken, and must not be written again.</summary>
    bool IsOurs(Offered offered, Admitted admitted) =>
        admitted.Reason is not ("MALFORMED" or "BAD_SIGNATURE" or "UNKNOWN_KEY" or "NOT_FOR_THIS_NODE")
        && EntryWire.Read(offered.Bytes.Span)?.Author == pen.Node;

    async Task<EntryHash[]> HashesAsync(DossierId id, CancellationToken cancellationToken) =>
        await store.FindAsync(id, cancellationToken) is { } held ? held.Complete(pen.Node) : [];

    /// <param name="Last">The timestamp of the last comparison.</param>
    /// <param name="Wait">Until the next.</param>
    /// <param name="At">UTC: when it ended.</param>
    sealed record Appointment(long Last, TimeSpan Wait, DateTimeOffset At);

    /// <param name="Number">The hand-over that was known when it began.</param>
    /// <param name="Since">The timestamp at which this process first saw it.</param>
    sealed record CatchUp(long Number, long Since);

    [LoggerMessage(EventId = 311, Level = LogLevel.Warning, Message = "Caught up with {Peer}: this node signs again in dossiers shared with it, but for {Dossiers} in which it could not take back what it had written; a person has to look.")]
    static partial void LogCaughtUp(ILogger logger, NodeId peer, int dossiers);

    [LoggerMessage(EventId = 310, Level = LogLevel.Information, Message = "{Dossiers} dossiers differed from what {Peer} holds; {Entries} entries were fetched.")]
    static partial void LogDiffered(ILogger logger, int dossiers, NodeId peer, int entries);
}
