using System.Collections.Immutable;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Referrals;

/// <summary>What is owed by whom: <c>owed.tsv</c> says with which entry each clock of the protocol starts, and <c>clock-table.tsv</c> how long it runs.</summary>
/// <remarks>
/// For an urgent referral the protocol has hours for two clocks and no warning of their own: it comes at half the time. TellDeparture has no
/// row ("Accompanied owed by H", in the table of the journey) and runs as a contradiction does.
/// </remarks>
public sealed class DebtTests
{
    static readonly IReadOnlyList<string[]> Rows = Tables.Rows("owed.tsv");

    [Theory]
    [InlineData(Urgency.Routine, 2, 3)]
    [InlineData(Urgency.Urgent, 4, 5)]
    public void The_clocks_run_as_the_table_says_where_no_instrument_says_otherwise(Urgency urgency, int warn, int due)
    {
        var stated = Tables.Rows("clock-table.tsv").Select(row => new ClockTerms(Enum.Parse<Clock>(row[0]), int.Parse(row[1]), Wait(row[warn]), Wait(row[due])));
        var clocks = Clocks.Default(urgency);

        clocks.Terms.ToList().ShouldBe(stated.ToList(), ignoreOrder: true);
        clocks.Fault().ShouldBeNull();
    }

    [Fact]
    public void Every_clock_stands_in_the_table_of_what_starts_it() =>
        Rows.Select(row => Enum.Parse<Clock>(row[0])).Distinct().ShouldBe(Enum.GetValues<Clock>(), ignoreOrder: true);

    [Fact]
    public void Each_clock_starts_with_its_entry_and_is_owed_by_who_must_act()
    {
        foreach (var row in Rows)
        {
            foreach (var pair in Pair.All.SelectMany(pair => Concerned(row[1], pair)))
            {
                var clock = Enum.Parse<Clock>(row[0]);
                var scene = From(row[2], pair);
                var before = scene.Pen.Fold().State!.Debts.Where(debt => debt.Clock == clock).ToList();
                var entry = row[3] is "Opened" ? scene.Pen.Opening : Write(scene, row[3]);
                var owed = scene.Pen.Fold().State!.Debts.Where(debt => debt.Clock == clock && debt.Cause == entry.Hash).ToList();

                owed.Select(debt => debt.Owes).ShouldBe(row[4].Split(' ').Select(role => Party(role, pair)), ignoreOrder: true, $"{pair}: {string.Join(", ", row)}");
                owed.ShouldAllBe(debt => debt.CausedOn == entry.HappenedOn);
                if (row[3] is not "Opened") before.ShouldNotContain(debt => owed.Any(debt.IsSameMatter), $"{pair}: {string.Join(", ", row)}");
            }
        }
    }

    [Fact]
    public void A_clock_runs_on_whatever_else_is_written()
    {
        var pair = Pair.Usual;
        var scene = From("acknowledged", pair);
        var since = scene.Pen.Written[^1].Hash;
        Write(scene, "S InformationRequested");
        Write(scene, "O ProceedingsNoted");
        scene.Pen.Fold().State!.Debts.Single(debt => debt.Clock is Clock.TakeUpOrDecline).Cause.ShouldBe(since);
    }

    [Fact]
    public void An_acknowledgement_stays_owed_when_the_referral_has_lapsed()
    {
        var scene = From("nothing", Pair.Usual);
        scene.Write(Pair.Usual.Sender, "Lapsed");
        var debt = scene.Pen.Fold().State!.Debts.ShouldHaveSingleItem();
        (debt.Clock, debt.Owes, debt.Cause).ShouldBe((Clock.Acknowledge, Pair.Usual.Receiver, scene.Pen.Opening.Hash));
    }

    [Fact]
    public void An_assessment_that_came_too_early_is_owed_again()
    {
        var scene = From("acknowledged", Pair.Usual);
        foreach (var step in new[] { "O AssessmentReported(MayReturn)", "R TakenUp", "H CaseFileReleased" }) Write(scene, step);
        scene.Pen.Fold().State!.Debts.Single(debt => debt.Clock is not Clock.Resolve).ShouldSatisfyAllConditions(
            debt => debt.Clock.ShouldBe(Clock.Assess), debt => debt.Owes.ShouldBe(Pair.Usual.Origin));
    }

