using Coordination.Contracts.Dossier.V1;
using Coordination.CountryNode.Desks;
using Coordination.Hosting.Trust;
using Coordination.Local;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Disposition = Coordination.Contracts.Peer.V1.Disposition;

namespace Coordination.CountryNode.Tests.Exchange;

/// <summary>What whoever looks after a node sees, and can do.</summary>
public sealed class OperationsTests(SharedRegion shared)
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_country_that_gives_no_answer_is_shown_with_since_when_and_what_waits_for_it_until_it_answers()
    {
        await using var region = await shared.StartAsync(["TH", "LA"], down: "LA");
        using var bangkok = region.Office("TH");
        using var administrator = region.Office("TH", "administrator");
        await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"));
        var away = await UntilAsync(administrator, now => now.Peers.Single().LostSince is not null);
        var laos = away.Peers.Single();
        (laos.Node, laos.Good, laos.Waiting, laos.ComparedAt).ShouldBe(("LA", false, 1u, null));
        laos.LostBecause.ShouldStartWith("LA ");
        laos.OldestSince.ToDateTimeOffset().ShouldBe(TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(1));

        await region["LA"].StartAsync(TestContext.Current.CancellationToken);
        var back = (await UntilAsync(administrator, now => now.Peers.Single() is { LostSince: null, Waiting: 0 })).Peers.Single();
        (back.Good, back.LostBecause, back.OldestSince).ShouldBe((true, "", null));
        back.ComparedAt.ToDateTimeOffset().ShouldBe(TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_country_that_answers_and_has_waited_for_more_than_an_hour_is_not_good()
    {
        await using var region = await shared.StartAsync(["TH", "LA"], down: "LA");
        await using var vientiane = await FakePeer.StartAsync(region["LA"]);
        using var bangkok = region.Office("TH");
        using var administrator = region.Office("TH", "administrator");
        vientiane.Answer = request => Task.FromResult(FakePeer.All(request, Disposition.TryAgain, "NOT_STORED"));
        await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"));
        (await UntilAsync(administrator, now => now.Peers.Single() is { Waiting: 1, LostSince: null, ComparedAt: not null })).Peers.Single().Good.ShouldBeTrue();
        await region["TH"].AskAsync<object?>("update outbox set queued_at = queued_at - interval '61 minutes'");
        (await Client(administrator).GetOperationsAsync(new(), administrator.Options)).Peers.Single().Good.ShouldBeFalse();
    }

    [Fact]
    public async Task What_a_country_refused_is_shown_and_offered_again_at_once_when_somebody_says_so()
    {
        await using var region = await shared.StartAsync(["TH", "LA"], down: "LA");
        await using var vientiane = await FakePeer.StartAsync(region["LA"]);
        using var bangkok = region.Office("TH");
        using var administrator = region.Office("TH", "administrator");
        vientiane.Answer = request => Task.FromResult(FakePeer.All(request, Disposition.Refused, "KEY_RETIRED"));
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        var stopped = (await UntilAsync(administrator, now => now.Stopped.Count == 1)).Stopped.Single();
        (stopped.DossierId, stopped.Node, stopped.Reason).ShouldBe((id, "LA", "KEY_RETIRED"));
        var offered = vientiane.Deliveries.Count;
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        vientiane.Deliveries.Count.ShouldBe(offered, "What was refused rests for an hour.");

        await Client(administrator).ResendAsync(new() { DossierId = id }, administrator.Options);
        (await Poll.UntilAsync(() => vientiane.Deliveries.Count > offered, Soon, TestContext.Current.CancellationToken)).ShouldBeTrue();
        File.ReadAllText(region["TH"].LogFile).ShouldContain("had dossier");
        (await Refused.ByAsync(() => Client(administrator).ResendAsync(new() { DossierId = ByteString.CopyFrom(new byte[32]) }, administrator.Options).ResponseAsync))
            .ShouldBe(StatusCode.NotFound, "NOTHING_WAITS", "Nothing waits");
        (await Refused.ByAsync(() => Client(administrator).ResendAsync(new() { DossierId = ByteString.CopyFromUtf8("id") }, administrator.Options).ResponseAsync)).Fields.ShouldBe(["dossier_id"]);
    }

    [Fact]
    public async Task What_is_missing_here_is_shown_and_asked_for_at_once_when_somebody_says_so()
    {
        await using var region = await shared.StartAsync(["TH", "LA"], down: "LA");
        using var laos = region.As("LA", to: "TH");
        using var administrator = region.Office("TH", "administrator");
        var pen = region.PenOf("LA");
        var opening = pen.Open("TH");
        await laos.DeliverAsync(pen.Continue(pen.Continue(opening, new Domain.Referrals.Cancelled()), new Domain.Referrals.Cancelled()));
        var gap = (await UntilAsync(administrator, now => now.Gaps.SingleOrDefault()?.Tries > 0)).Gaps.Single();
        gap.DossierId.ToByteArray().ShouldBe(opening.Entry.Dossier.ToArray());
        gap.Asked.ShouldBe(["LA"]);
        gap.Since.ToDateTimeOffset().ShouldBe(TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(1));

        await region["TH"].AskAsync<object?>("update gap set tries = 9, fetch_after = now() + interval '10 minutes'");
        await Client(administrator).ResendAsync(new() { DossierId = gap.DossierId }, administrator.Options);
        (await Poll.UntilAsync(async () => await region["TH"].AskAsync<int>("select tries from gap") is > 0 and < 9, Soon, TestContext.Current.CancellationToken)).ShouldBeTrue();
    }

    [Fact]
    public async Task What_the_door_turned_away_is_put_aside_with_a_reason_and_kept()
    {
        await using var region = await shared.StartAsync(["TH", "LA"], down: "LA");
        using var laos = region.As("LA", to: "TH");
        using var administrator = region.Office("TH", "administrator");
        var opening = region.PenOf("LA").Open("TH").ToWire();
        opening.Signature = ByteString.CopyFrom(new byte[64]);
        await laos.DeliverAsync(opening);
        // What counts for nothing by the protocol alone stands on the referral's own page.
        await region["TH"].AskAsync<object?>("insert into audit (at, reason, peer, entry_hash) values (now(), 'NOT_OPEN', 'LA', sha256('another'))");
        var turned = (await Client(administrator).GetOperationsAsync(new(), administrator.Options)).TurnedAway.ShouldHaveSingleItem();
        (turned.Node, turned.Reason).ShouldBe(("LA", "BAD_SIGNATURE"));

        (await Refused.ByAsync(() => DiscardAsync(turned.TurnedAwayId, DiscardReason.Unspecified))).Fields.ShouldBe(["reason"]);
        (await Refused.ByAsync(() => DiscardAsync("the first", DiscardReason.Mended))).Fields.ShouldBe(["turned_away_id"]);
        (await Refused.ByAsync(() => DiscardAsync("999999", DiscardReason.Mended))).ShouldBe(StatusCode.NotFound, "NOT_TURNED_AWAY", "no such thing");
        await DiscardAsync(turned.TurnedAwayId, DiscardReason.SenderTold);
        await DiscardAsync(turned.TurnedAwayId, DiscardReason.Exercise);
        (await Client(administrator).GetOperationsAsync(new(), administrator.Options)).TurnedAway.ShouldBeEmpty();
        (await region["TH"].AskAsync<string>("select discarded_for || ' ' || split_part(discarded_by, ' ', 1) from audit where discarded_at is not null")).ShouldBe($"SenderTold administrator@{region["TH"].Country.Unit}");

        Task DiscardAsync(string id, DiscardReason reason) => Client(administrator).DiscardAsync(new() { TurnedAwayId = id, Reason = reason }, administrator.Options).ResponseAsync;
    }

    [Fact]
    public void What_runs_out_within_thirty_days_is_marked_and_a_key_with_a_successor_is_not_listed()
    {
        var node = shared.Region["TH"];
        var clock = new FakeClock(TimeProvider.System.GetUtcNow());
        var (keys, pen) = (node.Keys, shared.Region.PenOf("TH"));
        var trust = new TrustInForce(keys, NullLogger<TrustInForce>.Instance);
        var list = Expiries();
        list.Select(expiry => (expiry.Kind, expiry.Node)).ShouldBe(
        [
            (ExpiryKind.TrustList, ""), (ExpiryKind.PeerCertificate, "TH"), (ExpiryKind.ApiCertificate, "TH"), (ExpiryKind.TlsAuthority, "TH"), (ExpiryKind.TlsAuthority, "LA"), (ExpiryKind.TlsAuthority, "VN"),
        ], ignoreOrder: true);
        list.Select(expiry => expiry.At).ShouldBeInOrder();
        var ends = trust.Current.ValidUntil;
        list.Single(expiry => expiry.Kind is ExpiryKind.TrustList).At.ToDateTimeOffset().ShouldBe(ends);
        clock.Now = ends - TimeSpan.FromDays(31);
        Expiries().Single(expiry => expiry.Kind is ExpiryKind.TrustList).Good.ShouldBeTrue();
        clock.Now = ends - TimeSpan.FromDays(29);
        Expiries().Single(expiry => expiry.Kind is ExpiryKind.TrustList).Good.ShouldBeFalse();

        IReadOnlyList<Expiry> Expiries() => new Expiries(keys, trust, pen, clock).List();
    }

    [Fact]
    public async Task Only_administrators_look_after_a_node()
    {
        foreach (var role in (string[])["focal-point", "auditor"])
        {
            using var office = shared.Region.Office("TH", role);
            await NotAllowedAsync(() => Client(office).GetOperationsAsync(new(), office.Options).ResponseAsync);
            await NotAllowedAsync(() => Client(office).ResendAsync(new(), office.Options).ResponseAsync);
            await NotAllowedAsync(() => Client(office).DiscardAsync(new(), office.Options).ResponseAsync);
        }

        static async Task NotAllowedAsync(Func<Task> call) => (await Refused.ByAsync(call)).ShouldBe(StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED", "may not do this");
    }

    static OperationsService.OperationsServiceClient Client(OfficeClient office) => new(office.Channel);

    static async Task<GetOperationsResponse> UntilAsync(OfficeClient administrator, Func<GetOperationsResponse, bool> wanted)
    {
        GetOperationsResponse? last = null;
        (await Poll.UntilAsync(async () => wanted(last = await Client(administrator).GetOperationsAsync(new(), administrator.Options)), Soon, TestContext.Current.CancellationToken)).ShouldBeTrue($"{last}");
        return last!;
    }
}
