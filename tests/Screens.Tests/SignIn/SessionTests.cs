using System.Globalization;
using System.Security.Claims;
using Coordination.CountryNode.Accounts;
using Coordination.CountryNode.Tests;
namespace Coordination.Screens.Tests.SignIn;

/// <summary>Sessions end, and take nothing with them.</summary>
public sealed class SessionTests(Consoles consoles)
{
    [Fact]
    public async Task A_session_that_ends_in_the_middle_of_a_form_loses_nothing()
    {
        await using var visitor = await consoles.SignInAsync("TH");
        var referral = await visitor.OpenReferralAsync();
        await visitor.GoAsync($"{referral}/say/InformationRequested");
        await visitor.FillAsync(("particulars.note", "Is there a school by the river?"));
        await visitor.Page.Context.ClearCookiesAsync();
        await visitor.SendAsync();
        (await visitor.ReadAsync()).ShouldContain("what you had written is kept");
        await visitor.AccessibleAsync();
        await visitor.SignInAsync();
        await visitor.SendAsync();
        await visitor.SendAsync();
        (await visitor.ReadAsync()).ShouldContain("asked a question");
        (await visitor.Node.AskAsync<long>("select count(*) from entry where dossier_id = $1", Convert.FromHexString(referral.Split('/')[^1]))).ShouldBe(2);
    }

    [Fact]
    public async Task What_another_sites_page_sends_is_neither_done_nor_kept()
    {
        await using var visitor = await consoles.SignInAsync("TH");
        var referral = await visitor.OpenReferralAsync();
        // A page of nobody's, on which the same person clicks.
        await visitor.GoAsync("about:blank");
        await visitor.Page.SetContentAsync($"<main><form method='post' action='{visitor.Node.ConsoleAddress}{referral}/say/Cancelled'><input name='command_id' value='0123456789abcdef'><button class='usa-button'>A prize</button></form></main>");
        await visitor.SendAsync();
        (await visitor.ReadAsync()).ShouldContain("This form has expired");
        (await visitor.Node.AskAsync<long>("select count(*) from entry where dossier_id = $1", Convert.FromHexString(referral.Split('/')[^1]))).ShouldBe(1);
    }

