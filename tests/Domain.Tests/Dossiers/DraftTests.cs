using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Dossiers;

/// <summary>What a node would write next.</summary>
public sealed class DraftTests
{
    static readonly NodeId S = Pair.Usual.Sender;
    static readonly NodeId R = Pair.Usual.Receiver;

    [Fact]
    public void A_draft_continues_its_authors_chain_and_has_seen_every_other_head()
    {
        var pen = Pen.Open(Pair.Usual);
        pen.Write(R, Sample.Acknowledged);
        var sent = pen.Write(S, Sample.WithdrawnPart);
        var received = pen.Write(R, Sample.TakenUp);
        var dossier = pen.Fold();

        dossier.Heads.ShouldBe([Pen.HeadOf(received), Pen.HeadOf(sent)]);
        var draft = dossier.Draft(S, new Statement(Sample.Desk, Sample.Cancelled, Sample.Today, Channel.Phone), Sample.Now);
        (draft.Dossier, draft.Author, draft.Seq, draft.Previous, draft.Opening).ShouldBe((pen.Id, S, 3, sent.Hash, null));
        draft.Seen.ShouldBe([Pen.HeadOf(received)]);
        (draft.Body, draft.Office, draft.HappenedOn, draft.Channel, draft.WrittenAt).ShouldBe((Sample.Cancelled, Sample.Desk, Sample.Today, Channel.Phone, Sample.Now));
    }

    [Fact]
    public void A_first_draft_begins_a_chain()
    {
        var pen = Pen.Open(Pair.Usual);
        var draft = Draft(pen.Fold(), R, Sample.Acknowledged);

        (draft.Seq, draft.Previous).ShouldBe((1, null));
        draft.Seen.ShouldBe([Pen.HeadOf(pen.Opening)]);
    }

    [Fact]
    public void A_draft_descends_from_nothing_that_waits()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.Write(R, Sample.Acknowledged);
        var missing = pen.Write(R, Sample.TakenUp);
        pen.Write(R, Sample.WithdrawnPart);

        Draft(pen.FoldWithout(missing), S, Sample.Cancelled).Seen.ShouldBe([Pen.HeadOf(acknowledged)]);
    }

    [Fact]
    public void Nothing_is_drafted_without_the_opening()
    {
        var pen = Pen.Open(Pair.Usual);
        pen.Write(R, Sample.Acknowledged);

        Should.Throw<InvalidOperationException>(() => Draft(pen.FoldWithout(pen.Opening), S, Sample.Cancelled));
    }

    [Fact]
    public void A_head_that_a_thief_wrote_hides_no_entry_of_the_owner()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.Write(R, Sample.Acknowledged);
        var thiefs = pen.Write(R, Sample.WithdrawnPart);
        var latest = pen.Write(R, Sample.WithdrawnPart);
        var sent = pen.Write(S, Sample.WithdrawnPart);
        var owners = pen.WriteAfter(acknowledged, R, Sample.TakenUp, pen.Opening);
        var dossier = pen.Fold(pen.Written, thiefs.Hash, latest.Hash);

        dossier.Heads.ShouldBe([Pen.HeadOf(owners), Pen.HeadOf(sent)]);

        var cancelled = pen.Keep(Draft(dossier, S, Sample.Cancelled) with { Hash = pen.NextHash() });
        var after = pen.Fold(pen.Written, thiefs.Hash, latest.Hash);
        new[] { sent, owners, cancelled }.Select(after.On).ShouldBe(["applied", "applied", "applied"]);
        Draft(dossier, R, Sample.Declined).Previous.ShouldBe(owners.Hash);
    }

    [Fact]
    public void Under_a_new_key_an_author_uses_no_number_twice()
    {
        var pen = Pen.Open(Pair.Usual);
        pen.Write(R, Sample.Acknowledged);
        var undelivered = pen.Write(R, Sample.TakenUp);
        var last = pen.Write(R, Sample.WithdrawnPart);
        var dossier = pen.Fold(pen.Written, undelivered.Hash, last.Hash);
        Draft(dossier, S, Sample.Cancelled).Seen.ShouldBe([Pen.HeadOf(pen.Written[1])]);

        var draft = pen.Keep(Draft(dossier, R, Sample.TakenUp) with { Hash = pen.NextHash() });
        (draft.Seq, draft.Previous).ShouldBe((4, last.Hash));
        pen.Fold(pen.Written, undelivered.Hash, last.Hash).On(draft).ShouldBe("applied");

        var first = pen.Fold([pen.Opening, pen.Written[1]], pen.Written[1].Hash);
        (Draft(first, R, Sample.Acknowledged).Seq, Draft(first, R, Sample.Acknowledged).Previous).ShouldBe((2, pen.Written[1].Hash));
    }

    [Fact]
    public void An_author_does_not_write_on_from_an_entry_that_left_its_chain()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.Write(R, Sample.Acknowledged);
        var off = pen.Write(R, Sample.Neutral);
        off = pen.Alter(off, off with { Seq = 3 });
        var dossier = pen.Fold();

        dossier.On(off).ShouldBe(nameof(ReasonCode.WrongForm));
        (Draft(dossier, R, Sample.TakenUp).Seq, Draft(dossier, R, Sample.TakenUp).Previous).ShouldBe((2, acknowledged.Hash));
    }

    static Entry Draft(Dossier<Referral> dossier, NodeId author, Body body) =>
        dossier.Draft(author, new Statement(Sample.Desk, body, Sample.Today, Channel.Node), Sample.Now);
}
