using System.Collections.Immutable;
using System.Diagnostics;

namespace Coordination.Simulation.Tests;

/// <summary>From a schedule that fails to the least part of it that still does.</summary>
/// <remarks>Delta debugging (Zeller and Hildebrandt, 2002): leaves out larger parts first, then smaller ones, down to single items.</remarks>
static class Shrinking
{
    /// <param name="failing">A schedule whose run ends wrong.</param>
    /// <param name="fails">Whether a part of it still does.</param>
    /// <param name="limit">After that the least part found so far has to do.</param>
    public static Schedule Least(Schedule failing, Func<Schedule, bool> fails, TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        var parts = 2;
        while (failing.Items.Length > 0)
        {
            var smaller = Without(failing.Items, parts).Select(items => failing with { Items = items })
                .TakeWhile(_ => clock.Elapsed < limit).FirstOrDefault(fails);
            if (smaller is not null)
            {
                failing = smaller;
                parts = Math.Max(parts - 1, 2);
            }
            else if (parts >= failing.Items.Length || clock.Elapsed >= limit)
            {
                break;
            }
            else
            {
                parts = Math.Min(parts * 2, failing.Items.Length);
            }
        }
        return failing;
    }

    /// <summary>All but one part of so many, for each part.</summary>
    static IEnumerable<ImmutableArray<Planned>> Without(ImmutableArray<Planned> items, int parts)
    {
        for (var part = 0; part < parts; part++)
        {
            var (from, to) = (items.Length * part / parts, items.Length * (part + 1) / parts);
            if (to > from) yield return items.RemoveRange(from, to - from);
        }
    }
}
