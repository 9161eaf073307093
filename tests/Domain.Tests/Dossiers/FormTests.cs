using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Dossiers;

/// <summary>What makes an entry void wherever it stands.</summary>
public sealed class FormTests
{
    const string WrongForm = nameof(ReasonCode.WrongForm);

    static readonly NodeId S = Pair.Usual.Sender;
    static readonly NodeId R = Pair.Usual.Receiver;

    [Fact]
    public void A_stranger_changes_nothing()
    {
        var pen = Pen.Open(Pair.Usual);
        var foreign = new[] { Sample.Acknowledged, Sample.WithdrawnAll, Sample.Cancelled, Sample.NotUnderstood }.Select(body => pen.Write(Pair.Stranger, body)).ToList();
        var acknowledged = pen.WriteUnseeing(R, Sample.Acknowledged);
        var dossier = pen.Fold();

        foreign.ShouldAllBe(entry => dossier.On(entry) == nameof(ReasonCode.ForeignAuthor));
        dossier.On(acknowledged).ShouldBe("applied");
        dossier.State!.State.ShouldBe(ReferralState.Received);
        dossier.UpgradeNeeded.ShouldBeFalse();
        dossier.Withdrawals.ShouldBeEmpty();
        dossier.Heads.ShouldBe([Pen.HeadOf(acknowledged), Pen.HeadOf(pen.Opening)]);
    }

    [Fact]
    public void A_dossier_is_opened_once()
    {
        ShouldBeVoid(pen => pen.Write(S, Sample.Opened(Pair.Usual)) with { Opening = pen.Opening.Opening });
        ShouldBeVoid(pen => pen.Write(R, Sample.Acknowledged) with { Opening = pen.Opening.Opening });
    }

    [Fact]
    public void An_entry_continues_its_authors_chain()
    {
        ShouldBeVoid(pen => pen.Write(R, Sample.Acknowledged) with { Seq = 2 });
        ShouldBeVoid(pen => pen.Write(R, Sample.Acknowledged) with { Previous = pen.Opening.Hash });
        ShouldBeVoid(pen => pen.Write(R, Sample.Acknowledged) with { Previous = pen.Opening.Hash, Seq = 2 });
        ShouldBeVoid(pen => pen.Write(S, Sample.Cancelled) with { Seq = 3 });
        ShouldBeVoid(pen => pen.Write(S, Sample.Cancelled) with { Previous = null });
        ShouldBeVoid(pen => pen.WriteAfter(pen.Write(R, Sample.WithdrawnPart), R, Sample.Acknowledged, pen.Opening) with { Seq = 3 });
    }

    [Fact]
    public void An_entry_descends_from_the_opening()
    {
        ShouldBeVoid(pen => pen.WriteAfter(null, R, Sample.Acknowledged));
        ShouldBeVoid(pen => pen.WriteAfter(pen.WriteAfter(null, R, Sample.Declined), R, Sample.Acknowledged));
        ShouldBeVoid(pen => pen.WriteAfter(null, R, Sample.Acknowledged, pen.WriteAfter(null, Pair.Stranger, Sample.Declined)));
    }

    [Fact]
    public void An_entry_names_each_other_chain_once_and_its_own_never()
    {
        ShouldBeVoid(pen => pen.WriteAfter(null, R, Sample.Acknowledged, pen.Opening, pen.Opening));
        ShouldBeVoid(pen => pen.WriteAfter(null, R, Sample.Acknowledged, pen.Write(S, Sample.WithdrawnPart), pen.Opening));
        ShouldBeVoid(pen => pen.WriteAfter(pen.Opening, S, Sample.Cancelled, pen.Opening));
        ShouldBeVoid(pen => pen.Write(R, Sample.WithdrawnPart) is var first ? pen.WriteAfter(first, R, Sample.Acknowledged, pen.Opening, first) : first);
    }

    [Fact]
    public void A_head_is_where_the_entry_says()
    {
        ShouldBeVoid(pen => pen.Write(R, Sample.Acknowledged) with { Seen = [new Head(S, 2, pen.Opening.Hash)] });
        ShouldBeVoid(pen => pen.Write(R, Sample.Acknowledged) with { Seen = [Pen.HeadOf(pen.Opening), new Head(Pair.Stranger, 1, pen.Opening.Hash)] });
        ShouldBeVoid(pen =>
        {
            var foreign = pen.Write(Pair.Stranger, Sample.Cancelled);
            return pen.Write(R, Sample.Acknowledged) with { Seen = [new Head(S, 1, foreign.Hash)] };
        });
    }

