using System.CommandLine;
using System.Text.Json.Nodes;
using Coordination.Cli.Scenarios;
using Coordination.Contracts.Referral.V1;
using Spectre.Console;

namespace Coordination.Cli.Commands;

/// <summary><c>coord scenario …</c></summary>
static class ScenarioCommand
{
    /// <summary>As wide as most of what is done, so that where it leads stands in a column.</summary>
    const int DoesWidth = 33;

    const int NumberWidth = 7;

    public static Command Create() => new("scenario", "Courses of events that are played at the nodes of a region, to see and to show how it works.") { Run() };

    static Command Run()
    {
        var file = new Argument<string>("file") { Description = "A scenario, such as infra/scenarios/thailand-lao-return.json, or - for standard input." };
        var command = new Command("run", """
            Plays a scenario through the API of its nodes, one step after the other, and tells after each where the referral stands at every node.

            It writes real entries: play it at a region of your own (infra/run), never where people work. It ends with 4 where something does not come as the scenario says.
            """)
        {
            file,
        };
        command.SetCalls(async (parsed, _, cancellationToken) =>
        {
            var scenario = ScenarioFile.Read(parsed.GetValue(file)!, TimeProvider.System.GetUtcNow());
            var region = parsed.NodesOfRegion();
            if (scenario.Nodes.FirstOrDefault(node => !region.Contains(node)) is { } missing)
                throw new UsageException($"The scenario plays at {string.Join(" and ", scenario.Nodes)}, and the region has no node {missing}: infra/run --countries {string.Join(',', scenario.Nodes)}");
            if (scenario.OnPaper is { } paper && region.Contains(paper))
                throw new UsageException($"The scenario is about {Words.Country(paper)} without a node, and the region has one for it: infra/run with --countries that leave {paper} out.");

            using var lines = new Lines(parsed);
            // A file with a fault plays nothing: nor one that names an office which no node has.
            foreach (var (place, step) in scenario.Steps.Index()) lines.Open(step, place);
            return await PlayAsync(scenario, new Player(scenario, lines.To), parsed.WantsJson(), cancellationToken);
        });
        return command;
    }

    static async Task<int> PlayAsync(Scenario scenario, Player player, bool asJson, CancellationToken cancellationToken)
    {
        var steps = new JsonArray();
        if (!asJson)
        {
            AnsiConsole.WriteLine(Words.InOneLine(scenario.Title));
            AnsiConsole.WriteLine($"Source: {Words.InOneLine(scenario.Source)}");
            AnsiConsole.WriteLine();
        }
        foreach (var (place, step) in scenario.Steps.Index())
        {
            try
            {
                var stands = await player.PlayAsync(step, cancellationToken);
                if (asJson) steps.Add(Json(step, stands));
                else Tell(scenario, place, step, stands);
            }
            catch (UnsoundException wrong)
            {
                Console.Error.WriteLine(Words.InOneLine($"Step {place + 1}, {step.Method.Name} by {step.By}: {wrong.Message}"));
                return ExitCode.Unsound;
            }
            catch (Grpc.Core.RpcException)
            {
                Console.Error.WriteLine($"Step {place + 1}, {step.Method.Name} by {step.By}, was not played:");
                throw;
            }
        }
        int entries;
        try
        {
            entries = await player.CompareAsync(cancellationToken);
        }
        catch (UnsoundException wrong)
        {
            Console.Error.WriteLine(wrong.Message);
            return ExitCode.Unsound;
        }
        if (asJson) Console.WriteLine(new JsonObject { ["title"] = scenario.Title, ["steps"] = steps, ["dossiers"] = new JsonArray([.. player.Dossiers.Select(id => (JsonNode)Printing.Hex(id))]), ["entries"] = entries }.ToJsonString(Calling.Json));
        else TellEnd(scenario, player, entries);
        return ExitCode.Done;
    }

    /// <summary>How far it is, who does what, what happens, and where that leaves the referral at each node.</summary>
    static void Tell(Scenario scenario, int place, Step step, IReadOnlyList<(string Node, IReadOnlyList<ReferralState> States)> stands)
    {
        var does = Words.Apart(step.Method.Name);
        if (step.Refused is not null) does += ", refused";
        if (step.Last - step.First + 1 < scenario.Persons) does += step.First == step.Last ? $", person {step.First}" : $", persons {step.First} to {step.Last}";
        // Where many stand takes a line for each node.
        var states = string.Join(scenario.Persons == 1 ? "   " : $"\n{"",NumberWidth + DoesWidth}", stands.Select(side => $"{side.Node} {Counted(side.States)}"));
        AnsiConsole.Write(new Text($"{place + 1,2}/{scenario.Steps.Count}  "));
        AnsiConsole.Write(new Text($"{Words.Country(step.By)}: {does}  ".PadRight(DoesWidth), new Style(decoration: Decoration.Bold)));
        AnsiConsole.WriteLine(states, Style.Parse("green"));
        AnsiConsole.Write(new Padder(new Text(Words.InOneLine(step.Tells)), new Padding(NumberWidth, 0, 0, 0)));
    }

    static void TellEnd(Scenario scenario, Player player, int entries)
    {
        AnsiConsole.WriteLine();
        AnsiConsole.WriteLine(scenario.Nodes.Count > 1
            ? $"{string.Join(" and ", scenario.Nodes)} hold the same {entries} signed entries, and read them alike."
            : $"{scenario.Nodes[0]} holds {entries} signed entries.");
        AnsiConsole.WriteLine($"To see them: coord dossier show {Printing.Hex(player.Dossiers[0])} --node {scenario.Nodes[0]}");
    }

    /// <summary><c>Assessed</c> for one person, <c>29 Returned, 1 Withdrawn</c> for many.</summary>
    static string Counted(IReadOnlyList<ReferralState> states) => states.Count == 1
        ? states[0].ToString()
        : string.Join(", ", states.GroupBy(state => state).OrderByDescending(group => group.Count()).Select(group => $"{group.Count()} {group.Key}"));

    static JsonObject Json(Step step, IReadOnlyList<(string Node, IReadOnlyList<ReferralState> States)> stands) => new()
    {
        ["by"] = step.By,
        ["says"] = step.Method.Name,
        ["refused"] = step.Refused,
        ["states"] = new JsonObject(stands.Select(side => KeyValuePair.Create(side.Node, (JsonNode?)new JsonObject(
            side.States.GroupBy(state => state).Select(group => KeyValuePair.Create(group.Key.ToString(), (JsonNode?)group.Count())))))),
    };

    /// <summary>Lines to nodes as their offices, opened when they are first needed.</summary>
    sealed class Lines(ParseResult parsed) : IDisposable
    {
        readonly Dictionary<(string Node, string Office), Connection> _open = [];

        /// <exception cref="UsageException">The node has no such office.</exception>
        public void Open(Step step, int place)
        {
            try
            {
                To(step.By, step.Office);
            }
            catch (UsageException wrong)
            {
                throw new UsageException($"Step {place + 1}: {wrong.Message}");
            }
        }

        public Connection To(string node, string office) =>
            _open.TryGetValue((node, office), out var line) ? line : _open[(node, office)] = parsed.ConnectTo(node, office);

        public void Dispose()
        {
            foreach (var line in _open.Values) line.Dispose();
        }
    }
}
