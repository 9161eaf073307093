using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using static Coordination.Domain.Referrals.ReferralState;

namespace Coordination.Domain.Tests.Referrals;

/// <summary>Seven referrals from beginning to end, with what is owed by whom after each step.</summary>
public sealed class WalkTests
{
    static readonly NodeId H = Pair.Usual.Host;
    static readonly NodeId O = Pair.Usual.Origin;

    static readonly string[] FollowUps = ["O FollowUp 1", "O FollowUp 2", "O FollowUp 3", "O FollowUp 4"];

    [Fact]
    public void An_adult_returns()
    {
        var walk = new Walk(Sample.Opened(Pair.Usual));
        walk.Stands(Sent, H, "H Delivery", "O Acknowledge");
        walk.Says(O, new Acknowledged());
        walk.Stands(Received, H, "O TakeUpOrDecline");
        walk.Says(O, new TakenUp());
        walk.Stands(ReferralState.TakenUp, H, "H ReleaseCaseFile");
        var released = walk.Says(H, new CaseFileReleased(1, Sample.Letter));
        walk.Stands(ReferralState.TakenUp, H, "O Assess");
        walk.Says(O, new CaseFileReceived(), released);
        var asked = walk.Says(O, new InformationRequested());
        walk.Stands(ReferralState.TakenUp, H, "O Assess", "H SupplyInformation");
        walk.Says(H, new InformationSupplied(), asked);
        walk.Stands(ReferralState.TakenUp, H, "O Assess");
        walk.Says(O, Sample.MayReturn);
        walk.Stands(Assessed, H, "H DecideOn");
        walk.Says(H, Sample.WishesReturn);
        walk.Stands(Assessed, H, "H PlanReturn");
        walk.Says(O, new PreparationReported(PreparationItem.TravelDocument, PreparationStatus.Asked));
        walk.Says(H, new PreparationReported(PreparationItem.ExitPermit, PreparationStatus.Asked));
        walk.Stands(Assessed, H, "H PlanReturn");
        var planned = walk.Says(H, Sample.Planned(Sample.Plan));
        walk.Stands(ReferralState.ReturnPlanned, H, "O AgreeToReturn");
        walk.Says(O, new ReturnAgreed(), planned);
        walk.Stands(ReferralState.ReturnAgreed, H, "O Prepare TravelDocument", "H Prepare ExitPermit", "O Arrive");
        walk.Says(O, new PreparationReported(PreparationItem.TravelDocument, PreparationStatus.Done));
        walk.Stands(ReferralState.ReturnAgreed, H, "H Prepare ExitPermit", "O Arrive");
        walk.Says(H, new PreparationReported(PreparationItem.ExitPermit, PreparationStatus.NotNeeded));
        walk.Stands(ReferralState.ReturnAgreed, H, "O Arrive");
        walk.Says(H, Sample.Accompanied(Sample.Plan));
        walk.Stands(EnRoute, H, "O Arrive");
        walk.Says(O, Sample.Met(Sample.Plan));
        walk.Stands(Returned, O, ["O PlanReintegration", .. FollowUps]);
        walk.Says(O, new ReintegrationStarted());
        walk.Stands(InReintegration, O, FollowUps);
        for (var number = 1; number <= 4; number++)
        {
            walk.Says(O, new FollowUpReported(number, number is 3 ? FollowUpResult.DeclinedByPerson : FollowUpResult.Done, NextDue: null));
            walk.Stands(InReintegration, O, number < 4 ? FollowUps[number..] : ["O DecideOn"]);
        }
        walk.Says(O, new Completed(ReferralOutcome.Returned));
        walk.Stands(ReferralState.Completed, O);
        walk.Now.Outcome.ShouldBe(ReferralOutcome.Returned);
    }

