using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Coordination.Domain.Dossiers;
using Dapper;
using Npgsql;

namespace Coordination.CountryNode.Store;

/// <summary>Which attachment: an id is its author's own.</summary>
public sealed record AttachmentKey(DossierId Dossier, NodeId Author, string Id);

/// <summary>An attachment as it is kept.</summary>
/// <param name="Key">Which.</param>
/// <param name="Release">Under which release it was pulled; null for this node's own.</param>
/// <param name="AboutAtRest">A serialised Attachment, encrypted.</param>
/// <param name="Complete">All of it is here, and is what its release says.</param>
public sealed record KeptAttachment(AttachmentKey Key, EntryHash? Release, ReadOnlyMemory<byte> AboutAtRest, bool Complete);

/// <summary>An attachment for which its author is to be asked.</summary>
/// <param name="Kept">What is known of it.</param>
/// <param name="Pieces">How many of its pieces are here.</param>
public sealed record AwaitedAttachment(KeptAttachment Kept, int Pieces);

/// <summary>Attachments in the database, piece by piece: never whole in memory, and in clear nowhere.</summary>
public sealed class Attachments(NpgsqlDataSource database)
{
    /// <summary>Of one country in one dossier: a desk that errs fills no disk.</summary>
    public const int MostInADossier = 64;

    /// <summary>After which what an office never finished sending is forgotten.</summary>
    static readonly TimeSpan Abandoned = TimeSpan.FromDays(1);

    /// <summary>Begins one that an office sends, and forgets what was abandoned in any dossier.</summary>
    /// <returns>False where the dossier has as many as it may.</returns>
    public async Task<bool> BeginAsync(AttachmentKey key, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // Two that begin at once are counted one after the other.
        await connection.ExecuteAsync(new("select from dossier where id = @Dossier for no key update", new { Dossier = key.Dossier.ToArray() }, cancellationToken: cancellationToken));
        await connection.ExecuteAsync(new(
            "delete from attachment where author = @Author and not complete and release is null and added_at < @Before",
            new { Author = key.Author.ToString(), Before = now - Abandoned }, cancellationToken: cancellationToken));
        var begun = await connection.ExecuteAsync(new(
            """
            insert into attachment (dossier_id, author, id, added_at, ask_at)
            select @Dossier, @Author, @Id, @Now, @Now where (select count(*) from attachment where dossier_id = @Dossier and author = @Author) < @Most
            """, Named(key, new { Now = now, Most = MostInADossier }), cancellationToken: cancellationToken)) == 1;
        await transaction.CommitAsync(cancellationToken);
        return begun;
    }

