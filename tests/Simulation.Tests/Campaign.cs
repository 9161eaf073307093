using System.Diagnostics;

namespace Coordination.Simulation.Tests;

/// <summary>Many schedules, each with its own seed.</summary>
public sealed class Campaign
{
    /// <summary>So many have to meet everything that a schedule can hold.</summary>
    const int EnoughForAll = 2000;

    /// <summary>Independent of each other, each on a thread of its own.</summary>
    const int AtOnce = 2;

    static readonly TimeSpan ShrinksFor = TimeSpan.FromSeconds(30);

    /// <summary>A sample by default; <c>infra/simulate</c> sets more, or one.</summary>
    static readonly int Schedules = int.Parse(Environment.GetEnvironmentVariable("COORDINATION_SCHEDULES") ?? $"{EnoughForAll}");

    /// <summary>The first schedule's; the others follow it.</summary>
    static readonly ulong FirstSeed = ulong.Parse(Environment.GetEnvironmentVariable("COORDINATION_FIRST_SEED") ?? "1");

    [Fact]
    public void Under_every_schedule_of_faults_the_nodes_end_with_the_same_and_never_say_what_is_not_true()
    {
        var tally = new Tally();
        var failing = new SortedSet<ulong>();
        var clock = Stopwatch.StartNew();
        var (done, steps, fingerprint) = (0, 0L, 0UL);
        var gate = new Lock();
        Parallel.For(0, Schedules, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, (number, loop) =>
        {
            var outcome = World.Run(Schedule.Of(FirstSeed + (ulong)number));
            lock (gate)
            {
                tally.Add(outcome.Tally);
                steps += outcome.Items;
                // In whatever order they end.
                fingerprint ^= outcome.Fingerprint;
                if (++done % 10_000 == 0) Console.WriteLine($"{done} schedules, {clock.Elapsed.TotalSeconds:F0} s");
                if (outcome.Wrong is null) return;
                failing.Add(FirstSeed + (ulong)number);
                loop.Stop();
            }
        });

        foreach (var (what, times) in tally.Met) Console.WriteLine($"{times,10}  {what}");
        Console.WriteLine($"{done} schedules from seed {FirstSeed} in {clock.Elapsed.TotalSeconds:F1} s: {done / clock.Elapsed.TotalSeconds:F0} a second, {steps} steps, fingerprint {fingerprint:x16}.");
        if (failing.Count > 0) Assert.Fail(Explained(failing.Min));
        if (Schedules >= EnoughForAll) tally.NeverMet.ShouldBeEmpty("what a schedule can hold and never held was not simulated");
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

    /// <summary>What went wrong, the least part of the schedule that leads to it, and what happens on the way.</summary>
    static string Explained(ulong seed)
    {
        var schedule = Schedule.Of(seed);
        var least = Shrinking.Least(schedule, part => World.Run(part).Wrong is not null, ShrinksFor);
        var story = new List<string>();
        var outcome = World.Run(least, story.Add);
        return $"""
            Seed {seed}: {World.Run(schedule).Wrong}

            Again: infra/simulate --seed {seed}

            {least.Items.Length} of its {schedule.Items.Length} items are enough, between {string.Join(", ", least.Countries.Zip(least.Replicas, (node, processes) => processes > 1 ? $"{node} with {processes} processes" : $"{node}"))}:
            {string.Join('\n', least.Items)}

            {outcome.Wrong}
            {string.Join('\n', story.Count <= 200 ? story : [.. story.Take(150), "…", .. story.TakeLast(50)])}
            """;
    }
}