    [Fact]
    public void A_child_returns_alone()
    {
        var walk = new Walk(Sample.OpenedForChild(Pair.Usual));
        walk.Says(O, new Acknowledged());
        walk.Says(O, new TakenUp());
        walk.Says(H, new CaseFileReleased(1, Sample.Letter));
        walk.Says(O, Sample.MayReturn with { CareSuitable = false });
        walk.Stands(Assessed, H, "H DecideOn");
        walk.Says(H, Sample.WishesReturn);
        walk.Stands(Assessed, H, "H PlanReturn");

        var first = walk.Becomes(nameof(ReasonCode.BestInterestsMissing), H, Sample.Planned(Sample.Plan));
        walk.Stands(Assessed, H, "H PlanReturn", "H Resolve");
        walk.Says(H, new Resolved(Resolution.Retracted), first);
        walk.Stands(Assessed, H, "H PlanReturn");
        walk.Says(O, new ChildSafeguardRecorded(Safeguard.BestInterests, Sample.Today));
        var second = walk.Becomes(nameof(ReasonCode.CareMissing), H, Sample.Planned(Sample.Plan));
        walk.Says(H, new Resolved(Resolution.Retracted), second);

        walk.Says(O, new PreparationReported(PreparationItem.ReceivingShelter, PreparationStatus.Asked));
        walk.Stands(Assessed, H, "H PlanReturn");
        walk.Says(O, new PreparationReported(PreparationItem.ReceivingShelter, PreparationStatus.Done));
        var planned = walk.Says(O, Sample.Planned(Sample.Plan));
        walk.Stands(ReferralState.ReturnPlanned, H, "H AgreeToReturn");
        walk.Says(H, new ReturnAgreed(), planned);
        walk.Stands(ReferralState.ReturnAgreed, H, "O Arrive");
        walk.Says(H, Sample.Accompanied(Sample.Plan));
        walk.Says(O, Sample.Met(Sample.Plan));
        walk.Stands(Returned, O, ["O PlanReintegration", .. FollowUps]);
        walk.Says(O, new ChildSafeguardRecorded(Safeguard.Guardian, Sample.Today));
        walk.Says(O, new FollowUpReported(1, FollowUpResult.Done, NextDue: null));
        walk.Stands(InReintegration, O, FollowUps[1..]);
    }

    [Fact]
    public void A_person_withdraws_consent_on_the_road_and_is_still_waited_for()
    {
        var walk = OnTheRoad();
        walk.Says(O, Sample.WithdrawnAll);
        walk.Stands(Withdrawn, H, "O Arrive", "H StopData", "O StopData");
        walk.Says(H, new DataStopped(DataFate.Erased, Basis: null, PaperRecall.All));
        walk.Stands(Withdrawn, H, "O Arrive", "O StopData");
        walk.Says(O, Sample.NotArrived(Sample.Plan));
        walk.Stands(Withdrawn, H, "H Find", "O Find", "O StopData");
        walk.Says(O, new DataStopped(DataFate.Retained, RetentionBasis.StatutoryRetention, PaperRecall.List));
        walk.Stands(Withdrawn, H, "H Find", "O Find");
        walk.Says(H, new FoundSafe(Sample.Plan, O));
        walk.Stands(Withdrawn, O);
    }

    [Fact]
    public void A_person_withdraws_consent_after_the_return_and_what_is_told_of_support_contradicts_nothing()
    {
        var walk = OnTheRoad();
        walk.Says(O, Sample.Met(Sample.Plan));
        walk.Says(H, Sample.WithdrawnAll);
        walk.Stands(Withdrawn, O, "H StopData", "O StopData");
        walk.Says(O, new FollowUpReported(1, FollowUpResult.Done, NextDue: null));
        walk.Says(O, new ReintegrationStarted());
        walk.Stands(Withdrawn, O, "H StopData", "O StopData");
        walk.Becomes(nameof(ReasonCode.NotOpen), H, new CaseFileReleased(2, Sample.Letter));
        walk.Says(O, new DataStopped(DataFate.Erased, Basis: null, PaperRecall.All));
        walk.Says(H, new DataStopped(DataFate.Erased, Basis: null, PaperRecall.Some));
        walk.Stands(Withdrawn, O);
    }

    [Fact]
    public void A_person_leaves_the_shelter_and_comes_back()
    {
        var walk = Ready();
        walk.Stands(Assessed, H, "H PlanReturn");
        walk.Says(H, new ContactEnded());
        walk.Stands(Assessed, H, "H PlanReturn", "H Contact", "O Contact");
        walk.Says(H, new ContactResumed());
        walk.Stands(Assessed, H, "H PlanReturn");

        var again = walk.Says(H, new ContactEnded());
        walk.Says(O, new Resolved(Resolution.Stands), again);
        walk.Stands(Assessed, H, "H PlanReturn", "H Contact");
        walk.Says(H, new ContactResumed());
        walk.Says(H, Sample.WishesOther);
        walk.Stands(Assessed, H, "H DecideOn");
        walk.Says(H, new Completed(ReferralOutcome.StaysInHostCountry));
        walk.Stands(ReferralState.Completed, H);
    }

