using Coordination.Contracts.Referral.V1;

namespace Coordination.CountryNode.Pages.Today;

/// <summary>What a day begins with: what waits for this country, late first; whom it waits for; what it was told.</summary>
static class TodayPage
{
    const uint Rows = 50;

    public static void Map(IEndpointRouteBuilder pages) => pages.MapGet(Navigation.Today, ShowAsync);

    static async Task<IResult> ShowAsync(Calls calls, Screen screen)
    {
        if (Navigation.HomeOf(screen.Office!) is var home && home != Navigation.Today) return Results.LocalRedirect(home);
        var ours = await calls.Referrals.ListDueAsync(new() { Whose = Whose.OwedByUs, PageSize = Rows });
        var theirs = await calls.Referrals.ListDueAsync(new() { Whose = Whose.OwedToUs, PageSize = Rows });
        var notices = Navigation.MayReadNotices(screen.Office!) ? (await calls.Referrals.ListNoticesAsync(new() { PageSize = 20 })).Notices : [];
        return Screen.Show<TodayView>(new TodayModel([.. ours.Rows], [.. theirs.Rows], [.. notices]));
    }
}

/// <param name="Ours">What this country owes, what is due first first.</param>
/// <param name="Theirs">What it waits for.</param>
/// <param name="Notices">What the office was told, newest first.</param>
public sealed record TodayModel(IReadOnlyList<DueRow> Ours, IReadOnlyList<DueRow> Theirs, IReadOnlyList<Notice> Notices);
