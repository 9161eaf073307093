using System.Collections.Immutable;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Local;
using Npgsql;

namespace Coordination.CountryNode.Tests.Exchange;

/// <summary>What offices are told of what is due: each thing once, whoever looks, however often, and whatever the clocks do.</summary>
public sealed class DeadlinesTests(SharedRegion shared)
{
    /// <summary>Ten on a Monday morning in Bangkok and Vientiane.</summary>
    static readonly DateTimeOffset Monday = NextMonday();

    static readonly TimeSpan TenMinutes = TimeSpan.FromMinutes(10);

    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_office_is_warned_then_told_that_it_is_late_and_with_it_the_office_above_and_the_other_side_sees_since_when_it_waits()
    {
        var clock = new FakeClock(Monday);
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, clock);
        await using var _ = thailand;
        await using var __ = laos;
        var id = (await thailand.OpenAsync()).Dossier;
        await thailand.CarryAndTellAsync();

        await AtAsync(Monday.AddHours(23.9), thailand, laos);
        (await laos.NoticesAsync()).ShouldBeEmpty();
        await AtAsync(Monday.AddHours(24), thailand, laos);
        (await laos.NoticesAsync()).ShouldBe(["Acknowledge Warning 1 focal-point@ahtd"]);
        // The end of Wednesday there.
        var due = new DateTimeOffset(Monday.Date, TimeSpan.Zero).AddDays(2).AddHours(17);
        await AtAsync(due.AddSeconds(-1), thailand, laos);
        (await laos.NoticesAsync()).Length.ShouldBe(1);
        await AtAsync(due, thailand, laos);
        (await laos.NoticesAsync()).ShouldBe(
            ["Acknowledge Warning 1 focal-point@ahtd", "Acknowledge Late 1 focal-point@ahtd", "Acknowledge Escalated 1 focal-point@ahtd-head"]);
        await AtAsync(due.AddDays(30), thailand, laos);
        (await laos.NoticesAsync()).Length.ShouldBe(3);

