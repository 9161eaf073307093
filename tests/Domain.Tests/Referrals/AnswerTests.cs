using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Referrals;

/// <summary>Answers, words on a contradiction, and what is void for its content.</summary>
public sealed class AnswerTests
{
    const string AnswersNothing = nameof(ReasonCode.AnswersNothing);

    static readonly NodeId H = Pair.Usual.Host;
    static readonly NodeId O = Pair.Usual.Origin;

    public static TheoryData<string, string> Questions => new()
    {
        { "InformationRequested", "InformationSupplied" },
        { "AppearanceAsked", "AppearanceAnswered(Granted)" },
        { "OnwardProposed", "OnwardAnswered(agreed)" },
    };

    [Theory, MemberData(nameof(Questions))]
    public void An_answer_names_a_question_of_the_other_country_that_nobody_answered(string question, string answer)
    {
        var pen = Pen.Open(Pair.Usual);
        pen.Write(O, Sample.Acknowledged);
        var asked = pen.Write(O, Protocol.Statements[question](Pair.Usual));
        var other = pen.Write(O, Protocol.Statements[question is "AppearanceAsked" ? "InformationRequested" : "AppearanceAsked"](Pair.Usual));
        var body = Protocol.Statements[answer](Pair.Usual);

        On(pen, pen.Write(H, body)).ShouldBe(AnswersNothing);
        On(pen, pen.Answer(H, pen.Opening, body)).ShouldBe(AnswersNothing);
        On(pen, pen.Answer(H, other, body)).ShouldBe(AnswersNothing);
        On(pen, pen.Answer(O, asked, body)).ShouldBe(question is "OnwardProposed" ? nameof(ReasonCode.WrongParticipant) : AnswersNothing);
        On(pen, pen.Answer(H, asked, body)).ShouldBe("applied");
        On(pen, pen.Answer(H, asked, body)).ShouldBe(AnswersNothing);
    }

    [Fact]
    public void Contact_that_is_resumed_ends_only_the_losses_that_its_author_knew_of_and_settles_no_contradiction()
    {
        var pen = Pen.Open(Pair.Usual);
        pen.Write(O, Sample.Acknowledged);
        var known = pen.Write(H, new ContactEnded());
        var seen = pen.Write(H, Sample.Accompanied(new Token(77)));
        pen.Write(O, Sample.Neutral);
        var unknown = pen.WriteUnseeing(H, new ContactEnded());
        var contradiction = pen.WriteUnseeing(H, Sample.Accompanied(Sample.Plan));
        pen.WriteUnseeing(O, new ContactResumed());
        pen.Fold().State!.Doubts.Select(doubt => doubt.Entry).ShouldBe([seen.Hash, unknown.Hash, contradiction.Hash], ignoreOrder: true);
        known.Hash.ShouldNotBe(unknown.Hash);
    }

    [Fact]
    public void An_answer_that_is_owed_can_be_given_after_the_state_has_moved()
    {
        var scene = Scene.At(ReferralState.InReintegration, Pair.Usual, new());
        On(scene.Pen, scene.Write(H, "OnwardAnswered(not agreed)")).ShouldBe("applied");
        On(scene.Pen, scene.Write(H, "InformationSupplied")).ShouldBe("applied");
    }

    [Theory]
    [InlineData("TH", false)]
    [InlineData("LA", false)]
    [InlineData("SEC", false)]
    [InlineData("MM", true)]
    [InlineData("VN", true)]
    public void An_onward_country_is_a_third_one(string country, bool may)
    {
        var pen = Pen.Open(Pair.Usual);
        pen.Write(O, Sample.Acknowledged);
        On(pen, pen.Write(O, new OnwardProposed(NodeId.Parse(country)))).ShouldBe(may ? "applied" : nameof(ReasonCode.CodeNotAllowed));
    }

