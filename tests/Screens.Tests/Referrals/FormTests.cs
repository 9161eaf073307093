using Coordination.CountryNode.Tests;
using Microsoft.Playwright;

namespace Coordination.Screens.Tests.Referrals;

/// <summary>What forms make of what people type.</summary>
public sealed class FormTests(Consoles consoles)
{
    [Fact]
    public async Task A_form_keeps_what_was_typed_names_each_field_and_the_remedy_and_goes_to_the_first()
    {
        await using var bangkok = await consoles.SignInAsync("TH");
        var referral = await bangkok.OpenReferralAsync();
        await bangkok.GoAsync($"{referral}/say/WishRecorded");
        await bangkok.FillAsync(("wish_recorded.wish", "WISH_RETURN"), ("wish_recorded.on.day", "31"), ("wish_recorded.on.month", "2"), ("wish_recorded.on.year", "2570"), ("particulars.note", "She said so twice."));
        await bangkok.SendAsync();
        var says = await bangkok.ReadAsync();
        says.ShouldContain("This cannot be sent yet");
        says.ShouldContain("This is no day");
        (await bangkok.Page.Locator("[name='wish_recorded.on.day']").InputValueAsync()).ShouldBe("31");
        (await bangkok.Page.Locator("[name='particulars.note']").InputValueAsync()).ShouldBe("She said so twice.");
        (await bangkok.Page.EvaluateAsync<string>("document.activeElement.name")).ShouldBe("wish_recorded.on.day");
        await bangkok.AccessibleAsync();
        // A day of the Buddhist era is understood as one.
        await bangkok.FillAsync(("wish_recorded.on.day", "1"), ("wish_recorded.on.month", "1"), ("wish_recorded.on.year", "2569"));
        await bangkok.SendAsync();
        (await bangkok.ReadAsync()).ShouldContain("recorded what the person wants");
    }

    [Fact]
    public async Task What_the_node_refuses_stands_at_its_field_under_the_fields_own_name()
    {
        await using var bangkok = await consoles.SignInAsync("TH");
        var referral = await bangkok.OpenReferralAsync();
        await bangkok.GoAsync($"{referral}/say/WishRecorded");
        await bangkok.FillAsync(("wish_recorded.wish", "WISH_RETURN"), ("wish_recorded.on.day", "1"), ("wish_recorded.on.month", "1"), ("wish_recorded.on.year", "2199"));
        await bangkok.SendAsync();
        (await bangkok.ReadAsync()).ShouldContain("On which day the person said so: lies ahead");
    }

    [Fact]
    public async Task Of_two_people_at_once_the_second_sees_what_changed_and_why_it_is_not_open_any_more()
    {
        await using var first = await consoles.SignInAsync("TH");
        await using var second = await consoles.SignInAsync("TH");
        var referral = await first.OpenReferralAsync();
        await second.GoAsync($"{referral}/say/Cancelled");
        await second.FillAsync(("particulars.note", "Another way was found."));
        await first.SayAsync(referral, "Cancelled");
        await second.SendAsync();
        var says = await second.ReadAsync();
        says.ShouldContain("This is not open any more");
        says.ShouldContain("The referral stands at: Called off.");
        (await second.Page.Locator("[name='particulars.note']").InputValueAsync()).ShouldBe("Another way was found.");
        await second.AccessibleAsync();
    }

    [Fact]
    public async Task Every_field_of_a_new_referral_is_kept_as_one_types()
    {
        await using var bangkok = await consoles.SignInAsync("TH");
        await bangkok.GoAsync("/new");
        await bangkok.SendAsync();
        var draft = bangkok.Page.Url;
        var kept = bangkok.Page.WaitForResponseAsync(response => response.Url.EndsWith("/keep", StringComparison.Ordinal) && response.Status == 204);
        await bangkok.FillAsync(("to", "LA"), ("opened.type", "REFERRAL_TYPE_FAMILY_TRACING"));
        await kept;
        await bangkok.GoAsync("/");
        await bangkok.GoAsync(draft);
        (await bangkok.Page.Locator("[name='to'][value='LA']").IsCheckedAsync()).ShouldBeTrue();
        (await bangkok.Page.Locator("[name='opened.type'][value='REFERRAL_TYPE_FAMILY_TRACING']").IsCheckedAsync()).ShouldBeTrue();
        // Nothing of it stands in the database as it was typed.
        (await bangkok.Node.AskAsync<long>("select count(*) from draft where position('FAMILY_TRACING'::bytea in content) > 0")).ShouldBe(0);
    }

    [Fact]
    public async Task Consent_comes_before_anything_about_the_person()
    {
        await using var bangkok = await consoles.SignInAsync("TH");
        await bangkok.GoAsync("/new");
        await bangkok.SendAsync();
        var draft = new Uri(bangkok.Page.Url).AbsolutePath[..^1];
        foreach (var step in (int[])[3, 4])
        {
            await bangkok.GoAsync($"{draft}{step}");
            bangkok.Page.Url.ShouldEndWith($"{draft}2");
        }
        await bangkok.SendAsync();
        var says = await bangkok.ReadAsync();
        says.ShouldContain("Say what the person agrees to, before anything about the person.");
        says.ShouldContain("Say until which day the person agrees, before anything about the person.");
        // What rests on something else goes on.
        await bangkok.GoAsync($"{draft}1");
        await bangkok.FillAsync(("to", "LA"), ("opened.type", "REFERRAL_TYPE_REPATRIATION"), ("opened.minority", "MINORITY_ADULT"), ("opened.basis", "BASIS_RISK_TO_LIFE"));
        await bangkok.SendAsync();
        await bangkok.SendAsync();
        bangkok.Page.Url.ShouldEndWith($"{draft}3");
    }

