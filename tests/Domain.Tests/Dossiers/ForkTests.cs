using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Dossiers;

/// <summary>Two entries of one author in one place.</summary>
public sealed class ForkTests
{
    const string Forked = nameof(ReasonCode.Forked);

    static readonly NodeId S = Pair.Usual.Sender;
    static readonly NodeId R = Pair.Usual.Receiver;

    [Fact]
    public void Both_and_all_later_ones_of_that_author_are_void_and_the_other_goes_on()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.Write(R, Sample.Acknowledged);
        var takenUp = pen.Write(R, Sample.TakenUp);
        var declined = pen.WriteAfter(acknowledged, R, Sample.Declined, pen.Opening);
        var afterTakenUp = pen.WriteAfter(takenUp, R, Sample.Declined, pen.Opening);
        var afterDeclined = pen.WriteAfter(declined, R, Sample.TakenUp, pen.Opening);
        var cancelled = pen.Write(S, Sample.Cancelled);
        var dossier = pen.Fold();

        new[] { acknowledged, takenUp, declined, afterTakenUp, afterDeclined, cancelled }.Select(dossier.On)
            .ShouldBe(["applied", Forked, Forked, Forked, Forked, "applied"]);
        dossier.State!.State.ShouldBe(ReferralState.Cancelled);
    }

    [Fact]
    public void Both_are_kept()
    {
        var pen = Pen.Open(Pair.Usual);
        var one = pen.WriteAfter(null, R, Sample.Acknowledged, pen.Opening);
        var two = pen.WriteAfter(null, R, Sample.Acknowledged, pen.Opening);

        pen.Fold().Entries.Select(judged => judged.Entry).ShouldBe([pen.Opening, one, two], ignoreOrder: true);
    }

    [Fact]
    public void What_the_forked_one_said_before_stands()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.Write(R, Sample.Acknowledged);
        pen.WriteAfter(acknowledged, R, Sample.TakenUp, pen.Opening);
        pen.WriteAfter(acknowledged, R, Sample.Declined, pen.Opening);

        pen.Fold().State!.State.ShouldBe(ReferralState.Received);
    }

    [Fact]
    public void The_first_fork_counts()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.WriteAfter(null, R, Sample.Acknowledged, pen.Opening);
        var later = pen.WriteAfter(acknowledged, R, Sample.TakenUp, pen.Opening);
        pen.WriteAfter(acknowledged, R, Sample.Declined, pen.Opening);
        pen.WriteAfter(null, R, Sample.Declined, pen.Opening);
        var dossier = pen.Fold();

        dossier.On(acknowledged).ShouldBe(Forked);
        dossier.On(later).ShouldBe(Forked);
        dossier.State!.State.ShouldBe(ReferralState.Sent);
    }

    [Fact]
    public void No_fork_suspends_a_withdrawal()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.WriteAfter(null, R, Sample.Acknowledged, pen.Opening);
        var forking = pen.WriteAfter(null, R, Sample.WithdrawnPart, pen.Opening);
        var later = pen.WriteAfter(acknowledged, R, Sample.WithdrawnAll, pen.Opening);
        var dossier = pen.Fold();

        new[] { acknowledged, forking, later }.Select(dossier.On).ShouldBe([Forked, "applied", "applied"]);
        dossier.State!.State.ShouldBe(ReferralState.Withdrawn);
        dossier.Withdrawals.ShouldBe([forking, later], ignoreOrder: true);
    }

    [Fact]
    public void A_fork_that_comes_to_light_late_takes_back_what_was_applied()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.WriteAfter(null, R, Sample.Acknowledged, pen.Opening);
        var takenUp = pen.WriteAfter(acknowledged, R, Sample.TakenUp, pen.Opening);
        var other = pen.WriteAfter(acknowledged, R, Sample.Declined, pen.Opening);

        pen.FoldWithout(other).State!.State.ShouldBe(ReferralState.TakenUp);
        pen.FoldWithout(takenUp).State!.State.ShouldBe(ReferralState.Declined);
        pen.Fold().State!.State.ShouldBe(ReferralState.Received);
    }

    [Fact]
    public void A_fork_shows_also_where_one_of_the_two_still_waits()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.WriteAfter(null, R, Sample.Acknowledged, pen.Opening);
        var seen = pen.Write(S, Sample.WithdrawnPart);
        var waiting = pen.WriteAfter(null, R, Sample.Declined, seen);
        var dossier = pen.FoldWithout(seen);

        dossier.On(waiting).ShouldBe("waiting");
        dossier.On(acknowledged).ShouldBe(Forked);
    }

    [Fact]
    public void Each_author_answers_for_its_own_fork()
    {
        var pen = Pen.Open(Pair.Usual);
        pen.WriteAfter(null, R, Sample.Acknowledged, pen.Opening);
        pen.WriteAfter(null, R, Sample.Declined, pen.Opening);
        pen.WriteAfter(pen.Opening, S, Sample.Cancelled);
        pen.WriteAfter(pen.Opening, S, Sample.Cancelled);
        var dossier = pen.Fold();

        dossier.Entries.Skip(1).ShouldAllBe(judged => dossier.On(judged.Entry) == Forked);
        dossier.State!.State.ShouldBe(ReferralState.Sent);
    }

    [Fact]
    public void A_second_first_entry_of_the_opener_voids_the_opening()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.Write(R, Sample.Acknowledged);
        var second = pen.WriteAfter(null, S, Sample.Cancelled, acknowledged);
        var dossier = pen.Fold();

        dossier.State.ShouldBeNull();
        dossier.On(pen.Opening).ShouldBe(Forked);
        dossier.VerdictOn(second.Hash).ShouldBeOfType<Verdict.Void>();
        dossier.On(acknowledged).ShouldBe(nameof(ReasonCode.OpeningVoid));
    }
}
