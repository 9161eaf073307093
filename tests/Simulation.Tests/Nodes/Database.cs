using System.Collections.Immutable;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;

namespace Coordination.Simulation.Tests;

/// <summary>What a node's PostgreSQL holds: it outlives every crash. Each method is one transaction.</summary>
/// <remarks>
/// The same tables, constraints and statements as <see cref="PostgresStore"/>, which it has to follow. What a constraint
/// forbids throws before anything is written.
/// </remarks>
sealed class Database(NodeId own)
{
    readonly Dictionary<DossierId, DossierRow> _dossiers = [];
    readonly Dictionary<(NodeId Peer, DossierId Dossier), OutboxRow> _outbox = [];
    readonly Dictionary<(NodeId Peer, DossierId Dossier), GapRow> _gaps = [];
    readonly Dictionary<CommandKey, Answered> _commands = [];
    readonly HashSet<(EntryHash, string, NodeId)> _audit = [];
    readonly List<PendingWithdrawal> _pending = [];
    readonly Dictionary<(EntryHash Entry, NodeId Recipient), (DossierId Dossier, KeptPart Part)> _parts = [];
    readonly Dictionary<EntryHash, (DossierId Dossier, KeptPart File)> _files = [];
    readonly Dictionary<(DossierId Dossier, DebtKey Debt, NoticeKind Kind, int Round, Domain.Dossiers.Office? Office), Notice> _notices = [];

    /// <summary>By peer and dossier; null for every dossier that names the peer.</summary>
    readonly Dictionary<(NodeId Peer, DossierId? Dossier), long> _catchUp = [];

    int _queued;
    readonly Dictionary<NodeId, long> _floors = [];
    long _handOvers;

    /// <summary>In the order in which they came.</summary>
    public IEnumerable<DossierRow> Dossiers => _dossiers.Values;

    public bool HasOutbox => _outbox.Count > 0;

    /// <summary>How many hand-overs were counted.</summary>
    public long HandOvers => _handOvers;

    public bool HasPending => _pending.Count > 0;

    /// <summary>Everything that was told.</summary>
    public IReadOnlyCollection<Notice> Notices => _notices.Values;

    public bool IsCatchingUpWith(NodeId peer) => _catchUp.Keys.Any(row => row.Peer == peer);

    public DossierRow? Row(DossierId id) => _dossiers.GetValueOrDefault(id);

    public OutboxRow? Outbox(NodeId peer, DossierId id) => _outbox.GetValueOrDefault((peer, id));

    public bool HasGap(NodeId peer, DossierId id) => _gaps.ContainsKey((peer, id));

    /// <summary>The particulars of a dossier, whoever may read them.</summary>
    public IEnumerable<KeptPart> Parts(DossierId id) => _parts.Values.Where(kept => kept.Dossier == id).Select(kept => kept.Part);

    /// <summary>Whether something is to be told of a debt by then.</summary>
    public bool HasToTell(DateTimeOffset now) => _dossiers.Values.Any(row => row.Debts.Values.Any(debt => debt.LookAt <= now));

    public bool Holds(DossierId id, EntryHash entry) => _dossiers.GetValueOrDefault(id)?.ByHash.ContainsKey(entry) is true;

    public HeldDossier? Find(DossierId id) => _dossiers.GetValueOrDefault(id) is { Entries.Count: > 0 } row ? Read(row) : null;

    public Answered? Answer(CommandKey command) => _commands.GetValueOrDefault(command);

    /// <summary>Everything as it is now, to be put back some day.</summary>
    public Database Backup()
    {
        var copy = new Database(own) { _queued = _queued, _handOvers = _handOvers };
        foreach (var (id, row) in _dossiers) copy._dossiers[id] = row.Copy();
        foreach (var (key, row) in _outbox) copy._outbox[key] = row;
        foreach (var (key, row) in _gaps) copy._gaps[key] = row;
        foreach (var (key, row) in _commands) copy._commands[key] = row;
        foreach (var (key, row) in _catchUp) copy._catchUp[key] = row;
        foreach (var (key, row) in _floors) copy._floors[key] = row;
        copy._audit.UnionWith(_audit);
        copy._pending.AddRange(_pending);
        foreach (var (key, row) in _parts) copy._parts[key] = row;
        foreach (var (key, row) in _files) copy._files[key] = row;
        foreach (var (key, row) in _notices) copy._notices[key] = row;
        return copy;
    }

