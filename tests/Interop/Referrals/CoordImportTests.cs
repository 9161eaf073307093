using System.Text;
using System.Text.Json;

namespace Coordination.Interop.Referrals;

/// <summary>What coord reads from files and from standard input.</summary>
public sealed class CoordImportTests(TwoCountries countries)
{
    const string Columns = "to,type,minority,basis,reply-by,consent-purposes,consent-until,note";

    readonly Coord _coord = new(countries.Region);

    [Fact(Timeout = 120_000)]
    public async Task A_file_whose_refused_row_was_corrected_opens_that_row_alone_and_equal_rows_are_as_many_referrals()
    {
        using var folder = new Folder();
        var equal = $"LA,Repatriation,Adult,Consent,{Coord.ReplyBy},Return,2099-12-31,of equal rows";
        var wrong = equal.Replace("LA,", "KH,", StringComparison.Ordinal);
        var (code, printed, _) = await _coord.RunAsync("referral", "import", folder.Write("rows.csv", $"{Columns}\n{equal}\n{wrong}\n{equal}\n"), "--json");
        code.ShouldBe(1);
        var before = JsonDocument.Parse(printed).RootElement;
        before[1].GetProperty("refused").GetString()!.ShouldContain("RECEIVER_UNKNOWN");
        var opened = Ids(before, 0, 2);
        opened.ShouldBeUnique();

        // Also at another place, and beside other columns.
        var corrected = await _coord.JsonAsync("referral", "import", folder.Write("rows.csv", $"{Columns},urgency\n{wrong.Replace("KH,Repatriation", "LA,HostProtection", StringComparison.Ordinal)},\n{equal},\n{equal},\n"));
        Ids(corrected, 1, 2).ShouldBe(opened);
        opened.ShouldNotContain(Ids(corrected, 0).Single());
        (await _coord.JsonAsync("referral", "import", folder.Write("rows.csv", $"{Columns}\n{equal}\n{equal}\n{equal}\n"))).GetArrayLength().ShouldBe(3);
    }

    [Fact(Timeout = 120_000)]
    public async Task Rows_that_the_office_tells_apart_by_its_own_reference_are_as_many_referrals_in_whichever_file()
    {
        using var folder = new Folder();
        var row = $"LA,Repatriation,Adult,Consent,{Coord.ReplyBy},Return,2099-12-31,of rows with a reference";
        string[] ids = ["", "", ""];
        foreach (var (place, reference) in ((string[])["", "second", "second"]).Index())
            ids[place] = Ids(await _coord.JsonAsync("referral", "import", folder.Write($"{place}.csv", $"{Columns},Reference\n{row},{reference}\n")), 0).Single();
        (ids[0] == ids[1], ids[1] == ids[2]).ShouldBe((false, true));
    }

