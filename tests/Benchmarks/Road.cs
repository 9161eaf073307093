using System.Diagnostics;
using Coordination.Local;
using Npgsql;

namespace Coordination.Benchmarks;

/// <summary>The road to the receiving node, which can be cut: its process stands still, and what it is asked is not answered.</summary>
/// <remarks>It is as warm when it goes on as a node is after an outage of the network, and nothing else has changed meanwhile, no trust list either.</remarks>
sealed class Road(Region region, RegionNode receiver)
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    public Task CutAsync(CancellationToken stop) => SignalAsync("STOP", stop);

    public Task JoinAsync(CancellationToken stop) => SignalAsync("CONT", stop);

    /// <summary>Lets entries wait, joins the road, and sees how soon the other node's receipts are there for all.</summary>
    public async Task<Row> MeasureAsync(Extent extent, RegionNode writer, SingleRow singleRow, Stages stages, CancellationToken stop)
    {
        await using var database = NpgsqlDataSource.Create(writer.DatabaseConnectionString);
        using var offices = new Offices(region, writer);
        // What waits already warms the receiving node.
        await JoinAsync(stop);
        await UntilEmptyAsync();
        List<double> ceilings = [await singleRow.MeasureAsync(extent.Ceiling, stop)], drained = [];
        var (spent, entries) = (default(Spent), 0L);
        for (var round = 0; round < extent.Rounds; round++)
        {
            await CutAsync(stop);
            await offices.OpenAsync(Limit, extent.Waiting, stop);
            var (waiting, receipts) = (await CountAsync("select count(*) from outbox"), await CountAsync("select count(*) from receipt"));

            var before = Spent.Now(region, writer, receiver);
            await JoinAsync(stop);
            // From the first batch on: when a node looks at a road again that was cut is chance.
            await UntilAsync("select count(*) from receipt", count => count > receipts);
            var already = await CountAsync("select count(*) from receipt") - receipts;
            var began = Stopwatch.GetTimestamp();
            await UntilEmptyAsync();
            drained.Add((waiting - already) / Stopwatch.GetElapsedTime(began).TotalSeconds);
            spent += Spent.Now(region, writer, receiver) - before;
            entries += waiting;
            ceilings.Add(await singleRow.MeasureAsync(extent.Ceiling, stop));
        }
        return Row.Of(
            $"drain {extent.Waiting:#,0} waiting entries", new("from the first receipt to the last, once the road is joined; both nodes real, one dossier an entry", "/s", drained),
            new(SingleRow.What, "/s", ceilings), 1.0, null,
            [
                new("sending node, whole", spent.Node.TotalMicroseconds / entries, "its process from the joining of the road to the last receipt: /proc/<pid>/stat"),
                new("receiving node, whole", spent.Peer.TotalMicroseconds / entries, "the same"),
                .. stages.OfDoor(spent.Peer.TotalMicroseconds / entries),
                new("databases of both, whole", spent.Database.TotalMicroseconds / entries, "PostgreSQL's processes over the same time: /proc/<pid>/stat"),
                singleRow.Cpu,
            ]);

        async Task<long> CountAsync(string sql)
        {
            await using var command = database.CreateCommand(sql);
            return (long)(await command.ExecuteScalarAsync(stop))!;
        }

        Task UntilEmptyAsync() => UntilAsync("select count(*) from (select from outbox limit 1) as waiting", count => count == 0);

        async Task UntilAsync(string sql, Func<long, bool> reached)
        {
            if (!await Poll.UntilAsync(async () => reached(await CountAsync(sql)), Limit, stop)) throw new LocalException($"The road did not empty: see {writer.LogFile} and {receiver.LogFile}.");
        }
    }

    /// <summary>Only this process is meant, by its id; one that is still when it is to end is killed.</summary>
    async Task SignalAsync(string signal, CancellationToken stop) => await Tools.RunAsync("kill", [$"-{signal}", $"{receiver.ProcessId}"], stop);
}
