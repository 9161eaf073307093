using System.Collections.Immutable;
using Coordination.CountryNode.Peers;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;

namespace Coordination.Simulation.Tests;

/// <summary>One simulation: a schedule, the nodes that live through it, and whoever watches.</summary>
sealed class World
{
    /// <summary>After the healing: a gap is asked for at least every ten minutes, by a clock that may just have been set back by as much.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    /// <summary>Far more than any run takes: whoever does this much goes round in circles.</summary>
    const int MostItems = 3_000_000;

    static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    readonly ILookup<(NodeId Node, string Call, int Nth), Fault> _atCalls;
    readonly ILookup<(NodeId From, NodeId To, string Call, int Nth), Planned.OnRoad> _onRoads;
    readonly Dictionary<NodeId, Node> _nodes = [];
    readonly Action<string>? _tell;
    string? _wrong;
    int _officesAtWork;

    World(Schedule schedule, Action<string>? tell)
    {
        Schedule = schedule;
        _tell = tell;
        Agenda = new Agenda(Chance.For(schedule.Seed, "agenda"));
        Outside = new Home(Agenda);
        Network = new Network(this);
        Oracle = new Oracle(this);
        foreach (var (country, replicas) in schedule.Countries.Zip(schedule.Replicas)) _nodes[country] = new Node(this, country, replicas);
        _atCalls = schedule.Items.OfType<Planned.AtCall>().ToLookup(item => (item.Node, item.Call, item.Nth), item => item.Fault);
        _onRoads = schedule.Items.OfType<Planned.OnRoad>().ToLookup(item => (item.From, item.To, item.Call, item.Nth));
    }

    public Schedule Schedule { get; }

    public Agenda Agenda { get; }

    /// <summary>Where its nodes keep the keys of their dossiers.</summary>
    public string Folder { get; } = Region.NewFolder();

    /// <summary>Where offices, the network and whatever else is no node's program go on.</summary>
    public Home Outside { get; }

    public Network Network { get; }

    public Oracle Oracle { get; }

    public Tally Tally { get; } = new();

    public IReadOnlyCollection<Node> Nodes => _nodes.Values;

    /// <summary>Nothing goes wrong any more.</summary>
    public bool IsHealing => Agenda.Now >= Schedule.Healing;

    /// <summary>A number over everything that was committed, and when: equal for equal runs.</summary>
    public ulong Fingerprint { get; private set; } = 14695981039346656037;

    public Node this[NodeId id] => _nodes[id];

    /// <summary>Runs a schedule to its end.</summary>
    /// <param name="schedule">All of it or a part.</param>
    /// <param name="tell">Hears what happens, line by line.</param>
    public static Outcome Run(Schedule schedule, Action<string>? tell = null)
    {
        var world = new World(schedule, tell);
        try
        {
            world.Run();
        }
        finally
        {
            if (Directory.Exists(world.Folder)) Directory.Delete(world.Folder, recursive: true);
        }
        return new Outcome(world._wrong, world.Tally, world.Fingerprint, world.Agenda.Done, world.Agenda.Now);
    }

    /// <summary>Something that must never be. The first counts.</summary>
    public void Fail(string wrong)
    {
        if (_wrong is null) Tell(wrong);
        _wrong ??= $"{wrong} (at {Agenda.Now.TotalSeconds:F3} s)";
    }

    public void Tell(string what) => _tell?.Invoke($"{Agenda.Now.TotalSeconds,10:F4}  {what}");

    public void Struck(Fault fault, string? call = null)
    {
        Tally.Count(Tally.Of(fault));
        if (call is not null) Tally.Count(Tally.Of(fault, call));
        if (_tell is not null) Tell($"{fault}{(call is null ? "" : $" at {call}")}");
    }

    public void Met(Situation situation) => Tally.Count(Tally.Of(situation));

    /// <summary>What is planned for the call that a node is making now.</summary>
    public IReadOnlyCollection<Fault> TroublesAt(Node node, string call)
    {
        var nth = node.Count(call);
        return IsHealing ? [] : [.. _atCalls[(node.Id, call, nth)]];
    }

    public IReadOnlyCollection<Planned.OnRoad> TroublesOn(NodeId from, NodeId to, string call, int nth) =>
        IsHealing ? [] : [.. _onRoads[(from, to, call, nth)]];

