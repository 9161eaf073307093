using System.Collections.Immutable;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Referrals;

/// <summary>Two entries crossed when neither descends from the other: what becomes of them is decided by what they say and by who is host.</summary>
public sealed class CrossingTests
{
    /// <summary>Neutral entries of the host and of the origin before what crosses, and after it; and the countries' codes, and the order of hashes.</summary>
    static readonly ImmutableArray<Surroundings> All =
        [new(0, 0, 0, 0), new(3, 0, 0, 1), new(0, 3, 2, 2), new(1, 2, 1, 3), new(2, 1, 3, 4), new(3, 3, 0, 5)];

    /// <summary>Statements that cross as another of the same name does.</summary>
    static readonly ImmutableArray<string> Twins =
    [
        "AppearanceAnswered(Refused)", "OnwardAnswered(not agreed)", "FollowUpReported(DeclinedByPerson)", "DataStopped(Retained)", "Completed(ThirdCountry)",
        "AssessmentReported(Pending)", "EntitlementNoted", "Resolved(Retracted)",
    ];

    public static TheoryData<ReferralState> States => [.. Enum.GetValues<ReferralState>()];

    [Theory, MemberData(nameof(States))]
    public void Any_two_that_can_cross_end_one_way_whatever_surrounds_them(ReferralState state)
    {
        var crossed = 0;
        foreach (var type in new[] { ReferralType.Repatriation, ReferralType.LocateAndProtect })
        {
            foreach (var circumstances in Scene.Circumstances.Of(state))
            {
                var (byHost, byOrigin) = (Open(state, type, circumstances, byHost: true), Open(state, type, circumstances, byHost: false));
                foreach (var hosts in byHost)
                {
                    foreach (var origins in byOrigin)
                    {
                        var usual = Cross(state, type, circumstances, hosts, origins, All[0]);
                        // One of the surroundings, in turn: each comes with each state many times.
                        Cross(state, type, circumstances, hosts, origins, All[1 + (crossed++ % 5)]).ShouldBe(usual, $"{state}, {type}, {circumstances}: {hosts} × {origins}");
                    }
                }
            }
        }
        crossed.ShouldBeGreaterThan(200);
    }

    [Fact]
    public void A_case_that_is_taken_up_while_it_is_cancelled_is_cancelled_and_the_receiver_stops_the_data()
    {
        var ending = OfSenderAndReceiver(ReferralState.Received, "Cancelled", "TakenUp");
        (ending.State, ending.Senders, ending.Receivers).ShouldBe((ReferralState.Cancelled, "applied", "NotOpen"));
        ending.Owed.ShouldContain("R StopData");
    }

    [Theory, MemberData(nameof(States))]
    public void Anything_that_crosses_a_withdrawal_of_everything_leaves_the_referral_withdrawn(ReferralState state)
    {
        foreach (var statement in Open(state, ReferralType.Repatriation, new(), byHost: true))
            Cross(state, ReferralType.Repatriation, new(), statement, "ConsentWithdrawn(Everything)", All[0]).State.ShouldBe(ReferralState.Withdrawn);
        foreach (var statement in Open(state, ReferralType.Repatriation, new(), byHost: false))
            Cross(state, ReferralType.Repatriation, new(), "ConsentWithdrawn(Everything)", statement, All[0]).State.ShouldBe(ReferralState.Withdrawn);
    }

    [Fact]
    public void A_refusal_that_crosses_an_answer_is_a_refusal_and_the_answer_stands()
    {
        foreach (var state in new[] { ReferralState.Sent, ReferralState.Received, ReferralState.TakenUp, ReferralState.Assessed })
        {
            var ending = OfSenderAndReceiver(state, "InformationSupplied", "Declined");
            (ending.State, ending.Senders, ending.Receivers).ShouldBe((ReferralState.Declined, "applied", "applied"));
        }
    }

