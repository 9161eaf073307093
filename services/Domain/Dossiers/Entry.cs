using System.Collections.Immutable;

namespace Coordination.Domain.Dossiers;

/// <summary>One signed statement in a dossier. Its identity is <see cref="Hash"/>.</summary>
/// <param name="Hash">Of the bytes as sent.</param>
/// <param name="Dossier">In the opening, the dossier that it begins.</param>
/// <param name="Author">The node that says it.</param>
/// <param name="Seq">1, 2, 3… in the author's chain of this dossier.</param>
/// <param name="Previous">The author's entry before; null at the beginning of a chain.</param>
/// <param name="Seen">The head of every other chain that the author held.</param>
/// <param name="Answers">The entry that this one answers, if any.</param>
/// <param name="WrittenAt">UTC, by the author's clock; proves nothing.</param>
/// <param name="HappenedOn">The day it happened, in the author's country.</param>
/// <param name="Channel">How it reached the office, or left it; null where only a newer program knows the code.</param>
/// <param name="Office">Who acted; null where only a newer program knows the role.</param>
/// <param name="Opening">Present in the opening alone.</param>
/// <param name="Body">The statement.</param>
public sealed record Entry(
    EntryHash Hash,
    DossierId Dossier,
    NodeId Author,
    int Seq,
    EntryHash? Previous,
    ImmutableArray<Head> Seen,
    EntryHash? Answers,
    DateTimeOffset WrittenAt,
    DateOnly HappenedOn,
    Channel? Channel,
    Office? Office,
    Opening? Opening,
    Body Body)
{
    public bool By(NodeId node) => Author == node;
}

/// <summary>The last entry of a chain that a node holds.</summary>
public readonly record struct Head(NodeId Author, int Seq, EntryHash Hash);

/// <summary>Who takes part in a dossier, and under which protocol.</summary>
/// <param name="Kind">Which exchange; null where only a newer program knows it.</param>
/// <param name="ProtocolVersion">From 1.</param>
/// <param name="Writers">The opening's author first.</param>
/// <param name="Readers">The nodes that read without writing.</param>
public sealed record Opening(Kind? Kind, int ProtocolVersion, ImmutableArray<NodeId> Writers, ImmutableArray<NodeId> Readers)
{
    /// <summary>Writers and readers.</summary>
    public IEnumerable<NodeId> Participants => Writers.Concat(Readers);
}

/// <summary>The exchange that a dossier belongs to.</summary>
public enum Kind
{
    Referral = 1,
}

/// <summary>How the matter that an entry records reached the office, or left it.</summary>
public enum Channel
{
    Node = 1,
    Letter,
    NoteVerbale,
    Phone,
    Meeting,
    Police,
}
