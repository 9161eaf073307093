using System.Text;
using Coordination.CountryNode.Peers;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Referrals;
using Coordination.Hosting.Sealing;
using Coordination.Hosting.Trust;

namespace Coordination.CountryNode.Exchange;

/// <summary>Particulars and case files between an office, the database and the road: in clear only here, and only for as long as it takes.</summary>
public sealed partial class Safe(DossierKeys keys, KeyRing ring, TrustInForce trust, Pen pen, TimeProvider time, ILogger<Safe> logger)
{
    /// <summary>In characters, of particulars on the road, at most: some five times what an office can write.</summary>
    public const int MostSealed = 1024 * 1024;

    /// <summary>In characters, of a case file on the road, at most: four for each three bytes, and its header.</summary>
    const int MostSealedCaseFile = CaseFileWire.MostBytes / 3 * 4 + 4096;

    /// <summary>Whether particulars can be kept of a dossier now.</summary>
    /// <exception cref="IOException">The key folder fails.</exception>
    public Keeping Look(DossierId dossier) => keys.Look(dossier);

    /// <summary>Destroys the key of a dossier: nothing that was kept beside its entries is read again at this node.</summary>
    /// <exception cref="IOException">The key folder fails.</exception>
    public void Erase(DossierId dossier) => keys.Destroy(dossier);

    /// <summary>Signs a draft with particulars for everybody who takes part.</summary>
    /// <param name="draft">In its place.</param>
    /// <param name="participants">Whom the particulars are for, this node among them.</param>
    /// <param name="content">Empty for none.</param>
    /// <param name="caseFile">For a release: to whom, and what; null for anything else.</param>
    /// <returns>The entry with one digest for each, and what is to be kept beside it once it stands.</returns>
    public (SignedEntry Signed, IReadOnlyList<SealedPart> Parts, SealedPart? CaseFile) Sign(
        Entry draft, IEnumerable<NodeId> participants, ReadOnlyMemory<byte> content, (NodeId Recipient, ReadOnlyMemory<byte> Content)? caseFile)
    {
        var nonce = pen.NonceFor(draft);
        SealedPart? file = null;
        if (caseFile is var (to, all) && draft.Body is CaseFileReleased released)
        {
            file = SealedPart.Of(draft, nonce, to, all, pen.Random);
            draft = draft with { Body = released with { CaseFile = file.Digest.Digest } };
        }
        var parts = content.IsEmpty ? [] : participants.Distinct().Order().Select(recipient => SealedPart.Of(draft, nonce, recipient, content, pen.Random)).ToList();
        var signed = pen.Sign(draft with { Particulars = [.. parts.Select(part => part.Digest)] }, nonce);
        return (signed, parts, file);
    }

    /// <summary>What is to be kept of a part of an entry.</summary>
    /// <exception cref="IOException">The key folder fails.</exception>
    public KeptPart Keep(Entry entry, SealedPart part) => Keep(entry, part.Recipient, part.Bytes, Associated(entry.Hash, part.Recipient));

    /// <summary>What is to be kept of a case file.</summary>
    /// <exception cref="IOException">The key folder fails.</exception>
    /// <remarks>Under a key of its own too: what the person takes from a country is erased, and everything else of the dossier stays.</remarks>
    public KeptPart KeepCaseFile(Entry release, SealedPart file) =>
        new(release.Hash, file.Recipient, Protect(release.Dossier, release.Hash, file.Bytes.Span, AssociatedCaseFile(release.Hash, file.Recipient)) ?? default);

    /// <summary>What is to be kept of bytes of a dossier; null where they may not be kept again.</summary>
    /// <param name="dossier">Under whose key.</param>
    /// <param name="release">And under that of which release; null for none.</param>
    /// <param name="plaintext">The bytes.</param>
    /// <param name="associated">What they belong to: they open for nothing else.</param>
    /// <exception cref="IOException">The key folder fails.</exception>
    public ReadOnlyMemory<byte>? Protect(DossierId dossier, EntryHash? release, ReadOnlySpan<byte> plaintext, byte[] associated)
    {
        if (release is not { } under) return Kept(keys.Protect(dossier, plaintext, associated));
        return Kept(keys.Protect(KeyOf(under), plaintext, associated)) is { } inner ? Kept(keys.Protect(dossier, inner.Span, associated)) : null;

        ReadOnlyMemory<byte>? Kept(Protection protection) => protection switch
        {
            Protection.Protected kept => kept.Bytes,
            // Not null alone: that would be nothing at all, kept.
            Protection.Destroyed => (ReadOnlyMemory<byte>?)null,
            _ => throw new IOException($"A key of dossier {dossier.Short} is damaged: put back the copy of the key folder."),
        };
    }

