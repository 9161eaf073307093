using System.Collections.Immutable;
using Coordination.CountryNode.Peers;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Trust;

namespace Coordination.CountryNode.Exchange;

/// <summary>Carries what this node wrote to the others. Any number of replicas may run.</summary>
/// <remarks>
/// Work is claimed by lease in one transaction, sent without any lock, and settled in another: a relay that dies on the
/// way leaves a claim that runs out, and whoever sends again finds the work done.
/// </remarks>
public sealed partial class Relay(IStore store, IPeers peers, Safe safe, HandOvers handOvers, TrustInForce trust, TimeProvider time, ILogger<Relay> logger)
{
    /// <summary>How long a claim holds; longer than a call to a peer may take.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    /// <summary>How long something that a peer could not take yet is left alone.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>How long what a peer refused is left alone: until a person may have looked, or something new is written.</summary>
    public static readonly TimeSpan StopPause = TimeSpan.FromHours(1);

    /// <summary>After which people on both sides are shown that a peer waits for something missing.</summary>
    public static readonly TimeSpan LongWait = TimeSpan.FromHours(1);

    /// <summary>Carries one batch to one peer.</summary>
    /// <returns>Whether more may be waiting.</returns>
    /// <exception cref="PeerUnavailableException">Nothing was lost: the batch is free to be claimed again.</exception>
    public async Task<bool> CarryAsync(NodeId peer, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var claimed = await store.ClaimAsync(peer, Batch.MostEntries, now, now + Lease, cancellationToken);
        if (claimed.IsEmpty) return false;

        IReadOnlyCollection<Outgoing> batch = [];
        var delivered = new Delivered([], []);
        try
        {
            if (claimed.Any(parcel => !parcel.Entries.IsEmpty))
            {
                var handOver = await handOvers.CountAsync(cancellationToken);
                // Last of all, so that a withdrawal has next to no time to come between.
                batch = Batch.Of(await OutgoingAsync(claimed, cancellationToken));
                delivered = await peers.DeliverAsync(peer, batch, handOver, cancellationToken);
            }
        }
        catch (Exception)
        {
            // Another replica, or the next try, need not wait for the lease to run out.
            await store.SettleAsync(peer, [], [.. claimed.Select(parcel => new Settled(parcel.Dossier, null, parcel.StoppedBy, parcel.WaitingSince))], CancellationToken.None);
            throw;
        }

        var outcomes = batch.Zip(delivered.Admitted).ToLookup(pair => pair.First.Signed.Entry.Dossier, pair => pair.Second);
        await store.SettleAsync(peer, delivered.Receipts, [.. claimed.Select(parcel => Settle(peer, parcel, [.. outcomes[parcel.Dossier]], delivered))], cancellationToken);
        return true;
    }

    async Task<IReadOnlyList<Outgoing>> OutgoingAsync(IReadOnlyCollection<Parcel> claimed, CancellationToken cancellationToken)
    {
        var outgoing = new List<Outgoing>();
        foreach (var parcel in claimed)
        {
            // Most entries have nothing beside them, and go without a look at their dossier.
            outgoing.AddRange(!parcel.Parts.IsEmpty && await store.FindAsync(parcel.Dossier, cancellationToken) is { } held
                ? safe.ForTheRoad(held.FoldWithPending(trust.Current), parcel.Entries, parcel.Parts)
                : parcel.Entries.Select(signed => new Outgoing(signed, Particulars: null)));
        }
        return outgoing;
    }

    Settled Settle(NodeId peer, Parcel parcel, ImmutableArray<Admitted> outcomes, Delivered delivered)
    {
        var now = time.GetUtcNow();
        if (outcomes.FirstOrDefault(outcome => outcome.Disposition is Disposition.Refused) is { } refused)
        {
            LogStopped(logger, peer.ToString(), parcel.Dossier.Short, refused.Reason);
            return new Settled(parcel.Dossier, now + StopPause, refused.Reason, null);
        }
        // As the store keeps receipts: one for anything else delivers nothing, however often it is offered.
        var receipted = delivered.Receipts.Any(receipt => parcel.Entries.Any(signed => (signed.Entry.Hash, signed.Entry.Seq) == (receipt.Hash, receipt.Seq)));
        var postponed = outcomes.Any(outcome => outcome.Disposition is not Disposition.Held || !receipted);
        DateTimeOffset? waitingSince = outcomes.Any(outcome => outcome.Disposition is Disposition.Waiting) ? parcel.WaitingSince ?? now : null;
        // Not offered this time, because the batch was full: nothing is known that was not known before.
        if (outcomes.IsEmpty) waitingSince = parcel.WaitingSince;
        var stoppedBy = waitingSince < now - LongWait ? Admitted.Waiting.Reason : null;
        if (stoppedBy is not null && parcel.StoppedBy is null) LogLongWait(logger, peer, parcel.Dossier.Short);
        return new Settled(parcel.Dossier, postponed ? now + Pause : null, stoppedBy, waitingSince);
    }

    [LoggerMessage(EventId = 303, Level = LogLevel.Warning, Message = "{Peer} has been waiting for more than an hour for something that what this node wrote in dossier {Dossier} descends from: a person should look.")]
    static partial void LogLongWait(ILogger logger, NodeId peer, string dossier);

    [LoggerMessage(EventId = 300, Level = LogLevel.Error, Message = "{Peer} refuses what this node wrote in dossier {Dossier} ({Reason}): a person has to look. It is offered again in an hour, and with whatever is written there next.")]
    static partial void LogStopped(ILogger logger, string peer, string dossier, string reason);
}
