using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Coordination.Contracts.Referral.V1;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Sealing;
using Coordination.Hosting.Trust;
using Google.Protobuf;
using Referral = Coordination.Domain.Referrals.Referral;
using Wire = Coordination.Contracts.Dossier.V1;

namespace Coordination.Hosting.Evidence;

/// <summary>Whether a bundle is what countries signed, whole and unchanged, as anybody can tell who trusts the root's key and nothing else.</summary>
/// <remarks>
/// The checks stand in such an order that a fault is called what it is: a changed byte is a bad signature before it is a missing
/// entry, a missing entry is that before everything behind it is out of place. It folds by the code that the nodes fold by.
/// That nothing was written since, or that the last entry of a chain was not left out together with its receipts, nobody can
/// show: whoever doubts it asks another participant for its own bundle.
/// </remarks>
public sealed class Verification
{
    /// <summary>By which the clocks of one node's replicas may differ.</summary>
    static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    readonly Bundle _bundle;
    readonly DossierId _id;
    readonly List<TrustList> _lists = [];
    readonly List<(BundleFile File, SignedEntry Signed)> _entries = [];
    readonly List<SignedReceipt> _receipts = [];
    readonly List<(Entry Entry, Particulars Says)> _particulars = [];

    Verification(Bundle bundle) => (_bundle, _id) = (bundle, DossierId.Read(Convert.FromHexString(bundle.Label.Dossier)));

    /// <summary>Checks a bundle.</summary>
    /// <param name="bundle">As it was read.</param>
    /// <param name="root">The root's public key.</param>
    /// <param name="further">A trust list, a serialised SignedTrustList, that came to the reader by another way: a key may have been revoked since. Null for none.</param>
    public static Verified Of(Bundle bundle, KeyPool root, ReadOnlyMemory<byte>? further = null)
    {
        var verification = new Verification(bundle);
        var flaw = verification.TrustLists(root, further)
            ?? verification.Entries()
            ?? verification.Belonging()
            ?? verification.Gaps()
            ?? verification.Receipts()
            ?? verification.Numbers()
            ?? verification.Places()
            ?? verification.Parts();
        if (flaw is not null) return new Verified.Unsound(flaw, null);

        var findings = verification.Fold();
        return verification.Keys(findings) is { } key ? new Verified.Unsound(key, findings) : new Verified.Sound(findings);
    }

    /// <summary>How people call an entry: <c>TH 2</c>.</summary>
    public static string NameOf(Entry entry) => $"{entry.Author} {entry.Seq}";

    /// <summary>Newest first.</summary>
    Flaw? TrustLists(KeyPool root, ReadOnlyMemory<byte>? further)
    {
        IEnumerable<BundleFile> files = further is { } signed ? _bundle.TrustLists.Append(new("The further trust list", signed)) : _bundle.TrustLists;
        foreach (var file in files)
        {
            try
            {
                // Each by itself: those that stood between two of them need not be here.
                _lists.Add(TrustList.Read(file.Bytes.Span, root, current: null));
            }
            catch (UntrustedListException refused)
            {
                return new(FlawCode.Untrusted, $"{file.Name} does not count under this root: {refused.Message}");
            }
        }
        _lists.Sort((one, other) => other.Version.CompareTo(one.Version));
        return _lists.Count > 0 ? null : new(FlawCode.NoBundle, "The bundle holds no trust list.");
    }

    Flaw? Entries()
    {
        foreach (var file in _bundle.Entries)
        {
            var unreadable = new Flaw(FlawCode.Unreadable, $"{file.Name} holds no entry that can be read.");
            if (Parse(Wire.SignedEntry.Parser, file.Bytes) is not { } signed) return unreadable;
            var read = EntryWire.Read(signed.Entry.Span);
            if ((read?.Author ?? OwnerOf(signed.KeyId)) is not { } author) return unreadable;
            var name = read is null ? file.Name : $"{NameOf(read)} ({file.Name})";
            if (Signature(SignatureKind.Entry, author, signed.KeyId, signed.Entry.Span, signed.Signature.Span, name) is { } flaw) return flaw;
            if (read is not { } entry) return unreadable;
            _entries.Add((file, new SignedEntry(entry, signed.Entry.Memory, signed.Signature.Memory, signed.KeyId)));
        }
        return null;
    }

