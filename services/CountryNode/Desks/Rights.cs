using System.Collections.Frozen;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.CountryNode.Desks;

/// <summary>What an office can ask of a node beside making a statement.</summary>
public enum Act
{
    ReadReferral = 1,
    ReadHistory,
    ReadParticulars,
    ReadNotices,
    Approve,
}

/// <summary>Which office may do what: two tables.</summary>
public static class Rights
{
    static readonly FrozenDictionary<Act, Role[]> Acts = new Dictionary<Act, Role[]>
    {
        [Act.ReadReferral] = [Role.FocalPoint, Role.CaseWorker, Role.Approver, Role.Auditor],
        [Act.ReadHistory] = [Role.FocalPoint, Role.Auditor],
        [Act.ReadParticulars] = [Role.FocalPoint, Role.CaseWorker, Role.Approver],
        [Act.ReadNotices] = [Role.FocalPoint, Role.CaseWorker, Role.Approver, Role.Administrator],
        [Act.Approve] = [Role.Approver],
    }.ToFrozenDictionary();

    /// <summary>Whoever is with the person says what happened to the person, and what the person wants, without waiting for anybody.</summary>
    static readonly FrozenSet<Type> CloseToThePerson =
    [
        typeof(ConsentWithdrawn), typeof(ConsentRecorded), typeof(WishRecorded), typeof(ChildSafeguardRecorded), typeof(PreparationReported),
        typeof(Accompanied), typeof(DidNotTravel), typeof(Met), typeof(NotArrived), typeof(FoundSafe),
        typeof(ReintegrationStarted), typeof(FollowUpReported), typeof(ContactEnded), typeof(ContactResumed), typeof(Corrected),
    ];

    /// <summary>Why the office may not; null when it may.</summary>
    public static Refusal? Check(Office office, Act act) => Check(office, Acts[act]);

    /// <summary>Why the office may not make a statement; null when it may.</summary>
    public static Refusal? Check(Office office, Body body) =>
        Check(office, CloseToThePerson.Contains(body.GetType()) ? [Role.FocalPoint, Role.CaseWorker] : [Role.FocalPoint]);

    /// <summary>Whether an office can have a referral: whoever has it must be able to make statements in it.</summary>
    public static bool MayHaveReferrals(Office office) => office.Role is Role.FocalPoint or Role.CaseWorker;

    static Refusal? Check(Office office, Role[] allowed) => allowed.Contains(office.Role)
        ? null
        : new(RefusalKind.NotAllowed, "OFFICE_NOT_ALLOWED", $"{office} may not do this: it is for {string.Join(", ", allowed)}.");
}