    [Fact]
    public async Task What_was_written_comes_back_to_its_author_alone_and_nothing_about_accounts_is_kept()
    {
        await using var author = await consoles.SignInAsync("TH");
        await using var other = await consoles.VisitAsync("TH");
        await other.AcceptAsync("focal-point");
        var referral = await author.OpenReferralAsync();
        await author.GoAsync($"{referral}/say/InformationRequested");
        await author.FillAsync(("particulars.note", "Is there a school by the river?"));
        // As when somebody signed out everywhere: the browser knows nothing of it yet.
        await author.Node.AskAsync<object?>("update accounts.person set security_stamp = 'another' where user_name = $1", author.Name);
        await author.SendAsync();
        (await author.ReadAsync()).ShouldContain("what you had written is kept");
        var kept = await author.Page.Locator("form[action='/sign-in'] [name=kept]").InputValueAsync();
        // A colleague comes to the same screen.
        await author.FillAsync(("name", other.Name), ("password", Visitor.Password));
        await author.SendAsync();
        await author.FillAsync(("code", other.NextCode()));
        await author.SendAsync();
        (await author.ReadAsync()).ShouldContain("Waits for us");
        await author.Page.Locator("form[action='/sign-out']").EvaluateAsync("(form, kept) => { const field = document.createElement('input'); [field.name, field.value, form.action] = ['kept', kept, '/sign-in/kept']; form.append(field); }", kept);
        await author.LeaveAsync(author.Page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Sign out", Exact = true }));
        (await author.ReadAsync()).ShouldContain("Waits for us");

        await using var administrator = await consoles.SignInAsync("TH", "administrator");
        await administrator.GoAsync("/people");
        await administrator.Page.Locator("input[name=name]").FillAsync("invented-accomplice");
        await administrator.Page.Context.ClearCookiesAsync();
        await administrator.LeaveAsync(administrator.Page.Locator("form[action='/people/invite'] button"));
        (await administrator.ReadAsync()).ShouldContain("This form has expired");
    }

    [Fact]
    public async Task What_asks_for_a_second_factor_anew_asks_after_five_minutes_and_keeps_what_was_typed()
    {
        await using var administrator = await consoles.SignInAsync("TH", "administrator");
        await administrator.GoAsync("/people");
        await administrator.Page.Locator("input[name=name]").FillAsync("invented-colleague");
        await Cookies.AgeAsync(administrator, TimeSpan.FromMinutes(6));
        await administrator.LeaveAsync(administrator.Page.Locator("form[action='/people/invite'] button"));
        (await administrator.ReadAsync()).ShouldContain("One more step");
        (await administrator.Node.AskAsync<long>("select count(*) from accounts.person where user_name = 'invented-colleague'")).ShouldBe(0);
        await administrator.FillAsync(("code", "000000"));
        await administrator.SendAsync();
        await administrator.FillAsync(("code", administrator.NextCode()));
        await administrator.SendAsync();
        await administrator.AccessibleAsync();
        await administrator.SendAsync();
        (await administrator.ReadAsync()).ShouldContain("/invitation/");
        foreach (var form in (string[])["form[action='/people/grant'] button", "form[action^='/people/end/'] button"])
        {
            await administrator.GoAsync("/people");
            await Cookies.AgeAsync(administrator, TimeSpan.FromMinutes(6));
            await administrator.LeaveAsync(administrator.Page.Locator(form).First);
            (await administrator.ReadAsync()).ShouldContain("One more step");
        }
        await administrator.FillAsync(("code", administrator.NextCode()));
        await administrator.SendAsync();

        // The same for whoever changes their own account.
        await administrator.GoAsync("/account");
        await Cookies.AgeAsync(administrator, TimeSpan.FromMinutes(6));
        await administrator.LeaveAsync(administrator.Page.Locator("form[action='/account/codes'] button"));
        administrator.Page.Url.ShouldEndWith("/confirm?to=%2Faccount");
        await administrator.GoAsync("/account");
        await administrator.FollowAsync("Add a key: show your second step first");
        await administrator.FillAsync(("code", administrator.NextCode()));
        await administrator.SendAsync();
        (await administrator.ReadAsync()).ShouldContain("Name of the new key");
    }

    [Fact]
    public async Task A_session_ends_after_ten_hours_and_a_page_that_asks_by_itself_keeps_none_alive()
    {
        await using var visitor = await consoles.SignInAsync("TH");
        // Of half an hour more than half is over: whatever somebody does now lengthens it.
        await Cookies.IdleAsync(visitor, TimeSpan.FromMinutes(20));
        (await LengthenedAsync("/today/live")).ShouldBeFalse();
        (await LengthenedAsync("/referrals")).ShouldBeTrue();
        await Cookies.BegunAsync(visitor, TimeSpan.FromHours(9.9));
        await visitor.GoAsync("/");
        (await visitor.ReadAsync()).ShouldContain("Waits for us");
        await Cookies.BegunAsync(visitor, TimeSpan.FromHours(10));
        await visitor.GoAsync("/");
        visitor.Page.Url.ShouldContain("/sign-in");

        async Task<bool> LengthenedAsync(string path)
        {
            var before = await SessionAsync();
            (await visitor.Page.EvaluateAsync<int>("async path => { const left = new AbortController(); const answer = await fetch(path, { signal: left.signal }); left.abort(); return answer.status; }", path)).ShouldBe(200);
            return await SessionAsync() != before;
        }

        async Task<string> SessionAsync() => (await visitor.Page.Context.CookiesAsync()).Single(cookie => cookie.Name.EndsWith("-session", StringComparison.Ordinal)).Value;
    }

    [Fact]
    public async Task What_is_written_for_one_office_is_not_signed_by_another()
    {
        await using var visitor = await consoles.SignInAsync("TH");
        await visitor.Node.AskAsync<object?>(
            """insert into accounts.office_grant (person_id, office, "from", until, granted_by, granted_at) select id, 'focal-point@datip-head', current_date - 1, current_date + 30, 'a test', now() from accounts.person where user_name = $1""", visitor.Name);
        var referral = await visitor.OpenReferralAsync();
        await visitor.GoAsync($"{referral}/say/InformationRequested");
        await visitor.FillAsync(("particulars.note", "Is there a school by the river?"));
        // In another window the same person goes on as another office.
        var other = await visitor.Page.Context.NewPageAsync();
        await other.GotoAsync("/account");
        await other.Locator("[name=office][value='focal-point@datip-head'] + label").ClickAsync();
        await other.Locator("form[action='/account/office'] button").ClickAsync();
        await other.WaitForURLAsync("**/");
        await visitor.SendAsync();
        (await visitor.ReadAsync()).ShouldContain("for another of your offices than the one that you act for now");
        (await visitor.Node.AskAsync<long>("select count(*) from entry where dossier_id = $1", Convert.FromHexString(referral.Split('/')[^1]))).ShouldBe(1);
    }

    [Fact]
    public async Task Cookies_belong_to_this_console_alone_and_no_address_leads_away_from_it()
    {
        await using var visitor = await consoles.VisitAsync("TH");
        await visitor.AcceptAsync("focal-point");
        foreach (var to in (string[])["//elsewhere.example", "/\\elsewhere.example", "https://elsewhere.example", "/%09/elsewhere.example", "/%0A/elsewhere.example", "elsewhere.example"])
        {
            await visitor.Page.Context.ClearCookiesAsync();
            await visitor.GoAsync($"/sign-in?to={to}");
            await visitor.SignInAsync();
            visitor.Page.Url.ShouldBe($"{visitor.Node.ConsoleAddress}/");
        }
        var cookies = await visitor.Page.Context.CookiesAsync();
        cookies.Count.ShouldBe(2);
        cookies.ShouldAllBe(cookie => cookie.Name.StartsWith("__Host-", StringComparison.Ordinal) && cookie.Secure && cookie.HttpOnly && cookie.Path == "/" && cookie.SameSite != Microsoft.Playwright.SameSiteAttribute.None);
    }

    [Fact]
    public async Task Signing_out_everywhere_ends_every_session_with_the_next_click()
    {
        await using var here = await consoles.SignInAsync("TH");
        await using var elsewhere = await consoles.VisitAsync("TH");
        await elsewhere.GoAsync("/sign-in");
        await here.SignInElsewhereAsync(elsewhere);
        (await elsewhere.ReadAsync()).ShouldContain("Waits for us");
        await here.GoAsync("/account");
        await here.LeaveAsync(here.Page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Sign out everywhere" }));
        await elsewhere.GoAsync("/");
        elsewhere.Page.Url.ShouldContain("/sign-in");
    }

    [Fact]
    public async Task A_wrong_password_says_nothing_of_the_name_and_five_lock_it()
    {
        await using var visitor = await consoles.VisitAsync("TH");
        await visitor.AcceptAsync("focal-point");
        foreach (var name in (string[])["nobody-of-this-name", visitor.Name])
        {
            await visitor.GoAsync("/sign-in");
            await visitor.FillAsync(("name", name), ("password", "not the password at all"));
            await visitor.SendAsync();
            (await visitor.ReadAsync()).ShouldContain("Name or password is wrong.");
        }
        for (var again = 0; again < 4; again++)
        {
            await visitor.FillAsync(("password", "not the password at all"));
            await visitor.SendAsync();
        }
        (await visitor.ReadAsync()).ShouldContain("too many wrong attempts");
        // The right one opens nothing either now.
        await visitor.FillAsync(("password", Visitor.Password));
        await visitor.SendAsync();
        (await visitor.ReadAsync()).ShouldContain("too many wrong attempts");
    }

    [Fact]
    public async Task A_printed_code_opens_once_and_an_invitation_too()
    {
        await using var visitor = await consoles.VisitAsync("TH");
        await visitor.AcceptAsync("focal-point");
        var invitation = visitor.Page.Url;
        await visitor.SignInAsync();
        await visitor.Page.Context.ClearCookiesAsync();
        await visitor.GoAsync("/sign-in");
        await visitor.FillAsync(("name", visitor.Name), ("password", Visitor.Password));
        await visitor.SendAsync();
        await visitor.FillAsync(("code", visitor.UsedCode));
        await visitor.SendAsync();
        (await visitor.ReadAsync()).ShouldContain("This code does not count.");
        (await visitor.GoAsync(invitation))!.Status.ShouldBe(404);
    }

    [Fact]
    public async Task A_case_file_opens_only_with_a_reason()
    {
        await using var visitor = await consoles.SignInAsync("TH");
        await using var vientiane = await consoles.SignInAsync("LA");
        var referral = await visitor.OpenReferralAsync();
        await vientiane.UntilAsync(referral, "Sent");
        await vientiane.SayAsync(referral, "Acknowledged");
        await vientiane.SayAsync(referral, "TakenUp");
        await visitor.UntilAsync(referral, "Taken up");
        await visitor.ReleaseAsync(referral, ("case_file.names.0.name", Names.Thai));
        await visitor.GoAsync(referral);
        await visitor.FollowAsync("Open with a reason");
        await visitor.SendAsync();
        (await visitor.ReadAsync()).ShouldContain("Choose what you need it for");
        await visitor.FillAsync(("reason", "Care"));
        await visitor.SendAsync();
        (await visitor.ReadAsync()).ShouldContain(Names.Thai);

        // Whoever finds the screen left open opens nothing, be the page that asks open already.
        var file = visitor.Page.Url;
        await visitor.GoAsync(file);
        await visitor.FillAsync(("reason", "Care"));
        await Cookies.AgeAsync(visitor, TimeSpan.FromMinutes(6));
        await visitor.SendAsync();
        visitor.Page.Url.ShouldContain("/confirm");
        await visitor.GoAsync(file);
        visitor.Page.Url.ShouldContain("/confirm");
        (await visitor.Page.EvaluateAsync<string>(
            "async file => (await fetch(`${file}/00000000000000000000000000000000`, { method: 'POST', body: new URLSearchParams({ reason: 'Care', __RequestVerificationToken: document.querySelector(\"main [name='__RequestVerificationToken']\").value }) })).url", file)).ShouldContain("/confirm");

        // Who, and why, stands in the log that auditors read.
        await using var auditor = await consoles.SignInAsync("TH", "auditor");
        await auditor.GoAsync("/audit");
        var row = await auditor.Page.Locator("tr", new() { Has = auditor.Page.Locator($"a[href='{referral}']") }).InnerTextAsync();
        row.ShouldContain(visitor.Name);
        row.ShouldContain("To care for the person");
    }

    [Fact]
    public void The_second_factor_counts_as_shown_just_now_for_five_minutes_and_a_session_for_ten_hours()
    {
        var now = new DateTimeOffset(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);
        Sessions.IsConfirmed(Shown(now.AddMinutes(-5).AddSeconds(1)), now).ShouldBeTrue();
        Sessions.IsConfirmed(Shown(now.AddMinutes(-5)), now).ShouldBeFalse();
        Sessions.IsConfirmed(new ClaimsPrincipal(new ClaimsIdentity()), now).ShouldBeFalse();
        Sessions.IsOver(Shown(now.AddHours(-10).AddSeconds(1)), now).ShouldBeFalse();
        Sessions.IsOver(Shown(now.AddHours(-10)), now).ShouldBeTrue();
        Sessions.IsOver(new ClaimsPrincipal(new ClaimsIdentity()), now).ShouldBeTrue();

        static ClaimsPrincipal Shown(DateTimeOffset at) =>
            new(new ClaimsIdentity(((string[])["since", "confirmed"]).Select(claim => new Claim(claim, at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)))));
    }
}
