using System.Text.Json;
using Coordination.Local;

namespace Coordination.Interop;

/// <summary><c>infra/bench</c> runs, and says what it has to say. How fast anything is, is for people to read.</summary>
public sealed class BenchTests
{
    /// <summary>Built beside this program.</summary>
    static readonly string Program = Path.Combine(
        Checkout.Root, "tests", "Benchmarks", Path.GetRelativePath(Path.Combine(Checkout.Root, "tests", "Interop"), AppContext.BaseDirectory), "Coordination.Benchmarks.dll");

    [Fact]
    public async Task A_quick_bench_measures_every_path_beside_its_ceiling()
    {
        var folder = Directory.CreateTempSubdirectory("coordination-bench-");
        try
        {
            var file = Path.Combine(folder.FullName, "figures.json");
            await Programs.RunAsync("dotnet", [Program, "--quick", "-o", file], "", TestContext.Current.CancellationToken);
            using var report = JsonDocument.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
            var root = report.RootElement;
            foreach (var of in (string[])["cpu", "kernel", "dotNet", "postgreSql"]) root.GetProperty("machine").GetProperty(of).GetString().ShouldNotBeNullOrEmpty();
            root.GetProperty("commit").GetString().ShouldNotBeNullOrEmpty();
            root.GetProperty("date").GetDateTimeOffset().Year.ShouldBeGreaterThan(2000);

            var rows = root.GetProperty("rows").EnumerateArray().ToList();
            var paths = rows.Select(row => row.GetProperty("path").GetString()!).ToList();
            paths.Take(5).Select(path => path.Split(' ')[0]).ShouldBe(["open", "admit", "drain", "one", "a"]);
            // Every page of the console that many dossiers can make slow.
            paths.Skip(5).ShouldBe(((string[])["/", "/referrals", "/referrals/…", "/referrals/…/say/InformationRequested", "/new", "/approvals", "/counterparts", "/hand-over", "/account", "/audit", "/audit?verify=true", "/people", "/operations"]).Select(page => $"first byte of {page}"));
            foreach (var row in rows)
            {
                foreach (var figure in (string[])["measured", "ceiling"])
                    row.GetProperty(figure).GetProperty("values").EnumerateArray().Select(value => value.GetDouble()).ShouldAllBe(value => value > 0);
                row.GetProperty("wanted").GetString().ShouldNotBeNullOrEmpty();
                (row.GetProperty("met").ValueKind is JsonValueKind.True or JsonValueKind.False).ShouldBeTrue();
            }
            foreach (var row in rows.Take(4)) row.GetProperty("cpu").GetArrayLength().ShouldBeGreaterThan(3);
            foreach (var row in rows.Skip(5)) row.GetProperty("latency").GetProperty("p95").GetDouble().ShouldBeGreaterThan(0);
            foreach (var row in (int[])[0, 1, 3])
            {
                double[] latencies = [0, .. ((string[])["p50", "p95", "p99"]).Select(part => rows[row].GetProperty("latency").GetProperty(part).GetDouble())];
                latencies.ShouldBeInOrder();
                // Not all calls of a row take the same: half of them stay well below the slowest.
                latencies[1].ShouldBeLessThan(latencies[3]);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
