using System.Collections.Immutable;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Referrals;

/// <summary>Two entries crossed when neither descends from the other. <c>crossings.tsv</c> says what becomes of each pair.</summary>
public sealed class CrossingTests
{
    const int MostNeutral = 3;

    static readonly ImmutableArray<int> NeutralAfter = [0, MostNeutral];

    static readonly ImmutableArray<bool> Either = [true, false];

    static readonly ImmutableArray<Row> Rows =
        [.. Tables.Rows("crossings.tsv").Select(cells => new Row(Enum.Parse<ReferralState>(cells[0]), cells[1], cells[2], cells[3], Enum.Parse<ReferralState>(cells[4]), cells[5], cells[6]))];

    [Fact]
    public void Every_two_entries_that_can_cross_stand_in_the_table_once()
    {
        var expected =
            from senders in Protocol.Rows
            from receivers in Protocol.Rows
            where senders is { Author: "S", Verdict: "applied" } && receivers is { Author: "R", Verdict: "applied" } && senders.State == receivers.State
            from sentByHost in Either
            select (senders.State, senders.Body, receivers.Body, sentByHost);

        var stated =
            from row in Rows
            from sentByHost in Either
            where row.SentBy is "any" || row.SentBy is "host" == sentByHost
            select (row.From, row.Senders, row.Receivers, sentByHost);

        stated.ShouldBe(expected, ignoreOrder: true);
    }

    [Fact]
    public void What_crossed_ends_as_the_table_says_whatever_surrounds_it()
    {
        foreach (var row in Rows)
        {
            foreach (var pair in Pair.All.Where(row.Concerns))
                Cross(pair, row.From, Protocol.Bodies[row.Senders], Protocol.Bodies[row.Receivers]).ShouldBe(new Ending(row.Then, row.SendersIs, row.ReceiversIs), $"{pair}: {row}");
        }
    }

    [Fact]
    public void A_case_that_is_taken_up_while_it_is_cancelled_is_cancelled()
    {
        foreach (var pair in Pair.All)
            Cross(pair, ReferralState.Received, Sample.Cancelled, Sample.TakenUp).ShouldBe(new Ending(ReferralState.Cancelled, "applied", nameof(ReasonCode.NotOpen)));
    }

    [Fact]
    public void An_acknowledgement_that_crosses_a_cancellation_is_void()
    {
        foreach (var pair in Pair.All)
            Cross(pair, ReferralState.Sent, Sample.Cancelled, Sample.Acknowledged).ShouldBe(new Ending(ReferralState.Cancelled, "applied", nameof(ReasonCode.NotOpen)));
    }

    [Fact]
    public void Of_a_refusal_and_a_cancellation_that_crossed_the_hosts_stands()
    {
        foreach (var pair in Pair.All)
        {
            foreach (var state in new[] { ReferralState.Sent, ReferralState.Received, ReferralState.TakenUp })
            {
                Cross(pair, state, Sample.Cancelled, Sample.Declined).ShouldBe(pair.IsSentByHost
                    ? new Ending(ReferralState.Cancelled, "applied", nameof(ReasonCode.NotOpen))
                    : new Ending(ReferralState.Declined, nameof(ReasonCode.NotOpen), "applied"));
            }
        }
    }

    [Fact]
    public void Whatever_crosses_a_withdrawal_of_everything_the_referral_is_withdrawn()
    {
        foreach (var pair in Pair.All.Where(pair => pair.Host == Pair.Usual.Host))
        {
            foreach (var state in Enum.GetValues<ReferralState>())
            {
                foreach (var body in Protocol.Bodies.Values)
                {
                    Cross(pair, state, body, Sample.WithdrawnAll).State.ShouldBe(ReferralState.Withdrawn);
                    Cross(pair, state, Sample.WithdrawnAll, body).State.ShouldBe(ReferralState.Withdrawn);
                }
            }
        }
    }

    [Fact]
    public void A_cancellation_overtakes_all_that_the_receiver_did_without_knowing_of_it()
    {
        foreach (var pair in Pair.All)
        {
            var pen = Pen.Open(pair);
            pen.WriteUnseeing(pair.Sender, Sample.WithdrawnPart);
            var cancelled = pen.WriteUnseeing(pair.Sender, Sample.Cancelled);
            var acknowledged = pen.WriteUnseeing(pair.Receiver, Sample.Acknowledged);
            var takenUp = pen.WriteUnseeing(pair.Receiver, Sample.TakenUp);
            var dossier = pen.Fold();

            dossier.State!.State.ShouldBe(ReferralState.Cancelled);
            dossier.On(cancelled).ShouldBe("applied");
            dossier.On(acknowledged).ShouldBe(nameof(ReasonCode.NotOpen));
            dossier.On(takenUp).ShouldBe(nameof(ReasonCode.NotOpen));
        }
    }

