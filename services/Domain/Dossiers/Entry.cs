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
/// <param name="OnBehalfOf">The country whose body acted, where it has no node and the author writes for it; null otherwise.</param>
/// <param name="Letter">The digest of the letter that the matter came by, or went out by; null where there was none.</param>
/// <param name="Particulars">The salted digests of the sealed particulars, one for each who may read them; none where there are none.</param>
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
    NodeId? OnBehalfOf,
    Digest? Letter,
    ImmutableArray<ParticularsDigest> Particulars,
    Opening? Opening,
    Body Body)
{
    public bool By(NodeId node) => Author == node;

    /// <summary>What it directly descends from.</summary>
    public IEnumerable<EntryHash> Past() => Previous is { } previous ? Seen.Select(head => head.Hash).Prepend(previous) : Seen.Select(head => head.Hash);

    /// <summary>Whether it was written in knowledge of the entry <paramref name="seq"/> of <paramref name="author"/>.</summary>
    /// <remarks>By the chains' numbers: true of entries whose chains stand.</remarks>
    public bool DescendsFrom(NodeId author, int seq) =>
        author == Author ? Seq > seq : Seen.Any(head => head.Author == author && head.Seq >= seq);
}

/// <summary>What an office says: everything of an entry but its place.</summary>
/// <param name="Office">Who acts.</param>
/// <param name="Body">The statement.</param>
/// <param name="HappenedOn">The day it happened, in the author's country.</param>
/// <param name="Channel">How it reached the office, or left it.</param>
public sealed record Statement(Office Office, Body Body, DateOnly HappenedOn, Channel Channel)
{
    /// <inheritdoc cref="Entry.Answers"/>
    public EntryHash? Answers { get; init; }

    /// <inheritdoc cref="Entry.OnBehalfOf"/>
    public NodeId? OnBehalfOf { get; init; }

    /// <inheritdoc cref="Entry.Letter"/>
    public Digest? Letter { get; init; }
}

/// <summary>SHA-256 over a random salt of 32 bytes and what was sealed to one recipient; the salt is inside the seal.</summary>
public readonly record struct ParticularsDigest(NodeId Recipient, Digest Digest);

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