    [Fact]
    public void A_refusal_and_a_cancellation_that_crossed_end_as_the_host_wrote()
    {
        var hostSends = Cross(ReferralState.TakenUp, ReferralType.Repatriation, new(), "Cancelled", "Declined", All[0]);
        (hostSends.State, hostSends.Hosts, hostSends.Origins).ShouldBe((ReferralState.Cancelled, "applied", "NotOpen"));
        var originSends = Cross(ReferralState.TakenUp, ReferralType.LocateAndProtect, new(), "Declined", "Cancelled", All[0]);
        (originSends.State, originSends.Hosts, originSends.Origins).ShouldBe((ReferralState.Declined, "applied", "NotOpen"));
    }

    [Fact]
    public void An_acknowledgement_that_crosses_a_lapse_stands()
    {
        var ending = OfSenderAndReceiver(ReferralState.Sent, "Lapsed", "Acknowledged");
        (ending.State, ending.Senders, ending.Receivers).ShouldBe((ReferralState.Received, "NotOpen", "applied"));
    }

    [Fact]
    public void Of_two_plans_that_crossed_the_hosts_stands_and_the_origin_may_plan_again()
    {
        foreach (var state in new[] { ReferralState.Assessed, ReferralState.ReturnPlanned, ReferralState.ReturnAgreed })
        {
            foreach (var type in new[] { ReferralType.Repatriation, ReferralType.LocateAndProtect })
            {
                var ending = Cross(state, type, new(), "ReturnPlanned", "ReturnPlanned", All[0]);
                (ending.State, ending.Hosts, ending.Origins).ShouldBe((ReferralState.ReturnPlanned, "applied", "OtherPlan"));

                var scene = Scene.At(state, Pair.Usual, new());
                scene.Meet();
                var hosts = scene.Write(Pair.Usual.Host, "ReturnPlanned", seeing: false);
                scene.Write(Pair.Usual.Origin, "ReturnPlanned", seeing: false);
                var again = scene.Pen.Write(Pair.Usual.Origin, Sample.Planned(new Token(40), replaces: ((ReturnPlanned)hosts.Body).Plan));
                scene.Pen.Fold().On(again).ShouldBe("applied");
            }
        }
    }

    [Fact]
    public void An_agreement_that_crosses_a_new_plan_is_void()
    {
        var byHost = Cross(ReferralState.ReturnPlanned, ReferralType.Repatriation, new(), "ReturnPlanned", "ReturnAgreed", All[0]);
        (byHost.State, byHost.Hosts, byHost.Origins).ShouldBe((ReferralState.ReturnPlanned, "applied", "AnswersNothing"));
        var byOrigin = Cross(ReferralState.ReturnPlanned, ReferralType.Repatriation, new(PlannedByHost: false), "ReturnAgreed", "ReturnPlanned", All[0]);
        (byOrigin.State, byOrigin.Hosts, byOrigin.Origins).ShouldBe((ReferralState.ReturnPlanned, "AnswersNothing", "applied"));
    }

    [Fact]
    public void A_plan_that_crosses_a_postponement_is_void_and_the_return_is_planned_anew()
    {
        foreach (var (hosts, origins) in new[] { ("ReturnPlanned", "ReturnPostponed"), ("ReturnPostponed", "ReturnPlanned") })
        {
            var ending = Cross(ReferralState.ReturnPlanned, ReferralType.Repatriation, new(), hosts, origins, All[0]);
            ending.State.ShouldBe(ReferralState.Assessed);
            (hosts is "ReturnPlanned" ? ending.Hosts : ending.Origins).ShouldNotBe("applied");
            (hosts is "ReturnPlanned" ? ending.Origins : ending.Hosts).ShouldBe("applied");
        }
    }

    [Fact]
    public void Who_set_out_while_the_return_was_postponed_is_on_the_road_and_both_owe_a_word()
    {
        var ending = Cross(ReferralState.ReturnAgreed, ReferralType.Repatriation, new(), "Accompanied", "ReturnPostponed", All[0]);
        (ending.State, ending.Hosts, ending.Origins).ShouldBe((ReferralState.EnRoute, "applied", "NotOpen"));
        ending.ShouldOweAWordOf("origin's");
    }

    [Fact]
    public void Who_was_met_while_the_referral_was_cancelled_is_back_and_both_owe_a_word()
    {
        var ending = Cross(ReferralState.ReturnAgreed, ReferralType.Repatriation, new(), "Cancelled", "Met", All[0]);
        (ending.State, ending.Hosts, ending.Origins).ShouldBe((ReferralState.Returned, "NotOpen", "applied"));
        ending.ShouldOweAWordOf("host's");
    }

