using Coordination.Domain.Dossiers;

namespace Coordination.Domain.Tests.Dossiers;

/// <summary>A withdrawal stops release, pull and onward use before the fold sees it.</summary>
public sealed class WithdrawalTests
{
    static readonly NodeId S = Pair.Usual.Sender;
    static readonly NodeId R = Pair.Usual.Receiver;

    [Fact]
    public void A_withdrawal_shows_while_it_waits_behind_a_gap()
    {
        var pen = Pen.Open(Pair.Usual);
        var missing = pen.Write(R, Sample.Acknowledged);
        var withdrawal = pen.Write(R, Sample.WithdrawnAll);
        var dossier = pen.FoldWithout(missing);

        dossier.On(withdrawal).ShouldBe("waiting");
        dossier.Withdrawals.ShouldBe([withdrawal]);
    }

    [Fact]
    public void A_withdrawal_shows_while_the_opening_is_missing()
    {
        var pen = Pen.Open(Pair.Usual);
        var withdrawal = pen.Write(R, Sample.WithdrawnPart);

        pen.FoldWithout(pen.Opening).Withdrawals.ShouldBe([withdrawal]);
    }

    [Fact]
    public void A_withdrawal_shows_where_its_author_forked_the_opening()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.Write(R, Sample.Acknowledged);
        var sendersWithdrawal = pen.Write(S, Sample.WithdrawnAll);
        var receiversWithdrawal = pen.Write(R, Sample.WithdrawnAll);
        pen.WriteAfter(null, S, Sample.Cancelled, acknowledged);
        var dossier = pen.Fold();

        dossier.On(pen.Opening).ShouldBe(nameof(ReasonCode.Forked));
        dossier.Withdrawals.ShouldBe([sendersWithdrawal, receiversWithdrawal], ignoreOrder: true);
    }

    [Fact]
    public void A_strangers_withdrawal_stops_nothing_and_waits_for_nothing()
    {
        var pen = Pen.Open(Pair.Usual);
        var missing = pen.Write(Pair.Stranger, Sample.Acknowledged);
        var withdrawal = pen.Write(Pair.Stranger, Sample.WithdrawnAll);
        var dossier = pen.FoldWithout(missing);

        dossier.On(withdrawal).ShouldBe(nameof(ReasonCode.ForeignAuthor));
        dossier.Waiting.ShouldBeEmpty();
        dossier.Withdrawals.ShouldBeEmpty();
    }

    [Fact]
    public void A_withdrawal_under_a_revoked_key_stops_nothing_not_even_while_it_waits()
    {
        var pen = Pen.Open(Pair.Usual);
        var missing = pen.Write(R, Sample.Acknowledged);
        var withdrawal = pen.Write(R, Sample.WithdrawnAll);

        pen.Fold([pen.Opening, withdrawal], withdrawal.Hash).Withdrawals.ShouldBeEmpty();
        pen.Fold([pen.Opening, missing, withdrawal], withdrawal.Hash).Withdrawals.ShouldBeEmpty();
    }

    [Fact]
    public void A_withdrawal_under_a_revoked_key_stops_nothing_while_the_opening_is_missing()
    {
        var pen = Pen.Open(Pair.Usual);
        var withdrawal = pen.Write(R, Sample.WithdrawnAll);

        pen.Fold([withdrawal], withdrawal.Hash).Withdrawals.ShouldBeEmpty();
        pen.Fold([withdrawal]).Withdrawals.ShouldBe([withdrawal]);
    }

    [Fact]
    public void What_is_no_withdrawal_does_not_show_as_one()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.Write(R, Sample.Acknowledged);
        pen.Write(R, Sample.Declined);

        pen.FoldWithout(acknowledged).Withdrawals.ShouldBeEmpty();
        pen.Fold().Withdrawals.ShouldBeEmpty();
    }
}
