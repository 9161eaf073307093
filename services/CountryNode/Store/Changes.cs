using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using Coordination.Domain.Dossiers;
using Dapper;
using Npgsql;

namespace Coordination.CountryNode.Store;

/// <summary>A place in the history of changes of this node, to go on after it.</summary>
/// <param name="Number">1, 2, 3… without gaps; 0 before the first.</param>
/// <param name="Trail">The history up to it, so that a number of another history is not taken for one of this: after a restore they part.</param>
public sealed record ChangePlace(long Number, string Trail)
{
    /// <summary>Digits of a trail that are told.</summary>
    const int Digits = 16;

    /// <summary>Before the first change.</summary>
    public static ChangePlace Start { get; } = new(0, "");

    public static ChangePlace Of(long number, ReadOnlySpan<byte> trail) => new(number, Convert.ToHexStringLower(trail)[..Digits]);

    /// <summary>Reads what <see cref="ToString"/> wrote; null for anything else.</summary>
    public static ChangePlace? Read(string text)
    {
        if (text == Start.ToString()) return Start;
        return text.Split('-') is [var digits, { Length: Digits } trail] && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && new ChangePlace(number, trail) is var place && place.ToString() == text
                ? place
                : null;
    }

    public override string ToString() => Number == 0 ? "0" : string.Create(CultureInfo.InvariantCulture, $"{Number}-{Trail}");
}

/// <summary>One entry that this node came to hold.</summary>
/// <param name="Place">Where in the history.</param>
/// <param name="Dossier">Where.</param>
/// <param name="Entry">Which.</param>
/// <param name="Bytes">As signed.</param>
/// <param name="State">Where the dossier stands now; null while its opening is missing or void.</param>
public sealed record Change(ChangePlace Place, DossierId Dossier, EntryHash Entry, ReadOnlyMemory<byte> Bytes, string? State);

/// <summary>The order in which this node came to hold entries.</summary>
/// <remarks>
/// Commits end in another order than they begin, so a number that is taken when an entry is written would let a reader pass
/// what commits after it. Numbers are therefore given afterwards, to what is committed, in transactions that take turns:
/// whoever has read up to one has read all below it. Only readers give them: where nobody watches, nothing is numbered.
/// </remarks>
public sealed class Changes(NpgsqlDataSource database) : IDisposable
{
    /// <summary>Any number: replicas that give numbers take turns on it.</summary>
    const long AdvisoryLock = 0x6368616e6765;

    /// <summary>Numbers given in one transaction: whoever watches first may find years of entries.</summary>
    const int MostAtOnce = 1000;

    /// <summary>In one process one stream numbers for all, so that however many there are hold no more than one connection waiting.</summary>
    readonly SemaphoreSlim _turn = new(1, 1);

    static Changes() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    /// <summary>The place of the last change; the start before the first.</summary>
    public async Task<ChangePlace> LastAsync(CancellationToken cancellationToken)
    {
        await NumberAllAsync(cancellationToken);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return (await LastAsync(connection, cancellationToken)).Place;
    }

    /// <summary>Whether a place is one of this node's history.</summary>
    public async Task<bool> KnowsAsync(ChangePlace place, CancellationToken cancellationToken)
    {
        if (place == ChangePlace.Start) return true;
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var trail = await connection.ExecuteScalarAsync<byte[]?>(Sql("select trail from change where number = @Number", new { place.Number }, cancellationToken));
        return trail is not null && ChangePlace.Of(place.Number, trail) == place;
    }

    /// <summary>Changes after a number, in their order.</summary>
    public async Task<ImmutableArray<Change>> ReadAsync(long after, int most, CancellationToken cancellationToken)
    {
        await NumberAllAsync(cancellationToken);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<Row>(Sql(
            """
            select number, trail, dossier_id, entry_hash, bytes, state
            from change join entry on entry.hash = change.entry_hash join dossier on dossier.id = entry.dossier_id
            where number > @After order by number limit @Most
            """, new { After = after, Most = most }, cancellationToken));
        return [.. rows.Select(row => new Change(ChangePlace.Of(row.Number, row.Trail), DossierId.Read(row.DossierId), EntryHash.Read(row.EntryHash), row.Bytes, row.State))];
    }

    public void Dispose() => _turn.Dispose();

    async Task NumberAllAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            // What another replica is numbering now is still to be seen here, and is waited for.
            while (await connection.ExecuteScalarAsync<bool>(Sql("select exists (select from unnumbered)", new { }, cancellationToken)))
                await NumberAsync(connection, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    static async Task NumberAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // The lock is its own statement: the next ones have to see what whoever held it before has committed.
        await connection.ExecuteAsync(Sql("select pg_advisory_xact_lock(@AdvisoryLock)", new { AdvisoryLock }, cancellationToken));
        var (last, trail) = await LastAsync(connection, cancellationToken);
        var hashes = (await connection.QueryAsync<byte[]>(Sql(
            "select entry_hash from unnumbered order by arrived limit @Most", new { Most = MostAtOnce }, cancellationToken))).ToArray();
        var trails = new byte[hashes.Length][];
        for (var i = 0; i < hashes.Length; i++) trails[i] = trail = SHA256.HashData([.. trail, .. hashes[i]]);
        await connection.ExecuteAsync(Sql(
            """
            with numbered as (delete from unnumbered where entry_hash = any(@Hashes))
            insert into change (number, entry_hash, trail) select * from unnest(@Numbers, @Hashes, @Trails)
            """,
            new { Hashes = hashes, Numbers = hashes.Select((_, i) => last.Number + 1 + i).ToArray(), Trails = trails }, cancellationToken));
        await transaction.CommitAsync(cancellationToken);
    }

    static async Task<(ChangePlace Place, byte[] Trail)> LastAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var last = await connection.QueryFirstOrDefaultAsync<LastRow>(Sql("select number, trail from change order by number desc limit 1", new { }, cancellationToken));
        return last is null ? (ChangePlace.Start, []) : (ChangePlace.Of(last.Number, last.Trail), last.Trail);
    }

    static CommandDefinition Sql(string text, object parameters, CancellationToken cancellationToken) => new(text, parameters, cancellationToken: cancellationToken);

    sealed record LastRow(long Number, byte[] Trail);

    sealed record Row(long Number, byte[] Trail, byte[] DossierId, byte[] EntryHash, byte[] Bytes, string? State);
}
