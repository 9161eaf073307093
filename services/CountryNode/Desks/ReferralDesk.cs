using System.Diagnostics;
using Coordination.CountryNode.Exchange;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Trust;

namespace Coordination.CountryNode.Desks;

/// <summary>What an office asks to be written.</summary>
/// <param name="Key">The office and the id that the caller made.</param>
/// <param name="RequestHash">Of the request as it came: the same again, or another under the same id.</param>
/// <param name="HappenedOn">The day it happened; null means today.</param>
/// <param name="Channel">How it reached the office.</param>
/// <param name="Answer">The answer to the caller, from the dossier as the command leaves it.</param>
public sealed record Command(
    CommandKey Key, ReadOnlyMemory<byte> RequestHash, DateOnly? HappenedOn, Channel Channel, Func<Dossier<Referral>, byte[]> Answer);

/// <summary>Where offices work on referrals: load, ask <see cref="Referral.Next"/>, sign, append.</summary>
public sealed class ReferralDesk(IStore store, Pen pen, TrustInForce trust, HandOvers handOvers, Bell bell, TimeProvider time)
{
    /// <summary>Each retry means that somebody else got an entry in; more than a few means something is wrong.</summary>
    const int MostTries = 20;

    const int MostPending = 100;

    /// <summary>The year in which the Palermo Protocol was adopted: what is earlier is a slip of the pen.</summary>
    static readonly DateOnly Earliest = new(2000, 1, 1);

    /// <summary>Opens a referral to the other country of host and origin.</summary>
    public Task<CommandOutcome> OpenAsync(Command command, Opened opened, CancellationToken cancellationToken) =>
        WriteAsync(command, Act.OpenReferral, (today, now) =>
        {
            if (pen.Node != Referral.SenderOf(opened))
                return Task.FromResult<Drafted>(Refusal.Invalid("WRONG_PARTICIPANT", "opened.host", $"and opened.origin are the wrong way round, or not this country's: a referral for {opened.Type} is opened by {Referral.SenderOf(opened)}, and this is {pen.Node}"));
            var receiver = Referral.ReceiverOf(opened);
            if (!trust.Current.Nodes.ContainsKey(receiver))
                return Task.FromResult<Drafted>(Refusal.Invalid("RECEIVER_UNKNOWN", receiver == opened.Host ? "opened.host" : "opened.origin", $"is {receiver}, which has no node in the trust list"));
            if (trust.Current.ValidUntil <= now)
                return Task.FromResult<Drafted>(new Refusal(RefusalKind.NotOpen, "TRUST_LIST_EXPIRED", "The trust list is past its date, so no new referral is opened. Ask the operator for a new one; open referrals go on."));
            if (opened.ReplyBy < RegionalTime.Today(receiver, now))
                return Task.FromResult<Drafted>(Refusal.Invalid("REPLY_BY_PASSED", "opened.reply_by", $"has passed in {receiver}: today or a later day is needed"));
            if (opened.Consent?.Until < today)
                return Task.FromResult<Drafted>(Refusal.Invalid("CONSENT_EXPIRED", "opened.consent.until", "has passed: ask the person again"));

            var opening = new Opening(Kind.Referral, Referral.ProtocolVersion, [pen.Node, receiver], []);
            var draft = new Entry(
                Hash: default, Dossier: default, pen.Node, Seq: 1, Previous: null, Seen: [], Answers: null,
                now, command.HappenedOn ?? today, command.Channel, command.Key.Office, opening, opened);
            return Task.FromResult<Drafted>(new Drafted.On(null, draft));
        }, cancellationToken);

