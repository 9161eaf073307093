using System.Diagnostics;
using Coordination.Cli.Commands;
using Coordination.Contracts.Directory.V1;
using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Coordination.Cli.Scenarios;

/// <summary>Plays a scenario through the API of its nodes, and waits after each step until all of them hold what was said.</summary>
/// <param name="scenario">What is played.</param>
/// <param name="lines">An open line to a node, as one of its offices.</param>
sealed class Player(Scenario scenario, Func<string, string, Connection> lines)
{
    static readonly TimeSpan HeldWithin = TimeSpan.FromSeconds(30);
    static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(40);

    readonly ByteString[] _dossiers = new ByteString[scenario.Persons];
    readonly Dictionary<(string Step, int Person), ByteString> _said = [];

    /// <summary>Each person's dossier, once it is open.</summary>
    public IReadOnlyList<ByteString> Dossiers => _dossiers;

    /// <summary>Plays one step for each person of whom it is told.</summary>
    /// <returns>Where the referrals of all persons stand then, at each node in the scenario's order.</returns>
    /// <exception cref="RpcException">A node refused, or could not be reached.</exception>
    /// <exception cref="UnsoundException">It is played, and does not stand where the scenario says.</exception>
    public async Task<IReadOnlyList<(string Node, IReadOnlyList<ReferralState> States)>> PlayAsync(Step step, CancellationToken cancellationToken)
    {
        for (var person = step.First; person <= step.Last; person++) await SayAsync(step, person, cancellationToken);
        var stands = new List<(string, IReadOnlyList<ReferralState>)>();
        foreach (var node in scenario.Nodes)
        {
            var states = new List<ReferralState>();
            foreach (var dossier in _dossiers) states.Add((await GetAsync(node, dossier, cancellationToken)).State);
            stands.Add((node, states));
            for (var person = step.First; person <= step.Last; person++)
                if (states[person - 1] != step.Then) throw new UnsoundException($"At {node} the referral stands at {states[person - 1]}, and not at {step.Then} as the scenario says.");
        }
        return stands;
    }

    /// <summary>Compares what every node holds in the end, entry by entry and verdict by verdict.</summary>
    /// <returns>How many entries there are over all dossiers.</returns>
    /// <exception cref="UnsoundException">Two nodes read a dossier differently.</exception>
    public async Task<int> CompareAsync(CancellationToken cancellationToken)
    {
        var entries = 0;
        foreach (var dossier in _dossiers)
        {
            List<(ByteString, Verdict, string)>? first = null;
            foreach (var node in scenario.Nodes)
            {
                var read = (await HistoryAsync(lines(node, Step.FocalPoint), dossier, cancellationToken)).Select(entry => (entry.Hash, entry.Verdict, entry.Reason)).ToList();
                first ??= read;
                if (!first.SequenceEqual(read)) throw new UnsoundException($"{scenario.Nodes[0]} and {node} read dossier {Printing.Hex(dossier)} differently.");
            }
            entries += first!.Count;
        }
        return entries;
    }

    async Task SayAsync(Step step, int person, CancellationToken cancellationToken)
    {
        var line = lines(step.By, step.Office);
        var request = step.Method.InputType.Parser.ParseFrom(step.Request);
        var fields = request.Descriptor;
        var about = fields.FindFieldByName("command").Accessor;
        var command = (Command?)about.GetValue(request) ?? new();
        command.CommandId = Calling.NewCommandId();
        if (step.Answers is { } answered) command.Answers = _said[(answered, person)];
        about.SetValue(request, command);
        if (_dossiers[person - 1] is { } dossier) fields.FindFieldByName("dossier_id").Accessor.SetValue(request, dossier);

        IMessage response;
        try
        {
            response = await line.CallAsync(step.Method, request, cancellationToken);
        }
        catch (RpcException refused) when (step.Refused is { } reason && Calling.ReasonOf(refused) == reason)
        {
            return;
        }
        if (step.Refused is not null) throw new UnsoundException($"It was written, and not refused as {step.Refused} as the scenario says.");
        if (response.Descriptor.Fields["referral"].Accessor.GetValue(response) is not Referral written)
            throw new UnsoundException($"{step.By} wants a second person for this, and scenarios are played where nobody is asked: start the region without approval.");
        _dossiers[person - 1] = written.DossierId;
        await HeldByAllAsync(written, cancellationToken);
        if (step.As is { } name) _said[(name, person)] = await LastByAsync(line, step.By, written.DossierId, cancellationToken);
    }

    /// <summary>The hash of the last entry that a node wrote into a dossier.</summary>
    static async Task<ByteString> LastByAsync(Connection line, string author, ByteString dossier, CancellationToken cancellationToken) =>
        (await HistoryAsync(line, dossier, cancellationToken))
            .Select(held => (held.Hash, Entry: Entry.Parser.ParseFrom(held.Entry)))
            .Where(held => held.Entry.Author == author)
            .MaxBy(held => held.Entry.Seq).Hash;

    /// <summary>Waits until every node holds what the one that answered holds.</summary>
    async Task HeldByAllAsync(Referral written, CancellationToken cancellationToken)
    {
        var since = Stopwatch.GetTimestamp();
        foreach (var node in scenario.Nodes)
        {
            while (!await HoldsAsync(node, written, cancellationToken))
            {
                if (Stopwatch.GetElapsedTime(since) > HeldWithin) throw new UnsoundException($"{node} did not hold what was said within {HeldWithin.TotalSeconds:F0} seconds: look whether it runs.");
                await Task.Delay(AskAgain, cancellationToken);
            }
        }
    }

    async Task<bool> HoldsAsync(string node, Referral written, CancellationToken cancellationToken)
    {
        try
        {
            return (await GetAsync(node, written.DossierId, cancellationToken)).Chains.Equals(written.Chains);
        }
        catch (RpcException notYet) when (notYet.StatusCode is StatusCode.NotFound)
        {
            return false;
        }
    }

    async Task<Referral> GetAsync(string node, ByteString dossier, CancellationToken cancellationToken)
    {
        var line = lines(node, Step.FocalPoint);
        return (await new ReferralService.ReferralServiceClient(line.Channel).GetAsync(new() { DossierId = dossier }, line.Options(cancellationToken))).Referral;
    }

    static async Task<IReadOnlyList<HistoryEntry>> HistoryAsync(Connection line, ByteString dossier, CancellationToken cancellationToken) =>
        (await new DossierService.DossierServiceClient(line.Channel).HistoryAsync(new() { DossierId = dossier }, line.Options(cancellationToken))).Entries;
}

/// <summary>What was played is not what it should be; the message says how.</summary>
sealed class UnsoundException(string message) : Exception(message);
