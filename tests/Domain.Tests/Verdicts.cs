using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests;

/// <summary>What the fold made of entries, in words that a failing test prints.</summary>
static class Verdicts
{
    /// <summary><c>applied</c>, <c>recorded</c>, <c>upgrade needed</c>, <c>waiting</c>, or the code of the reason for which it is void.</summary>
    public static string On(this Dossier<Referral> dossier, Entry entry) => dossier.VerdictOn(entry.Hash) switch
    {
        Verdict.Applied => "applied",
        Verdict.Recorded => "recorded",
        Verdict.UpgradeNeeded => "upgrade needed",
        Verdict.Void voided => voided.Reason.Code.ToString(),
        null when dossier.Waiting.Contains(entry) => "waiting",
        var verdict => throw new InvalidOperationException($"{entry.Hash} has no verdict: {verdict}."),
    };

    /// <summary>As <see cref="On(Dossier{Referral}, Entry)"/> says.</summary>
    public static string Word(this Outcome<Referral> outcome) => outcome switch
    {
        Applied<Referral> => "applied",
        Recorded<Referral> => "recorded",
        Voided<Referral> voided => voided.Reason.Code.ToString(),
        _ => throw new InvalidOperationException($"No outcome: {outcome}."),
    };
}