    public AppendOutcome Append(Append append)
    {
        var entry = append.Entry.Entry;
        var row = _dossiers.GetValueOrDefault(entry.Dossier);
        if (_handOvers < append.Known) return AppendOutcome.Behind;
        if (entry.Opening is null && append.Participants.Participants.Any(peer => peer != own && CatchesUp(peer, entry.Dossier))) return AppendOutcome.JudgeAgain;
        if (entry.Opening is not null && row is not null) throw new InvalidOperationException("dossier_pkey");
        if (entry.Opening is null && row?.Entries.Count != append.JudgedOn) return AppendOutcome.JudgeAgain;
        if (row?.ByHash.ContainsKey(entry.Hash) is true) throw new InvalidOperationException("entry_pkey");
        if (row?.Entries.Any(held => held.HandedOnBy is null && held.Entry.Seq == entry.Seq) is true) throw new InvalidOperationException("entry_written_once");
        if (append.Answered is null) _pending.RemoveAll(pending => pending.Command == append.Command);
        else if (!_commands.TryAdd(append.Command, append.Answered)) return AppendOutcome.JudgeAgain;

        if (row is null)
        {
            _dossiers[entry.Dossier] = row = new DossierRow(entry.Dossier) { Kind = append.Participants.Kind };
            row.Participants = [.. append.Participants.Participants.Distinct()];
        }
        row.Add(new HeldEntry(append.Entry, null, append.Now));
        if (entry.Opening is null && row.Receipts.Count != append.Receipts) row.StaleUntil = DateTimeOffset.MinValue;
        row.Digest = append.Digest;
        row.Say(append.Overview);
        if (append.Erases) Empty(entry.Dossier);
        foreach (var part in append.Parts) _parts.Add((part.Entry, part.Recipient), (entry.Dossier, part));
        if (append.CaseFile is { } file) _files.Add(file.Entry, (entry.Dossier, file));
        foreach (var peer in append.AskFor) _gaps.TryAdd((peer, entry.Dossier), new GapRow(0, DateTimeOffset.MinValue));
        foreach (var peer in append.Participants.Participants.Where(node => node != own))
        {
            if (_outbox.GetValueOrDefault((peer, entry.Dossier)) is not { } waiting)
            {
                _outbox[(peer, entry.Dossier)] = new OutboxRow(entry.Seq, append.Now, ++_queued, null, null, null);
                continue;
            }
            _outbox[(peer, entry.Dossier)] = waiting with
            {
                LastSeq = entry.Seq,
                StoppedBy = null,
                ClaimedUntil = waiting.StoppedBy is null ? waiting.ClaimedUntil : null,
            };
        }
        return AppendOutcome.Kept;
    }

    /// <summary>What was encrypted under the dossier's key goes with it.</summary>
    void Empty(DossierId dossier)
    {
        foreach (var (key, (_, part)) in _parts.Where(kept => kept.Value.Dossier == dossier).ToList()) _parts[key] = (dossier, part with { AtRest = default });
        foreach (var (key, (_, file)) in _files.Where(kept => kept.Value.Dossier == dossier).ToList()) _files[key] = (dossier, file with { AtRest = default });
        for (var i = 0; i < _pending.Count; i++) if (_pending[i].Draft.Dossier == dossier) _pending[i] = _pending[i] with { AtRest = default };
    }

    public void Admit(IReadOnlyCollection<DossierId> ids, Func<IReadOnlyDictionary<DossierId, HeldDossier>, IReadOnlyCollection<Admission>> decide)
    {
        var admissions = decide(ids.Order().ToDictionary(id => id, id => _dossiers.GetValueOrDefault(id) is { } row ? Read(row) : HeldDossier.Nothing(id)));
        foreach (var admission in admissions)
        {
            if (admission.Entries.Any(held => Holds(admission.Id, held.Entry.Hash)) || admission.Entries.DistinctBy(held => held.Entry.Hash).Count() != admission.Entries.Length)
                throw new InvalidOperationException("entry_pkey");
            if (admission.Entries.IsEmpty && Row(admission.Id) is null && (admission.Opening is not null || !admission.AskFor.IsEmpty || !admission.Overview.Debts.IsEmpty))
                throw new InvalidOperationException("participant_dossier_id_fkey");
            if (admission.Entries.Any(held => held.HandedOnBy is null)) throw new InvalidOperationException("Only a peer's entries come in by the door.");
        }

        foreach (var admission in admissions)
        {
            if (!_dossiers.TryGetValue(admission.Id, out var row)) row = new DossierRow(admission.Id);
            foreach (var held in admission.Entries) row.Add(held);
            Audit(admission.Audit);
            if (row.Entries.Count == 0) continue;
            _dossiers[admission.Id] = row;
            row.Kind = admission.Opening?.Kind ?? row.Kind;
            row.Say(admission.Overview);
            row.Digest = admission.Digest;
            row.WaitingSince = admission.WaitingSince;
            if (admission.Opening is { } opening) row.Participants = [.. row.Participants.Union(opening.Participants)];
            foreach (var gap in _gaps.Keys.Where(gap => gap.Dossier == admission.Id && !admission.AskFor.Contains(gap.Peer)).ToList()) _gaps.Remove(gap);
            foreach (var peer in admission.AskFor) _gaps.TryAdd((peer, admission.Id), new GapRow(0, DateTimeOffset.MinValue));
            if (admission.CaseFile is { } file) _files.TryAdd(file.Entry, (admission.Id, file));
            foreach (var part in admission.Parts) _parts.TryAdd((part.Entry, part.Recipient), (admission.Id, part));
            Keep(admission.Receipts);
        }
    }

