using System.Collections.Immutable;
using System.Text;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Referrals;

/// <summary>The facts in which each state stands for the table of the protocol, so that every statement shows its normal effect.</summary>
/// <remarks>
/// An adult's consent is in force and was recorded; the person wishes to return as of today, and may. The other country has asked all
/// that can be asked, released a case file and planned the return; the author, nothing. Contact ended, and both said that it stands; the
/// family was traced and the person has appeared. One contradiction is open to both. From ReturnPlanned on a plan is known, which from
/// ReturnAgreed on was agreed; then the host accompanied the person (EnRoute, and Withdrawn on the road), who did not arrive
/// (Unaccounted) or was met (Returned, InReintegration, Completed). Whoever writes has seen it all, answers what there is to answer, and
/// lapses the day after the day to reply by. The return is held only for HoldEnded. TracingAnswered is asked of a referral for
/// FamilyTracing; the others of one for Repatriation where the host sends, for LocateAndProtect where the origin does.
/// </remarks>
static class Standing
{
    static readonly EntryHash Planned = Named("planned");
    static readonly EntryHash Released = Named("released");
    static readonly EntryHash Contradiction = Named("contradiction");

    /// <summary>The pairs in which an author writes a statement of the table.</summary>
    public static IEnumerable<Pair> Pairs(string statement, Protocol.Author author) =>
        Pair.All.Where(pair => pair.IsSentByHost == author.SentByHost)
            .Select(pair => statement is "TracingAnswered" && author.SentByHost ? pair with { Type = ReferralType.FamilyTracing } : pair);

    /// <summary>The state, before the author writes the statement.</summary>
    public static Referral In(ReferralState state, Pair pair, NodeId author, string statement)
    {
        var opened = Sample.Opened(pair);
        var referral = Referral.Open(Pen.Open(pair, opened).Opening) is Applied<Referral> { State: var sent } ? sent : throw new InvalidOperationException();
        var other = referral.Parties.Other(author);
        ImmutableArray<NodeId> both = [pair.Host, pair.Origin];
        return referral with
        {
            State = state,
            Consent = state is ReferralState.Withdrawn ? null : opened.Consent,
            ConsentIsRecorded = state is not ReferralState.Withdrawn,
            Assessment = Sample.MayReturn,
            Wish = Sample.WishesReturn,
            IsTraced = true,
            HasAppeared = true,
            Questions = new([.. Enum.GetValues<QuestionKind>().Select(kind => new Question(kind, Named(kind.ToString()), other, Answer: null))]),
            Releases = new([new CaseFileRelease(Released, other, IsReceived: false, IsTakenBack: false)]),
            Doubts = new(
            [
                new Doubt(DoubtKind.Contradiction, Contradiction, pair.Host, 1, new(both), default, IsRetracted: false),
                new Doubt(DoubtKind.ContactEnded, Named("contact ended"), pair.Host, 1, default, new(both), IsRetracted: false),
            ]),
            Hold = statement is "HoldEnded" ? new(Named("held"), Sample.Today.AddDays(30), IsOver: false) : null,
            Plan = HasPlan(state) ? new Plan(Sample.Plan, Planned, other, Sample.Today.AddDays(14), Sample.Now.AddDays(14), Sample.Bridge) : null,
            Journeys = HasPlan(state) ? new([JourneyIn(state, pair)]) : default,
            Stay = state is ReferralState.Returned or ReferralState.InReintegration or ReferralState.Completed ? pair.Origin : pair.Host,
        };
    }

    /// <summary>The statement, by an author who has seen all that stands.</summary>
    public static Entry Says(Pair pair, NodeId author, string statement)
    {
        var pen = Pen.Open(pair);
        pen.Write(pair.Receiver, Sample.Neutral);
        return pen.Write(author, Protocol.Statements[statement](pair), entry => entry.Body switch
        {
            InformationSupplied => entry with { Answers = Named(nameof(QuestionKind.Information)) },
            OnwardAnswered => entry with { Answers = Named(nameof(QuestionKind.Onward)) },
            AppearanceAnswered => entry with { Answers = Named(nameof(QuestionKind.Appearance)) },
            CaseFileReceived => entry with { Answers = Released },
            ReturnAgreed => entry with { Answers = Planned },
            Resolved => entry with { Answers = Contradiction },
            Lapsed => entry with { HappenedOn = Sample.Opened(pair).ReplyBy.AddDays(1) },
            ContinuedOnPaper => entry with { Channel = Channel.Letter, Letter = Sample.Letter },
            _ => entry,
        });
    }

    /// <summary>What becomes of it.</summary>
    public static Outcome<Referral> Asked(ReferralState state, Pair pair, NodeId author, string statement)
    {
        var referral = In(state, pair, author, statement);
        var entry = Says(pair, author, statement);
        return referral.Next(entry with { Body = entry.Body is ReturnPlanned planned ? planned with { Replaces = referral.Plan?.Token } : entry.Body });
    }

    static bool HasPlan(ReferralState state) => state is (>= ReferralState.ReturnPlanned and <= ReferralState.InReintegration) or ReferralState.Completed or ReferralState.Withdrawn;

    static Journey JourneyIn(ReferralState state, Pair pair)
    {
        var host = new Said(JourneyWord.Accompanied, pair.Host, Seq: 1, SeenOfOther: 0);
        var origin = new Said(JourneyWord.Met, pair.Origin, Seq: 1, SeenOfOther: 1);
        return state switch
        {
            ReferralState.ReturnPlanned => new(Sample.Plan, PlanStanding.NotAgreed, null, null),
            ReferralState.ReturnAgreed => new(Sample.Plan, PlanStanding.Agreed, null, null),
            ReferralState.EnRoute or ReferralState.Withdrawn => new(Sample.Plan, PlanStanding.Agreed, host, null),
            ReferralState.Unaccounted => new(Sample.Plan, PlanStanding.Agreed, host, origin with { Word = JourneyWord.NotArrived }),
            ReferralState.Completed => new(Sample.Plan, PlanStanding.Ended, host, origin),
            _ => new(Sample.Plan, PlanStanding.Agreed, host, origin),
        };
    }

    static EntryHash Named(string name) => EntryHash.Of(Encoding.ASCII.GetBytes(name));
}
