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

    /// <summary>Moves nothing at all.</summary>
    public static readonly Body Neutral = new ProceedingsNoted();

    public static readonly AssessmentReported MayReturn = new(Finding.MayReturn, SafetyPlan: true, CareSuitable: true);

    public static readonly AssessmentReported MayNotReturn = new(Finding.MayNotReturn, SafetyPlan: false, CareSuitable: false);

    public static readonly WishRecorded WishesReturn = new(Wish.Return, Today);

    public static readonly WishRecorded WishesOther = new(Wish.Other, Today);

    public static readonly Token Plan = new(1);

    public static readonly Token SecondPlan = new(2);

    public static readonly Digest Letter = Digest.Of("A letter."u8);

    public static PlaceCode Bridge { get; } = PlaceCode.TryParse("LA-VTE-FB1", out var bridge) ? bridge : throw new InvalidOperationException();

    public static Office Desk { get; } = Office.TryParse("focal-point@national", out var office) ? office : throw new InvalidOperationException();

    /// <summary>By an adult's consent.</summary>
    public static Opened Opened(Pair pair) => new(
        pair.Type, pair.Host, pair.Origin, Instrument.CommitMemorandum, Urgency.Routine, Minority.Adult, Basis.Consent,
        new Consent(
            new ValueSet<Purpose>([Purpose.Return, Purpose.Proceedings]), new ValueSet<NodeId>([pair.Host, pair.Origin]), Today.AddDays(90)),
        AuthorisedBy: null, AfterReturn: false, OnPaper: false, ReplyBy: Today.AddDays(2), BestInterestsOn: null, Links.None, Clocks.Default(Urgency.Routine));

    /// <summary>By a child's guardian.</summary>
    public static Opened OpenedForChild(Pair pair) => Opened(pair) with { Minority = Minority.Minor, AuthorisedBy = AuthorisedBy.AppointedGuardian };

    /// <summary>Travel in a fortnight.</summary>
    public static ReturnPlanned Planned(Token plan, Token? replaces = null) =>
        new(plan, replaces, Today.AddDays(14), new DateTimeOffset(Today.AddDays(14), new TimeOnly(8, 0), TimeSpan.Zero), Bridge);

    public static Accompanied Accompanied(Token plan) => new(plan, Bridge, Now);

    public static DidNotTravel DidNotTravel(Token plan) => new(plan, Bridge, Now);

    public static Met Met(Token plan) => new(plan, Bridge, Now);

    public static NotArrived NotArrived(Token plan) => new(plan, Bridge, Now);
}