    [Fact]
    public void Who_was_met_while_the_referral_was_declined_is_back_and_both_owe_a_word()
    {
        var ending = Cross(ReferralState.Assessed, ReferralType.LocateAndProtect, new(), "Declined", "Met", All[0]);
        (ending.State, ending.Hosts, ending.Origins).ShouldBe((ReferralState.Returned, "NotOpen", "recorded"));
        ending.ShouldOweAWordOf("host's");
    }

    [Fact]
    public void A_refused_preparation_stands_until_somebody_who_knew_of_it_says_otherwise()
    {
        foreach (var (refuser, other) in new[] { (Pair.Usual.Host, Pair.Usual.Origin), (Pair.Usual.Origin, Pair.Usual.Host) })
        {
            foreach (var status in new[] { PreparationStatus.Asked, PreparationStatus.Done, PreparationStatus.NotNeeded })
            {
                var pen = ToPrepare().Pen;
                pen.WriteUnseeing(refuser, Reported(PreparationStatus.Refused));
                pen.WriteUnseeing(other, Reported(status));
                Owed(pen).ShouldBe([(Clock.DecideOn, Pair.Usual.Host)], $"{refuser}: {status}");
                pen.Write(other, Reported(PreparationStatus.Done));
                Owed(pen).ShouldBeEmpty();
            }
        }
    }

    [Fact]
    public void Of_two_refusals_of_a_preparation_each_stands_until_somebody_who_knew_of_it_says_otherwise()
    {
        foreach (var (one, other) in new[] { (Pair.Usual.Host, Pair.Usual.Origin), (Pair.Usual.Origin, Pair.Usual.Host) })
        {
            var pen = ToPrepare().Pen;
            pen.WriteUnseeing(one, Reported(PreparationStatus.Refused));
            // A decision before each is taken after what the other reports.
            pen.WriteUnseeing(one, new CaseFileReleased(2, Sample.Letter));
            pen.WriteUnseeing(other, new CaseFileReleased(2, Sample.Letter));
            pen.WriteUnseeing(other, Reported(PreparationStatus.Refused));
            pen.WriteUnseeing(one, Reported(PreparationStatus.Done));
            Owed(pen).ShouldBe([(Clock.DecideOn, Pair.Usual.Host)], $"{one}");
            pen.Write(other, Reported(PreparationStatus.Asked));
            Owed(pen).ShouldBe([(Clock.Prepare, Pair.Usual.Host)], $"{one}");
        }
    }

    [Fact]
    public void Who_did_not_travel_and_was_met_is_unaccounted_for_and_both_owe_a_word()
    {
        foreach (var state in new[] { ReferralState.ReturnAgreed, ReferralState.EnRoute })
        {
            var ending = Cross(state, ReferralType.Repatriation, new(), "DidNotTravel", "Met", All[0]);
            (ending.State, ending.Hosts, ending.Origins).ShouldBe((ReferralState.Unaccounted, "applied", "applied"));
            ending.ShouldOweAWordOf("origin's");
        }
    }

    [Fact]
    public void An_agreement_that_crosses_a_hold_is_void_and_the_return_is_held()
    {
        var ending = Cross(ReferralState.ReturnPlanned, ReferralType.Repatriation, new(), "ReturnHeld", "ReturnAgreed", All[0]);
        (ending.State, ending.Hosts, ending.Origins).ShouldBe((ReferralState.ReturnPlanned, "applied", "Held"));
        ending.Owed.ShouldContain("H EndHold");
    }

    [Fact]
    public void An_agreement_that_crosses_another_wish_is_void()
    {
        var ending = Cross(ReferralState.ReturnPlanned, ReferralType.Repatriation, new(), "WishRecorded(Other)", "ReturnAgreed", All[0]);
        (ending.State, ending.Hosts, ending.Origins).ShouldBe((ReferralState.Assessed, "applied", "NotOpen"));
    }

