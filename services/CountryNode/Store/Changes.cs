using System.Collections.Immutable;
using Coordination.Domain.Dossiers;
using Dapper;
using Npgsql;

namespace Coordination.CountryNode.Store;

/// <summary>One entry that this node came to hold.</summary>
/// <param name="Number">1, 2, 3… without gaps.</param>
/// <param name="Dossier">Where.</param>
/// <param name="Entry">Which.</param>
/// <param name="Bytes">As signed.</param>
/// <param name="State">Where the dossier stands now; null while its opening is missing or void.</param>
public sealed record Change(long Number, DossierId Dossier, EntryHash Entry, ReadOnlyMemory<byte> Bytes, string? State);

/// <summary>The order in which this node came to hold entries.</summary>
/// <remarks>
/// Commits end in another order than they begin, so a number that is taken when an entry is written would let a reader pass
/// what commits after it. Numbers are therefore given afterwards, to what is committed, in transactions that take turns:
/// whoever has read up to one has read all below it. Only readers give them: where nobody watches, nothing is numbered.
/// </remarks>
public sealed class Changes(NpgsqlDataSource database)
{
    /// <summary>Any number: those who give numbers take turns on it.</summary>
    const long AdvisoryLock = 0x6368616e6765;

    static Changes() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    /// <summary>The number of the last change; 0 before the first.</summary>
    public async Task<long> LastAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await NumberAsync(connection, cancellationToken);
        return await connection.ExecuteScalarAsync<long>(Sql("select coalesce(max(number), 0) from change", new { }, cancellationToken));
    }

    /// <summary>The entry of a change; null when there is none of that number.</summary>
    public async Task<EntryHash?> FindAsync(long number, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var hash = await connection.ExecuteScalarAsync<byte[]?>(Sql("select entry_hash from change where number = @Number", new { Number = number }, cancellationToken));
        return hash is null ? null : EntryHash.Read(hash);
    }

    /// <summary>Changes after a number, in their order.</summary>
    public async Task<ImmutableArray<Change>> ReadAsync(long after, int most, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await NumberAsync(connection, cancellationToken);
        var rows = await connection.QueryAsync<Row>(Sql(
            """
            select number, dossier_id, entry_hash, bytes, state
            from change join entry on entry.hash = change.entry_hash join dossier on dossier.id = entry.dossier_id
            where number > @After order by number limit @Most
            """, new { After = after, Most = most }, cancellationToken));
        return [.. rows.Select(row => new Change(row.Number, DossierId.Read(row.DossierId), EntryHash.Read(row.EntryHash), row.Bytes, row.State))];
    }

    static async Task NumberAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // The lock is its own statement: the next one has to see what whoever held it before has committed.
        await connection.ExecuteAsync(Sql("select pg_advisory_xact_lock(@AdvisoryLock)", new { AdvisoryLock }, cancellationToken));
        await connection.ExecuteAsync(Sql(
            """
            with taken as (delete from unnumbered returning entry_hash)
            insert into change (number, entry_hash)
            select (select coalesce(max(number), 0) from change) + row_number() over (order by entry.held_since, entry.dossier_id, entry.author, entry.seq, entry.hash), entry.hash
            from taken join entry on entry.hash = taken.entry_hash
            """, new { }, cancellationToken));
        await transaction.CommitAsync(cancellationToken);
    }

    static CommandDefinition Sql(string text, object parameters, CancellationToken cancellationToken) => new(text, parameters, cancellationToken: cancellationToken);

    sealed record Row(long Number, byte[] DossierId, byte[] EntryHash, byte[] Bytes, string? State);
}