    [Theory]
    [InlineData(LocationAnswer.ContactWished)]
    [InlineData(LocationAnswer.NothingToReport)]
    public void A_person_reported_held_abroad_is_looked_for(LocationAnswer answer)
    {
        var walk = new Walk(Sample.Opened(Pair.Usual with { Type = ReferralType.LocateAndProtect }));
        walk.Stands(Sent, H, "O Delivery", "H Acknowledge");
        walk.Says(H, new Acknowledged());
        walk.Stands(Received, H, "H TakeUpOrDecline");
        walk.Says(H, new TakenUp());
        walk.Stands(ReferralState.TakenUp, H, "H ReleaseCaseFile", "H Locate");
        if (answer is LocationAnswer.NothingToReport)
        {
            walk.Says(H, new LocationAnswered(answer));
            walk.Stands(ReferralState.Completed, H);
            walk.Now.Outcome.ShouldBe(ReferralOutcome.NothingToReport);
            return;
        }

        var early = walk.Becomes(nameof(ReasonCode.ConsentMissing), H, new LocationAnswered(answer));
        walk.Stands(ReferralState.TakenUp, H, "H ReleaseCaseFile", "H Locate", "H Resolve");
        walk.Says(H, new Resolved(Resolution.Retracted), early);
        walk.Says(H, new ConsentRecorded(Sample.Opened(Pair.Usual).Consent!));
        walk.Says(H, new LocationAnswered(answer));
        walk.Stands(Assessed, H, "H ReleaseCaseFile", "H DecideOn");
        walk.Says(H, new CaseFileReleased(1, Sample.Letter));
        walk.Stands(Assessed, H, "O Assess");
        walk.Says(O, Sample.MayReturn);
        walk.Says(H, Sample.WishesReturn);
        walk.Stands(Assessed, H, "H PlanReturn");
        var planned = walk.Says(H, Sample.Planned(Sample.Plan));
        walk.Says(O, new ReturnAgreed(), planned);
        walk.Says(H, Sample.Accompanied(Sample.Plan));
        walk.Says(O, Sample.Met(Sample.Plan));
        walk.Stands(Returned, O, ["O PlanReintegration", .. FollowUps]);
    }

    [Fact]
    public void The_other_country_answers_on_paper()
    {
        var walk = new Walk(Sample.Opened(Pair.Usual) with { OnPaper = true });
        walk.Stands(Sent, H, "O Acknowledge");
        walk.Says(O, new Acknowledged());
        walk.Stands(Received, H, "O TakeUpOrDecline");
        walk.Says(O, new TakenUp());
        walk.Stands(ReferralState.TakenUp, H, "H ReleaseCaseFile");
        var released = walk.Says(H, new CaseFileReleased(1, Sample.Letter));
        walk.Says(O, new CaseFileReceived(), released);
        walk.Says(O, Sample.MayReturn);
        walk.Says(H, Sample.WishesReturn);
        var planned = walk.Says(H, Sample.Planned(Sample.Plan));
        walk.Stands(ReferralState.ReturnPlanned, H, "O AgreeToReturn");
        walk.Becomes(nameof(ReasonCode.AnswersNothing), H, new ReturnAgreed(), planned);
        walk.Says(O, new ReturnAgreed(), planned);
        walk.Stands(ReferralState.ReturnAgreed, H, "O Arrive", "H Resolve");
        walk.Says(H, Sample.Accompanied(Sample.Plan));
        walk.Says(O, Sample.Met(Sample.Plan));
        walk.Stands(Returned, O, ["H Resolve", "O PlanReintegration", .. FollowUps]);
        walk.Says(O, new FollowUpReported(1, FollowUpResult.Done, NextDue: null));
        walk.Says(O, new Completed(ReferralOutcome.Returned));
        walk.Now.State.ShouldBe(ReferralState.Completed);
        walk.Pen.Written.ShouldAllBe(entry => entry.Author == H);
    }

    [Fact]
    public void A_person_who_did_not_come_to_the_meeting_point_is_met_elsewhere()
    {
        var walk = OnTheRoad();
        walk.Stands(EnRoute, H, "O Arrive");
        walk.Says(O, Sample.NotArrived(Sample.Plan));
        walk.Stands(Unaccounted, H, "H Find", "O Find");
        PlaceCode.TryParse("LA-SVK-FB2", out var elsewhere).ShouldBeTrue();
        walk.Says(O, Sample.Met(Sample.Plan) with { Place = elsewhere! });
        walk.Stands(Returned, O, ["O PlanReintegration", .. FollowUps]);
    }

    [Fact]
    public void A_person_who_comes_before_a_plan_was_agreed_is_met_and_both_owe_a_word()
    {
        var walk = Ready();
        walk.Says(H, Sample.Planned(Sample.Plan));
        var met = walk.Becomes("recorded", O, Sample.Met(Sample.Plan));
        walk.Stands(Returned, O, ["H TellDeparture", "H Resolve", "O Resolve", "O PlanReintegration", .. FollowUps]);
        walk.Says(O, new Resolved(Resolution.Stands), met);
        walk.Says(H, new Resolved(Resolution.Stands), met);
        walk.Says(H, Sample.Accompanied(Sample.Plan));
        walk.Stands(Returned, O, ["O PlanReintegration", .. FollowUps]);
    }

