using System.Collections.Immutable;
using Coordination.CountryNode.Peers;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Sealing;
using Coordination.Hosting.Trust;

namespace Coordination.CountryNode.Exchange;

/// <summary>The one way in for entries of other nodes: verify, store once, fold, receipt. Safe to knock on twice.</summary>
public sealed partial class Door(IStore store, IPeers peers, Safe safe, Overviews overviews, Bell bell, TrustInForce trust, Pen pen, TimeProvider time, ILogger<Door> logger)
{
    /// <summary>Entries of one dossier that one peer may leave waiting for something missing.</summary>
    public const int MostWaiting = 64;

    /// <summary>Dossiers whose opening is missing that one peer may leave waiting.</summary>
    public const int MostWithoutOpening = 1000;

    /// <summary>Entries of one writer in one dossier: tens are usual.</summary>
    public const int MostByAWriter = 1000;

    /// <summary>Beyond that, for withdrawals alone: a dossier is never too full for one.</summary>
    const int RoomForWithdrawals = 100;

    /// <summary>Entries that a writer may have in one dossier when it makes a statement.</summary>
    public static int RoomFor(Body body) => MostByAWriter + (Referral.IsWithdrawal(body) ? RoomForWithdrawals : 0);

    /// <summary>Entries that are kept as evidence of somebody who is no writer of the dossier.</summary>
    public const int MostByAStranger = 4;

    /// <summary>Admits what a peer delivers.</summary>
    /// <param name="peer">Who hands it on, by its certificate; never the author by that.</param>
    /// <param name="offered">In any order.</param>
    /// <param name="handOver">The peer's own number of it; 0 where it counts nothing.</param>
    /// <param name="cancellationToken">Leaves nothing half-written.</param>
    /// <remarks>What left before the peer's database was set back, and arrives only after this node was told so, fills gaps and makes no chain longer: the peer writes there again.</remarks>
    public async Task<Delivered> AdmitAsync(NodeId peer, IReadOnlyList<Offered> offered, ulong handOver, CancellationToken cancellationToken) =>
        await AdmitAsync(peer, offered, isLate: await store.FindFloorAsync(peer, cancellationToken) is var floor and > 0 && handOver <= (ulong)floor, cancellationToken);

    /// <summary>Admits entries that a peer hands on, be they its own or another's, as they were fetched.</summary>
    /// <inheritdoc cref="AdmitAsync(NodeId, IReadOnlyList{Offered}, ulong, CancellationToken)"/>
    public Task<Delivered> AdmitAsync(NodeId peer, IReadOnlyList<Offered> offered, CancellationToken cancellationToken) => AdmitAsync(peer, offered, isLate: false, cancellationToken);

    async Task<Delivered> AdmitAsync(NodeId peer, IReadOnlyList<Offered> offered, bool isLate, CancellationToken cancellationToken)
    {
        var list = trust.Current;
        var checks = offered.Select(entry => Check(entry, list)).ToArray();
        if (checks.Any(check => check is { Fault.Reason: UnknownKey }) && await RefreshTrustAsync(peer, cancellationToken))
        {
            list = trust.Current;
            checks = [.. offered.Select(entry => Check(entry, list))];
        }

        var refused = checks.Where(check => check.Fault is not null)
            .Select(check => new AuditRow(time.GetUtcNow(), check.Fault!.Reason, peer, check.Hash, check.Signed?.Entry.Dossier));
        if (refused.ToList() is { Count: > 0 } rows) await store.AuditAsync(rows, cancellationToken);

        var verified = checks.Where(check => check.Fault is null).Select(check => check.Signed!).DistinctBy(signed => signed.Entry.Hash).ToList();
        var parts = await TakeAsync(peer, [.. offered.Zip(checks)], cancellationToken);
        var (verdicts, receipts) = await KeepAsync(peer, verified, parts, list, isLate, cancellationToken);
        bell.Ring(pen.Node);
        return new([.. checks.Select(check => check.Fault ?? verdicts[check.Hash])], receipts);
    }