        (await thailand.NoticesAsync()).ShouldBeEmpty();
        var there = await DebtAsync(thailand, id, Clock.Acknowledge);
        (there.AwaitingSince, there.DueAt, there.Key.Owes).ShouldBe((Monday, due, laos.Pen.Node));
    }

    [Fact]
    public async Task Two_replicas_that_look_at_once_tell_each_thing_once()
    {
        var clock = new FakeClock(Monday);
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, clock);
        await using var _ = thailand;
        await using var __ = laos;
        for (var i = 0; i < 250; i++) await thailand.OpenAsync();
        await thailand.CarryAndTellAsync();
        CountryNode.Exchange.Deadlines[] replicas = [laos.Deadlines, laos.AnotherReplica(clock), laos.AnotherReplica(clock)];

        clock.Now = Monday.AddDays(7);
        await Task.WhenAll(replicas.SelectMany(replica => Enumerable.Range(0, 4).Select(async _ =>
        {
            while (await replica.RunAsync(Cancelled)) { }
        })));
        (await laos.NoticesAsync()).Length.ShouldBe(250 * 3);
        (await laos.AskAsync<long>("select count(distinct (dossier_id, kind)) from notice")).ShouldBe(250 * 3);
    }

    [Fact]
    public async Task A_replica_that_dies_in_the_middle_of_telling_has_told_nothing_and_another_tells_it_once()
    {
        var clock = new FakeClock(Monday);
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, clock);
        await using var _ = thailand;
        await using var __ = laos;
        for (var i = 0; i < 5; i++) await thailand.OpenAsync();
        await thailand.CarryAndTellAsync();
        await laos.TellAsync();

        clock.Now = Monday.AddDays(7);
        await Should.ThrowAsync<NpgsqlException>(laos.AnotherStore().SweepAsync(100, clock.Now, (dossier, debt) =>
        {
            // The server ends the session, as it does when the process at its other end is gone.
            laos.AskAsync<bool>("select bool_and(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and state = 'idle in transaction'").GetAwaiter().GetResult();
            return ([new Notice(dossier, debt.Key, NoticeKind.Late, 1, debt.Office, clock.Now)], null);
        }, Cancelled));
        (await laos.NoticesAsync()).ShouldBeEmpty();
        // The server lets go of what a dead session had locked in its own time; what is locked is passed over until then.
        (await Poll.UntilAsync(async () =>
        {
            await laos.TellAsync();
            return (await laos.NoticesAsync()).Length > 0;
        }, TimeSpan.FromSeconds(20), Cancelled)).ShouldBeTrue();
        (await laos.NoticesAsync()).Length.ShouldBe(5 * 3);
        await laos.AnotherReplica(clock).RunAsync(Cancelled);
        (await laos.NoticesAsync()).Length.ShouldBe(5 * 3);
    }

    [Fact]
    public async Task Clock_jumps_of_ten_minutes_fire_nothing_twice_and_leave_nothing_out()
    {
        var clock = new FakeClock(Monday);
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, clock);
        await using var _ = thailand;
        await using var __ = laos;
        var id = await OnTheRoadAsync(thailand, laos, clock);
        var other = new FakeClock(clock.Now);
        CountryNode.Exchange.Deadlines[] replicas = [laos.Deadlines, laos.AnotherReplica(other)];
        for (var i = 0; i < 10; i++) await thailand.OpenAsync();
        await thailand.CarryAndTellAsync();

        // Each hour of ten days, with clocks that are ahead, right and behind by turns, and never agree.
        var start = clock.Now;
        TimeSpan[] jumps = [TimeSpan.Zero, TenMinutes, -TenMinutes, TimeSpan.Zero, -TenMinutes, TenMinutes, TenMinutes, -TenMinutes];
        for (var step = 0; step < 240; step++)
        {
            var truth = start.AddHours(step);
            (clock.Now, other.Now) = (truth + jumps[step % 8], truth + jumps[(step + 3) % 8]);
            if (step == 100) await laos.WriteAsync(id, new NotArrived(Plan, PlaceIn(laos.Pen.Node), clock.Now));
            await Task.WhenAll(replicas.Select(replica => replica.RunAsync(Cancelled)));
        }
        (clock.Now, other.Now) = (start.AddHours(240), start.AddHours(240));
        foreach (var replica in replicas) await replica.RunAsync(Cancelled);

        var told = await laos.AskAsync<string[]>("select array_agg(encode(dossier_id, 'hex') || clock || kind || round) from notice");
        told.ShouldBeUnique();
        // Nothing was left out: a node whose clock was right all the time would have told the same.
        var expected = await laos.AskAsync<string[]>(
            """
            select array_agg(encode(dossier_id, 'hex') || clock || kind || '1')
            from debt, lateral (select 'Warning' as kind, warn_at as at union all select unnest(array['Late', 'Escalated']), due_at) as planned
            where owes = 'LA' and at <= $1
            """, clock.Now);
        expected.Except(told).ShouldBeEmpty();
        (await laos.AskAsync<long>("select count(*) from notice join debt using (dossier_id, clock, owes, number, cause, about) where kind = 'Late' and round = 1 and at < due_at - interval '10 minutes'")).ShouldBe(0);
        (await laos.AskAsync<long>("select count(*) from notice where kind = 'Late' and clock = 'Acknowledge'")).ShouldBe(10);
    }

    [Fact]
    public async Task Six_hours_after_the_meeting_time_both_duty_offices_are_alerted_and_while_the_person_is_missing_again_every_day_and_the_office_above_every_day()
    {
        var clock = new FakeClock(Monday);
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, clock);
        await using var _ = thailand;
        await using var __ = laos;
        var id = await OnTheRoadAsync(thailand, laos, clock);

        await AtAsync(MeetingAt.AddHours(5.9), thailand, laos);
        (await Alarms(thailand)).Concat(await Alarms(laos)).ShouldBeEmpty();
        await AtAsync(MeetingAt.AddHours(6), thailand, laos);
        (await Alarms(thailand)).ShouldBe(["Arrive Alarm 1 focal-point@datip"]);
        (await Alarms(laos)).ShouldBe(["Arrive Alarm 1 focal-point@ahtd"]);

        await laos.WriteAsync(id, new NotArrived(Plan, PlaceIn(laos.Pen.Node), clock.Now));
        var missing = clock.Now;
        await laos.CarryAndTellAsync();
        // Bangkok has been told by the entry; its word that it has it starts the clock of both.
        foreach (var node in (HomeNode[])[thailand, laos]) (await DebtsAsync(node, id)).Count(debt => debt.Key.Clock == "Find").ShouldBe(2);
        for (var hours = 1; hours <= 24 * 3; hours++) await AtAsync(missing.AddHours(hours), thailand, laos);
        foreach (var (node, duty) in new[] { (thailand, "focal-point@datip"), (laos, "focal-point@ahtd") })
        {
            (await node.NoticesAsync(id)).Where(notice => notice.StartsWith("Find", StringComparison.Ordinal) && !notice.Contains("Escalated", StringComparison.Ordinal)).ShouldBe(
                [$"Find Alarm 1 {duty}", $"Find Warning 1 {duty}", .. Enumerable.Range(1, 3).SelectMany(day => new[] { $"Find Alarm {day + 1} {duty}", $"Find Late {day} {duty}" })]);
            (await node.NoticesAsync(id)).Where(notice => notice.StartsWith("Find Escalated", StringComparison.Ordinal)).ShouldBe(
                Enumerable.Range(1, 3).Select(day => $"Find Escalated {day} {duty}-head"));
        }

        await thailand.WriteAsync(id, new FoundSafe(Plan, laos.Pen.Node));
        await thailand.CarryAndTellAsync();
        var before = (await laos.NoticesAsync(id)).Count(notice => notice.StartsWith("Find", StringComparison.Ordinal));
        // Whoever found the person says so, and the other side says the same or not: until then it goes on.
        await laos.WriteAsync(id, new FoundSafe(Plan, laos.Pen.Node));
        await laos.CarryAndTellAsync();
        await AtAsync(clock.Now.AddDays(2), thailand, laos);
        (await laos.NoticesAsync(id)).Count(notice => notice.StartsWith("Find", StringComparison.Ordinal)).ShouldBe(before);
    }

    [Fact]
    public async Task An_hour_after_a_person_was_missed_the_duty_offices_of_both_countries_are_alarmed_beside_those_who_have_the_referral()
    {
        var clock = new FakeClock(Monday);
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, clock, HomeNode.Offices(atNight: "-night"));
        await using var _ = thailand;
        await using var __ = laos;
        var id = await OnTheRoadAsync(thailand, laos, clock);
        await laos.WriteAsync(id, new NotArrived(Plan, PlaceIn(laos.Pen.Node), clock.Now));
        var missing = clock.Now;
        await laos.CarryAndTellAsync();

        await AtAsync(missing.AddMinutes(59), thailand, laos);
        (await Alarms(thailand)).Concat(await Alarms(laos)).ShouldBeEmpty();
        await AtAsync(missing.AddHours(1), thailand, laos);
        (await FindsAsync(thailand)).ShouldBe(["Find Alarm 1 focal-point@datip-night", "Find Warning 1 focal-point@datip"]);
        (await FindsAsync(laos)).ShouldBe(["Find Alarm 1 focal-point@ahtd-night", "Find Warning 1 focal-point@ahtd"]);
        await AtAsync(missing.AddHours(48), thailand, laos);
        foreach (var (node, night) in new[] { (thailand, "focal-point@datip-night"), (laos, "focal-point@ahtd-night") })
            (await Alarms(node)).ShouldBe([$"Find Alarm 1 {night}", $"Find Alarm 2 {night}", $"Find Alarm 3 {night}"]);

        async Task<string[]> FindsAsync(HomeNode node) => [.. (await node.NoticesAsync(id)).Where(notice => notice.StartsWith("Find", StringComparison.Ordinal))];
    }

    [Fact]
    public async Task While_the_line_is_down_the_duty_office_that_knows_is_alarmed_for_the_person_and_its_own_data_has_a_date()
    {
        var clock = new FakeClock(Monday);
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, clock, HomeNode.Offices(atNight: "-night"));
        await using var _ = thailand;
        await using var __ = laos;
        var id = await OnTheRoadAsync(thailand, laos, clock);
        laos.RoadIsOpen = false;
        await laos.WriteAsync(id, new NotArrived(Plan, PlaceIn(laos.Pen.Node), clock.Now));
        var missing = clock.Now;
        var finds = (await DebtsAsync(laos, id)).Where(debt => debt.Key.Clock == "Find").ToDictionary(debt => debt.Key.Owes);
        (finds[laos.Pen.Node].AwaitingSince, finds[laos.Pen.Node].WarnAt, finds[laos.Pen.Node].DueAt).ShouldBe((missing, missing.AddHours(1), missing.AddHours(24)));
        finds[thailand.Pen.Node].DueAt.ShouldBeNull("nobody there has been told");

        await AtAsync(missing.AddHours(2), laos);
        (await Alarms(laos)).ShouldBe(["Find Alarm 1 focal-point@ahtd-night"]);
        await laos.WriteAsync(id, new ConsentWithdrawn(new WithdrawalScope.Everything()));
        (await DebtsAsync(laos, id)).Single(debt => debt.Key.Clock == "StopData" && debt.Key.Owes == laos.Pen.Node).DueAt.ShouldBe(clock.Now.AddHours(24));

        // When the line is up, the author's alarms go on as they began, and the other side's begin.
        laos.RoadIsOpen = true;
        await AtAsync(missing.AddHours(3), laos);
        await laos.CarryAndTellAsync();
        await AtAsync(missing.AddHours(24), thailand, laos);
        (await Alarms(laos)).ShouldBe(["Find Alarm 1 focal-point@ahtd-night", "Find Alarm 2 focal-point@ahtd-night"]);
        (await Alarms(thailand)).ShouldContain("Find Alarm 1 focal-point@datip-night");
    }

    [Fact]
    public async Task A_note_on_progress_is_wanted_each_month_until_an_assessment_is_due()
    {
        var clock = new FakeClock(Monday);
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, clock);
        await using var _ = thailand;
        await using var __ = laos;
        var id = await ReleasedAsync(thailand, laos);
        var due = (await DebtAsync(laos, id, Clock.Assess)).DueAt!.Value;
        for (var day = Monday; day < due.AddDays(40); day = day.AddDays(1)) await AtAsync(day, laos);
        (await laos.NoticesAsync(id)).Where(notice => notice.StartsWith("Assess ", StringComparison.Ordinal)).ShouldBe(
        [
            "Assess Progress 1 focal-point@ahtd", "Assess Progress 2 focal-point@ahtd", "Assess Warning 1 focal-point@ahtd",
            "Assess Late 1 focal-point@ahtd", "Assess Escalated 1 focal-point@ahtd-head",
        ], ignoreOrder: true);
        foreach (var round in new[] { 1, 2 })
            (await laos.AskAsync<DateTime>("select at from notice where kind = 'Progress' and round = $1", round)).ShouldBe(Monday.AddMonths(round).UtcDateTime);
        (await thailand.NoticesAsync(id)).Where(notice => notice.StartsWith("Assess ", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_the_road_does_not_deliver_administrators_are_told_and_no_office()
    {
        var clock = new FakeClock(Monday);
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, clock);
        await using var _ = thailand;
        await using var __ = laos;
        thailand.RoadIsOpen = false;
        var id = (await thailand.OpenAsync()).Dossier;
        await AtAsync(Monday.AddHours(12), thailand);
        (await thailand.NoticesAsync()).ShouldBe(["Delivery Warning 1 -"]);
        await AtAsync(Monday.AddHours(25), thailand);
        (await thailand.NoticesAsync()).ShouldBe(["Delivery Warning 1 -", "Delivery Late 1 -"]);
        (await thailand.Lists.ListNoticesAsync(thailand.OfficeOf("administrator"), false, null, 10, Cancelled)).Length.ShouldBe(2);
        (await thailand.Lists.ListNoticesAsync(thailand.OfficeOf(), false, null, 10, Cancelled)).ShouldBeEmpty();
        (await DebtsAsync(thailand, id)).Select(debt => debt.Key.Clock).ShouldBe(["Delivery", "Acknowledge"]);
        (await DebtAsync(thailand, id, Clock.Acknowledge)).DueAt.ShouldBeNull("nobody has received it");

        thailand.RoadIsOpen = true;
        await thailand.CarryAndTellAsync();
        // Delivered, Bangkok owes nothing; the time of Vientiane begins now.
        (await DebtsAsync(thailand, id)).Select(debt => debt.Key.Clock).ShouldBe(["Acknowledge"]);
        (await DebtAsync(thailand, id, Clock.Acknowledge)).AwaitingSince.ShouldBe(Monday.AddHours(25));
        (await thailand.Lists.ListDueAsync(Whose.OwedByUs, thailand.OfficeOf(), null, 10, clock.Now, Cancelled)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Of_anything_that_the_road_holds_up_administrators_are_told_once_each_time_whoever_looks()
    {
        var clock = new FakeClock(Monday);
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, clock);
        await using var _ = thailand;
        await using var __ = laos;
        var id = (await thailand.OpenAsync()).Dossier;
        await thailand.CarryAndTellAsync();
        CountryNode.Exchange.Deadlines[] replicas = [thailand.Deadlines, thailand.AnotherReplica(clock), thailand.AnotherReplica(clock)];
        var road = new List<string>();
        for (var outage = 1; outage <= 2; outage++)
        {
            thailand.RoadIsOpen = false;
            var since = clock.Now;
            await thailand.WriteAsync(id, new EntitlementNoted());
            clock.Now = since.AddHours(3);
            // Held up as well, and by the same outage.
            await thailand.WriteAsync(id, new ProceedingsNoted());
            await ShouldBeAtAsync(since.AddHours(11.9));
            await ShouldBeAtAsync(since.AddHours(12), "Delivery Warning 1 -");
            await ShouldBeAtAsync(since.AddHours(23.9));
            await ShouldBeAtAsync(since.AddHours(24), "Delivery Late 1 -");
            await ShouldBeAtAsync(since.AddHours(60));
            thailand.RoadIsOpen = true;
            await thailand.CarryAndTellAsync();
            await ShouldBeAtAsync(since.AddHours(100));
        }
        // Vientiane comes to hold the first by another road: what is held up since is the second, and only since it was written.
        thailand.RoadIsOpen = false;
        var began = clock.Now;
        var first = await thailand.WriteAsync(id, new EntitlementNoted());
        clock.Now = began.AddHours(3);
        await thailand.WriteAsync(id, new ProceedingsNoted());
        await thailand.Store.SettleAsync(laos.Pen.Node, [laos.Pen.Receipt(first, clock.Now)], [], Cancelled);
        await ShouldBeAtAsync(began.AddHours(14.9));
        await ShouldBeAtAsync(began.AddHours(15), "Delivery Warning 1 -");
        (await thailand.Lists.ListNoticesAsync(thailand.OfficeOf("administrator"), false, null, 10, Cancelled)).Select(row => row.OfDebt!.Dossier).ShouldBe([id, id, id, id, id]);
        (await thailand.Lists.ListNoticesAsync(thailand.OfficeOf(), false, null, 10, Cancelled)).ShouldBeEmpty();

        async Task ShouldBeAtAsync(DateTimeOffset now, params string[] more)
        {
            clock.Now = now;
            await Task.WhenAll(replicas.Select(async replica =>
            {
                while (await replica.RunAsync(Cancelled)) { }
            }));
            road.AddRange(more);
            (await thailand.NoticesAsync()).ShouldBe(road);
        }
    }

    [Fact]
    public async Task What_an_office_is_told_that_acts_here_no_more_the_administrators_read_and_the_office_above_too()
    {
        var clock = new FakeClock(Monday);
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, clock, HomeNode.Offices().At([HomeNode.Parse("focal-point@ahtd-head"), HomeNode.Parse("administrator@ahtd")]));
        await using var _ = thailand;
        await using var __ = laos;
        await thailand.OpenAsync();
        await thailand.CarryAndTellAsync();
        await AtAsync(Monday.AddDays(4), laos);
        (await laos.NoticesAsync()).ShouldBe(["Acknowledge Warning 1 -", "Acknowledge Late 1 -", "Acknowledge Escalated 1 focal-point@ahtd-head"]);
        (await laos.Lists.ListNoticesAsync(laos.OfficeOf("administrator"), false, null, 10, Cancelled)).Length.ShouldBe(2);
    }

    [Fact]
    public async Task A_referral_is_given_to_no_office_that_would_not_read_what_it_is_told()
    {
        var clock = new FakeClock(Monday);
        List<string> offices = ["focal-point@datip", "case-worker@datip", "auditor@datip", "administrator@datip", "approver@datip"];
        await using var thailand = await HomeNode.StartAsync(shared, "TH", clock, HomeNode.Offices().At(offices.Select(HomeNode.Parse)));
        var id = (await thailand.OpenAsync()).Dossier;
        foreach (var nobody in (IEnumerable<string>)["focal-point@elsewhere", "auditor@datip", "administrator@datip", "approver@datip", "prosecutor@datip"])
            foreach (var (body, field) in new (Body, string)[]
            {
                (new UnitAssigned(HomeNode.Parse(nobody)), "unit_assigned.office"), (new Corrected(new UnitAssigned(HomeNode.Parse(nobody))), "corrected.unit_assigned.office"),
            })
            {
                var command = new CountryNode.Desks.Command(new CommandKey(thailand.OfficeOf(), OfficeClient.NewCommandId()), "somebody", new byte[32], id, body);
                var refusal = (await thailand.Desk.TryAsync(command, Cancelled)).ShouldNotBeNull();
                (refusal.Reason, refusal.Fields.Single().Field).ShouldBe(("OFFICE_UNKNOWN", field), nobody);
            }
        await thailand.WriteAsync(id, new UnitAssigned(HomeNode.Parse("case-worker@datip")));
        (await thailand.AskAsync<string>("select office from dossier")).ShouldBe("case-worker@datip");
    }

    [Fact]
    public async Task Whoever_is_given_a_referral_is_told_at_once_what_is_past_and_nobody_is_told_anything_twice()
    {
        var clock = new FakeClock(Monday);
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, clock);
        await using var _ = thailand;
        await using var __ = laos;
        var worker = HomeNode.Parse("case-worker@ahtd");
        var id = (await thailand.OpenAsync()).Dossier;
        await thailand.CarryAndTellAsync();
        // Before anything is told, it is the new office's alone.
        var early = (await thailand.OpenAsync()).Dossier;
        await thailand.CarryAndTellAsync();
        await laos.WriteAsync(early, new UnitAssigned(worker));
        await laos.CarryAndTellAsync();
        await AtAsync(Monday.AddDays(4), thailand, laos);
        (await laos.NoticesAsync(early)).ShouldBe(["Acknowledge Warning 1 case-worker@ahtd", "Acknowledge Late 1 case-worker@ahtd"]);
        string[] told = ["Acknowledge Warning 1 focal-point@ahtd", "Acknowledge Late 1 focal-point@ahtd", "Acknowledge Escalated 1 focal-point@ahtd-head"];
        (await laos.NoticesAsync(id)).ShouldBe(told);

        var due = await DebtAsync(laos, id, Clock.Acknowledge);
        await laos.WriteAsync(id, new UnitAssigned(worker));
        await laos.CarryAndTellAsync();
        await thailand.TellAsync();
        told = [.. told, "Acknowledge Warning 1 case-worker@ahtd", "Acknowledge Late 1 case-worker@ahtd"];
        (await laos.NoticesAsync(id)).ShouldBe(told);
        (await laos.Lists.ListNoticesAsync(worker, false, null, 10, Cancelled)).Count(row => row.OfDebt!.Dossier == id).ShouldBe(2);
        (await DebtAsync(laos, id, Clock.Acknowledge)).ShouldBe(due with { Office = worker }, "the other country waits since when it waited");
        await AtAsync(Monday.AddDays(40), thailand, laos);
        // Back and forth, and whoever looks.
        foreach (var office in new[] { laos.OfficeOf(), worker })
        {
            await laos.WriteAsync(id, new UnitAssigned(office));
            await Task.WhenAll(laos.TellAsync(), laos.AnotherReplica(clock).RunAsync(Cancelled));
            await laos.CarryAndTellAsync();
        }
        (await laos.NoticesAsync(id)).ShouldBe(told);
        (await thailand.NoticesAsync(id)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Whoever_is_given_a_person_who_has_been_missed_for_days_is_told_so_once_and_from_then_on_every_day()
    {
        var clock = new FakeClock(Monday);
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, clock);
        await using var _ = thailand;
        await using var __ = laos;
        var id = await OnTheRoadAsync(thailand, laos, clock);
        await laos.WriteAsync(id, new NotArrived(Plan, PlaceIn(laos.Pen.Node), clock.Now));
        var missing = clock.Now;
        await laos.CarryAndTellAsync();
        for (var day = 1; day <= 5; day++) await AtAsync(missing.AddDays(day).AddHours(1), laos);
        await laos.WriteAsync(id, new UnitAssigned(HomeNode.Parse("case-worker@ahtd")));
        await laos.TellAsync();
        await AtAsync(missing.AddDays(6).AddHours(1), laos);
        (await laos.NoticesAsync(id)).Where(notice => notice.StartsWith("Find", StringComparison.Ordinal) && notice.EndsWith("case-worker@ahtd", StringComparison.Ordinal)).ShouldBe(
            ["Find Warning 1 case-worker@ahtd", "Find Late 5 case-worker@ahtd", "Find Late 6 case-worker@ahtd"]);
        (await Alarms(laos)).Count(alarm => alarm.StartsWith("Find", StringComparison.Ordinal)).ShouldBe(7);
    }

    [Fact]
    public async Task What_is_done_before_its_time_tells_nothing()
    {
        var clock = new FakeClock(Monday);
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, clock);
        await using var _ = thailand;
        await using var __ = laos;
        var id = (await thailand.OpenAsync()).Dossier;
        await thailand.CarryAndTellAsync();
        await AtAsync(Monday.AddHours(23), thailand, laos);
        await laos.WriteAsync(id, new Acknowledged());
        await laos.CarryAndTellAsync();
        await laos.WriteAsync(id, new Declined(DeclineReason.Duplicate));
        await laos.CarryAndTellAsync();
        foreach (var node in (HomeNode[])[thailand, laos]) await node.WriteAsync(id, new DataStopped(DataFate.Erased, null, PaperRecall.All));
        await thailand.CarryAndTellAsync();
        await laos.CarryAndTellAsync();
        await AtAsync(Monday.AddDays(300), thailand, laos);
        (await thailand.NoticesAsync()).ShouldBeEmpty();
        (await laos.NoticesAsync()).ShouldBeEmpty();
        (await laos.AskAsync<long>("select count(*) from debt")).ShouldBe(0);
    }

    [Fact]
    public async Task Dates_that_change_tell_nothing_again_and_what_is_new_is_told_at_its_new_time()
    {
        var clock = new FakeClock(Monday);
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, clock);
        await using var _ = thailand;
        await using var __ = laos;
        var id = (await thailand.OpenAsync()).Dossier;
        await thailand.CarryAndTellAsync();
        await laos.WriteAsync(id, new Acknowledged());
        await laos.CarryAndTellAsync();
        var first = await DebtAsync(laos, id, Clock.TakeUpOrDecline);
        await AtAsync(first.WarnAt!.Value, thailand, laos);
        (await laos.NoticesAsync()).ShouldBe(["TakeUpOrDecline Warning 1 focal-point@ahtd"]);

        // A question stops the clock; the answer, four days later, sets it going: warning and due move.
        var asked = await laos.WriteAsync(id, new InformationRequested());
        await laos.CarryAndTellAsync();
        (await DebtAsync(laos, id, Clock.TakeUpOrDecline)).DueAt.ShouldBeNull();
        await AtAsync(clock.Now.AddDays(4), thailand, laos);
        await thailand.WriteAsync(id, new InformationSupplied(), answers: asked.Hash);
        await thailand.CarryAndTellAsync();
        await laos.TellAsync();
        var second = await DebtAsync(laos, id, Clock.TakeUpOrDecline);
        second.WarnAt!.Value.ShouldBeGreaterThan(first.WarnAt.Value);
        for (var day = clock.Now; day < second.DueAt!.Value.AddDays(3); day = day.AddHours(6)) await AtAsync(day, thailand, laos);
        (await laos.NoticesAsync()).Where(notice => notice.StartsWith("TakeUp", StringComparison.Ordinal)).ShouldBe(
            ["TakeUpOrDecline Warning 1 focal-point@ahtd", "TakeUpOrDecline Late 1 focal-point@ahtd", "TakeUpOrDecline Escalated 1 focal-point@ahtd-head"]);
        (await laos.AskAsync<DateTime>("select at from notice where clock = 'TakeUpOrDecline' and kind = 'Late'")).ShouldBeGreaterThanOrEqualTo(second.DueAt.Value.UtcDateTime);
    }

    [Fact]
    public async Task A_replica_that_dies_between_claim_and_keep_leaves_the_overview_to_the_next()
    {
        var clock = new FakeClock(Monday);
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, clock);
        await using var _ = thailand;
        await using var __ = laos;
        await thailand.TellAsync();
        var id = (await thailand.OpenAsync()).Dossier;
        while (await thailand.Relay.CarryAsync(laos.Pen.Node, Cancelled)) { }
        (await DebtAsync(thailand, id, Clock.Acknowledge)).DueAt.ShouldBeNull("nobody has made it anew");

        (await thailand.Store.ClaimStaleAsync(100, clock.Now, clock.Now.AddSeconds(30), Cancelled)).ShouldBe([id]);
        await thailand.TellAsync();
        (await DebtAsync(thailand, id, Clock.Acknowledge)).DueAt.ShouldBeNull("it is claimed");
        clock.Now = clock.Now.AddSeconds(31);
        await thailand.TellAsync();
        (await DebtAsync(thailand, id, Clock.Acknowledge)).DueAt.ShouldNotBeNull();
        (await thailand.AskAsync<long>("select count(*) from dossier where stale_until is not null")).ShouldBe(0);
    }

    [Fact]
    public async Task An_entry_that_was_written_on_older_receipts_leaves_no_overview_without_them()
    {
        var clock = new FakeClock(Monday);
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, clock);
        await using var _ = thailand;
        await using var __ = laos;
        var id = (await thailand.OpenAsync()).Dossier;
        // Between reading and appending the receipt comes, and another replica has made the overview anew.
        var isFirst = true;
        var command = new CountryNode.Desks.Command(new CommandKey(thailand.OfficeOf(), OfficeClient.NewCommandId()), "somebody", new byte[32], id, new EntitlementNoted());
        await thailand.Desk.WriteAsync(command, (_, _) =>
        {
            if (isFirst) thailand.CarryAndTellAsync().GetAwaiter().GetResult();
            isFirst = false;
            return [];
        }, Cancelled);
        thailand.RoadIsOpen = false;
        await thailand.TellAsync();
        (await DebtAsync(thailand, id, Clock.Acknowledge)).DueAt.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_clock_runs_from_the_first_receipt_that_covers_its_cause_whatever_comes_after()
    {
        var clock = new FakeClock(Monday);
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, clock);
        await using var _ = thailand;
        await using var __ = laos;
        var id = (await thailand.OpenAsync()).Dossier;
        await thailand.WriteAsync(id, new EntitlementNoted());
        // One receipt for both.
        await thailand.CarryAndTellAsync();
        (await thailand.AskAsync<long>("select count(*) from receipt")).ShouldBe(1);
        (await DebtAsync(thailand, id, Clock.Acknowledge)).AwaitingSince.ShouldBe(Monday);

        clock.Now = Monday.AddHours(30);
        await thailand.WriteAsync(id, new EntitlementNoted());
        await thailand.CarryAndTellAsync();
        await laos.TellAsync();
        foreach (var node in (HomeNode[])[thailand, laos]) (await DebtAsync(node, id, Clock.Acknowledge)).AwaitingSince.ShouldBe(Monday);
    }

    [Fact]
    public async Task What_the_other_country_owes_is_among_what_is_late_and_never_among_an_offices_own()
    {
        var clock = new FakeClock(Monday);
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, clock);
        await using var _ = thailand;
        await using var __ = laos;
        var id = (await thailand.OpenAsync()).Dossier;
        await thailand.CarryAndTellAsync();
        clock.Now = Monday.AddDays(7);
        foreach (var node in (HomeNode[])[thailand, laos])
        {
            (await node.Lists.ListDueAsync(Whose.Late, node.OfficeOf(), null, 10, clock.Now, Cancelled)).Single().Debt.Key.Owes.ShouldBe(laos.Pen.Node);
            (await node.Lists.ListAsync(new(Whose.Late, node.OfficeOf(), null, null, null, null), null, 10, clock.Now, Cancelled)).Single().Id.ShouldBe(id);
            // An office that is called in Bangkok as the one that must act is called in Vientiane.
            (await node.Lists.ListDueAsync(Whose.Mine, laos.OfficeOf(), null, 10, clock.Now, Cancelled)).Length.ShouldBe(node == laos ? 1 : 0);
        }
    }

    [Fact]
    public async Task Another_trust_list_makes_every_overview_anew()
    {
        var clock = new FakeClock(Monday);
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, clock);
        await using var _ = thailand;
        await using var __ = laos;
        var id = (await thailand.OpenAsync()).Dossier;
        await thailand.CarryAndTellAsync();
        await laos.WriteAsync(id, new Acknowledged());
        await laos.CarryAndTellAsync();
        await thailand.TellAsync();
        (await DebtsAsync(thailand, id)).Select(debt => debt.Key.Clock).ShouldBe(["TakeUpOrDecline"]);

        // What Vientiane's key signed in this referral stands no more.
        var list = shared.Region.TrustList.Clone();
        list.Version++;
        list.Nodes.Single(node => node.Id == "LA").SigningKeys.Single().Revocation = new();
        thailand.Keys.WriteTrustList(shared.Region.Authority.Sign(list));
        thailand.Trust.Reload().ShouldBeTrue();
        await thailand.TellAsync();
        (await DebtsAsync(thailand, id)).Select(debt => debt.Key.Clock).ShouldBe(["Acknowledge"]);
        (await thailand.AskAsync<string>("select state from dossier")).ShouldBe("Sent");
    }

    static PlaceCode PlaceIn(NodeId country) => PlaceCode.TryParse($"{country}-ANY", out var place) ? place : throw new FormatException();

    static readonly Token Plan = new(UInt128.One << 100);

    static DateTimeOffset MeetingAt => Monday.AddDays(14);

    /// <summary>Lets the time come, carries what there is, and tells.</summary>
    static async Task AtAsync(DateTimeOffset now, params HomeNode[] nodes)
    {
        nodes[0].Clock.Now = now;
        foreach (var node in nodes) await node.TellAsync();
    }

    static async Task<DossierId> ReleasedAsync(HomeNode thailand, HomeNode laos)
    {
        var id = (await thailand.OpenAsync()).Dossier;
        await thailand.CarryAndTellAsync();
        await laos.WriteAsync(id, new Acknowledged());
        await laos.WriteAsync(id, new TakenUp());
        await laos.CarryAndTellAsync();
        await thailand.WriteAsync(id, new CaseFileReleased(1, default));
        await thailand.CarryAndTellAsync();
        return id;
    }

    /// <summary>A return that both agreed on, with the person on the road.</summary>
    static async Task<DossierId> OnTheRoadAsync(HomeNode thailand, HomeNode laos, FakeClock clock)
    {
        var id = await ReleasedAsync(thailand, laos);
        await laos.WriteAsync(id, new AssessmentReported(Finding.MayReturn, false, false));
        await laos.CarryAndTellAsync();
        var today = RegionalTime.Today(thailand.Pen.Node, clock.Now);
        await thailand.WriteAsync(id, new WishRecorded(Wish.Return, today));
        var plan = await thailand.WriteAsync(id, new ReturnPlanned(Plan, null, today.AddDays(14), MeetingAt, PlaceIn(laos.Pen.Node)));
        await thailand.CarryAndTellAsync();
        await laos.WriteAsync(id, new ReturnAgreed(), answers: plan.Hash);
        await laos.CarryAndTellAsync();
        clock.Now = MeetingAt.AddHours(-2);
        await thailand.WriteAsync(id, new Accompanied(Plan, PlaceIn(thailand.Pen.Node), clock.Now));
        await thailand.CarryAndTellAsync();
        await laos.TellAsync();
        return id;
    }

    static async Task<string[]> Alarms(HomeNode node) => [.. (await node.NoticesAsync()).Where(notice => notice.Contains("Alarm", StringComparison.Ordinal))];

    static async Task<ImmutableArray<DueDebt>> DebtsAsync(HomeNode node, DossierId id) =>
        [.. (await node.Lists.ListDueAsync(Whose.Everyones, node.OfficeOf(), null, 200, node.Clock.Now, Cancelled)).Where(row => row.Dossier == id).Select(row => row.Debt)];

    static async Task<DueDebt> DebtAsync(HomeNode node, DossierId id, Clock clock) => (await DebtsAsync(node, id)).Single(debt => debt.Key.Clock == clock.ToString());

    static DateTimeOffset NextMonday()
    {
        var day = TimeProvider.System.GetUtcNow().UtcDateTime.Date;
        while (day.DayOfWeek is not DayOfWeek.Monday) day = day.AddDays(1);
        return new DateTimeOffset(day.AddDays(7), TimeSpan.Zero).AddHours(3);
    }
}
