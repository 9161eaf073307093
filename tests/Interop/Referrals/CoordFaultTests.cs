using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Peer.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.Interop.Wire;
using Coordination.Local;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Coordination.Interop.Referrals;

/// <summary>coord at nodes, lines and terminals that do not do as they should.</summary>
public sealed class CoordFaultTests(TwoCountries countries)
{
    const int Limit = 120_000;

    /// <summary>Clears a screen, writes in red, rings, turns the direction of writing and begins a line of its own.</summary>
    const string Harmful = "\u001b[2J\u001b[31mwelcome\u0007\u202etxt.exe\nTH 9  forged";

    static readonly char[] Hidden = ['\u001b', '\u0007', '\u202e'];

    static readonly ByteString Dossier = ByteString.CopyFrom([.. Enumerable.Repeat((byte)0xab, 32)]);

    static readonly string Id = Convert.ToHexStringLower(Dossier.Span);

    static CancellationToken Stopped => TestContext.Current.CancellationToken;

    static Referral Sent => new() { DossierId = Dossier, State = ReferralState.Sent, Sender = "TH", Receiver = "LA", Stay = "TH", Chains = { new ChainLength { Author = "TH", Seq = 1 } } };

    [Fact(Timeout = Limit)]
    public async Task What_another_country_wrote_does_nothing_to_the_screen_of_whoever_reads_it()
    {
        var draft = new Entry { HappenedOn = "2027-01-01", ReferralMet = new() { Place = Harmful }, Answers = Dossier, OnBehalfOf = "KH" };
        await using var node = await FakeNode.StartAsync(new Dictionary<string, IMessage>
        {
            ["History"] = new HistoryResponse { DossierId = Dossier, Entries = { new HistoryEntry { Hash = Dossier } } },
            ["GetParticulars"] = new GetParticularsResponse { Particulars = new() { Note = Harmful } },
            ["ListSubmissions"] = new ListSubmissionsResponse
            {
                Submissions = { new Submission { SubmissionId = "ab", Statement = "Met", SubmittedAt = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch), Office = new() { Role = Contracts.Directory.V1.Role.FocalPoint, Unit = "test" }, Draft = draft.ToByteString() } },
            },
        });

