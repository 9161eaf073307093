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
public sealed class AccessLog(NpgsqlDataSource database)
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
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<Kept>(new(
            "select bytes, hash from access where number > @After order by number limit @Most", new { After = (long)Math.Min(after, long.MaxValue), Most = most }, cancellationToken: cancellationToken));
        return [.. rows.Select(row => new KeptAccessRow { Row = UnsafeByteOperations.UnsafeWrap(row.Bytes), Hash = UnsafeByteOperations.UnsafeWrap(row.Hash) })];
    }

    /// <summary>Rows by number, for the node itself: nobody reads them.</summary>
    /// <param name="after">Rows after this number.</param>
    /// <param name="most">At most.</param>
    /// <param name="cancellationToken">Has nothing to undo.</param>
    public async Task<IReadOnlyList<byte[]>> DigestsAsync(ulong after, int most, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<byte[]>(new("select bytes from access where number > @After order by number limit @Most", new { After = (long)after, Most = most }, cancellationToken: cancellationToken));
        return [.. rows.Select(row => AccessChain.DigestOf(row))];
    }

    /// <summary>The head after a row; empty where there is no such row.</summary>
    public async Task<byte[]> HeadAsync(ulong number, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<byte[]>(new("select hash from access where number = @Number", new { Number = (long)Math.Min(number, long.MaxValue) }, cancellationToken: cancellationToken)) ?? [];
    }

    async Task AddAsync(Office office, string person, DateTimeOffset now, AccessRow row, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // One row after the other, whichever replica writes it.
        await connection.ExecuteAsync(new("lock table access in exclusive mode", cancellationToken: cancellationToken));
        var last = await connection.QuerySingleOrDefaultAsync<Last>(new("select number, hash from access order by number desc limit 1", cancellationToken: cancellationToken));
        (row.Number, row.Salt) = ((ulong)(last?.Number ?? 0) + 1, ByteString.CopyFrom(RandomNumberGenerator.GetBytes(SaltLength)));
        (row.At, row.Office, row.Person) = (Timestamp.FromDateTimeOffset(now), DossierWire.Write(office), person);
        var bytes = row.ToByteArray();
        await connection.ExecuteAsync(new(
            "insert into access (number, hash, at, bytes) values (@Number, @Hash, @At, @Bytes)",
            new { Number = (long)row.Number, Hash = AccessChain.HeadOf(last?.Hash ?? [], AccessChain.DigestOf(bytes)), At = now, Bytes = bytes }, cancellationToken: cancellationToken));
        await transaction.CommitAsync(cancellationToken);
    }

    sealed record Last(long Number, byte[] Hash);

    sealed record Kept(byte[] Bytes, byte[] Hash);
}
