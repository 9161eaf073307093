using Coordination.Domain.Dossiers;

namespace Coordination.Domain.Referrals;

/// <summary>Opens the referral.</summary>
/// <param name="Type">What is asked for.</param>
/// <param name="Host">Where the person is when it is opened or, after a return already made, was.</param>
/// <param name="Origin">Where the person comes from.</param>
/// <param name="Instrument">Under which instrument between the two.</param>
/// <param name="Urgency">How fast the clocks run.</param>
/// <param name="Minority">Whether the safeguards for children apply.</param>
/// <param name="Basis">Why data may cross the border.</param>
/// <param name="Consent">As the person gave it; null where another basis stands in.</param>
/// <param name="AuthorisedBy">Who authorised it for a minor; null for an adult.</param>
/// <param name="AfterReturn">The person is back in the country of origin already.</param>
/// <param name="OnPaper">The receiver has no node: the sender writes what it says, by letter.</param>
/// <param name="ReplyBy">The last day, inclusive, on which an acknowledgement is waited for, in the receiver's country.</param>
/// <param name="BestInterestsOn">When a child's best interests were determined; null where they were not.</param>
/// <param name="Links">What it belongs with.</param>
/// <param name="Clocks">In force for this referral, whatever is agreed later.</param>
public sealed record Opened(
    ReferralType Type,
    NodeId Host,
    NodeId Origin,
    Instrument Instrument,
    Urgency Urgency,
    Minority Minority,
    Basis Basis,
    Consent? Consent,
    AuthorisedBy? AuthorisedBy,
    bool AfterReturn,
    bool OnPaper,
    DateOnly ReplyBy,
    DateOnly? BestInterestsOn,
    Links Links,
    Clocks Clocks) : Decision;

/// <summary>Opaque names of what a referral belongs with.</summary>
/// <param name="Earlier">An earlier referral of the person; null where there is none.</param>
/// <param name="Group">People who travel together share it, one dossier each; null for a person alone.</param>
/// <param name="Assistance">A request for mutual legal assistance; null where there is none.</param>
public sealed record Links(Token? Earlier, Token? Group, Token? Assistance)
{
    public static Links None { get; } = new(null, null, null);
}

/// <summary>The receiver has it on a desk.</summary>
public sealed record Acknowledged : Decision;

/// <summary>Asks the other side something; the particulars hold the questions.</summary>
public sealed record InformationRequested : Decision;

/// <summary>Answers what was asked; the entry answers the request.</summary>
public sealed record InformationSupplied : Decision;

/// <summary>"We verify and trace."</summary>
public sealed record TakenUp : Decision;

/// <summary>The receiver refuses.</summary>
public sealed record Declined(DeclineReason Reason) : Decision
{
    /// <summary>Whether a referral of this type may be declined for the reason.</summary>
    /// <remarks>
    /// A national is not refused for want of places or services: they are conditions of TakenUp (Palermo Protocol,
    /// article 8). "Not found" is an answer to LocateAndProtect, not a refusal of it.
    /// </remarks>
    public bool IsAllowedFor(ReferralType type) => (Reason, type) switch
    {
        (DeclineReason.PersonNotFound, ReferralType.LocateAndProtect) => false,
        (DeclineReason.NoCapacity or DeclineReason.ServiceNotAvailable, ReferralType.Repatriation) => false,
        _ => true,
    };
}

/// <summary>Another country may be the right one; the sender opens a new dossier if it agrees.</summary>
public sealed record OnwardProposed(NodeId Country) : Decision;

/// <summary>The sender's answer; the entry answers the proposal.</summary>
public sealed record OnwardAnswered(bool Agreed) : Decision;

/// <summary>The person's consent as it stands now, whole: it replaces what was consented to before.</summary>
public sealed record ConsentRecorded(Consent Consent) : Happening;

/// <summary>A version of the case file is there for the other side.</summary>
/// <param name="Version">1, 2, 3… of its author.</param>
/// <param name="CaseFile">SHA-256 over a random salt and what is sealed to the other side.</param>
public sealed record CaseFileReleased(int Version, Digest CaseFile) : Decision;

/// <summary>The case file is there; the entry answers the release.</summary>
public sealed record CaseFileReceived : Happening;

/// <summary>The identification changed; the particulars say how. Protection never ends by itself.</summary>
public sealed record IdentificationChanged : Happening;

/// <summary>Whether the person who was reported held was found.</summary>
public sealed record LocationAnswered(LocationAnswer Answer) : Decision;

/// <summary>What the tracing of the family brought is in the particulars.</summary>
public sealed record TracingAnswered : Decision;

/// <summary>What the country of origin found; may be repeated.</summary>
/// <param name="Finding">Anything but MayReturn ends a plan.</param>
/// <param name="SafetyPlan">There is one.</param>
/// <param name="CareSuitable">Someone suitable cares for the person there.</param>
public sealed record AssessmentReported(Finding Finding, bool SafetyPlan, bool CareSuitable) : Happening;

/// <summary>What the person wants, as said on a day.</summary>
public sealed record WishRecorded(Wish Wish, DateOnly On) : Happening;

/// <summary>A safeguard for a child, done on a day.</summary>
public sealed record ChildSafeguardRecorded(Safeguard Safeguard, DateOnly On) : Happening;

/// <summary>How far something that the return needs is.</summary>
public sealed record PreparationReported(PreparationItem Item, PreparationStatus Status) : Happening;