    [Fact]
    public void A_referral_lapses_only_after_the_day_to_reply_by()
    {
        foreach (var (days, verdict) in new[] { (0, nameof(ReasonCode.NotDueYet)), (1, "applied") })
        {
            var pen = Pen.Open(Pair.Usual);
            On(pen, pen.Write(H, new Lapsed(MissingStep.Acknowledgement), entry => entry with { HappenedOn = Sample.Opened(Pair.Usual).ReplyBy.AddDays(days) })).ShouldBe(verdict);
        }
    }

    [Fact]
    public void A_person_is_found_safe_in_one_of_the_two_countries()
    {
        var scene = Scene.At(ReferralState.EnRoute, Pair.Usual, new());
        On(scene.Pen, scene.Pen.Write(H, new FoundSafe(Sample.Plan, Pair.Stranger))).ShouldBe(nameof(ReasonCode.WrongForm));
    }

    [Fact]
    public void Each_country_gives_its_word_on_a_contradiction_once()
    {
        foreach (var resolution in Enum.GetValues<Resolution>())
        {
            var pen = Pen.Open(Pair.Usual);
            var early = pen.Write(O, Sample.MayReturn);
            On(pen, early).ShouldBe("recorded");
            On(pen, pen.Write(H, new Resolved(resolution))).ShouldBe(AnswersNothing);
            On(pen, pen.Answer(H, pen.Opening, new Resolved(resolution))).ShouldBe(AnswersNothing);
            Owing(pen).ShouldBe([H, O], ignoreOrder: true);
            On(pen, pen.Answer(H, early, new Resolved(resolution))).ShouldBe("applied");
            Owing(pen).ShouldBe([O]);
            On(pen, pen.Answer(H, early, new Resolved(resolution))).ShouldBe(AnswersNothing);
            On(pen, pen.Answer(O, early, new Resolved(Resolution.Stands))).ShouldBe("applied");
            Owing(pen).ShouldBeEmpty();
        }

        static IEnumerable<NodeId> Owing(Pen pen) =>
            pen.Fold().State!.Debts.Where(debt => debt.Clock is Clock.Resolve && debt.About == pen.Written[1].Hash).Select(debt => debt.Owes);
    }

    [Fact]
    public void The_author_of_a_void_decision_says_whether_it_had_acted_on_it_and_nobody_else_does()
    {
        var pen = Pen.Open(Pair.Usual);
        pen.Write(O, Sample.Acknowledged);
        var missed = pen.Write(O, Sample.Acknowledged);
        pen.Fold().State!.Debts.Where(debt => debt.Clock is Clock.Resolve).ShouldHaveSingleItem().Owes.ShouldBe(O);
        On(pen, pen.Answer(H, missed, new Resolved(Resolution.Stands))).ShouldBe(AnswersNothing);
        On(pen, pen.Answer(O, missed, new Resolved(Resolution.Retracted))).ShouldBe("applied");
    }

    [Fact]
    public void A_lost_contact_ends_a_referral_of_somebody_unaccounted_for_when_both_have_said_that_it_stands()
    {
        var scene = Scene.At(ReferralState.Unaccounted, Pair.Usual, new());
        On(scene.Pen, scene.Write(H, "Completed(ContactEnded)")).ShouldBe(nameof(ReasonCode.OutcomeNotOpen));
        On(scene.Pen, scene.Write(O, "Resolved(Stands)")).ShouldBe("applied");
        On(scene.Pen, scene.Write(H, "Completed(ContactEnded)")).ShouldBe(nameof(ReasonCode.OutcomeNotOpen));
        On(scene.Pen, scene.Write(H, "Resolved(Stands)")).ShouldBe("applied");
        On(scene.Pen, scene.Write(H, "Completed(ContactEnded)")).ShouldBe("applied");
    }

    [Fact]
    public void A_lost_contact_that_somebody_took_back_or_that_resumed_ends_nothing()
    {
        var retracted = Scene.At(ReferralState.Returned, Pair.Usual, new());
        retracted.Write(O, "Resolved(Retracted)");
        On(retracted.Pen, retracted.Write(H, "Completed(ContactEnded)")).ShouldBe(nameof(ReasonCode.OutcomeNotOpen));

        var resumed = Scene.At(ReferralState.Returned, Pair.Usual, new());
        resumed.Write(O, "ContactResumed");
        On(resumed.Pen, resumed.Write(H, "Completed(ContactEnded)")).ShouldBe(nameof(ReasonCode.OutcomeNotOpen));
    }