    [Fact]
    public void While_the_finding_is_pending_the_host_decides_on_and_the_assessment_stays_owed_since_the_file_was_released()
    {
        var scene = From("released", Pair.Usual);
        var released = scene.Pen.Written[^1].Hash;
        var first = Write(scene, "O AssessmentReported(Pending)");
        Write(scene, "O AssessmentReported(Pending)");
        scene.Pen.Fold().State!.Debts.Select(debt => (debt.Clock, debt.Owes, debt.Cause)).ShouldBe(
            [(Clock.Assess, Pair.Usual.Origin, released), (Clock.DecideOn, Pair.Usual.Host, first.Hash)]);
        Write(scene, "O AssessmentReported(MayNotReturn)");
        scene.Pen.Fold().State!.Debts.ShouldHaveSingleItem().Clock.ShouldBe(Clock.DecideOn);
    }

    [Fact]
    public void Who_set_out_without_an_agreed_plan_is_waited_for_all_the_same()
    {
        var scene = From("assessed", Pair.Usual);
        Write(scene, "H Accompanied");
        var debt = scene.Pen.Fold().State!.Debts.Single(debt => debt.Clock is Clock.Arrive);
        (debt.Owes, debt.At).ShouldBe((Pair.Usual.Origin, null));
    }

    [Fact]
    public void Who_set_out_without_an_agreed_plan_is_waited_for_after_consent_was_withdrawn()
    {
        var scene = From("assessed", Pair.Usual);
        Write(scene, "H Accompanied");
        Write(scene, "H ConsentWithdrawn(Everything)");
        Owed(scene, Clock.Arrive).ShouldBe([Pair.Usual.Origin]);
    }

    [Fact]
    public void Both_still_search_after_a_withdrawal_when_the_words_of_the_two_contradict()
    {
        var scene = From("agreed", Pair.Usual);
        Write(scene, "H DidNotTravel");
        scene.Write(Pair.Usual.Origin, "Met", seeing: false);
        Write(scene, "H ConsentWithdrawn(Everything)");
        Owed(scene, Clock.Find).ShouldBe([Pair.Usual.Host, Pair.Usual.Origin]);
    }

    [Fact]
    public void The_host_still_tells_the_departure_after_a_withdrawal()
    {
        var scene = From("agreed", Pair.Usual);
        Write(scene, "O Met");
        Write(scene, "O ConsentWithdrawn(Everything)");
        Owed(scene, Clock.TellDeparture).ShouldBe([Pair.Usual.Host]);
    }

    [Theory]
    [InlineData("H FoundSafe(in H)")]
    [InlineData("H FoundSafe(in O)")]
    public void Nobody_waits_for_whom_the_host_found_after_a_withdrawal(string found)
    {
        var scene = From("on the road", Pair.Usual);
        Write(scene, "H ConsentWithdrawn(Everything)");
        Owed(scene, Clock.Arrive).ShouldBe([Pair.Usual.Origin]);
        Write(scene, found);
        Owed(scene, Clock.Arrive).ShouldBeEmpty();
    }

    [Fact]
    public void No_agreement_is_owed_while_the_return_is_held()
    {
        var scene = From("planned", Pair.Usual);
        Owed(scene, Clock.AgreeToReturn).ShouldBe([Pair.Usual.Origin]);
        Write(scene, "H ReturnHeld");
        Owed(scene, Clock.AgreeToReturn).ShouldBeEmpty();
        Write(scene, "H HoldEnded");
        Owed(scene, Clock.AgreeToReturn).ShouldBe([Pair.Usual.Origin]);
    }

    [Fact]
    public void Whoever_stopped_the_data_does_not_owe_it_again()
    {
        var scene = From("acknowledged", Pair.Usual);
        Write(scene, "H ConsentWithdrawn(Everything)");
        Owed(scene, Clock.StopData).ShouldBe([Pair.Usual.Host, Pair.Usual.Origin]);
        Write(scene, "H DataStopped(Erased)");
        Write(scene, "O ConsentWithdrawn(Everything)");
        Owed(scene, Clock.StopData).ShouldBe([Pair.Usual.Origin]);
    }

    [Fact]
    public void Whoever_decided_while_the_referral_had_lapsed_owes_a_word()
    {
        var scene = From("nothing", Pair.Usual);
        Write(scene, "S Lapsed");
        var takenUp = scene.Write(Pair.Usual.Receiver, "TakenUp");
        scene.Pen.Fold().On(takenUp).ShouldBe(nameof(ReasonCode.NotOpen));
        Owed(scene, Clock.Resolve).ShouldBe([Pair.Usual.Receiver]);
    }

