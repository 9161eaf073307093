using System.Diagnostics;
using System.Security.Cryptography;
using Coordination.Contracts.Referral.V1;
using Coordination.Hosting.Dossiers;
using Coordination.Local;
using Google.Protobuf;
using Grpc.Core;

namespace Coordination.CountryNode.Tests.Referrals;

/// <summary>The stream of changes: whatever cuts it, whoever resumes it has missed nothing and heard nothing twice.</summary>
public sealed class WatchTests(SharedRegion shared)
{
    const int Cuts = 100;

    static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    /// <summary>What a killed process carried nobody else carries until its lease is over.</summary>
    static readonly TimeSpan LeaseAndMore = TimeSpan.FromMinutes(2);

    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_watch_cut_and_resumed_a_hundred_times_under_load_sees_every_change_once_and_in_order()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        var thailand = region["TH"];
        var replica = await thailand.StartReplicaAsync(Cancelled);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var load = LoadAsync(region, replica, over.Token);

        OfficeClient[] watching = [region.Office("TH"), region.Office(replica, "case-worker")];
        var seen = new List<WatchResponse>();
        var cursor = "0";
        var cut = 0;
        for (; cut < Cuts; cut++)
        {
            if (cut == Cuts / 2)
            {
                await replica.KillAsync();
                await replica.StartAsync(Cancelled);
            }
            cursor = await WatchAsync(watching[cut % 2], cursor, seen, how: cut % 5);
        }
        await over.CancelAsync();
        await load;
        await region.SettledAsync(LeaseAndMore);
        var held = await thailand.AskAsync<long>("select count(*) from entry");
        using (var rest = watching[0].Watch(cursor))
            while (seen.Count < held && await rest.ResponseStream.MoveNext(Cancelled)) seen.Add(rest.ResponseStream.Current);
        Console.WriteLine($"Watch: {cut} cuts, {seen.Count} changes.");

        var numbered = await thailand.AskAsync<string[]>("select array_agg(encode(entry_hash, 'hex') order by number) from change");
        seen.Select(change => Convert.ToHexStringLower(change.Entry.Span)).ShouldBe(numbered);
        numbered.ShouldBeUnique();
        numbered.Length.ShouldBe((int)held);
        (await thailand.AskAsync<long>("select max(number) - min(number) + 1 from change")).ShouldBe(held);
        await ShouldFollowTheirPastAsync(thailand, numbered);
        // Both kinds of load were there.
        (await thailand.AskAsync<long>("select count(*) from entry where handed_on_by = 'LA'")).ShouldBeGreaterThan(100);
        (await thailand.AskAsync<long>("select count(*) from entry where handed_on_by is null")).ShouldBeGreaterThan(100);
        foreach (var office in watching) office.Dispose();
        region.Nodes.Append(replica).SelectMany(ErrorLogs.In).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_stream_begins_with_what_comes_next_with_the_first_or_after_a_cursor_and_says_where()
    {
        using var hanoi = shared.Region.Office("VN");
        string begun;
        using (var next = hanoi.Watch("")) begun = (await next.ResponseHeadersAsync).GetValue("coordination-cursor")!;
        // Cut off before anything came.
        var id = (await hanoi.OpenAsync(Regions.Repatriation("VN", "LA"))).DossierId;
        using var resumed = hanoi.Watch(begun);
        (await resumed.ResponseHeadersAsync).GetValue("coordination-cursor").ShouldBe(begun);
        var opened = await FirstOfAsync(resumed, id);
        (opened.Statement, opened.Author, opened.State).ShouldBe(("Opened", "VN", ReferralState.Sent));

        await hanoi.CancelAsync(id);
        using var after = hanoi.Watch(opened.Cursor);
        (await FirstOfAsync(after, id)).Statement.ShouldBe("Cancelled");
        using var first = hanoi.Watch("0");
        (await first.ResponseHeadersAsync).GetValue("coordination-cursor").ShouldBe("0");
        (await FirstOfAsync(first, id)).ShouldBe(WithState(opened, ReferralState.Cancelled));
    }

