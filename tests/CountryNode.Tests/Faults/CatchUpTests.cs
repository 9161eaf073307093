using Coordination.Contracts.Referral.V1;
using Coordination.Local;

namespace Coordination.CountryNode.Tests.Faults;

/// <summary>A country that was away, and a node of more than one process.</summary>
public sealed class CatchUpTests(SharedRegion shared)
{
    [Fact]
    public async Task A_peer_that_was_down_for_a_thousand_referrals_catches_up_when_it_returns()
    {
        await using var region = await shared.StartAsync(["TH", "LA", "VN"], down: "LA");
        using var bangkok = region.Office("TH");
        using var hanoi = region.Office("VN");
        await Parallel.ForAsync(0, 1000, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = TestContext.Current.CancellationToken },
            async (_, _) => await bangkok.OpenAsync(Regions.Repatriation("TH", "LA")));
        (await region["TH"].AskAsync<long>("select count(*) from outbox")).ShouldBe(1000);
        // Whoever is away delays nobody else.
        var others = await bangkok.OpenAsync(Regions.Repatriation("TH", "VN"));
        await hanoi.UntilAsync(others.DossierId, referral => referral.State is ReferralState.Sent);

        await region["LA"].StartAsync(TestContext.Current.CancellationToken);
        await region.SettledAsync(TimeSpan.FromMinutes(2));
        (await region["LA"].AskAsync<long>("select count(*) from entry")).ShouldBe(1000);
        (await region["LA"].SetAsync()).ShouldBe(await region["TH"].SetToAsync("LA"));
        (await region["LA"].AskAsync<long>("select count(*) from dossier where state = 'Sent'")).ShouldBe(1000);
        region.Nodes.SelectMany(ErrorLogs.In).ShouldBeEmpty();
    }

    [Fact]
    public async Task Two_processes_of_one_node_on_one_database_deliver_everything_once_in_effect()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        var replica = await region["TH"].StartReplicaAsync(TestContext.Current.CancellationToken);
        OfficeClient[] bangkok = [region.Office("TH"), region.Office(replica)];
        using var vientiane = region.Office("LA");

        // Each referral is opened at one process and called off at the other, while both carry.
        await Parallel.ForAsync(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken }, async (i, _) =>
        {
            var referral = await bangkok[i % 2].OpenAsync(Regions.Repatriation("TH", "LA"));
            if (i % 3 == 0) await bangkok[(i + 1) % 2].CancelAsync(referral.DossierId);
        });
        await region.SettledAsync(TimeSpan.FromMinutes(1));

        (await region["LA"].SetAsync()).ShouldBe(await region["TH"].SetAsync());
        (await region["LA"].StatesAsync()).ShouldBe(await region["TH"].StatesAsync());
        (await region["LA"].AskAsync<long>("select count(*) from entry")).ShouldBe(267);
        (await region["TH"].AskAsync<long>("select count(*) from dossier where state = 'Cancelled'")).ShouldBe(67);
        // One receipt for each end of a chain that Vientiane came to hold, the same at both nodes.
        const string receipts = "select string_agg(encode(bytes, 'hex'), E'\\n' order by bytes) from receipt where holder = 'LA'";
        (await region["TH"].AskAsync<string>(receipts)).ShouldBe(await region["LA"].AskAsync<string>(receipts));
        (await region["LA"].AskAsync<long>("select count(*) from (select 1 from receipt where holder = 'LA' group by hash having count(*) > 1) twice")).ShouldBe(0);
        foreach (var office in bangkok) office.Dispose();
        region.Nodes.Append(replica).SelectMany(ErrorLogs.In).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_node_whose_database_went_away_answers_try_again_and_works_on_when_it_is_back()
    {
        await using var postgres = await PostgresServer.StartOwnAsync(TestContext.Current.CancellationToken);
        await using var region = await Region.StartAsync(new RegionOptions { Countries = ["TH", "LA"], Postgres = postgres }, TestContext.Current.CancellationToken);
        using var bangkok = region.Office("TH");
        using var vientiane = region.Office("LA");
        await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"));

        await postgres.KillAsync();
        var commandId = OfficeClient.NewCommandId();
        var request = Regions.Repatriation("TH", "LA");
        (await Refused.ByAsync(() => bangkok.OpenAsync(request, commandId))).ShouldBe(Grpc.Core.StatusCode.Unavailable, "STORE_UNAVAILABLE", "same request again");

        await postgres.ResumeAsync(TestContext.Current.CancellationToken);
        var opened = await bangkok.OpenAsync(request, commandId);
        await vientiane.UntilAsync(opened.DossierId, referral => referral.State is ReferralState.Sent);
    }

    [Fact]
    public async Task A_node_whose_database_is_away_says_so_once_with_its_cause_then_now_and_then_and_once_that_it_is_back()
    {
        await using var postgres = await PostgresServer.StartOwnAsync(TestContext.Current.CancellationToken);
        await using var region = await Region.StartAsync(new RegionOptions { Countries = ["TH", "LA"], Postgres = postgres }, TestContext.Current.CancellationToken);
        using var bangkok = region.Office("TH");
        await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"));
        var before = Log().Length;

        await postgres.KillAsync();
        // As many commands as fit, until the node has said twice more that it waits.
        (await Poll.UntilAsync(async () =>
        {
            foreach (var _ in Enumerable.Range(0, 10)) await Refused.ByAsync(() => bangkok.OpenAsync(Regions.Repatriation("TH", "LA")));
            return Count("The database has not answered for") >= 2;
        }, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken)).ShouldBeTrue();
        await postgres.ResumeAsync(TestContext.Current.CancellationToken);
        (await Poll.UntilAsync(() => Count("The database answers again.") == 1, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken)).ShouldBeTrue();

        Count("The database does not answer").ShouldBe(1);
        Log().Skip(before).Count(line => line.StartsWith("fail:", StringComparison.Ordinal)).ShouldBe(1);
        // Each sentence has a line above it; the stack stands there once.
        (Log().Length - before).ShouldBeLessThan(150);

        string[] Log() => File.ReadAllLines(region["TH"].LogFile);
        int Count(string sentence) => Log().Skip(before).Count(line => line.Contains(sentence, StringComparison.Ordinal));
    }
}