    [Fact]
    public void A_follow_up_that_crosses_the_completion_stands_and_the_referral_is_completed()
    {
        foreach (var state in new[] { ReferralState.Returned, ReferralState.InReintegration })
        {
            var ending = Cross(state, ReferralType.Repatriation, new(), "Completed(Returned)", "FollowUpReported(Done)", All[0]);
            (ending.State, ending.Hosts, ending.Origins).ShouldBe((ReferralState.Completed, "applied", "applied"));
        }
    }

    [Fact]
    public void A_completion_that_did_not_know_of_the_meeting_is_void()
    {
        var ending = Cross(ReferralState.Assessed, ReferralType.Repatriation, new(), "Completed(StaysInHostCountry)", "Met", All[0]);
        (ending.State, ending.Origins).ShouldBe((ReferralState.Returned, "recorded"));
        ending.Hosts.ShouldNotBe("applied");

        var onTheRoad = Cross(ReferralState.EnRoute, ReferralType.Repatriation, new(), "Completed(ContactEnded)", "Met", All[0]);
        (onTheRoad.State, onTheRoad.Hosts, onTheRoad.Origins).ShouldBe((ReferralState.Returned, nameof(ReasonCode.JourneyUnseen), "applied"));
    }

    [Fact]
    public void A_release_that_crosses_a_withdrawal_is_void_and_the_referral_withdrawn()
    {
        foreach (var (hosts, origins) in new[] { ("CaseFileReleased", "ConsentWithdrawn(Everything)"), ("ConsentWithdrawn(Everything)", "CaseFileReleased") })
        {
            var ending = Cross(ReferralState.TakenUp, ReferralType.Repatriation, new(), hosts, origins, All[0]);
            (ending.State, ending.Hosts, ending.Origins).ShouldBe((ReferralState.Withdrawn,
                hosts is "CaseFileReleased" ? "NotOpen" : "applied", hosts is "CaseFileReleased" ? "applied" : "NotOpen"));
        }
    }

    [Fact]
    public void What_has_seen_the_other_did_not_cross_it()
    {
        foreach (var pair in Pair.All)
        {
            var pen = Pen.Open(pair);
            pen.Write(pair.Receiver, Sample.Acknowledged);
            var takenUp = pen.Write(pair.Receiver, Sample.TakenUp);
            var cancelled = pen.Write(pair.Sender, Sample.Cancelled);
            var dossier = pen.Fold();

            dossier.State!.State.ShouldBe(ReferralState.Cancelled);
            dossier.On(takenUp).ShouldBe("applied");
            dossier.On(cancelled).ShouldBe("applied");
        }
    }

    [Fact]
    public void A_cancellation_overtakes_all_that_the_receiver_did_without_knowing_of_it()
    {
        foreach (var pair in Pair.All)
        {
            var pen = Pen.Open(pair);
            pen.WriteUnseeing(pair.Sender, Sample.Neutral);
            var cancelled = pen.WriteUnseeing(pair.Sender, Sample.Cancelled);
            var acknowledged = pen.WriteUnseeing(pair.Receiver, Sample.Acknowledged);
            var takenUp = pen.WriteUnseeing(pair.Receiver, Sample.TakenUp);
            var dossier = pen.Fold();

            dossier.State!.State.ShouldBe(ReferralState.Cancelled);
            new[] { cancelled, acknowledged, takenUp }.Select(dossier.On).ShouldBe(["applied", nameof(ReasonCode.NotOpen), nameof(ReasonCode.NotOpen)]);
        }
    }

    static Scene ToPrepare()
    {
        var scene = Scene.At(ReferralState.ReturnAgreed, Pair.Usual, new());
        scene.Meet();
        return scene;
    }

    static PreparationReported Reported(PreparationStatus status) => new(PreparationItem.ExitPermit, status);

    static IEnumerable<(Clock, NodeId)> Owed(Pen pen) =>
        pen.Fold().State!.Debts.Where(debt => debt.Number is (int)PreparationItem.ExitPermit && debt.Clock is not Clock.FollowUp).Select(debt => (debt.Clock, debt.Owes));

