using System.Text;
using Coordination.CountryNode.Tests;
using Coordination.Hosting.Referrals;
using Coordination.Screens.Languages;
using Microsoft.Playwright;

namespace Coordination.Screens.Tests.Referrals;

/// <summary>New referrals that were written by hand, or in a table.</summary>
public sealed class PaperTests(Consoles consoles)
{
    const string Header = "to,type,minority,basis,reply-by,consent-purposes,consent-until,note,text-language,preview-sex,preview-language,preview-exploitation,after-return,reference";

    [Theory]
    [InlineData(',', true, true)]
    [InlineData(';', false, true)]
    [InlineData('\t', true, false)]
    public async Task Each_row_of_a_filled_form_becomes_a_draft_and_nothing_is_sent(char separator, bool mark, bool scripts)
    {
        await using var vientiane = await SignInAsync(new() { JavaScriptEnabled = scripts });
        var (one, two) = ($"{Names.Thai} {(int)separator}", $"{Names.Burmese} {(int)separator}");
        var replyBy = TimeProvider.System.GetUtcNow().AddDays(100);
        var text = Header.Replace(',', separator) + "\r\n"
            + Row(separator, "TH", "Repatriation", "Adult", "Consent", $"{replyBy:yyyy-MM-dd}", "\"Return;Protection\"", "2099-12-31", $"\"{Names.Lao}\r\nsays \"\"no uniform\"\"\"", "lao", "Female", "kjg", "\"ForcedLabour;ForcedCriminality\"", "no", $"\"{one}\"")
            + Row(separator, "MM", "familytracing", "ADULT", "RiskToLife", $"{replyBy:yyyy-MM-dd}", "", "", "", "", "", "", "", "yes", $"\"{two}\"");
        var before = await EntriesAsync(vientiane);
        await ImportAsync(vientiane, "โครงการ.csv", [.. mark ? Encoding.UTF8.Preamble : [], .. Encoding.UTF8.GetBytes(text)]);
        var says = await vientiane.ReadAsync();
        says.ShouldContain("2 drafts were made of the table. Nothing was sent");
        says.ShouldContain($"{one} · Safe and voluntary return · Thailand");
        says.ShouldContain($"{two} · Finding the family · Myanmar");
        (await EntriesAsync(vientiane)).ShouldBe(before);
        // Nothing of it stands in the database as it was written.
        (await vientiane.Node.AskAsync<long>("select count(*) from draft where position(convert_to($1, 'utf8') in content) > 0", Names.Lao)).ShouldBe(0);

        await vientiane.LeaveAsync(vientiane.Page.Locator("li", new() { HasTextString = one }).Locator("a"));
        var draft = vientiane.Page.Url[..^1];
        (await vientiane.Page.Locator("[name='to'][value='TH']").IsCheckedAsync()).ShouldBeTrue();
        (await vientiane.Page.Locator("[name='opened.reply_by.year']").InputValueAsync()).ShouldBe($"{replyBy.Year}");
        (await vientiane.Page.Locator("[name='opened.after_return']").IsCheckedAsync()).ShouldBeFalse();
        await vientiane.GoAsync($"{draft}2");
        foreach (var purpose in (string[])["PURPOSE_RETURN", "PURPOSE_PROTECTION"]) (await vientiane.Page.Locator($"[name='opened.consent.purposes'][value='{purpose}']").IsCheckedAsync()).ShouldBeTrue();
        await vientiane.GoAsync($"{draft}3");
        (await vientiane.Page.Locator("[name='particulars.note']").InputValueAsync()).ShouldBe($"{Names.Lao}\nsays \"no uniform\"");
        (await vientiane.Page.Locator("[name='particulars.text_language']").InputValueAsync()).ShouldBe("lao");
        (await vientiane.Page.Locator("[name='particulars.preview.language']").InputValueAsync()).ShouldBe("kjg");
        foreach (var form in (string[])["ForcedLabour", "ForcedCriminality"]) (await vientiane.Page.Locator($"[name='particulars.preview.exploitation'][value='{form}']").IsCheckedAsync()).ShouldBeTrue();
        // It is a draft as any other, and can be sent.
        await vientiane.GoAsync($"{draft}4");
        await vientiane.SendAsync();
        vientiane.Page.Url.ShouldContain("?done=Opened", customMessage: await vientiane.ReadAsync());
    }