    /// <summary>A transaction of a node was committed: from now on it is true, whatever becomes of the process.</summary>
    public void Committed(Node node, string call, IReadOnlyCollection<DossierId> touched)
    {
        Fingerprint = (Fingerprint ^ (ulong)Agenda.Now.Ticks) * 1099511628211;
        foreach (var letter in call) Fingerprint = (Fingerprint ^ letter) * 1099511628211;
        foreach (var id in touched)
        {
            Fingerprint = (Fingerprint ^ BitConverter.ToUInt64(id.ToArray())) * 1099511628211;
            Oracle.Committed(node, id);
        }
        if (_tell is not null && touched.Count > 0) Tell($"{node.Id} {call} {string.Join(' ', touched.Select(id => $"{id.Short}: {node.Database.Row(id)?.Overview.State} of {node.Database.Row(id)?.Entries.Count}"))}");
    }

    /// <summary>A peer gets a new entry by itself, before whatever it descends from: somebody else's road was faster.</summary>
    public void HandOnOutOfTurn(Process from, SignedEntry written)
    {
        foreach (var to in from.Node.Others.Where(country => from.Node.Database.Row(written.Entry.Dossier)!.Participants.Contains(country)).Select(country => this[country]))
        {
            Outside.Begin(TimeSpan.FromMilliseconds(1), async () =>
            {
                long handOver;
                try
                {
                    // What leaves a node is counted, by whatever road.
                    handOver = await from.ServeAsync(from.HandOvers.CountAsync, CancellationToken.None);
                }
                catch (Exception fault) when (fault is ConnectionLostException or DatabaseGoneException)
                {
                    return;
                }
                var entry = written.Entry;
                if (entry.Previous is not { } previous || to.Database.Holds(entry.Dossier, previous)) return;
                if (from.Node.Database.Row(entry.Dossier) is not { } row || !row.ByHash.ContainsKey(entry.Hash)) return;
                ImmutableArray<Offered> before = [.. row.Entries.Where(held => held.Entry.By(from.Node.Id) && held.Entry.Seq < entry.Seq).Select(held => Offer(held.Signed))];
                var chance = Chance.For(Schedule.Seed, "out of turn", entry.Seq);
                if (to.AnyProcess(chance) is not { } process) return;
                Struck(Fault.OutOfTurn);
                await KnockAsync(process, from.Node.Id, [Offer(written)], handOver);

                // Whoever has it has what came before it too, and hands that on until it is taken, or is too late.
                do await Outside.PauseAsync(chance.Between(0.5, 5));
                while (to.AnyProcess(chance) is not { } next || await KnockAsync(next, from.Node.Id, before, handOver) is not { } taken || taken.Admitted.Any(entry => entry is { Disposition: Disposition.TryAgain, Reason: not "LATE" }));
            });
        }

        static Offered Offer(SignedEntry signed) => new(signed.Bytes, signed.Signature, signed.KeyId);
    }

    /// <summary>Delivers to a door past the network; null when no answer came.</summary>
    public static async Task<Delivered?> KnockAsync(Process process, NodeId from, ImmutableArray<Offered> offered, long handOver)
    {
        try
        {
            return await process.ServeAsync(stop => process.AdmitAsync(from, offered, (ulong)handOver, stop), CancellationToken.None);
        }
        catch (Exception fault) when (fault is ConnectionLostException or DatabaseGoneException)
        {
            return null;
        }
    }

    void Run()
    {
        foreach (var item in Schedule.Items) Plan(item);
        foreach (var node in Nodes) Outside.Do(_ => node.Start(), null);
        try
        {
            while (_wrong is null && Agenda.DoNext(Schedule.Healing)) { }
            // No faults any more: the nodes have to come to rest by themselves.
            for (var limit = Schedule.Healing + Look; _wrong is null && !IsQuiet(); limit += Look)
            {
                if (limit > Schedule.Healing + Patience)
                {
                    Oracle.AtTheEnd();
                    Fail($"Still not quiet {Patience.TotalMinutes} minutes after the last fault: {WhyNotQuiet()}");
                }
                if (Agenda.Done > MostItems) Fail("It never ends.");
                while (_wrong is null && Agenda.DoNext(limit)) { }
            }
        }
        catch (Exception broken)
        {
            Fail($"The simulation itself broke: {broken}");
        }
        if (_wrong is null) Oracle.AtTheEnd();
        if (Agenda.LeftTheThread) Fail("Something of the product left the simulation's thread: no run can be repeated.");
    }

    bool IsQuiet() => WhyNotQuiet() is null;