    [Fact]
    public void A_refusal_after_taking_up_is_no_crossing_for_both_are_the_receivers()
    {
        foreach (var pair in Pair.All)
        {
            var pen = Pen.Open(pair);
            pen.Write(pair.Receiver, Sample.Acknowledged);
            var takenUp = pen.Write(pair.Receiver, Sample.TakenUp);
            var declined = pen.Write(pair.Receiver, Sample.Declined);
            var again = pen.Write(pair.Receiver, Sample.TakenUp);
            var dossier = pen.Fold();

            dossier.State!.State.ShouldBe(ReferralState.Declined);
            new[] { takenUp, declined, again }.Select(dossier.On).ShouldBe(["applied", "applied", nameof(ReasonCode.NotOpen)]);
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

    /// <summary>What becomes of two entries that crossed: the same whatever neutral entries stand around them and in whatever order all are given.</summary>
    static Ending Cross(Pair pair, ReferralState state, Body senders, Body receivers)
    {
        var endings =
            from sendersBefore in Enumerable.Range(0, MostNeutral + 1)
            from receiversBefore in Enumerable.Range(0, MostNeutral + 1)
            from after in NeutralAfter
            from ending in Cross(pair, state, senders, receivers, new(sendersBefore, after), new(receiversBefore, MostNeutral - after))
            select ending;
        return endings.Distinct().ShouldHaveSingleItem();
    }

    static IEnumerable<Ending> Cross(
        Pair pair, ReferralState state, Body senders, Body receivers, Neutral ofSender, Neutral ofReceiver)
    {
        // Another salt is another order of hashes, which must decide nothing.
        var pen = Pen.Open(pair, salt: (ofSender.Before * 4) + ofReceiver.Before);
        foreach (var (bySender, body) in Way(state))
            pen.Write(bySender ? pair.Sender : pair.Receiver, body);
        // Each has seen the whole way there.
        pen.Write(pair.Sender, Sample.WithdrawnPart);
        pen.Write(pair.Receiver, Sample.WithdrawnPart);

        var sent = Chain(pair.Sender, senders, ofSender);
        var received = Chain(pair.Receiver, receivers, ofReceiver);

        yield return EndingOf(pen.Written);
        yield return EndingOf(pen.Written.Reverse());
        yield return EndingOf(pen.Written.OrderBy(entry => entry.Hash));

        Entry Chain(NodeId author, Body body, Neutral neutral)
        {
            for (var i = 0; i < neutral.Before; i++) pen.WriteUnseeing(author, Sample.WithdrawnPart);
            var entry = pen.WriteUnseeing(author, body);
            for (var i = 0; i < neutral.After; i++) pen.WriteUnseeing(author, Sample.WithdrawnPart);
            return entry;
        }

        Ending EndingOf(IEnumerable<Entry> given)
        {
            var dossier = pen.Fold(given);
            return new Ending(dossier.State!.State, dossier.On(sent), dossier.On(received));
        }
    }

    /// <summary>How a referral comes to stand there.</summary>
    static ImmutableArray<(bool BySender, Body Body)> Way(ReferralState to) => to switch
    {
        ReferralState.Sent => [],
        ReferralState.Received => [(false, Sample.Acknowledged)],
        ReferralState.TakenUp => [(false, Sample.Acknowledged), (false, Sample.TakenUp)],
        ReferralState.Declined => [(false, Sample.Declined)],
        ReferralState.Cancelled => [(true, Sample.Cancelled)],
        ReferralState.Withdrawn => [(true, Sample.WithdrawnAll)],
    };

    /// <summary>How many neutral entries of the same author stand on either side of one.</summary>
    readonly record struct Neutral(int Before, int After);

    sealed record Ending(ReferralState State, string Senders, string Receivers);

    sealed record Row(ReferralState From, string Senders, string Receivers, string SentBy, ReferralState Then, string SendersIs, string ReceiversIs)
    {
        public bool Concerns(Pair pair) => SentBy is "any" || SentBy is "host" == pair.IsSentByHost;
    }
}
