using System.Collections.Immutable;

namespace Coordination.Domain.Dossiers;

/// <summary>What a wait is counted in.</summary>
public enum TimeUnit
{
    Hours = 1,
    Days,
    WorkingDays,
    Months,
}

/// <summary>How long something may take: 1 to <see cref="Most"/> units.</summary>
public readonly record struct Wait(int Count, TimeUnit Unit)
{
    /// <summary>No wait is longer, in whatever unit.</summary>
    public const int Most = 1000;
}

/// <summary>The holidays of each country, from a table with a source.</summary>
/// <remarks>
/// Without such a table a country's weekends alone are counted (Saturday and Sunday in all six), and
/// <see cref="CountsHolidaysOf"/> says so, for the screen to say "holidays not counted".
/// </remarks>
public sealed class WorkingCalendar(ImmutableDictionary<NodeId, ImmutableHashSet<DateOnly>> holidays)
{
    /// <summary>Weekends alone.</summary>
    public static WorkingCalendar WeekendsOnly { get; } = new(ImmutableDictionary<NodeId, ImmutableHashSet<DateOnly>>.Empty);

    public bool CountsHolidaysOf(NodeId country) => holidays.ContainsKey(country);

    public bool IsWorkingDay(NodeId country, DateOnly day) =>
        day.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday) && !(holidays.TryGetValue(country, out var free) && free.Contains(day));

    /// <summary>When a wait that started at <paramref name="start"/> ends, for an office of <paramref name="country"/>.</summary>
    /// <returns>
    /// For hours, that instant. For days, working days and months, the end of the last day there: the day of the start is
    /// not counted; a month ends on the same day of the month, or on its last.
    /// </returns>
    public DateTimeOffset After(NodeId country, DateTimeOffset start, Wait wait)
    {
        var day = RegionalTime.Today(country, start);
        return wait.Unit switch
        {
            TimeUnit.Hours => start.AddHours(wait.Count),
            TimeUnit.Days => RegionalTime.EndOf(country, day.AddDays(wait.Count)),
            TimeUnit.WorkingDays => RegionalTime.EndOf(country, WorkingDay(country, day, wait.Count)),
            TimeUnit.Months => RegionalTime.EndOf(country, day.AddMonths(wait.Count)),
        };
    }

    /// <summary>The beginning of the day that lies a wait in days before <paramref name="day"/> in <paramref name="country"/>.</summary>
    public DateTimeOffset Before(NodeId country, DateOnly day, Wait wait) => wait.Unit switch
    {
        TimeUnit.Hours => RegionalTime.StartOf(country, day).AddHours(-wait.Count),
        TimeUnit.Days => RegionalTime.StartOf(country, day.AddDays(-wait.Count)),
        TimeUnit.WorkingDays => RegionalTime.StartOf(country, WorkingDay(country, day, -wait.Count)),
        TimeUnit.Months => RegionalTime.StartOf(country, day.AddMonths(-wait.Count)),
    };

    DateOnly WorkingDay(NodeId country, DateOnly from, int count)
    {
        var day = from;
        for (var left = Math.Abs(count); left > 0;)
        {
            day = day.AddDays(Math.Sign(count));
            if (IsWorkingDay(country, day)) left--;
        }
        return day;
    }
}
