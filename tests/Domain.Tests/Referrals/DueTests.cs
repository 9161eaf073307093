using System.Collections.Immutable;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Referrals;

/// <summary>When what is owed warns and is late: from the other's receipt, in working days of the country that must act.</summary>
public sealed class DueTests
{
    static readonly WorkingCalendar Weekends = WorkingCalendar.WeekendsOnly;

    /// <summary>A Friday evening in Vientiane; in Yangon too, but half an hour earlier there.</summary>
    static readonly DateTimeOffset Friday = At("2026-03-06T10:00:00Z");

    [Fact]
    public void A_clock_does_not_run_before_the_other_country_holds_the_entry()
    {
        var (scene, referral) = Sent();
        var debt = Of(referral, Clock.Acknowledge);
        referral.Due(debt, None, Weekends).ShouldBeNull();
        referral.Due(debt, new Receipts(Times((scene.Pen.Opening, Friday)), Times()), Weekends).ShouldBeNull();

        var due = Due(referral, Clock.Acknowledge, (scene.Pen.Opening, Friday));
        due.WarnAt.ShouldBe(Friday.AddHours(24));
        due.DueAt.ShouldBe(At("2026-03-10T17:00:00Z"), "the end of Tuesday: a weekend is between");
    }

    [Fact]
    public void Holidays_count_of_the_country_that_must_act_and_of_no_other()
    {
        var (scene, referral) = Sent();
        foreach (var (country, due) in new[] { ("LA", "2026-03-11T17:00:00Z"), ("TH", "2026-03-10T17:00:00Z") })
        {
            var monday = ImmutableHashSet.Create(new DateOnly(2026, 3, 9));
            var calendar = new WorkingCalendar(ImmutableDictionary<NodeId, ImmutableHashSet<DateOnly>>.Empty.Add(NodeId.Parse(country), monday));
            referral.Due(Of(referral, Clock.Acknowledge), Held((scene.Pen.Opening, Friday)), calendar)!.DueAt.ShouldBe(At(due), country);
            calendar.CountsHolidaysOf(NodeId.Parse(country)).ShouldBeTrue();
        }
        Weekends.CountsHolidaysOf(NodeId.Parse("LA")).ShouldBeFalse();
    }

    /// <summary>The Tuesday after the Friday is a holiday in one of the two.</summary>
    [Theory]
    [InlineData("TH", Clock.ReleaseCaseFile, "2026-03-11T17:00:00Z", "2026-03-12T17:00:00Z")]
    [InlineData("LA", Clock.ReleaseCaseFile, "2026-03-10T17:00:00Z", "2026-03-11T17:00:00Z")]
    [InlineData("TH", Clock.TakeUpOrDecline, "2026-03-13T17:00:00Z", "2026-03-17T17:00:00Z")]
    [InlineData("LA", Clock.TakeUpOrDecline, "2026-03-16T17:00:00Z", "2026-03-18T17:00:00Z")]
    [InlineData("TH", Clock.Prepare, "2026-03-05T17:00:00Z", "2026-03-16T17:00:00Z")]
    [InlineData("LA", Clock.Prepare, "2026-03-08T17:00:00Z", "2026-03-16T17:00:00Z")]
    public void Holidays_of_the_country_that_must_act_count_for_the_warning_for_the_senders_debts_and_for_preparation(string rests, Clock clock, string warned, string late)
    {
        var calendar = new WorkingCalendar(ImmutableDictionary<NodeId, ImmutableHashSet<DateOnly>>.Empty.Add(NodeId.Parse(rests), [new DateOnly(2026, 3, 10)]));
        var scene = Scene.Opened(Pair.Usual, Sample.Opened(Pair.Usual));
        var cause = scene.Write(Pair.Usual.Receiver, "Acknowledged");
        if (clock is Clock.ReleaseCaseFile) cause = scene.Write(Pair.Usual.Receiver, "TakenUp");
        if (clock is Clock.Prepare)
        {
            scene = Scene.At(ReferralState.ReturnAgreed, Pair.Usual, new());
            cause = scene.Pen.Write(Pair.Usual.Host, new PreparationReported(PreparationItem.ExitPermit, PreparationStatus.Asked));
        }
        var referral = scene.Pen.Fold().State!;
        var due = referral.Due(Of(referral, clock), Held((cause, Friday)), calendar)!;
        (due.WarnAt, due.DueAt).ShouldBe((At(warned), At(late)));
    }

