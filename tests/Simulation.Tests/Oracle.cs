using System.Buffers.Text;
using System.Text.Json;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Peers;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Sealing;

namespace Coordination.Simulation.Tests;

/// <summary>What must be true, at every moment and at the end, said without asking the code that it judges.</summary>
sealed class Oracle(World world)
{
    readonly Dictionary<(NodeId Node, CommandKey Key), ReadOnlyMemory<byte>> _answers = [];
    readonly Dictionary<(NodeId Node, CommandKey Key), (DossierId Dossier, EntryHash Entry)> _written = [];
    readonly HashSet<(NodeId Node, CommandKey Key)> _notSignedAtFirst = [];
    readonly HashSet<(NodeId Node, EntryHash Entry)> _lost = [];
    readonly HashSet<(NodeId Node, CommandKey Key)> _forgotten = [];
    readonly Dictionary<(NodeId Node, CommandKey Key), ReadOnlyMemory<byte>> _asked = [];
    readonly Dictionary<EntryHash, ReadOnlyMemory<byte>> _particulars = [];
    readonly HashSet<(NodeId Node, DossierId Dossier)> _erased = [];
    readonly Dictionary<(NodeId Node, DossierId Dossier), List<TimeSpan>> _heldSince = [];

    /// <summary>Which offices were told; null stands for the administrators.</summary>
    readonly Dictionary<(NodeId Node, DossierId Dossier, DebtKey Debt, NoticeKind Kind, int Round), HashSet<Domain.Dossiers.Office?>> _told = [];

    /// <summary>Within which something may leave that was taken up for the road before a withdrawal came.</summary>
    static readonly TimeSpan OnItsWay = TimeSpan.FromSeconds(1);

    public static Dossier<Referral> Fold(DossierRow row) => Fold(row.Id, row.Entries.Select(held => held.Entry));

    public static Dossier<Referral> Fold(DossierId id, IEnumerable<Entry> entries) => Dossier<Referral>.Fold(id, [.. entries], new HashSet<EntryHash>());

    /// <summary>An older backup was put back: what the node said of what it lost cannot be true until it has it again.</summary>
    public void PutBack(Node node, Database before)
    {
        foreach (var row in before.Dossiers)
            foreach (var held in row.Entries.Where(held => !node.Database.Holds(row.Id, held.Entry.Hash))) _lost.Add((node.Id, held.Entry.Hash));
        foreach (var ((_, id), since) in _heldSince.Where(dossier => dossier.Key.Node == node.Id))
        {
            var left = node.Database.Row(id)?.Entries.Count ?? 0;
            since.RemoveRange(left, since.Count - left);
        }
        foreach (var key in _told.Keys.Where(told => told.Node == node.Id).ToList()) _told.Remove(key);
        foreach (var notice in node.Database.Notices) IsNew(node, notice);
        foreach (var key in _answers.Keys.Where(answered => answered.Node == node.Id && node.Database.Answer(answered.Key) is null).ToList())
        {
            _answers.Remove(key);
            _notSignedAtFirst.Remove(key);
            _forgotten.Add(key);
        }
    }

    /// <summary>Whether a backup was put back that is older than the command: the same command again is a new one.</summary>
    public bool HasForgotten(Node node, CommandKey command) => _forgotten.Contains((node.Id, command));

