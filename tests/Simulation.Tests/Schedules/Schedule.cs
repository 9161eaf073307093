using System.Collections.Immutable;
using Coordination.CountryNode.Peers;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Trust;

namespace Coordination.Simulation.Tests;

/// <summary>What happens in one simulation: everything that a seed decides beforehand.</summary>
/// <param name="Seed">Of all that is drawn while it runs.</param>
/// <param name="Countries">Two to four.</param>
/// <param name="Replicas">How many processes each of them runs on its one database.</param>
/// <param name="Items">Commands and faults. Any part of them is a schedule too.</param>
sealed record Schedule(ulong Seed, ImmutableArray<NodeId> Countries, ImmutableArray<int> Replicas, ImmutableArray<Planned> Items)
{
    /// <summary>After that no office asks any more, and nothing goes wrong any more.</summary>
    public static readonly TimeSpan Healing = TimeSpan.FromSeconds(40);

    /// <summary>What a node asks of its store, as the interface names it, and of the mark in its key folder.</summary>
    public static readonly ImmutableArray<string> StoreCalls = [.. MethodsOf(typeof(IStore)), nameof(IHandOverMark.RaiseAsync)];

    /// <summary>What a node asks of its peers.</summary>
    public static readonly ImmutableArray<string> PeerCalls = MethodsOf(typeof(IPeers));

    static readonly Fault[] AtStore = [Fault.CrashBeforeCommit, Fault.CrashAfterCommit, Fault.StoreFails, Fault.StoreAnswerLost];
    static readonly Fault[] AtPeer = [Fault.CrashBeforeCall, Fault.CrashAfterAnswer];
    static readonly Fault[] OnRoads = [Fault.RequestLost, Fault.AnswerLost, Fault.Delayed, Fault.Duplicated, Fault.Overtaken];
    static readonly Fault[] Knocks = [Fault.HandedOnAgain, Fault.HandedOnAgain, Fault.Malformed, Fault.Forged, Fault.UnknownKey];

    public static Schedule Of(ulong seed)
    {
        var chance = Chance.For(seed, "schedule");
        ImmutableArray<NodeId> countries = [.. Region.Countries.Take(chance.Of([2, 2, 2, 3, 3, 4]))];
        ImmutableArray<int> replicas = [.. countries.Select(_ => chance.OneIn(3) ? 2 : 1)];
        var items = new List<Planned>();

        // Commands come in bursts, so that they cross.
        var bursts = Enumerable.Range(0, 2 + chance.Of(4)).Select(_ => chance.Between(0, Healing.TotalSeconds - 5)).ToList();
        var commands = 10 + chance.Of(40);
        for (var number = 1; number <= commands; number++)
        {
            items.Add(new Planned.Asked(number, chance.Of(bursts) + chance.Between(0, chance.Of([0.05, 1, 5])), chance.Of(countries)));
            if (chance.OneIn(20)) items.Add(new Planned.HungUp(number, chance.Between(0.0005, 0.02)));
        }

        // In some schedules days pass between the commands: what is owed is told, and told again.
        if (chance.OneIn(3))
            for (var leaps = 1 + chance.Of(4); leaps > 0; leaps--)
                items.Add(new Planned.Leap(chance.Between(0, Healing.TotalSeconds), chance.Between(1, chance.Of([24, 24 * 4, 24 * 40]) * 3600.0)));

        // Some schedules are nearly quiet, so that what only happens in quiet is seen too.
        var faults = chance.Of([2, 10, 25, 40]);
        for (var number = 0; number < faults; number++) items.Add(Trouble(number));
        // What is done once, late, and in few schedules has to be aimed at to be hit at all.
        if (items.OfType<Planned.PutBack>().FirstOrDefault() is { } putBack)
        {
            if (chance.OneIn(3)) items.Add(new Planned.AtCall(chance.Of(AtStore), putBack.Node, nameof(IStore.EndCatchUpAsync), 1 + chance.Of(2)));
            items.Add(new Planned.AtCall(chance.Of(AtStore), putBack.Node, nameof(IStore.PendAsync), 1));
            // What left just before arrives when the node already writes again, be it after its caller gave it up.
            if (chance.OneIn(3))
            {
                var before = TimeSpan.FromSeconds(1);
                items.AddRange(countries.Remove(putBack.Node).Select(other => new Planned.Slow(putBack.Node, other, putBack.At - before, before, chance.Between(2, chance.Of([Calls.Deadline.TotalSeconds, 3 * Calls.Deadline.TotalSeconds])))));
                for (var after = 0; after < 8; after++) items.Add(new Planned.Asked(++commands, putBack.At + chance.Between(-before.TotalSeconds, 4), putBack.Node));
            }
        }
        // Few cases come as far as a case file.
        if (chance.OneIn(2))
        {
            items.Add(new Planned.AtCall(chance.Of(AtPeer), chance.Of(countries), nameof(IPeers.PullCaseFileAsync), 1));
            items.Add(new Planned.AtCall(chance.Of(AtStore), chance.Of(countries), nameof(IStore.FindCaseFileAsync), 1));
        }
        return new Schedule(seed, countries, replicas, [.. items.OrderBy(item => item is Planned.Asked ? 0 : 1)]);

        Planned Trouble(int number)
        {
            var at = chance.Between(0, Healing.TotalSeconds);
            var node = chance.Of(countries);
            var other = chance.Of(countries.Remove(node));
            return chance.Of(13) switch
            {
                0 or 1 or 2 => new Planned.AtCall(chance.Of(AtStore), node, chance.Of(StoreCalls), Nth()),
                3 => new Planned.AtCall(chance.Of(AtPeer), node, chance.Of(PeerCalls), Nth()),
                4 or 5 or 6 => new Planned.OnRoad(chance.Of(OnRoads), node, other, chance.Of(PeerCalls), Nth(), chance.Between(0, chance.Of([0.1, 2, 40]))),
                7 => new Planned.Cut(node, other, at, chance.Between(0.05, 12)),
                8 => chance.OneIn(2)
                    ? new Planned.ClockSet(Fault.ClockSkew, node, TimeSpan.Zero, chance.Between(-300, 300))
                    : new Planned.ClockSet(Fault.ClockJump, node, at, chance.Between(-600, 600)),
                9 or 10 => new Planned.AtCall(Fault.OutOfTurn, node, nameof(IStore.AppendAsync), Nth()),
                // One at most: two backups at once can lose what only the two nodes held, and nobody can bring that back.
                11 when !items.OfType<Planned.PutBack>().Any() => PutBack(node, chance.OneIn(2) ? at : at / 3),
                _ => new Planned.Knock(chance.Of(Knocks), number, at, node, other),
            };
        }

        Planned.PutBack PutBack(NodeId node, TimeSpan at) => new(node, at * (chance.Of(100) / 100.0), at);

        // The first calls of each kind most often: some kinds are rare, others come every second.
        int Nth() => 1 + chance.Of(1 << chance.Of(7));
    }

    static ImmutableArray<string> MethodsOf(Type seam) => [.. seam.GetMethods().Select(method => method.Name).Distinct().Order(StringComparer.Ordinal)];
}
