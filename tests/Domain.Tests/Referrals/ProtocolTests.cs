using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Referrals;

/// <summary><c>protocol.tsv</c> is the protocol's section 1, row by row.</summary>
public sealed class ProtocolTests
{
    [Fact]
    public void Every_state_body_and_author_stands_in_the_table_once()
    {
        var expected =
            from state in Enum.GetValues<ReferralState>()
            from body in Protocol.Bodies.Keys
            from author in Protocol.Authors
            select (state, body, author);

        Protocol.Rows.Select(row => (row.State, row.Body, row.Author)).ShouldBe(expected, ignoreOrder: true);
    }

    [Fact]
    public void Every_statement_of_the_domain_stands_in_the_table()
    {
        var domain = typeof(Body).Assembly.GetTypes();
        var statements = domain.Where(type => type is { IsAbstract: false } && type.IsAssignableTo(typeof(Body))
            && type != typeof(NotUnderstood) && type != typeof(Misshapen));
        Protocol.Bodies.Values.Select(body => body.GetType()).Distinct().ShouldBe(statements, ignoreOrder: true);

        var scopes = domain.Where(type => type is { IsAbstract: false } && type.IsAssignableTo(typeof(WithdrawalScope)));
        Protocol.Bodies.Values.OfType<ConsentWithdrawn>().Select(withdrawn => withdrawn.Scope.GetType()).ShouldBe(scopes, ignoreOrder: true);
    }

    [Fact]
    public void Next_gives_what_the_table_says()
    {
        foreach (var pair in Pair.All)
        {
            foreach (var row in Protocol.Rows)
            {
                var outcome = Standing(pair, row.State).Next(Says(pair, row.Author, Protocol.Bodies[row.Body]));
                var then = outcome is Applied<Referral> applied ? ("applied", applied.State.State.ToString()) : ("void", outcome.Word());
                then.ShouldBe((row.Verdict, row.Then), $"{pair}: {row}");
            }
        }
    }

    [Fact]
    public void A_statement_says_from_where_it_would_be_open()
    {
        foreach (var pair in Pair.All)
        {
            foreach (var rows in Protocol.Rows.GroupBy(row => (row.Body, row.Author)))
            {
                var open = rows.Where(row => row.Verdict is "applied").Select(row => row.State);
                Standing(pair, ReferralState.Sent).OpenFrom(Says(pair, rows.Key.Author, Protocol.Bodies[rows.Key.Body])).ShouldBe(open, ignoreOrder: true);
            }
        }
    }

    [Fact]
    public void What_is_void_says_why_in_a_sentence()
    {
        foreach (var row in Protocol.Rows.Where(row => row.Verdict is "void"))
        {
            var outcome = Standing(Pair.Usual, row.State).Next(Says(Pair.Usual, row.Author, Protocol.Bodies[row.Body]));
            outcome.ShouldBeOfType<Voided<Referral>>().Reason.Text.ShouldEndWith(".");
        }
    }

    [Fact]
    public void A_withdrawal_of_everything_leaves_no_consent()
    {
        foreach (var state in Enum.GetValues<ReferralState>())
            After(Standing(Pair.Usual, state), Sample.WithdrawnAll).Consent.ShouldBeNull();
    }

    [Fact]
    public void A_withdrawal_in_part_takes_the_purposes_and_recipients_that_it_names()
    {
        var part = new WithdrawalScope.Part(new ValueSet<Purpose>([Purpose.Proceedings]), new ValueSet<NodeId>([Pair.Usual.Origin]));
        foreach (var state in Enum.GetValues<ReferralState>())
        {
            var left = After(Standing(Pair.Usual, state), new ConsentWithdrawn(part)).Consent.ShouldNotBeNull();
            left.ShouldBe(new Consent(new ValueSet<Purpose>([Purpose.Return]), new ValueSet<NodeId>([Pair.Usual.Host]), Sample.Today.AddDays(90)));
        }
    }

    [Fact]
    public void A_withdrawal_in_part_finds_no_consent_where_everything_was_withdrawn() =>
        After(After(Standing(Pair.Usual, ReferralState.Sent), Sample.WithdrawnAll), Sample.WithdrawnPart).Consent.ShouldBeNull();

    [Fact]
    public void Of_what_crossed_withdrawals_come_first_then_decisions_that_stop_then_all_others() =>
        Protocol.Bodies.ToDictionary(body => body.Key, body => Referral.Rank(body.Value)).ShouldBe(new Dictionary<string, int>
        {
            ["ConsentWithdrawn(Everything)"] = 0,
            ["ConsentWithdrawn(Part)"] = 0,
            ["Cancelled"] = 2,
            ["Declined"] = 2,
            ["Opened"] = 4,
            ["Acknowledged"] = 4,
            ["TakenUp"] = 4,
        }, ignoreOrder: true);

    [Fact]
    public void ConsentWithdrawn_alone_is_a_withdrawal() =>
        Protocol.Bodies.Where(body => Referral.IsWithdrawal(body.Value)).Select(body => body.Key)
            .ShouldBe(["ConsentWithdrawn(Everything)", "ConsentWithdrawn(Part)"], ignoreOrder: true);

    static Referral Standing(Pair pair, ReferralState state)
    {
        var opened = Sample.Opened(pair);
        return new Referral(state, opened, pair.Sender, pair.Receiver, opened.Consent);
    }

    static Entry Says(Pair pair, string author, Body body) =>
        Pen.Open(pair).Write(author is "S" ? pair.Sender : pair.Receiver, body);

    static Referral After(Referral referral, Body body) =>
        referral.Next(Says(Pair.Usual, "S", body)).ShouldBeOfType<Applied<Referral>>().State;
}
