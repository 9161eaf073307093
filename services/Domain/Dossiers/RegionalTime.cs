namespace Coordination.Domain.Dossiers;

/// <summary>Calendar days in the countries of the region.</summary>
/// <remarks>
/// IANA time zone database: Asia/Bangkok (which Phnom_Penh and Vientiane follow) and Asia/Ho_Chi_Minh are UTC+07:00,
/// Asia/Yangon UTC+06:30, Asia/Shanghai UTC+08:00; none keeps daylight saving time. The secretariat sits in Bangkok.
/// </remarks>
public static class RegionalTime
{
    /// <summary>The date in the country of <paramref name="node"/> at the instant <paramref name="now"/>.</summary>
    public static DateOnly Today(NodeId node, DateTimeOffset now) => DateOnly.FromDateTime(In(node, now).DateTime);

    /// <summary>The first instant of a day in the country of <paramref name="node"/>.</summary>
    public static DateTimeOffset StartOf(NodeId node, DateOnly day) => At(node, day, TimeOnly.MinValue);

    /// <summary>The first instant after a day in the country of <paramref name="node"/>.</summary>
    public static DateTimeOffset EndOf(NodeId node, DateOnly day) => StartOf(node, day.AddDays(1));

    /// <summary>An instant on the clocks of the country of <paramref name="node"/>.</summary>
    public static DateTimeOffset In(NodeId node, DateTimeOffset instant) => instant.ToOffset(Offset(node));

    /// <summary>The instant of a time of day in the country of <paramref name="node"/>, UTC.</summary>
    public static DateTimeOffset At(NodeId node, DateOnly day, TimeOnly time) => new DateTimeOffset(day.ToDateTime(time), Offset(node)).ToUniversalTime();

    static TimeSpan Offset(NodeId node) => node.ToString() switch
    {
        "CN" => TimeSpan.FromHours(8),
        "MM" => TimeSpan.FromHours(6.5),
        _ => TimeSpan.FromHours(7),
    };
}