    public int CountWithoutOpening(NodeId peer) => _gaps.Keys.Count(gap => gap.Peer == peer && _dossiers[gap.Dossier].Kind is null);

    public void Audit(IEnumerable<AuditRow> rows)
    {
        foreach (var row in rows) _audit.Add((row.EntryHash, row.Reason, row.Peer));
    }

    public ImmutableArray<Claimed> Claim(NodeId peer, int most, DateTimeOffset now, DateTimeOffset until)
    {
        if (_outbox.Count == 0) return [];
        ImmutableArray<Claimed> claimed = [.. _outbox
            .Where(waiting => waiting.Key.Peer == peer && (waiting.Value.ClaimedUntil is not { } claim || claim <= now))
            .OrderBy(waiting => waiting.Value.QueuedAt).ThenBy(waiting => waiting.Value.Order)
            .Take(most).Select(waiting => new Claimed(waiting.Key.Dossier, waiting.Value.StoppedBy, waiting.Value.WaitingSince))];
        foreach (var (id, _, _) in claimed) _outbox[(peer, id)] = _outbox[(peer, id)] with { ClaimedUntil = until };
        return claimed;
    }

    /// <summary>What the peer has no receipt for. Read after the claim was committed, in a transaction of its own.</summary>
    public ImmutableArray<Parcel> ParcelsOf(NodeId peer, ImmutableArray<Claimed> claimed) =>
        [.. claimed.Select(claim =>
        {
            ImmutableArray<SignedEntry> entries = [.. _dossiers[claim.Dossier].Entries
                .Where(held => held.Entry.By(own) && held.Entry.Seq > (ReceiptedUpTo(peer, claim.Dossier) ?? 0))
                .OrderBy(held => held.Entry.Seq).Select(held => held.Signed)];
            return new Parcel(claim.Dossier, entries, [.. entries.SelectMany(signed => PartOf(signed.Entry.Hash, peer))], claim.StoppedBy, claim.WaitingSince);
        })];

    public KeptPart? FindCaseFile(EntryHash release) => _files.TryGetValue(release, out var kept) ? kept.File : null;

    public ImmutableArray<KeptPart> FindParts(DossierId id, NodeId recipient) => [.. Parts(id).Where(part => part.Recipient == recipient)];

    public void Settle(NodeId peer, IReadOnlyCollection<SignedReceipt> receipts, IReadOnlyCollection<Settled> parcels)
    {
        Keep(receipts);
        foreach (var parcel in parcels)
        {
            if (_outbox.GetValueOrDefault((peer, parcel.Dossier)) is not { } waiting) continue;
            if (ReceiptedUpTo(peer, parcel.Dossier) is { } upTo && waiting.LastSeq <= upTo) _outbox.Remove((peer, parcel.Dossier));
            else _outbox[(peer, parcel.Dossier)] = waiting with { ClaimedUntil = parcel.NotBefore, StoppedBy = parcel.StoppedBy, WaitingSince = parcel.WaitingSince };
        }
        foreach (var id in receipts.Select(receipt => receipt.Dossier))
            if (_dossiers.TryGetValue(id, out var row)) row.StaleUntil = DateTimeOffset.MinValue;
    }

    public ImmutableArray<DossierId> ClaimStale(int most, DateTimeOffset now, DateTimeOffset until)
    {
        ImmutableArray<DossierRow> claimed = [.. _dossiers.Values.Where(row => row.StaleUntil <= now).OrderBy(row => row.StaleUntil).Take(most)];
        foreach (var row in claimed) row.StaleUntil = until;
        return [.. claimed.Select(row => row.Id)];
    }

