using System.Security.Cryptography;
using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Tests;
using Microsoft.Playwright;
using Action = Coordination.CountryNode.Pages.Referrals.Action;

namespace Coordination.Screens.Tests.Referrals;

/// <summary>Whatever an office can say, it can say at the console.</summary>
public sealed class EveryStatementTests(Consoles consoles)
{
    [Fact]
    public async Task Every_statement_that_a_door_takes_has_a_form()
    {
        // Read from the protos: whoever adds a statement adds a form.
        var taken = ReferralServiceReflection.Descriptor.Services.Single().Methods.Concat(DossierServiceReflection.Descriptor.Services.Single().Methods)
            .Where(method => method.InputType.FindFieldByName("command") is not null && method.InputType.FindFieldByName("dossier_id") is not null).ToList();
        taken.Count.ShouldBeGreaterThan(40);
        // A case file has a page of its own.
        taken.Where(method => method.InputType != ReleaseCaseFileRequest.Descriptor).Select(method => method.FullName).Order(StringComparer.Ordinal)
            .ShouldBe(Action.All.Select(action => action.Method.FullName).Order(StringComparer.Ordinal));

        await using var bangkok = await consoles.SignInAsync("TH");
        var referral = await bangkok.OpenReferralAsync();
        foreach (var action in Action.All)
        {
            (await bangkok.GoAsync($"{referral}/say/{action.Statement}"))!.Status.ShouldBe(200, action.Statement);
            // What needs something to be corrected shows what there is; every other form can be sent.
            if (!action.Corrects) (await bangkok.Page.Locator("main form button.usa-button").CountAsync()).ShouldBe(1, action.Statement);
        }
    }

    [Fact]
    public async Task What_was_said_is_put_right_or_taken_back_by_the_country_that_said_it_and_by_no_other()
    {
        await using var bangkok = await consoles.SignInAsync("TH");
        await using var vientiane = await consoles.SignInAsync("LA");
        var referral = await bangkok.OpenReferralAsync();
        await bangkok.SayAsync(referral, "WishRecorded", ("wish_recorded.wish", "WISH_OTHER"), ("particulars.details.other_wish", "STAY"));
        await bangkok.GoAsync(referral);
        await bangkok.FollowAsync("Correct what was said");
        await bangkok.AccessibleAsync();
        await bangkok.LeaveAsync(bangkok.Page.Locator("main ul a[href*='/say/Corrected']").First);
        var form = bangkok.Page.Url;
        // What was said stands in the form.
        (await bangkok.Page.Locator("[name='corrected.referral_wish_recorded.wish'][value='WISH_OTHER']").IsCheckedAsync()).ShouldBeTrue();
        (await bangkok.Page.Locator("[name='particulars.details.other_wish'][value='STAY']").IsCheckedAsync()).ShouldBeTrue();
        await bangkok.AccessibleAsync();
        await bangkok.FillAsync(("corrected.referral_wish_recorded.wish", "WISH_RETURN"), ("corrected.referral_wish_recorded.on.day", "32"));
        await bangkok.SendAsync();
        (await bangkok.ReadAsync()).ShouldContain("This is no day");
        await bangkok.FillAsync(("corrected.referral_wish_recorded.on.day", "1"), ("corrected.referral_wish_recorded.on.month", "1"));
        await bangkok.SendAsync();
        var says = await bangkok.ReadAsync();
        says.ShouldContain("corrected what was said");
        says.ShouldContain("It is about: recorded what the person wants");

        await vientiane.UntilAsync(referral, "corrected what was said");
        // Put right once more, it begins with what was said last; then it is taken back.
        await bangkok.GoAsync(form);
        (await bangkok.Page.Locator("[name='corrected.referral_wish_recorded.wish'][value='WISH_RETURN']").IsCheckedAsync()).ShouldBeTrue();
        await bangkok.FillAsync(("corrected", "retracted"));
        await bangkok.SendAsync();
        (await bangkok.ReadAsync()).ShouldContain("Its author took it back.");
        await vientiane.UntilAsync(referral, "Its author took it back.");

        (await vientiane.GoAsync($"{referral}/say/Corrected?{new Uri(form).Query.TrimStart('?')}"))!.Status.ShouldBe(404);
        await vientiane.GoAsync($"{referral}/say/Corrected");
        (await vientiane.ReadAsync()).ShouldContain("Your country told nothing here that your office could correct");
    }