    [Fact]
    public void The_holidays_of_the_host_move_no_warning_for_what_the_origin_prepares()
    {
        var scene = Scene.At(ReferralState.ReturnAgreed, Pair.Usual, new());
        scene.Write(Pair.Usual.Origin, "PreparationReported");
        var referral = scene.Pen.Fold().State!;
        foreach (var (rests, warned) in new[] { ("TH", "2026-03-08T17:00:00Z"), ("LA", "2026-03-05T17:00:00Z") })
        {
            var calendar = new WorkingCalendar(ImmutableDictionary<NodeId, ImmutableHashSet<DateOnly>>.Empty.Add(NodeId.Parse(rests), [new DateOnly(2026, 3, 10)]));
            referral.Due(Of(referral, Clock.Prepare), None, calendar)!.WarnAt.ShouldBe(At(warned), rests);
        }
    }

    [Theory]
    [InlineData("LA", "2026-03-10T17:00:00Z")]
    [InlineData("MM", "2026-03-10T17:30:00Z")]
    [InlineData("CN", "2026-03-10T16:00:00Z")]
    [InlineData("VN", "2026-03-10T17:00:00Z")]
    public void A_day_ends_at_midnight_of_the_country_that_must_act(string origin, string due)
    {
        var scene = Scene.Opened(Pair.Of("TH", origin), Sample.Opened(Pair.Of("TH", origin)));
        Due(scene.Pen.Fold().State!, Clock.Acknowledge, (scene.Pen.Opening, Friday)).DueAt.ShouldBe(At(due));
    }

    [Fact]
    public void What_is_received_after_midnight_there_starts_a_day_later()
    {
        var pair = Pair.Of("TH", "MM");
        var scene = Scene.Opened(pair, Sample.Opened(pair));
        var referral = scene.Pen.Fold().State!;
        // 17:15 UTC is the next day in Lao PDR and not yet in Myanmar.
        Due(referral, Clock.Acknowledge, (scene.Pen.Opening, At("2026-03-03T17:15:00Z"))).DueAt.ShouldBe(At("2026-03-05T17:30:00Z"));
        Due(referral, Clock.Acknowledge, (scene.Pen.Opening, At("2026-03-03T17:30:00Z"))).DueAt.ShouldBe(At("2026-03-06T17:30:00Z"));
    }

    [Fact]
    public void An_urgent_referral_runs_by_hours()
    {
        var scene = Scene.Opened(Pair.Usual, Sample.Opened(Pair.Usual) with { Urgency = Urgency.Urgent, Clocks = Clocks.Default(Urgency.Urgent) });
        var due = Due(scene.Pen.Fold().State!, Clock.Acknowledge, (scene.Pen.Opening, Friday));
        (due.WarnAt, due.DueAt).ShouldBe((Friday.AddHours(2), Friday.AddHours(4)));

        var acknowledged = scene.Write(Pair.Usual.Receiver, "Acknowledged");
        Due(scene.Pen.Fold().State!, Clock.TakeUpOrDecline, (acknowledged, Friday)).DueAt.ShouldBe(Friday.AddHours(24));
    }

    [Fact]
    public void What_an_opening_says_of_its_clocks_holds_whatever_is_usual()
    {
        var terms = Clocks.Default(Urgency.Routine).Terms.Where(terms => terms.Clock is not Clock.Acknowledge)
            .Add(new ClockTerms(Clock.Acknowledge, 0, Warn: null, new Wait(10, TimeUnit.Days)));
        var scene = Scene.Opened(Pair.Usual, Sample.Opened(Pair.Usual) with { Clocks = new Clocks(terms) });
        var due = Due(scene.Pen.Fold().State!, Clock.Acknowledge, (scene.Pen.Opening, Friday));
        (due.WarnAt, due.DueAt).ShouldBe((null, At("2026-03-16T17:00:00Z")));
    }