    public void KeepOverviews(IReadOnlyCollection<(DossierId Id, int JudgedOn, Overview Overview)> overviews, DateTimeOffset claimedUntil)
    {
        foreach (var (id, judgedOn, overview) in overviews)
        {
            if (_dossiers.GetValueOrDefault(id) is not { } row || row.Entries.Count != judgedOn || row.StaleUntil != claimedUntil) continue;
            row.StaleUntil = null;
            row.Say(overview);
        }
    }

    public void MarkAllStale()
    {
        foreach (var row in _dossiers.Values) row.StaleUntil = DateTimeOffset.MinValue;
    }

    public int Sweep(int most, DateTimeOffset now, Func<DossierId, DueDebt, (IReadOnlyCollection<Notice> Notices, DateTimeOffset? LookAt)> tell, Action<DossierRow, Notice> told)
    {
        var due = _dossiers.Values.SelectMany(row => row.Debts.Values.Where(debt => debt.LookAt <= now).Select(debt => (Row: row, debt.Debt, debt.LookAt)))
            .OrderBy(debt => debt.LookAt).Take(most).ToList();
        foreach (var (row, debt, _) in due)
        {
            var (notices, lookAt) = tell(row.Id, debt);
            // Of what others were told again and again, whoever has it now is told the last.
            foreach (var notice in notices.Where(notice => !_notices.Keys.Any(key => (key.Dossier, key.Debt, key.Kind) == (row.Id, debt.Key, notice.Kind) && key.Round > notice.Round)).ToList())
                if (_notices.TryAdd((row.Id, debt.Key, notice.Kind, notice.Round, notice.Office), notice)) told(row, notice);
            row.Debts[debt.Key] = (debt, lookAt);
        }
        return due.Count;
    }

    public int TellUndelivered(int most, DateTimeOffset warnBefore, DateTimeOffset lateBefore, DateTimeOffset now, Action<DossierRow, Notice> told)
    {
        var undelivered =
            from waiting in _outbox
            where waiting.Value.QueuedAt <= warnBefore
            let row = _dossiers[waiting.Key.Dossier]
            where !row.Debts.Keys.Any(debt => debt.Clock is "Delivery")
            let oldest = row.Entries.Where(held => held.Entry.By(own) && held.Entry.Seq > (ReceiptedUpTo(waiting.Key.Peer, row.Id) ?? 0)).MinBy(held => held.Entry.Seq)
            where oldest is not null
            let since = oldest.HeldSince > waiting.Value.QueuedAt ? oldest.HeldSince : waiting.Value.QueuedAt
            from kind in new[] { NoticeKind.Warning, NoticeKind.Late }
            where since <= (kind is NoticeKind.Warning ? warnBefore : lateBefore)
            orderby waiting.Value.QueuedAt, kind
            select (Row: row, Notice: new Notice(row.Id, new DebtKey("Delivery", own, 0, oldest.Entry.Hash, null), kind, 1, null, now));
        var kept = 0;
        foreach (var (row, notice) in undelivered.Where(one => !_notices.ContainsKey((one.Row.Id, one.Notice.Debt, one.Notice.Kind, 1, null))).Take(most).ToList())
        {
            if (!_notices.TryAdd((row.Id, notice.Debt, notice.Kind, 1, null), notice)) continue;
            told(row, notice);
            kept++;
        }
        return kept;
    }

    public ImmutableArray<DossierId> ClaimLastingGaps(DateTimeOffset before, int most)
    {
        ImmutableArray<DossierRow> lasting = [.. _dossiers.Values.Where(row => row.WaitingSince < before && row.GapSaid != row.WaitingSince).OrderBy(row => row.WaitingSince).Take(most)];
        foreach (var row in lasting) row.GapSaid = row.WaitingSince;
        return [.. lasting.Select(row => row.Id)];
    }

    public ImmutableArray<DossierId> ClaimGaps(NodeId peer, int most, DateTimeOffset now, TimeSpan pause, TimeSpan longest)
    {
        if (_gaps.Count == 0) return [];
        ImmutableArray<DossierId> due = [.. _gaps
            .Where(gap => gap.Key.Peer == peer && gap.Value.FetchAfter <= now)
            .OrderBy(gap => gap.Value.Tries).ThenBy(gap => gap.Value.FetchAfter).ThenBy(gap => gap.Key.Dossier)
            .Take(most).Select(gap => gap.Key.Dossier)];
        foreach (var id in due)
        {
            var gap = _gaps[(peer, id)];
            var rest = pause * Math.Pow(2, Math.Min(gap.Tries, 20));
            _gaps[(peer, id)] = new GapRow(gap.Tries + 1, now + (rest < longest ? rest : longest));
        }
        return due;
    }

