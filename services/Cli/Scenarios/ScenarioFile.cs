using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Coordination.Cli.Commands;
using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.Domain.Dossiers;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Coordination.Cli.Scenarios;

/// <summary>A scenario as its file has it: see <see cref="Scenario"/>.</summary>
/// <remarks>Everything in it is read before anything is played: a file with a fault plays nothing.</remarks>
sealed record ScenarioFile(
    [property: JsonRequired] string Title,
    [property: JsonRequired] string Source,
    [property: JsonRequired] IReadOnlyList<string> Nodes,
    [property: JsonRequired] IReadOnlyList<StepInFile> Steps)
{
    const int MostPersons = 1000;

    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        NumberHandling = JsonNumberHandling.Strict,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>One where nothing is said.</summary>
    public int Persons { get; init; } = 1;

    /// <summary>None where nothing is said.</summary>
    public string? OnPaper { get; init; }

    /// <summary>Reads a scenario.</summary>
    /// <param name="file">Its file, or - for standard input.</param>
    /// <param name="now">The instant that its days and times count from.</param>
    /// <exception cref="UsageException">It is none; the message names the step, and what is wrong with it.</exception>
    public static Scenario Read(string file, DateTimeOffset now)
    {
        var name = Files.Name(file);
        ScenarioFile read;
        try
        {
            read = Files.ReadJson(file).Deserialize<ScenarioFile>(Json) ?? throw new UsageException($"{name} is no scenario: it holds nothing.");
        }
        catch (JsonException wrong)
        {
            throw new UsageException($"{name} is no scenario: {Fault(wrong)}");
        }
        if (read.Nodes.Count == 0 || read.Nodes.Any(node => !NodeId.TryParse(node, out var id) || !id.IsCountry)) throw new UsageException($"{name} is no scenario: its nodes are the ids of one country or more, such as TH.");
        if (read.Nodes.Distinct(StringComparer.Ordinal).Count() < read.Nodes.Count) throw new UsageException($"{name} is no scenario: it names a node twice.");
        if (read.Persons is < 1 or > MostPersons) throw new UsageException($"{name} is no scenario: it is about 1 to {MostPersons} persons.");
        if (read.Steps.Count == 0) throw new UsageException($"{name} is no scenario: it has no step.");

        var values = new ScenarioValues(now);
        var steps = new List<Step>();
        foreach (var step in read.Steps)
        {
            try
            {
                if (step is null) throw new UsageException("it says nothing.");
                steps.Add(step.Read(read, steps, values));
            }
            catch (UsageException wrong)
            {
                throw new UsageException($"{name}, step {steps.Count + 1}: {wrong.Message}");
            }
        }
        return new(read.Title, read.Source, read.Nodes, read.Persons, read.OnPaper, steps);
    }

    /// <summary>The library names types of this program, which no reader of a file knows.</summary>
    static string Fault(JsonException wrong) => wrong.Message.Split("properties including: ", 2) is [_, var lacking]
        ? $"it, or a step of it, lacks {lacking}"
        : $"what stands at {wrong.Path} does not belong there.";
}

/// <summary>A step as the file has it: see <see cref="Step"/>.</summary>
sealed record StepInFile(
    [property: JsonRequired] string Tells,
    [property: JsonRequired] string By,
    [property: JsonRequired] string Says,
    [property: JsonRequired] string Then)
{
    static readonly IReadOnlyDictionary<string, MethodDescriptor> Methods =
        ((ServiceDescriptor[])[ReferralService.Descriptor, DossierService.Descriptor])
        .SelectMany(StatementCommands.MethodsOf)
        .ToDictionary(method => method.Name, StringComparer.Ordinal);

    static readonly IReadOnlyDictionary<string, ReferralState> States =
        Enum.GetValues<ReferralState>().Where(state => state is not ReferralState.Unspecified).ToDictionary(state => state.ToString(), StringComparer.Ordinal);

    public string Office { get; init; } = Step.FocalPoint;

    /// <summary>As the protos' JSON, with <see cref="ScenarioValues"/>; nothing where the method says it all.</summary>
    public JsonObject Request { get; init; } = [];

    public string? As { get; init; }

    public string? Answers { get; init; }

    /// <summary>One, such as <c>7</c>, or a range, such as <c>2-30</c>; all of them where nothing is said.</summary>
    public string? Persons { get; init; }

    public string? Refused { get; init; }

    /// <exception cref="UsageException">It cannot be played.</exception>
    internal Step Read(ScenarioFile scenario, List<Step> before, ScenarioValues values)
    {
        if (!scenario.Nodes.Contains(By)) throw new UsageException($"{By} is none of the scenario's nodes.");
        if (!Methods.TryGetValue(Says, out var method)) throw new UsageException($"{Says} is no method that writes: choose among {string.Join(", ", Methods.Keys.Order(StringComparer.Ordinal))}.");
        if (before.Count == 0 != (method.InputType == OpenRequest.Descriptor)) throw new UsageException("the first step opens, and no other does.");
        if (!States.TryGetValue(Then, out var then)) throw new UsageException($"{Then} is no state: choose among {string.Join(", ", States.Keys)}.");
        if (As is not null && before.Exists(step => step.As == As)) throw new UsageException($"another step is called {As} already.");
        var (first, last) = Range(scenario.Persons);
        if (before.Count == 0 && (Refused is not null || (first, last) != (1, scenario.Persons))) throw new UsageException("the first step opens a dossier for each person.");
        if (Answers is not null && !before.Exists(step => step.As == Answers && step.Refused is null && step.First <= first && step.Last >= last))
            throw new UsageException($"no step before it that was written for the same persons is called {Answers}.");
        var request = Calling.Parse((JsonObject)values.Filled(Request, NodeId.Parse(By)), method.InputType, "its request");
        return new(Tells, By, Office, method, request.ToByteString(), As, Answers, first, last, then, Refused);
    }

    (int First, int Last) Range(int persons)
    {
        if (Persons is null) return (1, persons);
        var ends = Persons.Split('-');
        return ends.Length <= 2 && Number(ends[0]) is { } first && Number(ends[^1]) is { } last && first >= 1 && first <= last && last <= persons
            ? (first, last)
            : throw new UsageException($"persons are one of 1 to {persons}, or a range of them, such as 1-{persons}.");

        static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
