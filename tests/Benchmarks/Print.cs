using Spectre.Console;

namespace Coordination.Benchmarks;

/// <summary>A report for people.</summary>
static class Print
{
    const int MostColumns = 180;

    public static void Table(Report report)
    {
        // A file has no width of its own.
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, MostColumns);
        var machine = report.Machine;
        Line($"{machine.Cpu}, {machine.Cores} cores, {machine.MemoryMiB} MiB, Linux {machine.Kernel}, .NET {machine.DotNet}, PostgreSQL {machine.PostgreSql}");
        Line($"commit {report.Commit}, {report.Date:u}, load average {report.LoadBefore:0.00} before and {report.LoadAfter:0.00} after");
        if (report.IsQuick) Line("Quick: too short to believe.");

        var rows = new Table { Border = TableBorder.Rounded };
        rows.AddColumns("path", "measured", "ceiling in the same run", "ratio", "wanted", "p50 / p95 / p99 ms");
        foreach (var row in report.Rows)
            rows.AddRow(Escaped(row.Path), Escaped(Of(row.Measured)), Escaped(Of(row.Ceiling)), $"{row.Ratio:0.00}",
                Escaped($"{row.Wanted}: {(row.Met ? "met" : "missed")}"), row.Latency is { } latency ? $"{latency.P50:0.0} / {latency.P95:0.0} / {latency.P99:0.0}" : "");
        AnsiConsole.Write(rows);

        foreach (var row in report.Rows.Where(row => row.Cpu.Count > 0))
        {
            Line($"CPU of: {row.Path}");
            var stages = new Table { Border = TableBorder.Rounded };
            stages.AddColumn("stage").AddColumn(new TableColumn("µs").RightAligned()).AddColumn("what it is, and how it was measured");
            foreach (var stage in row.Cpu) stages.AddRow(Escaped(stage.Name), $"{stage.Microseconds:0.0}", Escaped(stage.How));
            AnsiConsole.Write(stages);
        }
    }

    static string Of(Figure figure) => $"{figure.Median:#,0} {figure.Unit} ({string.Join(", ", figure.Values.Select(value => $"{value:#,0}"))})\n{figure.What}";

    static void Line(string text) => AnsiConsole.WriteLine(text);

    static string Escaped(string text) => Markup.Escape(text);
}
