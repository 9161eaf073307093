using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Referrals;

/// <summary><c>protocol.tsv</c> is the protocol's section 1, row by row.</summary>
public sealed class ProtocolTests
{
    [Fact]
    public void Every_state_statement_and_author_stands_in_the_table_once()
    {
        var expected =
            from state in Enum.GetValues<ReferralState>()
            from statement in Protocol.Statements.Keys
            from author in Protocol.Author.All
            select (state, statement, author);

        var stated = Protocol.Cells.Select(cell => (cell.State, cell.Statement, cell.Author)).ToList();
        stated.GroupBy(cell => cell).Where(cell => cell.Count() > 1).Select(cell => cell.Key).ShouldBeEmpty();
        expected.Except(stated).ShouldBeEmpty();
        stated.Except(expected).ShouldBeEmpty();
    }

    [Fact]
    public void Every_statement_of_the_domain_stands_in_the_table()
    {
        var domain = typeof(Body).Assembly.GetTypes();
        var statements = domain.Where(type => type is { IsAbstract: false } && type.IsAssignableTo(typeof(Body))
            && type != typeof(NotUnderstood) && type != typeof(Misshapen));
        var bodies = Protocol.Statements.Values.Select(statement => statement(Pair.Usual)).ToList();
        bodies.Select(body => body.GetType()).Distinct().ShouldBe(statements, ignoreOrder: true);
        foreach (var (name, statement) in Protocol.Statements)
            name.Split('(')[0].ShouldBe(statement(Pair.Usual).Name);

        var scopes = domain.Where(type => type is { IsAbstract: false } && type.IsAssignableTo(typeof(WithdrawalScope)));
        bodies.OfType<ConsentWithdrawn>().Select(withdrawn => withdrawn.Scope.GetType()).ShouldBe(scopes, ignoreOrder: true);
        bodies.OfType<AssessmentReported>().Select(assessment => assessment.Finding).ShouldBe(Enum.GetValues<Finding>(), ignoreOrder: true);
        bodies.OfType<WishRecorded>().Select(wish => wish.Wish).ShouldBe(Enum.GetValues<Wish>(), ignoreOrder: true);
        bodies.OfType<Completed>().Select(completed => completed.Outcome).ShouldBe(Enum.GetValues<ReferralOutcome>(), ignoreOrder: true);
        bodies.OfType<LocationAnswered>().Select(answered => answered.Answer).ShouldBe(Enum.GetValues<LocationAnswer>(), ignoreOrder: true);
    }

    [Fact]
    public void Next_gives_what_the_table_says()
    {
        var differences =
            from cell in Protocol.Cells
            from pair in Standing.Pairs(cell.Statement, cell.Author)
            let outcome = Standing.Asked(cell.State, pair, cell.Author.Of(pair), cell.Statement)
            let then = outcome switch { Applied<Referral> applied => applied.State.State, Recorded<Referral> recorded => recorded.State.State, _ => cell.State }
            where (outcome.Word(), then) != (cell.Verdict, cell.Then)
            select $"{cell.Statement} by {cell.Author} in {cell.State} is {outcome.Word()}, then {then}; the table says {cell.Verdict}, then {cell.Then}";

        differences.Distinct().ShouldBeEmpty();
    }

    [Fact]
    public void A_decision_is_applied_or_void_and_a_happening_void_only_for_its_author()
    {
        foreach (var cell in Protocol.Cells)
        {
            if (Protocol.Statements[cell.Statement](Pair.Usual) is Decision) cell.Verdict.ShouldNotBe("recorded");
            else if (cell.IsVoid) cell.Verdict.ShouldBe(nameof(ReasonCode.WrongParticipant));
        }
    }

    [Fact]
    public void A_statement_says_from_where_it_would_be_open()
    {
        foreach (var statement in new[] { "Acknowledged", "TakenUp", "Declined", "Cancelled", "EnteredInError", "InformationRequested", "AppearanceAsked", "IdentificationChanged", "DataStopped(Erased)" })
        {
            foreach (var author in Protocol.Author.All)
            {
                var open = Protocol.Cells.Where(cell => cell.Statement == statement && cell.Author == author && cell.Verdict is "applied").Select(cell => cell.State);
                foreach (var pair in Standing.Pairs(statement, author))
                    Standing.In(ReferralState.Sent, pair, author.Of(pair), statement).OpenFrom(Standing.Says(pair, author.Of(pair), statement)).ShouldBe(open, ignoreOrder: true);
            }
        }
    }

