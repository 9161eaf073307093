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
/// <param name="ReplyBy">The last day, inclusive, on which an acknowledgement is waited for, in the receiver's country.</param>
/// <param name="BestInterestsOn">When a child's best interests were determined; null where they were not.</param>
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
    DateOnly ReplyBy,
    DateOnly? BestInterestsOn) : Decision;

/// <summary>The receiver has it on a desk.</summary>
public sealed record Acknowledged : Decision;

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

/// <summary>The sender calls it off, at once.</summary>
public sealed record Cancelled : Decision;

/// <summary>The person withdrew consent.</summary>
public sealed record ConsentWithdrawn(WithdrawalScope Scope) : Happening;

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
