using Coordination.CountryNode.Tests;

namespace Coordination.Screens.Tests.Look;

/// <summary>Each address tried by each office: what is not an office's answers as if it did not exist.</summary>
public sealed class EveryOfficeTests(Consoles consoles)
{
    /// <summary>Written by hand: addresses, and who finds something there.</summary>
    static readonly (string Path, string[] For)[] Pages =
    [
        ("/referrals", ["focal-point", "case-worker", "approver", "auditor"]),
        ("{referral}", ["focal-point", "case-worker", "approver", "auditor"]),
        ("{referral}/say/ConsentWithdrawn", ["focal-point", "case-worker", "approver", "auditor"]),
        ("/approvals", ["focal-point", "case-worker", "approver"]),
        ("/audit", ["auditor"]),
        ("/people", ["administrator"]),
        ("/operations", ["administrator"]),
        ("/counterparts", ["focal-point", "case-worker", "approver", "auditor"]),
        ("/hand-over", ["focal-point", "case-worker"]),
        ("/new", ["focal-point"]),
        ("/new/forms", ["focal-point"]),
        ("/new/forms/blank", ["focal-point"]),
        ("{draft}", []),
        ("{barred}", []),
        ("{unknown}", []),
        ("/account", ["focal-point", "case-worker", "approver", "auditor", "administrator", "prosecutor"]),
    ];

    [Theory]
    [InlineData("focal-point")]
    [InlineData("case-worker")]
    [InlineData("approver")]
    [InlineData("auditor")]
    [InlineData("administrator")]
    [InlineData("prosecutor")]
    public async Task Every_address_answers_every_office_as_the_table_says(string role)
    {
        await using var focal = await consoles.SignInAsync("TH", "focal-point@datip-head");
        var referral = await focal.OpenReferralAsync();
        var barred = await focal.OpenReferralAsync(("particulars.preview.barred_offices", "TH:datip"));
        await focal.GoAsync("/new");
        await focal.SendAsync();
        var draft = new Uri(focal.Page.Url).AbsolutePath;

        await using var office = await consoles.SignInAsync("TH", role);
        var nothing = await TextAsync("/nothing-here");
        foreach (var (path, those) in Pages)
        {
            var at = path.Replace("{referral}", referral, StringComparison.Ordinal).Replace("{draft}", draft, StringComparison.Ordinal).Replace("{barred}", barred, StringComparison.Ordinal)
                .Replace("{unknown}", $"/referrals/{new string('0', 64)}", StringComparison.Ordinal);
            var answer = await office.GoAsync(at);
            if (those.Contains(role)) answer!.Status.ShouldBe(200, at);
            else
            {
                answer!.Status.ShouldBe(404, at);
                (await TextAsync(at)).ShouldBe(nothing, at);
            }
        }

        async Task<string> TextAsync(string path)
        {
            await office.GoAsync(path);
            return await office.Page.Locator("main").InnerTextAsync();
        }
    }

    [Fact]
    public async Task Nobody_gets_anything_without_signing_in()
    {
        await using var nobody = await consoles.VisitAsync("TH");
        foreach (var path in (string[])["/", "/referrals", $"/referrals/{new string('0', 64)}", "/new", "/approvals", "/audit", "/people", "/operations", "/counterparts", "/hand-over", "/hand-over/signed", "/account", "/confirm"])
        {
            await nobody.GoAsync(path);
            nobody.Page.Url.ShouldContain("/sign-in", customMessage: path);
        }
    }

    [Fact]
    public async Task An_office_that_is_taken_away_is_gone_with_the_next_click()
    {
        await using var visitor = await consoles.SignInAsync("TH");
        await visitor.Node.AskAsync<object?>("update accounts.office_grant set until = current_date - 2, \"from\" = current_date - 3 where person_id = (select id from accounts.person where user_name = $1)", visitor.Name);
        (await visitor.GoAsync("/"))!.Status.ShouldBe(403);
        (await visitor.ReadAsync()).ShouldContain("No office is granted to you today");
    }
}