    /// <summary>Opens what <see cref="Protect"/> gave.</summary>
    public Disclosure Open(DossierId dossier, EntryHash? release, ReadOnlyMemory<byte> atRest, byte[] associated) => keys.Open(dossier, atRest.Span, associated) switch
    {
        Disclosure.Opened inner when release is { } under => keys.Open(KeyOf(under), inner.Plaintext.Span, associated),
        var disclosure => disclosure,
    };

    /// <summary>The categories of the case file that the person withholds, by the last consent that says; null where that cannot be read.</summary>
    /// <param name="held">All that is held of the dossier.</param>
    /// <param name="parts">What is kept beside its entries for this node.</param>
    public IReadOnlyCollection<string>? WithheldIn(HeldDossier held, IEnumerable<KeptPart> parts)
    {
        var (signed, kept) = (held.Entries.ToDictionary(entry => entry.Entry.Hash, entry => entry.Signed), parts.ToDictionary(part => part.Entry));
        foreach (var (entry, verdict) in held.Fold<Referral>(trust.Current).Entries.Reverse())
        {
            if (entry.Body is not (Opened or ConsentRecorded) || verdict is not Verdict.Applied || !entry.Particulars.Any(digest => digest.Recipient == pen.Node)) continue;
            if (!kept.TryGetValue(entry.Hash, out var part) || Read(signed[entry.Hash], part) is not Disclosure.Opened opened) return null;
            switch (ParticularsWire.WithheldIn(SealedPart.ContentOf(opened.Plaintext)))
            {
                case Withheld.These(var categories): return categories;
                case Withheld.Unreadable: return null;
            }
        }
        return [];
    }

    /// <summary>A case file that this node released, sealed to the node that pulls it; null for what was erased or cannot be read, or while the trust list names no key to seal to.</summary>
    public string? SealCaseFile(SignedEntry release, KeptPart file) => Sealed(SealKind.CaseFile, release, file.Recipient, OpenCaseFile(release.Entry, file));

    /// <summary>Opens a case file that came sealed to this node; null when it is not the one that its release names.</summary>
    public SealedPart? TakeCaseFile(SignedEntry release, string compact) =>
        compact.Length <= MostSealedCaseFile
            && ring.Open(SealKind.CaseFile, compact) is Unsealed.Opened opened
            && SealedPart.ReadCaseFile(opened.Plaintext, release.Entry, release.Bytes, pen.Node) is { } content
            && CaseFileWire.IsOne(content.Span)
                ? new SealedPart(pen.Node, opened.Plaintext)
                : null;

    /// <summary>What was released: a serialised CaseFile, if it is the one that its release names.</summary>
    public Disclosure ReadCaseFile(SignedEntry release, KeptPart file)
    {
        return OpenCaseFile(release.Entry, file) switch
        {
            Disclosure.Opened opened when SealedPart.ReadCaseFile(opened.Plaintext, release.Entry, release.Bytes, file.Recipient) is { } content => new Disclosure.Opened(content),
            Disclosure.Opened => new Disclosure.Damaged(Damage.Altered),
            var disclosure => disclosure,
        };
    }

    Disclosure OpenCaseFile(Entry release, KeptPart file) =>
        file.AtRest.IsEmpty ? new Disclosure.Destroyed() : Open(release.Dossier, release.Hash, file.AtRest, AssociatedCaseFile(release.Hash, file.Recipient));

    /// <summary>The name under which the key of a release's case file is kept.</summary>
    public static DossierId KeyOf(EntryHash release) => new(EntryHash.Of([.. "coord/release/v1\0"u8, .. release.ToArray()]));

    /// <summary>What goes on the road. An entry always goes; what is to be read beside it goes no more once the person took the consent back.</summary>
    /// <param name="dossier">All that is held of it, with the withdrawals that are not signed yet.</param>
    /// <param name="entries">Of that dossier.</param>
    /// <param name="parts">What is kept beside them for the node to which they go.</param>
    public IEnumerable<Outgoing> ForTheRoad(Dossier<Referral> dossier, IEnumerable<SignedEntry> entries, IEnumerable<KeptPart> parts)
    {
        var kept = parts.ToDictionary(part => part.Entry);
        return entries.Select(signed => new Outgoing(
            signed, kept.TryGetValue(signed.Entry.Hash, out var part) && dossier.MayLeave(signed.Entry.Body, part.Recipient) ? Sealed(SealKind.Particulars, signed, part.Recipient, OpenPart(signed.Entry.Dossier, part)) : null));
    }

