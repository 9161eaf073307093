using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Dossiers;

/// <summary>A compromised key is revoked with the heads up to which its chains stand.</summary>
public sealed class StandingTests
{
    const string KeyRevoked = nameof(ReasonCode.KeyRevoked);

    static readonly NodeId S = Pair.Usual.Sender;
    static readonly NodeId R = Pair.Usual.Receiver;

    [Fact]
    public void What_the_key_signed_up_to_the_head_stands_and_beyond_it_is_void()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.Write(R, Sample.Acknowledged);
        var takenUp = pen.Write(R, Sample.TakenUp);
        var declined = pen.Write(R, Sample.Declined);
        var dossier = FoldRevoked(pen, R, standing: takenUp);

        new[] { acknowledged, takenUp, declined }.Select(dossier.On).ShouldBe(["applied", "applied", KeyRevoked]);
        dossier.State!.State.ShouldBe(ReferralState.TakenUp);
    }

    [Fact]
    public void Where_no_head_stands_all_that_the_key_signed_is_void()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.Write(R, Sample.Acknowledged);
        var withdrawal = pen.Write(R, Sample.WithdrawnAll);
        var dossier = FoldRevoked(pen, R, standing: null);

        dossier.On(acknowledged).ShouldBe(KeyRevoked);
        dossier.On(withdrawal).ShouldBe(KeyRevoked);
        dossier.State!.State.ShouldBe(ReferralState.Sent);
    }

    [Fact]
    public void An_opening_beyond_revocation_opens_nothing()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.Write(R, Sample.Acknowledged);
        var dossier = FoldRevoked(pen, S, standing: null);

        dossier.State.ShouldBeNull();
        dossier.On(pen.Opening).ShouldBe(KeyRevoked);
        dossier.On(acknowledged).ShouldBe(nameof(ReasonCode.OpeningVoid));
    }

    [Fact]
    public void A_thief_cannot_fork_the_owners_chain()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.Write(R, Sample.Acknowledged);
        var owners = pen.Write(R, Sample.TakenUp);
        var thiefs = pen.WriteAfter(acknowledged, R, Sample.Declined, pen.Opening);
        var later = pen.WriteAfter(thiefs, R, Sample.Declined, pen.Opening);
        var dossier = FoldRevoked(pen, R, standing: owners);

        new[] { owners, thiefs, later }.Select(dossier.On).ShouldBe(["applied", KeyRevoked, KeyRevoked]);
        dossier.State!.State.ShouldBe(ReferralState.TakenUp);
    }

    [Fact]
    public void A_head_that_another_author_wrote_makes_nothing_stand()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.Write(R, Sample.Acknowledged);
        var seeing = pen.Write(S, Sample.WithdrawnPart);

        var claiming = pen.Write(S, Sample.WithdrawnPart) with { Previous = acknowledged.Hash };

        Standing.Beyond([acknowledged, seeing], [(acknowledged, seeing.Hash)]).ShouldBe([acknowledged.Hash]);
        Standing.Beyond([acknowledged, claiming], [(acknowledged, claiming.Hash)]).ShouldBe([acknowledged.Hash]);
    }

    [Fact]
    public void What_a_new_key_signs_stands_on_either_end()
    {
        var pen = Pen.Open(Pair.Usual);
        var acknowledged = pen.Write(R, Sample.Acknowledged);
        var thiefs = pen.Write(R, Sample.Declined);
        var beyond = Standing.Beyond([acknowledged, thiefs], [(acknowledged, acknowledged.Hash), (thiefs, acknowledged.Hash)]);
        beyond.ShouldBe([thiefs.Hash]);

        var fromStanding = pen.WriteAfter(acknowledged, R, Sample.TakenUp, pen.Opening);
        pen.Fold([pen.Opening, acknowledged, thiefs, fromStanding], [.. beyond]).On(fromStanding).ShouldBe("applied");

        var fromThiefs = pen.WriteAfter(thiefs, R, Sample.TakenUp, pen.Opening);
        pen.Fold([pen.Opening, acknowledged, thiefs, fromThiefs], [.. beyond]).On(fromThiefs).ShouldBe("applied");
    }

    static Dossier<Referral> FoldRevoked(Pen pen, NodeId author, Entry? standing)
    {
        var beyond = Standing.Beyond(pen.Written, pen.Written.Where(entry => entry.By(author)).Select(entry => (entry, standing?.Hash)));
        return pen.Fold(pen.Written, [.. beyond]);
    }
}
