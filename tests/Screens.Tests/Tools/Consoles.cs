using Coordination.Local;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Coordination.Screens.Tests.Consoles))]

namespace Coordination.Screens.Tests;

/// <summary>Two countries with their consoles, and a browser: started once for all tests, which each bring their own people.</summary>
public sealed class Consoles : IAsyncLifetime
{
    IPlaywright? _playwright;
    int _people;

    public Region Region { get; private set; } = null!;

    public IBrowser Browser { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Region = await Region.StartAsync(new RegionOptions { Countries = ["TH", "LA"] }, TestContext.Current.CancellationToken);
        _playwright = await Playwright.CreateAsync();
        Browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    /// <summary>Somebody new at a console, in a browser of their own, not signed in.</summary>
    /// <param name="country">Whose console.</param>
    /// <param name="options">What is particular about the browser; null for nothing.</param>
    /// <param name="hasNoMouse">Does everything by the keyboard.</param>
    /// <param name="region">Of a test's own, for what would disturb the others; null for the one of all.</param>
    public async Task<Visitor> VisitAsync(string country, BrowserNewContextOptions? options = null, bool hasNoMouse = false, Region? region = null)
    {
        region ??= Region;
        options ??= new();
        options.IgnoreHTTPSErrors = true;
        options.BaseURL = region[country].ConsoleAddress;
        var context = await Browser.NewContextAsync(options);
        context.SetDefaultTimeout((float)TimeSpan.FromSeconds(20).TotalMilliseconds);
        return new Visitor(region, region[country], await context.NewPageAsync(), $"invented-{Interlocked.Increment(ref _people)}") { HasNoMouse = hasNoMouse };
    }

    /// <summary>Somebody who is signed in for an office.</summary>
    public async Task<Visitor> SignInAsync(string country, string role = "focal-point", BrowserNewContextOptions? options = null, bool hasNoMouse = false, Region? region = null)
    {
        var visitor = await VisitAsync(country, options, hasNoMouse, region);
        await visitor.AcceptAsync(role);
        await visitor.SignInAsync();
        return visitor;
    }

    public async ValueTask DisposeAsync()
    {
        if (Browser is not null) await Browser.DisposeAsync();
        _playwright?.Dispose();
        if (Region is not null) await Region.DisposeAsync();
    }
}
