using Coordination.Screens.Languages;
using Microsoft.Playwright;

namespace Coordination.Screens.Tests.Look;

/// <summary>Every page, in every language, on small screens, by the keyboard, and for who reads with other means than eyes.</summary>
public sealed class EveryPageTests(Consoles consoles)
{
    public static TheoryData<string> Languages => [.. Language.All.Select(language => language.Tag)];

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task Axe_finds_no_violation_on_any_page_and_none_asks_anybody_else(string language)
    {
        await using var focal = await consoles.SignInAsync("TH");
        var asked = new List<string>();
        focal.Page.Request += (_, request) => asked.Add(new Uri(request.Url).Host);
        await focal.SpeakAsync(language);
        foreach (var path in await PathsAsync(focal)) await VisitAsync(focal, path, language);
        await using var auditor = await consoles.SignInAsync("TH", "auditor");
        await auditor.SpeakAsync(language);
        await VisitAsync(auditor, "/audit?verify=true", language);
        await using var administrator = await consoles.SignInAsync("TH", "administrator");
        await administrator.SpeakAsync(language);
        foreach (var path in (string[])["/people", "/operations"]) await VisitAsync(administrator, path, language);
        asked.Distinct(StringComparer.Ordinal).ShouldBe(["th.localhost"]);
    }

    [Theory]
    [InlineData(320, 1)]
    [InlineData(640, 2)]
    public async Task On_a_screen_of_320_pixels_and_at_200_percent_nothing_is_cut_off_and_everything_works(int width, int zoom)
    {
        // A browser at 200 % lays a page of 1280 pixels out in 640.
        await using var focal = await consoles.SignInAsync("TH", options: new() { ViewportSize = new() { Width = width, Height = 640 }, DeviceScaleFactor = zoom });
        foreach (var path in await PathsAsync(focal))
        {
            await focal.GoAsync(path);
            (await focal.Page.EvaluateAsync<int>("document.documentElement.scrollWidth")).ShouldBeLessThanOrEqualTo(width, path);
        }
        await focal.SayAsync(await focal.OpenReferralAsync(), "InformationRequested", ("particulars.note", "Is there a school by the river?"));
    }

    [Fact]
    public async Task Names_in_every_script_are_shown_whole_on_the_smallest_screen()
    {
        await using var bangkok = await consoles.SignInAsync("TH", options: new() { ViewportSize = new() { Width = 320, Height = 640 } });
        await using var vientiane = await consoles.SignInAsync("LA");
        var referral = await bangkok.OpenReferralAsync();
        await vientiane.UntilAsync(referral, "Sent");
        await vientiane.SayAsync(referral, "Acknowledged");
        await vientiane.SayAsync(referral, "TakenUp");
        await bangkok.UntilAsync(referral, "Taken up");
        await bangkok.ReleaseAsync(referral, [.. Names.All.Take(3).Index().Select(name => ($"case_file.names.{name.Index}.name", name.Item)), .. Names.All.Skip(3).Index().Select(name => ($"case_file.family.{name.Index}.name", name.Item))]);
        var file = await bangkok.OpenCaseFileAsync(referral);
        foreach (var name in Names.All)
        {
            file.ShouldContain(name);
            // Whole, within its place and the screen, however many lines it takes.
            var place = await bangkok.Page.GetByText(name).BoundingBoxAsync();
            place.ShouldNotBeNull();
            (place.X + place.Width).ShouldBeLessThanOrEqualTo(320);
            (await bangkok.Page.GetByText(name).EvaluateAsync<bool>("at => at.scrollWidth <= at.clientWidth")).ShouldBeTrue(name);
        }
    }

    [Fact]
    public async Task The_first_view_takes_less_than_200_kilobytes_and_no_script_stands_in_a_page()
    {
        await using var visitor = await consoles.VisitAsync("TH");
        var taken = 0L;
        var answers = new List<Task<int>>();
        visitor.Page.RequestFinished += (_, request) => answers.Add(SizeAsync(request));
        var page = await visitor.GoAsync("/sign-in");
        await visitor.Page.WaitForLoadStateAsync(LoadState.NetworkIdle);
        foreach (var size in await Task.WhenAll(answers)) taken += size;
        taken.ShouldBeInRange(10_000, 200_000);
        page!.Headers["content-security-policy"].ShouldBe("default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
        (await visitor.Page.Locator("script:not([src]), [onclick], [onload], [style]").CountAsync()).ShouldBe(0);

        static async Task<int> SizeAsync(IRequest request)
        {
            var sizes = await request.SizesAsync();
            return sizes.ResponseBodySize + sizes.ResponseHeadersSize;
        }
    }

    /// <summary>One of each page of a focal point.</summary>
    static async Task<IReadOnlyList<string>> PathsAsync(Visitor focal)
    {
        var referral = await focal.OpenReferralAsync();
        var draft = await focal.BeginReferralAsync();
        return ["/", "/referrals", referral, $"{referral}/say/WishRecorded", $"{referral}/say/ConsentWithdrawn", $"{referral}/say/ConsentRecorded", $"{referral}/say/Corrected", $"{referral}/say/UnitAssigned", $"{referral}/say/ContinuedOnPaper", "/new", "/new/forms", "/new/forms/blank", $"{draft}1", $"{draft}2", $"{draft}3", $"{draft}4", "/approvals", "/counterparts", "/hand-over", "/account", "/confirm", "/nothing-here"];
    }

    static async Task VisitAsync(Visitor visitor, string path, string language)
    {
        await visitor.GoAsync(path);
        (await visitor.Page.Locator("html").GetAttributeAsync("lang")).ShouldBe(language);
        await visitor.AccessibleAsync();
    }
}
