using System.Collections.Immutable;
using Coordination.CountryNode.Offices;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;

namespace Coordination.CountryNode.Exchange;

/// <summary>From a fold and its receipts to what lists and deadlines know.</summary>
public sealed class Overviews(Pen pen, OfficeDirectory directory)
{
    /// <summary>The overview of a referral.</summary>
    /// <param name="dossier">The fold.</param>
    /// <param name="entries">What it was folded from; what is not among them counts from <paramref name="now"/>.</param>
    /// <param name="receipts">Of every holder.</param>
    /// <param name="now">UTC.</param>
    public Overview Of(Dossier<Referral> dossier, IEnumerable<HeldEntry> entries, IEnumerable<SignedReceipt> receipts, DateTimeOffset now)
    {
        if (dossier.State is not { } referral) return Overview.OfNothing;
        var other = referral.Parties.Other(pen.Node);
        return new(
            referral.State.ToString(), other, referral.Opened.Type.ToString(), referral.Opened.Urgency.ToString(),
            OfficeOf(referral, pen.Node), Debts(dossier, entries, receipts, now),
            dossier.TakenBack().Count());
    }

    /// <summary>What is owed in a referral, with its dates.</summary>
    public ImmutableArray<DueDebt> Debts(Dossier<Referral> dossier, IEnumerable<HeldEntry> entries, IEnumerable<SignedReceipt> receipts, DateTimeOffset now)
    {
        if (dossier.State is not { } referral) return [];
        var times = Times(dossier, entries, receipts, now);
        return [.. referral.Debts
            // What the road has delivered is owed by nobody any more: the receipt says so, and no entry.
            .Where(debt => debt.Clock is not Clock.Delivery || !times.ReceivedByOther.ContainsKey(debt.Cause))
            .Select(debt => referral.Due(debt, times, directory.Calendar) is { } due
                ? new DueDebt(Key(debt), OfficeOf(referral, debt), referral.Since(debt, times) ?? times.Written[debt.Cause], due.WarnAt, due.DueAt, due.AgainEvery, due.ProgressEvery)
                : new DueDebt(Key(debt), OfficeOf(referral, debt), null, null, null, null, 0))];
    }

    /// <summary>The office that must act. The road is an operator's, hence no office's.</summary>
    Office? OfficeOf(Referral referral, Debt debt) => debt.Clock is Clock.Delivery ? null : OfficeOf(referral, debt.Owes);

    /// <summary>The office that must act in a country: the one that has it, else whoever is on duty there.</summary>
    Office? OfficeOf(Referral referral, NodeId country) =>
        referral.Offices.FirstOrDefault(office => office.Country == country)?.Office ?? directory.DutyOf(country);

    static DebtKey Key(Debt debt) => new(debt.Clock.ToString(), debt.Owes, debt.Number, debt.Cause, debt.About);

    static Receipts Times(Dossier<Referral> dossier, IEnumerable<HeldEntry> entries, IEnumerable<SignedReceipt> receipts, DateTimeOffset now)
    {
        // By the author's own word, which both nodes hold: what the author owes itself has the same dates at both.
        var written = entries.ToDictionary(held => held.Entry.Hash, held => held.Entry.WrittenAt);
        var received = new Dictionary<EntryHash, DateTimeOffset>();
        var byChain = receipts.ToLookup(receipt => receipt.Author);
        foreach (var entry in dossier.Entries.Select(judged => judged.Entry))
        {
            written.TryAdd(entry.Hash, now);
            // A receipt covers its chain up to it: the first that reaches an entry says since when it is held.
            var covering = byChain[entry.Author].Where(receipt => receipt.Holder != entry.Author && receipt.Seq >= entry.Seq).Select(receipt => receipt.ReceivedAt).ToList();
            if (covering.Count > 0) received[entry.Hash] = covering.Min();
        }
        return new(written, received);
    }
}
