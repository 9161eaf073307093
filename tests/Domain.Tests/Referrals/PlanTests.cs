using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Referrals;

/// <summary>What a plan for the return, its agreement and its hold rest on.</summary>
public sealed class PlanTests
{
    static readonly NodeId H = Pair.Usual.Host;
    static readonly NodeId O = Pair.Usual.Origin;

    [Fact]
    public void No_return_is_planned_before_an_assessment_says_that_the_person_may()
    {
        foreach (var finding in new[] { Finding.MayNotReturn, Finding.Pending })
        {
            var scene = Scene.At(ReferralState.Assessed, Pair.Usual, new());
            scene.Pen.Write(O, Sample.MayReturn with { Finding = finding });
            Plan(scene, H).ShouldBe(nameof(ReasonCode.ReturnNotAssessed));
        }
    }

    [Fact]
    public void No_adult_returns_on_another_wish()
    {
        var scene = Scene.At(ReferralState.Assessed, Pair.Usual, new());
        scene.Pen.Write(H, Sample.WishesOther);
        Plan(scene, H).ShouldBe(nameof(ReasonCode.WishMissing));
        Plan(scene, O).ShouldBe(nameof(ReasonCode.WishMissing));
    }

    [Fact]
    public void No_adult_returns_whose_wish_nobody_recorded()
    {
        var scene = Scene.At(ReferralState.TakenUp, Pair.Usual, new());
        scene.Pen.Write(O, Sample.MayReturn);
        Plan(scene, H).ShouldBe(nameof(ReasonCode.WishMissing));
    }

