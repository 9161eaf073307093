using Microsoft.Playwright;

namespace Coordination.Screens.Tests.Look;

/// <summary>Pictures of the console for whoever has not seen it: infra/take-screenshots keeps them.</summary>
public sealed class ScreenshotTests(Consoles consoles)
{
    [Fact]
    public async Task The_pages_that_matter_most_can_be_shown_to_anybody()
    {
        var folder = Environment.GetEnvironmentVariable("COORDINATION_SCREENSHOTS");
        await using var bangkok = await consoles.SignInAsync("TH", options: new() { ViewportSize = new() { Width = 1100, Height = 800 } });
        await using var vientiane = await consoles.SignInAsync("LA", options: new() { ViewportSize = new() { Width = 1100, Height = 800 } });
        var referral = await bangkok.OpenReferralAsync();
        await vientiane.UntilAsync(referral, "Sent");
        await vientiane.SayAsync(referral, "Acknowledged");
        await vientiane.SayAsync(referral, "TakenUp");
        await vientiane.SayAsync(referral, "InformationRequested", ("particulars.note", "Two villages have this name. Does she remember a school?"));
        await bangkok.UntilAsync(referral, "asked a question");

        await ShowAsync(bangkok, "/", "today", "en");
        await ShowAsync(bangkok, referral, "referral", "en");
        await ShowAsync(vientiane, referral, "referral", "lo");
        await ShowAsync(bangkok, $"{referral}/say/ConsentWithdrawn", "withdrawal", "th");
        await ShowAsync(bangkok, "/account", "account", "my");

        async Task ShowAsync(Visitor visitor, string path, string name, string language)
        {
            await visitor.Page.SetViewportSizeAsync(1100, 700);
            await visitor.SpeakAsync(language);
            await visitor.GoAsync(path);
            // As high as the page is: a picture of more than what is seen cannot be taken by every browser.
            await visitor.Page.SetViewportSizeAsync(1100, Math.Min(4000, await visitor.Page.EvaluateAsync<int>("document.documentElement.scrollHeight")));
            await visitor.Page.EvaluateAsync("document.fonts.ready");
            var picture = await visitor.Page.ScreenshotAsync(new PageScreenshotOptions());
            picture.Length.ShouldBeGreaterThan(10_000);
            if (folder is not null) await File.WriteAllBytesAsync(Path.Combine(folder, $"{name}-{language}.png"), picture, TestContext.Current.CancellationToken);
        }
    }
}
