using System.Collections.Immutable;
using Coordination.Domain.Dossiers;

namespace Coordination.CountryNode.Store;

/// <summary>What lists and deadlines know of a dossier: written with every entry, from the fold, and by nothing else.</summary>
/// <param name="State">As its protocol calls it; null while its opening is missing or void.</param>
/// <param name="Counterpart">The other country; null as above.</param>
/// <param name="Type">As its protocol calls it; null as above.</param>
/// <param name="Urgency">As its protocol calls it; null as above.</param>
/// <param name="Office">The office of this node that has it; null while none has.</param>
/// <param name="Debts">What is owed.</param>
/// <param name="TakenBack">How many case files the person took back, by withdrawing the consent from one country.</param>
public sealed record Overview(string? State, NodeId? Counterpart, string? Type, string? Urgency, Office? Office, ImmutableArray<DueDebt> Debts, int TakenBack)
{
    public static Overview OfNothing { get; } = new(null, null, null, null, null, [], 0);
}

/// <summary>A debt with its dates.</summary>
/// <param name="Key">Which.</param>
/// <param name="Office">The office that must act; null where it is not known.</param>
/// <param name="AwaitingSince">UTC; null while the clock does not run.</param>
/// <param name="WarnAt">UTC; null where nobody is warned, or while the clock does not run.</param>
/// <param name="DueAt">UTC; null while the clock does not run.</param>
/// <param name="AgainEvery">How often lateness is told again; null for once.</param>
/// <param name="ProgressEvery">How many months apart a note on progress is wanted; 0 for none.</param>
public sealed record DueDebt(
    DebtKey Key, Office? Office, DateTimeOffset? AwaitingSince, DateTimeOffset? WarnAt, DateTimeOffset? DueAt, TimeSpan? AgainEvery, int ProgressEvery)
{
    /// <summary>UTC: before this there is nothing to tell; null while the clock does not run.</summary>
    public DateTimeOffset? FirstLook => DueAt is null ? null : new[] { WarnAt, DueAt, ProgressEvery > 0 ? AwaitingSince?.AddMonths(ProgressEvery) : null }.Min();
}

/// <summary>What makes a debt one debt, so that nothing about it is told to an office twice.</summary>
/// <param name="Clock">As its protocol calls it.</param>
/// <param name="Owes">The country that must act.</param>
/// <param name="Number">Which of several; 0 where there is one.</param>
/// <param name="Cause">The entry that made it owed.</param>
/// <param name="About">The entry to be answered; null where none is.</param>
public sealed record DebtKey(string Clock, NodeId Owes, int Number, EntryHash Cause, EntryHash? About);

/// <summary>Something that an office of this node is told once.</summary>
/// <param name="Dossier">Where.</param>
/// <param name="Debt">About what.</param>
/// <param name="Kind">What is said of it.</param>
/// <param name="Round">1, 2, 3… where the same is said again after a time.</param>
/// <param name="Office">To whom; null where no office is known, and the node's administrators look.</param>
/// <param name="At">UTC.</param>
public sealed record Notice(DossierId Dossier, DebtKey Debt, NoticeKind Kind, int Round, Office? Office, DateTimeOffset At);

/// <summary>Something told once of a statement that waits for a second person.</summary>
/// <param name="Submission">Its id.</param>
/// <param name="Dossier">Where; null for an opening.</param>
/// <param name="Statement">The statement's name.</param>
/// <param name="News">What is said of it.</param>
/// <param name="Office">To whom; null for whoever may approve.</param>
/// <param name="At">UTC.</param>
public sealed record SubmissionNotice(string Submission, DossierId? Dossier, string Statement, SubmissionNews News, Office? Office, DateTimeOffset At);

/// <summary>What is told of a submission.</summary>
public enum SubmissionNews
{
    /// <summary>It waits for a second person; to whoever may approve.</summary>
    Submitted = 1,

    /// <summary>It has waited long; to the same.</summary>
    Waiting,

    /// <summary>It was sent back; to the office that submitted it.</summary>
    SentBack,
}

/// <summary>A notice as it is listed: of a debt or of a submission.</summary>
/// <param name="Number">In the order in which they were told.</param>
/// <param name="OfDebt">Null where it is the other.</param>
/// <param name="OfSubmission">Null where it is the other.</param>
public sealed record ListedNotice(long Number, Notice? OfDebt, SubmissionNotice? OfSubmission);

/// <summary>What an office is told of a debt.</summary>
public enum NoticeKind
{
    /// <summary>It will be due.</summary>
    Warning = 1,

    /// <summary>It was not done by then; to the office that must act.</summary>
    Late,

    /// <summary>The same, to the supervising office.</summary>
    Escalated,

    /// <summary>A note on progress is wanted.</summary>
    Progress,

    /// <summary>Somebody has to look at any hour; to the duty office.</summary>
    Alarm,
}
