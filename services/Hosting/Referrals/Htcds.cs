using System.Collections.Frozen;

namespace Coordination.Hosting.Referrals;

/// <summary>Codes of the Human Trafficking Case Data Standard, version 2.0 (IOM, CC BY 4.0), read from the list beside this file, which names its source.</summary>
public static class Htcds
{
    /// <summary>Where people are made to commit crimes, as in the compounds of online scams: no code of the standard says so.</summary>
    public const string ForcedCriminality = "ForcedCriminality";

    static readonly FrozenDictionary<string, FrozenSet<string>> Lists = Read();

    /// <summary>Forms of exploitation, with the one that the standard lacks.</summary>
    public static FrozenSet<string> Exploitation { get; } = Lists["typeofexploitation"].Append(ForcedCriminality).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Means by which people are controlled.</summary>
    public static FrozenSet<string> MeansOfControl { get; } = Lists["methodsofcontrol"];

    static FrozenDictionary<string, FrozenSet<string>> Read()
    {
        using var file = typeof(Htcds).Assembly.GetManifestResourceStream("htcds_code_lists.csv") ?? throw new InvalidOperationException("The program was built without its code lists.");
        using var lines = new StreamReader(file);
        // The first two columns, list and code, hold neither a comma nor a quotation mark.
        return lines.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split(','))
            .GroupBy(row => row[0], row => row[1], StringComparer.Ordinal).ToFrozenDictionary(list => list.Key, list => list.ToFrozenSet(StringComparer.Ordinal), StringComparer.Ordinal);
    }
}
