using System.Collections.Immutable;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Referrals;

/// <summary>Ours against the model of the order and of the return phase that the design was made with: another program, in another language.</summary>
/// <remarks>
/// <c>order-model.tsv</c> is printed by that model, <c>order-model.py</c>, beside which it is made anew by
/// <code>
/// python3 -B - > order-model.tsv &lt;&lt;'P'
/// import importlib
/// m, nothing = importlib.import_module("order-model"), ("ProceedingsNoted", None)
/// name = lambda said: said[0] if said[1] in (None, False) else f"{said[0]}({said[1]})"
/// print("before", "H writes", "O writes", "then", "H's is", "O's is", sep="\t")
/// for before, way in m.BEFORE.items():
///     for h in m.BY_H:
///         for o in m.BY_O:
///             if "void" not in (m.crossing(way, h, nothing)[1], m.crossing(way, nothing, o)[2]):
///                 print(before, name(h), name(o), *m.crossing(way, h, o), sep="\t")
/// P
/// </code>
/// The model knows no country of stay: it lets both countries complete a referral and tell of reintegration. So ours is opened
/// where both may: for Reintegration after a return, whose sender is the host and whose country of stay is the origin.
/// </remarks>
public sealed class ModelTests
{
    static readonly Pair[] Pairs =
        [Pair.Of("TH", "LA", ReferralType.Reintegration), Pair.Of("LA", "TH", ReferralType.Reintegration), Pair.Of("MM", "CN", ReferralType.Reintegration)];

    static readonly ImmutableArray<Crossing> Crossings =
        [.. Tables.Rows("order-model.tsv").Select(cells => new Crossing(cells[0], cells[1], cells[2], Enum.Parse<ReferralState>(cells[3]), cells[4], cells[5]))];

    [Fact]
    public void The_model_names_386_crossings() => Crossings.Length.ShouldBe(386);

    [Fact]
    public void Every_crossing_of_the_model_ends_as_the_model_says()
    {
        var differences =
            from crossing in Crossings
            from pair in Pairs
            from pads in new[] { (0, 0), (3, 0), (0, 3), (2, 1) }
            let ours = Cross(pair, crossing, pads)
            where ours != Allowed(crossing)
            select $"{crossing}, but ours is {ours.Then}, {ours.HostsIs}, {ours.OriginsIs}";

        differences.Distinct().ShouldBeEmpty();
    }

    [Fact]
    public void Eleven_crossings_end_otherwise_for_two_reasons() => Crossings.Count(crossing => Allowed(crossing) != crossing).ShouldBe(11);

    /// <summary>Where the protocol says more than the model knows.</summary>
    static Crossing Allowed(Crossing model) => model switch
    {
        // A journey that gives Assessed puts the person back in the host country: support no longer begins in the country of origin.
        { Hosts: "DidNotTravel", Origins: "ReintegrationStarted", OriginsIs: "applied" } => model with { Then = ReferralState.Assessed, OriginsIs = "recorded" },
        // The model takes a wish in every state; the row of WishRecorded is for the open ones.
        { Hosts: "WishRecorded", Origins: "ConsentWithdrawn" } => model with { HostsIs = "recorded" },
        _ => model,
    };

    static Crossing Cross(Pair pair, Crossing crossing, (int Host, int Origin) pads)
    {
        var pen = Pen.Open(pair, Sample.Opened(pair) with { AfterReturn = true }, salt: pads.Host);
        pen.Write(pair.Receiver, Sample.Acknowledged);
        pen.Write(pair.Receiver, Sample.TakenUp);
        pen.Write(pair.Origin, Sample.MayReturn);
        pen.Write(pair.Host, Sample.WishesReturn);
        Entry? plan = null;
        foreach (var (byHost, said) in Before(crossing.Before))
        {
            var entry = pen.Write(byHost ? pair.Host : pair.Origin, Said(said, plan), written => written with { Answers = said is "ReturnAgreed" ? plan!.Hash : null });
            if (said is "ReturnPlanned") plan = entry;
        }
        // Both have seen all that.
        pen.Write(pair.Host, Sample.Neutral);
        pen.Write(pair.Origin, Sample.Neutral);
        for (var i = 0; i < pads.Host; i++) pen.WriteUnseeing(pair.Host, Sample.Neutral);
        for (var i = 0; i < pads.Origin; i++) pen.WriteUnseeing(pair.Origin, Sample.Neutral);

        var hosts = Write(pair.Host, crossing.Hosts, Sample.SecondPlan);
        var origins = Write(pair.Origin, crossing.Origins, new Token(3));
        var dossier = pen.Fold();
        return crossing with { Then = dossier.State!.State, HostsIs = Word(hosts), OriginsIs = Word(origins) };

        Entry Write(NodeId author, string said, Token token) =>
            pen.WriteUnseeing(author, Said(said, plan, token), said is "ReturnAgreed" ? plan!.Hash : null);

        string Word(Entry entry) => dossier.VerdictOn(entry.Hash) switch { Verdict.Applied => "applied", Verdict.Recorded => "recorded", _ => "void" };
    }

    static ImmutableArray<(bool ByHost, string Said)> Before(string name)
    {
        ImmutableArray<(bool, string)> agreed = [(true, "ReturnPlanned"), (false, "ReturnAgreed")];
        return name switch
        {
            "Assessed" => [],
            "planned by H" => [(true, "ReturnPlanned")],
            "planned by O" => [(false, "ReturnPlanned")],
            "agreed" => agreed,
            "on the road" => [.. agreed, (true, "Accompanied")],
            "returned" => [.. agreed, (true, "Accompanied"), (false, "Met")],
            _ => throw new FormatException(name),
        };
    }

    static Body Said(string said, Entry? plan, Token? token = null)
    {
        var known = (plan?.Body as ReturnPlanned)?.Plan;
        return said switch
        {
            "ReturnPlanned" => Sample.Planned(token ?? Sample.Plan, replaces: known),
            "ReturnAgreed" => new ReturnAgreed(),
            "ReturnPostponed" => new ReturnPostponed(),
            "ReturnHeld" => new ReturnHeld(Sample.Today.AddDays(30), PersonAgrees: false),
            "Cancelled" => Sample.Cancelled,
            "Declined" => Sample.Declined,
            "Accompanied" => Sample.Accompanied(known ?? Sample.Plan),
            "DidNotTravel" => Sample.DidNotTravel(known ?? Sample.Plan),
            "Met" => Sample.Met(known ?? Sample.Plan),
            "NotArrived" => Sample.NotArrived(known ?? Sample.Plan),
            "ConsentWithdrawn" => Sample.WithdrawnAll,
            "ProceedingsNoted" => Sample.Neutral,
            "WishRecorded" => Sample.WishesOther,
            "AssessmentReported" => Sample.MayNotReturn,
            "FollowUpReported" => new FollowUpReported(1, FollowUpResult.Done, NextDue: null),
            "ReintegrationStarted" => new ReintegrationStarted(),
            "Completed(StaysInHostCountry)" => new Completed(ReferralOutcome.StaysInHostCountry),
            "Completed(Returned)" => new Completed(ReferralOutcome.Returned),
            _ => throw new FormatException(said),
        };
    }

    sealed record Crossing(string Before, string Hosts, string Origins, ReferralState Then, string HostsIs, string OriginsIs);
}
