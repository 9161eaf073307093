using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Coordination.Contracts.Peer.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Referrals;
using Coordination.Hosting.Sealing;
using Coordination.Hosting.Trust;
using Google.Protobuf;

namespace Coordination.CountryNode.Exchange;

/// <summary>Attachments between an office, the database and the road, one piece at a time: in clear only here, and only for as long as it takes.</summary>
public sealed class AttachmentShelf(Attachments rows, Shelf shelf, Safe safe, KeyRing ring, TrustInForce trust, Pen pen, TimeProvider time)
{
    public static Refusal NotFound { get; } = new(RefusalKind.NotFound, "ATTACHMENT_NOT_FOUND", "The case file names no such attachment. Open the case file: it names those that go with it.");

    public static Refusal Missing { get; } = new(RefusalKind.NotFound, "ATTACHMENT_MISSING", "The attachment has not arrived yet; it is being asked for.");

    static Refusal Damaged { get; } = new(RefusalKind.NotFound, "ATTACHMENT_DAMAGED", "The attachment cannot be read, or is not what this case file says of it. Ask the operator to look at the key folder, and the country that released it to release it anew.");

    /// <summary>The attachment of a case file that has an id; null where it names none such.</summary>
    /// <param name="caseFile">Serialised.</param>
    /// <param name="id">Of the attachment.</param>
    public static Attachment? NamedIn(ReadOnlyMemory<byte> caseFile, string id) =>
        CaseFile.Parser.ParseFrom(caseFile.Span).Attachments.FirstOrDefault(attachment => attachment.AttachmentId == id);

    /// <summary>A case file with what the node knows of the attachments that it names: type, size and hash.</summary>
    /// <param name="dossier">Whose attachments count.</param>
    /// <param name="caseFile">Serialised.</param>
    /// <param name="cancellationToken">Has nothing to undo.</param>
    public async Task<(ReadOnlyMemory<byte> CaseFile, Refusal? Refusal)> DescribeAsync(DossierId dossier, ReadOnlyMemory<byte> caseFile, CancellationToken cancellationToken)
    {
        var described = CaseFile.Parser.ParseFrom(caseFile.Span);
        if (described.Attachments.Count == 0) return (caseFile, null);
        foreach (var attachment in described.Attachments)
        {
            if (await rows.FindAsync(new(dossier, pen.Node, attachment.AttachmentId), cancellationToken) is not { Complete: true } kept || Read(kept) is not { } about)
                return (default, Refusal.Invalid("ATTACHMENT_UNKNOWN", "case_file.attachments", $"name {attachment.AttachmentId}, which was not added to this dossier: add it first"));
            (attachment.Type, attachment.Size, attachment.Sha256) = (about.Type, about.Size, about.Sha256);
        }
        return (described.ToByteArray(), null);
    }

    /// <summary>What is to be kept of a piece; null where the dossier's key is destroyed, and nothing of it is kept again.</summary>
    /// <exception cref="IOException">The key folder fails.</exception>
    public ReadOnlyMemory<byte>? Protect(AttachmentKey key, EntryHash? release, int number, ReadOnlySpan<byte> piece) => safe.Protect(key.Dossier, release, piece, AssociatedPiece(key, number));

    /// <summary>What is to be kept of what is known about one; null as above.</summary>
    /// <inheritdoc cref="Protect(AttachmentKey, EntryHash?, int, ReadOnlySpan{byte})"/>
    public ReadOnlyMemory<byte>? Protect(AttachmentKey key, EntryHash? release, Attachment about) => safe.Protect(key.Dossier, release, about.ToByteArray(), Associated(key));

    /// <summary>What is known about one; null where it cannot be read.</summary>
    public Attachment? Read(KeptAttachment kept) =>
        safe.Open(kept.Key.Dossier, kept.Release, kept.AboutAtRest, Associated(kept.Key)) is Disclosure.Opened opened ? Attachment.Parser.ParseFrom(opened.Plaintext.Span) : null;

    /// <summary>The pieces of an attachment in clear, as long as nobody says that it is closed.</summary>
    /// <param name="author">Who released it.</param>
    /// <param name="dossier">In which dossier.</param>
    /// <param name="about">As its case file says.</param>
    /// <param name="closed">Asked before each piece: why it is not read any further; null while it may be.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Pieces, and a refusal last where it is not read to its end.</returns>
    public async IAsyncEnumerable<AttachmentRead> ReadAsync(
        NodeId author, DossierId dossier, Attachment about, Func<CancellationToken, Task<Refusal?>> closed, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var key = new AttachmentKey(dossier, author, about.AttachmentId);
        if (await rows.FindAsync(key, cancellationToken) is not { Complete: true } kept)
        {
            yield return Missing;
            yield break;
        }
        if (Read(kept) is not { } known || !IsSame(known, about))
        {
            yield return Damaged;
            yield break;
        }
        var next = 0;
        await foreach (var (number, atRest) in rows.ReadAsync(key, 0, cancellationToken))
        {
            if (await closed(cancellationToken) is { } refusal)
            {
                yield return refusal;
                yield break;
            }
            if (safe.Open(dossier, kept.Release, atRest, AssociatedPiece(key, number)) is not Disclosure.Opened opened) break;
            yield return new AttachmentRead.Piece(opened.Plaintext);
            next = number + 1;
        }
        if (next != AttachmentWire.PiecesOf(about)) yield return Damaged;
    }

