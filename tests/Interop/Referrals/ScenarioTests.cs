using System.Text.Json.Nodes;
using Coordination.Local;

namespace Coordination.Interop.Referrals;

/// <summary>Courses of events that coord plays at real nodes, and what it says where one is none or comes otherwise.</summary>
public sealed class ScenarioTests(TwoCountries countries)
{
    static readonly string Folder = Path.Combine(Checkout.Root, "infra", "scenarios");

    readonly Coord _coord = new(countries.Region);

    /// <summary>Written by hand: each scenario, how many dossiers it leaves, and where they stand in the end.</summary>
    public static TheoryData<string, int, string> Scenarios => new()
    {
        { "thailand-lao-return", 1, "1 Completed" },
        { "child-without-a-parent", 1, "1 InReintegration" },
        { "decline-with-information-first", 1, "1 Declined" },
        { "consent-withdrawn-midway", 1, "1 Withdrawn" },
        { "not-arrived-and-found", 1, "1 Completed" },
        { "group-of-thirty", 30, "1 Completed, 1 Declined, 27 Returned, 1 Withdrawn" },
        { "counterpart-on-paper", 1, "1 Completed" },
    };

    [Fact]
    public void Every_scenario_is_played_by_a_test() =>
        Directory.GetFiles(Folder).Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal)
            .ShouldBe(Scenarios.Select(row => row.Data.Item1).Order(StringComparer.Ordinal));

    [Theory(Timeout = 240_000)]
    [MemberData(nameof(Scenarios))]
    public async Task A_scenario_plays_at_real_nodes_and_leaves_the_same_on_both_sides(string scenario, int dossiers, string ends)
    {
        var played = await _coord.JsonAsync("scenario", "run", FileOf(scenario));
        var ids = played.GetProperty("dossiers").EnumerateArray().Select(id => id.GetString()!).ToList();
        ids.ShouldBeUnique();
        ids.Count.ShouldBe(dossiers);
        var nodes = played.GetProperty("steps")[0].GetProperty("states").EnumerateObject().Select(node => node.Name).ToList();
        nodes.ShouldBe(scenario == "counterpart-on-paper" ? ["TH"] : ["TH", "LA"]);

        // What coord says of itself is compared with what each node says.
        List<string> told = [ids[0], ids[^1]];
        string[] histories = [.. await Task.WhenAll(nodes.Select(node => HistoriesAsync(node, told)))];
        histories.Distinct().Count().ShouldBe(1);
        foreach (var node in nodes)
        {
            var states = await StatesAsync(node);
            string.Join(", ", ids.GroupBy(id => states[id]).OrderBy(state => state.Key, StringComparer.Ordinal).Select(state => $"{state.Count()} {state.Key}")).ShouldBe(ends);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task The_return_that_a_newcomer_sees_first_is_the_documented_one()
    {
        var says = ScenarioOf("thailand-lao-return")["steps"]!.AsArray().Select(step => $"{step!["by"]} {step["says"]}").ToList();
        // Interview and request for tracing; assessment in the province; results; plan and agreement; documents; the bridge;
        // transit centre and escort; follow-ups at 1, 3, 6 and 12 months; feedback.
        string[] flow =
        [
            "TH Open", "LA TakeUp", "LA ReportAssessment", "LA ReportAssessment", "TH PlanReturn", "LA AgreeToReturn", "LA ReportPreparation", "TH ReportAccompanied", "LA ReportMet",
            "LA StartReintegration", "LA ReportFollowUp", "LA ReportFollowUp", "LA ReportFollowUp", "LA ReportFollowUp", "TH RequestInformation", "LA SupplyInformation", "LA Complete",
        ];
        var place = -1;
        foreach (var step in flow) (place = says.IndexOf(step, place + 1)).ShouldBeGreaterThan(-1, step);

        var (code, printed, said) = await _coord.RunAsync("scenario", "run", FileOf("thailand-lao-return"));
        code.ShouldBe(0, said);
        var lines = printed.Split('\n').Select(line => line.TrimEnd()).ToList();
        lines.ShouldContain("19/27  Lao PDR: report met              TH Returned   LA Returned");
        lines.ShouldContain("TH and LA hold the same 27 signed entries, and read them alike.");
        printed.ShouldNotContain("\u001b");
    }

    [Theory(Timeout = 120_000)]
    [InlineData("""{ "then": "TakenUp" }""", 4, "Step 2, Acknowledge by LA: At TH the referral stands at Received, and not at TakenUp as the scenario says.")]
    [InlineData("""{ "refused": "NOT_OPEN" }""", 4, "Step 2, Acknowledge by LA: It was written, and not refused as NOT_OPEN as the scenario says.")]
    [InlineData("""{ "says": "TakeUp", "then": "Sent" }""", 1, "Step 2, TakeUp by LA, was not played:\nFailedPrecondition NOT_OPEN")]
    [InlineData("""{ "says": "TakeUp", "then": "Sent", "refused": "CONTRADICTS" }""", 1, "Step 2, TakeUp by LA, was not played:\nFailedPrecondition NOT_OPEN")]
    [InlineData("""{ "office": "auditor" }""", 1, "Step 2, Acknowledge by LA, was not played:\nPermissionDenied")]
    public async Task A_scenario_that_comes_otherwise_ends_at_that_step_with_what_came(string instead, int ends, string says)
    {
        var (code, _, said) = await _coord.FeedAsync(With(1, instead).ToJsonString(), "scenario", "run", "-");
        code.ShouldBe(ends, said);
        said.ShouldStartWith(says);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(1, """{ "by": "KH" }""", "Standard input, step 2: KH is none of the scenario's nodes.")]
    [InlineData(1, """{ "says": "Get" }""", "Standard input, step 2: Get is no method that writes: choose among Acknowledge,")]
    [InlineData(1, """{ "says": "Open" }""", "Standard input, step 2: the first step opens, and no other does.")]
    [InlineData(1, """{ "then": "Gone" }""", "Standard input, step 2: Gone is no state: choose among Sent,")]
    [InlineData(1, """{ "then": "Sent,Received" }""", "Standard input, step 2: Sent,Received is no state: choose among Sent,")]
    [InlineData(1, """{ "then": "3" }""", "Standard input, step 2: 3 is no state: choose among Sent,")]
    [InlineData(1, """{ "answers": "nothing" }""", "Standard input, step 2: no step before it that was written for the same persons is called nothing.")]
    [InlineData(0, """{ "refused": "FIELD_INVALID" }""", "Standard input, step 1: the first step opens a dossier for each person.")]
    [InlineData(1, """{ "persons": "2" }""", "Standard input, step 2: persons are one of 1 to 1, or a range of them")]
    [InlineData(1, """{ "request": { "particulars": { "note": "@tomorrow" } } }""", "Standard input, step 2: @tomorrow is none of @today+30,")]
    [InlineData(1, """{ "request": { "colour": "red" } }""", "Standard input, step 2: its request does not fit coordination.referral.v1.AcknowledgeRequest")]
    [InlineData(1, """{ "colour": "red" }""", "Standard input is no scenario: what stands at $.steps[1].colour does not belong there.")]
    [InlineData(1, """{ "office": "nobody" }""", "Step 2: LA has no office nobody; it has focal-point@ahtd,")]
    public async Task A_step_that_cannot_be_played_ends_with_2_and_a_sentence(int step, string instead, string says) => await ShouldSayAsync(With(step, instead).ToJsonString(), says);

    [Theory(Timeout = 120_000)]
    [InlineData("null", "Standard input is no scenario: it holds nothing.")]
    [InlineData("""{ "title": "", "source": "" }""", "Standard input is no scenario: it, or a step of it, lacks 'nodes', 'steps'.")]
    [InlineData("""{ "title": "", "source": "", "nodes": [], "steps": [] }""", "Standard input is no scenario: its nodes are the ids of one country or more, such as TH.")]
    [InlineData("""{ "title": "", "source": "", "nodes": ["TH", "LA", "TH"], "steps": [] }""", "Standard input is no scenario: it names a node twice.")]
    [InlineData("""{ "title": "", "source": "", "nodes": ["TH"], "steps": [] }""", "Standard input is no scenario: it has no step.")]
    [InlineData("""{ "title": "", "source": "", "nodes": ["TH"], "steps": [null] }""", "Standard input, step 1: it says nothing.")]
    [InlineData("""{ "title": "", "source": "", "nodes": ["TH", "VN"], "steps": [{ "tells": "", "by": "TH", "says": "Open", "then": "Sent" }] }""", "The scenario plays at TH and VN, and the region has no node VN: infra/run --countries TH,VN")]
    [InlineData("""{ "title": "", "source": "", "nodes": ["TH"], "onPaper": "LA", "steps": [{ "tells": "", "by": "TH", "says": "Open", "then": "Sent" }] }""", "The scenario is about Lao PDR without a node, and the region has one for it")]
    public Task A_file_that_is_no_scenario_for_this_region_ends_with_2_and_a_sentence(string input, string says) => ShouldSayAsync(input, says);

    async Task ShouldSayAsync(string input, string says)
    {
        var (code, printed, said) = await _coord.FeedAsync(input, "scenario", "run", "-", "--json");
        (code, printed).ShouldBe((2, ""), said);
        said.ShouldStartWith(says);
        said.TrimEnd('\n').ShouldNotContain("\n");
    }

    /// <summary>Where every referral of a node stands, by its id.</summary>
    async Task<IReadOnlyDictionary<string, string>> StatesAsync(string node)
    {
        var states = new Dictionary<string, string>(StringComparer.Ordinal);
        var token = "";
        do
        {
            var page = await _coord.JsonAsync("referral", "list", "--node", node, "--whose", "Mine", "--page-size", "200", "--page-token", token);
            foreach (var referral in page.GetProperty("referrals").EnumerateArray()) states[referral.GetProperty("dossierId").GetString()!] = Coord.State(referral);
            token = page.GetProperty("nextPageToken").GetString()!;
        }
        while (token.Length > 0);
        return states;
    }

    async Task<string> HistoriesAsync(string node, IReadOnlyList<string> ids)
    {
        var histories = new List<string>();
        foreach (var id in ids)
        {
            var history = await _coord.JsonAsync("dossier", "show", id, "--node", node);
            histories.Add(string.Join(' ', history.GetProperty("entries").EnumerateArray().Select(entry => $"{entry.GetProperty("hash")} {entry.GetProperty("verdict")}")));
        }
        return string.Join('\n', histories);
    }

    /// <summary>The first two steps of a return, one of them with something in place of what it says.</summary>
    static JsonObject With(int step, string instead)
    {
        var scenario = ScenarioOf("thailand-lao-return");
        var steps = scenario["steps"]!.AsArray();
        while (steps.Count > 2) steps.RemoveAt(2);
        foreach (var (name, value) in JsonNode.Parse(instead)!.AsObject()) steps[step]![name] = value?.DeepClone();
        return scenario;
    }

    static JsonObject ScenarioOf(string name) => JsonNode.Parse(File.ReadAllText(FileOf(name)))!.AsObject();

    static string FileOf(string name) => Path.Combine(Folder, $"{name}.json");
}
