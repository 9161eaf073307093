using System.Collections.Immutable;

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

/// <summary>What referrals of a type are for.</summary>
public static class ReferralTypes
{
    /// <summary>A case file goes only under a consent to one of these.</summary>
    public static ImmutableArray<Purpose> Purposes(this ReferralType type) => type switch
    {
        ReferralType.Repatriation => [Purpose.Return],
        ReferralType.Reintegration => [Purpose.Reintegration],
        ReferralType.FamilyTracing => [Purpose.FamilyTracing],
        ReferralType.HostProtection => [Purpose.Protection],
        ReferralType.WitnessAppearance => [Purpose.Proceedings],
        // Whoever is found held is protected first; what the family or the way home needs may be all that the person wants.
        ReferralType.LocateAndProtect => [Purpose.Protection, Purpose.FamilyTracing, Purpose.Return],
    };
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

/// <summary>What a country answers to a report of a person held there.</summary>
public enum LocationAnswer
{
    /// <summary>The person was found and wishes contact: only with the person's recorded consent.</summary>
    ContactWished = 1,

    /// <summary>Covers both "not found" and "does not wish to be found": nobody can tell which.</summary>
    NothingToReport,
}

/// <summary>What an assessment in the country of origin found.</summary>
public enum Finding
{
    MayReturn = 1,
    MayNotReturn,

    /// <summary>A note on progress: nothing is found yet.</summary>
    Pending,
}

/// <summary>What the person wants.</summary>
public enum Wish
{
    Return = 1,

    /// <summary>To stay, a third country, or not decided: the particulars tell which.</summary>
    Other,
}

/// <summary>A safeguard for a child.</summary>
public enum Safeguard
{
    BestInterests = 1,
    ViewsHeard,
    Guardian,
    AgeDecided,
}

/// <summary>Something that a return needs.</summary>
public enum PreparationItem
{
    TravelDocument = 1,
    ExitPermit,
    CourtRelease,
    MedicalFitness,
    Escort,
    Transport,
    ReceivingShelter,
    Funding,
}

/// <summary>How far a preparation item is. It is open from Asked until Done or NotNeeded.</summary>
public enum PreparationStatus
{
    Asked = 1,
    Done,
    NotNeeded,

    /// <summary>Asks the host for a decision.</summary>
    Refused,
}

/// <summary>How a follow-up went.</summary>
public enum FollowUpResult
{
    Done = 1,

    /// <summary>The person did not want it: the follow-up counts as made.</summary>
    DeclinedByPerson,
}

/// <summary>Whether a person may appear before a court of the other country.</summary>
public enum AppearanceAnswer
{
    Granted = 1,
    Refused,
}

/// <summary>How a referral ends.</summary>
public enum ReferralOutcome
{
    Returned = 1,
    ReintegratedInPlace,
    StaysInHostCountry,
    ThirdCountry,
    ProceedingsOnly,
    TracingDone,
    ContactEnded,

    /// <summary>By LocationAnswered alone.</summary>
    NothingToReport,
}

/// <summary>What a country did with the data of a referral that has ended.</summary>
public enum DataFate
{
    Erased = 1,
    Retained,
}

/// <summary>By what law data are retained.</summary>
public enum RetentionBasis
{
    StatutoryRetention = 1,
    CriminalProceedings,
    CourtOrder,
}

/// <summary>How far paper copies were called back.</summary>
public enum PaperRecall
{
    All = 1,
    Some,

    /// <summary>A list of who holds some was handed over.</summary>
    List,
}

/// <summary>The step that did not come in time.</summary>
public enum MissingStep
{
    Acknowledgement = 1,
}

/// <summary>Where a referral stands. The open states come first, in their order: "from … to" in the protocol means this order.</summary>
public enum ReferralState
{
    Sent = 1,
    Received,
    TakenUp,
    Assessed,
    ReturnPlanned,
    ReturnAgreed,
    EnRoute,
    Unaccounted,
    Returned,
    InReintegration,

    /// <summary>Neither open nor final: nobody acknowledged in time.</summary>
    Lapsed,

    /// <summary>Final.</summary>
    Declined,

    /// <summary>Final.</summary>
    Completed,

    /// <summary>Final.</summary>
    Cancelled,

    /// <summary>Final.</summary>
    Withdrawn,

    /// <summary>Final.</summary>
    EnteredInError,
}
