using System.Collections.Concurrent;
using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Exchange;
using Coordination.CountryNode.Peers;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Trust;
using Coordination.Local;
using Google.Protobuf;

namespace Coordination.CountryNode.Tests.Exchange;

/// <summary>What a node makes of its peers' answers.</summary>
public sealed class RelayTests(SharedRegion shared)
{
    [Fact]
    public async Task A_chain_that_is_refused_for_good_stops_is_seen_and_stops_no_other()
    {
        await using var region = await shared.StartAsync(["TH", "LA"], down: "LA");
        using var bangkok = region.Office("TH");
        using var vientiane = region.Office("LA");
        var damaged = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        await region["TH"].AskAsync<object?>("update entry set signature = sha256(signature) || sha256(bytes) where dossier_id = $1", damaged.ToByteArray());
        var sound = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;

        await region["LA"].StartAsync(TestContext.Current.CancellationToken);
        await vientiane.UntilAsync(sound, referral => referral.State is ReferralState.Sent);
        (await Poll.UntilAsync(
            async () => await region["TH"].AskAsync<string?>("select stopped_by from outbox where dossier_id = $1", damaged.ToByteArray()) == "BAD_SIGNATURE",
            TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken)).ShouldBeTrue();
        ErrorLogs.In(region["TH"]).Single().ShouldContain("a person has to look");
        (await region["LA"].AskAsync<long>("select count(*) from audit where reason = 'BAD_SIGNATURE' and dossier_id = $1", damaged.ToByteArray())).ShouldBe(1);
    }

    [Fact]
    public void A_receipt_counts_only_with_its_holders_signature_as_it_was_made()
    {
        var trust = shared.Region["LA"].TrustList();
        var opening = shared.Region.PenOf("TH").Open("LA");
        var receipt = shared.Region.PenOf("LA").Receipt(opening.Entry, TimeProvider.System.GetUtcNow());
        var signed = receipt.ToWire();
        SignedReceipt.Read(signed, trust).ShouldNotBeNull().Hash.ShouldBe(opening.Entry.Hash);

        var changed = Contracts.Dossier.V1.Receipt.Parser.ParseFrom(signed.Receipt);
        changed.Seq++;
        SignedReceipt.Read(new() { Receipt = changed.ToByteString(), Signature = signed.Signature, KeyId = signed.KeyId }, trust).ShouldBeNull();

        var anothers = shared.Region.PenOf("VN");
        var claimed = new Contracts.Dossier.V1.SignedReceipt
        {
            Receipt = signed.Receipt, KeyId = anothers.Key.Id, Signature = ByteString.CopyFrom(anothers.Key.Sign(SignatureKind.Receipt, signed.Receipt.Span)),
        };
        SignedReceipt.Read(claimed, trust).ShouldBeNull();
        SignedReceipt.Read(new() { Receipt = ByteString.CopyFromUtf8("garbage"), Signature = signed.Signature, KeyId = signed.KeyId }, trust).ShouldBeNull();
    }