    [Fact]
    public void An_opening_without_one_clock_or_with_one_too_many_opens_nothing()
    {
        var usual = Clocks.Default(Urgency.Routine).Terms;
        foreach (var wrong in new[]
        {
            usual.Where(terms => terms.Clock is not Clock.Find), usual.Add(usual[0]), usual.Add(new ClockTerms(Clock.FollowUp, 5, null, new Wait(1, TimeUnit.Months))),
            Changed(Clock.Find, terms => terms with { Due = null }), Changed(Clock.Prepare, terms => terms with { Due = new Wait(1, TimeUnit.Days) }),
            Changed(Clock.Find, terms => terms with { Due = new Wait(0, TimeUnit.Hours) }), Changed(Clock.Find, terms => terms with { Warn = new Wait(1001, TimeUnit.Hours) }),
        })
        {
            var pen = Pen.Open(Pair.Usual, Sample.Opened(Pair.Usual) with { Clocks = new Clocks(wrong) });
            pen.Fold().On(pen.Opening).ShouldBe(nameof(ReasonCode.WrongForm));
        }

        ValueList<ClockTerms> Changed(Clock clock, Func<ClockTerms, ClockTerms> change) => new([.. usual.Select(terms => terms.Clock == clock ? change(terms) : terms)]);
    }

    [Fact]
    public void Delivery_is_due_until_the_other_country_holds_the_opening()
    {
        var (scene, referral) = Sent();
        var debt = Of(referral, Clock.Delivery);
        var committed = Times((scene.Pen.Opening, Friday));
        var due = referral.Due(debt, new Receipts(committed, Times()), Weekends)!;
        (due.WarnAt, due.DueAt).ShouldBe((Friday.AddHours(12), Friday.AddHours(24)));
        referral.Due(debt, new Receipts(committed, committed), Weekends).ShouldBeNull();
    }

    [Fact]
    public void On_paper_a_clock_runs_from_the_day_on_which_it_happened()
    {
        var scene = Scene.Opened(Pair.Usual, Sample.Opened(Pair.Usual) with { OnPaper = true });
        var referral = scene.Pen.Fold().State!;
        Sample.Today.ShouldBe(new DateOnly(2026, 3, 2));
        referral.Due(Of(referral, Clock.Acknowledge), None, Weekends)!.DueAt.ShouldBe(At("2026-03-04T17:00:00Z"));
    }

    [Theory]
    [InlineData("TH", "MM", "2026-03-04T17:30:00Z")]
    [InlineData("MM", "TH", "2026-03-04T17:00:00Z")]
    [InlineData("TH", "CN", "2026-03-04T16:00:00Z")]
    public void On_paper_the_day_on_which_it_happened_is_one_of_the_country_that_must_act(string host, string origin, string due)
    {
        var pair = Pair.Of(host, origin);
        var scene = Scene.Opened(pair, Sample.Opened(pair) with { OnPaper = true });
        var referral = scene.Pen.Fold().State!;
        referral.Due(Of(referral, Clock.Acknowledge), None, Weekends)!.DueAt.ShouldBe(At(due));
    }

    [Fact]
    public void The_clock_of_who_waits_for_an_answer_stands()
    {
        var pair = Pair.Usual;
        var scene = Scene.Opened(pair, Sample.Opened(pair));
        var acknowledged = scene.Write(pair.Receiver, "Acknowledged");
        var monday = At("2026-03-02T03:00:00Z");
        Due(scene.Pen.Fold().State!, Clock.TakeUpOrDecline, (acknowledged, monday)).DueAt.ShouldBe(At("2026-03-11T17:00:00Z"));

        var asked = scene.Write(pair.Receiver, "InformationRequested");
        var waiting = scene.Pen.Fold().State!;
        waiting.Due(Of(waiting, Clock.TakeUpOrDecline), Held((acknowledged, monday), (asked, monday.AddDays(1))), Weekends).ShouldBeNull();
        // The question is the other's to answer, and its own clock runs.
        Due(waiting, Clock.SupplyInformation, (asked, monday.AddDays(1))).DueAt.ShouldBe(At("2026-03-12T17:00:00Z"));

        var supplied = scene.Write(pair.Sender, "InformationSupplied");
        var answered = scene.Pen.Fold().State!;
        Due(answered, Clock.TakeUpOrDecline, (acknowledged, monday), (asked, monday.AddDays(1)), (supplied, monday.AddDays(3))).DueAt.ShouldBe(At("2026-03-13T17:00:00Z"));
    }

