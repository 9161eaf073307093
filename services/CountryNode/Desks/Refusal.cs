using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;

namespace Coordination.CountryNode.Desks;

/// <summary>Why a request is not done: a value, not an exception. Nothing was written.</summary>
/// <param name="Kind">What sort of refusal.</param>
/// <param name="Reason">For programs: UPPER_SNAKE_CASE, stable.</param>
/// <param name="Text">For people: what is wrong and what to do. Never personal data.</param>
/// <param name="Fields">The fields at fault, if it is about fields.</param>
public sealed record Refusal(RefusalKind Kind, string Reason, string Text, params IReadOnlyList<FieldFault> Fields)
{
    public static Refusal Invalid(string reason, string field, string text) =>
        new(RefusalKind.Invalid, reason, $"{field} {text}.", new FieldFault(field, text));

    /// <summary>All faults of one request at once.</summary>
    public static Refusal Invalid(IReadOnlyList<FieldFault> faults) =>
        new(RefusalKind.Invalid, faults.Any(fault => fault.IsUnknownCode) ? "CODE_UNKNOWN" : "FIELD_INVALID",
            string.Join(" ", faults.Select(fault => $"{fault.Field} {fault.Text}.")), faults);

    /// <summary>Of a happening that does not fit: what would be recorded of it is quoted as what it would be, for nothing is written yet.</summary>
    public static Refusal Contradicting(Reason reason) =>
        new(RefusalKind.NotOpen, Names.Of(reason.Code), $"Nothing is written yet. Once it is confirmed, the history will say: \"{reason.Text}\" If it happened all the same, confirm it by saying why in command.contradiction_reason.");

    public static Refusal NotFound { get; } =
        new(RefusalKind.NotFound, "DOSSIER_NOT_FOUND", "This node holds no such dossier. Check the id; if it was opened a moment ago, it may still be on its way.");
}

/// <summary>The sorts of refusal.</summary>
public enum RefusalKind
{
    /// <summary>Nobody knows who asks.</summary>
    Unauthenticated = 1,

    /// <summary>The office may not, here or in this dossier.</summary>
    NotAllowed,

    /// <summary>The request itself is at fault, whatever the state.</summary>
    Invalid,

    /// <summary>There is nothing to act on.</summary>
    NotFound,

    /// <summary>The state does not allow it.</summary>
    NotOpen,

    /// <summary>The command id was used for another request.</summary>
    AlreadyUsed,

    /// <summary>The same request may succeed in a moment.</summary>
    TryAgain,
}

/// <summary>What became of a command. Closed.</summary>
public abstract record CommandOutcome
{
    private CommandOutcome() { }

    /// <summary>Its entry is committed; this is the answer, the first time and every time after.</summary>
    public sealed record Done(ReadOnlyMemory<byte> Answer) : CommandOutcome;

    /// <summary>Nothing was written.</summary>
    public sealed record Refused(Refusal Refusal) : CommandOutcome;

    public static implicit operator CommandOutcome(Refusal refusal) => new Refused(refusal);
}