    [Fact]
    public void A_person_may_appear_before_a_court_after_the_referral_is_completed()
    {
        var scene = Scene.At(ReferralState.Completed, Pair.Usual, new());
        var asked = scene.Write(H, "AppearanceAsked");
        scene.Pen.Fold().State!.Debts.Single(debt => debt.About == asked.Hash).ShouldSatisfyAllConditions(
            debt => debt.Clock.ShouldBe(Clock.Answer), debt => debt.Owes.ShouldBe(O));
        On(scene.Pen, scene.Write(O, "AppearanceAnswered(Granted)")).ShouldBe("applied");
        On(scene.Pen, scene.Write(O, "AppearanceDone")).ShouldBe("applied");
        scene.Pen.Fold().State!.Debts.ShouldNotContain(debt => debt.About == asked.Hash);
    }

    [Fact]
    public void Data_are_stopped_once_by_each_where_a_referral_has_ended()
    {
        foreach (var state in new[] { ReferralState.Declined, ReferralState.Cancelled, ReferralState.Withdrawn, ReferralState.EnteredInError })
        {
            var scene = Scene.At(state, Pair.Usual, new());
            Stopping(scene).ShouldBe([H, O], ignoreOrder: true);
            scene.Write(O, "DataStopped(Erased)");
            Stopping(scene).ShouldBe([H]);
            scene.Write(H, "DataStopped(Retained)");
            Stopping(scene).ShouldBeEmpty();
        }
        Stopping(Scene.At(ReferralState.Completed, Pair.Usual, new())).ShouldBeEmpty();

        static IEnumerable<NodeId> Stopping(Scene scene) => scene.Pen.Fold().State!.Debts.Where(debt => debt.Clock is Clock.StopData).Select(debt => debt.Owes);
    }

    [Fact]
    public void A_completion_descends_from_all_that_was_said_of_the_journey()
    {
        var scene = Scene.At(ReferralState.Returned, Pair.Usual, new());
        scene.Meet();
        scene.Pen.WriteUnseeing(O, Sample.Met(Sample.Plan));
        var unseen = scene.Pen.WriteUnseeing(H, new Completed(ReferralOutcome.Returned));
        On(scene.Pen, unseen).ShouldBe(nameof(ReasonCode.JourneyUnseen));
        On(scene.Pen, scene.Pen.Write(H, new Completed(ReferralOutcome.Returned))).ShouldBe("applied");
    }

    [Fact]
    public void A_unit_that_was_assigned_has_the_referral_in_its_country()
    {
        var pen = Pen.Open(Pair.Usual);
        Office.TryParse("case-worker@vientiane", out var unit).ShouldBeTrue();
        pen.Write(O, Sample.Acknowledged);
        pen.Write(O, new UnitAssigned(unit!));
        pen.Fold().State!.Offices.ShouldBe([new OfficeInCharge(H, Sample.Desk), new OfficeInCharge(O, unit!)], ignoreOrder: true);
    }

    [Fact]
    public void What_goes_on_by_letter_names_its_channel_and_holds_the_letters_digest()
    {
        foreach (var (channel, letter, verdict) in new (Channel, Digest?, string)[]
        {
            (Channel.Node, Sample.Letter, nameof(ReasonCode.WrongForm)), (Channel.Letter, null, nameof(ReasonCode.WrongForm)), (Channel.NoteVerbale, Sample.Letter, "applied"),
        })
        {
            var pen = Pen.Open(Pair.Usual);
            On(pen, pen.Write(H, new ContinuedOnPaper(), entry => entry with { Channel = channel, Letter = letter })).ShouldBe(verdict);
        }
    }

    static string On(Pen pen, Entry entry) => pen.Fold().On(entry);
}