    string? WhyNotQuiet()
    {
        if (_officesAtWork > 0) return $"{_officesAtWork} offices wait for an answer.";
        foreach (var node in Nodes)
        {
            if (node.Database.HasPending) return $"{node.Id} has a withdrawal to sign.";
            if (node.Others.FirstOrDefault(node.Database.IsCatchingUpWith) is var behind && behind != default) return $"{node.Id} has not caught up with {behind}.";
            if (node.Database.Dossiers.FirstOrDefault(row => row.StaleUntil is not null) is { } stale) return $"{node.Id} has not made the overview of {stale.Id.Short} anew.";
            if (node.Database.HasToTell(node.Clock.Now)) return $"{node.Id} has something to tell.";
            if (node.Database.HasOutbox) return $"{node.Id} has something to deliver.";
            if (node.Database.Dossiers.FirstOrDefault(row => row.WaitingSince is not null) is { } waiting) return $"{node.Id} lacks something of {waiting.Id.Short}.";
            foreach (var row in node.Database.Dossiers)
                foreach (var other in row.Participants.Where(other => other != node.Id))
                {
                    if (!_nodes.ContainsKey(other)) continue;
                    if (this[other].Database.Row(row.Id)?.Entries.Count != row.Entries.Count) return $"{node.Id} and {other} hold different numbers of entries of {row.Id.Short}.";
                    // What a node forgot to announce when it died is announced by its next comparison.
                    if (row.Entries.Where(held => held.Entry.By(node.Id)).Select(held => held.Entry.Seq).DefaultIfEmpty().Max() > (node.Database.ReceiptedUpTo(other, row.Id) ?? 0))
                        return $"{node.Id} has no receipt of {other} for all that it wrote into {row.Id.Short}.";
                    if (node.Database.Parts(row.Id).FirstOrDefault(part => part.Recipient == other && Oracle.Goes(node, row, part) && this[other].Database.FindParts(row.Id, other).All(theirs => theirs.Entry != part.Entry)) is { } lacking)
                        return $"{other} lacks the particulars of {lacking.Entry} in {row.Id.Short}.";
                }
        }
        return null;
    }

    void Plan(Planned item)
    {
        switch (item)
        {
            case Planned.Asked asked:
                var hungUp = Schedule.Items.OfType<Planned.HungUp>().FirstOrDefault(hungUp => hungUp.Command == asked.Number);
                Outside.Begin(asked.At, async () =>
                {
                    _officesAtWork++;
                    await new Office(this, this[asked.Node], asked.Number, hungUp?.After).AskAsync();
                    _officesAtWork--;
                });
                break;
            case Planned.Cut cut:
                At(cut.At, () => Network.Cut(cut.One, cut.Other, +1));
                At(cut.At + cut.For, () => Network.Cut(cut.One, cut.Other, -1));
                break;
            case Planned.Slow slow:
                At(slow.At, () => Network.Slow(slow.From, slow.To, slow.By));
                At(slow.At + slow.For, () => Network.Slow(slow.From, slow.To, TimeSpan.Zero));
                break;
            case Planned.ClockSet set:
                At(set.At, () =>
                {
                    Struck(set.Fault);
                    this[set.Node].Clock.Fast += set.By;
                });
                break;
            case Planned.Leap leap:
                At(leap.At, () =>
                {
                    Met(Situation.DaysPassed);
                    foreach (var node in Nodes) node.Clock.Fast += leap.By;
                });
                break;
            case Planned.PutBack putBack:
                Database? backup = null;
                At(putBack.To, () => backup = this[putBack.Node].Database.Backup());
                At(putBack.At, () =>
                {
                    // At the same instant either may come first.
                    if (backup is null) return;
                    Struck(Fault.BackupPutBack);
                    Oracle.PutBack(this[putBack.Node], this[putBack.Node].PutBack(backup));
                });
                break;
            case Planned.Knock knock:
                Outside.Begin(knock.At, new Stranger(this, knock).KnockAsync);
                break;
            case Planned.AtCall or Planned.OnRoad or Planned.HungUp:
                break;
        }

        void At(TimeSpan at, Action what) => Agenda.In(at, Outside, static what => ((Action)what!)(), what);
    }
}

/// <summary>What became of a simulation.</summary>
/// <param name="Wrong">What should never be; null when all is well.</param>
/// <param name="Tally">What was met on the way.</param>
/// <param name="Fingerprint">Equal for equal runs.</param>
/// <param name="Items">How much was done.</param>
/// <param name="Took">In virtual time.</param>
sealed record Outcome(string? Wrong, Tally Tally, ulong Fingerprint, int Items, TimeSpan Took);