/// <summary>A plan for the return, for the other side to agree to.</summary>
/// <param name="Plan">Names the plan; people who travel together share it.</param>
/// <param name="Replaces">The plan that stood, so that two plans that crossed do not replace each other; null where none stood.</param>
/// <param name="TravelOn">In the host's country.</param>
/// <param name="MeetingAt">UTC.</param>
/// <param name="MeetingPoint">Where the person is met.</param>
public sealed record ReturnPlanned(Token Plan, Token? Replaces, DateOnly TravelOn, DateTimeOffset MeetingAt, PlaceCode MeetingPoint) : Decision;

/// <summary>The other side agrees; the entry answers the plan.</summary>
public sealed record ReturnAgreed : Decision;

/// <summary>The return waits, for a court or for health.</summary>
/// <param name="Until">The last day, inclusive, in the host's country.</param>
/// <param name="PersonAgrees">Needed to hold again: nobody is kept for the court.</param>
public sealed record ReturnHeld(DateOnly Until, bool PersonAgrees) : Decision;

/// <summary>The return waits no longer.</summary>
public sealed record HoldEnded : Decision;

/// <summary>The plan is given up; the return is planned anew.</summary>
public sealed record ReturnPostponed : Decision;

/// <summary>The person set out in company.</summary>
/// <param name="Plan">That is carried out.</param>
/// <param name="Place">Where.</param>
/// <param name="At">UTC.</param>
public sealed record Accompanied(Token Plan, PlaceCode Place, DateTimeOffset At) : Happening;

/// <inheritdoc cref="Accompanied"/>
/// <summary>The person did not set out.</summary>
public sealed record DidNotTravel(Token Plan, PlaceCode Place, DateTimeOffset At) : Happening;

/// <inheritdoc cref="Accompanied"/>
/// <summary>The person was met.</summary>
public sealed record Met(Token Plan, PlaceCode Place, DateTimeOffset At) : Happening;

/// <inheritdoc cref="Accompanied"/>
/// <summary>The person did not come.</summary>
public sealed record NotArrived(Token Plan, PlaceCode Place, DateTimeOffset At) : Happening;

/// <summary>The person is safe.</summary>
/// <param name="Plan">The journey on which the person was missed.</param>
/// <param name="In">Host or origin.</param>
public sealed record FoundSafe(Token Plan, NodeId In) : Happening;

/// <summary>Support has begun where the person stays.</summary>
public sealed record ReintegrationStarted : Happening;

/// <summary>How the person fares.</summary>
/// <param name="Number">1, 2, 3…: which of the follow-ups that are owed.</param>
/// <param name="Result">Either counts as made.</param>
/// <param name="NextDue">When the next one is wanted; null leaves it where it is.</param>
public sealed record FollowUpReported(int Number, FollowUpResult Result, DateOnly? NextDue) : Happening;

/// <summary>A court of one country asks for the person.</summary>
public sealed record AppearanceAsked : Decision;

/// <summary>The other side's answer; the entry answers what was asked.</summary>
public sealed record AppearanceAnswered(AppearanceAnswer Answer) : Decision;

/// <summary>The person appeared.</summary>
public sealed record AppearanceDone : Happening;

/// <summary>An award, wages, a fund, a payment: in the particulars.</summary>
public sealed record EntitlementNoted : Happening;

/// <summary>A hearing, a verdict: in the particulars.</summary>
public sealed record ProceedingsNoted : Happening;

/// <summary>The person is out of contact.</summary>
public sealed record ContactEnded : Happening;

/// <summary>The person is in contact again.</summary>
public sealed record ContactResumed : Happening;

/// <summary>The case is closed, and how it ended.</summary>
public sealed record Completed(ReferralOutcome Outcome) : Decision;

/// <summary>The sender calls it off, at once. The reason, which may stay unstated, is in the particulars.</summary>
public sealed record Cancelled : Decision;

/// <summary>The person withdrew consent.</summary>
public sealed record ConsentWithdrawn(WithdrawalScope Scope) : Happening;

/// <summary>What became of the data, where a referral has ended.</summary>
/// <param name="Fate">Erased or retained.</param>
/// <param name="Basis">Present for what is retained, and only there.</param>
/// <param name="PaperCopies">How far they were called back.</param>
public sealed record DataStopped(DataFate Fate, RetentionBasis? Basis, PaperRecall PaperCopies) : Happening;

/// <summary>Nobody answered in time: signed, so that it can be shown.</summary>
public sealed record Lapsed(MissingStep Missing) : Decision;

/// <summary>It should never have been opened.</summary>
public sealed record EnteredInError : Decision;

/// <summary>How much of the consent was withdrawn. Closed.</summary>
public abstract record WithdrawalScope
{
    private WithdrawalScope() { }

    /// <summary>All of it.</summary>
    public sealed record Everything : WithdrawalScope;

    /// <summary>Some purposes, some recipients, or both.</summary>
    public sealed record Part(ValueSet<Purpose> Purposes, ValueSet<NodeId> Recipients) : WithdrawalScope;
}

/// <summary>What the person agreed to.</summary>
/// <param name="Purposes">For what.</param>
/// <param name="Recipients">Who may receive.</param>
/// <param name="Until">The last day, inclusive, in the country of the entry's author.</param>
public sealed record Consent(ValueSet<Purpose> Purposes, ValueSet<NodeId> Recipients, DateOnly Until)
{
    /// <summary>What is left after a part was withdrawn.</summary>
    public Consent Without(WithdrawalScope.Part part) =>
        this with { Purposes = Purposes.Except(part.Purposes), Recipients = Recipients.Except(part.Recipients) };
}
