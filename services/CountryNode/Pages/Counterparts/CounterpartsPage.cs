using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Exchange;
using Coordination.CountryNode.Offices;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Facts;

namespace Coordination.CountryNode.Pages;

/// <summary>Whom one works with abroad: who does what there, who answers at any hour, what binds both, and whether the country's node answers now.</summary>
static class CounterpartsPage
{
    public static void Map(IEndpointRouteBuilder pages) => pages.MapGet(Navigation.Counterparts, (Screen screen, OfficeDirectory directory, Reconciliation reconciliation) =>
        Navigation.May(screen.Office!, Act.ReadReferral)
            ? Screen.Show<CounterpartsView>(NodeId.Countries.Where(country => country != screen.Country).Select(country => new Counterpart(
                country, [.. Institutions.All[country]], Institutions.Between(screen.Country, country), directory.DutyOf(country),
                directory.ClocksWith(country, Urgency.Routine), directory.ClocksWith(country, Urgency.Urgent), reconciliation.StateOf(country).Lost?.Since)).ToArray())
            : Screen.Nothing());
}

/// <param name="Country">Which.</param>
/// <param name="Institutions">Who does what there.</param>
/// <param name="Agreements">What binds both countries.</param>
/// <param name="Duty">Who answers at any hour; null where nobody is known to.</param>
/// <param name="Routine">The clocks between both.</param>
/// <param name="Urgent">The same, for urgent referrals.</param>
/// <param name="LostSince">UTC: since when its node gives no answer; null while it does.</param>
public sealed record Counterpart(
    NodeId Country, IReadOnlyList<Institution> Institutions, IReadOnlyList<Agreement> Agreements, Office? Duty, Clocks Routine, Clocks Urgent, DateTimeOffset? LostSince);
