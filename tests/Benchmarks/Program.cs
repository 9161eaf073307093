using System.CommandLine;
using System.Net.Sockets;
using Coordination.Local;
using Npgsql;

namespace Coordination.Benchmarks;

/// <summary><c>infra/bench</c>: measures, prints a table and writes the figures. A figure that misses what is wanted fails nothing: machines are noisy.</summary>
static class Program
{
    static Task<int> Main(string[] args)
    {
        var quick = new Option<bool>("--quick") { Description = "Every row, each too short to believe: shows that the bench runs." };
        var output = new Option<FileInfo>("--output", "-o") { Description = "Where the figures go, as JSON; .run/bench/<date>.json when left out." };
        var root = new RootCommand("Measures the paths that have to be fast, each beside its ceiling in the same run.") { quick, output };
        root.SetAction((arguments, stop) => MeasureAsync(arguments.GetValue(quick) ? Extent.Quick : Extent.Full, arguments.GetValue(output), stop));
        return root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }

    static async Task<int> MeasureAsync(Extent extent, FileInfo? output, CancellationToken stop)
    {
        try
        {
            var report = await Bench.RunAsync(extent, stop);
            Print.Table(report);
            var file = output?.FullName ?? Path.Combine(Checkout.RunFolder, "bench", $"{report.Date:yyyyMMdd-HHmmss}.json");
            report.Write(file);
            Console.WriteLine(file);
            return 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 130;
        }
        catch (Exception fault) when (fault is LocalException or IOException or UnauthorizedAccessException or NpgsqlException or SocketException or System.ComponentModel.Win32Exception)
        {
            await Console.Error.WriteLineAsync(fault.Message);
            return 1;
        }
    }
}

/// <summary>How long each row is measured.</summary>
/// <param name="IsQuick">Too short to believe.</param>
/// <param name="Rounds">How often each row is measured; before, between and after stand its ceilings.</param>
/// <param name="Ceiling">How pgbench says how long one measuring of a ceiling is.</param>
/// <param name="Opening">One measuring of openings.</param>
/// <param name="WarmUp">Before the first of them, unmeasured: a node that has just started compiles what it runs.</param>
/// <param name="Batches">Of 256 entries, in one measuring of the door.</param>
/// <param name="Waiting">Entries that wait for the road.</param>
/// <param name="Calls">In one measuring of the unary call.</param>
/// <param name="Stage">CPU time for which one stage is repeated.</param>
/// <param name="Pages">How often each page of the console is asked for in one measuring.</param>
sealed record Extent(bool IsQuick, int Rounds, IReadOnlyList<string> Ceiling, TimeSpan Opening, TimeSpan WarmUp, int Batches, int Waiting, int Calls, TimeSpan Stage, int Pages)
{
    public static Extent Full { get; } = new(
        false, 3, ["-T", "5"], TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10), 40, 10_000, 100_000, TimeSpan.FromSeconds(1), 40);

    public static Extent Quick { get; } = new(
        true, 1, ["-t", "20"], TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(500), 2, 512, 2_000, TimeSpan.FromMilliseconds(20), 3);
}