    Flaw? Belonging()
    {
        if (_entries.Count == 0) return new(FlawCode.NoBundle, "The bundle holds no entry.");
        if (_entries.TrueForAll(one => one.Signed.Entry.Dossier != _id))
            return new(FlawCode.OtherDossier, $"bundle.json names dossier {_id.Short}, and the entries are of {_entries[0].Signed.Entry.Dossier.Short}.");
        if (_entries.FirstOrDefault(one => one.Signed.Entry.Dossier != _id) is { Signed: { Entry: var stray } } strange)
            return new(FlawCode.OtherDossier, $"{strange.File.Name} holds an entry of another dossier: {NameOf(stray)} of {stray.Dossier.Short}, not of {_id.Short}.");
        if (_entries.GroupBy(one => one.Signed.Entry.Hash).FirstOrDefault(alike => alike.Count() > 1)?.ToList() is { } twice)
            return new(FlawCode.Twice, $"{twice[0].File.Name} and {twice[1].File.Name} hold one entry: {NameOf(twice[0].Signed.Entry)}.");
        return null;
    }

    Flaw? Gaps()
    {
        var hashes = _entries.Select(one => one.Signed.Entry.Hash).ToHashSet();
        if (!hashes.Contains(_id.Opening)) return new(FlawCode.EntryMissing, $"The opening of dossier {_id.Short} is missing: nobody can say who takes part in it.");
        // Whoever is no writer may have named anything: what is kept of it is void whatever its past.
        var held = _entries.Select(one => one.Signed.Entry).Where(entry => Writers.Contains(entry.Author)).OrderBy(entry => entry.Author).ThenBy(entry => entry.Seq).ToList();
        if (held.Find(entry => entry.Previous is { } previous && !hashes.Contains(previous)) is { } follower)
            return new(FlawCode.EntryMissing, $"{follower.Author} {follower.Seq - 1} is missing: {NameOf(follower)} follows it.");
        foreach (var entry in held)
            foreach (var head in entry.Seen.Where(head => !hashes.Contains(head.Hash)))
                return new(FlawCode.EntryMissing, $"{head.Author} {head.Seq} is missing: {NameOf(entry)} has seen it.");
        return null;
    }

    Flaw? Receipts()
    {
        var held = _entries.ToDictionary(one => one.Signed.Entry.Hash, one => one.Signed.Entry);
        var participants = Opening.Participants.ToHashSet();
        foreach (var file in _bundle.Receipts)
        {
            var unreadable = new Flaw(FlawCode.Unreadable, $"{file.Name} holds no receipt that can be read.");
            if (Parse(Wire.SignedReceipt.Parser, file.Bytes) is not { } signed) return unreadable;
            var wire = Parse(Wire.Receipt.Parser, signed.Receipt.Memory);
            if ((NodeId.TryParse(wire?.Holder, out var named) ? named : OwnerOf(signed.KeyId)) is not { } holder) return unreadable;
            var name = NodeId.TryParse(wire?.Author, out var author) ? $"the receipt of {holder} for {author} {wire!.Seq} ({file.Name})" : file.Name;
            if (Signature(SignatureKind.Receipt, holder, signed.KeyId, signed.Receipt.Span, signed.Signature.Span, name) is { } flaw) return flaw;
            if (_lists.Select(list => SignedReceipt.Read(signed, list)).OfType<SignedReceipt>().FirstOrDefault() is not { } receipt) return unreadable;
            if (receipt.Dossier != _id) return new(FlawCode.OtherDossier, $"{Sentence(name)} belongs to another dossier: {receipt.Dossier.Short}, not {_id.Short}.");
            if (!participants.Contains(receipt.Holder)) return new(FlawCode.ReceiptsDiffer, $"{Sentence(name)} is of no use: {receipt.Holder} takes no part in the dossier.");
            if (!held.TryGetValue(receipt.Hash, out var entry)) return new(FlawCode.EntryMissing, $"{receipt.Author} {receipt.Seq} is missing: {receipt.Holder} gave a receipt for it.");
            if ((entry.Author, entry.Seq) != (receipt.Author, receipt.Seq)) return new(FlawCode.ReceiptsDiffer, $"{Sentence(name)} holds the hash of {NameOf(entry)}.");
            if (_receipts.Exists(other => other.Holder == receipt.Holder && other.Hash == receipt.Hash)) return new(FlawCode.Twice, $"{Sentence(name)} is there twice.");
            _receipts.Add(receipt);
        }
        return null;
    }

