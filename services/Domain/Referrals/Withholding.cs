using Coordination.Domain.Dossiers;

namespace Coordination.Domain.Referrals;

/// <summary>What a withdrawal of consent stops as soon as it is held: also one that the fold has not come to.</summary>
public static class Withholding
{
    /// <summary>The referral as every withdrawal that is held leaves it, be it that it waits behind a gap; null while there is no referral.</summary>
    public static Referral? AsWithdrawn(this Dossier<Referral> dossier) =>
        dossier.Withdrawals.Where(dossier.Waiting.Contains).Aggregate(
            dossier.State, (referral, withdrawal) => referral?.Next(withdrawal) is Applied<Referral> applied ? applied.State : referral);

    /// <summary>Whether what is to be read beside an entry may still go to a country.</summary>
    /// <remarks>
    /// Nothing goes to a country from which the person took the consent. What is said beside the withdrawal itself, and
    /// beside the word on what became of the data, is said in knowledge of it.
    /// </remarks>
    public static bool MayLeave(this Dossier<Referral> dossier, Body body, NodeId recipient) =>
        body is ConsentWithdrawn or DataStopped || dossier.MayBeRead(recipient);

    /// <summary>The case files that the person took back after they were released: closed in both countries, whatever was consented to since.</summary>
    public static IEnumerable<EntryHash> TakenBack(this Dossier<Referral> dossier) =>
        (dossier.AsWithdrawn()?.Releases ?? default).Where(release => release.IsTakenBack).Select(release => release.Entry);

    /// <summary>Whether the person lets a country read anything: a case file that was released to it is closed in both countries where not.</summary>
    public static bool MayBeRead(this Dossier<Referral> dossier, NodeId recipient) =>
        !dossier.Withdrawals.Any(withdrawal => withdrawal.Body is ConsentWithdrawn { Scope: WithdrawalScope.Everything })
        && dossier.AsWithdrawn()?.IsWithdrawnFrom(recipient) is not true;
}
