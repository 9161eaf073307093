using System.Diagnostics;

namespace Coordination.Simulation.Tests;

/// <summary>Many schedules, each with its own seed.</summary>
public sealed class Campaign
{
    /// <summary>A sample by default; <c>infra/simulate</c> sets more.</summary>
    static readonly int Schedules = int.Parse(Environment.GetEnvironmentVariable("COORDINATION_SCHEDULES") ?? "2000");

    /// <summary>The first schedule's; the others follow it.</summary>
    static readonly ulong FirstSeed = ulong.Parse(Environment.GetEnvironmentVariable("COORDINATION_FIRST_SEED") ?? "1");

    [Fact]
    public void Under_every_schedule_of_faults_the_nodes_end_with_the_same_and_never_say_what_is_not_true()
    {
        var tally = new Tally();
        var failures = new SortedDictionary<ulong, string>();
        var clock = Stopwatch.StartNew();
        long items = 0;
        var gate = new Lock();
        Parallel.For(0, Schedules, new ParallelOptions { MaxDegreeOfParallelism = 2 }, (number, loop) =>
        {
            var seed = FirstSeed + (ulong)number;
            var outcome = World.Run(Schedule.Of(seed));
            lock (gate)
            {
                tally.Add(outcome.Tally);
                items += outcome.Items;
                if (outcome.Wrong is null) return;
                failures[seed] = outcome.Wrong;
                loop.Stop();
            }
        });

        foreach (var (what, times) in tally.Met) Console.WriteLine($"{times,10}  {what}");
        Console.WriteLine($"{Schedules} schedules from seed {FirstSeed} in {clock.Elapsed.TotalSeconds:F1} s: {Schedules / clock.Elapsed.TotalSeconds:F0} a second, {items} steps.");
        failures.ShouldBeEmpty();
        tally.NeverMet.ShouldBeEmpty();
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            var (one, other) = (World.Run(Schedule.Of(seed)), World.Run(Schedule.Of(seed)));
            other.Fingerprint.ShouldBe(one.Fingerprint);
            (other.Items, other.Took).ShouldBe((one.Items, one.Took));
        }
    }
}
