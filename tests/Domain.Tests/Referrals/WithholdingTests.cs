using System.Runtime.CompilerServices;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Referrals;

/// <summary>What a withdrawal of consent stops as soon as it is held.</summary>
public sealed class WithholdingTests
{
    static readonly NodeId H = Pair.Usual.Host;
    static readonly NodeId O = Pair.Usual.Origin;

    [Fact]
    public void Nothing_that_is_read_beside_entries_goes_anywhere_once_all_consent_was_withdrawn()
    {
        foreach (var withdraws in new[] { H, O })
        {
            var pen = Pen.Open(Pair.Usual);
            pen.Write(O, Sample.Acknowledged);
            MayLeave(pen.Fold(), Sample.Acknowledged).ShouldBe([true, true]);
            pen.Write(withdraws, Sample.WithdrawnAll);
            MayLeave(pen.Fold(), Sample.Acknowledged).ShouldBe([false, false]);
        }
    }

    [Fact]
    public void What_is_said_beside_the_withdrawal_itself_and_of_what_became_of_the_data_goes_all_the_same()
    {
        var pen = Pen.Open(Pair.Usual);
        pen.Write(H, Sample.WithdrawnAll);
        MayLeave(pen.Fold(), Sample.WithdrawnAll).ShouldBe([true, true]);
        MayLeave(pen.Fold(), new DataStopped(DataFate.Retained, RetentionBasis.StatutoryRetention, PaperRecall.Some)).ShouldBe([true, true]);
    }

    [Fact]
    public void Beside_no_other_statement_anything_goes_after_all_consent_was_withdrawn()
    {
        var pen = Pen.Open(Pair.Usual);
        pen.Write(H, Sample.WithdrawnAll);
        var bodies = typeof(Body).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Body)) && !type.IsAbstract).ToList();
        bodies.Where(type => MayLeave(pen.Fold(), (Body)RuntimeHelpers.GetUninitializedObject(type)).Contains(true))
            .ShouldBe([typeof(ConsentWithdrawn), typeof(DataStopped)], ignoreOrder: true);
        bodies.Count.ShouldBeGreaterThan(40);
    }

    [Fact]
    public void A_withdrawal_that_waits_behind_a_gap_withholds_as_one_that_does_not()
    {
        var pen = Pen.Open(Pair.Usual);
        var missing = pen.Write(O, Sample.Acknowledged);
        pen.Write(O, Sample.WithdrawnAll);
        var dossier = pen.FoldWithout(missing);
        dossier.State!.State.ShouldBe(ReferralState.Sent);
        dossier.AsWithdrawn()!.State.ShouldBe(ReferralState.Withdrawn);
        dossier.AsWithdrawn()!.Consent.ShouldBeNull();
        MayLeave(dossier, Sample.Acknowledged).ShouldBe([false, false]);
    }

    [Fact]
    public void From_whom_the_person_took_the_consent_everything_is_withheld_until_it_is_given_back()
    {
        var pen = Pen.Open(Pair.Usual);
        var missing = pen.Write(H, Sample.Neutral);
        pen.Write(H, new ConsentWithdrawn(new WithdrawalScope.Part(default, new ValueSet<NodeId>([O]))));
        MayLeave(pen.FoldWithout(missing), Sample.Acknowledged).ShouldBe([true, false]);
        MayLeave(pen.Fold(), Sample.Acknowledged).ShouldBe([true, false]);
        pen.Write(H, new ConsentRecorded(Sample.Opened(Pair.Usual).Consent!));
        MayLeave(pen.Fold(), Sample.Acknowledged).ShouldBe([true, true]);
    }

    [Fact]
    public void A_purpose_that_was_withdrawn_withholds_no_word_between_the_two()
    {
        var pen = Pen.Open(Pair.Usual);
        pen.Write(H, Sample.WithdrawnPart);
        MayLeave(pen.Fold(), Sample.Acknowledged).ShouldBe([true, true]);
    }

    static bool[] MayLeave(Dossier<Referral> dossier, Body body) => [dossier.MayLeave(body, H), dossier.MayLeave(body, O)];
}
