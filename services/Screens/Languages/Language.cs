namespace Coordination.Screens.Languages;

/// <summary>A language that the consoles speak.</summary>
/// <param name="Tag">BCP 47: <c>th</c>.</param>
/// <param name="Name">As its speakers write it.</param>
/// <param name="WritesBuddhistEra">Years are those of the Buddhist era, 543 more, as Thailand writes them.</param>
/// <param name="DayPattern">How a day is written: <c>{0}</c> the day of the month, <c>{1}</c> the month, <c>{2}</c> the year.</param>
public sealed record Language(string Tag, string Name, bool WritesBuddhistEra = false, string DayPattern = "{0} {1} {2}")
{
    /// <summary>In which every text is written first.</summary>
    public static Language English { get; } = new("en", "English");

    /// <summary>All seven, English first.</summary>
    public static IReadOnlyList<Language> All { get; } =
    [
        English,
        new("th", "ไทย", WritesBuddhistEra: true),
        new("lo", "ລາວ"),
        new("km", "ខ្មែរ"),
        new("my", "မြန်မာ"),
        new("vi", "Tiếng Việt"),
        new("zh", "中文", DayPattern: "{2}年{1}{0}日"),
    ];

    /// <summary>The language of a tag; null for one that the consoles do not speak.</summary>
    public static Language? Of(string? tag) => All.FirstOrDefault(language => string.Equals(language.Tag, tag, StringComparison.OrdinalIgnoreCase));
}