    [Fact]
    public async Task What_could_not_be_carried_is_free_for_the_next_try_at_once()
    {
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, new FakeClock(TimeProvider.System.GetUtcNow()));
        await using var _ = thailand;
        await using var __ = laos;
        var id = (await thailand.OpenAsync()).Dossier;
        thailand.RoadIsOpen = false;
        await Should.ThrowAsync<PeerUnavailableException>(() => thailand.Relay.CarryAsync(laos.Pen.Node, TestContext.Current.CancellationToken));
        thailand.RoadIsOpen = true;
        (await thailand.Relay.CarryAsync(laos.Pen.Node, TestContext.Current.CancellationToken)).ShouldBeTrue();
        (await laos.Store.FindAsync(id, TestContext.Current.CancellationToken)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_receipt_that_is_forged_or_for_something_else_delivers_nothing()
    {
        await using var region = await shared.StartAsync(["TH", "LA", "VN"], down: ["LA", "VN"]);
        await using var vientiane = await FakePeer.StartAsync(region["LA"]);
        using var bangkok = region.Office("TH");
        var (laos, vietnam) = (region.PenOf("LA"), region.PenOf("VN"));
        var other = laos.Receipt(region.PenOf("TH").Open("LA").Entry, TimeProvider.System.GetUtcNow());
        var offered = new ConcurrentQueue<long>();
        vientiane.Answer = request =>
        {
            offered.Enqueue(TimeProvider.System.GetTimestamp());
            var entry = EntryWire.Read(request.Entries[0].Entry.Span)!;
            var forged = laos.Receipt(entry, TimeProvider.System.GetUtcNow()).ToWire();
            forged.Signature = ByteString.CopyFrom([.. forged.Signature.Span[1..], 0]);
            return Task.FromResult(FakePeer.All(request, Contracts.Peer.V1.Disposition.Held, "",
                forged, vietnam.Receipt(entry, TimeProvider.System.GetUtcNow()).ToWire(), other.ToWire(), laos.Receipt(entry with { Seq = 7 }, TimeProvider.System.GetUtcNow()).ToWire()));
        };
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;

        // Offered again and again, with a pause: nothing was delivered, whatever the answers say.
        (await Poll.UntilAsync(() => offered.Count >= 2, TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).ShouldBeTrue();
        TimeProvider.System.GetElapsedTime(offered.ElementAt(0), offered.ElementAt(1)).ShouldBeGreaterThan(Relay.Pause / 2);
        (await region["TH"].AskAsync<long>("select count(*) from receipt")).ShouldBe(0);
        (await region["TH"].AskAsync<long>("select count(*) from outbox")).ShouldBe(1);

        vientiane.Answer = request => Task.FromResult(FakePeer.All(request, Contracts.Peer.V1.Disposition.Held, "",
            laos.Receipt(EntryWire.Read(request.Entries[0].Entry.Span)!, TimeProvider.System.GetUtcNow()).ToWire()));
        await region["TH"].UntilDeliveredAsync(id);
    }

    [Fact]
    public async Task A_refusal_holds_back_no_withdrawal_is_shown_to_the_office_and_brings_no_words_into_the_log()
    {
        await using var region = await shared.StartAsync(["TH", "LA"], down: "LA");
        await using var vientiane = await FakePeer.StartAsync(region["LA"]);
        using var bangkok = region.Office("TH");
        vientiane.Answer = request => Task.FromResult(FakePeer.All(request, Contracts.Peer.V1.Disposition.Refused, "no\0\nfail: Injected[1]"));
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;

        var stopped = await bangkok.UntilAsync(id, referral => referral.Stops.Count == 1);
        stopped.Stops.Single().ShouldBe(new DeliveryStop { Peer = "LA", Reason = "REASON_MALFORMED" });
        var before = vientiane.Deliveries.Count;
        await bangkok.WithdrawConsentAsync(id);
        (await Poll.UntilAsync(() => vientiane.Deliveries.Skip(before).Any(request => request.Entries.Count == 2), TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken)).ShouldBeTrue();
        (await File.ReadAllTextAsync(region["TH"].LogFile, TestContext.Current.CancellationToken)).ShouldNotContain("Injected");
    }

    [Fact]
    public async Task Two_processes_of_one_node_carry_each_thing_once_while_the_peer_is_slow()
    {
        await using var region = await shared.StartAsync(["TH", "LA"], down: "LA");
        var replica = await region["TH"].StartReplicaAsync(TestContext.Current.CancellationToken);
        await using var vientiane = await FakePeer.StartAsync(region["LA"]);
        var laos = region.PenOf("LA");
        vientiane.Answer = async request =>
        {
            await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
            return FakePeer.All(request, Contracts.Peer.V1.Disposition.Held, "",
                request.Entries.Select(entry => laos.Receipt(EntryWire.Read(entry.Entry.Span)!, TimeProvider.System.GetUtcNow()).ToWire()));
        };
        OfficeClient[] offices = [region.Office("TH"), region.Office(replica)];
        for (var i = 0; i < 10; i++) await offices[i % 2].OpenAsync(Regions.Repatriation("TH", "LA"));
        await region.SettledAsync(TimeSpan.FromSeconds(60), "TH");
        vientiane.Deliveries.SelectMany(request => request.Entries).Count().ShouldBe(10);
        foreach (var office in offices) office.Dispose();
    }

    [Fact]
    public async Task A_peer_that_is_slow_to_hand_over_what_is_missing_delays_no_other()
    {
        await using var region = await shared.StartAsync(["TH", "LA", "VN"], down: ["TH", "VN"]);
        await using var hanoi = await FakePeer.StartAsync(region["VN"]);
        hanoi.FetchTakes = TimeSpan.FromSeconds(14);
        using var vietnam = region.As("VN", to: "LA");
        using var thailand = region.As("TH", to: "LA");
        using var office = region.Office("LA");
        // Viet Nam leaves much behind gaps that it never fills.
        for (var i = 0; i < 20; i++)
            await vietnam.DeliverAsync(region.PenOf("VN").Begin(new Domain.Referrals.Cancelled(), region.PenOf("TH").Open("VN")));

        await region["TH"].StartAsync(TestContext.Current.CancellationToken);
        using var bangkok = region.Office("TH");
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        await thailand.DeliverAsync(await region["TH"].WriteTwoKeepOneAsync(bangkok, id, "LA"));
        await office.UntilAsync(id, referral => referral.State is ReferralState.Cancelled, TimeSpan.FromSeconds(12));
    }
}