    [Fact]
    public void What_is_void_or_recorded_says_why_in_a_sentence()
    {
        foreach (var cell in Protocol.Cells.Where(cell => cell.Verdict is not "applied"))
        {
            var pair = Standing.Pairs(cell.Statement, cell.Author).First();
            var reason = Standing.Asked(cell.State, pair, cell.Author.Of(pair), cell.Statement) switch
            {
                Voided<Referral> voided => voided.Reason,
                Recorded<Referral> recorded => recorded.Reason,
                var outcome => throw new InvalidOperationException($"{cell}: {outcome}"),
            };
            (reason.Text.EndsWith('.') || reason.Text.EndsWith("a resolution.", StringComparison.Ordinal)).ShouldBeTrue(reason.Text);
        }
    }

    [Fact]
    public void What_is_recorded_is_owed_a_word_by_both()
    {
        foreach (var cell in Protocol.Cells.Where(cell => cell.Verdict is "recorded"))
        {
            var pair = Standing.Pairs(cell.Statement, cell.Author).First();
            var entry = Standing.Says(pair, cell.Author.Of(pair), cell.Statement);
            var recorded = Standing.Asked(cell.State, pair, cell.Author.Of(pair), cell.Statement).ShouldBeOfType<Recorded<Referral>>();
            recorded.State.Debts.Where(debt => debt.Clock is Clock.Resolve && debt.About == entry.Hash).Select(debt => debt.Owes)
                .ShouldBe([pair.Host, pair.Origin], ignoreOrder: true, cell.ToString());
        }
    }

    [Fact]
    public void A_withdrawal_of_everything_leaves_no_consent()
    {
        foreach (var state in Enum.GetValues<ReferralState>())
            After(state, "ConsentWithdrawn(Everything)").Consent.ShouldBeNull();
    }

    [Fact]
    public void A_withdrawal_in_part_takes_the_purposes_and_recipients_that_it_names()
    {
        var part = new WithdrawalScope.Part(new ValueSet<Purpose>([Purpose.Proceedings]), new ValueSet<NodeId>([Pair.Usual.Origin]));
        foreach (var state in Enum.GetValues<ReferralState>().Where(state => state is not ReferralState.Withdrawn))
        {
            var referral = Standing.In(state, Pair.Usual, Pair.Usual.Host, "ConsentWithdrawn(Part)");
            var entry = Standing.Says(Pair.Usual, Pair.Usual.Host, "ConsentWithdrawn(Part)") with { Body = new ConsentWithdrawn(part) };
            referral.Next(entry).ShouldBeOfType<Applied<Referral>>().State.Consent
                .ShouldBe(new Consent(new ValueSet<Purpose>([Purpose.Return]), new ValueSet<NodeId>([Pair.Usual.Host]), Sample.Today.AddDays(90)));
        }
    }

    [Fact]
    public void A_withdrawal_in_part_finds_no_consent_where_everything_was_withdrawn() =>
        After(ReferralState.Withdrawn, "ConsentWithdrawn(Part)").Consent.ShouldBeNull();

    /// <summary>Section 0: 0 what moves nothing, and a withdrawal; 1 happenings that move a state or a guard; 2 decisions that stop; 3 that ask anew; 4 all others; 5 Lapsed.</summary>
    [Fact]
    public void Of_what_crossed_the_lowest_rank_of_the_protocol_comes_first()
    {
        var ranks = Tables.Rows("ranks.tsv").ToDictionary(row => row[0], row => int.Parse(row[1]));

        Protocol.Statements.Values.Select(statement => statement(Pair.Usual)).DistinctBy(body => body.Name)
            .ToDictionary(body => body.Name, Referral.Rank).ShouldBe(ranks, ignoreOrder: true);
    }

    [Fact]
    public void ConsentWithdrawn_alone_is_a_withdrawal() =>
        Protocol.Statements.Where(statement => Referral.IsWithdrawal(statement.Value(Pair.Usual))).Select(statement => statement.Key)
            .ShouldBe(["ConsentWithdrawn(Everything)", "ConsentWithdrawn(Part)"], ignoreOrder: true);

    static Referral After(ReferralState state, string statement) =>
        Standing.Asked(state, Pair.Usual, Pair.Usual.Host, statement).ShouldBeOfType<Applied<Referral>>().State;
}
