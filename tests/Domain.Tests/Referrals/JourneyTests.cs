using System.Collections.Immutable;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Referrals;

/// <summary><c>journey.tsv</c> is the protocol's table of the journey, with FoundSafe in either country and who of the two knew of the other's last word.</summary>
public sealed class JourneyTests
{
    static readonly ImmutableArray<JourneyWord?> Hosts = [null, JourneyWord.Accompanied, JourneyWord.DidNotTravel, JourneyWord.FoundInHost, JourneyWord.FoundInOrigin];

    static readonly ImmutableArray<JourneyWord?> Origins = [null, JourneyWord.Met, JourneyWord.NotArrived, JourneyWord.FoundInHost, JourneyWord.FoundInOrigin];

    static readonly ImmutableArray<string> Knowing = ["host", "origin", "neither"];

    static readonly ImmutableArray<bool> Either = [true, false];

    static readonly ImmutableDictionary<(JourneyWord? Host, JourneyWord? Origin, string Knew), (ReferralState State, bool IsContradiction)> Table =
        (from row in Tables.Rows("journey.tsv")
         from knew in row[2] is "any" ? Knowing : [row[2]]
         select ((Word(row[0]), Word(row[1]), knew), (Enum.Parse<ReferralState>(row[3]), row[4] is "yes"))).ToImmutableDictionary(row => row.Item1, row => row.Item2);

    /// <summary>It decides who may record consent and complete, and so must not hang on what else was written, or where.</summary>
    [Fact]
    public void The_country_of_stay_is_what_the_two_last_words_say_whatever_else_was_written_beside_them()
    {
        foreach (var isHeld in new[] { false, true })
        {
            var scene = Scene.At(ReferralState.ReturnAgreed, Pair.Usual, new());
            scene.Meet();
            if (isHeld) foreach (var statement in (string[])["ReturnHeld", "HoldEnded"]) scene.Write(Pair.Usual.Host, statement, seeing: false);
            scene.Write(Pair.Usual.Host, "DidNotTravel", seeing: false);
            scene.Write(Pair.Usual.Origin, "Met", seeing: false);
            var now = scene.Pen.Fold().State!;
            (now.State, now.Stay).ShouldBe((ReferralState.Unaccounted, Pair.Usual.Host));
        }
    }

    [Fact]
    public void Every_two_last_words_and_who_knew_stand_in_the_table_once() =>
        Table.Keys.ShouldBe(from host in Hosts from origin in Origins from knew in Knowing select (host, origin, knew), ignoreOrder: true);

    [Fact]
    public void A_journey_is_where_the_table_says()
    {
        foreach (var ((host, origin, knew), (state, contradiction)) in Table)
        {
            var (hosts, origins) = (Said(host, "TH", knew is "host" ? 1 : 0), Said(origin, "LA", knew is "origin" ? 1 : 0));
            new Journey(Sample.Plan, PlanStanding.Agreed, hosts, origins).Position.ShouldBe((state, contradiction) switch
            {
                (ReferralState.ReturnAgreed, _) => Position.Unknown,
                (ReferralState.EnRoute, _) => Position.EnRoute,
                (ReferralState.Unaccounted, false) => Position.Unaccounted,
                (ReferralState.Unaccounted, true) => Position.Contradicted,
                (ReferralState.Returned, _) => Position.InOrigin,
                _ => Position.InHost,
            }, $"{host}, {origin}, {knew}");
        }

        static Said? Said(JourneyWord? word, string author, int seen) => word is { } said ? new(said, NodeId.Parse(author), Seq: 1, seen) : null;
    }