    [Theory]
    [InlineData("asked when it was late", "2026-03-12T03:00:00Z", null)]
    [InlineData("asked when it was late", "2026-03-12T03:00:00Z", "2026-03-16T03:00:00Z")]
    [InlineData("answered before the start", "2026-02-25T03:00:00Z", "2026-02-27T03:00:00Z")]
    [InlineData("begun before the start", "2026-02-25T03:00:00Z", "2026-03-02T03:00:00Z")]
    [InlineData("of another kind", "2026-03-03T03:00:00Z", null)]
    public void A_question_asked_when_it_was_late_answered_before_the_start_begun_before_the_start_or_of_another_kind_moves_no_clock(string question, string asked, string? answered)
    {
        var pair = Pair.Usual;
        var scene = Scene.Opened(pair, Sample.Opened(pair));
        var asks = scene.Write(pair.Receiver, question is "of another kind" ? "AppearanceAsked" : "InformationRequested");
        var received = new List<(Entry, DateTimeOffset)> { (asks, At(asked)) };
        if (answered is not null) received.Add((scene.Write(pair.Sender, "InformationSupplied"), At(answered)));
        received.Add((scene.Write(pair.Receiver, "Acknowledged"), At("2026-03-02T03:00:00Z")));
        Due(scene.Pen.Fold().State!, Clock.TakeUpOrDecline, [.. received]).DueAt.ShouldBe(At("2026-03-11T17:00:00Z"));
    }

    [Fact]
    public void Of_a_wait_that_began_before_the_clock_only_what_came_after_its_start_counts()
    {
        var pair = Pair.Usual;
        var scene = Scene.Opened(pair, Sample.Opened(pair));
        var asked = scene.Write(pair.Receiver, "InformationRequested");
        var acknowledged = scene.Write(pair.Receiver, "Acknowledged");
        var supplied = scene.Write(pair.Sender, "InformationSupplied");
        Due(scene.Pen.Fold().State!, Clock.TakeUpOrDecline,
            (asked, At("2026-02-25T03:00:00Z")), (acknowledged, At("2026-03-02T03:00:00Z")), (supplied, At("2026-03-03T03:00:00Z"))).DueAt.ShouldBe(At("2026-03-12T17:00:00Z"));
    }

    [Fact]
    public void A_question_of_the_other_country_stops_no_clock()
    {
        var pair = Pair.Usual;
        var scene = Scene.Opened(pair, Sample.Opened(pair));
        var acknowledged = scene.Write(pair.Receiver, "Acknowledged");
        var asked = scene.Write(pair.Sender, "InformationRequested");
        Due(scene.Pen.Fold().State!, Clock.TakeUpOrDecline, (acknowledged, Friday), (asked, Friday)).ShouldNotBeNull();
    }

    [Fact]
    public void A_question_stops_no_search()
    {
        var pair = Pair.Usual;
        var scene = Scene.At(ReferralState.EnRoute, pair, new());
        var missed = scene.Write(pair.Origin, "NotArrived");
        var asked = scene.Write(pair.Origin, "InformationRequested");
        var due = Due(scene.Pen.Fold().State!, Clock.Find, (missed, Friday), (asked, Friday));
        (due.WarnAt, due.DueAt, due.AgainEvery).ShouldBe((Friday.AddHours(1), Friday.AddHours(24), TimeSpan.FromDays(1)));
    }

    [Fact]
    public void Assessing_locating_and_tracing_want_a_note_each_month()
    {
        foreach (var (type, clock) in new[] { (ReferralType.Repatriation, Clock.Assess), (ReferralType.LocateAndProtect, Clock.Locate), (ReferralType.FamilyTracing, Clock.Trace) })
        {
            var pair = Pair.Usual with { Type = type };
            var scene = Scene.Opened(pair, Sample.Opened(pair));
            scene.Write(pair.Receiver, "Acknowledged");
            var takenUp = scene.Write(pair.Receiver, "TakenUp");
            var released = scene.Write(pair.Host, "CaseFileReleased");
            Due(scene.Pen.Fold().State!, clock, (takenUp, Friday), (released, Friday)).ProgressEvery.ShouldBe(1);
        }
        var (opened, sent) = Sent();
        Due(sent, Clock.Acknowledge, (opened.Pen.Opening, Friday)).ProgressEvery.ShouldBe(0);
    }

    [Fact]
    public void An_arrival_is_due_six_hours_after_the_meeting_time()
    {
        var scene = Scene.At(ReferralState.ReturnAgreed, Pair.Usual, new());
        var referral = scene.Pen.Fold().State!;
        var due = referral.Due(Of(referral, Clock.Arrive), None, Weekends)!;
        (due.WarnAt, due.DueAt).ShouldBe((null, Sample.Planned(Sample.Plan).MeetingAt.AddHours(6)));
    }