    public ImmutableArray<SetDigest> Buckets(NodeId peer)
    {
        var buckets = Enumerable.Repeat(SetDigest.OfNothing, DossierDigest.Buckets).ToArray();
        foreach (var bucket in SharedWith(peer).GroupBy(dossier => DossierDigest.BucketOf(dossier.Id))) buckets[bucket.Key] = SetDigest.Of(bucket);
        return [.. buckets];
    }

    public ImmutableArray<DossierDigest> List(NodeId peer, int bucket, DossierId? after, int most) =>
        [.. SharedWith(peer)
            .Where(dossier => DossierDigest.BucketOf(dossier.Id) == bucket && (after is not { } last || dossier.Id.CompareTo(last) > 0))
            .OrderBy(dossier => dossier.Id).Take(most)];

    public void Announce(NodeId peer, DateTimeOffset now)
    {
        foreach (var row in _dossiers.Values.Where(row => row.Participants.Contains(peer) && !_outbox.ContainsKey((peer, row.Id))).OrderBy(row => row.Id))
        {
            var written = row.Entries.Where(held => held.Entry.By(own)).Select(held => held.Entry.Seq).DefaultIfEmpty().Max();
            if (written > (ReceiptedUpTo(peer, row.Id) ?? 0)) _outbox[(peer, row.Id)] = new OutboxRow(written, now, ++_queued, null, null, null);
        }
    }

    public long? CountHandOver(long known) => _handOvers >= known ? ++_handOvers : null;

    public long? BeginCatchUp(long? known, long anew, IReadOnlyCollection<NodeId> peers)
    {
        if (known is { } elsewhere ? _handOvers >= elsewhere : _handOvers == 0) return null;
        _handOvers = known ?? Math.Max(_handOvers + 1, anew);
        foreach (var peer in peers) _catchUp[(peer, null)] = _handOvers;
        return _handOvers;
    }

    public long? FindCatchUp(NodeId peer) => _catchUp.Where(row => row.Key.Peer == peer).Select(row => (long?)row.Value).Max();

    public void EndCatchUp(NodeId peer, long number, IReadOnlyCollection<DossierId> butFor)
    {
        foreach (var key in _catchUp.Where(row => row.Key.Peer == peer && row.Value <= number && (row.Key.Dossier is not { } id || !butFor.Contains(id))).Select(row => row.Key).ToList())
            _catchUp.Remove(key);
        foreach (var id in butFor) _catchUp.TryAdd((peer, id), number);
    }

    public void RaiseFloor(NodeId peer, long handOver) => _floors[peer] = Math.Max(handOver, FindFloor(peer));

    public long FindFloor(NodeId peer) => _floors.GetValueOrDefault(peer);

    public AppendOutcome Pend(PendingWithdrawal withdrawal, Answered answered)
    {
        if (!_commands.TryAdd(withdrawal.Command, answered)) return AppendOutcome.JudgeAgain;
        _pending.Add(withdrawal);
        return AppendOutcome.Kept;
    }

    public IEnumerable<PendingWithdrawal> Pending(DossierId id) => _pending.Where(pending => pending.Draft.Dossier == id);

    public ImmutableArray<DossierId> ListPending() => [.. _pending.Select(pending => pending.Draft.Dossier).Distinct()];

    bool CatchesUp(NodeId peer, DossierId id) => _catchUp.ContainsKey((peer, null)) || _catchUp.ContainsKey((peer, id));

    IEnumerable<DossierDigest> SharedWith(NodeId peer) =>
        _dossiers.Values.Where(row => row.Participants.Contains(peer)).SelectMany(row => row.Digest is { } digest ? [new DossierDigest(row.Id, digest)] : Array.Empty<DossierDigest>());

    public int? ReceiptedUpTo(NodeId peer, DossierId id) => _dossiers[id].Receipts.Values
        .Where(receipt => receipt.Holder == peer && receipt.Author == own)
        .Select(receipt => (int?)receipt.Seq).Max();

