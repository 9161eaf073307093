using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Coordination.CountryNode.Offices;
using Coordination.CountryNode.Exchange;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Referrals;
using Coordination.Hosting.Sealing;
using Coordination.Hosting.Trust;

namespace Coordination.CountryNode.Desks;

/// <summary>Where offices work on referrals: load, ask <see cref="Referral.Next"/>, sign, append.</summary>
public sealed class ReferralDesk(IStore store, Safe safe, Overviews overviews, OfficeDirectory directory, Pen pen, TrustInForce trust, HandOvers handOvers, Bell bell, TimeProvider time)
{
    /// <summary>Each retry means that somebody else got an entry in; more than a few means something is wrong.</summary>
    const int MostTries = 20;

    /// <summary>Writes a statement, or says why not.</summary>
    public async Task<CommandOutcome> WriteAsync(Command command, Answering answering, CancellationToken cancellationToken)
    {
        // Most openings are new: whether one was answered before is asked once something speaks against writing it, and the append
        // refuses to answer twice. With particulars it is asked at once: they are kept under the key of a dossier that would never be.
        var asksLater = command is { Body: Opened, Particulars.IsEmpty: true };
        for (var tries = 0; tries < MostTries; tries++)
        {
            if (!(asksLater && tries == 0) && await FindAnswerAsync(command, cancellationToken) is { } answered) return answered;
            var now = time.GetUtcNow();
            switch (await JudgeAsync(command, now, cancellationToken))
            {
                case Judged.Not not:
                    return asksLater && tries == 0 && await FindAnswerAsync(command, cancellationToken) is { } before ? before : not.Refusal;
                case Judged.Stands stands:
                    var answer = answering(stands.HeldWith, stands.After);
                    var append = Append(stands, command.Key, new Answered(command.RequestHash, answer), now) with
                    {
                        // Nobody says that the data are erased before they are, and nothing is erased that cannot be said.
                        Owed = command.Owed,
                        Erases = Erases(command),
                        BeforeCommit = Erases(command) ? () => safe.Erase(stands.Signed.Entry.Dossier) : null,
                    };
                    switch (await store.AppendAsync(append, cancellationToken))
                    {
                        case AppendOutcome.Kept:
                            RingFor(append);
                            return new CommandOutcome.Done(answer);
                        case AppendOutcome.Behind:
                            await handOvers.BeginAsync(cancellationToken);
                            break;
                    }
                    break;
                case Judged.NotYet notYet:
                    // Nobody holds what it descends from: it waits in every fold until it is signed.
                    var (waiting, bytes) = EntryWire.Write(notYet.Draft with { Seq = int.MaxValue, Previous = EntryHash.Of(command.RequestHash.Span), Seen = [] }, []);
                    var pending = new PendingWithdrawal(command.Key, waiting, bytes) { AtRest = safe.KeepPending(command.Key, waiting.Dossier, command.Particulars) };
                    var with = notYet.Held with { Pending = notYet.Held.Pending.Add(pending) };
                    var done = answering(with, with.FoldWithPending(trust.Current));
                    if (await store.PendAsync(pending, new Answered(command.RequestHash, done), now, cancellationToken) is AppendOutcome.Kept) return new CommandOutcome.Done(done);
                    break;
            }
        }
        return new Refusal(RefusalKind.TryAgain, "DOSSIER_BUSY", "Others kept writing to this dossier at the same time. Try the same request again.");
    }

    /// <summary>What a command's statement comes to: of a correction, what is said by it.</summary>
    public async Task<Body> SaidByAsync(Command command, CancellationToken cancellationToken) =>
        command is { Body: Corrected, Dossier: { } id } && await store.FindAsync(id, cancellationToken) is { } held ? SaidBy(command, held) : command.Body;

    /// <summary>What was answered to a command whoever asks, and however; null where nothing was.</summary>
    public async Task<ReadOnlyMemory<byte>?> FindAnswerAsync(CommandKey command, CancellationToken cancellationToken) => (await store.FindAnswerAsync(command, cancellationToken))?.Answer;

    /// <summary>On what rests what a command would tell the other country of a person; null for what opens and releases nothing.</summary>
    public async Task<Basis?> BasisOfAsync(Command command, CancellationToken cancellationToken) => command switch
    {
        { Body: Opened opened } => opened.Basis,
        { Body: CaseFileReleased, Dossier: { } id } when await store.FindAsync(id, cancellationToken) is { } held => BasisOfRelease(command, held),
        _ => null,
    };