    [Fact]
    public void The_words_of_an_agreed_journey_bring_the_referral_where_the_table_says_and_both_owe_a_word_on_a_contradiction()
    {
        foreach (var pair in Pair.All)
        {
            foreach (var ((host, origin, knew), (state, contradiction)) in Table)
            {
                var scene = Agreed(pair);
                Entry? hosts = null;
                if (host is { } h && knew is not "host") hosts = scene.Pen.WriteUnseeing(pair.Host, Body(h, pair));
                var origins = origin is { } o ? Write(scene.Pen, pair.Origin, Body(o, pair), seeing: knew is "origin") : null;
                if (host is { } after && knew is "host") hosts = scene.Pen.Write(pair.Host, Body(after, pair));

                var referral = scene.Pen.Fold().State!;
                referral.State.ShouldBe(state, $"{host}, {origin}, {knew}");
                referral.Debts.Count(debt => debt.Clock is Clock.Resolve && (debt.About == hosts?.Hash || debt.About == origins?.Hash)).ShouldBe(contradiction ? 2 : 0, $"{host}, {origin}, {knew}");
            }
        }
    }

    /// <summary>All ways in which three words can be said, each in knowledge of all before or of nothing new.</summary>
    [Fact]
    public void Only_the_last_words_and_their_descent_decide_whatever_was_said_before()
    {
        var words = (from byHost in Either
                     from word in (byHost ? Hosts : Origins).Where(word => word is not null)
                     from seeing in Either
                     select (byHost, Word: word!.Value, seeing)).ToList();
        var pairs = new[] { Pair.Of("TH", "LA"), Pair.Of("LA", "TH") };
        var turn = 0;
        foreach (var first in words)
        {
            foreach (var second in words)
            {
                foreach (var third in words)
                {
                    var pair = pairs[turn++ % 2];
                    var scene = Agreed(pair);
                    var said = new[] { first, second, third }
                        .Select(one => (one.byHost, one.Word, Entry: Write(scene.Pen, one.byHost ? pair.Host : pair.Origin, Body(one.Word, pair), one.seeing))).ToList();
                    var host = said.LastOrDefault(one => one.byHost);
                    var origin = said.LastOrDefault(one => !one.byHost);
                    var knew = host.Entry is null || origin.Entry is null ? "neither"
                        : host.Entry.DescendsFrom(pair.Origin, origin.Entry.Seq) ? "host"
                        : origin.Entry.DescendsFrom(pair.Host, host.Entry.Seq) ? "origin" : "neither";

                    var given = turn % 3 is 0 ? scene.Pen.Written.Reverse() : scene.Pen.Written;
                    scene.Pen.Fold(given).State!.State.ShouldBe(
                        Table[(host.Entry is null ? null : host.Word, origin.Entry is null ? null : origin.Word, knew)].State, $"{first}, {second}, {third}");
                }
            }
        }
    }

    [Fact]
    public void Who_was_met_without_a_word_of_the_departure_is_back_and_the_host_owes_that_word()
    {
        var scene = Agreed(Pair.Usual);
        scene.Write(Pair.Usual.Origin, "Met");
        scene.Pen.Fold().State!.Debts.Where(debt => debt.Clock is Clock.TellDeparture).ShouldHaveSingleItem().Owes.ShouldBe(Pair.Usual.Host);

        scene.Write(Pair.Usual.Host, "Accompanied");
        scene.Pen.Fold().State!.Debts.ShouldNotContain(debt => debt.Clock == Clock.TellDeparture);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("ReturnPlanned", true)]
    [InlineData("ReturnPostponed", true)]
    public void A_journey_of_a_plan_that_was_not_agreed_or_had_ended_counts_and_is_owed_a_word(string? then, bool agreedBefore)
    {
        var scene = agreedBefore ? Agreed(Pair.Usual) : Scene.At(ReferralState.ReturnPlanned, Pair.Usual, new());
        if (then is not null) scene.Write(Pair.Usual.Host, then);
        var met = scene.Pen.Write(Pair.Usual.Origin, Sample.Met(Sample.Plan));
        var dossier = scene.Pen.Fold();

        dossier.On(met).ShouldBe("recorded");
        dossier.State!.State.ShouldBe(ReferralState.Returned);
        dossier.State.Debts.Count(debt => debt.Clock is Clock.Resolve && debt.About == met.Hash).ShouldBe(2);
    }