    /// <summary>Seals what is kept to the node that may read it, with a new key each time.</summary>
    /// <returns>Null for what was erased, or while the trust list names no key to seal to.</returns>
    string? Sealed(SealKind kind, SignedEntry signed, NodeId recipient, Disclosure kept)
    {
        switch (kept)
        {
            case Disclosure.Opened opened when trust.Current.EncryptionKeyOf(recipient, time.GetUtcNow()) is { } theirs:
                return Seal.To(theirs.Key, kind, opened.Plaintext.Span);
            case Disclosure.Opened:
                LogNoKey(logger, recipient.ToString());
                return null;
            case Disclosure.Damaged damaged:
                LogDamaged(logger, signed.Entry.Dossier.Short, damaged.Why);
                return null;
            default:
                return null;
        }
    }

    /// <summary>Opens particulars that came sealed to this node; null when they are not the ones that the entry names.</summary>
    public SealedPart? Take(SignedEntry signed, string compact) =>
        compact.Length <= MostSealed
            && ring.Open(SealKind.Particulars, compact) is Unsealed.Opened opened
            && SealedPart.Read(opened.Plaintext, signed.Entry, signed.Bytes, pen.Node) is not null
                ? new SealedPart(pen.Node, opened.Plaintext)
                : null;

    /// <summary>What is to be kept of the particulars of a withdrawal that is not signed yet; empty where none can be kept, which suspends no withdrawal.</summary>
    public ReadOnlyMemory<byte> KeepPending(CommandKey command, DossierId dossier, ReadOnlyMemory<byte> content) =>
        !content.IsEmpty && keys.Protect(dossier, content.Span, Associated(command)) is Protection.Protected kept ? kept.Bytes : default;

    /// <summary>The particulars of a withdrawal that can be signed now; empty for none, or where they can be read no more.</summary>
    public ReadOnlyMemory<byte> ReadPending(PendingWithdrawal pending)
    {
        if (pending.AtRest.IsEmpty) return default;
        switch (keys.Open(pending.Draft.Dossier, pending.AtRest.Span, Associated(pending.Command)))
        {
            case Disclosure.Opened opened:
                return opened.Plaintext;
            case Disclosure.Damaged damaged:
                LogDamaged(logger, pending.Draft.Dossier.Short, damaged.Why);
                return default;
            default:
                return default;
        }
    }

    /// <summary>What was sealed as particulars: a <see cref="SealedPart"/>, if it is the one that the entry names.</summary>
    public Disclosure Read(SignedEntry signed, KeptPart part)
    {
        return OpenPart(signed.Entry.Dossier, part) switch
        {
            Disclosure.Opened opened when SealedPart.Read(opened.Plaintext, signed.Entry, signed.Bytes, part.Recipient) is null => new Disclosure.Damaged(Damage.Altered),
            var disclosure => disclosure,
        };
    }

    Disclosure OpenPart(DossierId dossier, KeptPart part) =>
        part.AtRest.IsEmpty ? new Disclosure.Destroyed() : keys.Open(dossier, part.AtRest.Span, Associated(part.Entry, part.Recipient));

    KeptPart Keep(Entry entry, NodeId recipient, ReadOnlyMemory<byte> plaintext, byte[] associated) =>
        // Whoever says Erased has the key destroyed: nothing of the dossier is kept again.
        new(entry.Hash, recipient, Protect(entry.Dossier, release: null, plaintext.Span, associated) ?? default);

    static byte[] Associated(EntryHash entry, NodeId recipient) => [.. entry.ToArray(), .. Encoding.ASCII.GetBytes(recipient.ToString())];

    static byte[] AssociatedCaseFile(EntryHash release, NodeId recipient) => [.. "case file "u8, .. Associated(release, recipient)];

    static byte[] Associated(CommandKey command) => Encoding.ASCII.GetBytes($"pending {command.Office} {command.CommandId}");

    [LoggerMessage(EventId = 321, Level = LogLevel.Error, Message = "Particulars of dossier {Dossier} cannot be read ({Why}): put back the copy of the key folder.")]
    static partial void LogDamaged(ILogger logger, string dossier, Damage why);

    [LoggerMessage(EventId = 320, Level = LogLevel.Error, Message = "The trust list names no encryption key of {Peer} in use: particulars for it wait.")]
    static partial void LogNoKey(ILogger logger, string peer);
}