    [Fact]
    public void Who_is_met_after_a_cancellation_that_all_knew_of_is_back_and_both_owe_a_word()
    {
        var walk = Ready();
        var planned = walk.Says(H, Sample.Planned(Sample.Plan));
        walk.Says(O, new ReturnAgreed(), planned);
        walk.Says(H, new Cancelled());
        walk.Becomes("recorded", O, Sample.Met(Sample.Plan));
        walk.Stands(Returned, O, ["H TellDeparture", "H Resolve", "O Resolve", "O PlanReintegration", .. FollowUps]);
    }

    [Fact]
    public void Who_is_met_after_the_referral_was_completed_is_back_and_both_owe_a_word()
    {
        var walk = Ready();
        var planned = walk.Says(H, Sample.Planned(Sample.Plan));
        walk.Says(O, new ReturnAgreed(), planned);
        walk.Says(H, new ContactEnded());
        walk.Says(H, new Completed(ReferralOutcome.ContactEnded));
        walk.Becomes("recorded", O, Sample.Met(Sample.Plan));
        walk.Stands(Returned, O, ["H TellDeparture", "H Resolve", "O Resolve", "O PlanReintegration", .. FollowUps]);
        // It is not over, and nobody is out of contact.
        walk.Now.Outcome.ShouldBeNull();
    }

    [Fact]
    public void A_referral_that_ends_a_second_time_has_the_data_stopped_a_second_time()
    {
        var walk = Ready();
        var planned = walk.Says(H, Sample.Planned(Sample.Plan));
        walk.Says(O, new ReturnAgreed(), planned);
        walk.Says(H, new Cancelled());
        foreach (var country in (NodeId[])[H, O]) walk.Says(country, new DataStopped(DataFate.Retained, RetentionBasis.StatutoryRetention, PaperRecall.All));
        walk.Becomes("recorded", H, Sample.DidNotTravel(Sample.Plan));
        walk.Now.State.ShouldBe(Assessed);
        walk.Says(H, new Cancelled());
        walk.Stands(ReferralState.Cancelled, H, "H Resolve", "O Resolve", "H StopData", "O StopData");
    }

    [Fact]
    public void A_return_that_is_held_is_prepared_and_expected_by_nobody_until_the_hold_ends()
    {
        var walk = Ready();
        walk.Says(H, new PreparationReported(PreparationItem.ExitPermit, PreparationStatus.Asked));
        var planned = walk.Says(H, Sample.Planned(Sample.Plan));
        walk.Says(O, new ReturnAgreed(), planned);
        walk.Stands(ReferralState.ReturnAgreed, H, "H Prepare ExitPermit", "O Arrive");
        walk.Says(H, new ReturnHeld(Sample.Today.AddDays(20), PersonAgrees: false));
        walk.Stands(ReferralState.ReturnAgreed, H, "H EndHold");
        walk.Says(H, new HoldEnded());
        walk.Stands(ReferralState.ReturnAgreed, H, "H Prepare ExitPermit", "O Arrive");
    }

    [Fact]
    public void Nobody_owes_a_case_file_to_whom_the_person_took_the_consent_from()
    {
        var walk = new Walk(Sample.Opened(Pair.Usual));
        walk.Says(O, new Acknowledged());
        walk.Says(O, new TakenUp());
        walk.Stands(ReferralState.TakenUp, H, "H ReleaseCaseFile");
        walk.Says(H, new ConsentWithdrawn(new WithdrawalScope.Part(default, new ValueSet<NodeId>([O]))));
        walk.Stands(ReferralState.TakenUp, H, "H DecideOn");
        walk.Says(H, new ConsentRecorded(Sample.Opened(Pair.Usual).Consent!));
        walk.Stands(ReferralState.TakenUp, H, "H ReleaseCaseFile");
    }

    static Walk Ready()
    {
        var walk = new Walk(Sample.Opened(Pair.Usual));
        walk.Says(O, new Acknowledged());
        walk.Says(O, new TakenUp());
        walk.Says(H, new CaseFileReleased(1, Sample.Letter));
        walk.Says(O, Sample.MayReturn);
        walk.Says(H, Sample.WishesReturn);
        return walk;
    }

    static Walk OnTheRoad()
    {
        var walk = Ready();
        var planned = walk.Says(H, Sample.Planned(Sample.Plan));
        walk.Says(O, new ReturnAgreed(), planned);
        walk.Says(H, Sample.Accompanied(Sample.Plan));
        return walk;
    }
}