    [Fact]
    public void What_was_seen_is_not_unseen()
    {
        ShouldBeVoid(pen =>
        {
            pen.Write(S, Sample.WithdrawnPart);
            return pen.WriteAfter(pen.Write(R, Sample.WithdrawnPart), R, Sample.Acknowledged, pen.Opening);
        });
        ShouldBeVoid(pen =>
        {
            pen.Write(Pair.Stranger, Sample.Cancelled);
            return pen.WriteAfter(pen.Write(R, Sample.WithdrawnPart), R, Sample.Acknowledged, pen.Opening);
        });
        ShouldBeVoid(pen =>
        {
            pen.Write(R, Sample.WithdrawnPart);
            return pen.WriteAfter(pen.Write(S, Sample.WithdrawnPart), S, Sample.Cancelled);
        });
    }

    [Fact]
    public void A_statement_of_the_wrong_shape_is_void_for_its_own_reason()
    {
        var pen = Pen.Open(Pair.Usual);
        var misshapen = pen.Write(R, new Misshapen("declined.reason is missing."));
        var acknowledged = pen.Write(R, Sample.Acknowledged);
        var dossier = pen.Fold();

        dossier.VerdictOn(misshapen.Hash).ShouldBe(new Verdict.Void(new Reason(ReasonCode.WrongForm, "declined.reason is missing.")));
        dossier.On(acknowledged).ShouldBe("applied");
    }

    [Fact]
    public void A_withdrawal_of_the_wrong_form_is_void_too()
    {
        var pen = Pen.Open(Pair.Usual);
        var withdrawal = pen.Keep(pen.OpeningEntry(R, Sample.WithdrawnAll, pen.Opening.Opening!) with { Dossier = pen.Id, Seen = [Pen.HeadOf(pen.Opening)] });
        var dossier = pen.Fold();

        dossier.On(withdrawal).ShouldBe(WrongForm);
        dossier.Withdrawals.ShouldBeEmpty();
        dossier.State!.State.ShouldBe(ReferralState.Sent);
    }

    [Fact]
    public void An_opening_is_the_first_entry_of_the_first_writer_and_has_seen_nothing()
    {
        OpenedBy(opening => opening).ShouldBe("applied");
        OpenedBy(opening => opening with { Seq = 2 }).ShouldBe(WrongForm);
        OpenedBy(opening => opening with { Previous = new Pen(salt: 1).NextHash() }).ShouldBe(WrongForm);
        OpenedBy(opening => opening with { Seen = [new Head(R, 1, new Pen(salt: 1).NextHash())] }).ShouldBe(WrongForm);
        OpenedBy(opening => opening with { Author = R }).ShouldBe(WrongForm);
        OpenedBy(opening => opening with { Author = Pair.Stranger }).ShouldBe(nameof(ReasonCode.ForeignAuthor));
        OpenedBy(opening => opening with { Body = new Misshapen("opened.reply_by is missing.") }).ShouldBe(WrongForm);

        static string OpenedBy(Func<Entry, Entry> alter)
        {
            var pen = new Pen();
            var opening = pen.Keep(alter(Pen.Open(Pair.Usual).Opening));
            var dossier = pen.Fold();
            (dossier.State is null).ShouldBe(dossier.On(opening) is not "applied");
            return dossier.On(opening);
        }
    }

    [Fact]
    public void An_entry_that_opens_nothing_cannot_be_the_opening()
    {
        var pen = new Pen();
        var opening = pen.Keep(Pen.Open(Pair.Usual).Opening with { Opening = null });

        pen.Fold().Waiting.ShouldBe([opening]);
    }

    /// <summary>In place of the last entry that the pen wrote, the altered one is void, moves nothing and is kept.</summary>
    static void ShouldBeVoid(Func<Pen, Entry> alter)
    {
        var pen = Pen.Open(Pair.Usual);
        var altered = alter(pen);
        var dossier = pen.Fold([.. pen.Written.Where(entry => entry.Hash != altered.Hash), altered]);

        var voided = dossier.VerdictOn(altered.Hash).ShouldBeOfType<Verdict.Void>();
        voided.Reason.Code.ShouldBe(ReasonCode.WrongForm, voided.Reason.Text);
        voided.Reason.Text.ShouldEndWith(".");
        dossier.State!.State.ShouldBe(ReferralState.Sent);
    }
}