    /// <summary>What a country can write in the state: not void if nothing crosses it.</summary>
    static List<string> Open(ReferralState state, ReferralType type, Scene.Circumstances circumstances, bool byHost)
    {
        var pair = Pair.Of("TH", "LA", type);
        return [.. Protocol.Statements.Keys.Except(Twins).Where(statement =>
        {
            var scene = Scene.At(state, pair, circumstances);
            var entry = scene.Write(byHost ? pair.Host : pair.Origin, statement);
            return scene.Pen.Fold().VerdictOn(entry.Hash) is not Verdict.Void;
        })];
    }

    static Ending OfSenderAndReceiver(ReferralState state, string senders, string receivers)
    {
        var hostSends = Cross(state, ReferralType.Repatriation, new(), senders, receivers, All[0]);
        var originSends = Cross(state, ReferralType.LocateAndProtect, new(), receivers, senders, All[0]);
        (originSends.State, originSends.Origins, originSends.Hosts).ShouldBe((hostSends.State, hostSends.Hosts, hostSends.Origins));
        return hostSends;
    }

    static Ending Cross(ReferralState state, ReferralType type, Scene.Circumstances circumstances, string hosts, string origins, Surroundings surroundings)
    {
        var pair = surroundings.Salt % 2 is 0 ? Pair.Of("TH", "LA", type) : Pair.Of("LA", "TH", type);
        var scene = Scene.At(state, pair, circumstances, surroundings.Salt);
        scene.Meet();
        var before = scene.Pen.Written.Count;
        var neutral = new List<EntryHash>();
        Pad(pair.Host, surroundings.Hosts);
        Pad(pair.Origin, surroundings.Origins);
        var host = scene.Write(pair.Host, hosts, seeing: false);
        var origin = scene.Write(pair.Origin, origins, seeing: false);
        Pad(pair.Host, surroundings.After);
        Pad(pair.Origin, surroundings.After);

        var dossier = scene.Pen.Fold(surroundings.Salt > 2 ? scene.Pen.Written.Reverse() : scene.Pen.Written);
        var referral = dossier.State!;
        var debts = referral.Debts.Where(debt => debt.About is not { } about || !neutral.Contains(about)).Select(debt => Told(debt)).Order(StringComparer.Ordinal);
        return new Ending(pair, referral.State, dossier.On(host), dossier.On(origin), Place(referral.Stay), string.Join("; ", debts));

        void Pad(NodeId author, int count)
        {
            for (var i = 0; i < count; i++) neutral.Add(scene.Pen.WriteUnseeing(author, Sample.Neutral).Hash);
        }

        string Told(Debt debt) =>
            $"{Place(debt.Owes)} {debt.Clock} {debt.Number} about {Name(debt.About)} since {Name(debt.Cause)} on {debt.On} at {debt.At}";

        string Place(NodeId country) => country == pair.Host ? "H" : "O";

        string Name(EntryHash? hash) => hash == host.Hash ? "host's" : hash == origin.Hash ? "origin's" : hash is { } one && neutral.Contains(one)
            ? "neutral"
            : $"{scene.Pen.Written.Take(before).Index().FirstOrDefault(entry => entry.Item.Hash == hash).Index}";
    }

    sealed record Surroundings(int Hosts, int Origins, int After, int Salt);

    /// <summary>How two that crossed end, in the roles of the countries.</summary>
    sealed record Ending(ReferralState State, string Hosts, string Origins, string Stay, string Debts)
    {
        readonly bool _isSentByHost;

        public Ending(Pair pair, ReferralState state, string hosts, string origins, string stay, string debts)
            : this(state, hosts, origins, stay, debts) => _isSentByHost = pair.IsSentByHost;

        public string Senders => _isSentByHost ? Hosts : Origins;

        public string Receivers => _isSentByHost ? Origins : Hosts;

        /// <summary>Each debt as who owes what, by both names of a country.</summary>
        public IEnumerable<string> Owed => Debts.Split("; ").SelectMany(debt =>
        {
            var (who, clock) = (debt.Split(' ')[0], debt.Split(' ')[1]);
            return new[] { $"{who} {clock}", $"{(who is "H" == _isSentByHost ? "S" : "R")} {clock}" };
        });

        public void ShouldOweAWordOf(string whose)
        {
            Debts.ShouldContain($"H Resolve 0 about {whose}");
            Debts.ShouldContain($"O Resolve 0 about {whose}");
        }
    }
}
