using System.Globalization;

namespace Grpc.Wire;

/// <summary>Timeout of the gRPC over HTTP/2 document: at most eight digits and a unit.</summary>
static class TimeoutHeader
{
    const long MostDigits = 99_999_999;

    /// <summary>The time left, in the finest unit from milliseconds up that eight digits can hold, rounded up.</summary>
    public static string Encode(TimeSpan timeout)
    {
        var ticks = Math.Max(timeout.Ticks, 1);
        foreach (var (unit, letter) in ((long, char)[])[(TimeSpan.TicksPerMillisecond, 'm'), (TimeSpan.TicksPerSecond, 'S'), (TimeSpan.TicksPerMinute, 'M')])
        {
            if (Units(ticks, unit) <= MostDigits) return string.Create(CultureInfo.InvariantCulture, $"{Units(ticks, unit)}{letter}");
        }

        return string.Create(CultureInfo.InvariantCulture, $"{Math.Min(Units(ticks, TimeSpan.TicksPerHour), MostDigits)}H");
    }

    /// <returns>Null: no timeout in the form that the document gives. Zero is taken: some clients send it when they are late.</returns>
    public static TimeSpan? Decode(ReadOnlySpan<char> text)
    {
        if (text.Length is < 2 or > 9 || text[..^1].ContainsAnyExceptInRange('0', '9')) return null;
        var value = long.Parse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture);
        return text[^1] switch
        {
            'H' => TimeSpan.FromHours(value),
            'M' => TimeSpan.FromMinutes(value),
            'S' => TimeSpan.FromSeconds(value),
            'm' => TimeSpan.FromMilliseconds(value),
            'u' => TimeSpan.FromMicroseconds(value),
            'n' => TimeSpan.FromTicks(Units(value, TimeSpan.NanosecondsPerTick)),
            _ => null,
        };
    }

    static long Units(long amount, long unit) => (amount + unit - 1) / unit;
}
