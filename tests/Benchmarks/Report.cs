using System.Text.Json;
using System.Text.Json.Serialization;
using Coordination.Local;

namespace Coordination.Benchmarks;

/// <summary>All figures of one run, and the machine that they are of.</summary>
/// <param name="Machine">Which.</param>
/// <param name="Commit">What was measured.</param>
/// <param name="Date">UTC.</param>
/// <param name="IsQuick">Too short to believe.</param>
/// <param name="LoadBefore">The machine's load average over a minute before the run: what else it does shows here.</param>
/// <param name="LoadAfter">The same after it.</param>
/// <param name="Rows">In the order of the design's table.</param>
sealed record Report(Machine Machine, string Commit, DateTimeOffset Date, bool IsQuick, double LoadBefore, double LoadAfter, IReadOnlyList<Row> Rows)
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter() },
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public void Write(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, JsonSerializer.SerializeToUtf8Bytes(this, Json));
    }
}

/// <summary>One path.</summary>
/// <param name="Path">What was measured.</param>
/// <param name="Measured">How much of it.</param>
/// <param name="Ceiling">What it is measured against.</param>
/// <param name="Wanted">What the design wants.</param>
/// <param name="Ratio">Measured to ceiling, both by their medians.</param>
/// <param name="Met">Whether it is as wanted.</param>
/// <param name="Latency">Null where it has none.</param>
/// <param name="Cpu">Per call or entry, by who and by what for; empty where none is spent.</param>
sealed record Row(string Path, Figure Measured, Figure Ceiling, string Wanted, double Ratio, bool Met, Latency? Latency, IReadOnlyList<Stage> Cpu)
{
    /// <summary>A row that is as wanted at this part of its ceiling.</summary>
    public static Row Of(string path, Figure measured, Figure ceiling, double wanted, Latency? latency, IReadOnlyList<Stage> cpu)
    {
        var ratio = measured.Median / ceiling.Median;
        return new(path, measured, ceiling, $"≥ {wanted:0.0} of the ceiling", ratio, ratio >= wanted, latency, cpu);
    }
}

/// <summary>One thing, measured several times.</summary>
/// <param name="What">What, and how.</param>
/// <param name="Unit">Of the values.</param>
/// <param name="Values">In the order in which they were measured; ceilings stand before, between and after.</param>
sealed record Figure(string What, string Unit, IReadOnlyList<double> Values)
{
    /// <summary>Of an even number the middle of both in the middle: the lower one of the ceilings would flatter what stands beside them.</summary>
    public double Median
    {
        get
        {
            double[] sorted = [.. Values.Order()];
            return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        }
    }
}

/// <summary>In milliseconds: what half, 95 and 99 of a hundred stay below.</summary>
sealed record Latency(double P50, double P95, double P99)
{
    public static Latency Of(IEnumerable<double> milliseconds)
    {
        double[] sorted = [.. milliseconds.Order()];
        return new(At(sorted, 0.50), At(sorted, 0.95), At(sorted, 0.99));
    }

    public static double At(double[] sorted, double part) => sorted[Math.Clamp((int)Math.Ceiling(part * sorted.Length) - 1, 0, sorted.Length - 1)];
}

/// <summary>CPU time of one part of a call.</summary>
/// <param name="Name">Which part.</param>
/// <param name="Microseconds">Per call or entry, user and system.</param>
/// <param name="How">How it was measured.</param>
sealed record Stage(string Name, double Microseconds, string How);

/// <summary>What everything ran on.</summary>
sealed record Machine(string Cpu, int Cores, long MemoryMiB, string Kernel, string DotNet, string PostgreSql)
{
    public static Machine Of(string postgreSql) => new(
        Field("/proc/cpuinfo", "model name"), Environment.ProcessorCount, long.Parse(Field("/proc/meminfo", "MemTotal").Split(' ')[0]) / 1024,
        File.ReadAllText("/proc/sys/kernel/osrelease").Trim(), Environment.Version.ToString(), postgreSql);

    public static double Load => double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0]);

    static string Field(string file, string name) =>
        File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "unknown";
}

/// <summary>CPU time of the processes that take part.</summary>
/// <param name="Node">Of the node that is measured.</param>
/// <param name="Peer">Of the other node.</param>
/// <param name="Database">Of PostgreSQL, all its processes; zero where the server is not ours.</param>
/// <param name="Caller">Of this process.</param>
readonly record struct Spent(TimeSpan Node, TimeSpan Peer, TimeSpan Database, TimeSpan Caller)
{
    /// <summary>Linux counts in hundredths of a second, whatever its clock does.</summary>
    const int TicksPerSecond = 100;

    public static Spent Now(Region region, RegionNode node, RegionNode? peer = null) =>
        new(Of(node.ProcessId), Of(peer?.ProcessId), WithChildren(region.Postgres.ProcessId), Environment.CpuUsage.TotalTime);

    public static Spent operator -(Spent after, Spent before) =>
        new(after.Node - before.Node, after.Peer - before.Peer, after.Database - before.Database, after.Caller - before.Caller);

    public static Spent operator +(Spent one, Spent other) =>
        new(one.Node + other.Node, one.Peer + other.Peer, one.Database + other.Database, one.Caller + other.Caller);

    /// <summary>Of a process and all that it started, those that have ended too.</summary>
    public static TimeSpan WithChildren(int? pid)
    {
        if (pid is not { } parent) return TimeSpan.Zero;
        var ticks = 0L;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out var id) || Stat(id) is not { } fields) continue;
            // Fields 14 to 17 of proc(5): user and system, its own and of children that were waited for. After the name the third is the first.
            if (id == parent) ticks += fields[11..15].Sum(long.Parse);
            else if (fields[1] == parent.ToString()) ticks += fields[11..13].Sum(long.Parse);
        }
        return TimeSpan.FromSeconds((double)ticks / TicksPerSecond);
    }

    static TimeSpan Of(int? pid) => pid is { } id && Stat(id) is { } fields ? TimeSpan.FromSeconds((double)fields[11..13].Sum(long.Parse) / TicksPerSecond) : TimeSpan.Zero;

    static string[]? Stat(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }
}
