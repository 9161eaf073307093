using System.Collections.Frozen;

namespace Coordination.Hosting.Referrals;

/// <summary>Codes of the Human Trafficking Case Data Standard, version 2.0 (IOM, CC BY 4.0), read from the list beside this file, which names its source.</summary>
public static class Htcds
{
    /// <summary>Where people are made to commit crimes, as in the compounds of online scams: no code of the standard says so.</summary>
    public const string ForcedCriminality = "ForcedCriminality";

    static readonly FrozenDictionary<string, FrozenDictionary<string, string>> Lists = Read();

    /// <summary>Forms of exploitation, with the one that the standard lacks.</summary>
    public static FrozenSet<string> Exploitation { get; } = [.. Lists["typeofexploitation"].Keys, ForcedCriminality];

    /// <summary>Means by which people are controlled.</summary>
    public static FrozenSet<string> MeansOfControl { get; } = [.. Lists["methodsofcontrol"].Keys];

    /// <summary>What the standard calls a form of exploitation, or a means of control, in English.</summary>
    public static string LabelOf(string code) =>
        code == ForcedCriminality ? "Forced criminality" : Lists["typeofexploitation"].GetValueOrDefault(code) ?? Lists["methodsofcontrol"].GetValueOrDefault(code) ?? code;

    static FrozenDictionary<string, FrozenDictionary<string, string>> Read()
    {
        using var file = typeof(Htcds).Assembly.GetManifestResourceStream("htcds_code_lists.csv") ?? throw new InvalidOperationException("The program was built without its code lists.");
        using var lines = new StreamReader(file);
        // Of the lists that are used here the first three columns, list, code and label, hold neither a comma nor a quotation mark.
        return lines.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split(','))
            .GroupBy(row => row[0], StringComparer.Ordinal)
            .ToFrozenDictionary(list => list.Key, list => list.ToFrozenDictionary(row => row[1], row => row[2], StringComparer.Ordinal), StringComparer.Ordinal);
    }
}
