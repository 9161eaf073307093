using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Exchange;
using Coordination.Local;
using Google.Protobuf;
using Grpc.Core;

namespace Coordination.CountryNode.Tests.Exchange;

/// <summary>What two nodes find by comparing.</summary>
public sealed class ReconciliationTests(SharedRegion shared)
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task What_every_other_road_lost_comes_back()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        using var bangkok = region.Office("TH");
        using var vientiane = region.Office("LA");
        var referrals = new List<ByteString>();
        for (var i = 0; i < 4; i++) referrals.Add((await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId);
        foreach (var id in referrals)
        {
            await vientiane.UntilAsync(id, referral => referral.State is ReferralState.Sent);
            await vientiane.AcknowledgeAsync(id);
            await bangkok.UntilAsync(id, referral => referral.State is ReferralState.Received);
        }
        await bangkok.CancelAsync(referrals[2]);
        await region.SettledAsync(Soon);
        var all = await region["TH"].SetAsync();

        // Vientiane loses a whole dossier and the end of another chain, Bangkok something of Vientiane's and one whole
        // dossier; each has the other's receipt, and nothing waits anywhere.
        await Task.WhenAll(region["TH"].StopAsync(), region["LA"].StopAsync());
        await region["LA"].LoseAsync(referrals[0]);
        await region["LA"].LoseAsync(referrals[2], "TH", from: 2);
        await region["TH"].LoseAsync(referrals[1], "LA", from: 1);
        await region["TH"].LoseAsync(referrals[3]);
        await Task.WhenAll(
            region["TH"].StartAsync(TestContext.Current.CancellationToken), region["LA"].StartAsync(TestContext.Current.CancellationToken));

        (await Poll.UntilAsync(async () => await region["LA"].SetAsync() == all && await region["TH"].SetAsync() == all, Soon, TestContext.Current.CancellationToken)).ShouldBeTrue();
        await region.SettledAsync(Soon);
        (await region["LA"].StatesAsync()).ShouldBe(await region["TH"].StatesAsync());
        foreach (var node in region.Nodes) (await node.WrongDigestsAsync()).ShouldBe(0);
        region.Nodes.SelectMany(ErrorLogs.In).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_never_announced_is_announced_and_receipted()
    {
        await using var region = await shared.StartAsync(["TH", "LA"], down: "LA");
        using var bangkok = region.Office("TH");
        using var vientiane = region.Office("LA");
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        await region["TH"].AskAsync<object?>("delete from outbox");

        await region["LA"].StartAsync(TestContext.Current.CancellationToken);
        await vientiane.UntilAsync(id, referral => referral.State is ReferralState.Sent);
        (await Poll.UntilAsync(async () => await region["TH"].AskAsync<long>("select count(*) from receipt where holder = 'LA'") == 1, Soon, TestContext.Current.CancellationToken)).ShouldBeTrue();
        await region.SettledAsync(Soon);
    }

    [Fact]
    public async Task Where_both_hold_the_same_nothing_is_exchanged_but_256_digests()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        using var bangkok = region.Office("TH");
        using var vientiane = region.Office("LA");
        for (var i = 0; i < 3; i++)
        {
            var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
            await vientiane.UntilAsync(id, referral => referral.State is ReferralState.Sent);
            await vientiane.AcknowledgeAsync(id);
        }
        await region.SettledAsync(Soon);
        using var laos = region.As("LA", to: "TH");
        using var thailand = region.As("TH", to: "LA");
        var buckets = await laos.BucketsAsync();
        buckets.ShouldBe(await thailand.BucketsAsync());
        buckets.Count.ShouldBe(256);

        await Task.WhenAll(region["TH"].StopAsync(), region["LA"].StopAsync());
        await using var standIn = await FakePeer.StartAsync(region["LA"]);
        standIn.Buckets = buckets;
        await region["TH"].StartAsync(TestContext.Current.CancellationToken);
        (await Poll.UntilAsync(() => standIn.Comparisons >= 1, Soon, TestContext.Current.CancellationToken)).ShouldBeTrue();
        // Something new, so that what would follow a comparison has had its time.
        await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"));
        (await Poll.UntilAsync(() => !standIn.Deliveries.IsEmpty, Soon, TestContext.Current.CancellationToken)).ShouldBeTrue();
        standIn.Listings.ShouldBe(0);
    }

    [Fact]
    public async Task A_peer_that_answers_again_is_compared_with_at_once()
    {
        await using var region = await shared.StartAsync(["TH", "LA"], down: "LA");
        using var bangkok = region.Office("TH");
        await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"));
        await region["TH"].AskAsync<object?>("delete from outbox");
        // What a comparison announces is delivered: then it is over, and the next would be in five minutes.
        await using (var first = await FakePeer.StartAsync(region["LA"]))
            (await Poll.UntilAsync(() => !first.Deliveries.IsEmpty && first.Comparisons == 1, Soon, TestContext.Current.CancellationToken)).ShouldBeTrue();
        var outages = Outages();
        (await Poll.UntilAsync(() => Outages() > outages, Soon, TestContext.Current.CancellationToken)).ShouldBeTrue();

        await using var again = await FakePeer.StartAsync(region["LA"]);
        (await Poll.UntilAsync(() => again.Comparisons == 1, Soon, TestContext.Current.CancellationToken)).ShouldBeTrue();

        int Outages() => File.ReadLines(region["TH"].LogFile).Count(line => line.Contains("LA cannot be reached", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nodes_that_hold_different_forks_and_waiting_entries_come_to_hold_the_same()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        using var bangkok = region.Office("TH");
        var (thailand, laos) = (region.PenOf("TH"), region.PenOf("LA"));
        using var toThailand = region.As("LA", to: "TH");
        using var toLaos = region.As("TH", to: "LA");
        var opening = thailand.Open("LA");
        await toLaos.DeliverAsync(opening);
        await toThailand.DeliverAsync(opening);
        // Each node hears another side of a fork, and one of them what descends from something that nobody holds.
        var (one, other) = (laos.Begin(new Domain.Referrals.Acknowledged(), opening), laos.Begin(new Domain.Referrals.TakenUp(), opening));
        await toThailand.DeliverAsync(one);
        await toLaos.DeliverAsync(other);
        var missing = laos.Continue(one, new Domain.Referrals.TakenUp());
        await toThailand.DeliverAsync(laos.Continue(missing, new Domain.Referrals.Cancelled()));
        (await toThailand.BucketsAsync()).ShouldNotBe(await toLaos.BucketsAsync());

        foreach (var node in region.Nodes) await node.StopAsync();
        foreach (var node in region.Nodes) await node.StartAsync(TestContext.Current.CancellationToken);
        (await Poll.UntilAsync(async () => await region["LA"].SetAsync() == await region["TH"].SetAsync(), Soon, TestContext.Current.CancellationToken)).ShouldBeTrue();
        (await region["TH"].AskAsync<long>("select count(*) from entry")).ShouldBe(4);
        using var laosAgain = region.As("LA", to: "TH");
        using var thailandAgain = region.As("TH", to: "LA");
        (await laosAgain.BucketsAsync()).ShouldBe(await thailandAgain.BucketsAsync());
        foreach (var node in region.Nodes) (await node.WrongDigestsAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_node_hears_of_no_dossier_that_does_not_name_it()
    {
        await using var region = await shared.StartAsync(["TH", "LA", "VN"], down: "VN");
        using var bangkok = region.Office("TH");
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        await region["TH"].UntilDeliveredAsync(id);

        using var laos = region.As("LA", to: "TH");
        (await laos.ListAsync(id[0])).ShouldBe([id]);
        using var vietnam = region.As("VN", to: "TH");
        (await vietnam.ListAsync(id[0])).ShouldBeEmpty();
        (await vietnam.BucketsAsync()).Distinct().Count().ShouldBe(1);
        (await Refused.ByAsync(() => vietnam.ListAsync(256))).ShouldBe(StatusCode.InvalidArgument, "FIELD_INVALID", "bucket is 256");
        (await Refused.ByAsync(() => vietnam.ListAsync(0, ByteString.CopyFromUtf8("x")))).ShouldBe(StatusCode.InvalidArgument, "FIELD_INVALID", "after");
    }

    [Fact]
    public async Task A_bucket_that_is_too_large_for_one_message_comes_in_several()
    {
        const int dossiers = Batch.MostDossiers + 10;
        await using var region = await shared.StartAsync(["TH", "LA"], down: ["LA"]);
        await region["TH"].AskAsync<object?>(
            """
            with filled as (
                insert into dossier (id, kind, held, digest)
                select '\x07'::bytea || substr(sha256(number::text::bytea), 2), 'Referral', 0, sha256(''::bytea) from generate_series(1, $1) as number
                returning id)
            insert into participant (dossier_id, node, writes) select id, 'LA', true from filled
            """, dossiers);

        using var laos = region.As("LA", to: "TH");
        var first = await laos.ListAsync(7);
        first.Count.ShouldBe(Batch.MostDossiers);
        var second = await laos.ListAsync(7, after: first[^1]);
        (await laos.ListAsync(7, after: second[^1])).ShouldBeEmpty();
        first.Concat(second).Distinct().Count().ShouldBe(dossiers);
        (await laos.ListAsync(8)).ShouldBeEmpty();
    }
}
