using System.Text;
using Coordination.CountryNode.Tests;
using Coordination.Local;
using Microsoft.Playwright;

namespace Coordination.Screens.Tests.Referrals;

/// <summary>Papers and pictures that go with a case file, chosen and taken along at the console.</summary>
public sealed class AttachmentPageTests(Consoles consoles)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Files_are_chosen_named_released_and_downloaded_whole(bool scripts)
    {
        await using var bangkok = await consoles.SignInAsync("TH", options: new() { JavaScriptEnabled = scripts });
        await using var vientiane = await consoles.SignInAsync("LA", options: new() { JavaScriptEnabled = scripts, AcceptDownloads = true });
        var referral = await TakenUpAsync(bangkok, vientiane);
        await bangkok.GoAsync($"{referral}/release");
        await bangkok.FillAsync(("case_file.names.0.name", Names.Lao));
        var papers = Names.All.Select((name, place) => new FilePayload { Name = $"{name}.pdf", MimeType = "application/pdf", Buffer = Pdf(400_000 + place) }).ToArray();
        await ChooseAsync(bangkok, papers);
        await AddAsync(bangkok);
        // What was typed is still there, and each file under its own name.
        (await bangkok.Page.Locator("[name='case_file.names.0.name']").InputValueAsync()).ShouldBe(Names.Lao);
        for (var place = 0; place < papers.Length; place++)
            (await bangkok.Page.Locator($"[name='case_file.attachments.{place}.name']").InputValueAsync()).ShouldBe($"{Names.All[place].Normalize()}.pdf");
        if (scripts) await bangkok.AccessibleAsync();
        // Without a name it does not go along; one that is chosen now does.
        await bangkok.FillAsync(("case_file.attachments.1.name", ""));
        await ChooseAsync(bangkok, new FilePayload { Name = "last.png", MimeType = "image/png", Buffer = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, 1, 2, 3] });
        await bangkok.SendAsync();
        bangkok.Page.Url.ShouldContain("?done=CaseFileReleased", customMessage: await bangkok.ReadAsync());

        var file = await vientiane.OpenCaseFileAsync(referral);
        file.ShouldContain($"Download: {Names.Thai.Normalize()}.pdf");
        file.ShouldNotContain($"Download: {Names.Lao.Normalize()}.pdf");
        file.ShouldContain("Download: last.png");
        if (scripts) await vientiane.AccessibleAsync();
        foreach (var place in (int[])[0, 3, 5])
        {
            var name = $"{Names.All[place].Normalize()}.pdf";
            var (download, headers) = await DownloadAsync(vientiane, referral, name);
            download.SuggestedFilename.ShouldBe(name);
            (await File.ReadAllBytesAsync(await download.PathAsync(), TestContext.Current.CancellationToken)).ShouldBe(papers[place].Buffer);
            headers["content-security-policy"].ShouldBe("default-src 'none'; sandbox");
            headers["x-content-type-options"].ShouldBe("nosniff");
            headers["cache-control"].ShouldContain("no-store");
            headers["content-disposition"].ShouldStartWith("attachment;");
            headers["content-type"].ShouldBe("application/octet-stream");
        }
        // Each opening stands in the log.
        (await vientiane.Node.AskAsync<long>("select count(*) from access where position(convert_to((select id::text from accounts.person where user_name = $1), 'utf8') in bytes) > 0", vientiane.Name)).ShouldBeGreaterThanOrEqualTo(4);
    }

    [Fact]
    public async Task What_the_node_does_not_take_is_told_beside_the_field_what_was_typed_is_kept_and_the_rest_is_added()
    {
        await using var bangkok = await consoles.SignInAsync("TH");
        await using var vientiane = await consoles.SignInAsync("LA");
        var referral = await TakenUpAsync(bangkok, vientiane);
        await bangkok.GoAsync($"{referral}/release");
        await bangkok.FillAsync(("case_file.names.0.name", Names.Khmer));
        await ChooseAsync(bangkok,
            new FilePayload { Name = "program.exe", MimeType = "application/pdf", Buffer = Encoding.ASCII.GetBytes("MZ this is no paper") },
            new FilePayload { Name = "good.pdf", MimeType = "application/pdf", Buffer = Pdf(1000) },
            new FilePayload { Name = "huge.pdf", MimeType = "application/pdf", Buffer = Pdf((25 * 1024 * 1024) + 1) },
            new FilePayload { Name = "empty.pdf", MimeType = "application/pdf", Buffer = [] });
        await bangkok.SendAsync();
        var says = await bangkok.ReadAsync();
        says.ShouldContain("program.exe: is no PDF, JPEG, PNG");
        says.ShouldContain("huge.pdf: is larger than 25 MiB");
        says.ShouldContain("empty.pdf: is empty");
        (await bangkok.Page.Locator("[name='case_file.names.0.name']").InputValueAsync()).ShouldBe(Names.Khmer);
        (await bangkok.Page.Locator("[name='case_file.attachments.0.name']").InputValueAsync()).ShouldBe("good.pdf");
        (await bangkok.Page.Locator("[name='case_file.attachments.1.name']").CountAsync()).ShouldBe(0);
        (await bangkok.Page.Locator("#files-fault, [id$='files-fault']").CountAsync()).ShouldBe(1);
        await bangkok.AccessibleAsync();
        await bangkok.SendAsync();
        bangkok.Page.Url.ShouldContain("?done=CaseFileReleased", customMessage: await bangkok.ReadAsync());
    }

    [Fact]
    public async Task A_form_with_files_comes_only_where_one_is_asked_for_and_only_from_a_page_of_this_console()
    {
        await using var bangkok = await consoles.SignInAsync("TH");
        var referral = await bangkok.OpenReferralAsync();
        await bangkok.GoAsync(referral);
        foreach (var path in (string[])[$"{referral}/release", $"{referral}/release/files", $"{referral}/say/ContinuedOnPaper", "/new", "/sign-out"])
        {
            // From this very console, and signed in, but from no form of it; and what calls itself a form and is none.
            (await SendAsync(path, "new FormData(Object.assign(document.createElement('form'), { }))", "{}")).ShouldBe("400 true", path);
            (await SendAsync(path, "'no form'", "{ 'content-type': 'multipart/form-data; boundary=here' }")).ShouldBe("400 true", path);
            (await SendAsync(path, "'no form'", "{ 'content-type': 'multipart/form-data' }")).ShouldBe("400 true", path);
        }
        // Nor does one count that comes from this very page where no files are asked for.
        (await SendAsync("/new", "new FormData(document.querySelector('.console-languages'))", "{}")).ShouldBe("400 true");

        Task<string> SendAsync(string path, string body, string headers) => bangkok.Page.EvaluateAsync<string>(
            $$"""async () => { const body = {{body}}; if (body.append) body.append('files', new Blob(['%PDF-']), 'x.pdf'); const answer = await fetch('{{path}}', { method: 'POST', body, headers: {{headers}} }); return `${answer.status} ${(await answer.text()).includes('This form has expired')}`; }""");
    }

    /// <summary>Nothing of a file is written to a disk in clear, however large it is.</summary>
    [Fact]
    public async Task No_file_in_clear_lies_on_a_disk_while_it_is_sent()
    {
        await using var bangkok = await consoles.SignInAsync("TH");
        await using var vientiane = await consoles.SignInAsync("LA");
        var referral = await TakenUpAsync(bangkok, vientiane);
        await bangkok.GoAsync($"{referral}/release");
        await ChooseAsync(bangkok, new FilePayload { Name = "large.pdf", MimeType = "application/pdf", Buffer = Pdf(20 * 1024 * 1024) });
        using var watcher = new FileSystemWatcher(Path.GetTempPath(), "ASPNETCORE_*") { EnableRaisingEvents = true };
        var seen = new List<string>();
        watcher.Created += (_, made) => seen.Add(made.Name!);
        // The framework makes such a file under another name first.
        watcher.Renamed += (_, made) => seen.Add(made.Name!);
        await AddAsync(bangkok);
        (await bangkok.Page.Locator("[name='case_file.attachments.0.name']").InputValueAsync()).ShouldBe("large.pdf");
        seen.ShouldBeEmpty();
    }

    static byte[] Pdf(int bytes)
    {
        var file = new byte[bytes];
        new Random(bytes).NextBytes(file);
        "%PDF-1.7 invented "u8.CopyTo(file);
        return file;
    }

    static Task ChooseAsync(Visitor visitor, params FilePayload[] files) => visitor.Page.Locator("input[name=files]").SetInputFilesAsync(files);

    static Task AddAsync(Visitor visitor) => visitor.LeaveAsync(visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Add these files" }));

    /// <summary>Takes an attachment along once the other country has pulled it.</summary>
    static async Task<(IDownload Download, IReadOnlyDictionary<string, string> Headers)> DownloadAsync(Visitor visitor, string referral, string name)
    {
        var headers = new TaskCompletionSource<IReadOnlyDictionary<string, string>>();
        void Came(object? sender, IResponse response)
        {
            if (response.Headers.ContainsKey("content-disposition")) headers.TrySetResult(response.Headers);
        }
        visitor.Page.Response += Came;
        IDownload? download = null;
        visitor.Page.Download += (_, begun) => download = begun;
        (await Poll.UntilAsync(async () =>
        {
            await visitor.Page.GetByRole(AriaRole.Button, new() { Name = $"Download: {name}" }).ClickAsync();
            if (await Poll.UntilAsync(async () => download is not null || await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Open it" }).CountAsync() > 0, TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken) && download is not null) return true;
            // It has not been pulled yet.
            await visitor.OpenCaseFileAsync(referral);
            return false;
        }, TimeSpan.FromSeconds(40), TestContext.Current.CancellationToken)).ShouldBeTrue(await visitor.ReadAsync());
        visitor.Page.Response -= Came;
        return (download!, await headers.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
    }

    static async Task<string> TakenUpAsync(Visitor bangkok, Visitor vientiane)
    {
        var referral = await bangkok.OpenReferralAsync();
        await vientiane.UntilAsync(referral, "Sent");
        await vientiane.SayAsync(referral, "Acknowledged");
        await vientiane.SayAsync(referral, "TakenUp");
        await bangkok.UntilAsync(referral, "Taken up");
        return referral;
    }
}
