using System.Collections.Frozen;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.CountryNode.Desks;

/// <summary>What an office can ask of a node beside making a statement.</summary>
public enum Act
{
    /// <summary>Where it stands, and every entry of it: codes only, and the hashes by which an entry is answered, corrected or read beside.</summary>
    ReadReferral = 1,
    ReadParticulars,

    /// <summary>That a person is behind a request for mutual legal assistance, not who.</summary>
    SeeThatAPersonExists,
    OpenCaseFile,
    Audit,
    ReadNotices,
    Approve,

    /// <summary>To see what is due for deletion, and to delete it.</summary>
    ApplyRetention,
    ReadRetention,
    PlaceLegalHold,

    /// <summary>To say who works at the console, and for which offices.</summary>
    ManageAccounts,

    /// <summary>To see whether the node does its work, and to have it try again.</summary>
    Operate,

    /// <summary>To leave what is open in the office for whoever comes, and to take it over.</summary>
    Transfer,
}

/// <summary>Which office may do what: two tables.</summary>
public static class Rights
{
    static readonly FrozenDictionary<Act, Role[]> Acts = new Dictionary<Act, Role[]>
    {
        [Act.ReadReferral] = [Role.FocalPoint, Role.CaseWorker, Role.Approver, Role.Auditor],
        [Act.ReadParticulars] = [Role.FocalPoint, Role.CaseWorker, Role.Approver],
        [Act.SeeThatAPersonExists] = [Role.Prosecutor, Role.CentralAuthority],
        // Whoever supervises or approves does not need to know who the person is.
        [Act.OpenCaseFile] = [Role.FocalPoint, Role.CaseWorker],
        [Act.Audit] = [Role.Auditor],
        [Act.ReadNotices] = [Role.FocalPoint, Role.CaseWorker, Role.Approver, Role.Administrator],
        [Act.Approve] = [Role.Approver],
        // Whoever deletes does not decide what is held, and whoever supervises sees both.
        [Act.ApplyRetention] = [Role.Administrator],
        [Act.ReadRetention] = [Role.Administrator, Role.Auditor],
        [Act.PlaceLegalHold] = [Role.Auditor],
        [Act.ManageAccounts] = [Role.Administrator],
        [Act.Operate] = [Role.Administrator],
        [Act.Transfer] = [Role.FocalPoint, Role.CaseWorker],
    }.ToFrozenDictionary();

    /// <summary>Whoever is with the person says what happened to the person, and what the person wants, without waiting for anybody.</summary>
    static readonly FrozenSet<Type> CloseToThePerson =
    [
        typeof(ConsentWithdrawn), typeof(ConsentRecorded), typeof(WishRecorded), typeof(ChildSafeguardRecorded), typeof(PreparationReported),
        typeof(Accompanied), typeof(DidNotTravel), typeof(Met), typeof(NotArrived), typeof(FoundSafe),
        typeof(ReintegrationStarted), typeof(FollowUpReported), typeof(ContactEnded), typeof(ContactResumed),
    ];

    /// <summary>Why the office may not; null when it may.</summary>
    public static Refusal? Check(Office office, Act act) => Check(office, Acts[act]);

    /// <summary>Why the office may not make a statement; null when it may.</summary>
    /// <param name="office">Who makes it.</param>
    /// <param name="says">The statement; of a correction, what is said by it: see <see cref="SaidBy"/>.</param>
    public static Refusal? Check(Office office, Body says) =>
        Check(office, CloseToThePerson.Contains(says.GetType()) ? [Role.FocalPoint, Role.CaseWorker] : [Role.FocalPoint]);

    /// <summary>What a statement comes to: a correction is the statement that it puts in another's place, or that it takes back.</summary>
    /// <param name="body">The statement.</param>
    /// <param name="answered">What it answers; null where it answers nothing that is held.</param>
    public static Body SaidBy(Body body, Body? answered) => body is Corrected corrected ? corrected.Replacement ?? answered ?? body : body;

    /// <summary>Whether an office can have a referral: whoever has it must be able to make statements in it.</summary>
    public static bool MayHaveReferrals(Office office) => office.Role is Role.FocalPoint or Role.CaseWorker;

    static Refusal? Check(Office office, Role[] allowed) => allowed.Contains(office.Role)
        ? null
        : new(RefusalKind.NotAllowed, "OFFICE_NOT_ALLOWED", $"{office} may not do this: it is for {string.Join(", ", allowed.Select(Office.NameOf))}.");
}