    [Fact(Timeout = 120_000)]
    public async Task Standard_input_is_imported_as_a_file_is_codes_by_number_and_what_is_said_of_the_command_with_it()
    {
        using var folder = new Folder();
        var request = $$"""
            { "to": "LA", "reference": "one", "command": { "happenedOn": "2026-01-02", "nobodyElseOnDuty": true }, "particulars": { "note": "of standard input", "details": { "nationality": "NATIONAL", "family": "NOT_ASKED" } },
              "opened": { "type": 6, "minority": "MINORITY_ADULT", "basis": "BASIS_RISK_TO_LIFE", "replyBy": "{{Coord.ReplyBy}}" } }
            """;
        var fed = await FeedAsync(request);
        var id = Ids(fed, 0).Single();
        // Type 6 reports a person held abroad: the other country is the host.
        var opened = fed[0].GetProperty("referral").GetProperty("opened");
        (opened.GetProperty("type").GetString(), opened.GetProperty("host").GetString(), opened.GetProperty("origin").GetString()).ShouldBe(("LocateAndProtect", "LA", "TH"));
        (await _coord.JsonAsync("dossier", "show", id)).GetProperty("entries")[0].GetProperty("happenedOn").GetString().ShouldBe("2026-01-02");
        // The same in another order.
        const string details = "\"nationality\": \"NATIONAL\", \"family\": \"NOT_ASKED\"";
        request.ShouldContain(details);
        var turned = request.Replace(details, "\"family\": \"NOT_ASKED\", \"nationality\": \"NATIONAL\"", StringComparison.Ordinal);
        Ids(await _coord.JsonAsync("referral", "import", folder.Write("request.json", $"[{turned}]")), 0).Single().ShouldBe(id);

        async Task<JsonElement> FeedAsync(string input)
        {
            var (code, printed, said) = await _coord.FeedAsync(input, "referral", "import", "-", "--json");
            code.ShouldBe(0, said);
            return JsonDocument.Parse(printed).RootElement;
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task The_columns_are_printed_without_a_file_and_without_a_node()
    {
        var (code, printed, said) = await _coord.RunAsync("referral", "import", "--columns", "--region", "/does/not/exist");
        (code, said).ShouldBe((0, ""));
        foreach (var column in (string[])["to", "reference", "type", "reply-by", "note", "preview-sex"]) printed.Split('\n').ShouldContain(column);

        (code, printed, said) = await _coord.RunAsync("referral", "import");
        (code, printed).ShouldBe((2, ""));
        said.ShouldContain("argument missing");
    }

    [Theory(Timeout = 120_000)]
    [InlineData("""{ "to": 5 }""", "Standard input has to be corrected: to takes a text, in quotation marks.")]
    [InlineData("""[{}, { "reference": [] }]""", "Standard input, request 2 has to be corrected: reference takes a text")]
    [InlineData("""{ "to": "LA", "to": "KH" }""", "Standard input is no JSON: Duplicate property 'to'")]
    [InlineData("""{ "to": "\ud800" }""", "half of a character")]
    [InlineData("""{ "opened": 5 }""", "does not fit coordination.referral.v1.OpenRequest of the protos, and has to be corrected: Expected an object.")]
    [InlineData("""{ "opened": { "type": [] } }""", "does not fit coordination.referral.v1.OpenRequest")]
    [InlineData("""{ "opened": { "consent": 7 } }""", "does not fit coordination.referral.v1.OpenRequest")]
    [InlineData("""{ "opened": { "type": 99999999999 } }""", "does not fit coordination.referral.v1.OpenRequest")]
    [InlineData("""[{}, { "colour": "red" }]""", "Standard input, request 2 does not fit coordination.referral.v1.OpenRequest of the protos, and has to be corrected: Unknown field: colour.")]
    [InlineData("""{ "particulars": { "preview": { "consent": { "form": "%%" } } } }""", "does not fit coordination.referral.v1.OpenRequest")]
    [InlineData("{\n  \"opened\":", "Standard input is no JSON: see line 2.")]
    [InlineData("[5]", "holds neither an OpenRequest nor a list of them")]
    [InlineData("null", "holds neither an OpenRequest nor a list of them")]
    [InlineData("", "Standard input is no JSON: see line 1.")]
    public async Task A_file_that_is_no_request_ends_with_2_and_a_sentence(string input, string says) =>
        ShouldSay(await _coord.FeedAsync(input, "referral", "import", "-"), says);

    [Theory(Timeout = 120_000)]
    [InlineData("--statement", """{ "type": {} }""", "Standard input does not fit coordination.referral.v1.Opened of the protos, and has to be corrected: ")]
    [InlineData("--statement", "[]", "Standard input holds no JSON object: write coordination.referral.v1.Opened of the protos as one.")]
    [InlineData("--statement", """{ "type": "REPATRIATION" }""", "Invalid enum value: REPATRIATION")]
    [InlineData("--particulars", """{ "note": 5 }""", "Standard input does not fit coordination.referral.v1.Particulars of the protos")]
    [InlineData("--particulars", """{ "note": "here", "note": "there" }""", "Duplicate property 'note'")]
    [InlineData("--particulars", """{ "note": "here" }""", "The note is in --particulars already", "--note", "/dev/null")]
    [InlineData("--particulars", """{ "details": {} }""", "Standard input is named twice", "--note", "-")]
    public async Task A_statement_or_particulars_that_are_none_end_with_2_and_a_sentence(string option, string input, string says, params string[] more) =>
        ShouldSay(await _coord.FeedAsync(input, ["referral", "open", "--to", "LA", option, "-", .. more]), says);

    [Fact(Timeout = 120_000)]
    public async Task A_column_that_is_there_twice_and_a_cell_that_is_no_code_are_named_and_no_cell_is_repeated()
    {
        using var folder = new Folder();
        ShouldSay(await _coord.RunAsync("referral", "import", folder.Write("twice.csv", "to,type,Type\nLA,Repatriation,FamilyTracing\n")), "twice.csv, line 1: two columns are called type. Leave one of them away.");
        var (code, _, said) = await _coord.RunAsync("referral", "import", folder.Write("shifted.csv", "type,to\nSomebody Invented,LA\n"));
        (code, said).ShouldBe((2, $"{folder["shifted.csv"]}, line 2, column type: This is no code for type: choose among {said.Split("choose among ")[^1]}"));
        said.ShouldNotContain("Invented");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_table_that_a_spreadsheet_program_wrote_in_another_way_is_read_or_it_is_said_how_to_save_it()
    {
        using var folder = new Folder();
        var file = folder["table.csv"];
        // With semicolons, and with the mark that spreadsheet programs write.
        await File.WriteAllTextAsync(file, $"\uFEFF{Columns.Replace(',', ';')};text-language;translation-owed\r\nLA;Repatriation;Adult;Consent;{Coord.ReplyBy};\"Return;Protection\";2099-12-31;in a table;lao;yes\r\n", Encoding.UTF8, TestContext.Current.CancellationToken);
        var id = Ids(await _coord.JsonAsync("referral", "import", file), 0).Single();
        var particulars = await _coord.JsonAsync("dossier", "particulars", id, id);
        (particulars.GetProperty("note").GetString(), particulars.GetProperty("textLanguage").GetString(), particulars.GetProperty("translationOwed").GetBoolean()).ShouldBe(("in a table", "lao", true));

        foreach (var (bytes, says) in (IEnumerable<(byte[], string)>)
        [
            ([.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes($"{Columns}\n")], "is written in UTF-16"),
            ([.. Encoding.ASCII.GetBytes("to,note\nLA,"), 0xA1, 0xD2], "is no text in UTF-8; it may be written in an older encoding, such as TIS-620."),
            ([.. "PK\u0003\u0004"u8, 0], "is a workbook of a spreadsheet program"),
        ])
        {
            await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);
            ShouldSay(await _coord.RunAsync("referral", "import", file), says);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Every_fault_of_a_table_is_named_at_once()
    {
        using var folder = new Folder();
        ShouldSay(await _coord.RunAsync("referral", "import", folder.Write("faults.csv", "to,type,after-return\nLA,Holiday,perhaps\nLA,Repatriation,no\nLA,Feast,no\n")), "line 4, column type: This is no code");
        ShouldSay(await _coord.RunAsync("referral", "import", folder["faults.csv"]), "line 2, column after-return: yes or no is expected.");
    }

    static void ShouldSay((int Code, string Printed, string Said) answer, string says)
    {
        (answer.Code, answer.Printed).ShouldBe((2, ""));
        answer.Said.ShouldContain(says);
        answer.Said.TrimEnd('\n').ShouldNotContain("\n");
    }

    static string[] Ids(JsonElement rows, params int[] places) => [.. places.Select(place => rows[place].GetProperty("referral").GetProperty("dossierId").GetString()!)];
}
