using System.Collections.Immutable;
using Coordination.Domain.Dossiers;
using Dapper;
using Npgsql;

namespace Coordination.CountryNode.Store;

/// <summary>A command that waits for a second person, or has waited.</summary>
/// <param name="Id">Unique at this node.</param>
/// <param name="Command">By which command it was submitted.</param>
/// <param name="Person">Who submitted it; never leaves the node.</param>
/// <param name="Dossier">Null for an opening.</param>
/// <param name="Statement">The statement's name.</param>
/// <param name="Draft">What would be stated: an entry's bytes without its place.</param>
/// <param name="AtRest">The particulars, encrypted; empty for none.</param>
/// <param name="Earlier">For an opening, the earlier referral that it names.</param>
/// <param name="Contradicts">The office knows that it contradicts.</param>
/// <param name="SubmittedAt">UTC.</param>
/// <param name="Settled">What became of it; null while it waits.</param>
/// <param name="SettledAt">UTC; null while it waits.</param>
/// <param name="ReasonAtRest">Why it was sent back, encrypted; empty for none.</param>
public sealed record Submission(
    string Id, CommandKey Command, string Person, DossierId? Dossier, string Statement, ReadOnlyMemory<byte> Draft, ReadOnlyMemory<byte> AtRest,
    DossierId? Earlier, bool Contradicts, DateTimeOffset SubmittedAt,
    Settlement? Settled, DateTimeOffset? SettledAt, ReadOnlyMemory<byte> ReasonAtRest)
{
    /// <summary>For a release, what would be released, encrypted; empty for anything else.</summary>
    public ReadOnlyMemory<byte> CaseFileAtRest { get; init; }

    /// <summary>What there was to be read beside it is erased.</summary>
    public bool Erased { get; init; }

    /// <summary>The entry that was written before anybody approved it; null for what waits until it is approved.</summary>
    public EntryHash? Written { get; init; }

    /// <summary>UTC: by when a second person has to say whether that was right; null as before.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>Its dossier; of an opening that was written, the one that it opened; null of one that waits.</summary>
    public DossierId? About => Dossier ?? (Written is { } opening ? new DossierId(opening) : null);

    /// <summary>Where it is in the list.</summary>
    public SubmissionPlace Place => new(SettledAt, SubmittedAt, Id);
}

/// <summary>The place of a submission in the list, to go on after it.</summary>
public sealed record SubmissionPlace(DateTimeOffset? SettledAt, DateTimeOffset SubmittedAt, string Id);

/// <summary>What became of a submission.</summary>
public enum Settlement
{
    Approved = 1,
    SentBack,
}

/// <summary>Submissions and delegations, in the node's PostgreSQL.</summary>
public sealed class Submissions(NpgsqlDataSource database)
{
    /// <summary>Keeps a submission with the answer to its command, and tells whoever may approve, in one commit.</summary>
    /// <param name="submission">What waits.</param>
    /// <param name="answered">The answer to its command.</param>
    /// <param name="remindAt">UTC: when they are told again if it waits still.</param>
    /// <param name="cancellationToken">Keeps nothing.</param>
    /// <returns>Whether it was kept; when it was not, the command was answered meanwhile.</returns>
    public async Task<bool> KeepAsync(Submission submission, Answered answered, DateTimeOffset remindAt, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<long>(Sql(
            """
            with answered as (
                insert into command (office, command_id, request_hash, answer, answered_at)
                values (@Office, @CommandId, @RequestHash, @Answer, @SubmittedAt) on conflict do nothing returning office),
            submitted as (
                insert into submission (id, office, command_id, person, dossier_id, statement, draft, at_rest, earlier, contradicts, submitted_at, remind_at, case_file_at_rest)
                select @Id, @Office, @CommandId, @Person, @Dossier, @Statement, @Draft, @AtRest, @Earlier, @Contradicts, @SubmittedAt, @RemindAt, @CaseFileAtRest from answered
                returning id, dossier_id),
            told as (
                insert into notice (submission_id, dossier_id, kind, round, at) select id, dossier_id, 'Submitted', 1, @SubmittedAt from submitted)
            select count(*) from answered
            """,
            With(submission, new { RequestHash = answered.RequestHash.ToArray(), Answer = answered.Answer.ToArray(), RemindAt = remindAt }), cancellationToken)) == 1;
    }

