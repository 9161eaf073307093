using System.Collections.Immutable;
using Coordination.Contracts.Dossier.V1;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Offices;
using Coordination.Domain.Dossiers;
using Dapper;
using Google.Protobuf;
using Npgsql;
using Office = Coordination.Domain.Dossiers.Office;

namespace Coordination.CountryNode.Store;

/// <summary>A hold as it is kept.</summary>
/// <param name="Number">At this node.</param>
/// <param name="Dossier">What is held.</param>
/// <param name="Basis">Why, as the protocol names it.</param>
/// <param name="Until">The last day, inclusive, in this country.</param>
/// <param name="PlacedAt">UTC.</param>
/// <param name="PlacedBy">Which office.</param>
/// <param name="EndedAt">UTC; null while nobody ended it.</param>
/// <param name="EndedBy">Which office; null while nobody ended it.</param>
public sealed record KeptHold(long Number, DossierId Dossier, string Basis, DateOnly Until, DateTimeOffset PlacedAt, Office PlacedBy, DateTimeOffset? EndedAt, Office? EndedBy);

/// <summary>A dossier as a list of what is due was made from it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Held">How many entries were held.</param>
public sealed record DueOf(DossierId Id, int Held);

/// <summary>What is due, holds and certificates, in the node's PostgreSQL.</summary>
public sealed class RetentionRows(NpgsqlDataSource database)
{
    /// <summary>Of a legal hold, on a day of this country: <c>@Today</c>.</summary>
    internal const string InForce = "legal_hold.ended_at is null and legal_hold.until_day >= @Today";

    /// <summary>Dossiers in a final state that may be due: held long enough, held by nobody's order, and neither said nor certified to be erased; oldest first.</summary>
    public async Task<ImmutableArray<DossierId>> ListFinalAsync(string state, DateTimeOffset heldBefore, DateOnly today, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<byte[]>(Sql(
            $"""
            select id from dossier where state = @State and held_since < @HeldBefore
                and not exists (select from erasure where erasure.dossier_id = dossier.id and said_by is not null)
                and not exists (select from legal_hold where legal_hold.dossier_id = dossier.id and {InForce})
            order by held_since, id
            """, new { State = state, HeldBefore = heldBefore, Today = today }, cancellationToken));
        return [.. rows.Select(id => DossierId.Read(id))];
    }

    /// <summary>How many rows of a class are from before an instant.</summary>
    public async Task<long> CountAsync(DataClass of, DateTimeOffset before, DateOnly today, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<long>(Sql($"select count(*) {Due(of)}", new { Before = before, Today = today }, cancellationToken));
    }