    /// <summary>What nothing that is signed speaks of can only be counted.</summary>
    Flaw? Numbers()
    {
        if (_entries.Count != _bundle.Label.Entries)
            return new(FlawCode.EntryMissing, $"bundle.json speaks of {Entries(_bundle.Label.Entries)}, and the bundle holds {_entries.Count}: the last of a chain may be missing.");
        if (_receipts.Count != _bundle.Label.Receipts)
            return new(FlawCode.ReceiptsDiffer, $"bundle.json speaks of {_bundle.Label.Receipts} receipts, and the bundle holds {_receipts.Count}.");
        if (!Opening.Participants.Any(node => node.ToString() == _bundle.Label.Node))
            return new(FlawCode.NoBundle, $"bundle.json says that {_bundle.Label.Node} held all of it, which takes no part in the dossier.");
        return _receipts.Find(receipt => receipt.Holder.ToString() == _bundle.Label.Node && receipt.ReceivedAt > _bundle.Label.HeldAt + Skew) is { } later
            ? new(FlawCode.ReceiptsDiffer, $"bundle.json says that {_bundle.Label.Node} held all of it on {At(_bundle.Label.HeldAt)}, and {_bundle.Label.Node} received {later.Author} {later.Seq} on {At(later.ReceivedAt)}.")
            : null;
        static string Entries(int count) => count == 1 ? "1 entry" : $"{count} entries";
    }

    Findings Fold()
    {
        var signed = _entries.ConvertAll(one => one.Signed);
        var entries = signed.ConvertAll(one => one.Entry);
        var beyond = Revoked.Beyond(_id, entries, signed, KeyOf);
        var leavingOut = Candour.LeavingOut(
            entries, _receipts.Select(receipt => new Receipted(receipt.Holder, receipt.Author, receipt.Seq, receipt.Hash, receipt.ReceivedAt)), beyond);
        return new(_bundle.Label, _lists[0], Dossier<Referral>.Fold(_id, entries, beyond), signed.ToImmutableDictionary(one => one.Entry.Hash), [.. _receipts], leavingOut, [.. _particulars]);
    }

    /// <summary>Whether every entry stands under its own name, and after what it descends from.</summary>
    Flaw? Places()
    {
        var passed = new HashSet<EntryHash>();
        foreach (var (file, entry) in _entries.Select(one => (one.File, one.Signed.Entry)))
        {
            if (!Bundle.IsNameOf(file.Name, entry))
            {
                return _entries.FirstOrDefault(one => Bundle.IsNameOf(file.Name, one.Signed.Entry) && Bundle.IsNameOf(one.File.Name, entry)) is { Signed: { Entry: var named } } other
                    ? new(FlawCode.Misplaced, $"{NameOf(named)} and {NameOf(entry)} are swapped: {file.Name} holds {NameOf(entry)}, and {other.File.Name} holds {NameOf(named)}.")
                    : new(FlawCode.Misplaced, $"{file.Name} holds {NameOf(entry)}, and not what its name says.");
            }
            if (Writers.Contains(entry.Author) && _entries.FirstOrDefault(one => entry.Past().Contains(one.Signed.Entry.Hash) && !passed.Contains(one.Signed.Entry.Hash)) is { Signed: { Entry: var before } } late)
                return new(FlawCode.Misplaced, $"{NameOf(before)} and {NameOf(entry)} are out of order: {late.File.Name} comes after {file.Name}, which descends from it.");
            passed.Add(entry.Hash);
        }
        return null;
    }

