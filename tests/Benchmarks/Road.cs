using System.Diagnostics;
using Coordination.Contracts.Peer.V1;
using Coordination.Local;
using Npgsql;

namespace Coordination.Benchmarks;

/// <summary>The road between the nodes, which can be cut: by a trust list that names a port at which nobody listens.</summary>
/// <remarks>Both processes go on, and are as warm when the road is back as after any outage of a network.</remarks>
sealed class Road(Region region, string played)
{
    /// <summary>Of 127.0.0.1: reserved, and nobody's.</summary>
    const string Nowhere = "https://127.0.0.1:1";

    static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    readonly TrustList _whole = region.TrustList.Clone();
    ulong _version = region.TrustList.Version;

    public Task CutAsync(CancellationToken stop) => TakeAsync(node => node.PeerAddress = Nowhere, stop);

    public Task JoinAsync(CancellationToken stop) => TakeAsync(_ => { }, stop);

    /// <summary>Lets entries wait, joins the road, and sees how soon the other node's receipts are there for all.</summary>
    public async Task<Row> MeasureAsync(Extent extent, RegionNode writer, RegionNode receiver, SingleRow singleRow, Stages stages, CancellationToken stop)
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

    /// <summary>Hands every node a newer list, and waits until those that run go by it.</summary>
    async Task TakeAsync(Action<TrustedNode> change, CancellationToken stop)
    {
        var list = _whole.Clone();
        list.Version = ++_version;
        foreach (var node in list.Nodes) change(node);
        region.WriteTrustList(list);
        foreach (var node in region.Nodes.Where(node => node.IsRunning))
        {
            using var peer = new PlayedPeer(region, played, node);
            if (!await Poll.UntilAsync(async () => await peer.TrustVersionAsync(stop) == list.Version, Limit, stop)) throw new LocalException($"{node.Id} does not take a newer trust list: see {node.LogFile}.");
        }
    }
}