    /// <summary>At every commit: what the node says of a dossier is what it holds of it.</summary>
    public void Committed(Node node, DossierId id)
    {
        if (node.Database.Row(id) is not { } row) return;
        if (!_heldSince.TryGetValue((node.Id, id), out var since)) _heldSince[(node.Id, id)] = since = [];
        while (since.Count < row.Entries.Count) since.Add(world.Agenda.Now);
        var dossier = Fold(row);
        var stands = dossier.State?.State.ToString();
        if (row.Overview.State != stands) world.Fail($"{node.Id} says that {id.Short} stands {row.Overview.State}, and what it holds says {stands}.");
        if (dossier.OpeningEntry?.Opening is { } opening && row.Digest != SetDigest.Of(opening, row.Entries.Select(held => held.Entry))) world.Fail($"{node.Id} keeps a digest of {id.Short} that is not of what it holds.");
        if (row.WaitingSince is null != dossier.Waiting.IsEmpty) world.Fail($"{node.Id} says that {(row.WaitingSince is null ? "nothing" : "something")} is missing in {id.Short}, where {dossier.Waiting.Length} entries wait.");

        if (row.StaleUntil is null) OverviewIsRight(node, row, dossier);
        WithdrawalsCountAtOnce(node, row, dossier);
        if (row.Participants.IsEmpty) return;
        foreach (var peer in row.Participants.Where(peer => peer != node.Id))
        {
            if (!dossier.Waiting.IsEmpty && !node.Database.HasGap(peer, id)) world.Fail($"{node.Id} lacks something of {id.Short} and does not ask {peer}.");
            var announced = Math.Max(node.Database.ReceiptedUpTo(peer, id) ?? 0, node.Database.Outbox(peer, id)?.LastSeq ?? 0);
            var written = row.Entries.Where(held => held.HandedOnBy is null).Select(held => held.Entry.Seq).DefaultIfEmpty().Max();
            if (announced < written) world.Fail($"{node.Id} wrote {written} entries into {id.Short}, and {peer} is owed no more than {announced}.");
        }
        foreach (var receipt in row.Receipts.Values) IsTrue(receipt, excused: _lost);
    }

    /// <summary>A receipt is a node's word that it holds a chain: it must be true when it leaves, and ever after.</summary>
    public void ReceiptsLeave(Node holder, IEnumerable<SignedReceipt> receipts)
    {
        foreach (var receipt in receipts)
        {
            if (receipt.Holder != holder.Id) world.Fail($"{holder.Id} gives a receipt in the name of {receipt.Holder}.");
            IsTrue(receipt, excused: []);
        }
    }

