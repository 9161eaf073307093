using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Referrals;

/// <summary><c>outcomes.tsv</c> says from where a referral can end how, and what must have been.</summary>
public sealed class OutcomeTests
{
    static readonly ReferralState[] States = [.. Tables.Head("outcomes.tsv").Skip(1).SkipLast(1).Select(Enum.Parse<ReferralState>)];

    [Fact]
    public void Every_outcome_stands_in_the_table_for_every_open_state()
    {
        Tables.Rows("outcomes.tsv").Select(row => Enum.Parse<ReferralOutcome>(row[0])).Distinct().ShouldBe(Enum.GetValues<ReferralOutcome>(), ignoreOrder: true);
        States.ShouldBe(Enum.GetValues<ReferralState>().Where(state => state <= ReferralState.InReintegration));
    }

    [Fact]
    public void A_referral_ends_only_as_the_table_says()
    {
        foreach (var row in Tables.Rows("outcomes.tsv"))
        {
            foreach (var (i, state) in States.Index())
            {
                foreach (var pair in Pair.All)
                {
                    var referral = With(row[^1], Standing.In(state, pair, pair.Sender, "Completed(Returned)"), pair);
                    var outcome = referral.Next(Standing.Says(pair, pair.Sender, $"Completed({row[0]})"));
                    (outcome is Applied<Referral>).ShouldBe(row[i + 1] is "yes", $"{row[0]} from {state} with {row[^1]}: {outcome.Word()}");
                    if (outcome is Applied<Referral> { State: var ended })
                        (ended.State, ended.Outcome).ShouldBe((ReferralState.Completed, Enum.Parse<ReferralOutcome>(row[0])));
                }
            }
        }
    }

    static Referral With(string facts, Referral referral, Pair pair)
    {
        var bare = referral with { IsTraced = false, HasAppeared = false, Doubts = default, Journeys = facts is "return" ? referral.Journeys : default };
        return facts switch
        {
            "tracing" => bare with { IsTraced = true },
            "appearance" => bare with { HasAppeared = true },
            "contact ended" => Doubting([], retracted: false),
            "contact ended, one stands" => Doubting([pair.Host], retracted: false),
            "contact ended, both stand" => Doubting([pair.Host, pair.Origin], retracted: false),
            "contact ended, one retracted" => Doubting([pair.Host], retracted: true),
            _ => bare,
        };

        Referral Doubting(NodeId[] stands, bool retracted) => bare with
        {
            Doubts = [new Doubt(DoubtKind.ContactEnded, EntryHash.Of([]), NodeId.Parse("TH"), 1, default, new ValueSet<NodeId>(stands), retracted)],
        };
    }
}