    /// <summary>Writes a statement into a referral.</summary>
    public Task<CommandOutcome> WriteAsync(Command command, Act act, DossierId id, Body body, CancellationToken cancellationToken) =>
        WriteAsync(command, act, async (today, now) =>
        {
            if (await store.FindAsync(id, cancellationToken) is not { } held) return Refusal.NotFound;
            var dossier = FoldWithPending(held);
            var draft = () => dossier.Draft(pen.Node, command.Key.Office, body, command.HappenedOn ?? today, command.Channel, now);
            if (held.CatchingUpWith.Length > 0)
                return Referral.IsWithdrawal(body) && dossier.OpeningEntry is not null
                    ? new Drafted.NotYet(held, draft())
                    : new Refusal(RefusalKind.TryAgain, "CATCHING_UP", $"This node's database was set back, and what it had written in this dossier is being fetched from {string.Join(" and ", held.CatchingUpWith)}. Try again when the peer has answered; a withdrawal of consent is taken at once.");
            // What waits of this node's own would be written a second time under the same number. What waits of the other
            // side stalls nobody: it has no receipt yet, and counts as a crossing.
            if (dossier.OpeningEntry is null || dossier.Waiting.Any(entry => entry.By(pen.Node)))
                return Referral.IsWithdrawal(body) && dossier.OpeningEntry is not null ? new Drafted.NotYet(held, draft()) : new Refusal(RefusalKind.TryAgain, "ENTRIES_MISSING", "Entries of this dossier are still on their way. Try again in a moment.");
            if (dossier.UpgradeNeeded && !Referral.IsWithdrawal(body))
                return new Refusal(RefusalKind.NotOpen, "UPGRADE_NEEDED", "The other country wrote something that only a newer program understands. Ask the operator to upgrade this node.");
            return new Drafted.On(held, draft());
        }, cancellationToken);

    /// <summary>One referral: what is held of it, and how it stands; null when nothing of it is held.</summary>
    public async Task<(HeldDossier Held, Dossier<Referral> Dossier)?> FindAsync(DossierId id, CancellationToken cancellationToken) =>
        await store.FindAsync(id, cancellationToken) is { } held ? (held, FoldWithPending(held)) : null;

    /// <summary>Signs withdrawals that had to wait, as soon as they can be.</summary>
    public async Task SignPendingAsync(CancellationToken cancellationToken)
    {
        foreach (var pending in await store.ListPendingAsync(MostPending, cancellationToken))
        {
            var held = await store.FindAsync(pending.Draft.Dossier, cancellationToken) ?? throw new UnreachableException("A withdrawal pends in a dossier that is not held.");
            var dossier = held.Fold<Referral>(trust.Current);
            if (held.CatchingUpWith.Length > 0 || dossier.OpeningEntry is null || dossier.Waiting.Any(entry => entry.By(pen.Node))) continue;

            var draft = pending.Draft;
            var now = time.GetUtcNow();
            var signed = pen.Sign(dossier.Draft(pen.Node, draft.Office!, draft.Body, draft.HappenedOn, draft.Channel!.Value, now));
            var append = Append(held, held.Fold<Referral>(trust.Current, signed.Entry), signed, pending.Command, answered: null, now);
            if (await store.AppendAsync(append, cancellationToken) is AppendOutcome.Kept) RingFor(append);
        }
    }

    /// <summary>What is not signed yet waits in the fold, and what it withdraws is withdrawn.</summary>
    Dossier<Referral> FoldWithPending(HeldDossier held) => held.Fold<Referral>(trust.Current, held.Pending.Select(pending => pending.Draft));