    /// <summary>What a node signed leaves it only after the commit, and its particulars only to those who take part, sealed to them alone.</summary>
    public void EntriesLeave(Node from, NodeId to, IEnumerable<Outgoing> entries)
    {
        foreach (var (signed, particulars) in entries)
        {
            var entry = signed.Entry;
            if (entry.By(from.Id) && !from.Database.Holds(entry.Dossier, entry.Hash)) world.Fail($"{from.Id} sends its entry {entry.Seq} of {entry.Dossier.Short}, which it does not hold.");
            if (particulars is null) continue;
            world.Met(Situation.ParticularsSent);
            if (from.Database.Row(entry.Dossier)?.Participants.Contains(to) is not true || !entry.Particulars.Any(digest => digest.Recipient == to))
                world.Fail($"{from.Id} sends {to} particulars of {entry.Dossier.Short} that are not for it.");
            if (WithdrewEverything(from, entry)) world.Fail($"{from.Id} sends {to} particulars of {entry.Dossier.Short} after all consent was withdrawn.");
            if (!MayLeave(from, entry, to)) world.Fail($"{from.Id} sends {to} particulars of {entry.Dossier.Short}, from which the person withdrew consent.");
            using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(particulars.AsSpan(0, particulars.IndexOf('.', StringComparison.Ordinal))));
            if (!Region.RingOf(to).Holds(header.RootElement.GetProperty("kid").GetString()!)) world.Fail($"{from.Id} sends {to} particulars of {entry.Dossier.Short} that are sealed to somebody else.");
        }
    }

    /// <summary>A case file leaves its author for whom it was released to, while the person lets it be read.</summary>
    public void CaseFileLeaves(Node from, NodeId to, DossierId dossier, EntryHash release, string compact)
    {
        world.Met(Situation.CaseFilePulled);
        if (from.Database.Row(dossier)?.ByHash.GetValueOrDefault(release)?.Entry is not { } entry || entry.Author != from.Id || !from.Database.Row(dossier)!.Participants.Contains(to))
        {
            world.Fail($"{from.Id} hands {to} a case file of {dossier.Short} that it did not release to it.");
            return;
        }
        if (WithdrewEverything(from, entry)) world.Fail($"{from.Id} hands {to} a case file of {dossier.Short} after all consent was withdrawn.");
        if (!MayLeave(from, entry, to)) world.Fail($"{from.Id} hands {to} a case file of {dossier.Short}, from which the person withdrew consent.");
        using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(compact.AsSpan(0, compact.IndexOf('.', StringComparison.Ordinal))));
        if (!Region.RingOf(to).Holds(header.RootElement.GetProperty("kid").GetString()!)) world.Fail($"{from.Id} hands {to} a case file of {dossier.Short} that is sealed to somebody else.");
    }

    /// <summary>Whether a part goes to its recipient in the end: what was withdrawn or erased on its way does not.</summary>
    public bool Goes(Node author, DossierRow row, KeptPart part) => !_erased.Contains((author.Id, row.Id)) && (
        !row.ByHash.TryGetValue(part.Entry, out var held) || Fold(row).MayLeave(held.Entry.Body, part.Recipient));

    /// <summary>Whether an author of the dossier has taken everything back, as the node has held for more than a moment: then nothing goes but what is said of that.</summary>
    bool WithdrewEverything(Node from, Entry entry)
    {
        var row = from.Database.Row(entry.Dossier)!;
        return entry.Body is not (ConsentWithdrawn or DataStopped)
            && row.Entries.Zip(_heldSince[(from.Id, row.Id)]).Any(held => held.First.Entry is { Body: ConsentWithdrawn { Scope: WithdrawalScope.Everything } } withdrawal
                && row.Participants.Contains(withdrawal.Author) && held.Second <= world.Agenda.Now - OnItsWay);
    }

    /// <summary>Whether the consent, as the node held it now or a moment ago, lets something go to a country. By no node's clock.</summary>
    bool MayLeave(Node from, Entry entry, NodeId to)
    {
        var row = from.Database.Row(entry.Dossier)!;
        var entries = row.Entries.Select(held => held.Entry).ToList();
        var before = _heldSince[(from.Id, row.Id)].Count(since => since <= world.Agenda.Now - OnItsWay);
        var least = Math.Max(before, entries.FindIndex(held => held.Hash == entry.Hash) + 1);
        return Enumerable.Range(least, entries.Count - least + 1).Any(held => Fold(row.Id, entries.Take(held)).MayLeave(entry.Body, to));
    }

    /// <summary>An office is about to ask for this, as often as it takes.</summary>
    public void Asked(Node node, Command command)
    {
        _asked[(node.Id, command.Key)] = command.Particulars;
        if (command is { Body: DataStopped { Fate: DataFate.Erased }, Dossier: { } erased }) _erased.Add((node.Id, erased));
    }

    /// <summary>An entry was written for a command: with its particulars, for everybody who takes part.</summary>
    public void Written(Node node, Append append)
    {
        if (!_asked.TryGetValue((node.Id, append.Command), out var particulars) || particulars.IsEmpty) return;
        var entry = append.Entry.Entry;
        // Where the data were erased, what must be said is said without them.
        if (entry.Particulars.IsEmpty && _erased.Contains((node.Id, entry.Dossier))) return;
        _particulars[entry.Hash] = particulars;
        // From whom the person had taken the consent reads nothing, be it given again here; the office itself keeps what it wrote.
        var known = node.Database.Row(entry.Dossier) is { } row ? Fold(row.Id, [.. row.Entries.Select(held => held.Entry).Where(held => held.Hash != entry.Hash), .. node.Database.Pending(row.Id).Select(pending => pending.Draft)]) : null;
        var wanted = append.Participants.Participants.Distinct().Where(to => to == node.Id || known?.MayLeave(entry.Body, to) is not false).Order().ToList();
        if (!entry.Particulars.Select(digest => digest.Recipient).Order().SequenceEqual(wanted) || !append.Parts.Select(part => part.Recipient).Order().SequenceEqual(wanted))
            world.Fail($"{node.Id} writes particulars into {entry.Dossier.Short} that are not for all who take part.");
    }

    /// <summary>A notice was kept: once, and true by what the node holds.</summary>
    public void Told(Node node, DossierRow row, Notice notice)
    {
        world.Tally.Count(Tally.Of(notice.Kind));
        world.Tell($"{node.Id} tells {notice.Office}: {notice.Kind} {notice.Round} of {notice.Debt.Clock} owed by {notice.Debt.Owes} in {row.Id.Short}");
        if (!IsNew(node, notice)) world.Fail($"{node.Id} tells {notice.Kind} {notice.Round} of {notice.Debt.Clock} in {row.Id.Short} twice to {notice.Office}.");
        if (row.StaleUntil is not null) return;
        var dossier = Fold(row);
        if (!Owed(row, dossier).TryGetValue(notice.Debt, out var deadline) || deadline is null)
        {
            world.Fail($"{node.Id} tells {notice.Kind} of {notice.Debt.Clock} in {row.Id.Short}, which nobody owes, or whose clock does not run.");
            return;
        }
        var (own, at) = (notice.Debt.Owes == node.Id, deadline.DueAt + ((notice.Round - 1) * (deadline.AgainEvery ?? TimeSpan.Zero)));
        var isTime = notice.Kind switch
        {
            NoticeKind.Warning => own && notice.Round == 1 && deadline.WarnAt <= node.Clock.Now,
            NoticeKind.Progress => own && deadline.ProgressEvery > 0,
            NoticeKind.Late or NoticeKind.Escalated => own && at <= node.Clock.Now,
            NoticeKind.Alarm when notice.Debt.Clock is nameof(Domain.Referrals.Clock.Find) =>
                own && (notice.Round == 1 ? deadline.WarnAt : deadline.DueAt + ((notice.Round - 2) * deadline.AgainEvery)) <= node.Clock.Now,
            NoticeKind.Alarm => notice.Debt.Clock is nameof(Domain.Referrals.Clock.Arrive) && at <= node.Clock.Now,
        };
        if (!isTime) world.Fail($"{node.Id} tells {notice.Kind} {notice.Round} of {notice.Debt.Clock} in {row.Id.Short} before it is time.");
    }

    /// <summary>The administrators were told of what the road does not deliver: once, and of an entry that nobody else is known to hold.</summary>
    public void ToldOfTheRoad(Node node, DossierRow row, Notice notice)
    {
        world.Tell($"{node.Id} tells of the road: {notice.Kind} in {row.Id.Short}");
        if (!IsNew(node, notice)) world.Fail($"{node.Id} tells {notice.Kind} of the road in {row.Id.Short} twice.");
        var waits = row.Entries.Single(held => held.Entry.Hash == notice.Debt.Cause);
        var hours = notice.Kind is NoticeKind.Warning ? 12 : 24;
        if (!waits.Entry.By(node.Id) || notice.Office is not null || waits.HeldSince.AddHours(hours) > node.Clock.Now)
            world.Fail($"{node.Id} tells {notice.Office} {notice.Kind} of entry {waits.Entry.Seq} in {row.Id.Short}, which it holds since {waits.HeldSince:O}.");
        if (row.Receipts.Values.Any(receipt => receipt.Holder != node.Id && receipt.Author == node.Id && receipt.Seq >= waits.Entry.Seq))
            world.Fail($"{node.Id} tells that entry {waits.Entry.Seq} in {row.Id.Short} is not delivered, and has a receipt for it.");
    }

    /// <summary>A withdrawal that cannot be signed yet acts as soon as it is kept.</summary>
    public void Pended(Node node, PendingWithdrawal withdrawal)
    {
        _notSignedAtFirst.Add((node.Id, withdrawal.Command));
        world.Met(Situation.WithdrawalNotSigned);
        var id = withdrawal.Draft.Dossier;
        if (!Fold(id, [.. node.Database.Row(id)!.Entries.Select(held => held.Entry), withdrawal.Draft]).Withdrawals.Contains(withdrawal.Draft))
            world.Fail($"{node.Id} took a withdrawal of consent in {id.Short} that does not show.");
    }

    /// <summary>What an office hears: done means committed, and the same request never hears two different things.</summary>
    public void Answered(Node node, Command command, CommandOutcome outcome)
    {
        var kept = node.Database.Answer(command.Key);
        switch (outcome)
        {
            case CommandOutcome.Done done:
                world.Met(Situation.CommandDone);
                var about = (node.Id, command.Key);
                if (_answers.TryGetValue(about, out var before) && !before.Span.SequenceEqual(done.Answer.Span)) world.Fail($"{node.Id} answers {command.Key.CommandId} twice, differently.");
                _answers[about] = done.Answer;
                var (dossier, entry) = (DossierId.Read(done.Answer.Span[..EntryHash.Length]), EntryHash.Read(done.Answer.Span[EntryHash.Length..]));
                // A withdrawal that was signed later stands under another hash than the one that was answered.
                if (!_notSignedAtFirst.Contains(about))
                {
                    if (kept is null || !node.Database.Holds(dossier, entry)) world.Fail($"{node.Id} answers {command.Key.CommandId} as done, and holds nothing of it.");
                    _written[about] = (dossier, entry);
                }
                break;
            case CommandOutcome.Refused refused:
                world.Met(Situation.CommandRefused);
                var isSame = kept?.RequestHash.Span.SequenceEqual(command.RequestHash.Span);
                if (isSame is true) world.Fail($"{node.Id} refuses {command.Key.CommandId} ({refused.Refusal.Reason}), which it has done.");
                world.Tell($"{node.Id} {command.Key.CommandId} refused: {refused.Refusal.Reason}");
                break;
        }
    }

    /// <summary>After the healing: everybody holds the same, and means the same by it.</summary>
    public void AtTheEnd()
    {
        foreach (var id in world.Nodes.SelectMany(node => node.Database.Dossiers).Select(row => row.Id).Distinct().ToList())
        {
            var holders = world.Nodes.Where(node => node.Database.Row(id) is not null).ToList();
            // A country that is reached on paper alone takes part in nothing.
            var participants = holders.SelectMany(node => node.Database.Row(id)!.Participants).Distinct().ToList();
            foreach (var holder in holders.Where(holder => !participants.Contains(holder.Id))) world.Fail($"{holder.Id} holds {id.Short}, in which it has no part.");
            if (participants.Except(holders.Select(holder => holder.Id)).ToList() is [var without, ..])
            {
                world.Fail($"{without} holds nothing of {id.Short}.");
                continue;
            }
            SameEverywhere(id, [.. participants.Select(participant => world[participant])]);
        }
        foreach (var ((author, command), (dossier, entry)) in _written)
        {
            // With a backup goes what nobody else had got yet; what anybody has, everybody has.
            if (_lost.Contains((author, entry)) && !world.Nodes.Any(node => node.Database.Holds(dossier, entry))) continue;
            foreach (var participant in world.Nodes.SelectMany(node => node.Database.Row(dossier)?.Participants ?? []).Distinct().Where(participant => !world[participant].Database.Holds(dossier, entry)))
                world.Fail($"{author} answered {command.CommandId} as done, and {participant} does not hold its entry.");
        }

        foreach (var node in world.Nodes)
            foreach (var row in node.Database.Dossiers)
            {
                EverythingWasTold(node, row);
                ParticularsAreWithThoseWhoMayRead(node, row);
            }
    }

    /// <summary>What lists and deadlines know is what the entries and the receipts say.</summary>
    void OverviewIsRight(Node node, DossierRow row, Dossier<Referral> dossier)
    {
        var referral = dossier.State;
        var overview = row.Overview;
        if ((overview.Counterpart, overview.Type, overview.Urgency) != (referral?.Parties.Other(node.Id), referral?.Opened.Type.ToString(), referral?.Opened.Urgency.ToString()))
            world.Fail($"{node.Id} lists {row.Id.Short} as {overview}.");
        var owed = Owed(row, dossier);
        if (!owed.Keys.ToHashSet().SetEquals(row.Debts.Keys)) world.Fail($"{node.Id} says that {Names(row.Debts.Keys)} is owed in {row.Id.Short}, and by what it holds it is {Names(owed.Keys)}.");
        foreach (var (key, (debt, _)) in row.Debts)
            if (owed.TryGetValue(key, out var deadline) && (debt.WarnAt, debt.DueAt, debt.AgainEvery, debt.ProgressEvery) != (deadline?.WarnAt, deadline?.DueAt, deadline?.AgainEvery, deadline?.ProgressEvery ?? 0))
                world.Fail($"{node.Id} says that {key.Clock} in {row.Id.Short} warns at {debt.WarnAt:O} and is due at {debt.DueAt:O}, and by what it holds that is {deadline}.");

        static string Names(IEnumerable<DebtKey> debts) => string.Join(", ", debts.Select(debt => $"{debt.Clock} {debt.Number} by {debt.Owes}").Order(StringComparer.Ordinal));
    }

    /// <summary>Whatever it was time to tell of what is owed was told.</summary>
    void EverythingWasTold(Node node, DossierRow row)
    {
        var dossier = Fold(row);
        OverviewIsRight(node, row, dossier);
        foreach (var (debt, deadline) in Owed(row, dossier))
        {
            if (deadline is null) continue;
            var own = debt.Owes == node.Id;
            var rounds = deadline.DueAt > node.Clock.Now ? 0 : deadline.AgainEvery is { } again ? 1 + (int)((node.Clock.Now - deadline.DueAt) / again) : 1;
            var alarmsBoth = debt.Clock is nameof(Domain.Referrals.Clock.Arrive);
            var alarmsOwn = own && debt.Clock is nameof(Domain.Referrals.Clock.Find);
            if (own && deadline.WarnAt <= node.Clock.Now) Wants(NoticeKind.Warning, 1);
            if (alarmsOwn && deadline.WarnAt <= node.Clock.Now) Wants(NoticeKind.Alarm, 1);
            for (var round = 1; round <= rounds; round++)
            {
                if (own) Wants(NoticeKind.Late, round);
                if (alarmsBoth) Wants(NoticeKind.Alarm, round);
                if (alarmsOwn) Wants(NoticeKind.Alarm, round + 1);
            }

            // Whoever has it now knows where it stands.
            var office = row.Debts[debt].Debt.Office;
            if (own && rounds > 0 && (!_told.TryGetValue((node.Id, row.Id, debt, NoticeKind.Late, rounds), out var late) || !late.Contains(office)))
                world.Fail($"{node.Id} has not told {office}, which has it, that {debt.Clock} in {row.Id.Short} is late.");

            void Wants(NoticeKind kind, int round)
            {
                if (!_told.ContainsKey((node.Id, row.Id, debt, kind, round))) world.Fail($"{node.Id} has not told {kind} {round} of {debt.Clock} in {row.Id.Short}, which was due at {deadline.DueAt:O}.");
            }
        }
    }

    /// <summary>What is owed by what a node holds, and when the protocol says that it is due; null while a clock does not run.</summary>
    static Dictionary<DebtKey, Deadline?> Owed(DossierRow row, Dossier<Referral> dossier)
    {
        if (dossier.State is not { } referral) return [];
        var received = new Dictionary<EntryHash, DateTimeOffset>();
        foreach (var entry in row.Entries.Select(held => held.Entry))
            foreach (var receipt in row.Receipts.Values.Where(receipt => receipt.Holder != entry.Author && receipt.Author == entry.Author && receipt.Seq >= entry.Seq))
                received[entry.Hash] = received.TryGetValue(entry.Hash, out var before) && before < receipt.ReceivedAt ? before : receipt.ReceivedAt;
        var times = new Receipts(row.Entries.ToDictionary(held => held.Entry.Hash, held => held.Entry.WrittenAt), received);
        // A delivery that was received is owed no more, although no entry says so.
        return referral.Debts.Where(debt => debt.Clock is not Coordination.Domain.Referrals.Clock.Delivery || !received.ContainsKey(debt.Cause)).ToDictionary(
            debt => new DebtKey(debt.Clock.ToString(), debt.Owes, debt.Number, debt.Cause, debt.About), debt => referral.Due(debt, times, WorkingCalendar.WeekendsOnly));
    }

    /// <summary>Particulars are readable exactly as written at everybody who takes part, and kept by nobody for anybody else.</summary>
    void ParticularsAreWithThoseWhoMayRead(Node node, DossierRow row)
    {
        var parts = node.Database.Parts(row.Id).ToLookup(part => part.Entry);
        foreach (var held in row.Entries)
        {
            var entry = held.Entry;
            if (parts[entry.Hash].Any(part => !row.Participants.Contains(part.Recipient) || (!entry.By(node.Id) && part.Recipient != node.Id)))
                world.Fail($"{node.Id} keeps particulars of {row.Id.Short} that it may not read.");
            if (!entry.Particulars.Any(digest => digest.Recipient == node.Id)) continue;
            if (parts[entry.Hash].FirstOrDefault(part => part.Recipient == node.Id) is not { } own)
            {
                // With a backup goes what only its author can seal; and what was withdrawn or erased on its way does not come.
                if (!_lost.Contains((entry.Author, entry.Hash)) && !_erased.Contains((entry.Author, row.Id)) && Fold(row).MayLeave(entry.Body, node.Id)) world.Fail($"{node.Id} lacks the particulars of {entry.Author}'s entry {entry.Seq} in {row.Id.Short}.");
                continue;
            }
            var says = node.Safe.Read(held.Signed, own);
            if (says is Disclosure.Destroyed && _erased.Contains((node.Id, row.Id))) world.Met(Situation.ParticularsErased);
            else if (says is not Disclosure.Opened { Plaintext: var read } || !SealedPart.ContentOf(read).Span.SequenceEqual(_particulars[entry.Hash].Span))
                world.Fail($"{node.Id} reads other particulars of {entry.Author}'s entry {entry.Seq} in {row.Id.Short} than were written.");
            else if (!entry.By(node.Id)) world.Met(Situation.ParticularsRead);
        }
    }

    /// <summary>Whether the office was not told this before.</summary>
    bool IsNew(Node node, Notice notice)
    {
        var key = (node.Id, notice.Dossier, notice.Debt, notice.Kind, notice.Round);
        if (!_told.TryGetValue(key, out var offices)) _told[key] = offices = [];
        return offices.Add(notice.Office);
    }

    void SameEverywhere(DossierId id, IReadOnlyList<Node> nodes)
    {
        var first = nodes[0].Database.Row(id)!;
        var dossier = Fold(first);
        foreach (var judged in dossier.Entries) world.Tally.Count(judged);
        if (dossier.UpgradeNeeded) world.Met(Situation.UpgradeNeeded);
        foreach (var judged in dossier.Entries.Where(judged => judged.Verdict is Verdict.Void { Reason.Code: ReasonCode.NotOpen })) world.Met(Situation.CrossingDecisionVoid);
        if (dossier.Entries.GroupBy(judged => (judged.Entry.Author, judged.Entry.Seq)).FirstOrDefault(place => place.Count() > 1) is { } twice)
            world.Fail($"{twice.Key.Author} wrote two entries as number {twice.Key.Seq} of {id.Short}.");

        foreach (var node in nodes)
        {
            var row = node.Database.Row(id)!;
            var other = Fold(row);
            if (!row.ByHash.Keys.ToHashSet().SetEquals(first.ByHash.Keys)) world.Fail($"{node.Id} and {nodes[0].Id} hold different entries of {id.Short}: {row.Entries.Count} and {first.Entries.Count}.");
            else if (row.Overview.State != first.Overview.State || other.State != dossier.State || !Verdicts(other).SequenceEqual(Verdicts(dossier))) world.Fail($"{node.Id} and {nodes[0].Id} read {id.Short} differently.");
            foreach (var receipt in row.Receipts.Values) IsTrue(receipt, excused: []);
            if (!other.Waiting.IsEmpty) world.Fail($"{other.Waiting.Length} entries of {id.Short} still wait at {node.Id}.");
            foreach (var peer in nodes.Where(peer => peer != node))
                foreach (var held in row.Entries.Where(held => held.Entry.By(node.Id)))
                    if ((node.Database.ReceiptedUpTo(peer.Id, id) ?? 0) < held.Entry.Seq) world.Fail($"{node.Id} has no receipt of {peer.Id} for entry {held.Entry.Seq} of {id.Short}.");
        }
    }

    static IEnumerable<(EntryHash, Verdict)> Verdicts(Dossier<Referral> dossier) => dossier.Entries.Select(judged => (judged.Entry.Hash, judged.Verdict));

    /// <summary>A withdrawal that is held shows at once: neither a gap nor a missing opening suspends it.</summary>
    void WithdrawalsCountAtOnce(Node node, DossierRow row, Dossier<Referral> dossier)
    {
        if (!dossier.Waiting.IsEmpty) world.Met(Situation.EntryBehindGap);
        if (dossier.OpeningEntry is null) world.Met(Situation.OpeningMissing);
        foreach (var withdrawal in row.Entries.Select(held => held.Entry).Where(entry => entry.Body is ConsentWithdrawn))
        {
            var isWriters = dossier.OpeningEntry is null || dossier.OpeningEntry.Opening!.Writers.Contains(withdrawal.Author);
            var waits = dossier.Waiting.Contains(withdrawal);
            if (waits) world.Met(Situation.WithdrawalBehindGap);
            if (isWriters && !dossier.Withdrawals.Contains(withdrawal))
                world.Fail($"{node.Id} holds a withdrawal of consent in {row.Id.Short} that {(waits ? "waits behind a gap and " : "")}does not show.");
        }
    }

    /// <param name="receipt">Whoever keeps it.</param>
    /// <param name="excused">What a node lost with a backup, and is about to get back.</param>
    void IsTrue(SignedReceipt receipt, HashSet<(NodeId, EntryHash)> excused)
    {
        var database = world[receipt.Holder].Database;
        var past = new Stack<EntryHash>([receipt.Hash]);
        var reached = new HashSet<EntryHash>();
        while (past.TryPop(out var hash))
        {
            if (!reached.Add(hash)) continue;
            if (database.Row(receipt.Dossier)?.ByHash.GetValueOrDefault(hash)?.Entry is not { } entry)
            {
                if (excused.Contains((receipt.Holder, hash))) return;
                world.Fail($"{receipt.Holder} gave a receipt for {receipt.Author} {receipt.Seq} of {receipt.Dossier.Short}, and does not hold {(hash == receipt.Hash ? "it" : "its past")}.");
                return;
            }
            if (hash == receipt.Hash && (entry.Author != receipt.Author || entry.Seq != receipt.Seq)) world.Fail($"{receipt.Holder} gave a receipt that says another place than the entry's.");
            if (entry.Previous is { } previous) past.Push(previous);
            foreach (var head in entry.Seen) past.Push(head.Hash);
        }
    }
}