    [Fact]
    public async Task What_a_page_says_was_written_was_written()
    {
        await using var bangkok = await consoles.SignInAsync("TH");
        var referral = await bangkok.OpenReferralAsync();
        (await bangkok.ReadAsync()).ShouldContain("Written: your office opened the referral");
        // Anybody can send a link.
        await bangkok.GoAsync($"{referral}?done=ConsentWithdrawn");
        (await bangkok.ReadAsync()).ShouldNotContain("Written:");
    }

    [Fact]
    public async Task An_address_with_something_odd_in_it_leads_nowhere()
    {
        await using var bangkok = await consoles.SignInAsync("TH");
        foreach (var path in (string[])["/referrals?page=x", "/approvals?page=x", "/new?made=x", "/new/x/99999999999"])
        {
            (await bangkok.GoAsync(path))!.Status.ShouldBeOneOf(400, 404);
            (await bangkok.ReadAsync()).ShouldContain("There is nothing here");
        }
        (await bangkok.GoAsync("/referrals?whose=99"))!.Status.ShouldBe(200);
        // More fields than any form of the console has.
        (await bangkok.Page.EvaluateAsync<int>("async () => (await fetch('/sign-in', { method: 'POST', body: new URLSearchParams(Array.from({ length: 1100 }, (_, number) => [`f${number}`, 'x'])) })).status")).ShouldBe(400);
        File.ReadAllText(bangkok.Node.LogFile).ShouldNotContain("InvalidDataException");
    }

    [Fact]
    public async Task A_draft_is_thrown_away_with_its_key()
    {
        await using var bangkok = await consoles.SignInAsync("TH");
        await bangkok.GoAsync("/new");
        await bangkok.SendAsync();
        var id = new Uri(bangkok.Page.Url).AbsolutePath.Split('/')[2];
        await bangkok.LeaveAsync(bangkok.Page.GetByRole(AriaRole.Button, new() { Name = "Throw this draft away" }));
        (await bangkok.GoAsync($"/new/{id}/1"))!.Status.ShouldBe(404);
        File.Exists(Path.Combine(bangkok.Node.KeyFolder, "dossiers", id[..2], $"{id}.key")).ShouldBeFalse();
        File.Exists(Path.Combine(bangkok.Node.KeyFolder, "dossiers", id[..2], $"{id}.gone")).ShouldBeTrue();
    }

    [Fact]
    public async Task Without_scripts_everything_works_and_a_draft_is_kept_at_each_step()
    {
        await using var bangkok = await consoles.SignInAsync("TH", options: new() { JavaScriptEnabled = false });
        var referral = await bangkok.OpenReferralAsync();
        await bangkok.SayAsync(referral, "InformationRequested", ("particulars.note", "Is there a school by the river?"));
        (await bangkok.ReadAsync()).ShouldContain("asked a question");

        await bangkok.GoAsync("/new");
        await bangkok.SendAsync();
        await bangkok.FillAsync(("to", "LA"), ("opened.type", "REFERRAL_TYPE_FAMILY_TRACING"), ("opened.minority", "MINORITY_ADULT"));
        await bangkok.SendAsync();
        var draft = $"{bangkok.Page.Url[..^1]}1";
        await bangkok.GoAsync("/");
        await bangkok.GoAsync(draft);
        (await bangkok.Page.Locator("[name='opened.type'][value='REFERRAL_TYPE_FAMILY_TRACING']").IsCheckedAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task A_child_is_referred_with_a_second_person_and_the_guardian()
    {
        await using var bangkok = await consoles.SignInAsync("TH");
        await bangkok.GoAsync("/new");
        await bangkok.SendAsync();
        await bangkok.FillAsync(("to", "LA"), ("opened.type", "REFERRAL_TYPE_REPATRIATION"), ("opened.minority", "MINORITY_MINOR"), ("opened.basis", "BASIS_COURT_ORDER"));
        await bangkok.SendAsync();
        await bangkok.SendAsync();
        var mark = $"invented note {System.Security.Cryptography.RandomNumberGenerator.GetHexString(16)}";
        await bangkok.FillAsync(("particulars.preview.age_band", "AGE_BAND_9_TO_17"), ("particulars.note", mark));
        await bangkok.SendAsync();
        await bangkok.SendAsync();
        // Who authorised it is missing, and said so before anything leaves.
        (await bangkok.ReadAsync()).ShouldContain("A minor's referral names who authorised it.");
        await bangkok.GoAsync(bangkok.Page.Url.Replace("/send", "/1", StringComparison.Ordinal));
        await bangkok.FillAsync(("opened.authorised_by", "AUTHORISED_BY_CHILD_PROTECTION_AUTHORITY"));
        await bangkok.SendAsync();
        await bangkok.SendAsync();
        await bangkok.SendAsync();
        await bangkok.SendAsync();
        bangkok.Page.Url.ShouldEndWith("/approvals");
        (await bangkok.ReadAsync()).ShouldContain("Open a referral");

        await using var approver = await consoles.SignInAsync("TH", "approver");
        await approver.GoAsync("/approvals");
        await approver.AccessibleAsync();
        // Others wait here, too.
        await approver.LeaveAsync(approver.Page.Locator(".console-waiting", new() { HasTextString = mark }).Locator("form[action$='/approve'] button"));
        (await approver.ReadAsync()).ShouldContain("opened the referral");
        await using var vientiane = await consoles.SignInAsync("LA");
        await vientiane.UntilAsync(new Uri(approver.Page.Url).AbsolutePath, "Sent");
    }
}
