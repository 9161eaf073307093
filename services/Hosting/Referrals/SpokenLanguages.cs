namespace Coordination.Hosting.Referrals;

/// <summary>Languages that are spoken in the region, and not only those of its states (ISO 639-3), read from the list beside this file, which names its source.</summary>
public static class SpokenLanguages
{
    /// <summary>Code, code of two letters where there is one, and English name, in the order of the list.</summary>
    public static IReadOnlyList<(string Code, string Short, string Name)> All { get; } = Read();

    /// <summary>What a browser calls a language, by its code; null for no code.</summary>
    public static string? TagOf(string code) => code switch
    {
        "" => null,
        // Chinese as it is written is called by the two letters of all of it.
        "cmn" => "zh",
        _ => All.FirstOrDefault(language => language.Code == code) is { Short.Length: > 0 } known ? known.Short : code,
    };

    /// <summary>The code of what a browser calls a language; empty where the list has none.</summary>
    public static string CodeOf(string tag) => All.FirstOrDefault(language => TagOf(language.Code) == tag).Code ?? "";

    static (string, string, string)[] Read()
    {
        using var file = typeof(SpokenLanguages).Assembly.GetManifestResourceStream("languages_iso639_3.csv") ?? throw new InvalidOperationException("The program was built without its code lists.");
        using var lines = new StreamReader(file);
        // The first three columns, code, short code and name, hold neither a comma nor a quotation mark.
        return [.. lines.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split(',')).Select(row => (row[0], row[1], row[2]))];
    }
}
