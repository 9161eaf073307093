namespace Coordination.Domain.Dossiers;

/// <summary>Calendar days in the countries of the region.</summary>
/// <remarks>
/// IANA time zone database: Asia/Bangkok (which Phnom_Penh and Vientiane follow) and Asia/Ho_Chi_Minh are UTC+07:00,
/// Asia/Yangon UTC+06:30, Asia/Shanghai UTC+08:00; none keeps daylight saving time. The secretariat sits in Bangkok.
/// </remarks>
public static class RegionalTime
{
    /// <summary>The date in the country of <paramref name="node"/> at the instant <paramref name="now"/>.</summary>
    public static DateOnly Today(NodeId node, DateTimeOffset now)
    {
        var offset = node.ToString() switch
        {
            "CN" => TimeSpan.FromHours(8),
            "MM" => TimeSpan.FromHours(6.5),
            _ => TimeSpan.FromHours(7),
        };
        return DateOnly.FromDateTime(now.ToOffset(offset).DateTime);
    }
}
