using System.Collections.Immutable;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Exchange;
using Coordination.Domain.Dossiers;
using Dapper;
using Npgsql;

namespace Coordination.CountryNode.Store;

/// <summary>What was encrypted under keys that are destroyed: the rows go with the key.</summary>
/// <remarks>PostgreSQL keeps what it replaced for a while, and in its log; the key is what makes it unreadable.</remarks>
public sealed class ErasedRows(NpgsqlDataSource database)
{
    /// <summary>Dossiers in one transaction.</summary>
    const int MostAtOnce = 200;

    /// <summary>Every key that this database knows to be destroyed.</summary>
    public async Task<ImmutableHashSet<DossierId>> ListAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return [.. (await connection.QueryAsync<byte[]>(new("select dossier_id from erasure", cancellationToken: cancellationToken))).Select(id => DossierId.Read(id))];
    }

    /// <summary>Empties whatever is left of dossiers whose keys are destroyed, and notes that they are.</summary>
    /// <returns>In how many dossiers something was left.</returns>
    public async Task<int> EmptyAsync(IReadOnlyCollection<DossierId> erased, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var left = 0;
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        foreach (var ids in erased.Order().Chunk(MostAtOnce))
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            left += await EmptyAsync(connection, ids, saidBy: null, now, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        // An opening that waits, or waited, is no dossier's: its key is named after it.
        var submissions = (await connection.QueryAsync<string>(new("select id from submission where dossier_id is null and (not erased or at_rest <> '' or reason_at_rest <> '')", cancellationToken: cancellationToken)))
            .Where(id => erased.Contains(SubmissionDesk.KeyOf(null, id))).ToArray();
        await connection.ExecuteAsync(new(
            "update submission set at_rest = '', reason_at_rest = '', erased = true where id = any(@Submissions)", new { Submissions = submissions }, cancellationToken: cancellationToken));
        // So is what went to a country from which the person took the consent.
        var releases = (await connection.QueryAsync<byte[]>(new("select entry_hash from case_file where at_rest <> ''", cancellationToken: cancellationToken)))
            .Where(release => erased.Contains(Safe.KeyOf(EntryHash.Read(release)))).ToArray();
        await connection.ExecuteAsync(new("update case_file set at_rest = '' where entry_hash = any(@Releases)", new { Releases = releases }, cancellationToken: cancellationToken));
        return left + submissions.Length + releases.Length;
    }

    /// <summary>Dossiers in which case files were taken back that are not erased yet, and that nobody's order holds.</summary>
    public async Task<ImmutableArray<DossierId>> ListTakenBackAsync(DateOnly today, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<byte[]>(new(
            $"""
            select dossier_id from taken_back
            where releases <> erased and not exists (select from legal_hold where legal_hold.dossier_id = taken_back.dossier_id and {RetentionRows.InForce})
            order by dossier_id limit @Most
            """, new { Today = today, Most = MostAtOnce }, cancellationToken: cancellationToken));
        return [.. rows.Select(id => DossierId.Read(id))];
    }

    /// <summary>Erases what was taken back in a dossier; nothing where a hold came first.</summary>
    /// <param name="dossier">Which.</param>
    /// <param name="today">In this country.</param>
    /// <param name="destroyAsync">Destroys the keys, and says of which releases.</param>
    /// <param name="cancellationToken">Is done again.</param>
    public async Task EmptyTakenBackAsync(DossierId dossier, DateOnly today, Func<Task<IReadOnlyCollection<EntryHash>>> destroyAsync, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var id = dossier.ToArray();
        // Whoever places a hold, or writes to it, waits.
        await connection.ExecuteAsync(new("select from dossier where id = @Id for no key update", new { Id = id }, cancellationToken: cancellationToken));
        if (await RetentionRows.IsAnyHeldAsync(connection, [dossier], today, cancellationToken)) return;
        var releases = (await destroyAsync()).Select(release => release.ToArray()).ToArray();
        await connection.ExecuteAsync(new(
            """
            update case_file set at_rest = '' where entry_hash = any(@Releases);
            delete from attachment where release = any(@Releases);
            update taken_back set erased = releases where dossier_id = @Id;
            """, new { Id = id, Releases = releases }, cancellationToken: cancellationToken));
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>The same as <see cref="EmptyAsync(IReadOnlyCollection{DossierId}, DateTimeOffset, CancellationToken)"/> in a transaction that is under way, for dossiers alone.</summary>
    /// <param name="connection">With the transaction.</param>
    /// <param name="erased">Whose keys are destroyed, or will be before the commit.</param>
    /// <param name="saidBy">What says so: Statement or Certificate; null where nothing does.</param>
    /// <param name="now">UTC.</param>
    /// <param name="cancellationToken">Undoes the transaction.</param>
    public static Task<int> EmptyAsync(NpgsqlConnection connection, IReadOnlyCollection<DossierId> erased, string? saidBy, DateTimeOffset now, CancellationToken cancellationToken) =>
        connection.ExecuteScalarAsync<int>(new(
            """
            with locked as materialized (
                select id from dossier where id = any(@Ids) order by id for no key update),
            noted as (
                insert into erasure (dossier_id, erased_at, said_by) select id, @Now, @SaidBy from unnest(@Ids) as given (id)
                on conflict (dossier_id) do update set said_by = excluded.said_by where erasure.said_by is null and excluded.said_by is not null),
            parts as (
                update part set at_rest = '' where dossier_id in (select id from locked) and at_rest <> '' returning dossier_id),
            files as (
                update case_file set at_rest = '' where dossier_id in (select id from locked) and at_rest <> '' returning dossier_id),
            attachments as (
                delete from attachment where dossier_id in (select id from locked) returning dossier_id),
            pending as (
                update pending_withdrawal set at_rest = '' where dossier_id in (select id from locked) and at_rest <> '' returning dossier_id),
            submissions as (
                update submission set at_rest = '', case_file_at_rest = '', reason_at_rest = '', erased = true
                where dossier_id in (select id from locked) and (at_rest <> '' or case_file_at_rest <> '' or reason_at_rest <> '') returning dossier_id)
            select count(*)::integer from (
                select dossier_id from parts union select dossier_id from files union select dossier_id from attachments
                union select dossier_id from pending union select dossier_id from submissions) as something
            """, new { Ids = erased.Select(id => id.ToArray()).ToArray(), SaidBy = saidBy, Now = now }, cancellationToken: cancellationToken));
}
