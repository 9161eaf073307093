using Microsoft.Playwright;

namespace Coordination.Screens.Tests.Referrals;

/// <summary>Two focal points, each at their own console, bring a person home.</summary>
public sealed class ScenarioTests(Consoles consoles)
{
    [Theory]
    [InlineData("as most people do")]
    [InlineData("on 320 pixels")]
    [InlineData("at 200 %")]
    [InlineData("by the keyboard alone")]
    [InlineData("without scripts")]
    public async Task Two_focal_points_in_two_browsers_bring_a_person_home(string how)
    {
        await using var bangkok = await SignInAsync("TH");
        await using var vientiane = await SignInAsync("LA");
        var referral = await bangkok.OpenReferralAsync();
        await vientiane.UntilAsync(referral, "Sent");
        await vientiane.SayAsync(referral, "Acknowledged");
        await vientiane.SayAsync(referral, "TakenUp", ("particulars.note", "The province is asked to visit the family."));

        await bangkok.UntilAsync(referral, "Taken up");
        await bangkok.ReleaseAsync(referral, ("case_file.names.0.name", Names.Lao), ("case_file.names.1.name", Names.Thai), ("case_file.birth.on", "1999"), ("case_file.safety.contact", "SAFE_TO_CONTACT_THROUGH_OFFICE"));
        (await bangkok.ReadAsync()).ShouldContain("released the case file");

        var file = await vientiane.OpenCaseFileAsync(referral);
        file.ShouldContain(Names.Lao);
        file.ShouldContain(Names.Thai);
        await vientiane.SayAsync(referral, "CaseFileReceived");
        await vientiane.SayAsync(referral, "InformationRequested", ("particulars.note", "Two villages have this name. Does she remember a school?"));

        await bangkok.UntilAsync(referral, "Answer the questions");
        await bangkok.SayAsync(referral, "InformationSupplied", ("particulars.note", "A school by the river."));
        await vientiane.UntilAsync(referral, "answered the question");
        await vientiane.SayAsync(referral, "AssessmentReported", ("assessment_reported.finding", "FINDING_MAY_RETURN"), ("assessment_reported.safety_plan", "true"), ("particulars.details.nationality", "NATIONAL"));
        await bangkok.UntilAsync(referral, "Assessed");
        await bangkok.SayAsync(referral, "WishRecorded", ("wish_recorded.wish", "WISH_RETURN"));
        var travel = TimeProvider.System.GetUtcNow().AddHours(7).AddDays(1);
        (string, string)[] Day(string field) => [($"{field}.day", $"{travel.Day}"), ($"{field}.month", $"{travel.Month}"), ($"{field}.year", $"{travel.Year}")];
        await bangkok.SayAsync(referral, "ReturnPlanned", [.. Day("return_planned.travel_on"), .. Day("return_planned.meeting_at"), ("return_planned.meeting_at.time", "10:30"), ("return_planned.meeting_point", "LA-VTE-FB1")]);
        await vientiane.UntilAsync(referral, "LA-VTE-FB1");
        await vientiane.SayAsync(referral, "ReturnAgreed");
        await bangkok.UntilAsync(referral, "Return agreed");
        await bangkok.SayAsync(referral, "Accompanied", Now("accompanied"));
        await vientiane.UntilAsync(referral, "On the way");
        await vientiane.SayAsync(referral, "Met", Now("met"));
        await vientiane.SayAsync(referral, "ReintegrationStarted", ("particulars.details.services", "A place to stay, and a course."));
        await vientiane.SayAsync(referral, "FollowUpReported", ("follow_up_reported.result", "FOLLOW_UP_RESULT_DONE"));
        await vientiane.SayAsync(referral, "Completed", ("completed.outcome", "REFERRAL_OUTCOME_RETURNED"));
        await bangkok.UntilAsync(referral, "Completed");
        (await bangkok.ReadAsync()).ShouldContain("The case is closed.");

        Task<Visitor> SignInAsync(string country) => consoles.SignInAsync(
            country, hasNoMouse: how == "by the keyboard alone", options: how switch
            {
                "on 320 pixels" => new() { ViewportSize = new() { Width = 320, Height = 640 } },
                // A browser at 200 % lays a page of 1280 pixels out in 640.
                "at 200 %" => new() { ViewportSize = new() { Width = 640, Height = 512 }, DeviceScaleFactor = 2 },
                "without scripts" => new() { JavaScriptEnabled = false },
                _ => new(),
            });

        (string, string)[] Now(string said)
        {
            var now = TimeProvider.System.GetUtcNow().AddHours(7);
            return [($"{said}.at.day", $"{now.Day}"), ($"{said}.at.month", $"{now.Month}"), ($"{said}.at.year", $"{now.Year}"), ($"{said}.at.time", $"{now:HH:mm}"), ($"{said}.place", "LA-VTE-FB1")];
        }
    }

    [Fact]
    public async Task A_withdrawal_is_in_reach_and_stops_both_countries()
    {
        await using var bangkok = await consoles.SignInAsync("TH", "case-worker");
        await using var focal = await consoles.SignInAsync("TH");
        await using var vientiane = await consoles.SignInAsync("LA");
        var referral = await focal.OpenReferralAsync();
        await vientiane.UntilAsync(referral, "Sent");
        await bangkok.GoAsync(referral);
        await bangkok.FollowAsync("The person takes it back");
        await bangkok.AccessibleAsync();
        await bangkok.SendAsync();
        (await bangkok.ReadAsync()).ShouldContain("The person took back the consent.");
        await vientiane.UntilAsync(referral, "Consent withdrawn");
    }

    [Fact]
    public async Task Today_shows_at_once_what_came_and_what_changed_until_it_was_seen()
    {
        await using var bangkok = await consoles.SignInAsync("TH");
        await using var vientiane = await consoles.SignInAsync("LA");
        await vientiane.GoAsync("/");
        var referral = await bangkok.OpenReferralAsync();
        var id = referral.Split('/')[^1][..8];
        // Nobody loads the page again.
        await vientiane.Page.GetByText("Acknowledge the referral").First.WaitForAsync(new() { Timeout = (float)TimeSpan.FromMinutes(1).TotalMilliseconds });
        await vientiane.Page.Locator($"section[aria-labelledby=news] a[href='{referral}']").WaitForAsync(new() { Timeout = (float)TimeSpan.FromMinutes(1).TotalMilliseconds });
        (await vientiane.Page.Locator("section[aria-labelledby=news]").InnerTextAsync()).ShouldContain($"{id}: Thailand opened the referral");
        await vientiane.AccessibleAsync();
        await vientiane.LeaveAsync(vientiane.Page.GetByRole(AriaRole.Button, new() { Name = "I have seen this" }));
        (await vientiane.Page.Locator($"section[aria-labelledby=news] a[href='{referral}']").CountAsync()).ShouldBe(0);
        (await vientiane.Page.Locator($"section[aria-labelledby=ours] a[href='{referral}']").CountAsync()).ShouldBe(1);
    }
}