    [Fact]
    public async Task A_cursor_that_is_none_is_refused()
    {
        using var hanoi = shared.Region.Office("VN");
        var id = (await hanoi.OpenAsync(Regions.Repatriation("VN", "TH"))).DossierId;
        using var first = hanoi.Watch("0");
        var cursor = (await FirstOfAsync(first, id)).Cursor;
        var (number, trail) = (cursor.Split('-')[0], cursor.Split('-')[1]);
        string[] wrong =
        [
            "1", "-1", "00", " 0", "0-", "garbage", "-", "--", $"{number}", $"{number}-", $"{number}-{new string('0', 16)}", $"{number}-{trail.ToUpperInvariant()}0", $"0{number}-{trail}",
            $"{number}-{trail[..15]}", $"{number}-{trail}-", $"99999999-{trail}", $"99999999999999999999-{trail}", $"{number}-{trail[..15]}%", $"\0{number}-{trail}", new string('9', 100_000),
        ];
        foreach (var cursorOfNobody in wrong)
            (await Refused.ByAsync(async () =>
            {
                using var stream = hanoi.Watch(cursorOfNobody);
                await stream.ResponseStream.MoveNext(Cancelled);
            })).ShouldBe(StatusCode.InvalidArgument, "CURSOR_UNKNOWN", "begin with \"0\"");
    }

