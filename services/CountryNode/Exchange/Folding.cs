using System.Collections.Immutable;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Trust;

namespace Coordination.CountryNode.Exchange;

/// <summary>From what is held to what it means, under the trust list in force.</summary>
static class Folding
{
    /// <summary>Folds everything held of a dossier, and an entry that is not kept yet.</summary>
    public static Dossier<TState> Fold<TState>(this HeldDossier held, TrustList trust, params IEnumerable<Entry> andAlso) where TState : class, IProtocol<TState>
    {
        List<Entry> entries = [.. held.Entries.Select(kept => kept.Entry), .. andAlso];
        return Dossier<TState>.Fold(held.Id, entries, held.Beyond(entries, trust));
    }

    /// <summary>Folds everything held of a referral, with withdrawals that are not signed yet: they wait in the fold, and what they withdraw is withdrawn.</summary>
    public static Dossier<Referral> FoldWithPending(this HeldDossier held, TrustList trust) => held.Fold<Referral>(trust, held.Pending.Select(pending => pending.Draft));

    /// <summary>The entries that leave out what their authors had receipted.</summary>
    public static ImmutableHashSet<EntryHash> LeavingOut(this HeldDossier held, TrustList trust)
    {
        List<Entry> entries = [.. held.Entries.Select(kept => kept.Entry)];
        return Candour.LeavingOut(
            entries,
            held.Receipts.Select(receipt => new Receipted(receipt.Holder, receipt.Author, receipt.Seq, receipt.Hash, receipt.ReceivedAt)),
            held.Beyond(entries, trust));
    }

    static ImmutableHashSet<EntryHash> Beyond(this HeldDossier held, IReadOnlyCollection<Entry> entries, TrustList trust) =>
        Revoked.Beyond(held.Id, entries, held.Entries.Select(kept => kept.Signed), trust.KeyOf);
}