    [Fact]
    public void After_reintegration_in_the_host_country_the_host_follows_up()
    {
        var scene = From("assessed", Pair.Usual);
        Write(scene, "H ReintegrationStarted");
        var origins = scene.Write(Pair.Usual.Origin, "FollowUpReported(Done)");
        var hosts = scene.Write(Pair.Usual.Host, "FollowUpReported(Done)");
        (scene.Pen.Fold().On(origins), scene.Pen.Fold().On(hosts)).ShouldBe(("recorded", "applied"));
        Owed(scene, Clock.FollowUp).Distinct().ShouldBe([Pair.Usual.Host]);
    }

    [Fact]
    public void A_second_return_is_followed_up_from_its_own_beginning()
    {
        var scene = Scene.At(ReferralState.Returned, Pair.Usual, new());
        var (host, origin) = (Pair.Usual.Host, Pair.Usual.Origin);
        foreach (var number in new[] { 1, 2 }) scene.Pen.Write(origin, new FollowUpReported(number, FollowUpResult.Done, Sample.Today.AddDays(3)));
        scene.Pen.Write(host, new FoundSafe(Sample.Plan, host));
        scene.Pen.Fold().State!.State.ShouldBe(ReferralState.Assessed);
        var again = scene.Pen.Write(host, Sample.Planned(Sample.SecondPlan, scene.Pen.Fold().State!.Plan?.Token));
        scene.Pen.Answer(origin, again, new ReturnAgreed());
        scene.Pen.Write(host, Sample.Accompanied(Sample.SecondPlan));
        scene.Pen.Write(origin, Sample.Met(Sample.SecondPlan));

        var returned = scene.Pen.Fold().State!;
        (returned.State, returned.NextFollowUp).ShouldBe((ReferralState.Returned, null));
        returned.Debts.Where(debt => debt.Clock is Clock.FollowUp).Select(debt => debt.Number).ShouldBe([1, 2, 3, 4]);
    }

    [Fact]
    public void A_day_that_is_announced_is_the_next_follow_ups_and_moves_no_earlier_one()
    {
        var scene = Scene.At(ReferralState.Returned, Pair.Usual, new());
        var day = Sample.Today.AddDays(200);
        scene.Pen.Write(Pair.Usual.Origin, new FollowUpReported(2, FollowUpResult.Done, day));
        Announced().ShouldBe([(1, null), (3, day), (4, null)]);
        scene.Pen.Write(Pair.Usual.Origin, new FollowUpReported(1, FollowUpResult.Done, NextDue: null));
        Announced().ShouldBe([(3, day), (4, null)]);

        List<(int, DateOnly?)> Announced() => [.. scene.Pen.Fold().State!.Debts.Where(debt => debt.Clock is Clock.FollowUp).Select(debt => (debt.Number, debt.On)).Order()];
    }

    [Fact]
    public void What_the_person_declined_is_followed_up_all_the_same()
    {
        var scene = Scene.At(ReferralState.Returned, Pair.Usual, new());
        scene.Write(Pair.Usual.Origin, "FollowUpReported(DeclinedByPerson)");
        scene.Pen.Fold().State!.Debts.Where(debt => debt.Clock is Clock.FollowUp).Select(debt => debt.Number).ShouldBe([2, 3, 4]);
    }

    [Fact]
    public void A_preparation_item_is_owed_by_the_country_whose_authorities_give_it()
    {
        var pair = Pair.Usual;
        foreach (var (item, owes) in new[]
        {
            (PreparationItem.TravelDocument, "O"), (PreparationItem.ExitPermit, "H"), (PreparationItem.CourtRelease, "H"), (PreparationItem.MedicalFitness, "H"),
            (PreparationItem.Escort, "H"), (PreparationItem.Transport, "H"), (PreparationItem.ReceivingShelter, "O"), (PreparationItem.Funding, "S"),
        })
        {
            var scene = Scene.At(ReferralState.ReturnAgreed, pair, new());
            scene.Pen.Write(pair.Host, new PreparationReported(item, PreparationStatus.Asked));
            var debt = scene.Pen.Fold().State!.Debts.Single(debt => debt.Clock is Clock.Prepare);
            (debt.Owes, debt.Number, debt.On).ShouldBe((Party(owes, pair), (int)item, Sample.Planned(Sample.Plan).TravelOn));
        }
    }

