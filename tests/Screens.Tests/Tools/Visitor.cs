using Coordination.Local;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Coordination.Screens.Tests;

/// <summary>Somebody at a console, who does what a person does: reads, types, clicks.</summary>
public sealed class Visitor(Region region, RegionNode node, IPage page, string name) : IAsyncDisposable
{
    /// <summary>Nobody's.</summary>
    public const string Password = "four words from nowhere";

    readonly Queue<string> _codes = [];

    /// <summary>Fills in, sends and follows by the keyboard alone.</summary>
    public bool HasNoMouse { get; init; }

    public IPage Page => page;

    public string Name => name;

    public RegionNode Node => node;

    /// <summary>Opens a page of this console.</summary>
    public Task<IResponse?> GoAsync(string path) => page.GotoAsync(path);

    /// <summary>Is invited for an office, chooses a password and keeps the printed codes.</summary>
    public async Task AcceptAsync(string role)
    {
        await page.GotoAsync(await region.InviteAsync(node, name, role.Contains('@', StringComparison.Ordinal) ? role : $"{role}@{node.Country.Unit}", TestContext.Current.CancellationToken));
        await page.Locator("input[name=password]").FillAsync(Password);
        await page.Locator("input[name=again]").FillAsync(Password);
        await SendAsync();
        foreach (var code in await page.Locator(".console-codes code").AllInnerTextsAsync()) _codes.Enqueue(code);
        _codes.Count.ShouldBe(10);
    }

    public async Task SignInAsync()
    {
        if (await page.Locator("input[name=password][autocomplete=current-password]").CountAsync() == 0) await GoAsync("/sign-in");
        await FillAsync(("name", name), ("password", Password));
        await SendAsync();
        await FillAsync(("code", NextCode()));
        await SendAsync();
    }

    /// <summary>The next of the printed codes.</summary>
    public string NextCode() => UsedCode = _codes.Dequeue();

    /// <summary>The printed code that was taken last.</summary>
    public string UsedCode { get; private set; } = "";

    /// <summary>Signs in on another computer as well.</summary>
    public async Task SignInElsewhereAsync(Visitor elsewhere)
    {
        await elsewhere.FillAsync(("name", name), ("password", Password));
        await elsewhere.SendAsync();
        await elsewhere.FillAsync(("code", NextCode()));
        await elsewhere.SendAsync();
    }

    /// <summary>Releases a case file.</summary>
    public async Task ReleaseAsync(string referral, params (string Name, string Value)[] fields)
    {
        await GoAsync($"{referral}/release");
        await FillAsync(fields);
        await SendAsync();
        page.Url.ShouldContain("?done=CaseFileReleased", customMessage: await ReadAsync());
    }

    async Task<bool> IsThereAsync()
    {
        try
        {
            return await page.EvaluateAsync<string>("document.readyState") == "complete";
        }
        // One page makes way for the next.
        catch (PlaywrightException)
        {
            return false;
        }
    }

    /// <summary>Sends the form of the page.</summary>
    public Task SendAsync() => LeaveAsync(page.Locator("main form button.usa-button:not(.usa-button--unstyled)").Last);

    /// <summary>Presses the tabulator until something has the focus; whatever has it on the way shows it.</summary>
    public async Task UntilFocusedAsync(ILocator what)
    {
        for (var presses = 0; presses < 300; presses++)
        {
            if (await what.EvaluateAsync<bool>("what => what === document.activeElement")) return;
            await page.Keyboard.PressAsync("Tab");
            (await page.EvaluateAsync<bool>("document.activeElement === document.body || getComputedStyle(document.activeElement).outlineStyle !== 'none'")).ShouldBeTrue();
        }
        throw new InvalidOperationException($"The keyboard does not reach {what}.");
    }

    /// <summary>Follows a link, by what it says.</summary>
    public Task FollowAsync(string says) => LeaveAsync(page.GetByRole(AriaRole.Link, new() { Name = says, Exact = true }).First);

    /// <summary>Clicks what leads to another page, and waits for it.</summary>
    public Task LeaveAsync(ILocator what) => HasNoMouse ? LeaveByKeyAsync(() => UntilFocusedAsync(what), "Enter") : LeaveAsync(() => what.ClickAsync());

    async Task LeaveAsync(Func<Task> how)
    {
        var left = new TaskCompletionSource();
        void Left(object? sender, IFrame frame) => left.TrySetResult();
        page.FrameNavigated += Left;
        await how();
        await left.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        page.FrameNavigated -= Left;
        // Asked for, not waited for: the event may have come while nobody listened.
        (await Poll.UntilAsync(IsThereAsync, TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken)).ShouldBeTrue();
    }

    /// <summary>Fills fields of the form, by their names: types, chooses and ticks, as each is filled.</summary>
    public async Task FillAsync(params (string Name, string Value)[] fields)
    {
        foreach (var (name, value) in fields)
        {
            var field = page.Locator($"main [name='{name}']");
            if (HasNoMouse)
            {
                await TypeAsync(field, value);
                continue;
            }
            switch (await field.First.EvaluateAsync<string>("field => field.type"))
            {
                case "radio" or "checkbox": await page.Locator($"main [name='{name}'][value='{value}'] + label").ClickAsync(); break;
                case "select-one": await field.SelectOptionAsync(value); break;
                default: await field.FillAsync(value); break;
            }
        }
    }