    [Fact]
    public async Task Whoever_may_not_read_referrals_may_not_watch_them_nor_who_has_no_token_or_one_that_expired_meanwhile()
    {
        foreach (var role in (string[])["case-worker", "approver", "auditor"])
        {
            using var allowed = shared.Region.Office("VN", role);
            using var stream = allowed.Watch("");
            await stream.ResponseHeadersAsync;
        }
        using var administrator = shared.Region.Office("VN", "administrator");
        (await RefusedAsync(administrator)).ShouldBe(StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED", "may not do this");
        using var nobody = new OfficeClient(shared.Region, shared.Region["VN"], token: null);
        (await RefusedAsync(nobody)).Code.ShouldBe(StatusCode.Unauthenticated);

        // Taken for five minutes after its end, as for every other call, and then no longer.
        using var expiring = new OfficeClient(shared.Region, shared.Region["VN"], shared.Region.Issuer.Issue("VN", "focal-point@mps", TimeSpan.FromSeconds(3 - 300)));
        using (var stream = expiring.Watch("")) await stream.ResponseHeadersAsync;
        (await RefusedAsync(expiring)).ShouldBe(StatusCode.Unauthenticated, "TOKEN_EXPIRED", "resume with a new one");

        static Task<Refused> RefusedAsync(OfficeClient office) => Refused.ByAsync(async () =>
        {
            using var stream = office.Watch("");
            while (await stream.ResponseStream.MoveNext(Cancelled)) { }
        });
    }

    [Fact]
    public async Task A_caller_that_leaves_frees_the_handler()
    {
        await using var region = await shared.StartAsync(["VN", "TH"], down: "TH");
        using var office = region.Office("VN");
        var streams = Enumerable.Range(0, 20).Select(i => office.Watch("", deadline: i % 2 == 0 ? TimeSpan.FromSeconds(2) : null)).ToList();
        foreach (var stream in streams) await stream.ResponseHeadersAsync;
        (await Poll.UntilAsync(LooksAsync, Soon, Cancelled)).ShouldBeTrue("Nobody looks for changes.");
        // Half of them by their deadline, half because the caller goes.
        (await Refused.ByAsync(() => streams[0].ResponseStream.MoveNext(Cancelled))).Code.ShouldBe(StatusCode.DeadlineExceeded);
        foreach (var stream in streams) stream.Dispose();
        (await Poll.UntilAsync(async () => !await LooksAsync(), Soon, Cancelled)).ShouldBeTrue("Somebody looks for changes still.");
        ErrorLogs.In(region["VN"]).ShouldBeEmpty();

        // Every stream looks once a second at least.
        Task<bool> LooksAsync() => region["VN"].AskAsync<bool>(
            "select coalesce(max(query_start) > now() - interval '3 seconds', false) from pg_stat_activity where datname = current_database() and application_name <> 'test' and query like '%unnumbered%' and query not like '%insert into unnumbered%'");
    }

    [Fact]
    public async Task A_stream_ends_with_unavailable_when_the_node_stops_or_loses_its_database_and_is_resumed_after_it()
    {
        await using var postgres = await PostgresServer.StartOwnAsync(Cancelled);
        await using var region = await Region.StartAsync(new RegionOptions { Countries = ["TH", "LA"], Postgres = postgres, Down = ["LA"] }, Cancelled);
        using var bangkok = region.Office("TH");
        var ends = new (Func<Task> End, Func<Task> Begin)[]
        {
            (() => region["TH"].StopAsync(), () => region["TH"].StartAsync(Cancelled)),
            (postgres.StopAsync, () => postgres.ResumeAsync(Cancelled)),
            (postgres.KillAsync, () => postgres.ResumeAsync(Cancelled)),
        };
        var cursor = "0";
        foreach (var (end, begin) in ends)
        {
            var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
            using var stream = bangkok.Watch(cursor);
            (await stream.ResponseStream.MoveNext(Cancelled)).ShouldBeTrue();
            (stream.ResponseStream.Current.DossierId, stream.ResponseStream.Current.Statement).ShouldBe((id, "Opened"));
            cursor = stream.ResponseStream.Current.Cursor;
            var next = Refused.ByAsync(() => stream.ResponseStream.MoveNext(Cancelled));
            var started = Stopwatch.GetTimestamp();
            await end();
            (await next).Code.ShouldBe(StatusCode.Unavailable);
            Stopwatch.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(15), "no stream holds a stop up");
            await begin();
            // Nothing that is asked of it meanwhile is another status.
            (await Poll.UntilAsync(async () =>
            {
                try
                {
                    using var again = bangkok.Watch(cursor);
                    await again.ResponseHeadersAsync;
                    return true;
                }
                catch (RpcException refused) when (refused.StatusCode is StatusCode.Unavailable)
                {
                    return false;
                }
            }, Soon, Cancelled)).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task A_cursor_from_before_a_restore_is_refused_where_the_history_parts_and_goes_on_where_it_does_not()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        var (thailand, laos) = (region["TH"], region["LA"]);
        using var bangkok = region.Office("TH");
        using var vientiane = region.Office("LA");
        await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"));
        await region.SettledAsync(Soon);
        var before = new List<WatchResponse>();
        await DrainAsync(bangkok, "0", before, 1);
        var backup = await shared.Postgres.BackUpAsync(thailand.Database, Cancelled);
        // Two that only Bangkok holds, then one that comes from Vientiane: after the restore it comes first.
        await laos.StopAsync();
        await UntilItWorksAsync(() => bangkok.OpenAsync(Regions.Repatriation("TH", "LA")));
        await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"));
        var lost = new List<WatchResponse>();
        await DrainAsync(bangkok, before[^1].Cursor, lost, 2);

        await thailand.StopAsync();
        await shared.Postgres.RestoreAsync(thailand.Database, backup, Cancelled);
        await thailand.StartAsync(Cancelled);
        await laos.StartAsync(Cancelled);
        var theirs = await UntilItWorksAsync(() => vientiane.OpenAsync(Regions.Repatriation("LA", "TH")));
        await bangkok.UntilAsync(theirs.DossierId, _ => true);
        await UntilItWorksAsync(() => bangkok.AcknowledgeAsync(theirs.DossierId));
        // As many changes as before, others.
        foreach (var change in lost)
            (await Refused.ByAsync(async () =>
            {
                using var stream = bangkok.Watch(change.Cursor);
                await stream.ResponseStream.MoveNext(Cancelled);
            })).ShouldBe(StatusCode.InvalidArgument, "CURSOR_UNKNOWN", "restored");
        var after = new List<WatchResponse>();
        await DrainAsync(bangkok, before[^1].Cursor, after, 2);
        after.Select(change => change.Statement).ShouldBe(["Opened", "Acknowledged"]);
        after.ShouldAllBe(change => change.DossierId.Equals(theirs.DossierId));
    }

    [Fact]
    public async Task What_came_in_one_batch_and_with_whatever_clock_is_seen_after_what_it_descends_from()
    {
        await using var region = await shared.StartAsync(["TH", "LA"], down: "LA");
        var (thailand, laos) = (region.PenOf("TH"), region.PenOf("LA"));
        using var peer = region.As("LA", to: "TH");
        // LA comes before TH by name, and answers what TH has written: as a node fetches its own after a restore.
        var opening = thailand.Open("LA");
        var acknowledged = laos.Begin(new Domain.Referrals.Acknowledged(), opening);
        var asked = thailand.Continue(opening, new Domain.Referrals.InformationRequested(), acknowledged);
        var taken = laos.Continue(acknowledged, new Domain.Referrals.TakenUp(), asked);
        await peer.DeliverAsync(taken, asked, acknowledged, opening);
        // Clocks go back, and replicas have their own.
        await region["TH"].AskAsync<object?>("update entry set held_since = held_since + interval '10 minutes'");
        await peer.DeliverAsync(laos.Continue(taken, new Domain.Referrals.InformationSupplied(), asked));

        using var bangkok = region.Office("TH");
        var seen = new List<WatchResponse>();
        await DrainAsync(bangkok, "0", seen, 5);
        seen.Select(change => change.Statement).ShouldBe(["Opened", "Acknowledged", "InformationRequested", "TakenUp", "InformationSupplied"]);
    }

    /// <summary>Reads on from a cursor until it is cut, in one of several ways, at a moment that nobody chose.</summary>
    static async Task<string> WatchAsync(OfficeClient office, string cursor, List<WatchResponse> seen, int how)
    {
        var most = RandomNumberGenerator.GetInt32(0, 60);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        using var stream = office.Watch(cursor, deadline: how == 2 ? TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(50, 600)) : Soon);
        using var cutting = over.Token.Register(stream.Dispose);
        if (how == 1) over.CancelAfter(RandomNumberGenerator.GetInt32(1, 400));
        try
        {
            while ((how is 1 or 2 || most-- > 0) && await stream.ResponseStream.MoveNext(Cancelled))
            {
                seen.Add(stream.ResponseStream.Current);
                cursor = stream.ResponseStream.Current.Cursor;
            }
        }
        catch (RpcException cut) when (cut.StatusCode is StatusCode.Cancelled or StatusCode.DeadlineExceeded or StatusCode.Unavailable) { }
        return cursor;
    }