    /// <summary>Receipts for entries that are held as the receipt says; any other is of no use to anyone.</summary>
    void Keep(IEnumerable<SignedReceipt> receipts)
    {
        foreach (var receipt in receipts)
            if (_dossiers.GetValueOrDefault(receipt.Dossier) is { } row && row.ByHash.GetValueOrDefault(receipt.Hash) is { } held
                && held.Entry.Author == receipt.Author && held.Entry.Seq == receipt.Seq)
                row.Receipts.TryAdd((receipt.Hash, receipt.Holder), receipt);
    }

    IEnumerable<KeptPart> PartOf(EntryHash entry, NodeId recipient) => _parts.TryGetValue((entry, recipient), out var kept) ? [kept.Part] : [];

    HeldDossier Read(DossierRow row) => new(
        row.Id, [.. row.Entries], [.. row.Receipts.Values],
        [.. _outbox.Where(waiting => waiting.Key.Dossier == row.Id && waiting.Value.StoppedBy is not null).Select(waiting => new Stop(waiting.Key.Peer, waiting.Value.StoppedBy!))],
        row.WaitingSince, [.. row.Entries.Select(held => held.Entry.Hash).Where(hash => _parts.ContainsKey((hash, own)))])
    {
        CaseFiles = [.. row.Entries.Select(held => held.Entry.Hash).Where(_files.ContainsKey)],
        Pending = [.. Pending(row.Id)],
        CatchingUpWith = [.. row.Participants.Where(peer => CatchesUp(peer, row.Id))],
    };
}

/// <summary>What a node holds of one dossier, in the rows of several tables.</summary>
sealed class DossierRow(DossierId id)
{
    readonly List<HeldEntry> _entries = [];
    readonly Dictionary<EntryHash, HeldEntry> _byHash = [];

    public DossierId Id { get; } = id;

    public Kind? Kind { get; set; }

    /// <summary>What lists know, but for the debts.</summary>
    public Overview Overview { get; private set; } = Overview.OfNothing;

    /// <summary>What is owed, and when something may have to be told of it.</summary>
    public Dictionary<DebtKey, (DueDebt Debt, DateTimeOffset? LookAt)> Debts { get; private set; } = [];

    /// <summary>Null while the overview is right.</summary>
    public DateTimeOffset? StaleUntil { get; set; }

    public SetDigest? Digest { get; set; }

    public DateTimeOffset? WaitingSince { get; set; }

    /// <summary>Since when the gap lasted that was said.</summary>
    public DateTimeOffset? GapSaid { get; set; }

    public ImmutableArray<NodeId> Participants { get; set; } = [];

    /// <summary>In the order in which they came.</summary>
    public IReadOnlyList<HeldEntry> Entries => _entries;

    public IReadOnlyDictionary<EntryHash, HeldEntry> ByHash => _byHash;

    public Dictionary<(EntryHash Hash, NodeId Holder), SignedReceipt> Receipts { get; } = [];

    public DossierRow Copy()
    {
        var copy = new DossierRow(Id)
        {
            Kind = Kind, Overview = Overview, Debts = new(Debts), StaleUntil = StaleUntil, Digest = Digest, WaitingSince = WaitingSince, GapSaid = GapSaid, Participants = Participants,
        };
        foreach (var held in _entries) copy.Add(held);
        foreach (var (key, receipt) in Receipts) copy.Receipts[key] = receipt;
        return copy;
    }

    /// <summary>Another overview: what stays owed by the same office with the same dates is not looked at anew.</summary>
    public void Say(Overview overview)
    {
        var before = Debts;
        Overview = overview with { Debts = [] };
        Debts = overview.Debts.ToDictionary(debt => debt.Key, debt =>
            (debt, before.TryGetValue(debt.Key, out var owed) && (owed.Debt.WarnAt, owed.Debt.DueAt, owed.Debt.Office) == (debt.WarnAt, debt.DueAt, debt.Office) ? owed.LookAt : debt.FirstLook));
    }

    public void Add(HeldEntry held)
    {
        _entries.Add(held);
        _byHash.Add(held.Entry.Hash, held);
    }
}

/// <summary>What a peer lacks of a dossier.</summary>
sealed record OutboxRow(int LastSeq, DateTimeOffset QueuedAt, int Order, DateTimeOffset? ClaimedUntil, string? StoppedBy, DateTimeOffset? WaitingSince);

/// <summary>What was claimed of it.</summary>
readonly record struct Claimed(DossierId Dossier, string? StoppedBy, DateTimeOffset? WaitingSince);

/// <summary>Whom to ask for what is missing.</summary>
sealed record GapRow(int Tries, DateTimeOffset FetchAfter);
