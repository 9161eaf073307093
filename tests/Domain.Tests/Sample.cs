using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests;

/// <summary>Statements that are right as they stand; a test changes the one thing that it is about.</summary>
static class Sample
{
    public static readonly DateOnly Today = new(2026, 3, 2);

    public static readonly DateTimeOffset Now = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    public static readonly Body NotUnderstood = new NotUnderstood();

    public static readonly Body Acknowledged = new Acknowledged();

    public static readonly Body TakenUp = new TakenUp();

    /// <summary>For a reason that every type of referral allows.</summary>
    public static readonly Body Declined = new Declined(DeclineReason.Other);

    public static readonly Body Cancelled = new Cancelled();

    public static readonly Body WithdrawnAll = new ConsentWithdrawn(new WithdrawalScope.Everything());

    /// <summary>Moves no state, wherever it stands.</summary>
    public static readonly Body WithdrawnPart =
        new ConsentWithdrawn(new WithdrawalScope.Part(new ValueSet<Purpose>([Purpose.Proceedings]), default));

    public static Office Desk { get; } = Office.TryParse("focal-point@national", out var office) ? office : throw new InvalidOperationException();

    /// <summary>By an adult's consent.</summary>
    public static Opened Opened(Pair pair) => new(
        pair.Type, pair.Host, pair.Origin, Instrument.CommitMemorandum, Urgency.Routine, Minority.Adult, Basis.Consent,
        new Consent(
            new ValueSet<Purpose>([Purpose.Return, Purpose.Proceedings]), new ValueSet<NodeId>([pair.Host, pair.Origin]), Today.AddDays(90)),
        AuthorisedBy: null, ReplyBy: Today.AddDays(2), BestInterestsOn: null);
}
