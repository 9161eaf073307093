using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Referrals;

/// <summary>An author says an own happening right, in its old place, or takes it back.</summary>
public sealed class CorrectionTests
{
    const string AnswersNothing = nameof(ReasonCode.AnswersNothing);

    static readonly NodeId H = Pair.Usual.Host;
    static readonly NodeId O = Pair.Usual.Origin;

    [Fact]
    public void What_was_corrected_counts_in_its_old_place()
    {
        var (pen, assessed) = Assessed(Sample.MayNotReturn);
        pen.Write(H, Sample.WishesReturn);
        var planned = pen.Write(H, Sample.Planned(Sample.Plan));
        pen.Fold().On(planned).ShouldBe(nameof(ReasonCode.ReturnNotAssessed));

        var corrected = pen.Answer(O, assessed, new Corrected(Sample.MayReturn));
        var dossier = pen.Fold();
        new[] { assessed, planned, corrected }.Select(dossier.On).ShouldBe(["applied", "applied", "applied"]);
        dossier.State!.State.ShouldBe(ReferralState.ReturnPlanned);
    }

    [Fact]
    public void What_was_taken_back_is_void_and_what_rested_on_it_with_it()
    {
        var (pen, assessed) = Assessed(Sample.MayReturn);
        pen.Write(H, Sample.WishesReturn);
        var planned = pen.Write(H, Sample.Planned(Sample.Plan));
        pen.Answer(O, assessed, new Corrected(Replacement: null));
        var dossier = pen.Fold();

        dossier.On(assessed).ShouldBe(nameof(ReasonCode.Retracted));
        dossier.On(planned).ShouldBe(nameof(ReasonCode.NotOpen));
        dossier.State!.State.ShouldBe(ReferralState.TakenUp);
    }

    [Fact]
    public void The_day_is_corrected_too()
    {
        var (pen, _) = Assessed(Sample.MayReturn);
        var recorded = pen.Write(H, new ConsentRecorded(Sample.Opened(Pair.Usual).Consent!));
        pen.Write(H, new Corrected(recorded.Body as Happening), entry => entry with { Answers = recorded.Hash, HappenedOn = Sample.Today.AddDays(-3) });
        pen.Fold().Entries.Single(judged => judged.Entry.Hash == recorded.Hash).Entry.HappenedOn.ShouldBe(Sample.Today, "what was signed is kept as it is");

        var late = pen.Write(O, Sample.Met(Sample.Plan));
        pen.Write(O, new Corrected(Sample.Met(Sample.Plan)), entry => entry with { Answers = late.Hash, HappenedOn = Sample.Today.AddDays(-3) });
        pen.Fold().State!.Debts.Single(debt => debt.Clock is Clock.PlanReintegration).CausedOn.ShouldBe(Sample.Today.AddDays(-3));
    }

    [Fact]
    public void Nobody_corrects_another_countrys_happening()
    {
        var (pen, assessed) = Assessed(Sample.MayReturn);
        var correction = pen.Answer(H, assessed, new Corrected(Sample.MayNotReturn));
        pen.Fold().On(correction).ShouldBe(AnswersNothing);
        pen.Fold().State!.Assessment.ShouldBe(Sample.MayReturn);
    }

    [Fact]
    public void A_decision_is_not_corrected()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.Write(O, Sample.Acknowledged);
        var correction = pen.Answer(O, acknowledged, new Corrected(Replacement: null));
        var dossier = pen.Fold();

