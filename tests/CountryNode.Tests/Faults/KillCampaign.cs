using System.Collections.Concurrent;
using System.Security.Cryptography;
using Coordination.Contracts.Referral.V1;
using Coordination.Local;
using Google.Protobuf;
using Grpc.Core;
using Npgsql;

namespace Coordination.CountryNode.Tests.Faults;

/// <summary>Nodes that are killed in the middle of whatever they do, again and again.</summary>
/// <remarks>
/// What a kill hit is read off both databases afterwards, never arranged by a switch in the product: commands that were
/// under way at the victim, and parcels that were claimed, on either side, at the moment of the kill.
/// </remarks>
public sealed class KillCampaign(SharedRegion shared)
{
    /// <summary>A sample by default; <c>infra/campaign</c> sets 50.</summary>
    static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("COORDINATION_KILLS") ?? "6");

    /// <summary>Kills that hit nothing at all are not counted, and every moment has to be hit; this many at most, so that the campaign ends.</summary>
    static readonly int MostTries = Kills + 40;

    enum Moment
    {
        CommandNotCommitted = 1,
        CommandCommittedNotAnswered,
        DeliveryNotArrived,
        DeliveryArrivedNotSettled,
        AdmissionNotCommitted,
        AdmissionCommittedNotReceipted,
    }

    [Fact]
    public async Task Nodes_killed_at_random_moments_lose_nothing_that_was_answered_and_end_with_the_same_set()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        var traffic = new Traffic(region);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var running = traffic.RunAsync(over.Token);

        var hits = Enum.GetValues<Moment>().ToDictionary(moment => moment, _ => 0);
        var (counted, tries) = (0, 0);
        while ((counted < Kills || hits.ContainsValue(0)) && tries++ < MostTries)
        {
            var (victim, other) = tries % 2 == 0 ? (region["TH"], region["LA"]) : (region["LA"], region["TH"]);
            await UntilEntriesFlowAsync(region);
            await Task.Delay(RandomNumberGenerator.GetInt32(1, 300), TestContext.Current.CancellationToken);

            var kill = victim.KillAsync();
            var underWay = traffic.UnderWay(victim.Id);
            var sentToVictim = await ClaimedAsync(other);
            await kill;
            await UntilNoBackendAsync(victim);

            var hit = new HashSet<Moment>();
            foreach (var command in underWay)
                hit.Add(await IsAnsweredInDatabaseAsync(victim, command) ? Moment.CommandCommittedNotAnswered : Moment.CommandNotCommitted);
            foreach (var dossier in await ClaimedAsync(victim))
                hit.Add(await HoldsAllOfAsync(other, victim, dossier) ? Moment.DeliveryArrivedNotSettled : Moment.DeliveryNotArrived);
            foreach (var dossier in sentToVictim)
                hit.Add(await HoldsAllOfAsync(victim, other, dossier) ? Moment.AdmissionCommittedNotReceipted : Moment.AdmissionNotCommitted);
            foreach (var moment in hit) hits[moment]++;
            if (hit.Count > 0) counted++;

            await victim.StartAsync(TestContext.Current.CancellationToken);
        }

        await over.CancelAsync();
        await running;
        await region.SettledAsync(TimeSpan.FromMinutes(2));
        Console.WriteLine($"Kill campaign: {counted} kills that hit something, of {tries}; {traffic.Answered.Count} commands answered. {string.Join(", ", hits.Select(hit => $"{hit.Key} {hit.Value}"))}");

        counted.ShouldBeGreaterThanOrEqualTo(Kills);
        hits.Where(hit => hit.Value == 0).Select(hit => hit.Key).ShouldBeEmpty("every moment has to be hit");
        (await region["LA"].SetAsync()).ShouldBe(await region["TH"].SetAsync());
        (await region["LA"].StatesAsync()).ShouldBe(await region["TH"].StatesAsync());
        foreach (var node in region.Nodes)
        {
            (await node.AskAsync<long>("select count(*) from (select 1 from entry group by dossier_id, author, seq having count(*) > 1) twice")).ShouldBe(0, "each entry once");
            (await node.AskAsync<long>("select count(*) from dossier where held <> (select count(*) from entry where dossier_id = id)")).ShouldBe(0);
            foreach (var (dossier, author, seq) in traffic.Answered)
                (await node.AskAsync<long>("select count(*) from entry where dossier_id = $1 and author = $2 and seq = $3", dossier.ToByteArray(), author, (int)seq))
                    .ShouldBe(1, $"{author} {seq} was answered, and {node.Id} has to hold it");
        }
    }

    /// <summary>A kill in the middle of nothing shows nothing: both roads have to be in use again.</summary>
    static async Task UntilEntriesFlowAsync(Region region)
    {
        foreach (var node in region.Nodes)
        {
            const string received = "select count(*) from entry where handed_on_by is not null";
            var before = await node.AskAsync<long>(received);
            (await Poll.UntilAsync(async () => await node.AskAsync<long>(received) > before, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken))
                .ShouldBeTrue($"Nothing arrives at {node.Id} any more.");
        }
    }

    static async Task<List<byte[]>> ClaimedAsync(RegionNode node)
    {
        var claimed = await node.AskAsync<string>("select coalesce(string_agg(encode(dossier_id, 'hex'), ','), '') from outbox where claimed_until > now()");
        return [.. claimed.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Convert.FromHexString)];
    }

    static async Task<bool> HoldsAllOfAsync(RegionNode receiver, RegionNode sender, byte[] dossier)
    {
        const string last = "select coalesce(max(seq), 0) from entry where dossier_id = $1 and author = $2";
        return await receiver.AskAsync<int>(last, dossier, sender.Id) >= await sender.AskAsync<int>(last, dossier, sender.Id);
    }

    static async Task<bool> IsAnsweredInDatabaseAsync(RegionNode node, string commandId) =>
        await node.AskAsync<long>("select count(*) from command where command_id = $1", commandId) == 1;

    /// <summary>A commit that the victim had asked for may still be under way in the server.</summary>
    async Task UntilNoBackendAsync(RegionNode victim)
    {
        var database = new NpgsqlConnectionStringBuilder(victim.DatabaseConnectionString).Database!;
        await using var server = NpgsqlDataSource.Create(shared.Postgres.ConnectionString);
        (await Poll.UntilAsync(async () =>
        {
            await using var command = server.CreateCommand("select count(*) from pg_stat_activity where datname = $1 and application_name <> 'test' and state = 'active'");
            command.Parameters.Add(new NpgsqlParameter { Value = database });
            return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))! == 0;
        }, TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken)).ShouldBeTrue();
    }

    /// <summary>Offices of both countries that keep working, each repeating a command until it is answered.</summary>
    sealed class Traffic(Region region)
    {
        const int Openers = 6;
        const int Answerers = 6;

        readonly ConcurrentDictionary<string, string> _underWay = [];
        readonly ConcurrentQueue<ByteString> _opened = [];

        /// <summary>What was answered: the author's last entry in the dossier then.</summary>
        public ConcurrentBag<(ByteString Dossier, string Author, uint Seq)> Answered { get; } = [];

        public List<string> UnderWay(string node) => [.. _underWay.Where(command => command.Value == node).Select(command => command.Key)];

        public Task RunAsync(CancellationToken over) => Task.WhenAll([
            .. Enumerable.Range(0, Openers).Select(_ => OpenAsync(over)),
            .. Enumerable.Range(0, Answerers).Select(_ => AnswerAsync(over))]);

        async Task OpenAsync(CancellationToken over)
        {
            using var bangkok = region.Office("TH");
            for (var i = 0; !over.IsCancellationRequested; i++)
            {
                var opened = await DoAsync("TH", commandId => bangkok.OpenAsync(Regions.Repatriation("TH", "LA"), commandId), over);
                if (opened is null) continue;
                _opened.Enqueue(opened.DossierId);
                if (i % 5 == 0) await DoAsync("TH", commandId => bangkok.CancelAsync(opened.DossierId, commandId), over);
            }
        }

        async Task AnswerAsync(CancellationToken over)
        {
            using var vientiane = region.Office("LA");
            while (!over.IsCancellationRequested)
            {
                if (!_opened.TryDequeue(out var id))
                {
                    await Task.Delay(20, CancellationToken.None);
                    continue;
                }
                if (await DoAsync("LA", commandId => vientiane.AcknowledgeAsync(id, commandId), over) is null) continue;
                await DoAsync("LA", commandId => id[0] % 2 == 0 ? vientiane.TakeUpAsync(id, commandId) : vientiane.DeclineAsync(id, DeclineReason.Other, commandId), over);
            }
        }

        /// <summary>The answer; null when the node refused, or the campaign was over first.</summary>
        async Task<Referral?> DoAsync(string node, Func<string, Task<Referral>> command, CancellationToken over)
        {
            var commandId = OfficeClient.NewCommandId();
            while (!over.IsCancellationRequested)
            {
                _underWay[commandId] = node;
                try
                {
                    var answer = await command(commandId);
                    _underWay.TryRemove(commandId, out _);
                    Answered.Add((answer.DossierId, node, answer.Chains.Single(chain => chain.Author == node).Seq));
                    return answer;
                }
                catch (RpcException refused) when (refused.StatusCode is StatusCode.FailedPrecondition)
                {
                    _underWay.TryRemove(commandId, out _);
                    return null;
                }
                catch (RpcException)
                {
                    // Down, or not arrived yet: the same command again.
                    _underWay.TryRemove(commandId, out _);
                    await Task.Delay(30, CancellationToken.None);
                }
            }
            return null;
        }
    }
}
