using System.Collections.Immutable;
using Coordination.Domain.Dossiers;

namespace Coordination.Domain.Tests.Dossiers;

public sealed class WorkingCalendarTests
{
    static readonly NodeId Myanmar = NodeId.Parse("MM");
    static readonly ImmutableArray<NodeId> Countries = [.. NodeIdTests.Codes.Select(code => NodeId.Parse(code.Data)).Where(node => node.IsCountry)];
    static readonly DateOnly Friday = new(2026, 3, 6);

    [Fact]
    public void Saturdays_and_Sundays_are_no_working_days_in_any_country()
    {
        foreach (var country in Countries)
        {
            var fromFriday = Enumerable.Range(0, 7).Select(day => WorkingCalendar.WeekendsOnly.IsWorkingDay(country, Friday.AddDays(day)) ? 'w' : '-');
            string.Concat(fromFriday).ShouldBe("w--wwww");
        }
    }

    [Fact]
    public void A_holiday_is_none_elsewhere()
    {
        var calendar = new WorkingCalendar(ImmutableDictionary<NodeId, ImmutableHashSet<DateOnly>>.Empty.Add(Myanmar, [Friday]));
        calendar.IsWorkingDay(Myanmar, Friday).ShouldBeFalse();
        calendar.IsWorkingDay(NodeId.Parse("TH"), Friday).ShouldBeTrue();
    }

    [Theory]
    [InlineData(TimeUnit.Hours, "2026-03-06T13:00:00Z")]
    [InlineData(TimeUnit.Days, "2026-03-09T17:30:00Z")]
    [InlineData(TimeUnit.WorkingDays, "2026-03-11T17:30:00Z")]
    [InlineData(TimeUnit.Months, "2026-06-06T17:30:00Z")]
    public void Three_of_each_unit_end_with_the_hour_or_with_the_last_day_there(TimeUnit unit, string end) =>
        WorkingCalendar.WeekendsOnly.After(Myanmar, DateTimeOffset.Parse("2026-03-06T10:00:00Z"), new Wait(3, unit)).ShouldBe(DateTimeOffset.Parse(end));

    [Theory]
    [InlineData(TimeUnit.Hours, "2026-03-05T14:30:00Z")]
    [InlineData(TimeUnit.Days, "2026-03-02T17:30:00Z")]
    [InlineData(TimeUnit.WorkingDays, "2026-03-02T17:30:00Z")]
    [InlineData(TimeUnit.Months, "2025-12-05T17:30:00Z")]
    public void Three_of_each_unit_before_a_day_begin_with_the_day_there(TimeUnit unit, string start) =>
        WorkingCalendar.WeekendsOnly.Before(Myanmar, Friday, new Wait(3, unit)).ShouldBe(DateTimeOffset.Parse(start));
}
