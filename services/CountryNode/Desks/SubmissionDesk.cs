using System.Collections.Immutable;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Coordination.CountryNode.Exchange;
using Coordination.CountryNode.Offices;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Referrals;
using Coordination.Hosting.Sealing;

namespace Coordination.CountryNode.Desks;

/// <summary>Where a statement waits for a second person, if this country wants one; every other goes straight to its desk.</summary>
/// <remarks>What was approved is judged again when it is signed: what was open when it was submitted may not be any more.</remarks>
public sealed class SubmissionDesk(ReferralDesk desk, Submissions submissions, AccessLog log, AttachmentShelf attachments, OfficeDirectory directory, DossierKeys keys, Pen pen, TimeProvider time)
{
    /// <summary>Of a submission's id: nobody guesses one.</summary>
    const int IdBytes = 16;

    const int MostReminded = 100;

    /// <summary>Whether a text has the form of a submission's id.</summary>
    public static bool IsId(string text) => text.Length == 2 * IdBytes && text.All(char.IsAsciiHexDigitLower);

    /// <summary>What waits for a second person, with what is to be read beside it, or why that cannot be read.</summary>
    /// <param name="Submission">What waits, or was sent back.</param>
    /// <param name="Particulars">Beside it.</param>
    /// <param name="Reason">Why it was sent back, or that it cannot be read any more; empty while it waits.</param>
    public sealed record Waiting(Submission Submission, ParticularsRead Particulars, string Reason)
    {
        /// <summary>The person fears the office that asks: to it there is no such submission.</summary>
        public bool IsClosed { get; init; }
    }

    /// <summary>Writes a statement, or submits it.</summary>
    /// <param name="command">What is asked.</param>
    /// <param name="answering">The answer once it is written.</param>
    /// <param name="awaiting">The answer while it waits, from the submission's id.</param>
    /// <param name="cancellationToken">Leaves nothing half-written.</param>
    public async Task<CommandOutcome> HandAsync(Command command, Answering answering, Func<string, byte[]> awaiting, CancellationToken cancellationToken)
    {
        if (command is { Body: CaseFileReleased, Dossier: { } dossier, CaseFile.IsEmpty: false })
        {
            // Whoever asks again gets the first answer, whatever became of the attachments.
            if (await desk.FindAnswerAsync(command, cancellationToken) is { } before) return before;
            var (described, unknown) = await attachments.DescribeAsync(dossier, command.CaseFile, cancellationToken);
            if (unknown is not null) return unknown;
            command = command with { CaseFile = described };
        }
        var basis = await desk.BasisOfAsync(command, cancellationToken) ?? Basis.Consent;
        if (!command.Alone && basis is Basis.Consent && !directory.NeedsApproval(await desk.SaidByAsync(command, cancellationToken))) return await desk.WriteAsync(command with { RestsOnConsent = true }, answering, cancellationToken);
        if (await desk.FindAnswerAsync(command, cancellationToken) is { } answered) return answered;
        if (command.Alone && basis is not Basis.RiskToLife) return AloneNotAllowed;
        if (await desk.TryAsync(command, cancellationToken) is { } refusal) return refusal;
        command = await desk.WithoutWithheldAsync(command, cancellationToken);

        var submission = Submit(command, time.GetUtcNow());
        if (command.Alone)
        {
            var outcome = await desk.WriteAsync(command with { Owed = submission }, answering, cancellationToken);
            if (outcome is CommandOutcome.Refused) Forget(submission);
            return outcome;
        }
        var answer = awaiting(submission.Id);
        if (await submissions.KeepAsync(submission, new Answered(command.RequestHash, answer), RemindAt(command.Body, submission.SubmittedAt), cancellationToken)) return new CommandOutcome.Done(answer);
        Forget(submission);
        return await desk.FindAnswerAsync(command, cancellationToken) ?? Busy;
    }