    Flaw? Parts()
    {
        var texts = _bundle.Texts.ToDictionary(Bundle.EntryOf);
        if (_bundle.Texts.ExceptBy(_bundle.Parts.Select(Bundle.EntryOf), Bundle.EntryOf).FirstOrDefault() is { } alone)
            return new(FlawCode.ParticularsDiffer, $"{alone.Name} stands without the part by which it could be checked.");
        var byHash = _entries.ToDictionary(one => one.Signed.Entry.Hash.ToString(), one => one.Signed);
        foreach (var file in _bundle.Parts)
        {
            if (!byHash.TryGetValue(Bundle.EntryOf(file), out var signed))
                return new(FlawCode.ParticularsDiffer, $"{file.Name} is of no entry of this dossier.");
            if (signed.Entry.Particulars.Select(digest => SealedPart.Read(file.Bytes, signed.Entry, signed.Bytes, digest.Recipient)).FirstOrDefault(read => read is not null) is not { } content)
                return new(FlawCode.ParticularsDiffer, $"{file.Name} is not what {NameOf(signed.Entry)} names as its particulars.");
            // What only a newer program wrote is in no text that this one can compare.
            if (Parse(Particulars.Parser.WithDiscardUnknownFields(true), content) is not { } says || !texts.TryGetValue(Bundle.EntryOf(file), out var text) || !says.Equals(ReadText(text)))
                return new(FlawCode.ParticularsDiffer, $"The particulars of {NameOf(signed.Entry)} are shown otherwise than {file.Name} holds them.");
            _particulars.Add((signed.Entry, says));
        }
        return null;
    }

    /// <summary>Whether keys were in use, and stand: last, since a person then still wants to read what happened.</summary>
    Flaw? Keys(Findings findings)
    {
        foreach (var receipt in _receipts.Where(receipt => !KeyOf(receipt.Holder, receipt.KeyId)!.AdmitsAt(receipt.ReceivedAt)))
            return new(FlawCode.KeyNotInUse, $"The receipt of {receipt.Holder} for {receipt.Author} {receipt.Seq} is of {At(receipt.ReceivedAt)}, when its key {receipt.KeyId} was not in use.");
        foreach (var entry in findings.Dossier.Entries.Select(judged => judged.Entry))
        {
            var key = KeyOf(entry.Author, findings.Signed[entry.Hash].KeyId)!;
            // A thief of a revoked key gives receipts for any day. Without a receipt there is the author's own word alone.
            var received = findings.HeldSince(entry)
                .Where(receipt => receipt.Holder != entry.Author && KeyOf(receipt.Holder, receipt.KeyId) is { Revocation: null })
                .Select(receipt => receipt.ReceivedAt).DefaultIfEmpty(entry.WrittenAt).Min();
            if (!key.AdmitsAt(received)) return new(FlawCode.KeyNotInUse, $"{NameOf(entry)} is of {At(received)}, when its key {key.Pool.Id} was not in use.");
        }
        foreach (var (entry, verdict) in findings.Dossier.Entries)
            if (verdict is Verdict.Void { Reason.Code: ReasonCode.KeyRevoked })
                return new(FlawCode.KeyRevoked, $"{NameOf(entry)} counts for nothing: its key {findings.Signed[entry.Hash].KeyId} was revoked, and it lies beyond the entries that stand under it.");
        return null;
    }

    Flaw? Signature(SignatureKind kind, NodeId signer, string keyId, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> signature, string under)
    {
        if (KeyOf(signer, keyId) is not { } key) return new(FlawCode.KeyUnknown, $"No trust list of the bundle names a key of {signer} such as stands under {under}.");
        return key.Pool.Verify(kind, bytes, signature) ? null : new(FlawCode.BadSignature, $"The signature under {under} is not of key {key.Pool.Id}: something in it was changed, or somebody else signed it.");
    }

