using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Dossiers;

public sealed class OrderTests
{
    static readonly NodeId S = Pair.Usual.Sender;
    static readonly NodeId R = Pair.Usual.Receiver;

    [Fact]
    public void Entries_count_in_the_order_of_descent_whatever_the_order_in_which_they_come()
    {
        var pen = Pen.Open(Pair.Usual);
        pen.Write(R, Sample.Acknowledged);
        pen.Write(S, Sample.WithdrawnPart);
        pen.Write(R, Sample.TakenUp);
        pen.Write(S, Sample.Cancelled);

        foreach (var given in new[] { pen.Written, [.. pen.Written.Reverse()], [.. pen.Written.OrderBy(entry => entry.Hash)] })
        {
            var dossier = pen.Fold(given);
            dossier.Entries.Select(judged => judged.Entry).ShouldBe(pen.Written);
            dossier.Entries.ShouldAllBe(judged => judged.Verdict is Verdict.Applied);
            dossier.State!.State.ShouldBe(ReferralState.Cancelled);
        }
    }

    [Fact]
    public void An_entry_waits_for_the_one_before_it()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.Write(R, Sample.Acknowledged);
        var takenUp = pen.Write(R, Sample.TakenUp);

        var gap = pen.FoldWithout(acknowledged);
        gap.On(takenUp).ShouldBe("waiting");
        gap.Waiting.ShouldBe([takenUp]);
        gap.State!.State.ShouldBe(ReferralState.Sent);

        pen.Fold().On(takenUp).ShouldBe("applied");
    }

    [Fact]
    public void An_entry_waits_for_what_it_has_seen()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.Write(R, Sample.Acknowledged);
        var cancelled = pen.Write(S, Sample.Cancelled);

        var gap = pen.FoldWithout(acknowledged);
        gap.On(cancelled).ShouldBe("waiting");
        gap.State!.State.ShouldBe(ReferralState.Sent);

        pen.Fold().On(cancelled).ShouldBe("applied");
    }

    [Fact]
    public void Everything_waits_for_the_opening()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.Write(R, Sample.Acknowledged);
        var cancelled = pen.Write(S, Sample.Cancelled);

        var gap = pen.FoldWithout(pen.Opening);
        gap.Waiting.ShouldBe([acknowledged, cancelled], ignoreOrder: true);
        gap.Entries.ShouldBeEmpty();
        gap.State.ShouldBeNull();
        gap.OpeningEntry.ShouldBeNull();
        gap.Heads.ShouldBeEmpty();

        pen.Fold().Waiting.ShouldBeEmpty();
    }

    [Fact]
    public void What_waits_behind_something_that_waits_waits_too()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.Write(R, Sample.Acknowledged);
        var takenUp = pen.Write(R, Sample.TakenUp);
        var cancelled = pen.Write(S, Sample.Cancelled);

        pen.FoldWithout(acknowledged).Waiting.ShouldBe([takenUp, cancelled], ignoreOrder: true);
    }

    [Fact]
    public void An_entry_that_comes_late_is_folded_in_its_place()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.WriteUnseeing(R, Sample.Acknowledged);
        var takenUp = pen.WriteUnseeing(R, Sample.TakenUp);
        var cancelled = pen.WriteUnseeing(S, Sample.Cancelled);

        var before = pen.FoldWithout(cancelled);
        before.State!.State.ShouldBe(ReferralState.TakenUp);
        before.On(takenUp).ShouldBe("applied");

        var after = pen.Fold();
        after.State!.State.ShouldBe(ReferralState.Cancelled);
        new[] { cancelled, acknowledged, takenUp }.Select(after.On).ShouldBe(["applied", nameof(ReasonCode.NotOpen), nameof(ReasonCode.NotOpen)]);
    }

    [Fact]
    public void No_clock_decides()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.WriteUnseeing(R, Sample.Acknowledged);
        var cancelled = pen.WriteUnseeing(S, Sample.Cancelled);

        foreach (var days in new[] { -400, 0, 400 })
        {
            var late = cancelled with { WrittenAt = Sample.Now.AddDays(days), HappenedOn = Sample.Today.AddDays(days) };
            var dossier = pen.Fold([pen.Opening, acknowledged, late]);
            dossier.State!.State.ShouldBe(ReferralState.Cancelled);
            dossier.VerdictOn(acknowledged.Hash).ShouldBeOfType<Verdict.Void>();
        }
    }

    [Fact]
    public void An_entry_of_another_dossier_is_a_fault()
    {
        var pen = Pen.Open(Pair.Usual);
        var stray = Pen.Open(Pair.Usual, salt: 1).Opening;

        Should.Throw<ArgumentException>(() => pen.Fold([pen.Opening, stray]));
    }

    [Fact]
    public void A_dossier_of_which_nothing_is_held_stands_nowhere()
    {
        var nothing = Pen.Open(Pair.Usual).Fold([]);

        nothing.State.ShouldBeNull();
        nothing.Entries.ShouldBeEmpty();
        nothing.Waiting.ShouldBeEmpty();
        nothing.Withdrawals.ShouldBeEmpty();
    }
}
