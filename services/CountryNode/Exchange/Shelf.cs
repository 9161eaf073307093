using System.Collections.Immutable;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Peers;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Referrals;
using Coordination.Hosting.Sealing;
using Coordination.Hosting.Trust;

namespace Coordination.CountryNode.Exchange;

/// <summary>What peers may fetch here.</summary>
public sealed class Shelf(IStore store, Safe safe, HandOvers handOvers, TrustInForce trust, Pen pen, TimeProvider time)
{
    /// <summary>A case file that was released to a peer, sealed to it, or why not.</summary>
    public async Task<(string? Sealed, Refusal? Refusal)> PullAsync(NodeId peer, DossierId id, EntryHash release, CancellationToken cancellationToken) =>
        await FindReleasedAsync(peer, id, release, cancellationToken) switch
        {
            (_, { } refusal) => (null, refusal),
            ({ } file, _) when safe.SealCaseFile(file.Release, file.Kept) is { } compact => (compact, null),
            _ => (null, CaseFiles.Erased),
        };

    /// <summary>A case file that was released to a peer and that it may have now, or why not.</summary>
    public async Task<((SignedEntry Release, KeptPart Kept)? File, Refusal? Refusal)> FindReleasedAsync(NodeId peer, DossierId id, EntryHash release, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(id, cancellationToken) is not { } held || held.Opening?.Participants.Contains(peer) is not true) return (null, Refusal.NotFound);
        var dossier = held.FoldWithPending(trust.Current);
        if (dossier.State?.Releases.Any(known => known.Entry == release && known.By == pen.Node) is not true) return (null, CaseFiles.NotReleased);
        if (trust.Current.ValidUntil <= time.GetUtcNow()) return (null, CaseFiles.TrustListExpired);
        if (CaseFiles.ConsentFault(dossier, peer, release, pen.Node, time.GetUtcNow()) is { } fault) return (null, fault);
        var signed = held.Entries.First(known => known.Entry.Hash == release).Signed;
        if (await store.FindCaseFileAsync(release, cancellationToken) is not { } kept || safe.ReadCaseFile(signed, kept) is not Disclosure.Opened opened) return (null, CaseFiles.Erased);
        if (safe.WithheldIn(held, await store.FindPartsAsync(id, pen.Node, cancellationToken)) is not { } withheld) return (null, ReferralDesk.ConsentDetailsUnreadable);
        return CaseFileWire.Without(opened.Plaintext, withheld).Length == opened.Plaintext.Length ? ((signed, kept), null) : (null, CaseFiles.Narrowed);
    }

    /// <summary>What this node holds of the dossiers that name a peer.</summary>
    /// <param name="peer">Who asks.</param>
    /// <param name="since">Up to which of its hand-overs what arrives from now on is late; 0 for none.</param>
    /// <param name="cancellationToken">May have noted it.</param>
    public async Task<ImmutableArray<SetDigest>> GetBucketsAsync(NodeId peer, ulong since, CancellationToken cancellationToken)
    {
        if (since > 0) await store.RaiseFloorAsync(peer, (long)Math.Min(since, long.MaxValue), cancellationToken);
        return await store.GetBucketsAsync(peer, cancellationToken);
    }

    /// <summary>What a peer lacks of a dossier, as much as goes into one message; null where the dossier does not exist for that peer.</summary>
    /// <remarks>What each descends from comes before it: a part of the answer never waits for the rest.</remarks>
    public async Task<IReadOnlyList<Outgoing>?> FetchAsync(NodeId peer, DossierId id, IReadOnlySet<EntryHash> theirs, CancellationToken cancellationToken)
    {
        // To a node that the dossier does not name, it does not exist.
        if (await store.FindAsync(id, cancellationToken) is not { } held || held.Opening?.Participants.Contains(peer) is not true) return null;

        var kept = held.Entries.ToDictionary(entry => entry.Entry.Hash, entry => entry.Signed);
        var dossier = held.FoldWithPending(trust.Current);
        // What is not signed yet stays here.
        var lacking = dossier.Entries.Select(judged => judged.Entry).Concat(dossier.Waiting).Where(entry => !theirs.Contains(entry.Hash) && kept.ContainsKey(entry.Hash));
        var batch = Batch.Of(safe.ForTheRoad(dossier, lacking.Select(entry => kept[entry.Hash]), await store.FindPartsAsync(id, peer, cancellationToken)));
        if (batch.Any(entry => entry.Signed.Entry.By(pen.Node))) await handOvers.CountAsync(cancellationToken);
        return batch;
    }
}