        dossier.On(acknowledged).ShouldBe("applied");
        dossier.On(correction).ShouldBe(AnswersNothing);
    }

    [Fact]
    public void A_withdrawal_is_never_taken_back_so()
    {
        foreach (var withdrawal in new[] { Sample.WithdrawnAll, Sample.WithdrawnPart })
        {
            var pen = Pen.Open(Pair.Usual);
            var withdrawn = pen.Write(H, withdrawal);
            var retraction = pen.Answer(H, withdrawn, new Corrected(Replacement: null));
            var replacement = pen.Answer(H, withdrawn, new Corrected(new ConsentWithdrawn(new WithdrawalScope.Part(default, default))));
            var dossier = pen.Fold();

            new[] { withdrawn, retraction, replacement }.Select(dossier.On).ShouldBe(["applied", AnswersNothing, AnswersNothing]);
            dossier.Withdrawals.ShouldBe([withdrawn]);
        }
    }

    [Fact]
    public void A_correction_says_the_same_statement()
    {
        var (pen, assessed) = Assessed(Sample.MayReturn);
        var another = pen.Answer(O, assessed, new Corrected(new ReintegrationStarted()));
        var nothing = pen.Write(O, new Corrected(Sample.MayNotReturn));
        var ofCorrection = pen.Answer(O, pen.Answer(O, assessed, new Corrected(Sample.MayReturn)), new Corrected(Replacement: null));
        var dossier = pen.Fold();

        new[] { another, nothing, ofCorrection }.ShouldAllBe(entry => dossier.On(entry) == AnswersNothing);
        dossier.State!.Assessment.ShouldBe(Sample.MayReturn);
    }

    [Fact]
    public void The_last_correction_counts()
    {
        var (pen, assessed) = Assessed(Sample.MayReturn);
        pen.Answer(O, assessed, new Corrected(Sample.MayNotReturn));
        pen.Fold().State!.Assessment.ShouldBe(Sample.MayNotReturn);
        pen.Answer(O, assessed, new Corrected(Replacement: null));
        pen.Fold().State!.Assessment.ShouldBeNull();
        pen.Answer(O, assessed, new Corrected(Sample.MayReturn with { SafetyPlan = false }));
        pen.Fold().State!.Assessment.ShouldBe(Sample.MayReturn with { SafetyPlan = false });
    }

    [Fact]
    public void A_correction_behind_an_upgrade_stop_does_not_count()
    {
        var (pen, assessed) = Assessed(Sample.MayReturn);
        pen.Write(H, Sample.NotUnderstood);
        var correction = pen.Answer(O, assessed, new Corrected(Replacement: null));
        var dossier = pen.Fold();

        dossier.On(correction).ShouldBe("upgrade needed");
        dossier.On(assessed).ShouldBe("applied");
    }

    [Fact]
    public void A_correction_on_a_fork_does_not_count()
    {
        var (pen, assessed) = Assessed(Sample.MayReturn);
        var correction = pen.Answer(O, assessed, new Corrected(Replacement: null));
        pen.WriteAfter(assessed, O, Sample.Neutral, pen.Opening);
        var dossier = pen.Fold();

        dossier.On(correction).ShouldBe(nameof(ReasonCode.Forked));
        dossier.On(assessed).ShouldBe("applied");
    }

    [Fact]
    public void A_journey_is_corrected_like_anything_else()
    {
        var scene = Scene.At(ReferralState.EnRoute, Pair.Usual, new());
        var notArrived = scene.Write(O, "NotArrived");
        scene.Pen.Fold().State!.State.ShouldBe(ReferralState.Unaccounted);
        scene.Pen.Answer(O, notArrived, new Corrected(Replacement: null));
        scene.Pen.Fold().State!.State.ShouldBe(ReferralState.EnRoute);
    }

    [Fact]
    public void Who_takes_back_what_contradicted_owes_nothing_for_having_spoken_on_it_before()
    {
        var scene = Scene.At(ReferralState.ReturnAgreed, Pair.Usual, new());
        scene.Meet();
        var stayed = scene.Write(Pair.Usual.Host, "DidNotTravel", seeing: false);
        scene.Write(O, "Met", seeing: false);
        var doubt = scene.Pen.Fold().State!.Doubts.Single();
        Resolution[] words = [Resolution.Retracted, Resolution.Stands];
        foreach (var (country, word) in ((NodeId[])[Pair.Usual.Host, O]).Zip(words))
            scene.Pen.Write(country, new Resolved(word), entry => entry with { Answers = doubt.Entry });
        scene.Pen.Answer(Pair.Usual.Host, stayed, new Corrected(Replacement: null));
        var now = scene.Pen.Fold().State!;
        now.State.ShouldBe(ReferralState.Returned);
        now.Debts.ShouldNotContain(debt => debt.Clock == Clock.Resolve);
    }

    static (Pen Pen, Entry Assessed) Assessed(AssessmentReported assessment)
    {
        var pen = Pen.Open(Pair.Usual);
        pen.Write(O, Sample.Acknowledged);
        pen.Write(O, Sample.TakenUp);
        return (pen, pen.Write(O, assessment));
    }
}
