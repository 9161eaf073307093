using Coordination.CountryNode.Desks;
using Coordination.Domain.Dossiers;
using Coordination.Screens.Languages;

namespace Coordination.CountryNode.Pages;

/// <summary>Where an office can go: what it may do, in the order of a working day.</summary>
static class Navigation
{
    public const string Today = "/", Referrals = "/referrals", Approvals = "/approvals", Audit = "/audit", People = "/people", Operations = "/operations", Counterparts = "/counterparts", Transfer = "/hand-over";

    public static IEnumerable<(string Path, string Label)> Of(Office office, Words words)
    {
        if (May(office, Act.ReadReferral)) yield return (Today, words["Today"]);
        if (May(office, Act.ReadReferral)) yield return (Referrals, words["Referrals"]);
        if (office.Role is Role.FocalPoint) yield return (NewReferral.OpeningPages.Path, words["New referral"]);
        if (May(office, Act.ReadParticulars)) yield return (Approvals, words["Approvals"]);
        if (May(office, Act.ReadReferral)) yield return (Counterparts, words["Counterparts"]);
        if (May(office, Act.Transfer)) yield return (Transfer, words["Hand-over"]);
        if (May(office, Act.Audit)) yield return (Audit, words["Audit"]);
        if (May(office, Act.ManageAccounts)) yield return (People, words["People and offices"]);
        if (May(office, Act.Operate)) yield return (Operations, words["Operations"]);
    }

    /// <summary>Where an office's day begins.</summary>
    public static string HomeOf(Office office) => May(office, Act.ReadReferral) ? Today : May(office, Act.ManageAccounts) ? People : "/account";

    public static bool May(Office office, Act act) => Rights.Check(office, act) is null;
}