    async Task<(Dictionary<EntryHash, Admitted> Verdicts, ImmutableArray<SignedReceipt> Receipts)> KeepAsync(
        NodeId peer, IReadOnlyCollection<SignedEntry> entries, IReadOnlyDictionary<EntryHash, KeptPart> parts, TrustList list, bool isLate, CancellationToken cancellationToken)
    {
        if (entries.Count == 0) return ([], []);
        var byDossier = entries.ToLookup(signed => signed.Entry.Dossier);
        var mayLeaveMore = byDossier.All(dossier => dossier.Any(signed => signed.Entry.Opening is not null))
            || await store.CountWithoutOpeningAsync(peer, cancellationToken) < MostWithoutOpening;
        Judgement[] judgements = [];
        try
        {
            await store.AdmitAsync([.. byDossier.Select(dossier => dossier.Key)], held =>
            {
                judgements = [.. byDossier.Select(dossier => Judge(peer, held[dossier.Key], [.. dossier], parts, list, mayLeaveMore, isLate, time.GetUtcNow()))];
                return [.. judgements.Select(judgement => judgement.Admission)];
            }, cancellationToken);
        }
        catch (Exception fault) when (fault is not OperationCanceledException && !Outage.IsOne(fault) && byDossier.Count == 1)
        {
            LogNotKept(logger, fault, peer.ToString(), byDossier.First().Key.Short);
            return (entries.ToDictionary(signed => signed.Entry.Hash, _ => Admitted.TryAgain("NOT_STORED")), []);
        }
        catch (Exception fault) when (fault is not OperationCanceledException && !Outage.IsOne(fault))
        {
            // One dossier must not keep the others out: each by itself.
            var verdicts = new Dictionary<EntryHash, Admitted>();
            var receipts = ImmutableArray.CreateBuilder<SignedReceipt>();
            foreach (var dossier in byDossier)
            {
                var alone = await KeepAsync(peer, [.. dossier], parts, list, isLate, cancellationToken);
                foreach (var (hash, verdict) in alone.Verdicts) verdicts.Add(hash, verdict);
                receipts.AddRange(alone.Receipts);
            }
            return (verdicts, receipts.ToImmutable());
        }
        return (
            judgements.SelectMany(judgement => judgement.Verdicts).ToDictionary(verdict => verdict.Key, verdict => verdict.Value),
            [.. judgements.SelectMany(judgement => judgement.Receipts)]);
    }

    /// <summary>Opens the particulars that came with verified entries; what is not what its entry names is noted and not kept.</summary>
    async Task<Dictionary<EntryHash, KeptPart>> TakeAsync(NodeId peer, IReadOnlyCollection<(Offered Offered, Checked Checked)> entries, CancellationToken cancellationToken)
    {
        var taken = new Dictionary<EntryHash, KeptPart>();
        var wrong = new List<AuditRow>();
        var ours = new Dictionary<DossierId, bool>();
        foreach (var (offered, check) in entries)
        {
            if (offered.Particulars is not { } compact || check is not { Fault: null, Signed: { } signed }) continue;
            // Only the author can have sealed them: from anybody else they are not even opened.
            if (signed.Entry.Author != peer || safe.Take(signed, compact) is not { } part)
                wrong.Add(new AuditRow(time.GetUtcNow(), "PARTICULARS_WRONG", peer, check.Hash, signed.Entry.Dossier));
            // A key is made for dossiers of this node alone; particulars of one whose opening is missing are asked for when it came.
            else if (await IsOursAsync(signed.Entry.Dossier))
                Keep(signed.Entry, part);
        }
        if (wrong.Count > 0) await store.AuditAsync(wrong, cancellationToken);
        return taken;

        async Task<bool> IsOursAsync(DossierId id)
        {
            if (ours.TryGetValue(id, out var known)) return known;
            var opening = entries.Where(entry => entry.Checked is { Fault: null } check && check.Hash == id.Opening).Select(entry => entry.Checked.Signed!.Entry.Opening).FirstOrDefault()
                ?? (await store.FindAsync(id, cancellationToken))?.Opening;
            return ours[id] = opening?.Participants.Contains(pen.Node) is true;
        }

        void Keep(Entry entry, SealedPart part)
        {
            try
            {
                taken[entry.Hash] = safe.Keep(entry, part);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                // The key of one dossier must not keep the others out, nor its own entries: they are asked for again.
                LogNoPlace(logger, fault, entry.Dossier.Short);
            }
        }
    }

