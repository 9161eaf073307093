using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Dossiers;

/// <summary>What only a newer program understands stops a dossier.</summary>
public sealed class UpgradeTests
{
    const string UpgradeNeeded = "upgrade needed";

    static readonly NodeId S = Pair.Usual.Sender;
    static readonly NodeId R = Pair.Usual.Receiver;

    [Fact]
    public void Nothing_after_it_is_applied_or_called_void()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.Write(R, Sample.Acknowledged);
        var stop = pen.Write(R, Sample.NotUnderstood);
        var after = new[]
        {
            pen.Write(R, Sample.TakenUp), pen.Write(S, Sample.Cancelled), pen.Write(S, Sample.TakenUp),
            pen.Write(R, Sample.Acknowledged), pen.Write(R, new Misshapen("It states nothing.")), pen.Write(S, Sample.NotUnderstood),
        };
        var dossier = pen.Fold();

        dossier.UpgradeNeeded.ShouldBeTrue();
        dossier.On(acknowledged).ShouldBe("applied");
        dossier.On(stop).ShouldBe(UpgradeNeeded);
        after.ShouldAllBe(entry => dossier.On(entry) == UpgradeNeeded);
        dossier.State!.State.ShouldBe(ReferralState.Received);
    }

    [Fact]
    public void Nothing_that_crossed_it_is_applied_or_called_void()
    {
        foreach (var pair in Pair.All)
        {
            foreach (var crossing in new[] { Sample.Acknowledged, Sample.Declined, Sample.TakenUp, Sample.Cancelled, new Misshapen("It states nothing.") })
            {
                foreach (var (stopper, other) in new[] { (pair.Sender, pair.Receiver), (pair.Receiver, pair.Sender) })
                {
                    var pen = Pen.Open(pair);
                    pen.WriteUnseeing(stopper, Sample.NotUnderstood);
                    var crossed = pen.WriteUnseeing(other, crossing);

                    pen.Fold().On(crossed).ShouldBe(UpgradeNeeded, $"{pair}: {crossing.Name} of {other}");
                }
            }
        }
    }

    [Fact]
    public void No_upgrade_stop_suspends_a_withdrawal()
    {
        var pen = Pen.Open(Pair.Usual);
        pen.Write(R, Sample.NotUnderstood);
        var crossing = pen.WriteUnseeing(S, Sample.WithdrawnPart);
        var after = pen.Write(R, Sample.WithdrawnAll);
        var dossier = pen.Fold();

        dossier.UpgradeNeeded.ShouldBeTrue();
        dossier.On(crossing).ShouldBe("applied");
        dossier.On(after).ShouldBe("applied");
        dossier.State!.State.ShouldBe(ReferralState.Withdrawn);
    }

    [Fact]
    public void An_opening_that_is_not_understood_stops_everything_but_shows_a_withdrawal()
    {
        var pen = Pen.Open(Pair.Usual, Sample.NotUnderstood);
        var acknowledged = pen.Write(R, Sample.Acknowledged);
        var withdrawal = pen.Write(R, Sample.WithdrawnAll);
        var dossier = pen.Fold();

        dossier.UpgradeNeeded.ShouldBeTrue();
        dossier.State.ShouldBeNull();
        new[] { pen.Opening, acknowledged, withdrawal }.ShouldAllBe(entry => dossier.On(entry) == UpgradeNeeded);
        dossier.Withdrawals.ShouldBe([withdrawal]);
    }

    [Fact]
    public void What_is_void_in_every_version_stops_nothing()
    {
        var pen = Pen.Open(Pair.Usual);
        var foreign = pen.Write(Pair.Stranger, Sample.NotUnderstood);
        var one = pen.WriteAfter(null, R, Sample.NotUnderstood, pen.Opening);
        var two = pen.WriteAfter(null, R, Sample.Acknowledged, pen.Opening);
        var cancelled = pen.WriteAfter(pen.Opening, S, Sample.Cancelled, one);
        var dossier = pen.Fold();

        dossier.UpgradeNeeded.ShouldBeFalse();
        dossier.On(foreign).ShouldBe(nameof(ReasonCode.ForeignAuthor));
        dossier.On(one).ShouldBe(nameof(ReasonCode.Forked));
        dossier.On(two).ShouldBe(nameof(ReasonCode.Forked));
        dossier.On(cancelled).ShouldBe("applied");
    }

    [Fact]
    public void What_is_void_in_every_version_is_void_behind_the_stop_too()
    {
        var pen = Pen.Open(Pair.Usual);
        var stop = pen.Write(S, Sample.NotUnderstood);
        var foreign = pen.Write(Pair.Stranger, Sample.Acknowledged);
        var one = pen.WriteAfter(null, R, Sample.Acknowledged, stop);
        var two = pen.WriteAfter(null, R, Sample.Declined, stop);
        var dossier = pen.Fold();

        new[] { stop, foreign, one, two }.Select(dossier.On)
            .ShouldBe([UpgradeNeeded, nameof(ReasonCode.ForeignAuthor), nameof(ReasonCode.Forked), nameof(ReasonCode.Forked)]);
    }
}
