namespace Coordination.Domain.Referrals;

/// <summary>What a referral asks for.</summary>
public enum ReferralType
{
    /// <summary>Safe and voluntary return.</summary>
    Repatriation = 1,
    Reintegration,
    FamilyTracing,
    HostProtection,
    WitnessAppearance,

    /// <summary>Family or a hotline reports a person held abroad; opened by the country of origin.</summary>
    LocateAndProtect,
}

/// <summary>What binds the two countries. Sources: the directory's list of instruments between pairs.</summary>
public enum Instrument
{
    /// <summary>The COMMIT memorandum of understanding of 29 October 2004, which binds all six.</summary>
    CommitMemorandum = 1,
    Bilateral,
}

/// <summary>How fast the clocks run: by working days, or by hours.</summary>
public enum Urgency
{
    Routine = 1,
    Urgent,
}

/// <summary>Whether the safeguards for children apply; a disputed age counts as a minor's.</summary>
public enum Minority
{
    Adult = 1,
    Minor,
    Disputed,
}

/// <summary>Why the person's data may cross the border.</summary>
public enum Basis
{
    Consent = 1,
    RiskToLife,
    CourtOrder,
}

/// <summary>Who authorised a minor's referral.</summary>
public enum AuthorisedBy
{
    Parent = 1,
    AppointedGuardian,
    ChildProtectionAuthority,
}

/// <summary>What a person consents to.</summary>
public enum Purpose
{
    Return = 1,
    Reintegration,
    FamilyTracing,
    Protection,
    Proceedings,
}

/// <summary>Why a receiver refuses.</summary>
public enum DeclineReason
{
    NotOurNational = 1,
    NationalityUnverified,
    PersonNotFound,
    IdentityNotConfirmed,
    NoCapacity,
    ServiceNotAvailable,
    UnsafeToReturn,
    ConsentInsufficient,
    Incomplete,
    Duplicate,
    WrongAuthority,
    Other,
}

/// <summary>Where a referral stands.</summary>
public enum ReferralState
{
    Sent = 1,
    Received,
    TakenUp,

    /// <summary>Final.</summary>
    Declined,

    /// <summary>Final.</summary>
    Cancelled,

    /// <summary>Final.</summary>
    Withdrawn,
}