    /// <summary>Keeps a case file that a peer released and this node has pulled, unless the consent was withdrawn meanwhile.</summary>
    /// <param name="peer">Who released it.</param>
    /// <param name="id">Of which dossier.</param>
    /// <param name="release">Its CaseFileReleased.</param>
    /// <param name="compact">As it came. What is not what the release names is noted and not kept.</param>
    /// <param name="cancellationToken">Leaves nothing half-written.</param>
    public async Task FileAsync(NodeId peer, DossierId id, EntryHash release, string compact, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(id, cancellationToken) is not { } known || known.Entries.FirstOrDefault(kept => kept.Entry.Hash == release)?.Signed is not { } signed) return;
        if (signed.Entry.Author != peer || safe.TakeCaseFile(signed, compact) is not { } file)
        {
            await store.AuditAsync([new AuditRow(time.GetUtcNow(), "CASE_FILE_WRONG", peer, release, id)], cancellationToken);
            return;
        }
        var kept = safe.KeepCaseFile(signed.Entry, file);
        await store.AdmitAsync([id], held =>
        {
            var list = trust.Current;
            var dossier = held[id].FoldWithPending(list);
            return dossier.MayBeRead(pen.Node) && !dossier.TakenBack().Contains(release)
                ? [Judge(peer, held[id] with { CaseFiles = held[id].CaseFiles.Add(release) }, [], new Dictionary<EntryHash, KeptPart>(), list, mayLeaveMore: false, isLate: false, time.GetUtcNow()).Admission with { CaseFile = kept }]
                : [];
        }, cancellationToken);
    }

    /// <summary>What becomes of entries of one dossier. Pure but for the signatures under new receipts.</summary>
    Judgement Judge(
        NodeId peer, HeldDossier held, ImmutableArray<SignedEntry> offered, IReadOnlyDictionary<EntryHash, KeptPart> parts, TrustList list, bool mayLeaveMore, bool isLate, DateTimeOffset now)
    {
        var verdicts = new Dictionary<EntryHash, Admitted>();
        var audit = ImmutableArray.CreateBuilder<AuditRow>();
        var known = held.Entries.Select(kept => kept.Entry.Hash).ToHashSet();
        var opening = held.Opening ?? offered.FirstOrDefault(signed => signed.Entry.Hash == held.Id.Opening)?.Entry.Opening;

        var fresh = new List<HeldEntry>();
        foreach (var signed in offered.OrderBy(signed => signed.Entry.Author).ThenBy(signed => signed.Entry.Seq))
        {
            var author = signed.Entry.Author;
            if (opening is null && !mayLeaveMore) verdicts[signed.Entry.Hash] = Admitted.TryAgain("TOO_MANY_WAITING");
            else if (opening is not null && !opening.Participants.Contains(pen.Node)) Turn(signed, Admitted.Refused("NOT_FOR_THIS_NODE"));
            // To a node without a part in it the dossier does not exist: it hears what it would hear of any other id.
            else if (opening is not null && !opening.Participants.Contains(peer) && author != peer) Turn(signed, Admitted.Waiting, "NOT_A_PARTICIPANT");
            else if (known.Contains(signed.Entry.Hash)) continue;
            else if (isLate && author == peer && signed.Entry.Opening is null && !FillsAGap(signed.Entry, held)) Turn(signed, Admitted.TryAgain("LATE"));
            else if (opening is not null && !opening.Writers.Contains(author) && By(author) >= MostByAStranger) Turn(signed, Admitted.Waiting, Names.Of(ReasonCode.ForeignAuthor));
            else if (By(author) >= RoomFor(signed.Entry.Body)) Turn(signed, Admitted.TryAgain("DOSSIER_FULL"));
            else fresh.Add(new HeldEntry(signed, peer, now));
        }

        var dossier = Fold();
        if (Excess(dossier, held, fresh, peer) is { Count: > 0 } excess)
        {
            foreach (var kept in excess) verdicts[kept.Entry.Hash] = Admitted.TryAgain("TOO_MANY_WAITING");
            fresh.RemoveAll(excess.Contains);
            dossier = Fold();
        }

        foreach (var signed in offered.Where(signed => !verdicts.ContainsKey(signed.Entry.Hash)))
        {
            var hash = signed.Entry.Hash;
            verdicts[hash] = dossier.VerdictOn(hash) switch
            {
                null => Admitted.Waiting,
                Verdict.Void { Reason.Code: ReasonCode.ForeignAuthor } when !opening!.Participants.Contains(peer) => Admitted.Waiting,
                _ => Admitted.Held,
            };
        }
        // Also those that were held before, and became void only by what came now; a row that is there already stays.
        var handedOnBy = held.Entries.Concat(fresh).ToDictionary(kept => kept.Entry.Hash, kept => kept.HandedOnBy);
        foreach (var judged in dossier.Entries)
            if (judged.Verdict is Verdict.Void voided && handedOnBy[judged.Entry.Hash] is { } by)
                audit.Add(new AuditRow(now, Names.Of(voided.Reason.Code), by, judged.Entry.Hash, held.Id));
        foreach (var entry in (held with { Entries = [.. held.Entries, .. fresh] }).LeavingOut(list))
            if (handedOnBy[entry] is { } by) audit.Add(new AuditRow(now, "SEEN_LEAVES_OUT", by, entry, held.Id));

        var (receipts, fromBefore) = opening?.Participants.Contains(peer) is true ? Receipts(held, dossier, offered, now) : ([], []);
        var all = held.Entries.Concat(fresh).ToList();
        ImmutableArray<KeptPart> taken = [.. all.Where(kept => !held.Parts.Contains(kept.Entry.Hash) && parts.ContainsKey(kept.Entry.Hash)).Select(kept => parts[kept.Entry.Hash])];
        var askFor = Gaps.AskFor(held with { Entries = [.. all], Parts = held.Parts.Union(parts.Keys) }, dossier, opening, pen.Node);
        return new(
            new Admission(
                held.Id, AfterTheirPast(fresh), dossier.OpeningEntry is null ? null : opening,
                overviews.Of(dossier, all, held.Receipts.AddRange(receipts), now), taken,
                opening is null ? null : SetDigest.Of(opening, all.Select(kept => kept.Entry)),
                dossier.Waiting.IsEmpty ? null : held.WaitingSince ?? now, askFor, receipts, audit.ToImmutable()),
            verdicts, receipts.AddRange(fromBefore));

        Dossier<Referral> Fold() => (held with { Entries = [.. held.Entries, .. fresh] }).Fold<Referral>(list);

        int By(NodeId author) => held.Entries.Concat(fresh).Count(kept => kept.Entry.Author == author);

        void Turn(SignedEntry signed, Admitted verdict, string? because = null)
        {
            verdicts[signed.Entry.Hash] = verdict;
            audit.Add(new AuditRow(now, because ?? verdict.Reason, peer, signed.Entry.Hash, held.Id));
        }
    }

    /// <summary>Whether an entry lies before one of its author's that is held: the author fetches that one back, and writes neither it nor what it follows again.</summary>
    static bool FillsAGap(Entry entry, HeldDossier held)
    {
        var chain = held.Entries.Select(kept => kept.Entry).Where(kept => kept.Author == entry.Author).ToList();
        var next = chain.Where(kept => kept.Seq == entry.Seq + 1).ToList();
        // What follows another entry at this place was written after the author had been set back.
        return next.Count > 0 ? next.Any(kept => kept.Previous == entry.Hash) : chain.Any(kept => kept.Seq > entry.Seq) && chain.All(kept => kept.Seq != entry.Seq);
    }

    /// <summary>New entries that would make the peer leave more waiting in this dossier than it may: the last of each chain. Withdrawals have room of their own.</summary>
    static HashSet<HeldEntry> Excess(Dossier<Referral> dossier, HeldDossier held, List<HeldEntry> fresh, NodeId peer)
    {
        var waiting = dossier.Waiting.Select(entry => entry.Hash).ToHashSet();
        var before = held.Entries.Where(kept => kept.HandedOnBy == peer && waiting.Contains(kept.Entry.Hash)).ToList();
        return [.. fresh.Where(kept => waiting.Contains(kept.Entry.Hash)).ToLookup(kept => Referral.IsWithdrawal(kept.Entry.Body)).SelectMany(these =>
            these.Skip(Math.Max(0, (these.Key ? RoomForWithdrawals : MostWaiting) - before.Count(kept => Referral.IsWithdrawal(kept.Entry.Body) == these.Key))))];
    }

    /// <summary>New entries in an order in which each could have come alone: whoever watches sees an answer after the question.</summary>
    static ImmutableArray<HeldEntry> AfterTheirPast(IReadOnlyCollection<HeldEntry> fresh)
    {
        var left = fresh.ToDictionary(kept => kept.Entry.Hash);
        var ordered = ImmutableArray.CreateBuilder<HeldEntry>(fresh.Count);
        foreach (var kept in fresh) Take(kept);
        return ordered.ToImmutable();

        void Take(HeldEntry kept)
        {
            if (!left.Remove(kept.Entry.Hash)) return;
            foreach (var before in kept.Entry.Seen.Select(head => head.Hash).Concat(kept.Entry.Previous is { } previous ? [previous] : []))
                if (left.TryGetValue(before, out var past)) Take(past);
            ordered.Add(kept);
        }
    }

    /// <summary>One receipt for the end of each chain that was offered: new ones, and those that were given before, unchanged.</summary>
    (ImmutableArray<SignedReceipt> New, ImmutableArray<SignedReceipt> FromBefore) Receipts(
        HeldDossier held, Dossier<Referral> dossier, ImmutableArray<SignedEntry> offered, DateTimeOffset now)
    {
        var writers = dossier.OpeningEntry?.Opening?.Writers ?? [];
        var authors = offered.Select(signed => signed.Entry.Author).Where(author => author != pen.Node && writers.Contains(author)).ToHashSet();
        var placed = dossier.Entries.Select(judged => judged.Entry).Where(entry => authors.Contains(entry.Author)).ToList();
        var continued = placed.Select(entry => entry.Previous).OfType<EntryHash>().ToHashSet();
        // A fork has two ends, and each side of it is owed a receipt.
        var ends = placed.Where(entry => !continued.Contains(entry.Hash)).ToList();

        var given = held.Receipts.Where(receipt => receipt.Holder == pen.Node).ToDictionary(receipt => receipt.Hash);
        return (
            [.. ends.Where(end => !given.ContainsKey(end.Hash)).Select(end => pen.Receipt(end, now))],
            [.. ends.Where(end => given.ContainsKey(end.Hash)).Select(end => given[end.Hash])]);
    }

    Checked Check(Offered offered, TrustList list)
    {
        var hash = EntryHash.Of(offered.Bytes.Span);
        if (EntryWire.Read(offered.Bytes.Span) is not { } entry) return new(hash, null, Admitted.Refused("MALFORMED"));
        var signed = new SignedEntry(entry, offered.Bytes, offered.Signature, offered.KeyId);
        if (list.KeyOf(entry.Author, offered.KeyId) is not { } key) return new(hash, signed, Admitted.TryAgain(UnknownKey));
        if (!key.Pool.Verify(SignatureKind.Entry, offered.Bytes.Span, offered.Signature.Span)) return new(hash, signed, Admitted.Refused("BAD_SIGNATURE"));
        var now = time.GetUtcNow();
        // The clocks of two countries may differ by more than a rotation takes.
        if (now < key.From) return new(hash, signed, Admitted.TryAgain("KEY_NOT_YET_IN_USE"));
        if (!key.AdmitsAt(now)) return new(hash, signed, Admitted.Refused("KEY_RETIRED"));
        return new(hash, signed, null);
    }

    /// <summary>An unknown key may be in a newer list: in the key folder, or at the peer that handed the entry on.</summary>
    async Task<bool> RefreshTrustAsync(NodeId peer, CancellationToken cancellationToken)
    {
        if (trust.Reload()) return true;
        try
        {
            return trust.Take((await peers.GetTrustListAsync(peer, cancellationToken)).Span);
        }
        catch (Exception without) when (without is PeerUnavailableException or IOException or UnauthorizedAccessException)
        {
            LogNoTrustList(logger, without.Message);
            return false;
        }
    }

    const string UnknownKey = "UNKNOWN_KEY";

    sealed record Checked(EntryHash Hash, SignedEntry? Signed, Admitted? Fault);

    sealed record Judgement(Admission Admission, IReadOnlyDictionary<EntryHash, Admitted> Verdicts, ImmutableArray<SignedReceipt> Receipts);

    [LoggerMessage(EventId = 200, Level = LogLevel.Error, Message = "Entries of dossier {Dossier} from {Peer} could not be stored; the peer will send them again.")]
    static partial void LogNotKept(ILogger logger, Exception fault, string peer, string dossier);

    [LoggerMessage(EventId = 202, Level = LogLevel.Error, Message = "The particulars of an entry of dossier {Dossier} could not be kept: look at the key folder. They are asked for again.")]
    static partial void LogNoPlace(ILogger logger, Exception fault, string dossier);

    [LoggerMessage(EventId = 201, Level = LogLevel.Warning, Message = "No newer trust list: {Why}")]
    static partial void LogNoTrustList(ILogger logger, string why);
}