    TrustedKey? KeyOf(NodeId owner, string keyId) => _lists.Select(list => list.KeyOf(owner, keyId)).FirstOrDefault(key => key is not null);

    /// <summary>It is there.</summary>
    Opening Opening => _entries.Find(one => one.Signed.Entry.Hash == _id.Opening).Signed.Entry.Opening!;

    ImmutableArray<NodeId> Writers => Opening.Writers;

    /// <summary>Whose a key is: where what it signed cannot be read, since most likely a byte of it was changed.</summary>
    NodeId? OwnerOf(string keyId) => _lists.SelectMany(list => list.Nodes.Values).SelectMany(node => node.Keys).FirstOrDefault(key => key.Pool.Id == keyId)?.Owner;

    static T? Parse<T>(MessageParser<T> parser, ReadOnlyMemory<byte> bytes) where T : class, IMessage<T>
    {
        try
        {
            return parser.ParseFrom(bytes.Span);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    static Particulars? ReadText(BundleFile text)
    {
        try
        {
            // Of two texts under one name a person would read the first, and the parser the last.
            using var once = JsonDocument.Parse(text.Bytes, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return JsonParser.Default.Parse<Particulars>(Encoding.UTF8.GetString(text.Bytes.Span));
        }
        catch (Exception wrong) when (wrong is InvalidProtocolBufferException or InvalidJsonException or JsonException)
        {
            return null;
        }
    }

    static string Sentence(string text) => $"{char.ToUpperInvariant(text[0])}{text[1..]}";

    static string At(DateTimeOffset at) => $"{at:yyyy-MM-dd HH:mm} UTC";
}

/// <summary>What became of a verification. Closed.</summary>
public abstract record Verified
{
    private Verified() { }

    /// <summary>It is what countries signed, whole and unchanged.</summary>
    public sealed record Sound(Findings Findings) : Verified;

    /// <summary>It is not.</summary>
    /// <param name="Flaw">The first thing that is wrong.</param>
    /// <param name="Findings">Where all was signed and whole but a key does not stand; null otherwise.</param>
    public sealed record Unsound(Flaw Flaw, Findings? Findings) : Verified;
}

/// <summary>What a bundle shows.</summary>
/// <param name="Label">What it says of itself.</param>
/// <param name="TrustList">The newest.</param>
/// <param name="Dossier">The fold.</param>
/// <param name="Signed">Every entry as it was signed.</param>
/// <param name="Receipts">Every receipt.</param>
/// <param name="LeavesOut">Entries that leave out what their authors had receipted.</param>
/// <param name="Particulars">As far as the bundle holds them.</param>
public sealed record Findings(
    Label Label, TrustList TrustList, Dossier<Referral> Dossier, ImmutableDictionary<EntryHash, SignedEntry> Signed, ImmutableArray<SignedReceipt> Receipts,
    ImmutableHashSet<EntryHash> LeavesOut, ImmutableArray<(Entry Entry, Particulars Says)> Particulars)
{
    /// <summary>The first receipt of each holder for a chain that reaches an entry, by holder.</summary>
    public IEnumerable<SignedReceipt> HeldSince(Entry entry) => Receipts
        .Where(receipt => Reaches(receipt.Hash, entry))
        .GroupBy(receipt => receipt.Holder)
        .Select(given => given.MinBy(receipt => receipt.ReceivedAt)!)
        .OrderBy(receipt => receipt.Holder);

    /// <summary>Of a fork each side has its own receipts: what follows counts, not what has the higher number.</summary>
    bool Reaches(EntryHash from, Entry wanted)
    {
        var entry = Signed[from].Entry;
        while (entry.Author == wanted.Author && entry.Seq >= wanted.Seq)
        {
            if (entry.Hash == wanted.Hash) return true;
            if (entry.Previous is not { } previous || !Signed.TryGetValue(previous, out var before)) return false;
            // Only numbers that go down come to an end; whoever signs any others is void for it.
            if (before.Entry.Seq >= entry.Seq) return false;
            entry = before.Entry;
        }
        return false;
    }
}