    [Fact]
    public void Preparation_is_due_by_the_end_of_the_day_of_travel_and_warns_five_working_days_before()
    {
        var scene = Scene.At(ReferralState.ReturnAgreed, Pair.Usual, new());
        scene.Write(Pair.Usual.Origin, "PreparationReported");
        var referral = scene.Pen.Fold().State!;
        var due = referral.Due(Of(referral, Clock.Prepare), None, Weekends)!;
        Sample.Planned(Sample.Plan).TravelOn.ShouldBe(new DateOnly(2026, 3, 16));
        (due.WarnAt, due.DueAt).ShouldBe((At("2026-03-08T17:00:00Z"), At("2026-03-16T17:00:00Z")));
    }

    [Theory]
    [InlineData("2026-01-31", "2026-02-28", "2026-04-30", "2026-07-31", "2027-01-31")]
    [InlineData("2028-01-31", "2028-02-29", "2028-04-30", "2028-07-31", "2029-01-31")]
    [InlineData("2026-11-30", "2026-12-30", "2027-02-28", "2027-05-30", "2027-11-30")]
    public void Follow_ups_are_due_on_the_same_day_of_the_month_or_its_last(string met, params string[] due)
    {
        var scene = Scene.At(ReferralState.EnRoute, Pair.Usual, new());
        var entry = scene.Write(Pair.Usual.Origin, "Met");
        var referral = scene.Pen.Fold().State!;
        var noon = new DateTimeOffset(DateOnly.Parse(met), new TimeOnly(5, 0), TimeSpan.Zero);
        for (var number = 1; number <= 4; number++)
        {
            var debt = referral.Debts.Single(debt => debt.Clock is Clock.FollowUp && debt.Number == number);
            referral.Due(debt, Held((entry, noon)), Weekends)!.DueAt.ShouldBe(RegionalTime.EndOf(Pair.Usual.Origin, DateOnly.Parse(due[number - 1])));
        }
    }

    [Fact]
    public void The_day_that_a_follow_up_names_for_the_next_counts()
    {
        var scene = Scene.At(ReferralState.Returned, Pair.Usual, new());
        var report = scene.Pen.Write(Pair.Usual.Origin, new FollowUpReported(1, FollowUpResult.Done, new DateOnly(2026, 5, 8)));
        var referral = scene.Pen.Fold().State!;
        var second = referral.Debts.Single(debt => debt.Clock is Clock.FollowUp && debt.Number is 2);
        referral.Due(second, Held((report, Friday)), Weekends)!.DueAt.ShouldBe(At("2026-05-08T17:00:00Z"));
        referral.Debts.Single(debt => debt.Clock is Clock.FollowUp && debt.Number is 3).On.ShouldBeNull();
    }

    [Fact]
    public void A_report_that_names_no_next_day_sets_none()
    {
        var scene = Scene.At(ReferralState.Returned, Pair.Usual, new());
        scene.Pen.Write(Pair.Usual.Origin, new FollowUpReported(1, FollowUpResult.Done, new DateOnly(2026, 5, 8)));
        scene.Pen.Write(Pair.Usual.Origin, new FollowUpReported(2, FollowUpResult.Done, NextDue: null));
        scene.Pen.Fold().State!.Debts.Single(debt => debt.Clock is Clock.FollowUp && debt.Number is 3).On.ShouldBeNull();
    }

    [Fact]
    public void Days_that_are_not_working_days_count_where_the_clock_says_days()
    {
        var (referral, held) = HeldUntil("2026-06-01");
        var due = Due(referral, Clock.EndHold, (held, Friday));
        (due.WarnAt, due.DueAt).ShouldBe((At("2026-03-26T17:00:00Z"), At("2026-04-05T17:00:00Z")));
    }

    /// <summary>After the thirty days, after the twenty, and before both: it warns at the beginning of the last day at the latest.</summary>
    [Theory]
    [InlineData("2026-04-06", "2026-03-26T17:00:00Z", "2026-04-05T17:00:00Z")]
    [InlineData("2026-04-01", "2026-03-26T17:00:00Z", "2026-04-01T17:00:00Z")]
    [InlineData("2026-03-11", "2026-03-10T17:00:00Z", "2026-03-11T17:00:00Z")]
    public void A_hold_is_due_by_the_end_of_its_last_day_where_that_comes_first(string until, string warn, string due)
    {
        var (referral, held) = HeldUntil(until);
        var deadline = Due(referral, Clock.EndHold, (held, Friday));
        (deadline.WarnAt, deadline.DueAt).ShouldBe((At(warn), At(due)));
    }

