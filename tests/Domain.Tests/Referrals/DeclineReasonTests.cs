using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Referrals;

/// <summary><c>decline-reasons.tsv</c> says which reason is open to which type of referral.</summary>
public sealed class DeclineReasonTests
{
    static readonly IReadOnlyList<ReferralType> Types = [.. Tables.Head("decline-reasons.tsv").Skip(1).Select(Enum.Parse<ReferralType>)];

    static readonly IReadOnlyList<string[]> Rows = Tables.Rows("decline-reasons.tsv");

    [Fact]
    public void Every_reason_and_type_stands_in_the_table_once()
    {
        Types.ShouldBe(Enum.GetValues<ReferralType>(), ignoreOrder: true);
        Rows.Select(row => Enum.Parse<DeclineReason>(row[0])).ShouldBe(Enum.GetValues<DeclineReason>(), ignoreOrder: true);
        Rows.ShouldAllBe(row => row.Length == Types.Count + 1);
    }

    [Fact]
    public void A_referral_is_declined_only_for_a_reason_that_its_type_allows()
    {
        foreach (var row in Rows)
        {
            for (var i = 0; i < Types.Count; i++)
            {
                var pair = Pair.Usual with { Type = Types[i] };
                var pen = Pen.Open(pair);
                var declined = pen.Write(pair.Receiver, new Declined(Enum.Parse<DeclineReason>(row[0])));
                var dossier = pen.Fold();

                var (verdict, state) = row[i + 1] is "yes" ? ("applied", ReferralState.Declined) : (nameof(ReasonCode.CodeNotAllowed), ReferralState.Sent);
                dossier.On(declined).ShouldBe(verdict, $"{row[0]} for {pair.Type}");
                dossier.State!.State.ShouldBe(state);
            }
        }
    }

    [Fact]
    public void A_reason_that_is_not_allowed_leaves_a_referral_where_it_stands()
    {
        var pair = Pair.Usual;
        var pen = Pen.Open(pair);
        pen.Write(pair.Receiver, Sample.Acknowledged);
        pen.Write(pair.Receiver, new Declined(DeclineReason.NoCapacity));
        var takenUp = pen.Write(pair.Receiver, Sample.TakenUp);

        pen.Fold().On(takenUp).ShouldBe("applied");
    }
}