    async Task<CommandOutcome> WriteAsync(Command command, Act act, Func<DateOnly, DateTimeOffset, Task<Drafted>> drafting, CancellationToken cancellationToken)
    {
        if (Rights.Check(command.Key.Office, act) is { } refusal) return refusal;
        for (var tries = 0; tries < MostTries; tries++)
        {
            if (await store.FindAnswerAsync(command.Key, cancellationToken) is { } answered)
                return answered.RequestHash.Span.SequenceEqual(command.RequestHash.Span)
                    ? new CommandOutcome.Done(answered.Answer)
                    : new Refusal(RefusalKind.AlreadyUsed, "COMMAND_ID_REUSED", "This command_id was used for another request. Make a new one for each command.");

            var now = time.GetUtcNow();
            var today = RegionalTime.Today(pen.Node, now);
            if (command.HappenedOn < Earliest)
                return Refusal.Invalid("HAPPENED_ON_TOO_EARLY", "command.happened_on", $"lies before {Earliest:yyyy-MM-dd}: check the year");
            if (command.HappenedOn > today)
                return Refusal.Invalid("HAPPENED_ON_AHEAD", "command.happened_on", "lies ahead: today or a day before is needed");

            switch (await drafting(today, now))
            {
                case Drafted.Not not:
                    return not.Refusal;
                case Drafted.On on:
                    var signed = pen.Sign(on.Draft);
                    var held = on.Held ?? HeldDossier.Nothing(signed.Entry.Dossier);
                    var after = held.Fold<Referral>(trust.Current, signed.Entry);
                    // No upgrade stop suspends a withdrawal: the other side may understand what this program does not.
                    var stands = after.VerdictOn(signed.Entry.Hash) is Verdict.Applied or Verdict.UpgradeNeeded;
                    if (!stands) return Refuse(held, after, signed.Entry);

                    var answer = command.Answer(after);
                    var append = Append(held, after, signed, command.Key, new Answered(command.RequestHash, answer), now);
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
                case Drafted.NotYet notYet:
                    // Nobody holds what it descends from: it waits in every fold until it is signed.
                    var (waiting, bytes) = EntryWire.Write(notYet.Draft with { Seq = int.MaxValue, Previous = EntryHash.Of(command.RequestHash.Span), Seen = [] }, []);
                    var pending = new PendingWithdrawal(command.Key, waiting, bytes);
                    var done = command.Answer(FoldWithPending(notYet.Held with { Pending = notYet.Held.Pending.Add(pending) }));
                    if (await store.PendAsync(pending, new Answered(command.RequestHash, done), now, cancellationToken) is AppendOutcome.Kept) return new CommandOutcome.Done(done);
                    break;
            }
        }
        return new Refusal(RefusalKind.TryAgain, "DOSSIER_BUSY", "Others kept writing to this dossier at the same time. Try the same request again.");
    }

    Append Append(HeldDossier held, Dossier<Referral> after, SignedEntry signed, CommandKey command, Answered? answered, DateTimeOffset now)
    {
        var opening = after.OpeningEntry!.Opening!;
        return new Append(
            signed, held.Entries.Length, after.State?.State.ToString(),
            SetDigest.Of(opening, [.. held.Entries.Select(kept => kept.Entry), signed.Entry]), opening, command, answered, handOvers.Known, now);
    }

    void RingFor(Append append)
    {
        foreach (var peer in append.Participants.Participants.Where(node => node != pen.Node)) bell.Ring(peer);
    }

    /// <summary>Why the protocol does not let the office write the entry, and where it would.</summary>
    Refusal Refuse(HeldDossier held, Dossier<Referral> after, Entry entry)
    {
        var reason = after.VerdictOn(entry.Hash) switch
        {
            Verdict.Void voided => voided.Reason,
            Verdict.Recorded recorded => recorded.Reason,
            var verdict => throw new UnreachableException($"A draft that is neither void nor recorded was refused: {verdict}."),
        };
        if (entry.Body is Opened) return new(RefusalKind.Invalid, Names.Of(reason.Code), reason.Text, new FieldFault("opened", reason.Text));

        var kind = reason.Code is ReasonCode.WrongParticipant ? RefusalKind.NotAllowed : RefusalKind.NotOpen;
        var open = held.Fold<Referral>(trust.Current).State?.OpenFrom(entry).ToList() ?? [];
        var whereOpen = reason.Code is ReasonCode.NotOpen && open.Count > 0 ? $" It is open from {string.Join(", ", open)}." : "";
        return new(kind, Names.Of(reason.Code), reason.Text + whereOpen);
    }

    /// <summary>An entry to be judged, or why there is none. Closed.</summary>
    abstract record Drafted
    {
        private Drafted() { }

        /// <summary>On what is held; null when the draft opens.</summary>
        public sealed record On(HeldDossier? Held, Entry Draft) : Drafted;

        /// <summary>A withdrawal that acts now and is signed later.</summary>
        public sealed record NotYet(HeldDossier Held, Entry Draft) : Drafted;

        public sealed record Not(Refusal Refusal) : Drafted;

        public static implicit operator Drafted(Refusal refusal) => new Not(refusal);
    }
}