    static async Task DrainAsync(OfficeClient office, string cursor, List<WatchResponse> seen, int count)
    {
        using var stream = office.Watch(cursor, Soon);
        while (seen.Count < count && await stream.ResponseStream.MoveNext(Cancelled)) seen.Add(stream.ResponseStream.Current);
    }

    static async Task<WatchResponse> FirstOfAsync(AsyncServerStreamingCall<WatchResponse> stream, ByteString dossier)
    {
        while (await stream.ResponseStream.MoveNext(Cancelled))
            if (stream.ResponseStream.Current.DossierId.Equals(dossier)) return stream.ResponseStream.Current;
        throw new InvalidOperationException("The stream ended.");
    }

    static WatchResponse WithState(WatchResponse change, ReferralState state)
    {
        change = change.Clone();
        change.State = state;
        return change;
    }

    /// <summary>Each entry comes after all that it descends from, and with that each chain in its order.</summary>
    static async Task ShouldFollowTheirPastAsync(RegionNode node, string[] numbered)
    {
        var place = numbered.Index().ToDictionary(entry => entry.Item, entry => entry.Index);
        foreach (var bytes in await node.AskAsync<byte[][]>("select array_agg(bytes) from entry"))
        {
            var entry = EntryWire.Read(bytes)!;
            foreach (var past in entry.Seen.Select(head => head.Hash).Concat(entry.Previous is { } previous ? [previous] : []))
                place[past.ToString()].ShouldBeLessThan(place[entry.Hash.ToString()]);
        }
    }

    static async Task<Referral> UntilItWorksAsync(Func<Task<Referral>> command)
    {
        Referral? done = null;
        (await Poll.UntilAsync(async () =>
        {
            try
            {
                done = await command();
                return true;
            }
            catch (RpcException refused) when (refused.StatusCode is StatusCode.Unavailable or StatusCode.NotFound)
            {
                return false;
            }
        }, Soon, Cancelled)).ShouldBeTrue();
        return done!;
    }

    /// <summary>Writers at both processes of one node, and deliveries of what the other writes and answers, until it is over.</summary>
    static async Task LoadAsync(Region region, RegionNode replica, CancellationToken over)
    {
        OfficeClient[] bangkok = [region.Office("TH"), region.Office(replica)];
        using var vientiane = region.Office("LA");
        await Task.WhenAll(Enumerable.Range(0, 6).Select(async i =>
        {
            var ours = bangkok[i % 2];
            while (!over.IsCancellationRequested)
            {
                try
                {
                    var (writer, answerer, from, to) = i < 3 ? (ours, vientiane, "TH", "LA") : (vientiane, ours, "LA", "TH");
                    var id = (await writer.OpenAsync(Regions.Repatriation(from, to))).DossierId;
                    await answerer.UntilAsync(id, referral => referral.State is ReferralState.Sent, LeaseAndMore);
                    await answerer.AcknowledgeAsync(id);
                    var asking = bangkok[(i + 1) % 2];
                    await asking.UntilAsync(id, referral => referral.State is ReferralState.Received, LeaseAndMore);
                    await asking.Referrals.RequestInformationAsync(new() { Command = OfficeClient.About(), DossierId = id }, asking.Options);
                    await answerer.TakeUpAsync(id);
                }
                catch (RpcException away) when (away.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Cancelled) { }
            }
        }));
        foreach (var office in bangkok) office.Dispose();
    }
}
