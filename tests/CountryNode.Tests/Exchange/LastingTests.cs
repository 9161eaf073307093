using Coordination.Contracts.Referral.V1;
using Coordination.Hosting.Dossiers;
using Coordination.Local;
using Disposition = Coordination.Contracts.Peer.V1.Disposition;

namespace Coordination.CountryNode.Tests.Exchange;

/// <summary>What a person is shown when it does not heal by itself.</summary>
public sealed class LastingTests(SharedRegion shared)
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_peer_that_has_been_waiting_for_more_than_an_hour_is_shown_until_it_has_what_it_waits_for()
    {
        await using var region = await shared.StartAsync(["TH", "LA"], down: "LA");
        await using var vientiane = await FakePeer.StartAsync(region["LA"]);
        using var bangkok = region.Office("TH");
        vientiane.Answer = request => Task.FromResult(FakePeer.All(request, Disposition.Waiting, "PAST_MISSING"));
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        (await Poll.UntilAsync(async () => await region["TH"].AskAsync<long>("select count(*) from outbox where waiting_since is not null") == 1, Soon, TestContext.Current.CancellationToken)).ShouldBeTrue();
        (await bangkok.GetAsync(id)).Stops.ShouldBeEmpty();

        await region["TH"].AskAsync<object?>("update outbox set waiting_since = waiting_since - interval '61 minutes'");
        var stopped = await bangkok.UntilAsync(id, referral => referral.Stops.Count == 1);
        stopped.Stops.Single().ShouldBe(new DeliveryStop { Peer = "LA", Reason = "PAST_MISSING" });
        var deliveries = vientiane.Deliveries.Count;
        (await Poll.UntilAsync(() => vientiane.Deliveries.Count >= deliveries + 2, Soon, TestContext.Current.CancellationToken)).ShouldBeTrue("It is still offered.");
        Lines(region["TH"], "LA has been waiting for more than an hour").ShouldBe(1);

        var laos = region.PenOf("LA");
        vientiane.Answer = request => Task.FromResult(FakePeer.All(request, Disposition.Held, "",
            request.Entries.Select(entry => laos.Receipt(EntryWire.Read(entry.Entry.Span)!, TimeProvider.System.GetUtcNow()).ToWire())));
        await bangkok.UntilAsync(id, referral => referral.Stops.Count == 0);
    }

    [Fact]
    public async Task A_gap_that_has_lasted_for_more_than_an_hour_is_said_once()
    {
        await using var region = await shared.StartAsync(["TH", "LA"], down: "LA");
        using var laos = region.As("LA", to: "TH");
        var pen = region.PenOf("LA");
        var opening = pen.Open("TH");
        await laos.DeliverAsync(opening);
        var waiting = pen.Continue(pen.Continue(opening, new Domain.Referrals.Cancelled()), new Domain.Referrals.Cancelled());
        await laos.DeliverAsync(waiting);
        Lines(region["TH"], "waiting for more than an hour").ShouldBe(0);

        await region["TH"].AskAsync<object?>("update dossier set waiting_since = waiting_since - interval '40 minutes'");
        // Whatever more comes behind it, the gap is as old as it is.
        await laos.DeliverAsync(pen.Continue(waiting, new Domain.Referrals.Cancelled()));
        await region["TH"].AskAsync<object?>("update dossier set waiting_since = waiting_since - interval '21 minutes'");
        (await Poll.UntilAsync(() => Lines(region["TH"], "waiting for more than an hour") == 1, Soon, TestContext.Current.CancellationToken)).ShouldBeTrue();
        // Another process does not say it again; a newer gap, it would.
        await region["TH"].StopAsync();
        await region["TH"].StartAsync(TestContext.Current.CancellationToken);
        await region["TH"].AskAsync<object?>("insert into dossier (id, held, waiting_since) values (sha256('another'), 0, now() - interval '2 hours')");
        (await Poll.UntilAsync(() => Lines(region["TH"], "waiting for more than an hour") > 1, Soon, TestContext.Current.CancellationToken)).ShouldBeTrue();
        Lines(region["TH"], "waiting for more than an hour").ShouldBe(2);
    }

    [Fact]
    public async Task An_entry_that_leaves_out_what_its_author_had_receipted_is_shown_in_the_history_and_audited()
    {
        await using var region = await shared.StartAsync(["TH", "LA"], down: "LA");
        await using var vientiane = await FakePeer.StartAsync(region["LA"]);
        using var bangkok = region.Office("TH");
        using var peer = region.As("LA", to: "TH");
        var laos = region.PenOf("LA");
        // Vientiane gives a receipt for everything, ten minutes ago, and then writes as if it had seen the opening alone.
        vientiane.Answer = request => Task.FromResult(FakePeer.All(request, Disposition.Held, "",
            request.Entries.Select(entry => laos.Receipt(EntryWire.Read(entry.Entry.Span)!, TimeProvider.System.GetUtcNow().AddMinutes(-10)).ToWire())));
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        await bangkok.CancelAsync(id);
        await region["TH"].UntilDeliveredAsync(id);
        var opening = (await bangkok.HistoryAsync(id)).Entries[0];
        var seen = new SignedEntry(EntryWire.Read(opening.Entry.Span)!, opening.Entry.Memory, opening.Signature.Memory, opening.KeyId);
        await peer.DeliverAsync(laos.Begin(new Domain.Referrals.TakenUp(), seen));

        var history = await bangkok.HistoryAsync(id);
        history.Entries.Single(entry => entry.LeavesOut).Statement.ShouldBe("TakenUp");
        (await region["TH"].AskAsync<long>("select count(*) from audit where reason = 'SEEN_LEAVES_OUT' and peer = 'LA'")).ShouldBe(1);
    }

    static int Lines(RegionNode node, string with) => File.ReadLines(node.LogFile).Count(line => line.Contains(with, StringComparison.Ordinal));
}
