using Coordination.Domain.Dossiers;

namespace Coordination.Domain.Tests.Dossiers;

/// <summary>Who leaves out of <c>seen</c> what it had receipted is flagged.</summary>
public sealed class CandourTests
{
    static readonly NodeId S = Pair.Usual.Sender;
    static readonly NodeId R = Pair.Usual.Receiver;

    [Fact]
    public void An_entry_that_leaves_out_what_its_author_had_receipted_is_flagged()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.Write(R, Sample.Acknowledged);
        var cancelled = pen.Write(S, Sample.Cancelled);
        var takenUp = pen.Keep(pen.WriteUnseeing(R, Sample.TakenUp) with { WrittenAt = Sample.Now.AddMinutes(10) });
        Flagged(pen, By(R, cancelled, Sample.Now.AddMinutes(5))).ShouldBe([takenUp.Hash]);
        // The opening was seen, and what the author itself did not write there is nobody's fault.
        Flagged(pen, By(R, pen.Opening, Sample.Now), By(S, acknowledged, Sample.Now)).ShouldBeEmpty();
    }

    [Fact]
    public void What_was_seen_or_crossed_is_not_flagged()
    {
        var pen = Pen.Open(Pair.Usual);
        pen.Write(R, Sample.Acknowledged);
        var cancelled = pen.Write(S, Sample.Cancelled);
        pen.Keep(pen.WriteUnseeing(R, Sample.TakenUp) with { WrittenAt = Sample.Now.AddMinutes(10) });
        // Receipted after it was written, or so shortly before that the replicas' clocks may differ.
        Flagged(pen, By(R, cancelled, Sample.Now.AddMinutes(11))).ShouldBeEmpty();
        Flagged(pen, By(R, cancelled, Sample.Now.AddMinutes(10) - Candour.Margin)).ShouldBeEmpty();
        pen.Keep(pen.Write(R, Sample.Declined) with { WrittenAt = Sample.Now.AddMinutes(20) });
        Flagged(pen, By(R, cancelled, Sample.Now.AddMinutes(12))).ShouldBeEmpty();
    }

    [Fact]
    public void A_date_that_jumps_back_hides_nothing()
    {
        var pen = Pen.Open(Pair.Usual);
        pen.Keep(pen.Write(R, Sample.Acknowledged) with { WrittenAt = Sample.Now.AddMinutes(10) });
        var cancelled = pen.Write(S, Sample.Cancelled);
        var takenUp = pen.Keep(pen.WriteUnseeing(R, Sample.TakenUp) with { WrittenAt = Sample.Now.AddDays(-1) });
        var flagged = Flagged(pen, By(R, cancelled, Sample.Now.AddMinutes(5)));
        flagged.ShouldContain(takenUp.Hash);
    }

    [Fact]
    public void Nobody_has_to_have_seen_what_lies_beyond_revocation()
    {
        var pen = Pen.Open(Pair.Usual);
        pen.Write(R, Sample.Acknowledged);
        var cancelled = pen.Write(S, Sample.Cancelled);
        pen.Keep(pen.WriteUnseeing(R, Sample.TakenUp) with { WrittenAt = Sample.Now.AddMinutes(10) });
        Candour.LeavingOut(Held(pen), [By(R, cancelled, Sample.Now)], new HashSet<EntryHash> { cancelled.Hash }).ShouldBeEmpty();
    }

    static IEnumerable<EntryHash> Flagged(Pen pen, params Receipted[] receipts) => Candour.LeavingOut(Held(pen), receipts, new HashSet<EntryHash>());

    /// <summary>Of an entry that was altered, the last form alone.</summary>
    static List<Entry> Held(Pen pen) => [.. pen.Written.GroupBy(entry => entry.Hash).Select(forms => forms.Last())];

    static Receipted By(NodeId holder, Entry upTo, DateTimeOffset at) => new(holder, upTo.Author, upTo.Seq, upTo.Hash, at);
}
