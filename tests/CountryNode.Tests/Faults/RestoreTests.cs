using System.Collections.Concurrent;
using Coordination.Contracts.Referral.V1;
using Coordination.Hosting.Dossiers;
using Coordination.Local;
using Google.Protobuf;
using Grpc.Core;

namespace Coordination.CountryNode.Tests.Faults;

/// <summary>A node whose database was set back to an older one.</summary>
public sealed class RestoreTests(SharedRegion shared)
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_database_that_is_set_back_under_a_working_node_forks_nothing_and_gets_back_all_that_others_hold()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        var (thailand, laos) = (region["TH"], region["LA"]);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var writing = WriteOnAsync(region, over.Token);

        await UntilMoreAsync(laos, "TH", 30);
        var backup = await shared.Postgres.BackUpAsync(thailand.Database, Cancelled);
        await UntilMoreAsync(laos, "TH", 60);
        await shared.Postgres.RestoreAsync(thailand.Database, backup, Cancelled);
        // Vientiane held this when Bangkok did not know it any more.
        var held = await laos.AskAsync<string[]>("select array_agg(encode(hash, 'hex')) from entry");
        (await thailand.AskAsync<long>("select count(*) from unnest($1) as hash where decode(hash, 'hex') not in (select hash from entry)", (object)held)).ShouldBeGreaterThan(0);
        await UntilMoreAsync(laos, "TH", 60);
        await over.CancelAsync();
        await writing;

        (await Poll.UntilAsync(async () => await laos.SetAsync() == await thailand.SetAsync() && await CatchingUpAsync(thailand) == 0, Soon, Cancelled)).ShouldBeTrue();
        await region.SettledAsync(Soon);
        (await laos.StatesAsync()).ShouldBe(await thailand.StatesAsync());
        foreach (var node in region.Nodes)
        {
            (await ForksAsync(node)).ShouldBe(0);
            (await node.AskAsync<long>("select count(*) from unnest($1) as hash where decode(hash, 'hex') not in (select hash from entry)", (object)held)).ShouldBe(0);
            (await node.WrongDigestsAsync()).ShouldBe(0);
        }
        (await File.ReadAllTextAsync(thailand.LogFile, Cancelled)).ShouldContain("it was restored or failed over");
        (await CatchingUpAsync(laos)).ShouldBe(0);
    }

    [Fact]
    public async Task Until_it_has_caught_up_a_restored_node_signs_nothing_that_it_shares_with_an_absent_peer_and_withdraws_at_once()
    {
        await using var region = await shared.StartAsync(["TH", "LA", "VN"]);
        var (thailand, laos) = (region["TH"], region["LA"]);
        using var bangkok = region.Office("TH");
        using var vientiane = region.Office("LA");
        using var hanoi = region.Office("VN");
        var shared1 = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        var shared2 = (await bangkok.OpenAsync(Regions.Repatriation("TH", "VN"))).DossierId;
        await region.SettledAsync(Soon);
        var backup = await shared.Postgres.BackUpAsync(thailand.Database, Cancelled);
        foreach (var id in (ByteString[])[shared1, shared2]) await UntilItWorksAsync(() => WithdrawInPartAsync(bangkok, id));
        await vientiane.UntilAsync(shared1, referral => referral.Chains.Any(chain => chain is { Author: "TH", Seq: 2 }));
        await region.SettledAsync(Soon);

        await laos.StopAsync();
        await thailand.StopAsync();
        await shared.Postgres.RestoreAsync(thailand.Database, backup, Cancelled);
        await thailand.StartAsync(Cancelled);
        (await Refused.ByAsync(() => bangkok.CancelAsync(shared1))).ShouldBe(StatusCode.Unavailable, "CATCHING_UP", "fetched from LA");
        // The others go on, and so does what is new.
        (await Poll.UntilAsync(async () => await thailand.AskAsync<long>("select count(*) from catch_up where peer = 'VN'") == 0, Soon, Cancelled)).ShouldBeTrue();
        (await bangkok.CancelAsync(shared2)).State.ShouldBe(ReferralState.Cancelled);
        await hanoi.UntilAsync(shared2, referral => referral.State is ReferralState.Cancelled);
        var opened = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;

        var commandId = OfficeClient.NewCommandId();
        var request = new WithdrawConsentRequest { Command = OfficeClient.About(commandId), DossierId = shared1, Withdrawn = new() { Everything = new() } };
        var done = (await bangkok.Referrals.WithdrawConsentAsync(request, bangkok.Options)).Referral;
        (done.ConsentWithdrawn, done.Consent).ShouldBe((true, null));
        (await bangkok.Referrals.WithdrawConsentAsync(request, bangkok.Options)).Referral.ShouldBe(done);
        (await thailand.AskAsync<long>("select count(*) from entry where dossier_id = $1", shared1.ToByteArray())).ShouldBe(1);
        (await bangkok.HistoryAsync(shared1)).Entries.Count.ShouldBe(1);

        // Nothing of it is forgotten by a restart in the middle.
        await thailand.KillAsync();
        await thailand.StartAsync(Cancelled);
        using var again = region.Office("TH");
        await UntilItWorksAsync(() => again.GetAsync(shared1));
        (await Refused.ByAsync(() => again.CancelAsync(shared1))).ShouldBe(StatusCode.Unavailable, "CATCHING_UP", "fetched from LA");
        (await again.GetAsync(shared1)).ConsentWithdrawn.ShouldBeTrue();

        await laos.StartAsync(Cancelled);
        await vientiane.UntilAsync(shared1, referral => referral.State is ReferralState.Withdrawn, Soon);
        await vientiane.UntilAsync(opened, referral => referral.State is ReferralState.Sent);
        await region.SettledAsync(Soon);
        (await laos.SetAsync()).ShouldBe(await thailand.SetToAsync("LA"));
        (await thailand.AskAsync<long>("select count(*) from entry where dossier_id = $1 and author = 'TH'", shared1.ToByteArray())).ShouldBe(3);
        (await thailand.AskAsync<long>("select count(*) from pending_withdrawal")).ShouldBe(0);
        foreach (var node in region.Nodes) (await ForksAsync(node)).ShouldBe(0);
    }

    [Fact]
    public async Task A_dossier_that_the_door_would_not_take_back_stays_closed_for_signing()
    {
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, new FakeClock(TimeProvider.System.GetUtcNow()));
        await using var _ = thailand;
        await using var __ = laos;
        var (whole, poisoned) = ((await thailand.OpenAsync()).Dossier, (await thailand.OpenAsync()).Dossier);
        foreach (var id in new[] { whole, poisoned }) await thailand.WriteAsync(id, new Domain.Referrals.EntitlementNoted());
        await thailand.CarryAndTellAsync();

        await using var anew = await thailand.StartAnewAsync(shared);
        await new Hosting.Trust.HandOverMark(anew.Keys, anew.Clock).RaiseAsync(7, Cancelled);
        (await anew.HandOvers.BeginAsync(Cancelled)).ShouldNotBeNull();
        var opening = (await laos.Store.FindAsync(poisoned, Cancelled))!.Entries.Single(kept => kept.Entry.Seq == 1).Signed;
        await anew.Door.AdmitAsync(laos.Pen.Node, [new Peers.Offered(opening.Bytes, opening.Signature, opening.KeyId, null)], Cancelled);
        await anew.AskAsync<object?>($"alter table entry add constraint poisoned check (dossier_id <> '\\x{poisoned}' or seq = 1)");
        (await anew.Reconciliation.CompareAsync(laos.Pen.Node, Cancelled)).ShouldBeFalse();
        anew.Clock.Now += TimeSpan.FromMinutes(1);
        (await anew.Reconciliation.CompareAsync(laos.Pen.Node, Cancelled)).ShouldBeTrue();

        (await anew.WriteAsync(whole, new Domain.Referrals.Cancelled())).Seq.ShouldBe(3);
        (await anew.RefusedAsync(poisoned, new Domain.Referrals.Cancelled())).Reason.ShouldBe("CATCHING_UP");
        // Once it lets in what is there, the next comparison opens it.
        await anew.AskAsync<object?>("alter table entry drop constraint poisoned");
        await anew.Reconciliation.CompareAsync(laos.Pen.Node, Cancelled);
        (await anew.WriteAsync(poisoned, new Domain.Referrals.Cancelled())).Seq.ShouldBe(3);
    }

    [Fact]
    public async Task A_hand_over_that_was_counted_before_shows_that_the_database_was_set_back()
    {
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, new FakeClock(TimeProvider.System.GetUtcNow()));
        await using var _ = thailand;
        await using var __ = laos;
        await thailand.OpenAsync();
        await thailand.CarryAndTellAsync();
        var id = (await thailand.OpenAsync()).Dossier;
        // By one hand-over: if the next were counted all the same, the database would be level with its mark, and an append would see nothing.
        await thailand.AskAsync<object?>("update hand_over set number = number - 1");
        await thailand.CarryAndTellAsync();
        (await thailand.RefusedAsync(id, new Domain.Referrals.Cancelled())).Reason.ShouldBe("CATCHING_UP");
        (await thailand.AskAsync<long>("select number from hand_over")).ShouldBe(thailand.HandOvers.Known);
    }

    [Fact]
    public async Task A_crash_is_no_restore_nor_are_two_processes_that_hand_over_in_turns()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        var thailand = region["TH"];
        var replica = await thailand.StartReplicaAsync(Cancelled);
        using var bangkok = region.Office("TH");
        using var second = region.Office(replica);
        var last = ByteString.Empty;
        await Parallel.ForAsync(0, 60, new ParallelOptions { MaxDegreeOfParallelism = 6, CancellationToken = Cancelled },
            async (i, _) => last = (await (i % 2 == 0 ? bangkok : second).OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId);
        await region.SettledAsync(Soon);
        await region["LA"].StopAsync();
        await thailand.KillAsync();
        await replica.KillAsync();
        await thailand.StartAsync(Cancelled);
        // With Vientiane away, catching up would never end.
        await UntilItWorksAsync(() => bangkok.CancelAsync(last));
        (await CatchingUpAsync(thailand)).ShouldBe(0);
    }

    [Fact]
    public async Task All_processes_of_a_node_find_out_that_their_database_was_set_back()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        var thailand = region["TH"];
        var replica = await thailand.StartReplicaAsync(Cancelled);
        using var bangkok = region.Office("TH");
        using var second = region.Office(replica);
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        await region.SettledAsync(Soon);
        var backup = await shared.Postgres.BackUpAsync(thailand.Database, Cancelled);
        await UntilItWorksAsync(() => WithdrawInPartAsync(bangkok, id));
        await region.SettledAsync(Soon);

        await region["LA"].StopAsync();
        await shared.Postgres.RestoreAsync(thailand.Database, backup, Cancelled);
        foreach (var office in (OfficeClient[])[second, bangkok])
        {
            var refused = await Refused.ByAsync(() => office.CancelAsync(id));
            (await Poll.UntilAsync(
                async () => refused.Reason != "STORE_UNAVAILABLE" || (refused = await Refused.ByAsync(() => office.CancelAsync(id))) is null, Soon, Cancelled)).ShouldBeTrue();
            refused.ShouldBe(StatusCode.Unavailable, "CATCHING_UP", "fetched from LA");
        }
        await region["LA"].StartAsync(Cancelled);
        await UntilItWorksAsync(() => second.CancelAsync(id));
        await region.SettledAsync(Soon);
        (await region["LA"].SetAsync()).ShouldBe(await thailand.SetAsync());
        (await ForksAsync(thailand)).ShouldBe(0);
    }

    [Fact]
    public async Task What_was_on_its_way_when_the_database_was_set_back_is_not_written_a_second_time()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        var (thailand, laos) = (region["TH"], region["LA"]);
        using var bangkok = region.Office("TH");
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        await region.SettledAsync(Soon);
        var backup = await shared.Postgres.BackUpAsync(thailand.Database, Cancelled);

        // It leaves for a node that does not get it yet.
        await laos.StopAsync();
        var before = await thailand.AskAsync<long>("select number from hand_over");
        await UntilItWorksAsync(() => WithdrawInPartAsync(bangkok, id));
        (await Poll.UntilAsync(async () => await thailand.AskAsync<long>("select number from hand_over") > before, Soon, Cancelled)).ShouldBeTrue();
        const string second = "from entry where seq = 2 and author = 'TH'";
        var underWay = new Contracts.Dossier.V1.SignedEntry
        {
            Entry = ByteString.CopyFrom(await thailand.AskAsync<byte[]>($"select bytes {second}")),
            Signature = ByteString.CopyFrom(await thailand.AskAsync<byte[]>($"select signature {second}")),
            KeyId = await thailand.AskAsync<string>($"select key_id {second}"),
        };
        await thailand.StopAsync();
        await shared.Postgres.RestoreAsync(thailand.Database, backup, Cancelled);
        await laos.StartAsync(Cancelled);
        await thailand.StartAsync(Cancelled);

        // However often both were compared meanwhile, nothing is signed until it may have come, and then after it.
        using var again = region.Office("TH");
        var refusals = 0;
        (await Poll.UntilAsync(async () =>
        {
            try
            {
                await again.CancelAsync(id);
                return true;
            }
            catch (RpcException refused) when (refused.StatusCode is StatusCode.Unavailable)
            {
                refusals++;
                return false;
            }
        }, TimeSpan.FromSeconds(5), Cancelled)).ShouldBeFalse();
        refusals.ShouldBePositive();
        // However late it comes: it makes no chain longer any more.
        using var late = region.As("TH", to: "LA");
        var turnedAway = (await late.DeliverAsync(underWay)).Admissions.Single();
        (turnedAway.Disposition, turnedAway.Reason).ShouldBe((Contracts.Peer.V1.Disposition.TryAgain, "LATE"));
        await UntilItWorksAsync(() => again.CancelAsync(id));
        (await late.DeliverAsync(underWay)).Admissions.Single().Reason.ShouldBe("LATE");

        await region.SettledAsync(Soon);
        (await laos.SetAsync()).ShouldBe(await thailand.SetAsync());
        (await laos.AskAsync<long>("select count(*) from entry")).ShouldBe(2);
        // What leaves now is counted beyond that.
        (await laos.AskAsync<long>("select hand_over from floor where peer = 'TH'")).ShouldBeLessThan(await thailand.AskAsync<long>("select number from hand_over"));
        foreach (var node in region.Nodes) (await ForksAsync(node)).ShouldBe(0);
    }

    [Fact]
    public async Task What_comes_late_is_taken_only_where_the_chain_that_is_held_goes_on_from_it()
    {
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, new FakeClock(TimeProvider.System.GetUtcNow()));
        await using var _ = thailand;
        await using var __ = laos;
        var opening = thailand.Pen.Open("LA");
        var second = thailand.Pen.Continue(opening, new Domain.Referrals.EntitlementNoted());
        var third = thailand.Pen.Continue(second, new Domain.Referrals.ProceedingsNoted());
        var (anew, other) = (thailand.Pen.Continue(opening, new Domain.Referrals.WishRecorded(Domain.Referrals.Wish.Return, new(2026, 1, 1))), thailand.Pen.Continue(second, new Domain.Referrals.Cancelled()));
        await laos.Store.RaiseFloorAsync(thailand.Pen.Node, 7, Cancelled);

        // An opening always is.
        (await ComesAsync(opening, 1)).ShouldBe("Held");
        (await ComesAsync(second, 7)).ShouldBe("LATE");
        // Its place is free, and what is held there goes on from it.
        (await ComesAsync(third, 8)).ShouldBe("PAST_MISSING");
        (await ComesAsync(anew, 7)).ShouldBe("LATE");
        (await ComesAsync(second, 7)).ShouldBe("Held");
        // Below the end, but at a place that was written already.
        (await ComesAsync(anew, 7)).ShouldBe("LATE");
        (await ComesAsync(other, 7)).ShouldBe("LATE");
        (await laos.AskAsync<long>("select count(*) from entry")).ShouldBe(3);

        async Task<string> ComesAsync(SignedEntry entry, ulong handOver)
        {
            var admitted = (await laos.Door.AdmitAsync(thailand.Pen.Node, [new Peers.Offered(entry.Bytes, entry.Signature, entry.KeyId, null)], handOver, Cancelled)).Admitted.Single();
            return admitted.Reason.Length > 0 ? admitted.Reason : admitted.Disposition.ToString();
        }
    }

    [Fact]
    public async Task A_node_that_lost_its_mark_catches_up_before_it_signs()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        using var bangkok = region.Office("TH");
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        await region.SettledAsync(Soon);
        await region["LA"].StopAsync();
        await region["TH"].StopAsync();
        File.Delete(region["TH"].Keys.HandOvers);
        // However far the count had come when others were last told what is late.
        await region["LA"].AskAsync<object?>("insert into floor (peer, hand_over) values ('TH', 1000000)");
        await region["TH"].StartAsync(Cancelled);
        (await Refused.ByAsync(() => bangkok.CancelAsync(id))).ShouldBe(StatusCode.Unavailable, "CATCHING_UP", "fetched from LA");
        await region["LA"].StartAsync(Cancelled);
        await UntilItWorksAsync(() => bangkok.CancelAsync(id));
        await region.SettledAsync(Soon);
        (await region["LA"].SetAsync()).ShouldBe(await region["TH"].SetAsync());
    }

    static Task<long> ForksAsync(RegionNode node) =>
        node.AskAsync<long>("select count(*) from (select 1 from entry group by dossier_id, author, seq having count(*) > 1) twice");

    static Task<long> CatchingUpAsync(RegionNode node) => node.AskAsync<long>("select count(*) from catch_up");

    static async Task WithdrawInPartAsync(OfficeClient office, ByteString dossier)
    {
        var part = new ConsentWithdrawn { Part = new() { Purposes = { Purpose.Proceedings } } };
        await office.Referrals.WithdrawConsentAsync(new() { Command = OfficeClient.About(), DossierId = dossier, Withdrawn = part }, office.Options);
    }

    static async Task UntilItWorksAsync(Func<Task> command) => (await Poll.UntilAsync(async () =>
    {
        try
        {
            await command();
            return true;
        }
        catch (RpcException refused) when (refused.StatusCode is StatusCode.Unavailable)
        {
            return false;
        }
    }, Soon, Cancelled)).ShouldBeTrue();

    static async Task UntilMoreAsync(RegionNode node, string author, int more)
    {
        const string count = "select count(*) from entry where author = $1";
        var before = await node.AskAsync<long>(count, author);
        (await Poll.UntilAsync(async () => await node.AskAsync<long>(count, author) >= before + more, Soon, Cancelled)).ShouldBeTrue($"Too little of {author} arrives at {node.Id}.");
    }

    /// <summary>Offices of both countries that keep writing to the same dossiers, new and old, whatever they are answered.</summary>
    static async Task WriteOnAsync(Region region, CancellationToken over)
    {
        var dossiers = new ConcurrentQueue<ByteString>();
        await Task.WhenAll([.. Enumerable.Range(0, 3).Select(_ => SendAsync()), .. Enumerable.Range(0, 2).Select(_ => AnswerAsync())]);

        async Task SendAsync()
        {
            using var bangkok = region.Office("TH");
            while (!over.IsCancellationRequested)
            {
                await TryAsync(async () => dossiers.Enqueue((await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId));
                foreach (var id in dossiers.TakeLast(4)) await TryAsync(() => WithdrawInPartAsync(bangkok, id));
                if (dossiers.Count > 6) await TryAsync(() => bangkok.CancelAsync(dossiers.ElementAt(dossiers.Count - 6)));
            }
        }

        async Task AnswerAsync()
        {
            using var vientiane = region.Office("LA");
            while (!over.IsCancellationRequested)
                foreach (var id in dossiers.TakeLast(3)) await TryAsync(() => vientiane.AcknowledgeAsync(id));
        }

        static async Task TryAsync(Func<Task> command)
        {
            try
            {
                await command();
            }
            catch (RpcException)
            {
                // Away, catching up, not arrived yet or not open: on to the next.
                await Task.Delay(20, CancellationToken.None);
            }
        }
    }
}
