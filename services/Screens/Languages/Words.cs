using System.Globalization;

namespace Coordination.Screens.Languages;

/// <summary>What a page says, in the language of whoever reads it.</summary>
/// <param name="language">Which.</param>
/// <param name="catalogue">Its translations.</param>
public sealed class Words(Language language, Catalogue catalogue)
{
    /// <summary>With the translations that the program was built with.</summary>
    public Words(Language language) : this(language, Catalogue.Of(language)) { }

    public Language Language => language;

    /// <summary>A text in this language; the English one where it is missing.</summary>
    /// <param name="english">As it is written in the code, with <c>{0}</c> for what goes into it.</param>
    /// <param name="with">What goes into it.</param>
    public string this[string english, params object[] with]
    {
        get
        {
            var text = catalogue.Texts.GetValueOrDefault(english) is { Text.Length: > 0 } translation ? translation.Text : english;
            return with.Length == 0 ? text : string.Format(CultureInfo.InvariantCulture, text, with);
        }
    }

    /// <summary>A sentence that the program put together elsewhere, in English: the catalogue's text that it was made from, with what went into it.</summary>
    /// <param name="english">As a door said it.</param>
    /// <param name="within">What is said of what went into it, such as a code in words; null leaves it as it is.</param>
    public string Sentence(string english, Func<string, string>? within = null)
    {
        if (catalogue.Texts.ContainsKey(english)) return this[english];
        foreach (var (made, template) in catalogue.Templates)
            if (made.Match(english) is { Success: true } match)
                return string.Format(CultureInfo.InvariantCulture, this[template], [.. match.Groups.Values.Skip(1).OrderBy(group => int.Parse(group.Name[1..], CultureInfo.InvariantCulture)).Select(group => within?.Invoke(group.Value) ?? group.Value)]);
        return english;
    }

    /// <summary>A day, as the language writes it, with the year of the Buddhist era where it counts by that.</summary>
    public string Day(DateOnly day) =>
        string.Format(CultureInfo.InvariantCulture, language.DayPattern, day.Day, this[Months[day.Month - 1]], day.Year + (language.WritesBuddhistEra ? 543 : 0));

    /// <summary>A country as the field calls it, by its ISO 3166 code.</summary>
    public string Country(string code) => code switch
    {
        "CN" => this["China"],
        "KH" => this["Cambodia"],
        "LA" => this["Lao PDR"],
        "MM" => this["Myanmar"],
        "TH" => this["Thailand"],
        "VN" => this["Viet Nam"],
        "SEC" => this["the regional secretariat"],
        _ => code,
    };

    /// <summary>An office: what it does, and its unit.</summary>
    /// <param name="office"><c>role@unit</c>.</param>
    public string Office(string office) => office.Split('@') is [var role, var unit] ? this["{0}, {1}", Role(role), unit] : office;

    string Role(string role) => role switch
    {
        "focal-point" => this["Focal point"],
        "central-authority" => this["Central authority"],
        "prosecutor" => this["Prosecutor"],
        "investigator" => this["Investigator"],
        "case-worker" => this["Case worker"],
        "statistician" => this["Statistician"],
        "approver" => this["Approver"],
        "auditor" => this["Auditor"],
        "administrator" => this["Administrator"],
        _ => role,
    };

    static readonly string[] Months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
}