    /// <summary>Keeps a piece that was pulled, and leaves the rest to whoever pulls it until an instant.</summary>
    /// <inheritdoc cref="KeepAsync(AttachmentKey, int, ReadOnlyMemory{byte}, CancellationToken)"/>
    public async Task KeepAsync(AttachmentKey key, int number, ReadOnlyMemory<byte> atRest, DateTimeOffset until, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new($"with kept as ({InsertPiece}) update attachment set ask_at = greatest(ask_at, @Until) where dossier_id = @Dossier and author = @Author and id = @Id",
            Named(key, new { Number = number, AtRest = atRest.ToArray(), Until = until }), cancellationToken: cancellationToken));
    }

    /// <summary>Keeps a piece; one that is there already stays, and of one that was erased meanwhile nothing is kept.</summary>
    public async Task KeepAsync(AttachmentKey key, int number, ReadOnlyMemory<byte> atRest, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new(InsertPiece, Named(key, new { Number = number, AtRest = atRest.ToArray() }), cancellationToken: cancellationToken));
    }

    const string InsertPiece =
        "insert into attachment_piece (dossier_id, author, id, number, at_rest) select dossier_id, author, id, @Number, @AtRest from attachment where dossier_id = @Dossier and author = @Author and id = @Id on conflict do nothing";

    /// <summary>All of one that an office sent is here.</summary>
    public Task FinishAsync(AttachmentKey key, ReadOnlyMemory<byte> aboutAtRest, CancellationToken cancellationToken) =>
        ChangeAsync("update attachment set complete = true, about_at_rest = @About where dossier_id = @Dossier and author = @Author and id = @Id", key, new { About = aboutAtRest.ToArray() }, cancellationToken);

    /// <summary>All of one that was pulled is here, and was found to be what its release says.</summary>
    public Task FinishAsync(AttachmentKey key, CancellationToken cancellationToken) =>
        ChangeAsync("update attachment set complete = true where dossier_id = @Dossier and author = @Author and id = @Id", key, new { }, cancellationToken);

    /// <summary>Forgets one that an office did not finish sending, or that was erased.</summary>
    public Task ForgetAsync(AttachmentKey key, CancellationToken cancellationToken) =>
        ChangeAsync("delete from attachment where dossier_id = @Dossier and author = @Author and id = @Id", key, new { }, cancellationToken);

    /// <summary>Forgets the pieces of one that is not what its release says: it is asked for from the beginning.</summary>
    public Task ForgetPiecesAsync(AttachmentKey key, CancellationToken cancellationToken) =>
        ChangeAsync("delete from attachment_piece where dossier_id = @Dossier and author = @Author and id = @Id", key, new { }, cancellationToken);

    /// <summary>One attachment; null where it is not known here.</summary>
    public async Task<KeptAttachment?> FindAsync(AttachmentKey key, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var row = await connection.QuerySingleOrDefaultAsync<Row>(new(
            "select release, about_at_rest, complete from attachment where dossier_id = @Dossier and author = @Author and id = @Id", Named(key, new { }), cancellationToken: cancellationToken));
        return row is null ? null : new KeptAttachment(key, row.Release is null ? null : EntryHash.Read(row.Release), row.AboutAtRest, row.Complete);
    }

    /// <summary>The pieces of one from a number on, in their order, each read when it is wanted.</summary>
    public async IAsyncEnumerable<(int Number, ReadOnlyMemory<byte> AtRest)> ReadAsync(AttachmentKey key, int from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var number = from; ; number++)
        {
            // No connection is held for as long as a slow reader takes.
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            var piece = await connection.QuerySingleOrDefaultAsync<byte[]>(new(
                "select at_rest from attachment_piece where dossier_id = @Dossier and author = @Author and id = @Id and number = @Number", Named(key, new { Number = number }), cancellationToken: cancellationToken));
            if (piece is null) yield break;
            await connection.CloseAsync();
            yield return (number, piece);
        }
    }

    /// <summary>Case files that a peer released, whose attachments are not noted yet.</summary>
    public async Task<ImmutableArray<(DossierId Dossier, EntryHash Release)>> ListUnnotedAsync(NodeId recipient, NodeId author, int most, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<FileRow>(new(
            """
            select case_file.dossier_id, entry_hash from case_file join entry on entry.hash = case_file.entry_hash
            where recipient = @Recipient and not attachments_noted and entry.author = @Author limit @Most
            """, new { Recipient = recipient.ToString(), Author = author.ToString(), Most = most }, cancellationToken: cancellationToken));
        return [.. rows.Select(row => (DossierId.Read(row.DossierId), EntryHash.Read(row.EntryHash)))];
    }

    /// <summary>Notes what a case file names, in one commit; what was noted before stays.</summary>
    public async Task NoteAsync(EntryHash release, IReadOnlyCollection<KeptAttachment> named, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        foreach (var attachment in named)
        {
            await connection.ExecuteAsync(new(
                """
                insert into attachment (dossier_id, author, id, release, about_at_rest, added_at, ask_at) values (@Dossier, @Author, @Id, @Release, @About, @Now, @Now)
                on conflict do nothing
                """, Named(attachment.Key, new { Release = release.ToArray(), About = attachment.AboutAtRest.ToArray(), Now = now }), cancellationToken: cancellationToken));
        }
        await connection.ExecuteAsync(new("update case_file set attachments_noted = true where entry_hash = @Release", new { Release = release.ToArray() }, cancellationToken: cancellationToken));
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Claims an attachment for which it is time to ask its author, one that was asked for least often; null for none.</summary>
    /// <param name="author">Who is asked.</param>
    /// <param name="now">UTC.</param>
    /// <param name="pause">Until the next try; doubled with every further try, up to <paramref name="longest"/>.</param>
    /// <param name="longest">The longest pause.</param>
    /// <param name="cancellationToken">Claims nothing.</param>
    public async Task<AwaitedAttachment?> ClaimAsync(NodeId author, DateTimeOffset now, TimeSpan pause, TimeSpan longest, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var row = await connection.QuerySingleOrDefaultAsync<AwaitedRow>(new(
            """
            with claimed as (
                select dossier_id, author, id from attachment
                where author = @Author and not complete and release is not null and ask_at <= @Now
                order by tries, ask_at limit 1 for update skip locked)
            update attachment set tries = tries + 1, ask_at = @Now + least(@Longest, @Pause * power(2, least(tries, 16)))
            from claimed where (attachment.dossier_id, attachment.author, attachment.id) = (claimed.dossier_id, claimed.author, claimed.id)
            returning attachment.dossier_id, attachment.id, release, about_at_rest,
                (select count(*)::integer from attachment_piece as piece where (piece.dossier_id, piece.author, piece.id) = (attachment.dossier_id, attachment.author, attachment.id)) as pieces
            """, new { Author = author.ToString(), Now = now, Pause = pause, Longest = longest }, cancellationToken: cancellationToken));
        return row is null ? null : new(new(new(DossierId.Read(row.DossierId), author, row.Id), EntryHash.Read(row.Release), row.AboutAtRest, Complete: false), row.Pieces);
    }

    async Task ChangeAsync(string statement, AttachmentKey key, object also, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new(statement, Named(key, also), cancellationToken: cancellationToken));
    }

    static DynamicParameters Named(AttachmentKey key, object also)
    {
        var named = new DynamicParameters(also);
        named.AddDynamicParams(new { Dossier = key.Dossier.ToArray(), Author = key.Author.ToString(), key.Id });
        return named;
    }

    sealed record Row(byte[]? Release, byte[] AboutAtRest, bool Complete);

    sealed record FileRow(byte[] DossierId, byte[] EntryHash);

    sealed record AwaitedRow(byte[] DossierId, string Id, byte[] Release, byte[] AboutAtRest, int Pieces);
}
