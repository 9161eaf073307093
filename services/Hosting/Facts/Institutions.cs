using Coordination.Domain.Dossiers;
using CsvHelper;

namespace Coordination.Hosting.Facts;

/// <summary>Who does what against trafficking in each country, and what two countries have agreed: read from the tables beside this file, each row with its source. They are secondary, and not complete.</summary>
public static class Institutions
{
    /// <summary>The institutions of each country, in the order of the table.</summary>
    public static ILookup<NodeId, Institution> All { get; } =
        Read("focal_institutions.csv", row => (NodeId.TryParse(row("country"), out var country) ? country : (NodeId?)null, new Institution(row("institution"), row("role"), row("source"))))
            .Where(row => row.Item1 is not null).ToLookup(row => row.Item1!.Value, row => row.Item2);

    static readonly IReadOnlyList<(string One, string Other, Agreement Agreement)> Agreements =
        Read("bilateral_instruments.csv", row => (row("a"), row("b"), new Agreement(row("instrument"), row("date") is { Length: > 0 } date ? date : row("year"), row("source"))));

    /// <summary>What binds two countries, as far as a source was found, in the order of the table.</summary>
    public static IReadOnlyList<Agreement> Between(NodeId one, NodeId other) =>
    [
        .. Agreements.Where(row => row.Agreement.Name.Length > 0 && (row is { One: "ALL6" } || (Names(row.One, row.Other).Contains(one.ToString()) && Names(row.One, row.Other).Contains(other.ToString())))).Select(row => row.Agreement),
    ];

    static string[] Names(string one, string other) => [one, .. other.Split('+')];

    static List<TRow> Read<TRow>(string table, Func<Func<string, string>, TRow> row)
    {
        using var file = typeof(Institutions).Assembly.GetManifestResourceStream(table) ?? throw new InvalidOperationException("The program was built without its tables of facts.");
        using var lines = new StreamReader(file);
        using var csv = CsvReader.FromText(lines.ReadToEnd(), new CsvReaderOptions());
        var rows = new List<TRow>();
        csv.ReadHeader();
        var columns = csv.Headers.ToList();
        while (csv.Read()) rows.Add(row(column => csv.GetString(columns.IndexOf(column)) ?? ""));
        return rows;
    }
}

/// <param name="Name">As the source calls it, in English.</param>
/// <param name="Role">What it does.</param>
/// <param name="Source">Where that was read.</param>
public sealed record Institution(string Name, string Role, string Source);

/// <param name="Name">What was agreed, in English.</param>
/// <param name="Date">When, as far as it was found; what was not found is said.</param>
/// <param name="Source">Where that was read; empty where nothing more was found.</param>
public sealed record Agreement(string Name, string Date, string Source);