    /// <summary>The same by keys: of a list, arrows lead to what is meant.</summary>
    async Task TypeAsync(ILocator field, string value)
    {
        switch (await field.First.EvaluateAsync<string>("field => field.type"))
        {
            case "checkbox":
                await UntilFocusedAsync(page.Locator($"main [name='{await field.First.GetAttributeAsync("name")}'][value='{value}']"));
                await page.Keyboard.PressAsync("Space");
                break;
            case "radio":
                // One of them is where the tabulator comes to.
                await UntilFocusedAsync(page.Locator($"main [name='{await field.First.GetAttributeAsync("name")}']:checked, main [name='{await field.First.GetAttributeAsync("name")}']").First);
                await page.Keyboard.PressAsync("Space");
                await UntilAtAsync("document.activeElement.value");
                break;
            case "select-one":
                await UntilFocusedAsync(field);
                await UntilAtAsync("document.activeElement.value");
                break;
            default:
                await UntilFocusedAsync(field);
                await page.Keyboard.PressAsync("Control+A");
                await page.Keyboard.TypeAsync(value);
                break;
        }

        async Task UntilAtAsync(string at)
        {
            for (var presses = 0; presses < 100 && await page.EvaluateAsync<string>(at) != value; presses++) await page.Keyboard.PressAsync("ArrowDown");
            (await page.EvaluateAsync<string>(at)).ShouldBe(value);
        }
    }

    /// <summary>Makes a statement in a referral by its form.</summary>
    public async Task SayAsync(string referral, string statement, params (string Name, string Value)[] fields)
    {
        await GoAsync($"{referral}/say/{statement}");
        await FillAsync(fields);
        await SendAsync();
        page.Url.ShouldContain("?done=", customMessage: await ReadAsync());
    }

    /// <summary>Opens a referral to the other country by the form in its steps, and gives its path.</summary>
    /// <param name="also">Further fields of what is told of the person.</param>
    public async Task<string> OpenReferralAsync(params (string Name, string Value)[] also)
    {
        await BeginReferralAsync();
        await FillAsync(("particulars.preview.sex", "SEX_FEMALE"), ("particulars.preview.language", "kjg"), ("particulars.note", "Asks that nobody comes in uniform."));
        await FillAsync(also);
        await SendAsync();
        await SendAsync();
        page.Url.ShouldContain("?done=Opened", customMessage: await ReadAsync());
        return new Uri(page.Url).AbsolutePath;
    }

    /// <summary>Begins one, up to the step in which the person is told of, and gives the path of its steps.</summary>
    public async Task<string> BeginReferralAsync()
    {
        await GoAsync("/new");
        await SendAsync();
        await FillAsync(("to", node.Id == "TH" ? "LA" : "TH"), ("opened.type", "REFERRAL_TYPE_REPATRIATION"), ("opened.minority", "MINORITY_ADULT"));
        await SendAsync();
        var until = TimeProvider.System.GetUtcNow().AddDays(200);
        await FillAsync(("opened.consent.purposes", "PURPOSE_RETURN"), ("opened.consent.until.day", $"{until.Day}"), ("opened.consent.until.month", $"{until.Month}"), ("opened.consent.until.year", $"{until.Year}"));
        await SendAsync();
        page.Url.ShouldEndWith("/3", customMessage: await ReadAsync());
        return new Uri(page.Url).AbsolutePath[..^1];
    }

    /// <summary>Opens the case file with a reason, once it was pulled, and reads it.</summary>
    public async Task<string> OpenCaseFileAsync(string referral)
    {
        await UntilAsync(referral, "Open with a reason");
        await FollowAsync("Open with a reason");
        var said = "";
        (await Poll.UntilAsync(async () =>
        {
            await FillAsync(("reason", "Identity"));
            await SendAsync();
            return (said = await ReadAsync()).Contains("Released by", StringComparison.Ordinal);
        }, TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).ShouldBeTrue(said);
        return said;
    }

    /// <summary>Reads a page until it says something, as somebody who waits for another country.</summary>
    public async Task UntilAsync(string path, string says)
    {
        var said = "";
        (await Poll.UntilAsync(async () =>
        {
            await GoAsync(path);
            return (said = await ReadAsync()).Contains(says, StringComparison.Ordinal);
        }, TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).ShouldBeTrue($"{says}: {said}");
    }

    /// <summary>Chooses a language.</summary>
    public async Task SpeakAsync(string language)
    {
        await GoAsync("/account");
        await LeaveAsync(page.Locator($".console-languages button[value='{language}']"));
    }

    /// <summary>Presses a key that leads to another page, and waits for it.</summary>
    public Task LeaveByKeyAsync(Func<Task> before, string key) => LeaveAsync(async () =>
    {
        await before();
        await page.Keyboard.PressAsync(key);
    });

    /// <summary>What the page says, as a person reads it.</summary>
    public Task<string> ReadAsync() => page.Locator("body").InnerTextAsync();

    /// <summary>No rule of WCAG 2.2 AA is broken here.</summary>
    public async Task AccessibleAsync()
    {
        var result = await page.RunAxe(new AxeRunOptions { RunOnly = new RunOnlyOptions { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] } });
        result.Violations.Select(violation => $"{page.Url}: {violation.Id} {violation.Help}: {string.Join(" ", violation.Nodes.Select(at => at.Html))}").ShouldBeEmpty();
    }

    public ValueTask DisposeAsync() => page.Context.DisposeAsync();
}
