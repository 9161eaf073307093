using System.Security.Cryptography;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Sealing;
using Dapper;
using Npgsql;

namespace Coordination.CountryNode.Store;

/// <summary>Referrals that an office has begun to write: kept as they are typed, each under a key of its own, and gone with it.</summary>
/// <remarks>They are the office's, not a person's: whoever follows goes on with them.</remarks>
public sealed class Drafts(NpgsqlDataSource database, DossierKeys keys, TimeProvider time)
{
    /// <summary>Begins an empty one.</summary>
    public async Task<DossierId> BeginAsync(Office office, CancellationToken cancellationToken)
    {
        var id = DossierId.Read(RandomNumberGenerator.GetBytes(EntryHash.Length));
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            "insert into draft (id, office, content, begun_at, kept_at) values (@Id, @Office, @Content, @Now, @Now)",
            new { Id = id.ToArray(), Office = office.ToString(), Content = Protect(id, "{}"u8), Now = time.GetUtcNow() }, cancellationToken: cancellationToken));
        return id;
    }

    /// <summary>Begins several, all or none; one that was begun before stays as it is.</summary>
    public async Task BeginAllAsync(IReadOnlyList<(DossierId Id, ReadOnlyMemory<byte> Content)> drafts, Office office, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // What was begun before, and was sent or thrown away since, is not begun again.
        foreach (var (id, content) in drafts.Where(draft => keys.Look(draft.Id) is Keeping.Possible))
            await connection.ExecuteAsync(new CommandDefinition(
                "insert into draft (id, office, content, begun_at, kept_at) values (@Id, @Office, @Content, @Now, @Now) on conflict (id) do nothing",
                new { Id = id.ToArray(), Office = office.ToString(), Content = Protect(id, content.Span), Now = time.GetUtcNow() }, transaction, cancellationToken: cancellationToken));
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Keeps what was entered, in place of what was kept before.</summary>
    /// <returns>Whether the office has such a draft.</returns>
    public async Task<bool> KeepAsync(DossierId id, Office office, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return keys.Look(id) is Keeping.Possible && await connection.ExecuteAsync(new CommandDefinition(
            "update draft set content = @Content, kept_at = @Now where id = @Id and office = @Office",
            new { Id = id.ToArray(), Office = office.ToString(), Content = Protect(id, content.Span), Now = time.GetUtcNow() }, cancellationToken: cancellationToken)) == 1;
    }

    /// <summary>What was entered so far; null where the office has no such draft, or it cannot be read any more.</summary>
    public async Task<ReadOnlyMemory<byte>?> FindAsync(DossierId id, Office office, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var kept = await connection.ExecuteScalarAsync<byte[]?>(new CommandDefinition(
            "select content from draft where id = @Id and office = @Office", new { Id = id.ToArray(), Office = office.ToString() }, cancellationToken: cancellationToken));
        if (kept is null || keys.Open(id, kept, Associated(id)) is not Disclosure.Opened opened) return null;
        return opened.Plaintext;
    }

    /// <summary>An office's drafts, the one that was last worked on first, and when that was.</summary>
    public async Task<IReadOnlyList<(DossierId Id, DateTimeOffset KeptAt)>> ListAsync(Office office, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<(byte[] Id, DateTimeOffset KeptAt)>(new CommandDefinition(
            "select id, kept_at from draft where office = @Office order by kept_at desc, id", new { Office = office.ToString() }, cancellationToken: cancellationToken));
        return [.. rows.Select(row => (DossierId.Read(row.Id), row.KeptAt))];
    }

    /// <summary>Ends a draft: what was entered cannot be read any more, from any copy of the database.</summary>
    public async Task EndAsync(DossierId id, Office office, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        if (await connection.ExecuteAsync(new CommandDefinition("delete from draft where id = @Id and office = @Office", new { Id = id.ToArray(), Office = office.ToString() }, cancellationToken: cancellationToken)) == 1)
            keys.Destroy(id);
    }

    byte[] Protect(DossierId id, ReadOnlySpan<byte> content) =>
        keys.Protect(id, content, Associated(id)) is Protection.Protected kept ? kept.Bytes.ToArray() : throw new IOException("A draft's key cannot be used: look at the key folder.");

    static byte[] Associated(DossierId id) => [.. "draft "u8, .. id.ToArray()];
}