    /// <summary>Deletes what is listed, notes the certificate and the answer, and destroys the keys last before the commit: all of it, or nothing.</summary>
    /// <param name="dossiers">As they were when the list was made.</param>
    /// <param name="rows">Of each class of rows, from before which instant, and how many were listed.</param>
    /// <param name="today">In this country.</param>
    /// <param name="certify">Signs the certificate of a number.</param>
    /// <param name="command">By which command.</param>
    /// <param name="requestHash">Of the request.</param>
    /// <param name="destroy">Destroys keys, whose records in the list are on the disk before.</param>
    /// <param name="now">UTC.</param>
    /// <param name="cancellationToken">Leaves nothing half-written.</param>
    /// <returns>The certificate; null, and nothing is deleted, where something has changed since the list was made.</returns>
    public async Task<SignedDeletionCertificate?> ApplyAsync(
        IReadOnlyCollection<DueOf> dossiers, IReadOnlyCollection<(DataClass Class, DateTimeOffset Before, long Count)> rows, DateOnly today, Func<ulong, SignedDeletionCertificate> certify,
        CommandKey command, ReadOnlyMemory<byte> requestHash, Action<IEnumerable<DossierId>> destroy, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // One after the other, whichever replica deletes.
        await connection.ExecuteAsync(Sql("lock table certificate in exclusive mode", new { }, cancellationToken));
        var ids = dossiers.Select(due => due.Id.ToArray()).ToArray();
        var locked = await connection.QueryAsync<byte[]>(Sql(
            """
            select dossier.id from dossier join unnest(@Ids, @Held) as due (id, held) on due.id = dossier.id
            where dossier.id = any(@Ids) and dossier.held = due.held order by dossier.id for no key update of dossier
            """, new { Ids = ids, Held = dossiers.Select(due => due.Held).ToArray() }, cancellationToken));
        if (locked.Count() != ids.Length) return null;
        if (await IsAnyHeldAsync(connection, [.. dossiers.Select(due => due.Id)], today, cancellationToken)) return null;

        var keys = dossiers.Select(due => due.Id).ToList();
        foreach (var (of, before, count) in rows)
        {
            var when = new { Before = before, Today = today };
            if (of is DataClass.SubmissionDecided)
            {
                // An opening's key is its own: it goes with the row.
                keys.AddRange((await connection.QueryAsync<string>(Sql($"select id {Due(of)} and dossier_id is null", when, cancellationToken))).Select(id => SubmissionDesk.KeyOf(null, id)));
                await connection.ExecuteAsync(Sql($"delete from notice where submission_id in (select id {Due(of)})", when, cancellationToken));
            }
            if (await connection.ExecuteAsync(Sql($"delete {Due(of)}", when, cancellationToken)) != count) return null;
        }
        await ErasedRows.EmptyAsync(connection, [.. dossiers.Select(due => due.Id)], "Certificate", now, cancellationToken);
        var certificate = certify(1 + (ulong)await connection.ExecuteScalarAsync<long>(Sql("select coalesce(max(number), 0) from certificate", new { }, cancellationToken)));
        await connection.ExecuteAsync(Sql(
            """
            insert into certificate (number, at, bytes, signature, key_id) select coalesce(max(number), 0) + 1, @Now, @Bytes, @Signature, @KeyId from certificate;
            insert into command (office, command_id, request_hash, answer, answered_at) values (@Office, @CommandId, @RequestHash, @Answer, @Now);
            """,
            new
            {
                Now = now,
                Bytes = certificate.Certificate.ToByteArray(),
                Signature = certificate.Signature.ToByteArray(),
                certificate.KeyId,
                Office = command.Office.ToString(),
                command.CommandId,
                RequestHash = requestHash.ToArray(),
                Answer = new ApplyRetentionResponse { Certificate = certificate }.ToByteArray(),
            }, cancellationToken));
        destroy(keys);
        await transaction.CommitAsync(CancellationToken.None);
        return certificate;
    }

    /// <summary>Certificates after a number, in their order.</summary>
    public async Task<ImmutableArray<SignedDeletionCertificate>> ListCertificatesAsync(ulong after, int most, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<CertificateRow>(Sql(
            "select bytes, signature, key_id from certificate where number > @After order by number limit @Most", new { After = Number(after), Most = most }, cancellationToken));
        return [.. rows.Select(row => new SignedDeletionCertificate { Certificate = UnsafeByteOperations.UnsafeWrap(row.Bytes), Signature = UnsafeByteOperations.UnsafeWrap(row.Signature), KeyId = row.KeyId })];
    }

    /// <summary>Places a hold with the answer to its command, in one commit.</summary>
    /// <param name="dossier">What is held.</param>
    /// <param name="basis">Why.</param>
    /// <param name="until">The last day, inclusive.</param>
    /// <param name="person">Who asks; never leaves the node.</param>
    /// <param name="command">By which command.</param>
    /// <param name="requestHash">Of the request.</param>
    /// <param name="answer">The answer from the hold.</param>
    /// <param name="now">UTC.</param>
    /// <param name="cancellationToken">Leaves nothing half-written.</param>
    /// <returns>Null, and nothing is written, where the dossier is erased.</returns>
    public async Task<KeptHold?> PlaceAsync(
        DossierId dossier, string basis, DateOnly until, string person, CommandKey command, ReadOnlyMemory<byte> requestHash, Func<KeptHold, byte[]> answer, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var id = dossier.ToArray();
        // Whoever erases it waits, and finds the hold; or was first, and is found.
        await connection.ExecuteAsync(Sql("select from dossier where id = @Id for no key update", new { Id = id }, cancellationToken));
        if (await connection.ExecuteScalarAsync<bool>(Sql("select exists (select from erasure where dossier_id = @Id)", new { Id = id }, cancellationToken))) return null;
        var number = await connection.ExecuteScalarAsync<long>(Sql(
            """
            insert into legal_hold (dossier_id, basis, until_day, placed_at, placed_by, placed_person) values (@Id, @Basis, @Until, @Now, @By, @Person) returning number
            """, new { Id = id, Basis = basis, Until = until, Now = now, By = command.Office.ToString(), Person = person }, cancellationToken));
        var hold = (await connection.QuerySingleAsync<HoldRow>(Sql($"{SelectHold} where number = @Number", new { Number = number }, cancellationToken))).ToHold();
        await connection.ExecuteAsync(Sql(
            "insert into command (office, command_id, request_hash, answer, answered_at) values (@Office, @CommandId, @RequestHash, @Answer, @Now)",
            new { Office = command.Office.ToString(), command.CommandId, RequestHash = requestHash.ToArray(), Answer = answer(hold), Now = now }, cancellationToken));
        await transaction.CommitAsync(cancellationToken);
        return hold;
    }

