using System.Collections.Immutable;

namespace Coordination.Simulation.Tests;

/// <summary>What is left of a schedule that fails.</summary>
public sealed class ShrinkingTests
{
    [Fact]
    public void Only_what_a_failure_needs_is_left()
    {
        var schedule = Schedule.Of(1);
        ImmutableArray<Planned> needed = [schedule.Items[3], schedule.Items[7], schedule.Items[^1]];

        var least = Shrinking.Least(schedule, part => needed.All(part.Items.Contains), TimeSpan.FromMinutes(1));

        least.Items.ShouldBe(needed, ignoreOrder: true);
        (least with { Items = schedule.Items }).ShouldBe(schedule);
    }

    [Fact]
    public void A_failure_that_needs_nothing_is_left_with_nothing() =>
        Shrinking.Least(Schedule.Of(1), _ => true, TimeSpan.FromMinutes(1)).Items.ShouldBeEmpty();
}