    /// <summary>What waits of a command, encrypted.</summary>
    /// <exception cref="IOException">The key folder fails.</exception>
    Submission Submit(Command command, DateTimeOffset now)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));
        var key = KeyOf(command.Dossier, id);
        return new Submission(
            id, command.Key, command.Person, command.Dossier, command.Body.Name, Draft(command, now), Kept(command.Particulars, ParticularsOf(id)),
            command.Earlier, command.ConfirmsContradiction, now, Settled: null, SettledAt: null, ReasonAtRest: default)
        {
            CaseFileAtRest = Kept(command.CaseFile, CaseFileOf(id)),
            DueAt = command.Alone ? now + AfterTheFact : null,
        };

        ReadOnlyMemory<byte> Kept(ReadOnlyMemory<byte> content, byte[] associated) => content.IsEmpty ? default : keys.Protect(key, content.Span, associated) switch
        {
            Protection.Protected kept => kept.Bytes,
            Protection.Destroyed => default,
            _ => throw new IOException($"The key of dossier {key.Short} is damaged: put back the copy of the key folder."),
        };
    }

    /// <summary>What waits: all of it to who may approve, its own to any other office; and to each what was sent back to it.</summary>
    /// <param name="office">Who asks.</param>
    /// <param name="after">Where the last page ended; null for the first.</param>
    /// <param name="most">At most.</param>
    /// <param name="cancellationToken">Has nothing to undo.</param>
    public async Task<ImmutableArray<Waiting>> ListAsync(Office office, SubmissionPlace? after, int most, CancellationToken cancellationToken)
    {
        var waiting = ImmutableArray.CreateBuilder<Waiting>();
        foreach (var submission in await submissions.ListAsync(office, await MayApproveNowAsync(office, cancellationToken), after, most, cancellationToken))
            waiting.Add(new(submission, Read(submission), ReadReason(submission)) { IsClosed = await IsShutOutAsync(submission, office, cancellationToken) });
        return waiting.ToImmutable();
    }

    /// <summary>Tells whoever may approve once more of what has waited long.</summary>
    public async Task RemindAsync(CancellationToken cancellationToken)
    {
        while (await submissions.RemindAsync(MostReminded, time.GetUtcNow(), cancellationToken) == MostReminded) { }
    }

    /// <summary>Whether an office may approve today, itself or in another's place.</summary>
    public async Task<bool> MayApproveNowAsync(Office office, CancellationToken cancellationToken) => await MayApproveAsync(office, cancellationToken) is null;

    /// <summary>Approves: the statement is judged again, signed and written. One that is not open any more goes back.</summary>
    public async Task<CommandOutcome> ApproveAsync(string id, Office office, string person, Answering answering, CancellationToken cancellationToken) =>
        await FindAsync(id, office, person, cancellationToken) switch
        {
            Found.One found => await ApproveAsync(found.Submission, office, answering, cancellationToken),
            Found.Not not => not.Refusal,
            _ => throw new UnreachableException(),
        };

    async Task<CommandOutcome> ApproveAsync(Submission submission, Office office, Answering answering, CancellationToken cancellationToken)
    {
        if (submission.Settled is Settlement.SentBack) return Settled;
        if (submission.Written is not null) return await ApproveAfterwardsAsync(submission, office, cancellationToken);

        var entry = EntryWire.Read(submission.Draft.Span) ?? throw new InvalidDataException("A submission's draft cannot be read.");
        var command = new Command(Writing(submission), submission.Person, SHA256.HashData(submission.Draft.Span), submission.Dossier, entry.Body)
        {
            HappenedOn = entry.HappenedOn,
            Channel = entry.Channel!.Value,
            Answers = entry.Answers,
            OnBehalfOf = entry.OnBehalfOf,
            Letter = entry.Letter,
            ConfirmsContradiction = submission.Contradicts,
            Earlier = submission.Earlier,
        };
        // Written before, be it that nobody noted it: what is to be read beside it is in its dossier, and may be erased here.
        if (await desk.FindAnswerAsync(command, cancellationToken) is not { } outcome)
        {
            outcome = Read(submission) switch
            {
                ParticularsRead.Is said => await desk.WriteAsync(command with { Particulars = said.Content, CaseFile = said.CaseFile }, answering, cancellationToken),
                // Whoever approved it at the same time has written it, and erased what waited with it.
                ParticularsRead.Not not => await desk.FindAnswerAsync(command, cancellationToken) ?? not.Refusal,
                _ => throw new UnreachableException(),
            };
        }
        switch (outcome)
        {
            case CommandOutcome.Done:
                Forget(submission);
                await submissions.ApproveAsync(submission.Id, office, time.GetUtcNow(), cancellationToken);
                return outcome;
            // Somebody else sent it back at the same time.
            case CommandOutcome.Refused { Refusal.Kind: RefusalKind.AlreadyUsed }:
                return Settled;
            case CommandOutcome.Refused { Refusal: { Kind: not RefusalKind.TryAgain } refused }:
                await SendBackAsync(submission, office, refused.Text, cancellationToken);
                return outcome;
            default:
                return outcome;
        }
    }

    /// <summary>Approves what was written already: nothing is written by it, and its answer is the first one's.</summary>
    async Task<CommandOutcome> ApproveAfterwardsAsync(Submission submission, Office office, CancellationToken cancellationToken)
    {
        await submissions.ApproveAsync(submission.Id, office, time.GetUtcNow(), cancellationToken);
        Forget(submission);
        return await desk.FindAnswerAsync(submission.Command, cancellationToken) is { } answer ? new CommandOutcome.Done(answer) : Unknown;
    }

    /// <summary>What was written alone, newest first, for whoever supervises.</summary>
    public Task<ImmutableArray<Submission>> ListWrittenAloneAsync(SubmissionPlace? before, int most, CancellationToken cancellationToken) =>
        submissions.ListWrittenAloneAsync(before, most, cancellationToken);

    /// <summary>Opens the case file that waits with a submission, for whoever may approve it.</summary>
    /// <param name="id">Of the submission.</param>
    /// <param name="office">For which office.</param>
    /// <param name="person">Who asks, as the office's own accounts know the person.</param>
    /// <param name="attachment">For the sake of which attachment it is opened; null for its own.</param>
    /// <param name="reason">What for.</param>
    /// <param name="cancellationToken">May leave the row in the log.</param>
    /// <returns>A serialised CaseFile without what the person withholds by now, and whose.</returns>
    public async Task<(DossierId Dossier, ParticularsRead File)> OpenCaseFileAsync(
        string id, Office office, string person, string? attachment, Contracts.Referral.V1.AccessReason reason, CancellationToken cancellationToken)
    {
        switch (await FindAsync(id, office, person, cancellationToken))
        {
            case Found.Not not: return (default, not.Refusal);
            case Found.One { Submission.Settled: not null }: return (default, Settled);
            case Found.One { Submission: { CaseFileAtRest.IsEmpty: false, Dossier: { } dossier } submission }:
                if (await ClosedAsync(dossier, cancellationToken) is { } closed) return (dossier, closed);
                await log.AddAsync(office, person, dossier, id, attachment, reason, time.GetUtcNow(), cancellationToken);
                // A withdrawal that was committed meanwhile counts, and so does what the person has come to withhold.
                if (await ClosedAsync(dossier, cancellationToken) is { } closedNow) return (dossier, closedNow);
                return (dossier, Read(submission, submission.CaseFileAtRest, CaseFileOf(id)) switch
                {
                    ParticularsRead.Is file => await desk.WithoutWithheldAsync(dossier, file.Content, cancellationToken) is { } left ? new ParticularsRead.Is(left) : ReferralDesk.ConsentDetailsUnreadable,
                    var unread => unread,
                });
            default: return (default, CaseFiles.NotReleased);
        }
    }

    /// <summary>Why what waits to be released in a dossier is closed; null while the person lets the other country read it.</summary>
    public async Task<Refusal?> ClosedAsync(DossierId dossier, CancellationToken cancellationToken) =>
        await desk.FindAsync(dossier, cancellationToken) is { Dossier: { State: { } referral } folded }
            ? CaseFiles.ConsentFault(folded, referral.Parties.Other(pen.Node), release: null, pen.Node, time.GetUtcNow())
            : Refusal.NotFound;

    /// <summary>Sends it back to the office that submitted it.</summary>
    /// <returns>Why not; null when it is sent back, now or before.</returns>
    public async Task<Refusal?> SendBackAsync(string id, Office office, string person, string reason, CancellationToken cancellationToken) =>
        await FindAsync(id, office, person, cancellationToken) switch
        {
            Found.One { Submission.Settled: Settlement.SentBack } => null,
            Found.One { Submission: var submission } => await SendBackAsync(submission, office, reason, cancellationToken),
            Found.Not not => not.Refusal,
            _ => throw new UnreachableException(),
        };

    async Task<Refusal?> SendBackAsync(Submission submission, Office office, string reason, CancellationToken cancellationToken)
    {
        var (kept, damaged) = keys.Protect(KeyOf(submission), Encoding.UTF8.GetBytes(reason), ReasonOf(submission)) switch
        {
            Protection.Protected sealedReason => (sealedReason.Bytes, false),
            // What was submitted is erased, and nothing is kept of it any more.
            Protection.Destroyed => (default, false),
            _ => (default(ReadOnlyMemory<byte>), true),
        };
        if (damaged) return Damaged;
        return await submissions.SendBackAsync(submission.Id, Writing(submission), office, kept, time.GetUtcNow(), cancellationToken) ? null : Settled;
    }

    /// <summary>Lets another office approve in the caller's place.</summary>
    public async Task<Refusal?> DelegateAsync(Office from, Office to, DateOnly first, DateOnly last, CancellationToken cancellationToken)
    {
        // Who approves for another does not hand it on.
        if (Rights.Check(from, Act.Approve) is { } refusal) return refusal;
        if (from == to) return Refusal.Invalid("FIELD_INVALID", "to", "is the office itself");
        if (Rights.Check(to, Act.ReadParticulars) is not null) return Refusal.Invalid("FIELD_INVALID", "to", "may not read what it would approve: choose another office");
        await submissions.DelegateAsync(from, to, first, last, cancellationToken);
        return null;
    }

    static Refusal Unknown { get; } = new(RefusalKind.NotFound, "SUBMISSION_NOT_FOUND", "This node holds no such submission. Check the id.");

    static Refusal Settled { get; } = new(RefusalKind.NotOpen, "SUBMISSION_SETTLED", "This submission was approved or sent back already.");

    static Refusal Erased { get; } = new(RefusalKind.NotOpen, "PARTICULARS_ERASED", "The particulars of this dossier were erased while the statement waited. Send it again without particulars.");

    static Refusal Damaged { get; } = new(RefusalKind.TryAgain, "PARTICULARS_DAMAGED", "What was submitted with the statement cannot be read: ask the operator to put back the copy of the key folder.");

    static Refusal AloneNotAllowed { get; } = Refusal.Invalid(
        "ALONE_NOT_ALLOWED", "command.nobody_else_on_duty", "is set, but only what is opened or released because a life is at risk goes without a second person: leave it away, and another person approves it");

    static Refusal Busy { get; } = new(RefusalKind.TryAgain, "COMMAND_BUSY", "The same command is being answered. Try the same request again.");

    static Refusal SamePerson { get; } = new(RefusalKind.NotAllowed, "SAME_PERSON", "Whoever submitted it does not settle it: a second person is wanted.");

    async Task<Found> FindAsync(string id, Office office, string person, CancellationToken cancellationToken)
    {
        if (await MayApproveAsync(office, cancellationToken) is { } notAllowed) return new Found.Not(notAllowed);
        if (!IsId(id) || await submissions.FindAsync(id, cancellationToken) is not { } submission || await IsShutOutAsync(submission, office, cancellationToken)) return new Found.Not(Unknown);
        return submission.Person == person ? new Found.Not(SamePerson) : new Found.One(submission);
    }

    /// <summary>As <see cref="ReferralDesk.IsShutOutAsync(DossierId, Office, CancellationToken)"/>; of an opening, by what waits with it.</summary>
    async Task<bool> IsShutOutAsync(Submission submission, Office office, CancellationToken cancellationToken) => submission.About is { } dossier
        ? await desk.IsShutOutAsync(dossier, office, cancellationToken)
        : Read(submission) is ParticularsRead.Is said && ParticularsWire.Bars(said.Content, pen.Node, office);

    async Task<Refusal?> MayApproveAsync(Office office, CancellationToken cancellationToken) =>
        Rights.Check(office, Act.Approve) is { } refusal && !await submissions.IsDelegateAsync(office, RegionalTime.Today(pen.Node, time.GetUtcNow()), cancellationToken) ? refusal : null;

    ParticularsRead Read(Submission submission) => Read(submission, submission.AtRest, ParticularsOf(submission.Id)) switch
    {
        ParticularsRead.Is said => Read(submission, submission.CaseFileAtRest, CaseFileOf(submission.Id)) switch
        {
            ParticularsRead.Is file => said with { CaseFile = file.Content },
            var unread => unread,
        },
        var unread => unread,
    };

    ParticularsRead Read(Submission submission, ReadOnlyMemory<byte> atRest, byte[] associated) => submission.Erased ? Erased
        : atRest.IsEmpty ? new ParticularsRead.Is(default)
        : keys.Open(KeyOf(submission), atRest.Span, associated) switch
        {
            Disclosure.Opened opened => new ParticularsRead.Is(opened.Plaintext),
            Disclosure.Destroyed => Erased,
            _ => Damaged,
        };

    string ReadReason(Submission submission) => submission switch
    {
        { Settled: not Settlement.SentBack } => "",
        { ReasonAtRest.IsEmpty: true } => ReasonErased,
        _ => keys.Open(KeyOf(submission), submission.ReasonAtRest.Span, ReasonOf(submission)) switch
        {
            Disclosure.Opened opened => Encoding.UTF8.GetString(opened.Plaintext.Span),
            Disclosure.Destroyed => ReasonErased,
            _ => "It cannot be read: ask the operator to put back the copy of the key folder.",
        },
    };

    const string ReasonErased = "It was erased with the particulars. What is still to be said is sent again without them.";

    /// <summary>What each part of a submission is encrypted for: it opens in no other place.</summary>
    static byte[] ParticularsOf(string submission) => Encoding.ASCII.GetBytes(submission);

    /// <inheritdoc cref="ParticularsOf"/>
    static byte[] CaseFileOf(string submission) => Encoding.ASCII.GetBytes($"{submission} case file");

    /// <inheritdoc cref="ParticularsOf"/>
    static byte[] ReasonOf(Submission submission) => Encoding.ASCII.GetBytes($"{submission.Id} sent back");

    /// <summary>Its own key of the command, such as no caller can make: approved twice, it is written once, and the second time gets the first answer.</summary>
    static CommandKey Writing(Submission submission) => new(submission.Command.Office, $"approval:{submission.Id}");

    /// <summary>The particulars of an opening are in its dossier now, or were never kept.</summary>
    void Forget(Submission submission)
    {
        if (submission.Dossier is null && !submission.AtRest.IsEmpty) keys.Destroy(KeyOf(submission));
    }

    static DossierId KeyOf(Submission submission) => KeyOf(submission.Dossier, submission.Id);

    /// <summary>Under whose key a submission is kept: an opening that waits has no dossier yet, and a key of its own.</summary>
    /// <param name="dossier">Null for an opening.</param>
    /// <param name="submission">Its id.</param>
    public static DossierId KeyOf(DossierId? dossier, string submission) => dossier ?? new(EntryHash.Of(Encoding.ASCII.GetBytes($"coord/submission/v1\0{submission}")));

    /// <summary>When it has waited long: an urgent opening after the hours that the other country has to acknowledge it, everything else as this country says.</summary>
    DateTimeOffset RemindAt(Body body, DateTimeOffset now) =>
        body is Opened { Urgency: Urgency.Urgent } ? now + UrgentReminder : directory.Calendar.After(pen.Node, now, directory.ApprovalReminder);

    static readonly TimeSpan UrgentReminder = TimeSpan.FromHours(4);

    /// <summary>Within which a second person says whether what was written alone was right.</summary>
    static readonly TimeSpan AfterTheFact = TimeSpan.FromHours(24);

    byte[] Draft(Command command, DateTimeOffset now)
    {
        var statement = command.On(RegionalTime.Today(pen.Node, now));
        var opening = command.Body is Opened ? new Opening(Kind.Referral, Referral.ProtocolVersion, [pen.Node], []) : null;
        var draft = new Entry(
            Hash: default, command.Dossier ?? default, pen.Node, Seq: 1, Previous: null, Seen: [], statement.Answers, now, statement.HappenedOn, statement.Channel,
            statement.Office, statement.OnBehalfOf, statement.Letter, Particulars: [], opening, statement.Body);
        return EntryWire.Write(draft, pen.NonceFor(draft)).Bytes;
    }

    /// <summary>A submission that the caller may settle, or why not. Closed.</summary>
    abstract record Found
    {
        private Found() { }

        public sealed record One(Submission Submission) : Found;

        public sealed record Not(Refusal Refusal) : Found;
    }
}
