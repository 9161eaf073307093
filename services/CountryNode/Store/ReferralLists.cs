using System.Collections.Immutable;
using Coordination.Domain.Dossiers;
using Dapper;
using Npgsql;

namespace Coordination.CountryNode.Store;

/// <summary>Which referrals are meant.</summary>
public enum Whose
{
    Everyones = 1,

    /// <summary>The asking office's own.</summary>
    Mine,
    OwedByUs,
    OwedToUs,
    Late,
}

/// <summary>Which referrals to list; null means any.</summary>
public sealed record ReferralFilter(Whose Whose, Office Office, NodeId? Country, string? Type, string? State, string? Urgency, DossierRange? Ids = null);

/// <summary>Dossier ids from one to another, both included.</summary>
public readonly record struct DossierRange(DossierId Lowest, DossierId Highest)
{
    /// <summary>Those that begin like this.</summary>
    /// <param name="digits">Up to 64 hexadecimal digits.</param>
    public static DossierRange Beginning(string digits) => new(Filled(digits, '0'), Filled(digits, 'f'));

    static DossierId Filled(string digits, char with) => DossierId.Read(Convert.FromHexString(digits.PadRight(2 * EntryHash.Length, with)));
}

/// <summary>The place of a row in a list, to go on after it.</summary>
public sealed record ReferralPlace(DateTimeOffset HeldSince, DossierId Id);

/// <summary>The place of a row among what is due.</summary>
public sealed record DuePlace(DateTimeOffset? DueAt, DossierId Dossier, DebtKey Key);

/// <summary>Lists over the overviews that the store keeps; they are read, and never written here.</summary>
public sealed class ReferralLists(NpgsqlDataSource database, Hosting.Dossiers.Pen pen)
{
    readonly string _own = pen.Node.ToString();

    static ReferralLists() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    /// <summary>Referrals, newest first.</summary>
    public async Task<ImmutableArray<ReferralPlace>> ListAsync(ReferralFilter filter, ReferralPlace? after, int most, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var whose = filter.Whose switch
        {
            Whose.Everyones => "true",
            Whose.Mine => "office = @Office",
            Whose.OwedByUs => "exists (select from debt where debt.dossier_id = dossier.id and owes = @Own)",
            Whose.OwedToUs => "exists (select from debt where debt.dossier_id = dossier.id and owes <> @Own)",
            Whose.Late => "exists (select from debt where debt.dossier_id = dossier.id and due_at < @Now)",
        };
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<PlaceRow>(Sql(
            $"""
            select id, held_since from dossier
            where kind = 'Referral' and {whose}
                and (@Country::text is null or counterpart = @Country) and (@Type::text is null or type = @Type)
                and (@State::text is null or state = @State) and (@Urgency::text is null or urgency = @Urgency)
                and (@LowestId::bytea is null or id between @LowestId and @HighestId)
                and (@AfterId::bytea is null or (held_since, id) < (@AfterSince, @AfterId))
            order by held_since desc, id desc
            limit @Most
            """,
            new
            {
                Office = filter.Office.ToString(),
                Own = _own,
                Now = now,
                Country = filter.Country?.ToString(),
                filter.Type,
                filter.State,
                filter.Urgency,
                LowestId = filter.Ids?.Lowest.ToArray(),
                HighestId = filter.Ids?.Highest.ToArray(),
                AfterSince = after?.HeldSince ?? default,
                AfterId = after?.Id.ToArray(),
                Most = most,
            }, cancellationToken));
        return [.. rows.Select(row => new ReferralPlace(new DateTimeOffset(row.HeldSince), DossierId.Read(row.Id)))];
    }

    /// <summary>What is owed: due first comes first, without a date last.</summary>
    public async Task<ImmutableArray<(DossierId Dossier, NodeId? Country, DueDebt Debt)>> ListDueAsync(
        Whose whose, Office office, DuePlace? after, int most, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var which = whose switch
        {
            Whose.Everyones => "true",
            Whose.Mine => "debt.owes = @Own and debt.office = @Office",
            Whose.OwedByUs => "debt.owes = @Own",
            Whose.OwedToUs => "debt.owes <> @Own",
            Whose.Late => "debt.due_at < @Now",
        };
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<DueRow>(Sql(
            $"""
            select dossier_id, counterpart, clock, owes, number, cause, about, debt.office, awaiting_since, warn_at, due_at, again_every, progress_every
            from debt join dossier on dossier.id = debt.dossier_id
            where {which} and (@AfterId::bytea is null or
                (coalesce(due_at, 'infinity'), dossier_id, clock, owes, number, cause, about) >
                (coalesce(@AfterDue, 'infinity'), @AfterId, @AfterClock, @AfterOwes, @AfterNumber, @AfterCause, @AfterAbout))
            order by coalesce(due_at, 'infinity'), dossier_id, clock, owes, number, cause, about
            limit @Most
            """,
            new
            {
                Own = _own,
                Office = office.ToString(),
                Now = now,
                AfterId = after?.Dossier.ToArray(),
                AfterDue = after?.DueAt,
                AfterClock = after?.Key.Clock ?? "",
                AfterOwes = after?.Key.Owes.ToString() ?? "",
                AfterNumber = after?.Key.Number ?? 0,
                AfterCause = after?.Key.Cause.ToArray() ?? [],
                AfterAbout = after?.Key.About?.ToArray() ?? [],
                Most = most,
            }, cancellationToken));
        return [.. rows.Select(row => (DossierId.Read(row.DossierId), NodeId.TryParse(row.Counterpart, out var country) ? country : (NodeId?)null, row.ToDebt()))];
    }

