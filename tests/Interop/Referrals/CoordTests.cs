using System.Text.Json;
using System.Text.RegularExpressions;
using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.Local;
using Google.Protobuf.Reflection;

namespace Coordination.Interop.Referrals;

/// <summary>coord as a person and as a script use it: the program itself, its output and its exit codes.</summary>
public sealed class CoordTests(TwoCountries countries)
{
    const string Open = "referral open --to LA --reply-by 2099-12-31 --basis Consent";

    readonly Coord _coord = new(countries.Region);

    [Fact(Timeout = 120_000)]
    public async Task A_referral_is_opened_acknowledged_taken_up_and_shown()
    {
        var id = await OpenAsync();
        await UntilAsync("LA", id, "Sent");
        State(await JsonAsync("referral", "acknowledge", id, "--node", "LA")).ShouldBe("Received");
        // By as many digits as a person types.
        State(await JsonAsync("referral", "take-up", id[..8], "--node", "LA")).ShouldBe("TakenUp");
        await UntilAsync("TH", id, "TakenUp");
        (await JsonAsync("dossier", "show", id[..12].ToUpperInvariant())).GetProperty("dossierId").GetString().ShouldBe(id);
        var (none, printed, said) = await CoordAsync("referral", "show", $"{id[..8]}{(id[8] == '0' ? '1' : '0')}");
        (none, printed).ShouldBe((2, ""));
        said.ShouldContain("No dossier at TH begins with");

        var (code, shown, _) = await CoordAsync("dossier", "show", id);
        code.ShouldBe(0);
        foreach (var word in (string[])["Opened", "TakenUp", "Applied"]) shown.ShouldContain(word);
        var history = await JsonAsync("dossier", "show", id);
        history.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("statement").GetString()).ShouldBe(["Opened", "Acknowledged", "TakenUp"]);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_referral_is_declined_with_a_reason()
    {
        var id = await OpenAsync();
        await UntilAsync("LA", id, "Sent");
        State(await JsonAsync("referral", "decline", id, "--node", "LA", "--reason", "NotOurNational")).ShouldBe("Declined");
        await UntilAsync("TH", id, "Declined");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_referral_is_called_off_and_consent_withdrawn()
    {
        var id = await OpenAsync();
        State(await JsonAsync("referral", "cancel", id)).ShouldBe("Cancelled");
        State(await JsonAsync("referral", "withdraw-consent", id, "--everything", "--office", "case-worker")).ShouldBe("Withdrawn");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_refusal_ends_with_1_and_says_what_to_do()
    {
        var id = await OpenAsync();
        var (code, printed, said) = await CoordAsync("referral", "acknowledge", id);
        (code, printed).ShouldBe((1, ""));
        said.ShouldBe("PermissionDenied WRONG_PARTICIPANT: Acknowledged is for LA to write.\n");
        // What is at fault is named as it was given.
        (code, printed, said) = await CoordAsync([.. Coord.Opening, "--happened-on", "2026-02-30"]);
        (code, printed).ShouldBe((1, ""));
        said.ShouldStartWith("InvalidArgument FIELD_INVALID: --happened-on is no date");
        (_, _, said) = await CoordAsync([.. Coord.Opening.SkipLast(1), "2026-02-30"]);
        said.ShouldStartWith("InvalidArgument FIELD_INVALID: --consent-until is no date");
    }

    [Fact(Timeout = 120_000)]
    public async Task Every_statement_has_a_command_and_every_option_and_command_says_what_it_is()
    {
        foreach (var (service, name) in (IEnumerable<(ServiceDescriptor, string)>)[(ReferralService.Descriptor, "referral"), (DossierService.Descriptor, "dossier")])
        {
            var (code, help, _) = await CoordAsync(name, "--help");
            code.ShouldBe(0);
            foreach (var method in service.Methods.Where(method => method.InputType.FindFieldByName("command") is not null))
                help.ShouldMatch($"(?m)^  {JsonNamingPolicy.KebabCaseLower.ConvertName(method.Name)} .*\\.$");
        }
        var (_, plan, _) = await CoordAsync("referral", "plan-return", "--help");
        foreach (var option in (string[])["--replaces <hex>", "--travel-on <text>", "--meeting-at", "--meeting-point", "--answers <entry>", "--letter <file>", "--note <file>", "--command-id <id>"])
            plan.ShouldMatch($"(?m)^  {Regex.Escape(option)} .*\\.$");
    }

    [Fact(Timeout = 120_000)]
    public async Task What_is_asked_is_answered_by_the_first_digits_of_its_entry_with_a_note_from_a_file()
    {
        using var folder = new Folder();
        var id = await OpenAsync();
        await UntilAsync("LA", id, "Sent");
        await JsonAsync("referral", "request-information", id, "--node", "LA", "--note", folder.Write("note", "Nobody in particular is asked about.\n"));
        await UntilAsync("TH", id, referral => referral.GetProperty("questions").GetArrayLength() == 1);
        var question = (await JsonAsync("referral", "show", id)).GetProperty("questions")[0].GetProperty("entry").GetString()!;
        (await JsonAsync("dossier", "particulars", id, question[..8])).GetProperty("note").GetString().ShouldBe("Nobody in particular is asked about.");
        (await JsonAsync("referral", "supply-information", id, "--answers", question[..10])).GetProperty("questions").GetArrayLength().ShouldBe(0);

        var (code, _, said) = await CoordAsync("referral", "supply-information", id, "--answers", "00000000");
        code.ShouldBe(2);
        said.ShouldContain("No entry of this dossier begins with 00000000");
    }

    [Fact(Timeout = 120_000)]
    public async Task What_is_owed_is_listed_and_every_change_is_watched_from_a_cursor()
    {
        var id = await OpenAsync();
        await UntilAsync("LA", id, "Sent");
        var owed = await JsonAsync("referral", "list", "--due", "--whose", "OwedByUs", "--page-size", "200", "--node", "LA");
        owed.GetProperty("rows").EnumerateArray().ShouldContain(row => row.GetProperty("dossierId").GetString() == id && row.GetProperty("debt").GetProperty("clock").GetString() == "Acknowledge");
        var (_, table, _) = await CoordAsync("referral", "list", "--whose", "OwedToUs");
        table.ShouldContain(id[..16]);
        // In one line, however narrow the table is.
        (_, table, _) = await CoordAsync("referral", "list", "--due", "--whose", "OwedByUs", "--page-size", "200", "--node", "LA");
        table.ShouldMatch($"{id[..16]} │ TH +│ LA: Acknowledge, due");

        using var watch = _coord.Start("referral", "watch", "--cursor", "0", "--json");
        try
        {
            while (await watch.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
                if (JsonDocument.Parse(line).RootElement is var change && change.GetProperty("dossierId").GetString() == id && change.GetProperty("statement").GetString() == "Opened") break;
        }
        finally
        {
            watch.Kill();
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task What_a_file_holds_is_opened_once_however_often_it_is_imported_and_a_fault_opens_nothing()
    {
        using var folder = new Folder();
        var csv = folder.Write("referrals.csv", $"""
            to,type,minority,basis,reply-by,consent-purposes,consent-until,note,preview-sex
            LA,Repatriation,Adult,Consent,{Coord.ReplyBy},Return;Protection,2099-12-31,"Nobody in particular, ever",Female
            LA,FamilyTracing,Adult,Consent,{Coord.ReplyBy},FamilyTracing,2099-12-31,,
            """);
        var first = await JsonAsync("referral", "import", csv);
        var second = await JsonAsync("referral", "import", csv);
        first.GetArrayLength().ShouldBe(2);
        first.GetRawText().ShouldBe(second.GetRawText());
        var id = first[0].GetProperty("referral").GetProperty("dossierId").GetString()!;
        first[0].GetProperty("referral").GetProperty("consent").GetProperty("purposes").EnumerateArray().Select(purpose => purpose.GetString()).ShouldBe(["Return", "Protection"], ignoreOrder: true);
        var particulars = await JsonAsync("dossier", "particulars", id, id);
        particulars.GetProperty("note").GetString().ShouldBe("Nobody in particular, ever");
        particulars.GetProperty("preview").GetProperty("sex").GetString().ShouldBe("Female");

        var json = folder.Write("referral.json", $$"""{ "command": { "nobodyElseOnDuty": true }, "opened": { "type": "REFERRAL_TYPE_HOST_PROTECTION", "minority": "MINORITY_ADULT", "basis": "BASIS_RISK_TO_LIFE", "instrument": "INSTRUMENT_BILATERAL", "urgency": "URGENCY_ROUTINE", "reply_by": "{{Coord.ReplyBy}}" } }""");
        State((await JsonAsync("referral", "import", json, "--to", "LA"))[0].GetProperty("referral")).ShouldBe("Sent");

        foreach (var (fault, says) in (IEnumerable<(string, string)>)
        [
            ("to,type\nLA,Repatriation\nLA,Holiday\n", "line 3, column type: This is no code"),
            ("to,colour\nLA,red\n", "line 1: no column is called colour"),
            ("to,type\nLA\n", "line 2: this is no row"),
            ("to,type\n", "has no row"),
            ("", "has no row"),
        ])
        {
            var (code, printed, said) = await CoordAsync("referral", "import", folder.Write("fault.csv", fault));
            (code, printed).ShouldBe((2, ""));
            said.ShouldContain(says);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Bash_completes_commands_options_and_codes()
    {
        var (code, script, _) = await CoordAsync("completion", "bash");
        code.ShouldBe(0);
        script.ShouldContain("-F _coord coord");
        (await CoordAsync("[suggest:10]", "referral t")).Printed.ShouldContain("take-up");
        (await CoordAsync("[suggest:26]", "referral decline 00 --reas")).Printed.ShouldContain("--reason");
        (await CoordAsync("[suggest:33]", "referral decline 00 --reason NotO")).Printed.ShouldContain("NotOurNational");
    }

    [Fact(Timeout = 120_000)]
    public async Task Bash_at_a_terminal_completes_what_is_typed_before_a_tab()
    {
        using var folder = new Folder();
        folder.Write("note.txt", "Nobody in particular.");
        // coord as it would stand in PATH; what it is told in the end, it notes.
        File.SetUnixFileMode(folder.Write("coord", $"""
            #!/bin/sh
            case "$1" in completion | \[suggest*) exec dotnet '{Checkout.Coord}' "$@" ;; esac
            printf '%s\n' "$*" >>'{folder["told"]}'

            """), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var screen = await Programs.RunAsync("script", ["-q", "-c", $"HISTFILE= TERM=xterm INPUTRC=/dev/null PATH='{folder[""]}':$PATH bash --norc --noprofile -i", "/dev/null"], $$"""
            source <(coord completion bash </dev/null)
            coord ref\tnoti\t--page-s\t5
            coord referral decl\t00 --rea\tNotO\t--note {{folder["no"]}}\t
            coord referral decl\t00 --reason=NotO\t
            exit

            """.Replace(@"\t", "\t", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        File.ReadAllText(folder["told"]).ShouldBe($"referral notices --page-size 5\nreferral decline 00 --reason NotOurNational --note {folder["note.txt"]}\nreferral decline 00 --reason=NotOurNational\n");
        // .NET's way of setting up a terminal's keypad for itself.
        screen.ShouldNotContain("\e[?1h");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_statement_and_what_is_read_beside_it_come_from_files_and_an_option_stands_before_them()
    {
        using var folder = new Folder();
        var statement = folder.Write("statement.json", """{ "type": 1, "minority": "MINORITY_ADULT", "basis": "BASIS_CONSENT", "replyBy": "2099-11-30", "consent": { "purposes": ["PURPOSE_RETURN"], "until": "2099-11-30" } }""");
        var particulars = folder.Write("particulars.json", """{ "note": "Nobody in particular.", "preview": { "sex": 1 }, "details": { "nationality": "NATIONAL", "risk": "none known" } }""");
        var opened = await JsonAsync("referral", "open", "--to", "LA", "--statement", statement, "--reply-by", Coord.ReplyBy, "--consent-purposes", "Protection", "--particulars", particulars);
        opened.GetProperty("opened").GetProperty("replyBy").GetString().ShouldBe(Coord.ReplyBy);
        var consent = opened.GetProperty("consent");
        var details = (await JsonAsync("dossier", "particulars", opened.GetProperty("dossierId").GetString()!, opened.GetProperty("dossierId").GetString()!)).GetProperty("details");
        (details.GetProperty("nationality").GetString(), details.GetProperty("risk").GetString()).ShouldBe(("NATIONAL", "none known"));
        (string.Join(", ", consent.GetProperty("purposes").EnumerateArray()), consent.GetProperty("recipients")[0].GetString(), consent.GetProperty("until").GetString()).ShouldBe(("Protection", "LA", "2099-11-30"));
        var id = opened.GetProperty("dossierId").GetString()!;
        var beside = await JsonAsync("dossier", "particulars", id, id);
        (beside.GetProperty("note").GetString(), beside.GetProperty("preview").GetProperty("sex").GetString()).ShouldBe(("Nobody in particular.", "Female"));
        var (_, table, _) = await CoordAsync("dossier", "particulars", id, id);
        table.ShouldContain("Nobody in particular.");
    }

    [Fact(Timeout = 120_000)]
    public async Task What_happened_and_does_not_fit_is_recorded_with_a_reason_from_a_file()
    {
        using var folder = new Folder();
        var id = await OpenAsync();
        await UntilAsync("LA", id, "Sent");
        string[] met = ["referral", "report-met", id, "--node", "LA", "--plan", new string('1', 32), "--place", "TH-NKI-FB1", "--at", "2026-01-15T09:30:00Z"];
        var (code, _, said) = await CoordAsync(met);
        code.ShouldBe(1);
        said.ShouldContain("CONTRADICTS");
        await JsonAsync([.. met, "--contradiction-reason", folder.Write("reason", "Came alone.\n")]);
        var entry = (await JsonAsync("dossier", "show", id, "--node", "LA")).GetProperty("entries")[1];
        (entry.GetProperty("statement").GetString(), entry.GetProperty("verdict").GetString()).ShouldBe(("Met", "Recorded"));
        (await JsonAsync("dossier", "particulars", id, entry.GetProperty("hash").GetString()!, "--node", "LA")).GetProperty("contradictionReason").GetString().ShouldBe("Came alone.");
    }

    [Theory(Timeout = 120_000)]
    [InlineData("64 hexadecimal digits", "referral show not-an-id")]
    [InlineData("no node ZZ", "referral show 00 --node ZZ")]
    [InlineData("no office minister", "referral show 00 --office minister")]
    [InlineData("does not exist", "referral show 00 --region /does/not/exist")]
    [InlineData("This is no code for --type: choose among", $"{Open} --type Holiday")]
    [InlineData("This is no code for --minority: choose among Adult, Minor, Disputed.", $"{Open} --minority Unspecified")]
    [InlineData("This is no code for --urgency: choose among Routine, Urgent", $"{Open} --type Repatriation --urgency unspecified")]
    [InlineData("This is no code for --urgency", $"{Open} --type Repatriation --urgency 0")]
    [InlineData("This is no code for --consent-purposes: choose among Return, ", $"{Open} --type Repatriation --consent-until 2099-12-31 --consent-purposes Return --consent-purposes Unspecified")]
    [InlineData("This is no code for --part-purposes: choose among Return, ", "referral withdraw-consent 00 --part-purposes Unspecified")]
    [InlineData("This is no code for --reason: choose among NotOurNational, ", "referral decline 00 --reason Unspecified")]
    [InlineData("--plan takes hexadecimal digits", "referral report-met 00 --plan xyz")]
    [InlineData("--at takes a day and a time", "referral report-met 00 --at yesterday")]
    [InlineData("--number takes a number", "referral report-follow-up 00 --number first")]
    [InlineData("/does/not/exist cannot be read", $"{Open} --type Repatriation --note /does/not/exist")]
    [InlineData("are about a text, and there is none", $"{Open} --type Repatriation --text-language lao")]
    [InlineData("are about a text, and there is none", $"{Open} --type Repatriation --translation-owed")]
    [InlineData("leave --answers away", $"{Open} --type Repatriation --answers 0123abcd")]
    [InlineData("is no office: role@unit", "submission delegate --to minister --from 2099-01-01 --until 2099-01-02")]
    [InlineData("cannot be read", "referral import /does/not/exist.csv")]
    [InlineData("burn", "referral burn")]
    public async Task A_command_line_that_is_wrong_ends_with_2(string says, string line)
    {
        var (code, printed, said) = await CoordAsync(line.Split(' '));
        (code, printed).ShouldBe((2, ""));
        said.ShouldContain(says);
        said.ShouldNotContain("   at ");
    }

    [Theory(Timeout = 120_000)]
    [InlineData("")]
    [InlineData(" \n")]
    [InlineData("one\ntwo\n")]
    [InlineData("one\ttwo")]
    [InlineData("one\u0001two")]
    [InlineData("schlüssel")]
    public async Task A_file_without_a_token_ends_with_2(string content)
    {
        var (code, printed, said) = await CallAsync(token: content, "--ca", countries.Region.AuthoritiesFile);
        (code, printed).ShouldBe((2, ""));
        said.ShouldContain("holds no bearer token");
        said.ShouldNotContain("   at ");
    }

    [Theory(Timeout = 120_000)]
    [InlineData("")]
    [InlineData("not a certificate")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    public async Task A_file_without_a_certificate_ends_with_2(string content)
    {
        using var folder = new Folder();
        var (code, printed, said) = await CallAsync(token: "token\n", "--ca", folder.Write("ca.pem", content));
        (code, printed).ShouldBe((2, ""));
        said.ShouldContain("ca.pem holds no PEM certificate");
        said.ShouldNotContain("   at ");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_tokens_last_line_end_is_not_part_of_it()
    {
        var thailand = countries.Region["TH"];
        var token = thailand.Tokens.First(office => office.Key.StartsWith("focal-point@", StringComparison.Ordinal)).Value;
        var (code, _, said) = await CallAsync(token + "\r\n", "--ca", countries.Region.AuthoritiesFile);
        code.ShouldBe(1);
        said.ShouldStartWith("NotFound ");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_node_that_cannot_be_reached_ends_with_3_and_names_the_command_id()
    {
        using var folder = new Folder();
        var (code, _, said) = await CoordAsync(
            "referral", "cancel", new string('0', 64), "--address", "https://127.0.0.1:1", "--token-file", folder.Write("token", "token"), "--command-id", "0123456789abcdef");
        code.ShouldBe(3);
        said.ShouldContain("--command-id 0123456789abcdef");
    }

    /// <summary>Asks Thailand's node for a referral that it does not have, with this token.</summary>
    async Task<(int Code, string Printed, string Said)> CallAsync(string token, params string[] options)
    {
        using var folder = new Folder();
        return await CoordAsync(
            ["referral", "show", new string('0', 64), "--address", countries.Region["TH"].ApiAddress, "--token-file", folder.Write("token", token), .. options]);
    }

    Task<string> OpenAsync() => _coord.OpenAsync();

    Task UntilAsync(string node, string id, string state) => _coord.UntilAsync(node, id, state);

    Task UntilAsync(string node, string id, Func<JsonElement, bool> wanted) => _coord.UntilAsync(node, id, wanted);

    Task<JsonElement> JsonAsync(params string[] line) => _coord.JsonAsync(line);

    Task<(int Code, string Printed, string Said)> CoordAsync(params string[] line) => _coord.RunAsync(line);

    static string State(JsonElement referral) => Coord.State(referral);
}
