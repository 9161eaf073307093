using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Exchange;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Referrals;
using Google.Protobuf;
using CaseFileReleased = Coordination.Domain.Referrals.CaseFileReleased;
using Office = Coordination.Domain.Dossiers.Office;

namespace Coordination.CountryNode.Desks;

/// <summary>Where offices add what goes with a case file, and open it: a piece at a time, never whole in memory, and in clear on no disk.</summary>
public sealed class AttachmentDesk(ReferralDesk desk, SubmissionDesk submissions, CaseFiles caseFiles, Attachments rows, AttachmentShelf shelf, Pen pen, TimeProvider time)
{
    static Refusal Withheld { get; } = new(RefusalKind.NotOpen, "ATTACHMENTS_WITHHELD", "The person withholds attachments, so none is kept. Record the consent anew if the person agrees now.");

    static Refusal Full { get; } = new(RefusalKind.NotOpen, "ATTACHMENTS_FULL", $"This dossier has {Attachments.MostInADossier} attachments of this country, and takes no more: release what it has, and put several papers into one file.");

    static Refusal Fault(string reason, string text) => Refusal.Invalid(reason, "data", text);

    /// <summary>Keeps an attachment for the next release, or says why not: then nothing of it is kept.</summary>
    /// <param name="office">Which office adds it.</param>
    /// <param name="person">Who, as the office's own accounts know the person.</param>
    /// <param name="dossier">To which dossier.</param>
    /// <param name="data">The attachment from its beginning, in pieces of any length.</param>
    /// <param name="cancellationToken">Nothing of it is kept.</param>
    public async Task<(Attachment? Added, Refusal? Refusal)> AddAsync(Office office, string person, DossierId dossier, IAsyncEnumerable<ReadOnlyMemory<byte>> data, CancellationToken cancellationToken)
    {
        if (await ReleaseFaultAsync(office, person, dossier, cancellationToken) is { } closed) return (null, closed);
        var key = new AttachmentKey(dossier, pen.Node, AttachmentWire.NewId(pen.Random));
        if (!await rows.BeginAsync(key, time.GetUtcNow(), cancellationToken)) return (null, Full);
        Attachment? added = null;
        try
        {
            (added, var refusal) = await KeepAsync(key, data, cancellationToken);
            return (added, refusal);
        }
        finally
        {
            if (added is null) await rows.ForgetAsync(key, CancellationToken.None);
        }
    }

    async Task<(Attachment? Added, Refusal? Refusal)> KeepAsync(AttachmentKey key, IAsyncEnumerable<ReadOnlyMemory<byte>> data, CancellationToken cancellationToken)
    {
        var about = new Attachment { AttachmentId = key.Id };
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var number = 0;
        await foreach (var piece in InPiecesAsync(data, cancellationToken))
        {
            if (number == 0)
            {
                if (AttachmentWire.TypeOf(piece.Span) is not { } type)
                    return (null, Fault("ATTACHMENT_TYPE_UNKNOWN", "is no PDF, JPEG, PNG, TIFF, WebP, HEIC, MP4, M4A, MP3 or WAV by its first bytes, whatever it is called: save it as one of these"));
                about.Type = type;
            }
            about.Size += (ulong)piece.Length;
            if (about.Size > AttachmentWire.MostBytes) return (null, Fault("ATTACHMENT_TOO_LARGE", $"is larger than {AttachmentWire.MostBytes / 1024 / 1024} MiB: divide it, or make it smaller"));
            hash.AppendData(piece.Span);
            if (shelf.Protect(key, release: null, number, piece.Span) is not { } atRest) return (null, CaseFiles.Erased);
            await rows.KeepAsync(key, number++, atRest, cancellationToken);
        }
        if (number == 0) return (null, Fault("FIELD_INVALID", "is empty"));
        about.Sha256 = ByteString.CopyFrom(hash.GetHashAndReset());
        if (shelf.Protect(key, release: null, about) is not { } aboutAtRest) return (null, CaseFiles.Erased);
        await rows.FinishAsync(key, aboutAtRest, cancellationToken);
        return (about, null);
    }