    /// <summary>Ends a hold; one that was ended stays as it is.</summary>
    /// <returns>Null where there is none of that number.</returns>
    public async Task<KeptHold?> EndAsync(ulong number, Office office, string person, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(Sql(
            "update legal_hold set ended_at = @Now, ended_by = @By, ended_person = @Person where number = @Number and ended_at is null",
            new { Number = Number(number), Now = now, By = office.ToString(), Person = person }, cancellationToken));
        return (await connection.QuerySingleOrDefaultAsync<HoldRow>(Sql($"{SelectHold} where number = @Number", new { Number = Number(number) }, cancellationToken)))?.ToHold();
    }

    /// <summary>Holds after a number, in their order.</summary>
    public async Task<ImmutableArray<KeptHold>> ListHoldsAsync(ulong after, int most, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<HoldRow>(Sql($"{SelectHold} where number > @After order by number limit @Most", new { After = Number(after), Most = most }, cancellationToken));
        return [.. rows.Select(row => row.ToHold())];
    }

    /// <summary>Whether a legal hold is in force on any of some dossiers, for a transaction that has locked their rows: whoever places one waits.</summary>
    internal static Task<bool> IsAnyHeldAsync(NpgsqlConnection connection, IEnumerable<DossierId> dossiers, DateOnly today, CancellationToken cancellationToken) => connection.ExecuteScalarAsync<bool>(Sql(
        $"select exists (select from legal_hold where dossier_id = any(@Ids) and {InForce})", new { Ids = dossiers.Select(dossier => dossier.ToArray()).ToArray(), Today = today }, cancellationToken));

    /// <summary>The rows of a class that are due.</summary>
    static string Due(DataClass of) => of switch
    {
        DataClass.SubmissionDecided =>
            $"from submission where settled_at < @Before and not exists (select from legal_hold where legal_hold.dossier_id = coalesce(submission.dossier_id, submission.written) and {InForce})",
        // What is still to be signed or decided needs the answer.
        DataClass.Answer =>
            """
            from command where answered_at < @Before
                and not exists (select from pending_withdrawal as pending where (pending.office, pending.command_id) = (command.office, command.command_id))
                and not exists (select from submission where settled_at is null and submission.office = command.office and command.command_id in (submission.command_id, 'approval:' || submission.id))
            """,
        DataClass.Refused =>
            $"from audit where at < @Before and not exists (select from legal_hold where legal_hold.dossier_id = audit.dossier_id and {InForce})",
        _ => throw new ArgumentOutOfRangeException(nameof(of), of, "not a class of rows"),
    };

    static long Number(ulong number) => (long)Math.Min(number, long.MaxValue);

    static CommandDefinition Sql(string text, object parameters, CancellationToken cancellationToken) => new(text, parameters, cancellationToken: cancellationToken);

    const string SelectHold = "select number, dossier_id, basis, until_day::text, placed_at, placed_by, ended_at, ended_by from legal_hold";

    sealed record CertificateRow(byte[] Bytes, byte[] Signature, string KeyId);

    sealed record HoldRow(long Number, byte[] DossierId, string Basis, string UntilDay, DateTime PlacedAt, string PlacedBy, DateTime? EndedAt, string? EndedBy)
    {
        public KeptHold ToHold() => new(
            Number, Domain.Dossiers.DossierId.Read(DossierId), Basis, DateOnly.ParseExact(UntilDay, "yyyy-MM-dd"), new DateTimeOffset(PlacedAt), Parse(PlacedBy),
            EndedAt is { } at ? new DateTimeOffset(at) : null, EndedBy is { } by ? Parse(by) : null);

        static Office Parse(string text) => Office.TryParse(text, out var office) ? office : throw new InvalidDataException("A hold names no office.");
    }
}