    Basis? BasisOfRelease(Command command, HeldDossier held) => held.FoldWithPending(trust.Current).State is { } referral
        ? referral.BasisFor(referral.Parties.Other(command.OnBehalfOf ?? pen.Node), RegionalTime.Today(pen.Node, time.GetUtcNow()))
        : null;

    /// <summary>Whether a command says that this country erased its data; of the other one's, on paper, it tells what a letter said.</summary>
    static bool Erases(Command command) => command is { Body: DataStopped { Fate: DataFate.Erased }, OnBehalfOf: null };

    static Body SaidBy(Command command, HeldDossier held) =>
        Rights.SaidBy(command.Body, held.Entries.FirstOrDefault(kept => kept.Entry.Hash == command.Answers)?.Entry.Body);

    /// <summary>Why a statement would not be written now; null when it would. Writes nothing.</summary>
    public async Task<Refusal?> TryAsync(Command command, CancellationToken cancellationToken) =>
        await JudgeAsync(command, time.GetUtcNow(), cancellationToken) is Judged.Not not ? not.Refusal : null;

    /// <summary>What was answered to the command before; null when nothing was.</summary>
    public async Task<CommandOutcome?> FindAnswerAsync(Command command, CancellationToken cancellationToken)
    {
        if (await store.FindAnswerAsync(command.Key, cancellationToken) is not { } answered) return null;
        return answered.RequestHash.Span.SequenceEqual(command.RequestHash.Span)
            ? new CommandOutcome.Done(answered.Answer)
            : new Refusal(RefusalKind.AlreadyUsed, "COMMAND_ID_REUSED", "This command_id was used for another request. Make a new one for each command.");
    }

    /// <summary>One referral: what is held of it, and how it stands; null when nothing of it is held.</summary>
    public async Task<(HeldDossier Held, Dossier<Referral> Dossier)?> FindAsync(DossierId id, CancellationToken cancellationToken) =>
        await store.FindAsync(id, cancellationToken) is { } held ? (held, held.FoldWithPending(trust.Current)) : null;

    /// <summary>The same for an office; null too where it is shut out.</summary>
    public async Task<(HeldDossier Held, Dossier<Referral> Dossier)?> FindAsync(DossierId id, Office office, CancellationToken cancellationToken) =>
        await FindAsync(id, cancellationToken) is { } found && !await IsShutOutAsync(found.Held, office, cancellationToken) ? found : null;

