using System.Globalization;

namespace Coordination.Screens.Parts;

/// <summary>A day as somebody typed it.</summary>
/// <param name="Day">1 to 31.</param>
/// <param name="Month">1 to 12.</param>
/// <param name="Year">Four digits, from 1850 on; from 2400 on of the Buddhist era.</param>
/// <param name="Time">As 14:30; empty where no time is asked for.</param>
public sealed record EnteredDay(string Day, string Month, string Year, string Time = "")
{
    /// <summary>No year of ours is as late, and every one of the Buddhist era that anybody types is later.</summary>
    const int FirstOfBuddhistEra = 2400;

    const int BuddhistEraAhead = 543;

    /// <summary>Nobody who is spoken of here was born earlier; a year of two digits could be several.</summary>
    const int FirstYear = 1850;

    public static EnteredDay Nothing { get; } = new("", "", "");

    public bool IsNothing => Day.Length == 0 && Month.Length == 0 && Year.Length == 0 && Time.Length == 0;

    /// <summary>The day; null where it is none.</summary>
    public DateOnly? ToDay() =>
        Number(Day) is { } day && Number(Month) is { } month && Number(Year) is { } year and >= FirstYear
        && DateOnly.TryParseExact($"{(year >= FirstOfBuddhistEra ? year - BuddhistEraAhead : year):0000}-{month:00}-{day:00}", "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var read) ? read : null;

    /// <summary>The time of the day; null where it is none.</summary>
    public TimeOnly? ToTime() => TimeOnly.TryParseExact(Time.Trim().Replace('.', ':'), ["H:mm", "HH:mm"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var read) ? read : null;

    /// <summary>A day as a language writes its years.</summary>
    public static EnteredDay Of(DateOnly day, bool buddhistEra, TimeOnly? time = null) => new(
        day.Day.ToString(CultureInfo.InvariantCulture), day.Month.ToString(CultureInfo.InvariantCulture),
        (day.Year + (buddhistEra ? BuddhistEraAhead : 0)).ToString(CultureInfo.InvariantCulture), time?.ToString("HH:mm", CultureInfo.InvariantCulture) ?? "");

    /// <summary>Digits of any script that the region's keyboards write.</summary>
    static int? Number(string text)
    {
        if (text.Trim() is not { Length: > 0 and <= 4 } digits || !digits.All(char.IsDigit)) return null;
        return digits.Aggregate(0, (number, digit) => (10 * number) + (int)char.GetNumericValue(digit));
    }
}