    [Theory]
    [InlineData(-31, false)]
    [InlineData(-30, true)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void A_wish_stands_for_thirty_days_and_not_before_it_was_said(int days, bool stands)
    {
        var scene = Scene.At(ReferralState.Assessed, Pair.Usual, new());
        scene.Pen.Write(H, Sample.WishesReturn with { On = Sample.Today.AddDays(days) });
        Plan(scene, H).ShouldBe(stands ? "applied" : nameof(ReasonCode.WishMissing));
    }

    [Theory]
    [InlineData(Minority.Minor)]
    [InlineData(Minority.Disputed)]
    public void A_childs_return_is_planned_only_after_the_best_interests_were_determined(Minority minority)
    {
        foreach (var by in new[] { H, O })
        {
            var pen = Child(minority, careSuitable: true);
            OnPlan(pen, H).ShouldBe(nameof(ReasonCode.BestInterestsMissing));
            pen.Write(by, new ChildSafeguardRecorded(Safeguard.ViewsHeard, Sample.Today));
            pen.Write(by, new ChildSafeguardRecorded(Safeguard.BestInterests, Sample.Today.AddDays(1)));
            OnPlan(pen, H).ShouldBe(nameof(ReasonCode.BestInterestsMissing));
            pen.Write(by, new ChildSafeguardRecorded(Safeguard.BestInterests, Sample.Today));
            OnPlan(pen, H).ShouldBe("applied");
        }
    }

    [Theory]
    [InlineData(Minority.Minor)]
    [InlineData(Minority.Disputed)]
    public void A_child_returns_to_suitable_care_or_to_a_shelter_that_is_ready(Minority minority)
    {
        var pen = Child(minority, careSuitable: false);
        pen.Write(H, new ChildSafeguardRecorded(Safeguard.BestInterests, Sample.Today));
        OnPlan(pen, H).ShouldBe(nameof(ReasonCode.CareMissing));
        foreach (var status in new[] { PreparationStatus.Asked, PreparationStatus.NotNeeded, PreparationStatus.Refused })
        {
            pen.Write(O, new PreparationReported(PreparationItem.ReceivingShelter, status));
            OnPlan(pen, H).ShouldBe(nameof(ReasonCode.CareMissing), status.ToString());
        }
        pen.Write(O, new PreparationReported(PreparationItem.ReceivingShelter, PreparationStatus.Done));
        OnPlan(pen, H).ShouldBe("applied");
    }

    [Fact]
    public void The_best_interests_that_an_opening_names_count_for_the_plan_too()
    {
        var pair = Pair.Usual with { Type = ReferralType.FamilyTracing };
        var pen = Ready(pair, Sample.OpenedForChild(pair) with { BestInterestsOn = Sample.Today }, careSuitable: true);
        OnPlan(pen, H).ShouldBe("applied");
    }

    [Fact]
    public void A_plan_names_the_one_that_it_replaces_or_none()
    {
        var assessed = Scene.At(ReferralState.Assessed, Pair.Usual, new());
        Plan(assessed, H, replaces: Sample.SecondPlan).ShouldBe(nameof(ReasonCode.OtherPlan));

        foreach (var state in new[] { ReferralState.ReturnPlanned, ReferralState.ReturnAgreed })
        {
            var scene = Scene.At(state, Pair.Usual, new());
            Plan(scene, H, new Token(7)).ShouldBe(nameof(ReasonCode.OtherPlan));
            Plan(scene, H, new Token(8), replaces: Sample.SecondPlan).ShouldBe(nameof(ReasonCode.OtherPlan));
            Plan(scene, O, new Token(9), replaces: Sample.Plan).ShouldBe("applied");
        }
    }

    [Fact]
    public void A_plan_bears_a_token_that_no_other_bore()
    {
        var scene = Scene.At(ReferralState.ReturnPlanned, Pair.Usual, new());
        Plan(scene, H, Sample.Plan, replaces: Sample.Plan).ShouldBe(nameof(ReasonCode.OtherPlan));
        scene.Write(H, "ReturnPostponed");
        Plan(scene, H, Sample.Plan).ShouldBe(nameof(ReasonCode.OtherPlan));
        Plan(scene, H, Sample.SecondPlan).ShouldBe("applied");
    }

    [Fact]
    public void The_token_of_a_void_plan_is_free_until_somebody_told_of_a_journey_by_it()
    {
        var free = Scene.At(ReferralState.Assessed, Pair.Usual, new());
        Plan(free, H, Sample.Plan, replaces: Sample.SecondPlan).ShouldBe(nameof(ReasonCode.OtherPlan));
        Plan(free, H, Sample.Plan).ShouldBe("applied");

        var told = Scene.At(ReferralState.Assessed, Pair.Usual, new());
        Plan(told, H, Sample.Plan, replaces: Sample.SecondPlan).ShouldBe(nameof(ReasonCode.OtherPlan));
        On(told, told.Pen.Write(H, Sample.DidNotTravel(Sample.Plan))).ShouldBe("recorded");
        told.Pen.Fold().State!.State.ShouldBe(ReferralState.Assessed);
        Plan(told, H, Sample.Plan).ShouldBe(nameof(ReasonCode.OtherPlan));
        Plan(told, H, Sample.SecondPlan).ShouldBe("applied");
    }

    [Fact]
    public void Nobody_agrees_to_the_own_plan_to_another_or_to_none()
    {
        var scene = Scene.At(ReferralState.ReturnPlanned, Pair.Usual, new());
        var first = scene.Pen.Written.Single(entry => entry.Body is ReturnPlanned);
        var second = scene.Pen.Write(O, Sample.Planned(Sample.SecondPlan, replaces: Sample.Plan));

        On(scene, scene.Pen.Answer(O, second, new ReturnAgreed())).ShouldBe(nameof(ReasonCode.AnswersNothing));
        On(scene, scene.Pen.Answer(H, first, new ReturnAgreed())).ShouldBe(nameof(ReasonCode.AnswersNothing));
        On(scene, scene.Pen.Write(H, new ReturnAgreed())).ShouldBe(nameof(ReasonCode.AnswersNothing));
        On(scene, scene.Pen.Answer(H, second, new ReturnAgreed())).ShouldBe("applied");
    }

    [Fact]
    public void Nobody_agrees_while_the_return_is_held()
    {
        var scene = Scene.At(ReferralState.ReturnPlanned, Pair.Usual, new(IsHeld: true));
        On(scene, scene.Write(O, "ReturnAgreed")).ShouldBe(nameof(ReasonCode.Held));
        On(scene, scene.Write(H, "HoldEnded")).ShouldBe("applied");
        On(scene, scene.Write(O, "ReturnAgreed")).ShouldBe("applied");
    }

    [Fact]
    public void A_hold_is_renewed_only_with_the_persons_agreement()
    {
        foreach (var ended in new[] { false, true })
        {
            var scene = Scene.At(ReferralState.Assessed, Pair.Usual, new(IsHeld: true));
            if (ended) scene.Write(H, "HoldEnded");
            On(scene, scene.Pen.Write(H, new ReturnHeld(Sample.Today.AddDays(60), PersonAgrees: false))).ShouldBe(nameof(ReasonCode.PersonHasNotAgreed));
            On(scene, scene.Pen.Write(H, new ReturnHeld(Sample.Today.AddDays(60), PersonAgrees: true))).ShouldBe("applied");
            scene.Pen.Fold().State!.IsHeld.ShouldBeTrue();
        }
    }

    [Fact]
    public void Only_a_return_that_is_held_goes_on()
    {
        var scene = Scene.At(ReferralState.Assessed, Pair.Usual, new());
        var again = scene.Write(H, "HoldEnded");
        On(scene, again).ShouldBe(nameof(ReasonCode.NotOpen));
        scene.Pen.Fold().VerdictOn(again.Hash).ShouldBeOfType<Verdict.Void>().Reason.Text.ShouldBe("Nothing is held: there is no hold to end.");
    }

    [Fact]
    public void Anything_but_MayReturn_and_another_wish_end_a_plan()
    {
        foreach (var (by, body) in new (NodeId, Body)[] { (O, Sample.MayNotReturn), (O, new AssessmentReported(Finding.Pending, false, false)), (H, Sample.WishesOther) })
        {
            foreach (var state in new[] { ReferralState.ReturnPlanned, ReferralState.ReturnAgreed })
            {
                var scene = Scene.At(state, Pair.Usual, new());
                On(scene, scene.Pen.Write(by, body)).ShouldBe("applied");
                scene.Pen.Fold().State!.State.ShouldBe(ReferralState.Assessed);
                scene.Pen.Fold().State!.Plan.ShouldBeNull();
            }
        }
    }

    [Fact]
    public void A_group_shares_its_tokens_and_a_void_in_one_touches_no_other()
    {
        var links = Links.None with { Group = new Token(77) };
        var one = Ready(Pair.Usual, Sample.Opened(Pair.Usual) with { Links = links }, careSuitable: true);
        var other = Ready(Pair.Usual, Sample.Opened(Pair.Usual) with { Links = links }, careSuitable: true);
        other.Write(H, Sample.WishesOther);

        OnPlan(one, H, Sample.Plan).ShouldBe("applied");
        OnPlan(other, H, Sample.Plan).ShouldBe(nameof(ReasonCode.WishMissing));
        one.Fold().State!.State.ShouldBe(ReferralState.ReturnPlanned);
        one.Fold().State!.Opened.Links.ShouldBe(other.Fold().State!.Opened.Links);
    }

    [Fact]
    public void A_refused_preparation_asks_the_host_for_a_decision()
    {
        var scene = Scene.At(ReferralState.ReturnAgreed, Pair.Usual, new());
        scene.Pen.Write(O, new PreparationReported(PreparationItem.TravelDocument, PreparationStatus.Refused));
        scene.Pen.Fold().State!.Debts.ShouldContain(debt => debt.Clock == Clock.DecideOn && debt.Owes == H && debt.Number == (int)PreparationItem.TravelDocument);
    }

    static Pen Child(Minority minority, bool careSuitable) =>
        Ready(Pair.Usual, Sample.OpenedForChild(Pair.Usual) with { Minority = minority }, careSuitable);

    static Pen Ready(Pair pair, Opened opened, bool careSuitable)
    {
        var pen = Pen.Open(pair, opened);
        pen.Write(pair.Receiver, Sample.Acknowledged);
        pen.Write(pair.Receiver, Sample.TakenUp);
        pen.Write(pair.Origin, Sample.MayReturn with { CareSuitable = careSuitable });
        pen.Write(pair.Host, Sample.WishesReturn);
        return pen;
    }

    static string OnPlan(Pen pen, NodeId by, Token? token = null)
    {
        var entry = pen.Write(by, Sample.Planned(token ?? new Token((uint)pen.Written.Count + 100)));
        return pen.Fold().On(entry);
    }

    static string Plan(Scene scene, NodeId by, Token? token = null, Token? replaces = null) =>
        On(scene, scene.Pen.Write(by, Sample.Planned(token ?? new Token(50), replaces)));

    static string On(Scene scene, Entry entry) => scene.Pen.Fold().On(entry);
}
