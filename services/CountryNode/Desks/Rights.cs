using System.Collections.Frozen;
using Coordination.Domain.Dossiers;

namespace Coordination.CountryNode.Desks;

/// <summary>What an office can ask a node to do.</summary>
public enum Act
{
    OpenReferral = 1,
    AcknowledgeReferral,
    TakeUpReferral,
    DeclineReferral,
    CancelReferral,
    WithdrawConsent,
    ReadReferral,
    ReadHistory,
}

/// <summary>Which office may do what: one table.</summary>
public static class Rights
{
    static readonly FrozenDictionary<Act, Role[]> Table = new Dictionary<Act, Role[]>
    {
        [Act.OpenReferral] = [Role.FocalPoint],
        [Act.AcknowledgeReferral] = [Role.FocalPoint],
        [Act.TakeUpReferral] = [Role.FocalPoint],
        [Act.DeclineReferral] = [Role.FocalPoint],
        [Act.CancelReferral] = [Role.FocalPoint],
        // Whoever hears it from the person passes it on, without waiting for anybody.
        [Act.WithdrawConsent] = [Role.FocalPoint, Role.CaseWorker],
        [Act.ReadReferral] = [Role.FocalPoint, Role.CaseWorker, Role.Auditor],
        [Act.ReadHistory] = [Role.FocalPoint, Role.Auditor],
    }.ToFrozenDictionary();

    /// <summary>Why the office may not; null when it may.</summary>
    public static Refusal? Check(Office office, Act act) => Table[act].Contains(office.Role)
        ? null
        : new(RefusalKind.NotAllowed, "OFFICE_NOT_ALLOWED", $"{office} may not do this: it is for {string.Join(", ", Table[act])}.");
}
