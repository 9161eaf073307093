using System.Security.Cryptography;
using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Evidence;
using Dapper;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Npgsql;
using Office = Coordination.Domain.Dossiers.Office;

namespace Coordination.CountryNode.Store;

/// <summary>Who opened what about a person, row by row, each with the head of the log after it.</summary>
public sealed class AccessLog(NpgsqlDataSource database, Pen pen)
{
    /// <summary>In bytes, of what is random in a row.</summary>
    const int SaltLength = 16;

    /// <summary>Writes that an office opens a case file, or an attachment of it; it is committed when this returns.</summary>
    /// <param name="office">Which.</param>
    /// <param name="person">Who, as the office's own accounts know the person.</param>
    /// <param name="dossier">Of which dossier.</param>
    /// <param name="release">Whose case file.</param>
    /// <param name="attachment">Which attachment; null for the file itself.</param>
    /// <param name="reason">Why.</param>
    /// <param name="now">UTC.</param>
    /// <param name="cancellationToken">May have written it.</param>
    public Task AddAsync(Office office, string person, DossierId dossier, EntryHash release, string? attachment, AccessReason reason, DateTimeOffset now, CancellationToken cancellationToken) =>
        AddAsync(office, person, now, new()
        {
            Act = attachment is null ? AccessAct.CaseFile : AccessAct.Attachment,
            DossierId = ByteString.CopyFrom(dossier.ToArray()), CaseFile = ByteString.CopyFrom(release.ToArray()), AttachmentId = attachment ?? "", Reason = reason,
        }, cancellationToken);

    /// <summary>Writes that an office opens a case file that waits for a second person, or an attachment of it; it is committed when this returns.</summary>
    /// <param name="office">Which.</param>
    /// <param name="person">Who, as the office's own accounts know the person.</param>
    /// <param name="dossier">Of which dossier.</param>
    /// <param name="submission">With which submission it waits.</param>
    /// <param name="attachment">Which attachment; null for the file itself.</param>
    /// <param name="reason">Why.</param>
    /// <param name="now">UTC.</param>
    /// <param name="cancellationToken">May have written it.</param>
    public Task AddAsync(Office office, string person, DossierId dossier, string submission, string? attachment, AccessReason reason, DateTimeOffset now, CancellationToken cancellationToken) =>
        AddAsync(office, person, now, new()
        {
            Act = attachment is null ? AccessAct.SubmittedCaseFile : AccessAct.SubmittedAttachment,
            DossierId = ByteString.CopyFrom(dossier.ToArray()), SubmissionId = submission, AttachmentId = attachment ?? "", Reason = reason,
        }, cancellationToken);

    /// <summary>Rows by number, after it is written that an office reads them.</summary>
    /// <param name="office">Which.</param>
    /// <param name="person">Who, as the office's own accounts know the person.</param>
    /// <param name="after">Rows after this number.</param>
    /// <param name="most">At most.</param>
    /// <param name="now">UTC.</param>
    /// <param name="cancellationToken">May have written it.</param>
    public async Task<IReadOnlyList<KeptAccessRow>> ReadAsync(Office office, string person, ulong after, int most, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await AddAsync(office, person, now, new() { Act = AccessAct.Log, Reason = AccessReason.Supervision }, cancellationToken);
        return await RowsAsync(after, most, cancellationToken);
    }

    /// <summary>Rows by number, for the node itself: nobody reads them.</summary>
    /// <param name="after">Rows after this number.</param>
    /// <param name="most">At most.</param>
    /// <param name="cancellationToken">Has nothing to undo.</param>
    public async Task<IReadOnlyList<KeptAccessRow>> RowsAsync(ulong after, int most, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<Kept>(new(
            "select bytes, hash from access where number > @After order by number limit @Most", new { After = (long)Math.Min(after, long.MaxValue), Most = most }, cancellationToken: cancellationToken));
        return [.. rows.Select(row => new KeptAccessRow { Row = UnsafeByteOperations.UnsafeWrap(row.Bytes), Hash = UnsafeByteOperations.UnsafeWrap(row.Hash) })];
    }

    /// <summary>Whether the log has a row of a number, with a head after it.</summary>
    public async Task<bool> HasAsync(ulong number, ByteString head, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<bool>(new(
            "select exists (select from access where number = @Number and hash = @Head)", new { Number = (long)Math.Min(number, long.MaxValue), Head = head.ToByteArray() }, cancellationToken: cancellationToken));
    }

    /// <summary>Writes which countersignatures of other countries the log does not fit, as far as no row says so yet.</summary>
    /// <param name="office">Which office acknowledges it.</param>
    /// <param name="person">Who, as the office's own accounts know the person.</param>
    /// <param name="now">UTC.</param>
    /// <param name="cancellationToken">May have written it.</param>
    /// <returns>The row; null where there is nothing to say, and none was written.</returns>
    public async Task<AccessRow?> AcknowledgeBreakAsync(Office office, string person, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await LockAsync(connection, cancellationToken);
        var lost = (await connection.QueryAsync<LostRow>(new(
            """
            select place, witness, number, head from log_witness
            where node = @Node and acknowledged_by is null and not exists (select from access where access.number = log_witness.number and access.hash = log_witness.head)
            order by witness, number, place for update
            """, new { Node = pen.Node.ToString() }, cancellationToken: cancellationToken))).ToList();
        if (lost.Count == 0) return null;
        var row = new AccessRow { Act = AccessAct.Break, Reason = AccessReason.Supervision };
        row.Lost.AddRange(lost.Select(place => new LogPlace { Witness = place.Witness, Number = (ulong)place.Number, Head = ByteString.CopyFrom(place.Head) }));
        await AddAsync(connection, office, person, now, row, cancellationToken);
        await connection.ExecuteAsync(new(
            "update log_witness set acknowledged_by = @Number where place = any (@Places)", new { Number = (long)row.Number, Places = lost.Select(place => place.Place).ToArray() }, cancellationToken: cancellationToken));
        await transaction.CommitAsync(cancellationToken);
        return row;
    }

    async Task AddAsync(Office office, string person, DateTimeOffset now, AccessRow row, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await LockAsync(connection, cancellationToken);
        await AddAsync(connection, office, person, now, row, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>One row after the other, whichever replica writes it.</summary>
    static Task LockAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => connection.ExecuteAsync(new("lock table access in exclusive mode", cancellationToken: cancellationToken));

    static async Task AddAsync(NpgsqlConnection connection, Office office, string person, DateTimeOffset now, AccessRow row, CancellationToken cancellationToken)
    {
        var last = await connection.QuerySingleOrDefaultAsync<Last>(new("select number, hash from access order by number desc limit 1", cancellationToken: cancellationToken));
        (row.Number, row.Salt) = ((ulong)(last?.Number ?? 0) + 1, ByteString.CopyFrom(RandomNumberGenerator.GetBytes(SaltLength)));
        (row.At, row.Office, row.Person) = (Timestamp.FromDateTimeOffset(now), DossierWire.Write(office), person);
        var bytes = row.ToByteArray();
        await connection.ExecuteAsync(new(
            "insert into access (number, hash, at, bytes) values (@Number, @Hash, @At, @Bytes)",
            new { Number = (long)row.Number, Hash = AccessChain.HeadOf(last?.Hash ?? [], AccessChain.DigestOf(bytes)), At = now, Bytes = bytes }, cancellationToken: cancellationToken));
    }

    sealed record Last(long Number, byte[] Hash);

    sealed record Kept(byte[] Bytes, byte[] Hash);

    sealed record LostRow(long Place, string Witness, long Number, byte[] Head);
}