    [Fact]
    public async Task A_file_with_faults_keeps_nothing_and_tells_each_by_line_column_and_remedy()
    {
        await using var vientiane = await SignInAsync();
        var before = await DraftsAsync(vientiane);
        foreach (var (file, says) in (IEnumerable<(byte[], string[])>)
        [
            (Text("to,type,reply-by,preview-language\nTH,Repatriation,2099-01-31,lao\nTH,Holiday,31/01/2099,lao\nLA,Repatriation,2099-01-31,Lao language\n"),
                ["Line 3, column type: This is no code for type: choose among Repatriation", "Line 3, column reply-by: This is no day: write it as 2027-01-31.", "Line 4, column to: This is no code for to: choose among", "Line 4, column preview-language: This is no code for preview-language"]),
            (Text("to,colour,colour\nTH,red,green\n"), ["Line 1: two columns are called colour.", "Line 1: no column is called colour."]),
            (Text("to,plan-nothing\nTH,x\n"), ["Line 1: no column is called plan-nothing"]),
            (Text("to,preview-trm-stage\nTH,3\n"), ["Line 1, column preview-trm-stage: The console does not ask for this"]),
            (Text("to,type\nLA\n"), ["Line 2: this is no row of a CSV file, or has another number of cells than the first line."]),
            (Text("to,type\nTH,\"Repatriation\n"), ["Line 2: this is no row"]),
            (Text("to,after-return\nTH,perhaps\n"), ["Line 2, column after-return: yes or no is expected."]),
            (Text("to,type\n"), ["form.csv has no row"]),
            ([], ["form.csv has no row"]),
            (Text("to,type\n" + string.Concat(Enumerable.Repeat("TH,Repatriation\n", 201))), ["form.csv has more than 200 rows"]),
            (Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes("to,type\nTH,Repatriation\n")).ToArray(), ["form.csv is written in UTF-16"]),
            (Encoding.Unicode.GetBytes("to,type\nTH,Repatriation\n"), ["form.csv is no text, or is written in UTF-16"]),
            // A Thai letter as TIS-620 has it.
            ([.. Text("to,note\nTH,"), 0xA1, 0xD2, .. Text("\n")], ["form.csv is no text in UTF-8; it may be written in an older encoding, such as TIS-620."]),
            ([.. "PK\u0003\u0004"u8, 1, 2, 3], ["form.csv is a workbook of a spreadsheet program"]),
            ([0x7F, (byte)'E', (byte)'L', (byte)'F', 0, 0, 1], ["form.csv is no text"]),
            ([.. Text("to,note\n"), .. Text(string.Concat(Enumerable.Repeat("TH,nothing in particular\n", 420_000)))], ["form.csv is larger than 2 MiB: divide it."]),
        ])
        {
            await ImportAsync(vientiane, "form.csv", file);
            var said = await vientiane.ReadAsync();
            foreach (var sentence in says) said.ShouldContain(sentence);
            // Not what stands in a cell: it may be about a person.
            said.ShouldNotContain("Holiday");
            said.ShouldNotContain("Lao language");
            (await DraftsAsync(vientiane)).ShouldBe(before);
        }
        await vientiane.AccessibleAsync();
        await vientiane.GoAsync("/new/forms");
        await vientiane.SendAsync();
        (await vientiane.ReadAsync()).ShouldContain("Choose the file first.");
    }

    [Fact]
    public async Task The_empty_form_names_every_field_of_the_console_and_comes_back_as_no_row()
    {
        await using var vientiane = await SignInAsync();
        await vientiane.GoAsync("/new/forms");
        var file = await vientiane.Page.EvaluateAsync<int[]>("async () => [...new Uint8Array(await (await fetch('/new/forms/empty.csv')).arrayBuffer())]");
        var bytes = file.Select(one => (byte)one).ToArray();
        // With its mark, or a spreadsheet program takes it for something else.
        bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble).ShouldBeTrue();
        var columns = Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF').TrimEnd().Split(',');
        foreach (var column in (string[])["to", "type", "minority", "basis", "reply-by", "consent-purposes", "consent-until", "preview-consent-withheld", "note", "text-language", "translation-owed", "preview-barred-offices", "reference"]) columns.ShouldContain(column);
        columns.ShouldBeUnique();
        OpeningTable.Read(Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF')).Faults.Single().Text.ShouldStartWith("has no row");
        await ImportAsync(vientiane, "referrals.csv", bytes);
        (await vientiane.ReadAsync()).ShouldContain("referrals.csv has no row");
    }

    [Fact]
    public void No_cell_that_is_written_is_taken_for_something_to_reckon()
    {
        var written = Encoding.UTF8.GetString(OpeningTable.Write(["to", "note"], ["=1+1", "+855"], ["-2", "@SUM(A1)"], ["\tx", "a,\"b\""], ["fine", "a;b"]));
        written.ShouldBe("\uFEFFto,note\r\n'=1+1,'+855\r\n'-2,'@SUM(A1)\r\n\"'\tx\",\"a,\"\"b\"\"\"\r\nfine,\"a;b\"\r\n");
    }

    [Fact]
    public async Task The_same_form_sent_twice_makes_the_drafts_once()
    {
        await using var vientiane = await SignInAsync();
        var before = await DraftsAsync(vientiane);
        await vientiane.GoAsync("/new/forms");
        const string send = """
            async () => {
              const form = document.querySelector("form[action='/new/forms/import']"), data = new FormData();
              for (const field of form.querySelectorAll("input[type=hidden]")) data.append(field.name, field.value);
              data.append("table", new Blob(["to,type\nTH,Repatriation\nTH,FamilyTracing\n"]), "form.csv");
              return (await fetch(form.action, { method: "POST", body: data })).status;
            }
            """;
        (await vientiane.Page.EvaluateAsync<int>(send)).ShouldBe(200);
        (await vientiane.Page.EvaluateAsync<int>(send)).ShouldBe(200);
        (await DraftsAsync(vientiane)).ShouldBe(before + 2);
    }

    public static TheoryData<string> Languages => [.. Language.All.Select(language => language.Tag)];

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task A_blank_form_is_printed_in_each_language_with_every_field_and_code(string language)
    {
        await using var vientiane = await SignInAsync();
        await vientiane.SpeakAsync(language);
        await vientiane.GoAsync("/new/forms/blank");
        await vientiane.AccessibleAsync();
        (await vientiane.Page.Locator("html").GetAttributeAsync("lang")).ShouldBe(language);
        // Every field of the form in its steps, by the columns of the table.
        var columns = (await vientiane.Page.EvaluateAsync<string>("async () => await (await fetch('/new/forms/empty.csv')).text()")).Split(',');
        (await vientiane.Page.Locator(".console-blank-field").CountAsync()).ShouldBe(columns.Length - 1, await vientiane.ReadAsync());
        var says = await vientiane.ReadAsync();
        foreach (var code in (string[])["Repatriation", "LocateAndProtect", "Adult", "RiskToLife", "CourtOrder", "Return", "origin_address", "Female", "ForcedCriminality", "INTERPRETER", "kjg", "lao"]) says.ShouldContain(code);
        if (language == "en")
        {
            // What is around the form is not printed, and nothing is wider than the paper.
            await vientiane.Page.EmulateMediaAsync(new() { Media = Media.Print });
            (await vientiane.Page.Locator(".console-foot").IsVisibleAsync()).ShouldBeFalse();
            (await vientiane.Page.Locator(".console-unprinted").IsVisibleAsync()).ShouldBeFalse();
            var paper = await vientiane.Page.PdfAsync(new() { PreferCSSPageSize = true });
            Encoding.ASCII.GetString(paper).ShouldMatch(@"/MediaBox\s*\[\s*0 0 59[45][.\d]* 84[12]");
        }
    }

    static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    static string Row(char separator, params string[] cells) => $"{string.Join(separator, cells)}\r\n";

    /// <summary>What this office wrote.</summary>
    static Task<long> EntriesAsync(Visitor visitor) => visitor.Node.AskAsync<long>("select count(*) from entry where author = 'LA' and position(convert_to($1, 'utf8') in bytes) > 0", $"{visitor.Node.Country.Unit}-head");

    static Task<long> DraftsAsync(Visitor visitor) => visitor.Node.AskAsync<long>("select count(*) from draft where office = $1", $"focal-point@{visitor.Node.Country.Unit}-head");

    /// <summary>For an office that no other test acts for: its drafts are counted.</summary>
    Task<Visitor> SignInAsync(BrowserNewContextOptions? options = null) => consoles.SignInAsync("LA", $"focal-point@{consoles.Region["LA"].Country.Unit}-head", options);

    static async Task ImportAsync(Visitor visitor, string name, byte[] file)
    {
        await visitor.GoAsync("/new/forms");
        await visitor.Page.Locator("input[name=table]").SetInputFilesAsync(new FilePayload { Name = name, MimeType = "text/csv", Buffer = file });
        await visitor.SendAsync();
    }
}