    /// <summary>Keeps what a second person is asked of a statement that is written in the same transaction, and tells whoever may approve; they are told again when it is due.</summary>
    public static Task OweAsync(NpgsqlConnection connection, Submission submission, EntryHash written, CancellationToken cancellationToken) => connection.ExecuteAsync(Sql(
        """
        with submitted as (
            insert into submission (id, office, command_id, person, dossier_id, statement, draft, at_rest, earlier, contradicts, submitted_at, remind_at, case_file_at_rest, written, due_at)
            values (@Id, @Office, @CommandId, @Person, @Dossier, @Statement, @Draft, @AtRest, @Earlier, @Contradicts, @SubmittedAt, @DueAt, @CaseFileAtRest, @Written, @DueAt)
            returning id, dossier_id)
        insert into notice (submission_id, dossier_id, kind, round, at) select id, dossier_id, 'Submitted', 1, @SubmittedAt from submitted
        """,
        With(submission, new { Written = written.ToArray(), submission.DueAt }), cancellationToken));

    /// <summary>A submission's columns, and what else a statement needs.</summary>
    static DynamicParameters With(Submission submission, object also)
    {
        var columns = new DynamicParameters(also);
        columns.AddDynamicParams(new
        {
            submission.Id,
            Office = submission.Command.Office.ToString(),
            submission.Command.CommandId,
            submission.Person,
            Dossier = submission.Dossier?.ToArray(),
            submission.Statement,
            Draft = submission.Draft.ToArray(),
            AtRest = submission.AtRest.ToArray(),
            Earlier = submission.Earlier?.ToArray(),
            submission.Contradicts,
            submission.SubmittedAt,
            CaseFileAtRest = submission.CaseFileAtRest.ToArray(),
        });
        return columns;
    }

    /// <summary>What was written before anybody approved it, newest first.</summary>
    /// <param name="before">Where the last page ended; null for the first.</param>
    /// <param name="most">At most.</param>
    /// <param name="cancellationToken">Has nothing to undo.</param>
    public async Task<ImmutableArray<Submission>> ListWrittenAloneAsync(SubmissionPlace? before, int most, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return [.. (await connection.QueryAsync<Row>(Sql(
            $"{Select} where written is not null and (@Id::text is null or (submitted_at, id) < (@At, @Id)) order by submitted_at desc, id desc limit @Most",
            new { before?.Id, At = before?.SubmittedAt ?? default, Most = most }, cancellationToken))).Select(row => row.ToSubmission())];
    }