    [Fact]
    public async Task A_referral_is_given_to_an_office_of_the_own_country_and_of_no_other()
    {
        await using var bangkok = await consoles.SignInAsync("TH");
        var referral = await bangkok.OpenReferralAsync();
        await bangkok.GoAsync($"{referral}/say/UnitAssigned");
        var offered = await bangkok.Page.Locator("[name='unit_assigned.office']").EvaluateAllAsync<string[]>("fields => fields.flatMap(field => field.options ? [...field.options].map(option => option.value) : [field.value]).filter(value => value)");
        offered.ShouldContain($"case-worker@{bangkok.Node.Country.Unit}");
        // Nobody there could say anything in it.
        offered.ShouldAllBe(office => office.StartsWith("focal-point@", StringComparison.Ordinal) || office.StartsWith("case-worker@", StringComparison.Ordinal));
        await bangkok.SendAsync();
        (await bangkok.ReadAsync()).ShouldContain("Choose the office that has it from now on.");
        await bangkok.FillAsync(("unit_assigned.office", $"case-worker@{bangkok.Node.Country.Unit}"));
        await bangkok.SendAsync();
        var says = await bangkok.ReadAsync();
        says.ShouldContain("gave it to an office");
        says.ShouldContain($"Case worker, {bangkok.Node.Country.Unit}");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_referral_goes_on_by_a_letter_whose_digest_is_reckoned_here_and_of_which_nothing_is_kept(bool scripts)
    {
        await using var bangkok = await consoles.SignInAsync("TH", options: new() { JavaScriptEnabled = scripts });
        var referral = await bangkok.OpenReferralAsync();
        await bangkok.GoAsync($"{referral}/say/ContinuedOnPaper");
        if (scripts) await bangkok.AccessibleAsync();
        await bangkok.FillAsync(("command.channel", "CHANNEL_NOTE_VERBALE"), ("particulars.note", "It goes to the embassy as well."));
        await bangkok.SendAsync();
        (await bangkok.ReadAsync()).ShouldContain("Choose the file of the letter");
        (await bangkok.Page.Locator("[name='particulars.note']").InputValueAsync()).ShouldBe("It goes to the embassy as well.");
        var letter = RandomNumberGenerator.GetBytes(300_000);
        await bangkok.Page.Locator("[name=letter_file]").SetInputFilesAsync(new FilePayload { Name = "จดหมาย.pdf", MimeType = "application/pdf", Buffer = letter });
        await bangkok.SendAsync();
        (await bangkok.ReadAsync()).ShouldContain("goes on by letter as well");
        var entries = await bangkok.Node.AskAsync<byte[][]>("select array_agg(bytes) from entry where dossier_id = $1", Convert.FromHexString(referral.Split('/')[^1]));
        entries.Select(Entry.Parser.ParseFrom).Single(entry => entry.BodyCase is Entry.BodyOneofCase.ContinuedOnPaper).Letter.ToByteArray().ShouldBe(SHA256.HashData(letter));
    }

    [Fact]
    public async Task What_people_write_carries_its_language_and_that_a_translation_is_owed()
    {
        await using var bangkok = await consoles.SignInAsync("TH");
        await using var vientiane = await consoles.SignInAsync("LA");
        var referral = await bangkok.OpenReferralAsync();
        await bangkok.SpeakAsync("th");
        await bangkok.GoAsync($"{referral}/say/InformationRequested");
        // Whoever reads Thai is taken to write it.
        (await bangkok.Page.Locator("[name='particulars.text_language']").InputValueAsync()).ShouldBe("tha");
        await bangkok.FillAsync(("particulars.note", "มีโรงเรียนริมแม่น้ำหรือไม่"), ("particulars.translation_owed", "true"));
        await bangkok.SendAsync();
        await vientiane.UntilAsync(referral, "มีโรงเรียนริมแม่น้ำหรือไม่");
        (await vientiane.Page.GetByText("มีโรงเรียนริมแม่น้ำหรือไม่").GetAttributeAsync("lang")).ShouldBe("th");
        (await vientiane.ReadAsync()).ShouldContain("owed; what is told here is written in Thai");
        await vientiane.LeaveAsync(vientiane.Page.Locator("a[href*='/letter/']").Last);
        (await vientiane.Page.GetByText("มีโรงเรียนริมแม่น้ำหรือไม่").GetAttributeAsync("lang")).ShouldBe("th");
        (await vientiane.ReadAsync()).ShouldContain("owed; what is told here is written in Thai");
        await vientiane.AccessibleAsync();

        // Who owes a translation says from which language.
        await bangkok.SpeakAsync("en");
        await bangkok.GoAsync($"{referral}/say/WishRecorded");
        await bangkok.FillAsync(("wish_recorded.wish", "WISH_RETURN"), ("particulars.note", "Said twice."), ("particulars.text_language", ""), ("particulars.translation_owed", "true"));
        await bangkok.SendAsync();
        (await bangkok.ReadAsync()).ShouldContain("who is to translate has to know from which language");
        (await bangkok.Page.Locator("[name='particulars.note']").InputValueAsync()).ShouldBe("Said twice.");
    }
}