    /// <summary>What the particulars of one entry say to an office of this node.</summary>
    public async Task<ParticularsRead> ReadParticularsAsync(DossierId id, EntryHash entry, Office office, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(id, cancellationToken) is not { } held) return Refusal.NotFound;
        if (await IsShutOutAsync(held, office, cancellationToken)) return Refusal.NotFound;
        if (held.Entries.FirstOrDefault(kept => kept.Entry.Hash == entry) is not { } kept)
            return new Refusal(RefusalKind.NotFound, "ENTRY_NOT_FOUND", "The entry is none of this dossier's, as far as this node holds it. Check its hash; History has those of all entries.");
        if (!kept.Entry.Particulars.Any(digest => digest.Recipient == pen.Node))
            return new Refusal(RefusalKind.NotFound, "NO_PARTICULARS", "The entry has no particulars for this country.");
        var withheld = kept.Entry.Author != pen.Node && !held.FoldWithPending(trust.Current).MayLeave(kept.Entry.Body, pen.Node)
            ? new Refusal(RefusalKind.NotOpen, "CONSENT_WITHDRAWN", $"The person took back the consent that {pen.Node} receives anything: what the other country says beside entries is not read here.")
            : null;
        if ((await store.FindPartsAsync(id, pen.Node, cancellationToken)).FirstOrDefault(part => part.Entry == entry) is not { } part)
            return withheld ?? new Refusal(RefusalKind.NotFound, "PARTICULARS_MISSING", "The particulars have not arrived, or are not the ones that the entry names; they are being asked for.");
        return safe.Read(kept.Signed, part) switch
        {
            Disclosure.Opened when withheld is not null => withheld,
            Disclosure.Opened opened => new ParticularsRead.Is(SealedPart.ContentOf(opened.Plaintext)) { Part = opened.Plaintext },
            Disclosure.Destroyed => new Refusal(RefusalKind.NotFound, "PARTICULARS_ERASED", "The particulars of this dossier were erased."),
            _ => new Refusal(RefusalKind.NotFound, "PARTICULARS_DAMAGED", "The particulars cannot be read. Ask the operator to look at the key folder."),
        };
    }

    /// <summary>Signs withdrawals that had to wait, as soon as they can be. What one dossier suffers from holds up no other.</summary>
    public async Task SignPendingAsync(CancellationToken cancellationToken)
    {
        ExceptionDispatchInfo? first = null;
        foreach (var id in await store.ListPendingAsync(cancellationToken))
        {
            try
            {
                await SignPendingAsync(id, cancellationToken);
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                first ??= ExceptionDispatchInfo.Capture(fault);
            }
        }
        first?.Throw();
    }

    async Task SignPendingAsync(DossierId id, CancellationToken cancellationToken)
    {
        while (await store.FindAsync(id, cancellationToken) is { Pending: [var pending, ..] } held && held.Fold<Referral>(trust.Current) is var dossier && CanSign(held, dossier))
        {
            var draft = pending.Draft;
            var now = time.GetUtcNow();
            var statement = new Statement(draft.Office!, draft.Body, draft.HappenedOn, draft.Channel!.Value) { OnBehalfOf = draft.OnBehalfOf, Letter = draft.Letter };
            var append = Append(Sign(held, dossier.Draft(pen.Node, statement, now), PendingParticulars(pending), readers: null, now), pending.Command, answered: null, now);
            if (await store.AppendAsync(append, cancellationToken) is not AppendOutcome.Kept) return;
            RingFor(append);
        }
    }

    /// <summary>What was to be read beside a withdrawal, as far as it may still be kept: a damaged key suspends no withdrawal.</summary>
    ReadOnlyMemory<byte> PendingParticulars(PendingWithdrawal pending) =>
        !pending.AtRest.IsEmpty && safe.Look(pending.Draft.Dossier) is Keeping.Possible ? safe.ReadPending(pending) : default;

    /// <summary>Tells of statements why each cannot be written into a dossier at the moment, whatever its state; null when it can.</summary>
    public Func<Body, Refusal?> StandstillOf(HeldDossier held)
    {
        var dossier = held.Fold<Referral>(trust.Current);
        return body => Standstill(held, dossier, body);
    }

    Refusal? Standstill(HeldDossier held, Dossier<Referral> dossier, Body body)
    {
        if (held.Entries.Count(kept => kept.Entry.By(pen.Node)) + held.Pending.Length >= Door.RoomFor(body))
            return new(RefusalKind.NotOpen, "DOSSIER_FULL", "This dossier holds as many entries of this country as any node takes. Open a new referral that names it as the earlier one.");
        // What cannot be signed yet acts all the same, and is signed later.
        if (Referral.IsWithdrawal(body) && dossier.OpeningEntry is not null) return null;
        if (!held.CatchingUpWith.IsEmpty)
            return new(RefusalKind.TryAgain, "CATCHING_UP", $"This node's database was set back, and what it had written in this dossier is being fetched from {string.Join(" and ", held.CatchingUpWith)}. Try again when the peer has answered; a withdrawal of consent is taken at once.");
        if (!CanSign(held, dossier)) return new(RefusalKind.TryAgain, "ENTRIES_MISSING", "Entries of this dossier are still on their way. Try again in a moment.");
        return dossier.UpgradeNeeded
            ? new(RefusalKind.NotOpen, "UPGRADE_NEEDED", "The other country wrote something that only a newer program understands. Ask the operator to upgrade this node.")
            : null;
    }

    /// <summary>Whether this node holds all that it wrote itself: what waits of its own would be written a second time under the same number.</summary>
    /// <remarks>What waits of the other side stalls nobody: it has no receipt yet, and counts as a crossing.</remarks>
    bool CanSign(HeldDossier held, Dossier<Referral> dossier) =>
        held.CatchingUpWith.IsEmpty && dossier.OpeningEntry is not null && !dossier.Waiting.Any(entry => entry.By(pen.Node));

    /// <summary>Signs what the command would write and asks the protocol.</summary>
    async Task<Judged> JudgeAsync(Command command, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (command.Body is not Corrected && Rights.Check(command.Key.Office, command.Body) is { } notAllowed) return notAllowed;
        var today = RegionalTime.Today(pen.Node, now);
        if (command.HappenedOn > today) return Refusal.Invalid("HAPPENED_ON_AHEAD", "command.happened_on", "lies ahead: today or a day before is needed");
        if (command.Body is Opened opened)
        {
            return await OpeningFaultAsync(command, opened, today, now, cancellationToken) is { } fault
                ? fault
                : AsTheProtocolSays(command, Sign(held: null, Draft(command, opened, today, now), command.Particulars, readers: null, now));
        }
        var id = command.Dossier ?? throw new ArgumentException("A statement other than Opened belongs into a dossier.", nameof(command));
        if (await store.FindAsync(id, cancellationToken) is not { } held) return Refusal.NotFound;
        // Nothing suspends a withdrawal, not a key folder that fails either.
        if (!Referral.IsWithdrawal(command.Body) && await IsShutOutAsync(held, command.Key.Office, cancellationToken)) return Refusal.NotFound;
        if (command.Body is not CaseFileReleased) return Judge(command, held, today, now);
        if (command.RestsOnConsent && BasisOfRelease(command, held) is not (null or Basis.Consent)) return ConsentChanged;
        if (await WithheldAsync(held, cancellationToken) is not { } withheld)
            return ConsentDetailsUnreadable;
        command = command with { CaseFile = CaseFileWire.Without(command.CaseFile, withheld) };
        return command.CaseFile.IsEmpty ? NothingToRelease : Judge(command, held, today, now);
    }

    /// <summary>Why nothing is released or shown where nobody can tell what the person withholds.</summary>
    public static Refusal ConsentDetailsUnreadable { get; } = new(
        RefusalKind.NotOpen, "CONSENT_DETAILS_UNREADABLE", "What the person withholds cannot be read here, so nobody can tell what may be told. If it does not arrive, record the consent anew, with its details.");

    static Refusal ConsentChanged { get; } = new(
        RefusalKind.TryAgain, "CONSENT_CHANGED", "The person's consent changed at the same time, and a second person is wanted now. Send the same request again.");

    /// <summary>Why a case file is not released of which nothing is left.</summary>
    public static Refusal NothingToRelease { get; } =
        new(RefusalKind.NotOpen, "NOTHING_TO_RELEASE", "Nothing is left to release: the person withholds all that the case file says, or it speaks of health alone and with_health is not set.");

    /// <summary>A command as it may be kept until it is written: of a case file nothing that the person withholds.</summary>
    public async Task<Command> WithoutWithheldAsync(Command command, CancellationToken cancellationToken) =>
        command is { Body: CaseFileReleased, Dossier: { } id } ? command with { CaseFile = await WithoutWithheldAsync(id, command.CaseFile, cancellationToken) ?? default } : command;

    /// <summary>A case file without what the person withholds by now; null where nobody can tell here what that is.</summary>
    public async Task<ReadOnlyMemory<byte>?> WithoutWithheldAsync(DossierId id, ReadOnlyMemory<byte> caseFile, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(id, cancellationToken) is not { } held || await WithheldAsync(held, cancellationToken) is not { } withheld) return null;
        return CaseFileWire.Without(caseFile, withheld);
    }

    /// <summary>Whether an office is shut out of a dossier; not where nobody can read any more whether it is.</summary>
    /// <remarks>To an office that the person fears the dossier does not exist.</remarks>
    public async Task<bool> IsShutOutAsync(DossierId id, Office office, CancellationToken cancellationToken) =>
        await store.FindAsync(id, cancellationToken) is { } held && await IsShutOutAsync(held, office, cancellationToken);

    /// <inheritdoc cref="IsShutOutAsync(DossierId, Office, CancellationToken)"/>
    async Task<bool> IsShutOutAsync(HeldDossier held, Office office, CancellationToken cancellationToken) => await FearsAsync(held, office, cancellationToken) is true;

    /// <summary>Why an office opens no case file of a dossier: it is shut out, or nobody can tell here yet whether it is; null where it may.</summary>
    public async Task<Refusal?> CaseFileShutAsync(DossierId id, Office office, CancellationToken cancellationToken) => await store.FindAsync(id, cancellationToken) is { } held
        ? await FearsAsync(held, office, cancellationToken) switch
        {
            true => Refusal.NotFound,
            false => null,
            null => new(RefusalKind.NotOpen, "BARRED_OFFICES_UNKNOWN", "Whom the person fears was said beside the opening, which cannot be read here: no case file is opened before it can. What has not come is being asked for; where it does not come, ask the operator."),
        }
        : Refusal.NotFound;

    /// <summary>Whether the person fears an office; null where what was said beside the opening has not come, or is damaged.</summary>
    async Task<bool?> FearsAsync(HeldDossier held, Office office, CancellationToken cancellationToken)
    {
        if (held.Entries.FirstOrDefault(kept => kept.Entry.Hash == held.Id.Opening)?.Signed is not { } opening || !opening.Entry.Particulars.Any(digest => digest.Recipient == pen.Node)) return false;
        if ((await store.FindPartsAsync(held.Id, pen.Node, cancellationToken)).FirstOrDefault(part => part.Entry == opening.Entry.Hash) is not { } part) return null;
        return safe.Read(opening, part) switch
        {
            Disclosure.Opened opened => ParticularsWire.Bars(SealedPart.ContentOf(opened.Plaintext), pen.Node, office),
            // Erased, and with it all that an office could learn.
            Disclosure.Destroyed => false,
            _ => null,
        };
    }

    /// <inheritdoc cref="Safe.WithheldIn"/>
    async Task<IReadOnlyCollection<string>?> WithheldAsync(HeldDossier held, CancellationToken cancellationToken) =>
        safe.WithheldIn(held, await store.FindPartsAsync(held.Id, pen.Node, cancellationToken));

    /// <summary>As <see cref="JudgeAsync"/>, of what goes on with a dossier.</summary>
    Judged Judge(Command command, HeldDossier held, DateOnly today, DateTimeOffset now)
    {
        if (command.Body is Corrected && Rights.Check(command.Key.Office, SaidBy(command, held)) is { } notTheirs) return notTheirs;
        var dossier = held.Fold<Referral>(trust.Current);
        // A withdrawal that is not signed yet acts all the same.
        var known = held.Pending.IsEmpty ? dossier : held.FoldWithPending(trust.Current);
        // Who says nothing beside the entry needs no key folder.
        var keeping = Erases(command) ? Keeping.Destroyed : command.Particulars.IsEmpty && command.CaseFile.IsEmpty ? Keeping.Possible : safe.Look(held.Id);
        if (command.Body is CaseFileReleased released)
            command = command with { Body = released with { Version = 1 + (dossier.State?.Releases.Count(release => release.By == (command.OnBehalfOf ?? pen.Node)) ?? 0) } };
        List<NodeId> readers = [.. held.Opening?.Participants.Where(node => node == pen.Node || known.MayLeave(command.Body, node)) ?? []];
        if (ParticularsFault(command, held, keeping, readers) is { } unkept) return unkept;
        if (Checks.OnBehalf(command, held) is { } onBehalf) return onBehalf;
        if (Standstill(held, dossier, command.Body) is { } standstill) return standstill;
        if (Erases(command) && held.IsHeldOn(today) && held.HeldUntil is { } until)
            return new Refusal(RefusalKind.NotOpen, "LEGAL_HOLD", $"This dossier is under legal hold until {EntryWire.Write(until)}, so nothing of it is erased. Say that the data are Retained, with the basis of the hold; a withdrawal has closed them all the same.");

        var draft = dossier.Draft(pen.Node, command.On(today), now);
        if (!CanSign(held, dossier)) return new Judged.NotYet(held, draft);
        if (Checks.Statement(command, dossier, today, now) is { } fault) return fault;
        if (command.Body is CaseFileReleased && trust.Current.ValidUntil <= now) return TrustListExpired("no case file is released");
        if (AssignmentFault(command) is { } nobody) return nobody;
        // A decision is taken now, whatever day it bears, and in knowledge of every withdrawal that is held: none that waits behind a gap is suspended.
        if (command.Body is Decision && known.AsWithdrawn()?.Next(draft with { HappenedOn = command.OnBehalfOf is null ? today : draft.HappenedOn }) is Voided<Referral> voidNow)
            return Refuse(held, draft, voidNow.Reason);
        // What must be said after the key is gone is said without particulars.
        return AsTheProtocolSays(command, Sign(held, draft, keeping is Keeping.Destroyed ? default : command.Particulars, readers, now, command.CaseFile));
    }

    /// <summary>Why a statement cannot be written with the particulars that the command has; null when it can, or has none.</summary>
    /// <param name="command">With them.</param>
    /// <param name="held">Of its dossier.</param>
    /// <param name="keeping">Whether the dossier's key can keep them.</param>
    /// <param name="readers">Who may read them.</param>
    static Refusal? ParticularsFault(Command command, HeldDossier held, Keeping keeping, IReadOnlyList<NodeId> readers)
    {
        if (keeping is Keeping.Damaged)
        {
            return command.CaseFile.IsEmpty
                ? new(RefusalKind.TryAgain, "PARTICULARS_DAMAGED", "The key under which particulars of this dossier are kept is damaged: ask the operator to put back the copy of the key folder. Without particulars it is written at once.")
                : new(RefusalKind.TryAgain, "CASE_FILE_DAMAGED", "The key under which the case file is to be kept is damaged: ask the operator to put back the copy of the key folder.");
        }
        if (keeping is Keeping.Destroyed && !command.CaseFile.IsEmpty)
            return new(RefusalKind.NotOpen, "CASE_FILE_ERASED", "What was known of the person was erased, and nothing more is kept in this dossier: open a new referral.");
        if (command.Particulars.IsEmpty) return null;
        if (keeping is Keeping.Destroyed && !Referral.IsWithdrawal(command.Body) && !command.ConfirmsContradiction)
            return new(RefusalKind.NotOpen, "PARTICULARS_ERASED", "The particulars of this dossier were erased, and nothing more is kept beside its entries. Send the statement without particulars.");
        // The reason of a contradiction is wanted, and stays at home.
        return !command.ConfirmsContradiction && held.Opening?.Participants.Except(readers).FirstOrDefault() is { IsCountry: true } from
            ? new(RefusalKind.NotOpen, "CONSENT_WITHDRAWN", $"The person took back the consent that {from} receives anything, so nothing more is said beside entries. Send the statement without particulars.")
            : null;
    }

    /// <summary>What stands, or why the office cannot write it.</summary>
    Judged AsTheProtocolSays(Command command, Judged.Stands judged) => judged.After.VerdictOn(judged.Signed.Entry.Hash) switch
    {
        // No upgrade stop suspends a withdrawal: the other side may understand what this program does not.
        Verdict.Applied or Verdict.UpgradeNeeded => judged,
        Verdict.Recorded when Erases(command) =>
            new Refusal(RefusalKind.NotOpen, Names.Of(ReasonCode.NotOpen), $"Nothing is erased while a referral is {judged.After.State!.State}: end it, or withdraw the consent, first."),
        Verdict.Recorded when command.ConfirmsContradiction => judged,
        Verdict.Recorded recorded => Refusal.Contradicting(recorded.Reason),
        Verdict.Void voided => Refuse(judged.Held, judged.Signed.Entry, voided.Reason),
        var verdict => throw new UnreachableException($"A draft was judged {verdict}."),
    };

    /// <summary>Signs a draft with its particulars and folds it with what is held; null where it opens.</summary>
    /// <remarks>The particulars are for those readers; null for everybody who takes part.</remarks>
    Judged.Stands Sign(HeldDossier? held, Entry draft, ReadOnlyMemory<byte> particulars, IEnumerable<NodeId>? readers, DateTimeOffset now, ReadOnlyMemory<byte> caseFile = default)
    {
        var opening = draft.Opening ?? held?.Opening ?? throw new UnreachableException("A draft continues a dossier whose opening is held.");
        (NodeId, ReadOnlyMemory<byte>)? released = caseFile.IsEmpty || held?.Fold<Referral>(trust.Current).State is not { } referral ? null : (referral.Parties.Other(draft.OnBehalfOf ?? draft.Author), caseFile);
        var (signed, parts, file) = safe.Sign(draft, readers ?? opening.Participants, particulars, released);
        held ??= HeldDossier.Nothing(signed.Entry.Dossier);
        var with = held with { Entries = held.Entries.Add(new HeldEntry(signed, HandedOnBy: null, now)) };
        return new(held, with, with.Fold<Referral>(trust.Current), signed, parts, file);
    }

    Append Append(Judged.Stands stands, CommandKey command, Answered? answered, DateTimeOffset now)
    {
        var opening = stands.After.OpeningEntry!.Opening!;
        return new(
            stands.Signed, stands.Held.Entries.Length, overviews.Of(stands.After, stands.HeldWith.Entries, stands.Held.Receipts, now),
            [.. stands.Parts.Select(part => safe.Keep(stands.Signed.Entry, part))],
            SetDigest.Of(opening, stands.HeldWith.Entries.Select(kept => kept.Entry)), opening, command, answered, handOvers.Known, now)
        {
            Receipts = stands.Held.Receipts.Length,
            CaseFile = stands.CaseFile is { } file ? safe.KeepCaseFile(stands.Signed.Entry, file) : null,
            AskFor = Gaps.AskFor(stands.HeldWith, stands.After, opening, pen.Node),
        };
    }

    /// <summary>The roads to the others have something to carry, and whoever watches this node something to see.</summary>
    void RingFor(Append append)
    {
        foreach (var node in append.Participants.Participants) bell.Ring(node);
    }

    Entry Draft(Command command, Opened opened, DateOnly today, DateTimeOffset now)
    {
        var statement = command.On(today);
        var receiver = Parties.Of(opened).Receiver;
        var body = opened with
        {
            Clocks = directory.ClocksWith(receiver, opened.Urgency),
            Links = command.Earlier is { } earlier ? opened.Links with { Earlier = Token.OfEarlier(earlier) } : opened.Links,
        };
        var opening = new Opening(Kind.Referral, Referral.ProtocolVersion, opened.OnPaper ? [pen.Node] : [pen.Node, receiver], []);
        return new Entry(
            Hash: default, Dossier: default, pen.Node, Seq: 1, Previous: null, Seen: [], Answers: null,
            now, statement.HappenedOn, statement.Channel, statement.Office, statement.OnBehalfOf, statement.Letter, Particulars: [], opening, body);
    }

    /// <summary>Why this node does not open such a referral now; what the protocol itself says comes after.</summary>
    async Task<Refusal?> OpeningFaultAsync(Command command, Opened opened, DateOnly today, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (sender, receiver, host, _) = Parties.Of(opened);
        var other = receiver == host ? "opened.host" : "opened.origin";
        if (pen.Node != sender)
            return Refusal.Invalid("WRONG_PARTICIPANT", "opened.host", $"and opened.origin are the wrong way round, or not this country's: a referral for {opened.Type} is opened by {sender}, and this is {pen.Node}");
        if (opened.OnPaper == trust.Current.Nodes.ContainsKey(receiver))
            return opened.OnPaper
                ? Refusal.Invalid("RECEIVER_HAS_NODE", "opened.on_paper", $"is set, but {receiver} has a node: refer to it there")
                : Refusal.Invalid("RECEIVER_UNKNOWN", other, $"is {receiver}, which has no node in the trust list: only a referral on paper reaches it");
        if (opened.Urgency is Urgency.Urgent && directory.DutyOf(receiver) is null)
            return Refusal.Invalid("NO_DUTY_CONTACT", "opened.urgency", $"is urgent, but no office of {receiver} is known to answer at any hour: call it, and refer as routine");
        if (trust.Current.ValidUntil <= now)
            return TrustListExpired("no new referral is opened");
        if (opened.ReplyBy < RegionalTime.Today(receiver, now))
            return Refusal.Invalid("REPLY_BY_PASSED", "opened.reply_by", $"has passed in {receiver}: today or a later day is needed");
        // Until it has passed, nobody can say that the referral lapsed.
        if (opened.ReplyBy > RegionalTime.Today(receiver, now).AddYears(1)) return Refusal.Invalid("REPLY_BY_FAR", "opened.reply_by", "lies more than a year ahead: check the year");
        if (opened.BestInterestsOn > today) return Checks.Ahead("opened.best_interests_on");
        if (opened.Consent?.Until < today)
            return Refusal.Invalid("CONSENT_EXPIRED", "opened.consent.until", "has passed: ask the person again");
        return command.Earlier is { } earlier && await store.FindAsync(earlier, cancellationToken) is null
            ? Refusal.Invalid("EARLIER_REFERRAL_UNKNOWN", "earlier_dossier_id", "is none that this node holds: leave it empty, or check it")
            : null;
    }

    static Refusal TrustListExpired(string consequence) =>
        new(RefusalKind.NotOpen, "TRUST_LIST_EXPIRED", $"The trust list is past its date, so {consequence}. Ask the operator for a new one; open referrals go on.");

    /// <summary>Why a referral is not given to an office of this country: what it is told of deadlines would reach nobody.</summary>
    Refusal? AssignmentFault(Command command)
    {
        var (field, assigned) = command.Body switch
        {
            UnitAssigned unit => ("unit_assigned.office", unit),
            Corrected { Replacement: UnitAssigned unit } => ("corrected.unit_assigned.office", unit),
            _ => ("", null),
        };
        // The other country's offices, on paper, are its own to name.
        if (assigned is null || command.OnBehalfOf is not null || (directory.IsHere(assigned.Office) && Rights.MayHaveReferrals(assigned.Office))) return null;
        return Refusal.Invalid("OFFICE_UNKNOWN", field, "is no office of this node that works on referrals: a focal point or a case worker that acts here is needed");
    }

    /// <summary>Why the protocol does not let the office write the entry, and where it would.</summary>
    Refusal Refuse(HeldDossier held, Entry entry, Reason reason)
    {
        if (entry.Body is Opened) return new(RefusalKind.Invalid, Names.Of(reason.Code), reason.Text, new FieldFault("opened", reason.Text));

        var kind = reason.Code is ReasonCode.WrongParticipant ? RefusalKind.NotAllowed : RefusalKind.NotOpen;
        var referral = held.Fold<Referral>(trust.Current).State;
        var open = referral?.OpenFrom(entry).ToList() ?? [];
        var whatToDo = reason.Code switch
        {
            ReasonCode.NotOpen when open.Count > 0 => $" It is open from {string.Join(", ", open)}.",
            ReasonCode.OtherPlan when referral is { Plan: { } stands } && entry.Body is ReturnPlanned planned && planned.Replaces != stands.Token =>
                $" Send {stands.Token}, the token of the plan that stands (plan.plan of the referral), as return_planned.replaces.",
            ReasonCode.OtherPlan when referral is { Plan: null } && entry.Body is ReturnPlanned { Replaces: not null } => " None stands: leave return_planned.replaces empty.",
            _ => "",
        };
        return new(kind, Names.Of(reason.Code), reason.Text + whatToDo);
    }

    /// <summary>What the protocol says of a command. Closed.</summary>
    abstract record Judged
    {
        private Judged() { }

        /// <summary>It can be written.</summary>
        /// <param name="Held">What it was judged on.</param>
        /// <param name="HeldWith">The same with the entry.</param>
        /// <param name="After">The fold of that.</param>
        /// <param name="Signed">The entry.</param>
        /// <param name="Parts">Its particulars, one for each who may read them.</param>
        /// <param name="CaseFile">For a release, what is released; null for anything else.</param>
        public sealed record Stands(HeldDossier Held, HeldDossier HeldWith, Dossier<Referral> After, SignedEntry Signed, IReadOnlyList<SealedPart> Parts, SealedPart? CaseFile) : Judged;

        /// <summary>A withdrawal that acts now and is signed later.</summary>
        public sealed record NotYet(HeldDossier Held, Entry Draft) : Judged;

        public sealed record Not(Refusal Refusal) : Judged;

        public static implicit operator Judged(Refusal refusal) => new Not(refusal);
    }
}

/// <summary>What the particulars of an entry say, or why they cannot be read. Closed.</summary>
public abstract record ParticularsRead
{
    private ParticularsRead() { }

    public sealed record Is(ReadOnlyMemory<byte> Content) : ParticularsRead
    {
        /// <summary>The whole plaintext of the seal, by which the entry's digest is checked; empty while there is no entry.</summary>
        public ReadOnlyMemory<byte> Part { get; init; }

        /// <summary>For a release that waits, the case file; empty for anything else.</summary>
        public ReadOnlyMemory<byte> CaseFile { get; init; }
    }

    public sealed record Not(Refusal Refusal) : ParticularsRead;

    public static implicit operator ParticularsRead(Refusal refusal) => new Not(refusal);
}
