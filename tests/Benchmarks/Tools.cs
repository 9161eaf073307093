using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Coordination.Local;
using Npgsql;

namespace Coordination.Benchmarks;

/// <summary>Programs that we did not write: they load, and they set the ceilings.</summary>
static partial class Tools
{
    const string InstallWith = "install it (on Debian or Ubuntu: infra/bench does, or apt-get install";

    /// <summary>The newest pgbench: Debian keeps it beside the server.</summary>
    public static string PgBench() => (Directory.Exists("/usr/lib/postgresql") ? Directory.EnumerateDirectories("/usr/lib/postgresql") : [])
        .OrderByDescending(version => double.TryParse(Path.GetFileName(version), CultureInfo.InvariantCulture, out var number) ? number : 0)
        .Select(version => Path.Combine(version, "bin", "pgbench")).Concat(OnPath("pgbench")).FirstOrDefault(File.Exists)
        ?? throw new LocalException($"pgbench is missing: {InstallWith} postgresql).");

    public static string H2Load() => OnPath("h2load").FirstOrDefault(File.Exists) ?? throw new LocalException($"h2load is missing: {InstallWith} nghttp2-client).");

    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, CancellationToken stop, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(stop), process.StandardError.ReadToEndAsync(stop));
            await process.WaitForExitAsync(stop);
            return process.ExitCode == 0 ? await output : throw new LocalException($"{program} failed: {await errors}{await output}");
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    static IEnumerable<string> OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Select(folder => Path.Combine(folder, program));

    /// <summary>A number that a program printed.</summary>
    public static double Number(string output, Regex pattern) => pattern.Match(output) is { Success: true } found
        ? double.Parse(found.Groups["number"].Value, CultureInfo.InvariantCulture)
        : throw new LocalException($"Unexpected output: {output}");
}

/// <summary>The ceiling of all that is written: one row of half a kilobyte, one durable commit, and nothing else, by 32 clients on the same server.</summary>
sealed partial class SingleRow(PostgresDatabase database, string script, int? server)
{
    public const string What = "pgbench, 32 clients: insert one row of 0.5 KB, commit";

    readonly List<double> _postgres = [];

    /// <summary>CPU time of PostgreSQL per insert.</summary>
    public Stage Cpu => new("database, at the ceiling", _postgres.Average(), "PostgreSQL's processes over pgbench's inserts: /proc/<pid>/stat");

    public static async Task<SingleRow> PrepareAsync(Region region, CancellationToken stop)
    {
        var database = await region.Postgres.CreateDatabaseAsync("ceiling", stop);
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var command = source.CreateCommand("create table single_row (id bigint generated always as identity primary key, body text not null)");
        await command.ExecuteNonQueryAsync(stop);
        var script = Path.Combine(region.Folder, "single-row.sql");
        await File.WriteAllTextAsync(script, "insert into single_row (body) values (repeat('x', 500));\n", stop);
        return new(database, script, region.Postgres.ProcessId);
    }

    /// <summary>Rows a second.</summary>
    public async Task<double> MeasureAsync(IReadOnlyList<string> extent, CancellationToken stop)
    {
        var connection = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        var before = Spent.WithChildren(server);
        var output = await Tools.RunAsync(
            Tools.PgBench(),
            ["-n", "-M", "prepared", "-c", "32", "-j", "2", .. extent, "-f", script, "-h", connection.Host!, "-p", $"{connection.Port}", "-U", connection.Username!, connection.Database!],
            stop, ("PGPASSWORD", connection.Password!));
        var spent = Spent.WithChildren(server) - before;
        _postgres.Add(spent.TotalMicroseconds / Tools.Number(output, Transactions()));
        return Tools.Number(output, PerSecond());
    }

    [GeneratedRegex(@"^tps = (?<number>[\d.]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PerSecond();

    [GeneratedRegex(@"number of transactions actually processed: (?<number>\d+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Transactions();
}
