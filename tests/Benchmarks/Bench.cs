using System.Globalization;
using Coordination.Local;
using Npgsql;

namespace Coordination.Benchmarks;

/// <summary>One run: a server, three countries of which one is played by this program, and every row after the other.</summary>
static class Bench
{
    /// <summary>The nodes: Thailand writes, Lao PDR receives, and Viet Nam's key and certificate are this program's.</summary>
    const string Writer = "TH", Receiver = "LA", Played = "VN";

    /// <summary>At most, of a node that does nothing.</summary>
    const double MostResident = 200;

    public static async Task<Report> RunAsync(Extent extent, CancellationToken stop)
    {
        var loadBefore = Machine.Load;
        await using var region = await Region.StartAsync(new RegionOptions { Countries = [Writer, Receiver, Played], Down = [Played] }, stop);
        var (writer, receiver) = (region[Writer], region[Receiver]);

        var idle = await IdleAsync(writer, stop);
        var singleRow = await SingleRow.PrepareAsync(region, stop);
        var unary = await Unary.MeasureAsync(extent, region, stop);
        var stages = await Stages.MeasureAsync(extent, region, unary, stop);

        var road = new Road(region, receiver);
        await road.CutAsync(stop);
        var opening = await Openings.MeasureAsync(extent, region, writer, singleRow, stages, stop);
        var drain = await road.MeasureAsync(extent, writer, singleRow, stages, stop);
        var door = await Batches.MeasureAsync(extent, region, receiver, Played, singleRow, stages, stop);
        var pages = await Pages.MeasureAsync(extent, region, stop);

        return new(
            Machine.Of(await VersionAsync(region, stop)), await CommitAsync(stop), TimeProvider.System.GetUtcNow(), extent.IsQuick, loadBefore, Machine.Load,
            [opening, door, drain, unary.Row, idle, .. pages]);
    }

    /// <summary>What a node holds in memory once it has started and nobody asks anything of it: when it no longer changes.</summary>
    static async Task<Row> IdleAsync(RegionNode node, CancellationToken stop)
    {
        var (last, same) = (0L, 0);
        // 25 ms apart: the same for a second and a half.
        await Poll.UntilAsync(() =>
        {
            var now = Resident(node);
            same = Math.Abs(now - last) <= last / 200 ? same + 1 : 0;
            if (same == 0) last = now;
            return same >= 60;
        }, TimeSpan.FromSeconds(20), stop);
        var resident = Resident(node) / 1024.0;
        return new("a node idle", new("VmRSS of /proc/<pid>/status once it has settled", "MiB", [resident]), new("wanted at most", "MiB", [MostResident]),
            $"< {MostResident:0} MB", resident / MostResident, resident * 1.048576 < MostResident, null, []);
    }

    /// <summary>KiB.</summary>
    static long Resident(RegionNode node) => File.ReadLines($"/proc/{node.ProcessId}/status")
        .Where(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
        .Select(line => long.Parse(line["VmRSS:".Length..].Trim().Split(' ')[0], CultureInfo.InvariantCulture)).First();

    static async Task<string> VersionAsync(Region region, CancellationToken stop)
    {
        await using var source = NpgsqlDataSource.Create(region.Postgres.ConnectionString);
        await using var command = source.CreateCommand("show server_version");
        return (string)(await command.ExecuteScalarAsync(stop))!;
    }

    static async Task<string> CommitAsync(CancellationToken stop)
    {
        try
        {
            return (await Tools.RunAsync("git", ["-C", Checkout.Root, "describe", "--always", "--dirty", "--abbrev=12"], stop)).Trim();
        }
        catch (Exception none) when (none is LocalException or System.ComponentModel.Win32Exception)
        {
            return "unknown";
        }
    }
}