    [Fact]
    public void The_newest_plan_of_which_anything_was_said_is_where_the_person_is()
    {
        var pair = Pair.Usual;
        var scene = Agreed(pair);
        scene.Write(pair.Host, "DidNotTravel");
        var second = scene.Pen.Write(pair.Host, Sample.Planned(Sample.SecondPlan, replaces: Sample.Plan));
        scene.Pen.Fold().On(second).ShouldBe("applied");
        scene.Pen.Answer(pair.Origin, second, new ReturnAgreed());
        scene.Pen.Write(pair.Host, Sample.Accompanied(Sample.SecondPlan));
        scene.Pen.Fold().State!.State.ShouldBe(ReferralState.EnRoute);

        // A word on the first plan that comes now moves nothing.
        scene.Pen.Write(pair.Origin, Sample.NotArrived(Sample.Plan));
        scene.Pen.Fold().State!.State.ShouldBe(ReferralState.EnRoute);
        scene.Pen.Write(pair.Origin, Sample.Met(Sample.SecondPlan));
        scene.Pen.Fold().State!.State.ShouldBe(ReferralState.Returned);
    }

    [Fact]
    public void A_word_on_a_plan_nobody_knows_does_not_outrank_the_newest_one_on_a_void_plan_does()
    {
        var pair = Pair.Usual;
        var scene = Agreed(pair);
        var overlooked = scene.Pen.Write(pair.Host, Sample.Planned(Sample.SecondPlan, replaces: null));
        scene.Pen.Fold().On(overlooked).ShouldBe(nameof(ReasonCode.OtherPlan));
        scene.Pen.Write(pair.Host, Sample.Accompanied(Sample.Plan));
        scene.Pen.Write(pair.Origin, Sample.Met(new Token(99)));
        scene.Pen.Fold().State!.State.ShouldBe(ReferralState.EnRoute);
        scene.Pen.Write(pair.Origin, Sample.Met(Sample.SecondPlan));
        scene.Pen.Fold().State!.State.ShouldBe(ReferralState.Returned);
    }

    [Fact]
    public void Two_words_that_contradict_each_other_are_one_contradiction_however_often_they_are_said()
    {
        var scene = Agreed(Pair.Usual);
        scene.Write(Pair.Usual.Host, "DidNotTravel");
        scene.Write(Pair.Usual.Origin, "Met", seeing: false);
        scene.Write(Pair.Usual.Origin, "Met", seeing: false);
        var dossier = scene.Pen.Fold();
        dossier.State!.State.ShouldBe(ReferralState.Unaccounted);
        dossier.State.Debts.Count(debt => debt.Clock is Clock.Resolve).ShouldBe(2);
    }

    [Fact]
    public void A_word_that_tells_nothing_new_leaves_the_state_that_others_brought()
    {
        var scene = Scene.At(ReferralState.InReintegration, Pair.Usual, new());
        scene.Pen.Write(Pair.Usual.Host, Sample.Accompanied(Sample.Plan));
        scene.Pen.Fold().State!.State.ShouldBe(ReferralState.InReintegration);
    }

    static Scene Agreed(Pair pair)
    {
        var scene = Scene.At(ReferralState.ReturnAgreed, pair, new());
        scene.Meet();
        return scene;
    }

    static Entry Write(Pen pen, NodeId author, Body body, bool seeing) => seeing ? pen.Write(author, body) : pen.WriteUnseeing(author, body);

    static Body Body(JourneyWord word, Pair pair) => word switch
    {
        JourneyWord.Accompanied => Sample.Accompanied(Sample.Plan),
        JourneyWord.DidNotTravel => Sample.DidNotTravel(Sample.Plan),
        JourneyWord.Met => Sample.Met(Sample.Plan),
        JourneyWord.NotArrived => Sample.NotArrived(Sample.Plan),
        JourneyWord.FoundInHost => new FoundSafe(Sample.Plan, pair.Host),
        JourneyWord.FoundInOrigin => new FoundSafe(Sample.Plan, pair.Origin),
    };

    static JourneyWord? Word(string name) => name is "none" ? null : Enum.Parse<JourneyWord>(name);
}