    /// <summary>The pieces of an attachment that this node released to a peer, sealed to it one by one, or why not.</summary>
    /// <param name="peer">Who asks.</param>
    /// <param name="id">In which dossier.</param>
    /// <param name="release">Under which release.</param>
    /// <param name="attachment">Its id.</param>
    /// <param name="from">The first piece, from 0.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async IAsyncEnumerable<AttachmentSealed> PullAsync(NodeId peer, DossierId id, EntryHash release, string attachment, int from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (file, refusal) = await shelf.FindReleasedAsync(peer, id, release, cancellationToken);
        if (file is not var (signed, kept) || safe.ReadCaseFile(signed, kept) is not Disclosure.Opened opened)
        {
            yield return refusal ?? CaseFiles.Erased;
            yield break;
        }
        if (NamedIn(opened.Plaintext, attachment) is not { } about)
        {
            yield return NotFound;
            yield break;
        }
        var key = new AttachmentKey(id, pen.Node, about.AttachmentId);
        await foreach (var (number, atRest) in rows.ReadAsync(key, from, cancellationToken))
        {
            // A withdrawal that was committed meanwhile counts.
            if ((await shelf.FindReleasedAsync(peer, id, release, cancellationToken)).Refusal is { } closed)
            {
                yield return closed;
                yield break;
            }
            if (safe.Open(id, release: null, atRest, AssociatedPiece(key, number)) is not Disclosure.Opened piece || trust.Current.EncryptionKeyOf(peer, time.GetUtcNow()) is not { } theirs) yield break;
            yield return new AttachmentSealed.Piece(Seal.To(theirs.Key, SealKind.Attachment, Place(id, release, about.AttachmentId, peer, number, piece.Plaintext).ToByteArray()));
        }
    }

    /// <summary>Opens a piece that came sealed to this node; null when it is not the one that was asked for.</summary>
    public ReadOnlyMemory<byte>? Take(AttachmentKey key, EntryHash release, Attachment about, int number, string compact)
    {
        if (compact.Length > AttachmentWire.MostSealed || number >= AttachmentWire.PiecesOf(about) || ring.Open(SealKind.Attachment, compact) is not Unsealed.Opened opened) return null;
        AttachmentPiece piece;
        try
        {
            piece = AttachmentPiece.Parser.ParseFrom(opened.Plaintext.Span);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
        var belongs = piece.Data.Length == AttachmentWire.LengthOf(about, number) && piece.Equals(Place(key.Dossier, release, key.Id, pen.Node, number, piece.Data.Memory));
        // Not null alone: that would be an empty piece.
        return belongs ? piece.Data.Memory : (ReadOnlyMemory<byte>?)null;
    }

    /// <summary>Whether all pieces are here, and are together what the case file says; each is read from the database.</summary>
    public async Task<bool> IsWholeAsync(AttachmentKey key, EntryHash release, Attachment about, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await foreach (var (number, atRest) in rows.ReadAsync(key, 0, cancellationToken))
        {
            if (safe.Open(key.Dossier, release, atRest, AssociatedPiece(key, number)) is not Disclosure.Opened piece) return false;
            hash.AppendData(piece.Plaintext.Span);
        }
        return about.Sha256.Span.SequenceEqual(hash.GetHashAndReset());
    }

    static bool IsSame(Attachment known, Attachment named) => known.Sha256 == named.Sha256 && known.Size == named.Size;

    static AttachmentPiece Place(DossierId dossier, EntryHash release, string attachment, NodeId recipient, int number, ReadOnlyMemory<byte> data) => new()
    {
        DossierId = ByteString.CopyFrom(dossier.ToArray()),
        Release = ByteString.CopyFrom(release.ToArray()),
        AttachmentId = attachment,
        Recipient = recipient.ToString(),
        Number = (uint)number,
        Data = UnsafeByteOperations.UnsafeWrap(data),
    };

    static byte[] Associated(AttachmentKey key) => Encoding.ASCII.GetBytes($"attachment {key.Author} {key.Id}");

    static byte[] AssociatedPiece(AttachmentKey key, int number) => Encoding.ASCII.GetBytes($"attachment {key.Author} {key.Id} {number}");
}

/// <summary>A piece of an attachment in clear, or why there is no more. Closed.</summary>
public abstract record AttachmentRead
{
    private AttachmentRead() { }

    public sealed record Piece(ReadOnlyMemory<byte> Bytes) : AttachmentRead;

    public sealed record Not(Refusal Refusal) : AttachmentRead;

    public static implicit operator AttachmentRead(Refusal refusal) => new Not(refusal);
}

/// <summary>A piece of an attachment for the road, or why there is no more. Closed.</summary>
public abstract record AttachmentSealed
{
    private AttachmentSealed() { }

    public sealed record Piece(string Compact) : AttachmentSealed;

    public sealed record Not(Refusal Refusal) : AttachmentSealed;

    public static implicit operator AttachmentSealed(Refusal refusal) => new Not(refusal);
}