    [Fact]
    public void The_clock_of_a_hold_that_was_renewed_runs_to_the_new_last_day()
    {
        var scene = Scene.At(ReferralState.Assessed, Pair.Usual, new());
        scene.Pen.Write(Pair.Usual.Host, new ReturnHeld(new DateOnly(2026, 3, 11), PersonAgrees: false));
        var renewed = scene.Pen.Write(Pair.Usual.Host, new ReturnHeld(new DateOnly(2026, 3, 20), PersonAgrees: true));
        Due(scene.Pen.Fold().State!, Clock.EndHold, (renewed, Friday)).DueAt.ShouldBe(At("2026-03-20T17:00:00Z"));
    }

    [Fact]
    public void What_the_author_of_the_cause_owes_itself_runs_from_when_it_is_held_whether_or_not_the_line_is_down()
    {
        var pair = Pair.Usual;
        var scene = Scene.At(ReferralState.EnRoute, pair, new());
        var missed = scene.Write(pair.Origin, "NotArrived");
        var referral = scene.Pen.Fold().State!;
        var (own, others) = (Find(pair.Origin), Find(pair.Host));

        // Nobody but its author has it: the author's own duty office is alarmed all the same, and the other owes nothing yet.
        var alone = new Receipts(Times((missed, Friday)), Times());
        Dates(own, alone).ShouldBe((Friday.AddHours(1), Friday.AddHours(24)));
        referral.Due(others, alone, Weekends).ShouldBeNull();

        // When the other has it at last, the author's clock does not begin anew.
        var late = Friday.AddDays(2);
        var both = new Receipts(Times((missed, Friday)), Times((missed, late)));
        Dates(own, both).ShouldBe((Friday.AddHours(1), Friday.AddHours(24)));
        Dates(others, both).ShouldBe((late.AddHours(1), late.AddHours(24)));

        // An author whose clock is ahead: the receipt that was given for it is older.
        Dates(own, new Receipts(Times((missed, late)), Times((missed, Friday)))).ShouldBe((Friday.AddHours(1), Friday.AddHours(24)));

        Debt Find(NodeId owes) => referral.Debts.Single(debt => debt.Clock is Clock.Find && debt.Owes == owes);

        (DateTimeOffset?, DateTimeOffset) Dates(Debt debt, Receipts receipts) => referral.Due(debt, receipts, Weekends) is { } due ? (due.WarnAt, due.DueAt) : default;
    }

    [Fact]
    public void Who_takes_a_withdrawal_of_consent_has_a_date_for_its_own_data_at_once()
    {
        var pair = Pair.Usual;
        var scene = Scene.At(ReferralState.Assessed, pair, new());
        var withdrawn = scene.Write(pair.Host, "ConsentWithdrawn(Everything)");
        var referral = scene.Pen.Fold().State!;
        var alone = new Receipts(Times((withdrawn, Friday)), Times());
        referral.Debts.Where(debt => debt.Clock is Clock.StopData).Select(debt => (debt.Owes, referral.Due(debt, alone, Weekends)?.DueAt)).ShouldBe(
            [(pair.Host, Friday.AddHours(24)), (pair.Origin, null)], ignoreOrder: true);
    }

    static (Referral Referral, Entry Held) HeldUntil(string day)
    {
        var scene = Scene.At(ReferralState.Assessed, Pair.Usual, new());
        var held = scene.Pen.Write(Pair.Usual.Host, new ReturnHeld(DateOnly.Parse(day), PersonAgrees: false));
        return (scene.Pen.Fold().State!, held);
    }

    static readonly Receipts None = new(Times(), Times());

    static (Scene Scene, Referral Referral) Sent()
    {
        var scene = Scene.Opened(Pair.Usual, Sample.Opened(Pair.Usual));
        return (scene, scene.Pen.Fold().State!);
    }

    static Debt Of(Referral referral, Clock clock) => referral.Debts.First(debt => debt.Clock == clock);

    static Deadline Due(Referral referral, Clock clock, params (Entry Entry, DateTimeOffset At)[] received) =>
        referral.Due(Of(referral, clock), Held(received), Weekends).ShouldNotBeNull();

    static Receipts Held(params (Entry Entry, DateTimeOffset At)[] received) => new(Times(), Times(received));

    static Dictionary<EntryHash, DateTimeOffset> Times(params (Entry Entry, DateTimeOffset At)[] times) => times.ToDictionary(time => time.Entry.Hash, time => time.At);

    static DateTimeOffset At(string instant) => DateTimeOffset.Parse(instant);
}