    public async Task<Submission?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return (await connection.QuerySingleOrDefaultAsync<Row>(Sql($"{Select} where id = @Id", new { Id = id }, cancellationToken)))?.ToSubmission();
    }

    /// <summary>What waits, oldest first; then what was sent back to an office, newest first.</summary>
    /// <param name="office">Whose.</param>
    /// <param name="all">What waits of every office too.</param>
    /// <param name="after">Where the last page ended; null for the first.</param>
    /// <param name="most">At most.</param>
    /// <param name="cancellationToken">Has nothing to undo.</param>
    public async Task<ImmutableArray<Submission>> ListAsync(Office office, bool all, SubmissionPlace? after, int most, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return [.. (await connection.QueryAsync<Row>(Sql(
            $"""
            {Select}
            where ((settled_at is null and (@All or office = @Office)) or (settled_as = 'SentBack' and office = @Office))
                and (@AfterId::text is null or coalesce(settled_at, 'infinity') < coalesce(@AfterSettled, 'infinity')
                    or (coalesce(settled_at, 'infinity') = coalesce(@AfterSettled, 'infinity') and (submitted_at, id) > (@AfterSubmitted, @AfterId)))
            order by coalesce(settled_at, 'infinity') desc, submitted_at, id
            limit @Most
            """,
            new
            {
                Office = office.ToString(),
                All = all,
                AfterId = after?.Id,
                AfterSettled = after?.SettledAt,
                AfterSubmitted = after?.SubmittedAt ?? default,
                Most = most,
            }, cancellationToken))).Select(row => row.ToSubmission())];
    }

    /// <summary>Notes that a submission's statement was written; the case file that waited with it is its release's now.</summary>
    public async Task ApproveAsync(string id, Office by, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(Sql(
            "update submission set settled_at = @Now, settled_as = 'Approved', settled_by = @By, case_file_at_rest = '' where id = @Id and settled_at is null",
            new { Id = id, Now = now, By = by.ToString() }, cancellationToken));
    }

    /// <summary>Tells whoever may approve once more of what has waited long; each submission once, whoever asks.</summary>
    /// <returns>How many were told of.</returns>
    public async Task<int> RemindAsync(int most, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteAsync(Sql(
            """
            with due as (
                select id from submission where remind_at <= @Now and settled_at is null order by remind_at limit @Most for update skip locked),
            reminded as (
                update submission set remind_at = null from due where submission.id = due.id returning submission.id, submission.dossier_id)
            insert into notice (submission_id, dossier_id, kind, round, at) select id, dossier_id, 'Waiting', 1, @Now from reminded
            """, new { Now = now, Most = most }, cancellationToken));
    }

    /// <summary>Sends a submission back, and tells its office, unless its statement was written: the command under which it would be is taken in the same commit, so that it never is.</summary>
    /// <returns>Whether it is sent back now.</returns>
    public async Task<bool> SendBackAsync(string id, CommandKey writing, Office by, ReadOnlyMemory<byte> reasonAtRest, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<long>(Sql(
            """
            with taken as (
                insert into command (office, command_id, request_hash, answer, answered_at)
                select @Office, @CommandId, ''::bytea, ''::bytea, @Now from submission where id = @Id and settled_at is null
                on conflict do nothing
                returning office),
            settled as (
                update submission set settled_at = @Now, settled_as = 'SentBack', settled_by = @By, reason_at_rest = @ReasonAtRest, case_file_at_rest = ''
                from taken where submission.id = @Id and settled_at is null
                returning submission.id, submission.dossier_id, submission.office),
            told as (
                insert into notice (submission_id, dossier_id, kind, round, office, at) select id, dossier_id, 'SentBack', 1, office, @Now from settled)
            select count(*) from settled
            """,
            new { Id = id, Office = writing.Office.ToString(), writing.CommandId, Now = now, By = by.ToString(), ReasonAtRest = reasonAtRest.ToArray() }, cancellationToken)) == 1;
    }

    /// <summary>Lets an office approve in another's place from one day to another, both inclusive; a last day before the first ends it.</summary>
    public async Task DelegateAsync(Office from, Office to, DateOnly first, DateOnly last, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(Sql(
            """
            insert into delegation (from_office, to_office, from_day, until_day) values (@From, @To, @First, @Last)
            on conflict (from_office, to_office) do update set from_day = excluded.from_day, until_day = excluded.until_day
            """, new { From = from.ToString(), To = to.ToString(), First = first, Last = last }, cancellationToken));
    }

    /// <summary>Whether an office approves in another's place on a day.</summary>
    public async Task<bool> IsDelegateAsync(Office office, DateOnly day, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<bool>(Sql(
            "select exists (select from delegation where to_office = @Office and @Day between from_day and until_day)",
            new { Office = office.ToString(), Day = day }, cancellationToken));
    }

    const string Select =
        "select id, office, command_id, person, dossier_id, statement, draft, at_rest, earlier, contradicts, submitted_at, settled_as, settled_at, reason_at_rest, case_file_at_rest, written, due_at, erased from submission";

    static CommandDefinition Sql(string text, object parameters, CancellationToken cancellationToken) => new(text, parameters, cancellationToken: cancellationToken);

    sealed record Row(
        string Id, string Office, string CommandId, string Person, byte[]? DossierId, string Statement, byte[] Draft, byte[] AtRest, byte[]? Earlier,
        bool Contradicts, DateTime SubmittedAt, string? SettledAs, DateTime? SettledAt, byte[] ReasonAtRest, byte[] CaseFileAtRest, byte[]? Written, DateTime? DueAt, bool Erased)
    {
        public Submission ToSubmission() => new(
            Id,
            new CommandKey(Domain.Dossiers.Office.TryParse(Office, out var office) ? office : throw new InvalidDataException("A submission names no office."), CommandId),
            Person, DossierId is null ? null : Domain.Dossiers.DossierId.Read(DossierId), Statement, Draft, AtRest,
            Earlier is null ? null : Domain.Dossiers.DossierId.Read(Earlier), Contradicts, new DateTimeOffset(SubmittedAt),
            SettledAs is null ? null : Enum.Parse<Settlement>(SettledAs), SettledAt is { } at ? new DateTimeOffset(at) : null, ReasonAtRest)
        {
            CaseFileAtRest = CaseFileAtRest,
            Erased = Erased,
            Written = Written is null ? null : EntryHash.Read(Written),
            DueAt = DueAt is { } due ? new DateTimeOffset(due) : null,
        };
    }
}
