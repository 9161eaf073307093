using Coordination.CountryNode.Peers;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Trust;

namespace Coordination.CountryNode.Exchange;

/// <summary>What peers may fetch here.</summary>
public sealed class Shelf(IStore store, Safe safe, HandOvers handOvers, TrustInForce trust, Pen pen)
{
    /// <summary>What a peer lacks of a dossier, as much as goes into one message; null where the dossier does not exist for that peer.</summary>
    /// <remarks>What each descends from comes before it: a part of the answer never waits for the rest.</remarks>
    public async Task<IReadOnlyList<Outgoing>?> FetchAsync(NodeId peer, DossierId id, IReadOnlySet<EntryHash> theirs, CancellationToken cancellationToken)
    {
        // To a node that the dossier does not name, it does not exist.
        if (await store.FindAsync(id, cancellationToken) is not { } held || held.Opening?.Participants.Contains(peer) is not true) return null;

        var kept = held.Entries.ToDictionary(entry => entry.Entry.Hash, entry => entry.Signed);
        var parts = (await store.FindPartsAsync(id, peer, cancellationToken)).ToDictionary(part => part.Entry);
        var dossier = held.FoldWithPending(trust.Current);
        var batch = Batch.Of(dossier.Entries.Select(judged => judged.Entry).Concat(dossier.Waiting)
            // What is not signed yet stays here.
            .Where(entry => !theirs.Contains(entry.Hash) && kept.ContainsKey(entry.Hash))
            .Select(entry => new Outgoing(kept[entry.Hash], parts.TryGetValue(entry.Hash, out var part) && dossier.MayLeave(entry.Body, peer) ? safe.ForTheRoad(kept[entry.Hash], part) : null)));
        if (batch.Any(entry => entry.Signed.Entry.By(pen.Node))) await handOvers.CountAsync(cancellationToken);
        return batch;
    }
}
