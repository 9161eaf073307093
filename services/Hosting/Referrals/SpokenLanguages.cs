namespace Coordination.Hosting.Referrals;

/// <summary>Languages that are spoken in the region, and not only those of its states (ISO 639-3), read from the list beside this file, which names its source.</summary>
public static class SpokenLanguages
{
    /// <summary>Code and English name, in the order of the list.</summary>
    public static IReadOnlyList<(string Code, string Name)> All { get; } = Read();

    static (string, string)[] Read()
    {
        using var file = typeof(SpokenLanguages).Assembly.GetManifestResourceStream("languages_iso639_3.csv") ?? throw new InvalidOperationException("The program was built without its code lists.");
        using var lines = new StreamReader(file);
        // The first three columns, code, short code and name, hold neither a comma nor a quotation mark.
        return [.. lines.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split(',')).Select(row => (row[0], row[2]))];
    }
}
