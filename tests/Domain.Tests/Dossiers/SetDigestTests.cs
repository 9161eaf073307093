using Coordination.Domain.Dossiers;

namespace Coordination.Domain.Tests.Dossiers;

/// <summary>One digest for what is held.</summary>
public sealed class SetDigestTests
{
    static readonly NodeId S = Pair.Usual.Sender;
    static readonly NodeId R = Pair.Usual.Receiver;

    [Fact]
    public void Every_set_of_entries_has_a_digest_of_its_own_in_whatever_order_they_came()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.Write(R, Sample.Acknowledged);
        pen.Write(R, Sample.TakenUp);
        pen.WriteAfter(acknowledged, R, Sample.Declined, pen.Opening);
        pen.Write(S, Sample.Cancelled);

        // Every subset: with gaps, with one side of a fork or both.
        var digests = new HashSet<SetDigest>();
        for (var subset = 0; subset < 1 << pen.Written.Count; subset++)
        {
            var held = pen.Written.Where((_, place) => (subset >> place & 1) == 1).ToList();
            digests.Add(Of(pen, held)).ShouldBeTrue();
            Of(pen, held.AsEnumerable().Reverse()).ShouldBe(Of(pen, held));
        }
        Of(pen, []).ShouldBe(SetDigest.OfNothing);
    }

    [Fact]
    public void What_a_stranger_wrote_makes_no_difference()
    {
        var pen = Pen.Open(Pair.Usual);
        var before = Of(pen, pen.Written);
        pen.WriteAfter(null, NodeId.Parse("CN"), Sample.Acknowledged, pen.Opening);
        Of(pen, pen.Written).ShouldBe(before);
    }

    static SetDigest Of(Pen pen, IEnumerable<Entry> held) => SetDigest.Of(pen.Opening.Opening!, held);
}