    /// <summary>Pieces of the length in which they are kept, whatever came; one is in memory at once.</summary>
    static async IAsyncEnumerable<ReadOnlyMemory<byte>> InPiecesAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> data, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var piece = new byte[AttachmentWire.PieceBytes];
        var filled = 0;
        try
        {
            await foreach (var came in data.WithCancellation(cancellationToken))
            {
                for (var rest = came; !rest.IsEmpty;)
                {
                    var taken = Math.Min(rest.Length, piece.Length - filled);
                    rest[..taken].CopyTo(piece.AsMemory(filled));
                    (filled, rest) = (filled + taken, rest[taken..]);
                    if (filled < piece.Length) continue;
                    yield return piece;
                    filled = 0;
                }
            }
            if (filled > 0) yield return piece.AsMemory(0, filled);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(piece);
        }
    }

    /// <summary>Opens an attachment of a case file that was released.</summary>
    /// <inheritdoc cref="CaseFiles.OpenAsync"/>
    public async Task<AttachmentOpened> OpenAsync(Office office, string person, DossierId id, EntryHash? release, string attachment, AccessReason reason, CancellationToken cancellationToken)
    {
        switch (await caseFiles.OpenAsync(office, person, id, release, attachment, reason, cancellationToken))
        {
            case CaseFileRead.Not not: return not.Refusal;
            case CaseFileRead.Is { Release.Entry: var entry, Content: var content }:
                return AttachmentShelf.NamedIn(content, attachment) is { } about
                    ? new AttachmentOpened.Is(about, shelf.ReadAsync(entry.Author, id, about, token => caseFiles.ClosedAsync(id, entry.Hash, token), cancellationToken))
                    : AttachmentShelf.NotFound;
            default: throw new UnreachableException();
        }
    }

    /// <summary>Opens an attachment of a case file that waits with a submission, for whoever may approve it.</summary>
    public async Task<AttachmentOpened> OpenSubmittedAsync(string submission, Office office, string person, string attachment, AccessReason reason, CancellationToken cancellationToken)
    {
        var (dossier, file) = await submissions.OpenCaseFileAsync(submission, office, person, attachment, reason, cancellationToken);
        switch (file)
        {
            case ParticularsRead.Not not: return not.Refusal;
            case ParticularsRead.Is said:
                return AttachmentShelf.NamedIn(said.Content, attachment) is { } about
                    ? new AttachmentOpened.Is(about, shelf.ReadAsync(pen.Node, dossier, about, token => submissions.ClosedAsync(dossier, token), cancellationToken))
                    : AttachmentShelf.NotFound;
            default: throw new UnreachableException();
        }
    }

    /// <summary>Why the office could not release an attachment in this dossier now; null when it could.</summary>
    async Task<Refusal?> ReleaseFaultAsync(Office office, string person, DossierId dossier, CancellationToken cancellationToken)
    {
        var release = new Command(new CommandKey(office, "attachment"), person, default, dossier, new CaseFileReleased(1, default))
        {
            CaseFile = new CaseFile { Attachments = { new Attachment { AttachmentId = AttachmentWire.NewId(pen.Random) } } }.ToByteArray(),
        };
        var refusal = await desk.TryAsync(release, cancellationToken);
        return refusal == ReferralDesk.NothingToRelease ? Withheld : refusal;
    }
}

/// <summary>An attachment, or why it is closed. Closed.</summary>
public abstract record AttachmentOpened
{
    private AttachmentOpened() { }

    /// <param name="About">As the case file says.</param>
    /// <param name="Pieces">From its beginning.</param>
    public sealed record Is(Attachment About, IAsyncEnumerable<AttachmentRead> Pieces) : AttachmentOpened;

    public sealed record Not(Refusal Refusal) : AttachmentOpened;

    public static implicit operator AttachmentOpened(Refusal refusal) => new Not(refusal);
}