        foreach (var line in (string[][])[["dossier", "particulars", Id, Id[..16]], ["submission", "list"]])
        {
            var (code, printed, said) = await node.Coord.RunAsync(line);
            (code, said).ShouldBe((0, ""));
            printed.ShouldContain("?[2J?[31mwelcome??txt.exe");
            printed.IndexOfAny(Hidden).ShouldBe(-1);
        }
        var (_, listed, _) = await node.Coord.RunAsync("submission", "list");
        // What an entry would state stands in one line, and an approver reads all of it.
        foreach (var row in (string[])["place +│ \\?\\[2J\\?\\[31mwelcome\\?\\?txt.exe\\?TH 9  forged", $"Answers +│ {Id[..16]}", "On behalf of +│ KH"]) listed.ShouldMatch(row);
    }

    [Theory(Timeout = Limit)]
    [InlineData("""{ "title": "", "source": "", "nodes": ["TH"], "steps": [{ "tells": "", "by": "HARM", "says": "Open", "then": "Sent" }] }""")]
    [InlineData("""{ "title": "", "source": "", "nodes": ["TH"], "steps": [{ "tells": "", "by": "TH", "says": "HARM", "then": "Sent" }] }""")]
    [InlineData("""{ "title": "", "source": "", "nodes": ["TH"], "steps": [{ "tells": "", "by": "TH", "says": "Open", "then": "HARM" }] }""")]
    [InlineData("""{ "title": "", "source": "", "nodes": ["TH"], "steps": [{ "tells": "", "by": "TH", "says": "Open", "then": "Sent", "office": "HARM" }] }""")]
    [InlineData("""{ "title": "", "source": "", "nodes": ["TH"], "steps": [{ "tells": "", "by": "TH", "says": "Open", "then": "Sent", "request": { "HARM": "@HARM" } }] }""")]
    [InlineData("""{ "title": "", "source": "", "nodes": ["TH"], "steps": [], "HARM": 1 }""")]
    public async Task A_fault_in_a_file_that_somebody_sent_does_nothing_to_the_screen_of_whoever_reads_of_it(string scenario)
    {
        var file = scenario.Replace("HARM", JsonEncodedText.Encode(Harmful).ToString(), StringComparison.Ordinal);
        var (code, printed, said) = await new Coord(countries.Region).FeedAsync(file, "scenario", "run", "-");
        (code, printed).ShouldBe((2, ""), said);
        said.IndexOfAny(Hidden).ShouldBe(-1);
        said.TrimEnd('\n').ShouldNotContain("\n");
    }

    [Fact(Timeout = Limit)]
    public async Task A_scenario_with_an_office_that_no_node_has_plays_nothing_of_it()
    {
        await using var node = await FakeNode.StartAsync((_, method, _) => throw new InvalidOperationException($"{method} was called"));
        var scenario = JsonNode.Parse(Scenario("plain"))!;
        scenario["steps"]!.AsArray().Add(new JsonObject { ["tells"] = "", ["by"] = "LA", ["says"] = "Acknowledge", ["then"] = "Received", ["office"] = "nobody" });
        (await node.Coord.FeedAsync(scenario.ToJsonString(), "scenario", "run", "-")).ShouldBe((2, "", "Step 2: LA has no office nobody; it has focal-point@test.\n"));
    }

    [Fact(Timeout = Limit)]
    public async Task A_scenario_that_somebody_sent_does_nothing_to_the_screen_of_whoever_plays_it()
    {
        await using var node = await PlayAsync("TH", Sent);
        var (code, printed, _) = await node.Coord.FeedAsync(Scenario(Harmful), "scenario", "run", "-");
        code.ShouldBe(0);
        printed.Split("?[2J?[31mwelcome??txt.exe?TH 9  forged").Length.ShouldBe(4, printed);
        printed.IndexOfAny(Hidden).ShouldBe(-1);
    }

    [Theory(Timeout = Limit)]
    [InlineData("TH")]
    [InlineData("LA")]
    public async Task A_referral_that_stands_otherwise_at_one_node_alone_ends_a_scenario_with_4(string node)
    {
        var other = Sent;
        other.State = ReferralState.Received;
        await using var nodes = await PlayAsync(node, other);
        var (code, _, said) = await nodes.Coord.FeedAsync(Scenario("plain"), "scenario", "run", "-");
        (code, said).ShouldBe((4, $"Step 1, Open by TH: At {node} the referral stands at Received, and not at Sent as the scenario says.\n"));
    }

    public static TheoryData<string> Readings => ["hash", "verdict", "reason", "one more"];

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Readings))]
    public async Task Nodes_that_read_the_same_dossier_differently_end_a_scenario_with_4(string what)
    {
        var entry = new HistoryEntry { Hash = what == "hash" ? ByteString.CopyFrom(1) : Dossier, Verdict = what == "verdict" ? Verdict.Void : Verdict.Applied, Reason = what == "reason" ? "FORKED" : "" };
        await using var nodes = await PlayAsync("LA", Sent, what == "one more" ? [entry, entry] : [entry]);
        var (code, _, said) = await nodes.Coord.FeedAsync(Scenario("plain"), "scenario", "run", "-");
        (code, said).ShouldBe((4, $"TH and LA read dossier {Id} differently.\n"));
    }

    [Fact(Timeout = Limit)]
    public async Task A_refusal_whose_details_cannot_be_read_is_told_by_its_status_and_words()
    {
        await using var node = await FakeNode.StartAsync((_, _, _) =>
            throw new RpcException(new Status(StatusCode.FailedPrecondition, "Not today."), new Metadata { { "grpc-status-details-bin", [0xff, 0xff, 0xff] } }));
        (await node.Coord.RunAsync("referral", "show", Id)).ShouldBe((1, "", "FailedPrecondition: Not today.\n"));
    }

    [Fact(Timeout = Limit)]
    public async Task Whoever_exports_is_told_of_a_key_that_the_trust_list_does_not_name()
    {
        using var folder = new Folder();
        var list = new TrustList { Nodes = { new TrustedNode { Id = "TH", SigningKeys = { new SigningKey { KeyId = "TH-named" } } } } };
        await using var node = await FakeNode.StartAsync(new Dictionary<string, IMessage>
        {
            ["GetEvidence"] = new GetEvidenceResponse
            {
                Node = "TH",
                HeldAt = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch),
                Entries =
                {
                    new SignedEntry { KeyId = "TH-named", Entry = new Entry { Author = "TH", Seq = 1 }.ToByteString() },
                    new SignedEntry { KeyId = "TH-unnamed", Entry = new Entry { Author = "TH", Seq = 2 }.ToByteString() },
                },
                Receipts = { new SignedReceipt { KeyId = "LA-unnamed", Receipt = new Receipt { Holder = "LA", Author = "TH", Seq = 1 }.ToByteString() } },
                TrustLists = { new SignedTrustList { List = list.ToByteString() }.ToByteString() },
            },
        });
        var (code, _, said) = await node.Coord.RunAsync("dossier", "export", Id, "-o", folder["bundle.zip"]);
        code.ShouldBe(0);
        said.ShouldBe(string.Concat(((string[])["TH", "LA"]).Select(id => $"The trust list in force does not name {id}-unnamed: verify will say so. Ask the operator for a list that does.\n")));
    }

    [Theory(Timeout = Limit)]
    [InlineData("referral", "list", "--page-token", "none", "--page-token is none")]
    [InlineData("referral", "list", "--country", "XX", "--country is no country of the region: one of ")]
    [InlineData("referral", "open", "--to", "XX", "XX is no other country: --to, and the column to, take one of CN, KH, LA, MM, VN.\n")]
    [InlineData("referral", "open", "--to", "TH", "TH is no other country")]
    public async Task What_is_wrong_with_an_option_is_said_of_that_option(string about, string command, string option, string value, string says)
    {
        var (code, printed, said) = await new Coord(countries.Region).RunAsync(about, command, option, value);
        code.ShouldBeOneOf(1, 2);
        printed.ShouldBe("");
        said.ShouldContain(says);
    }

    [Theory(Timeout = Limit)]
    [InlineData("referral show abababab", "Several dossiers at TH begin with abababab: give more digits.\n")]
    [InlineData("dossier particulars ID abababab", "2 entries of this dossier begin with abababab: give more digits.\n")]
    public async Task Digits_with_which_several_ids_begin_name_none_of_them(string line, string says)
    {
        await using var node = await FakeNode.StartAsync(new Dictionary<string, IMessage>
        {
            ["List"] = new ListResponse { Referrals = { Sent, Sent } },
            ["History"] = new HistoryResponse { Entries = { new HistoryEntry { Hash = Dossier }, new HistoryEntry { Hash = Dossier } } },
        });
        (await node.Coord.RunAsync(line.Replace("ID", Id, StringComparison.Ordinal).Split(' '))).ShouldBe((2, "", says));
    }

    [Theory(Timeout = Limit)]
    [InlineData(StatusCode.DeadlineExceeded, 3)]
    [InlineData(StatusCode.Unavailable, 3)]
    [InlineData(StatusCode.Internal, 1)]
    public async Task Whether_the_same_command_may_be_tried_again_is_said_by_the_code_and_in_words(StatusCode status, int ends)
    {
        await using var node = await FakeNode.StartAsync((_, _, _) => throw new RpcException(new Status(status, "Not now.")));
        var (code, _, said) = await node.Coord.RunAsync("referral", "acknowledge", Id, "--command-id", "this-command-and-no-other");
        code.ShouldBe(ends);
        said.ShouldBe($"{status}: Not now.\n{(ends == 3 ? "To try the same command again: --command-id this-command-and-no-other\n" : "")}");
    }

    [Fact(Timeout = Limit)]
    public async Task A_file_of_which_a_row_may_be_tried_again_ends_with_3_whatever_became_of_the_rows_after_it()
    {
        var row = 0;
        await using var node = await FakeNode.StartAsync((_, _, _) => throw new RpcException(new Status(++row == 1 ? StatusCode.Unavailable : StatusCode.FailedPrecondition, "Not now.")));
        var (code, printed, said) = await node.Coord.FeedAsync("[{ \"to\": \"LA\" }, { \"to\": \"LA\" }]", "referral", "import", "-");
        (code, said).ShouldBe((3, "The same file again opens what is missing, and nothing twice.\n"));
        printed.ShouldContain("FailedPrecondition: Not now.");
        (await node.Coord.FeedAsync("[{ \"to\": \"LA\" }, { \"to\": \"XX\" }]", "referral", "import", "-")).Said.ShouldStartWith("Standard input, request 2: XX is no other country");
    }

    [Fact(Timeout = Limit)]
    public async Task Whoever_gives_up_while_a_file_is_imported_is_told_what_was_opened_and_that_nothing_opens_twice()
    {
        var second = new TaskCompletionSource();
        var rows = 0;
        await using var node = await FakeNode.StartAsync(async (_, _, _) =>
        {
            if (++rows == 1) return new OpenResponse { Referral = Sent };
            second.SetResult();
            await Task.Delay(Timeout.Infinite, Stopped);
            return new OpenResponse();
        });
        using var folder = new Folder();
        using var coord = node.Coord.Start("referral", "import", folder.Write("two.json", "[{ \"to\": \"LA\" }, { \"to\": \"LA\" }]"));
        await second.Task.WaitAsync(Stopped);
        await Programs.RunAsync("kill", ["-INT", $"{coord.Id}"], input: "", Stopped);
        await coord.WaitForExitAsync(Stopped);
        (coord.ExitCode, await coord.StandardError.ReadToEndAsync(Stopped)).ShouldBe((3, "Given up at number 2 of 2.\nThe same file again opens what is missing, and nothing twice.\n"));
        (await coord.StandardOutput.ReadToEndAsync(Stopped)).ShouldContain(Id);
    }

    [Theory(Timeout = Limit)]
    [InlineData("referral import", "")]
    [InlineData("referral acknowledge ID --letter", "")]
    [InlineData("referral list --region", "")]
    [InlineData("dossier export ID -o", "")]
    [InlineData("dossier verify --root /dev/null", "")]
    [InlineData("dossier verify /dev/null --root", "")]
    [InlineData("dossier verify /dev/null --root", "/proc/self/mem")]
    [InlineData("referral list --address https://127.0.0.1:1 --token-file", "")]
    [InlineData("referral list --address https://127.0.0.1:1 --token-file /etc/hostname --ca", "/proc/self/mem")]
    [InlineData("referral list --address http://127.0.0.1:1 --token-file", "/etc/hostname")]
    public async Task A_file_or_an_address_that_nobody_can_use_ends_with_2_and_a_sentence(string line, string last)
    {
        var (code, printed, said) = await new Coord(countries.Region).RunAsync([.. line.Replace("ID", Id, StringComparison.Ordinal).Split(' '), last]);
        (code, printed).ShouldBe((2, ""), said);
        said.TrimEnd('\n').ShouldNotContain("\n");
    }

    [Theory(Timeout = Limit)]
    [InlineData("--help")]
    [InlineData("completion bash")]
    [InlineData("referral import --columns")]
    public async Task A_full_disk_behind_standard_output_ends_any_command_with_3_and_a_sentence(string line)
    {
        var full = new ProcessStartInfo("bash", ["-c", "dotnet \"$0\" \"$@\" > /dev/full", Checkout.Coord, .. line.Split(' ')]) { UseShellExecute = false, RedirectStandardError = true };
        using var coord = Process.Start(full)!;
        var said = await coord.StandardError.ReadToEndAsync(Stopped);
        await coord.WaitForExitAsync(Stopped);
        (coord.ExitCode, said.Split('\n')[0]).ShouldBe((3, "What came of it cannot be printed: No space left on device"), said);
    }

    [Fact(Timeout = Limit)]
    public async Task A_file_that_cannot_be_written_whole_leaves_the_one_that_was_there()
    {
        using var folder = new Folder();
        folder.Write("mine", "mine");
        await using var node = await FakeNode.StartAsync(new Dictionary<string, IMessage>
        {
            ["History"] = new HistoryResponse { DossierId = Dossier, Entries = { new HistoryEntry { Hash = Dossier, Entry = new Entry { Author = "TH", Seq = 1, ReferralAcknowledged = new() }.ToByteString() } } },
        });
        // Two blocks of 512 bytes are less than a page; what .NET compiles is no file then.
        var small = new ProcessStartInfo("bash", ["-c", "ulimit -f 1; exec dotnet \"$0\" \"$@\"", Checkout.Coord, "dossier", "letter", Id, Id, "-o", folder["mine"], "--force"]) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        (small.Environment["COORD_REGION"], small.Environment["DOTNET_EnableWriteXorExecute"]) = (node.Coord.RegionFile, "0");
        using var coord = Process.Start(small)!;
        var said = await coord.StandardError.ReadToEndAsync(Stopped);
        await coord.WaitForExitAsync(Stopped);
        coord.ExitCode.ShouldNotBe(0, said);
        File.ReadAllText(folder["mine"]).ShouldBe("mine");
    }

    [Fact(Timeout = Limit)]
    public async Task A_letter_says_what_became_of_its_entry_what_it_answers_and_who_holds_it()
    {
        using var folder = new Folder();
        var (opening, answer) = (Kept(new Entry { Author = "TH", Seq = 1, HappenedOn = "2027-01-02", ReferralInformationRequested = new() }, Verdict.Applied), default(HistoryEntry));
        answer = Kept(new Entry { Author = "LA", Seq = 1, HappenedOn = "2027-01-03", Answers = opening.Hash, ReferralInformationSupplied = new() }, Verdict.Void);
        (answer.Explanation, opening.Explanation) = ("It answers nothing that is open.", "");
        answer.Receipts.Add(new HistoryReceipt { Holder = "TH", ReceivedAt = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch) });
        await using var node = await FakeNode.StartAsync(new Dictionary<string, IMessage> { ["History"] = new HistoryResponse { DossierId = Dossier, Entries = { opening, answer } } });
        await node.Coord.JsonAsync("dossier", "letter", Id, Convert.ToHexStringLower(answer.Hash.Span), "-o", folder["letter.html"]);
        var letter = File.ReadAllText(folder["letter.html"]);
        foreach (var (name, value) in (IEnumerable<(string, string)>)
        [
            ("What became of it", "Void: It answers nothing that is open."), ("In answer to", "TH 1: Information requested, 2027-01-02"), ("Held by Thailand", "since 1970-01-01 00:00 UTC"), ("Date", "2027-01-03"),
        ])
            letter.ShouldContain($"<tr><th>{name}</th><td>{value}</td></tr>");

        static HistoryEntry Kept(Entry entry, Verdict verdict)
        {
            var bytes = entry.ToByteString();
            return new() { Entry = bytes, Hash = ByteString.CopyFrom(System.Security.Cryptography.SHA256.HashData(bytes.Span)), Verdict = verdict };
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_full_disk_behind_standard_output_leaves_a_command_that_may_be_tried_again()
    {
        await using var node = await FakeNode.StartAsync(new Dictionary<string, IMessage> { ["Acknowledge"] = new AcknowledgeResponse { Referral = Sent } });
        var full = new ProcessStartInfo("bash", ["-c", "dotnet \"$0\" \"$@\" > /dev/full", Checkout.Coord, "referral", "acknowledge", Id, "--json"]) { UseShellExecute = false, RedirectStandardError = true };
        full.Environment["COORD_REGION"] = node.Coord.RegionFile;
        using var coord = Process.Start(full)!;
        var said = await coord.StandardError.ReadToEndAsync(Stopped);
        await coord.WaitForExitAsync(Stopped);
        coord.ExitCode.ShouldBe(3, said);
        said.ShouldMatch("^What came of it cannot be printed: No space left on device.*\nTo try the same command again: --command-id [0-9a-f]{32}\n$");
    }

    [Fact(Timeout = Limit)]
    public async Task Whoever_gives_up_while_a_node_writes_is_told_how_to_try_the_same_command_again()
    {
        var asked = new TaskCompletionSource<string>();
        await using var node = await FakeNode.StartAsync(async (_, _, request) =>
        {
            asked.SetResult(AcknowledgeRequest.Parser.ParseFrom(request.Span).Command.CommandId);
            await Task.Delay(Timeout.Infinite, Stopped);
            return new AcknowledgeResponse();
        });
        using var coord = node.Coord.Start("referral", "acknowledge", Id);
        var commandId = await asked.Task.WaitAsync(Stopped);
        await Programs.RunAsync("kill", ["-INT", $"{coord.Id}"], input: "", Stopped);
        await coord.WaitForExitAsync(Stopped);
        (coord.ExitCode, await coord.StandardError.ReadToEndAsync(Stopped)).ShouldBe((3, $"Given up before the node answered.\nTo try the same command again: --command-id {commandId}\n"));
    }

    [Fact(Timeout = Limit)]
    public async Task A_line_that_falls_silent_is_noticed_and_watched_anew()
    {
        using var folder = new Folder();
        var file = JsonNode.Parse(await File.ReadAllTextAsync(countries.Region.RegionFile, Stopped))!;
        var bangkok = file["nodes"]!.AsArray().Single(node => node!["id"]!.GetValue<string>() == "TH")!;
        var address = new UriBuilder(bangkok["apiAddress"]!.GetValue<string>());
        await using var cable = new Cable(address.Port);
        address.Port = cable.Port;
        bangkok["apiAddress"] = address.Uri.ToString();
        using var watch = new Coord(folder.Write("region.json", file.ToJsonString())).Start("referral", "watch", "--json");
        try
        {
            (await watch.StandardError.ReadLineAsync(Stopped))!.ShouldStartWith("Watching after cursor ");
            cable.Pull();
            var opened = await new Coord(countries.Region).OpenAsync();

            (await watch.StandardError.ReadLineAsync(Stopped)).ShouldBe("Unavailable: The server has fallen silent. Resuming.");
            (await watch.StandardError.ReadLineAsync(Stopped))!.ShouldStartWith("Watching after cursor ");
            string? change;
            do change = JsonDocument.Parse((await watch.StandardOutput.ReadLineAsync(Stopped))!).RootElement.GetProperty("dossierId").GetString();
            while (change != opened);
        }
        finally
        {
            watch.Kill();
        }
    }

    /// <summary>Two nodes at which Thailand opens; one of them says this of the referral and of its entry.</summary>
    static Task<FakeNode> PlayAsync(string node, Referral says, params IEnumerable<HistoryEntry> entries) => FakeNode.StartAsync((asked, method, _) => Task.FromResult<IMessage>(method switch
    {
        "Open" => new OpenResponse { Referral = Sent },
        "Get" => new GetResponse { Referral = asked == node ? says : Sent },
        "History" => new HistoryResponse { Entries = { asked == node && entries.Any() ? entries : [new HistoryEntry { Hash = Dossier, Verdict = Verdict.Applied }] } },
        _ => throw new InvalidOperationException(method),
    }));

    static string Scenario(string words) => new JsonObject
    {
        ["title"] = words,
        ["source"] = words,
        ["nodes"] = new JsonArray("TH", "LA"),
        ["steps"] = new JsonArray(new JsonObject { ["tells"] = words, ["by"] = "TH", ["says"] = "Open", ["then"] = "Sent" }),
    }.ToJsonString();
}