    /// <summary>Rule 6 of the design: every open state names who must act.</summary>
    [Fact]
    public void Nothing_waits_in_silence()
    {
        var stood = new HashSet<ReferralState>();
        for (var seed = 0; seed < 2_500; seed++)
        {
            var die = new Dossiers.Die(seed);
            var pair = Pair.All[die.Of(Pair.All.Length)];
            var opened = die.Of(4) switch { 0 => Sample.OpenedForChild(pair), 1 => Sample.Opened(pair) with { Urgency = Urgency.Urgent }, _ => Sample.Opened(pair) };
            var scene = Scene.Opened(pair, opened, salt: seed);
            for (var step = 0; step < 24; step++)
            {
                var referral = scene.Pen.Fold().State!;
                stood.Add(referral.State);
                // What stands beside the way of the referral, a question or a contradiction, does not carry it on.
                var carries = referral.Debts.Any(debt => debt.Clock is not (Clock.Resolve or Clock.Contact or Clock.SupplyInformation or Clock.Answer));
                if ((referral.IsOpen && !carries) || referral.Debts.Any(debt => debt.Owes != pair.Host && debt.Owes != pair.Origin))
                    Assert.Fail($"seed {seed}, {opened.Type}: {string.Join(", ", scene.Pen.Written.Select(entry => $"{entry.Author} {entry.Body}"))}: {referral.State}");
                foreach (var debt in referral.Debts) referral.Opened.Clocks.Of(debt.Clock, debt.Number, referral.Opened.Urgency).ShouldNotBeNull();
                Dossiers.Step.Random(scene, referral.State, die);
            }
        }
        stood.ShouldBe(Enum.GetValues<ReferralState>(), ignoreOrder: true);
    }

    static IEnumerable<Pair> Concerned(string type, Pair pair) => type switch
    {
        "any" => [pair],
        _ when Enum.Parse<ReferralType>(type) == pair.Type => [pair],
        nameof(ReferralType.FamilyTracing) when pair.IsSentByHost => [pair with { Type = ReferralType.FamilyTracing }],
        _ => [],
    };

    /// <summary>A referral that both brought there, with no more written than that needs.</summary>
    static Scene From(string name, Pair pair)
    {
        ImmutableArray<(string Name, string[] Way)> stages =
        [
            ("nothing", []),
            ("acknowledged", ["R Acknowledged"]),
            ("taken up", ["R TakenUp", .. pair.IsSentByHost ? Array.Empty<string>() : ["H ConsentRecorded", "H LocationAnswered(ContactWished)"]]),
            ("released", ["H CaseFileReleased"]),
            ("wished", ["H WishRecorded(Return)"]),
            ("assessed", ["O AssessmentReported(MayReturn)"]),
            ("planned", ["O PreparationReported", "H ReturnPlanned"]),
            ("agreed", ["O ReturnAgreed"]),
            ("on the road", ["H Accompanied"]),
        ];
        var scene = Scene.Opened(pair, Sample.Opened(pair));
        foreach (var step in stages.TakeWhile(stage => stage.Name != name).Append(stages.Single(stage => stage.Name == name)).SelectMany(stage => stage.Way))
            Write(scene, step);
        return scene;
    }

    static Entry Write(Scene scene, string step)
    {
        var entry = scene.Write(Party(step.Split(' ')[0], scene.Pair), step[2..]);
        scene.Pen.Fold().VerdictOn(entry.Hash).ShouldNotBeOfType<Verdict.Void>(step);
        return entry;
    }

    static IEnumerable<NodeId> Owed(Scene scene, Clock clock) => scene.Pen.Fold().State!.Debts.Where(debt => debt.Clock == clock).Select(debt => debt.Owes);

    static NodeId Party(string role, Pair pair) => role switch
    {
        "S" => pair.Sender,
        "R" => pair.Receiver,
        "H" => pair.Host,
        "O" => pair.Origin,
        _ => throw new FormatException(role),
    };

    static Wait? Wait(string text) => text.Split(' ') is [var count, var unit] ? new Wait(int.Parse(count), Enum.Parse<TimeUnit>(unit)) : null;
}