    /// <summary>What an office was told, newest first.</summary>
    /// <param name="office">Whom; an administrator reads also what no office is known for.</param>
    /// <param name="approves">Whether it reads what whoever may approve is told.</param>
    /// <param name="before">The number of the last notice that was listed; null for the first page.</param>
    /// <param name="most">At most.</param>
    /// <param name="cancellationToken">Has nothing to undo.</param>
    public async Task<ImmutableArray<ListedNotice>> ListNoticesAsync(Office office, bool approves, long? before, int most, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<NoticeRow>(Sql(
            """
            select notice.id, notice.dossier_id, clock, owes, number, cause, about, kind, round, notice.office, at, submission_id, statement
            from notice left join submission on submission.id = notice.submission_id
            where (notice.office = @Office or (notice.office is null and case when submission_id is null then @IsAdministrator else @Approves end))
                and (@Before::bigint is null or notice.id < @Before)
            order by notice.id desc
            limit @Most
            """,
            new { Office = office.ToString(), IsAdministrator = office.Role is Role.Administrator, Approves = approves, Before = before, Most = most }, cancellationToken));
        return [.. rows.Select(row => row.ToNotice())];
    }

    /// <summary>The referral that a later one names by a token, if this node holds it.</summary>
    public async Task<DossierId?> FindEarlierAsync(Token token, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var found = await connection.QueryFirstOrDefaultAsync<byte[]>(Sql(
            @"select id from dossier where substring(sha256('\x636f6f72642f6561726c6965722d726566657272616c2f763100'::bytea || id) from 1 for 16) = @Token",
            new { Token = token.ToArray() }, cancellationToken));
        return found is null ? null : DossierId.Read(found);
    }

    /// <summary>The referrals whose openings hold a token, be it as another one than is meant.</summary>
    public async Task<ImmutableArray<DossierId>> FindHoldingAsync(Token token, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var found = await connection.QueryAsync<byte[]>(Sql(
            "select dossier.id from dossier join entry on entry.hash = dossier.id where position(@Token in entry.bytes) > 0", new { Token = token.ToArray() }, cancellationToken));
        return [.. found.Select(id => DossierId.Read(id))];
    }

    static CommandDefinition Sql(string text, object parameters, CancellationToken cancellationToken) => new(text, parameters, cancellationToken: cancellationToken);

    static DebtKey Key(string clock, string owes, int number, byte[] cause, byte[] about) =>
        new(clock, NodeId.Parse(owes), number, EntryHash.Read(cause), about.Length == 0 ? null : EntryHash.Read(about));

    static Office? OfficeOf(string? text) => Office.TryParse(text, out var office) ? office : null;

    static DateTimeOffset? Utc(DateTime? at) => at is { } given ? new DateTimeOffset(given) : null;

    sealed record PlaceRow(byte[] Id, DateTime HeldSince);

    sealed record DueRow(
        byte[] DossierId, string? Counterpart, string Clock, string Owes, int Number, byte[] Cause, byte[] About, string? Office,
        DateTime? AwaitingSince, DateTime? WarnAt, DateTime? DueAt, TimeSpan? AgainEvery, int ProgressEvery)
    {
        public DueDebt ToDebt() => new(Key(Clock, Owes, Number, Cause, About), OfficeOf(Office), Utc(AwaitingSince), Utc(WarnAt), Utc(DueAt), AgainEvery, ProgressEvery);
    }

    sealed record NoticeRow(
        long Id, byte[]? DossierId, string? Clock, string? Owes, int? Number, byte[]? Cause, byte[]? About, string Kind, int Round, string? Office, DateTime At,
        string? SubmissionId, string? Statement)
    {
        public ListedNotice ToNotice() => SubmissionId is { } submission
            ? new(Id, null, new(submission, DossierId is null ? null : Domain.Dossiers.DossierId.Read(DossierId), Statement!, Enum.Parse<SubmissionNews>(Kind), OfficeOf(Office), new DateTimeOffset(At)))
            : new(Id, new(Domain.Dossiers.DossierId.Read(DossierId), Key(Clock!, Owes!, Number!.Value, Cause!, About!), Enum.Parse<NoticeKind>(Kind), Round, OfficeOf(Office), new DateTimeOffset(At)), null);
    }
}
