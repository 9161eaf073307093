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
        var draft = new Entry { HappenedOn = "2027-01-01", ReferralMet = new() { Place = Harmful } };
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
            printed.Split('\n').ShouldNotContain(row => row.StartsWith("TH 9", StringComparison.Ordinal));
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_scenario_that_somebody_sent_does_nothing_to_the_screen_of_whoever_plays_it()
    {
        await using var node = await PlayAsync("TH", Sent, Verdict.Applied);
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
        await using var nodes = await PlayAsync(node, other, Verdict.Applied);
        var (code, _, said) = await nodes.Coord.FeedAsync(Scenario("plain"), "scenario", "run", "-");
        (code, said).ShouldBe((4, $"Step 1, Open by TH: At {node} the referral stands at Received, and not at Sent as the scenario says.\n"));
    }

    [Fact(Timeout = Limit)]
    public async Task Nodes_that_read_the_same_entries_differently_end_a_scenario_with_4()
    {
        await using var nodes = await PlayAsync("LA", Sent, Verdict.Void);
        var (code, _, said) = await nodes.Coord.FeedAsync(Scenario("plain"), "scenario", "run", "-");
        (code, said).ShouldBe((4, $"TH and LA read dossier {Id} differently.\n"));
    }

    [Fact(Timeout = Limit)]
    public async Task A_refusal_whose_details_cannot_be_read_is_told_by_its_status_and_words()
    {
        await using var node = await FakeNode.StartAsync((_, _, _) =>
            throw new RpcException(new Status(StatusCode.FailedPrecondition, "Not today."), new Metadata { { "grpc-status-details-bin", [0xff, 0xff, 0xff] } }));
        (await node.Coord.RunAsync("referral", "show", Id)).ShouldBe((1, "", "FailedPrecondition : Not today.\n"));
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
                Entries = { new SignedEntry { KeyId = "TH-named", Entry = new Entry { Author = "TH", Seq = 1 }.ToByteString() } },
                Receipts = { new SignedReceipt { KeyId = "LA-unnamed", Receipt = new Receipt { Holder = "LA", Author = "TH", Seq = 1 }.ToByteString() } },
                TrustLists = { new SignedTrustList { List = list.ToByteString() }.ToByteString() },
            },
        });
        var (code, _, said) = await node.Coord.RunAsync("dossier", "export", Id, "-o", folder["bundle.zip"]);
        (code, said).ShouldBe((0, "The trust list in force does not name LA-unnamed: verify will say so. Ask the operator for a list that does.\n"));
    }

    [Theory(Timeout = Limit)]
    [InlineData("referral", "list", "--page-token", "none", "--page-token is none")]
    [InlineData("referral", "open", "--to", "XX", "XX is no other country: --to, and the column to, take one of CN, KH, LA, MM, VN.\n")]
    [InlineData("referral", "open", "--to", "TH", "TH is no other country")]
    public async Task What_is_wrong_with_an_option_is_said_of_that_option(string about, string command, string option, string value, string says)
    {
        var (code, printed, said) = await new Coord(countries.Region).RunAsync(about, command, option, value);
        code.ShouldBeOneOf(1, 2);
        printed.ShouldBe("");
        said.ShouldContain(says);
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

            (await watch.StandardError.ReadLineAsync(Stopped)).ShouldBe("Unavailable : The server has fallen silent. Resuming.");
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
    static Task<FakeNode> PlayAsync(string node, Referral says, Verdict verdict) => FakeNode.StartAsync((asked, method, _) => Task.FromResult<IMessage>(method switch
    {
        "Open" => new OpenResponse { Referral = Sent },
        "Get" => new GetResponse { Referral = asked == node ? says : Sent },
        "History" => new HistoryResponse { Entries = { new HistoryEntry { Hash = Dossier, Verdict = asked == node ? verdict : Verdict.Applied } } },
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
