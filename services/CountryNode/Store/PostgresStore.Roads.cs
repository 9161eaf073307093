using System.Collections.Immutable;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Dapper;

namespace Coordination.CountryNode.Store;

/// <content>Between this node and each of the others: what waits to be carried, what is missing, and whether both hold the same.</content>
public sealed partial class PostgresStore
{
    public async Task<ImmutableArray<Parcel>> ClaimAsync(NodeId peer, int most, DateTimeOffset now, DateTimeOffset until, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var claimed = (await connection.QueryAsync<ClaimedRow>(Sql(
            """
            with due as (
                select peer, dossier_id from outbox
                where peer = @Peer and (claimed_until is null or claimed_until <= @Now)
                order by queued_at
                limit @Most
                for update skip locked),
            claimed as (
                update outbox set claimed_until = @Until from due
                where outbox.peer = due.peer and outbox.dossier_id = due.dossier_id
                returning outbox.dossier_id, outbox.queued_at, outbox.stopped_by, outbox.waiting_since)
            select dossier_id, stopped_by, waiting_since from claimed order by queued_at
            """, new { Peer = peer.ToString(), Most = most, Now = now, Until = until }, cancellationToken))).ToArray();
        if (claimed.Length == 0) return [];

        var entries = await connection.QueryAsync<EntryRow>(Sql(
            """
            select dossier_id, bytes, signature, key_id, handed_on_by, held_since from entry
            where dossier_id = any(@Claimed) and author = @Own and seq > coalesce((
                select max(receipt.seq) from receipt
                where receipt.dossier_id = entry.dossier_id and receipt.holder = @Peer and receipt.author = @Own), 0)
            order by seq
            """, new { Claimed = claimed.Select(row => row.DossierId).ToArray(), Own = _own, Peer = peer.ToString() }, cancellationToken));
        var byDossier = entries.ToLookup(row => DossierId.Read(row.DossierId), row => row.ToHeld().Signed);
        var parts = (await PartsAsync(connection, [.. claimed.Select(row => row.DossierId)], peer, cancellationToken)).ToLookup(part => part.Entry);
        return [.. claimed.Select(row => (Id: DossierId.Read(row.DossierId), Row: row))
            .Select(claim => new Parcel(
                claim.Id, [.. byDossier[claim.Id]], [.. byDossier[claim.Id].SelectMany(signed => parts[signed.Entry.Hash])], claim.Row.StoppedBy, At(claim.Row.WaitingSince)))];
    }

    public async Task SettleAsync(NodeId peer, IReadOnlyCollection<SignedReceipt> receipts, IReadOnlyCollection<Settled> parcels, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // Dossiers first, in the order of their ids, as whoever appends or admits: two that take turns never wait for each other.
        await connection.ExecuteAsync(Sql(
            "select from dossier where id = any(@Dossiers) order by id for no key update",
            new { Dossiers = Bytes(parcels.Select(parcel => parcel.Dossier).Concat(receipts.Select(receipt => receipt.Dossier)).Distinct()) }, cancellationToken));
        await KeepReceiptsAsync(connection, receipts, cancellationToken);
        await connection.ExecuteAsync(Sql(
            """
            delete from outbox where peer = @Peer and dossier_id = any(@Dossiers) and last_seq <= (
                select max(receipt.seq) from receipt
                where receipt.dossier_id = outbox.dossier_id and receipt.holder = @Peer and receipt.author = @Own);
            update dossier set stale_until = '-infinity' where id = any(@Receipted);
            update outbox set claimed_until = settled.not_before, stopped_by = settled.stopped_by, waiting_since = settled.waiting_since
            from unnest(@Dossiers, @NotBefore, @StoppedBy, @WaitingSince) as settled (dossier_id, not_before, stopped_by, waiting_since)
            where outbox.peer = @Peer and outbox.dossier_id = settled.dossier_id;
            """,
            new
            {
                Peer = peer.ToString(),
                Own = _own,
                Receipted = Bytes(receipts.Select(receipt => receipt.Dossier).Distinct()),
                Dossiers = Bytes(parcels.Select(parcel => parcel.Dossier)),
                NotBefore = parcels.Select(parcel => parcel.NotBefore).ToArray(),
                StoppedBy = parcels.Select(parcel => parcel.StoppedBy).ToArray(),
                WaitingSince = parcels.Select(parcel => parcel.WaitingSince).ToArray(),
            }, cancellationToken));
        await transaction.CommitAsync(cancellationToken);
    }

    public async Task<ImmutableArray<DossierId>> ClaimGapsAsync(
        NodeId peer, int most, DateTimeOffset now, TimeSpan pause, TimeSpan longest, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var claimed = await connection.QueryAsync<byte[]>(Sql(
            """
            with due as (
                select dossier_id from gap
                where peer = @Peer and fetch_after <= @Now
                order by tries, fetch_after
                limit @Most
                for update skip locked)
            update gap set tries = tries + 1, fetch_after = @Now + least(@Pause * power(2, least(tries, 20)), @Longest)
            from due where gap.peer = @Peer and gap.dossier_id = due.dossier_id
            returning gap.dossier_id
            """, new { Peer = peer.ToString(), Most = most, Now = now, Pause = pause, Longest = longest }, cancellationToken));
        return [.. claimed.Select(id => DossierId.Read(id))];
    }

    public async Task<int> CountWithoutOpeningAsync(NodeId peer, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<int>(Sql(
            "select count(*)::integer from gap join dossier on dossier.id = gap.dossier_id where gap.peer = @Peer and dossier.kind is null",
            new { Peer = peer.ToString() }, cancellationToken));
    }

    public async Task<ImmutableArray<DossierId>> ClaimLastingGapsAsync(DateTimeOffset before, int most, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var claimed = await connection.QueryAsync<byte[]>(Sql(
            """
            with lasting as (
                select id from dossier
                where waiting_since < @Before and gap_said is distinct from waiting_since
                order by waiting_since
                limit @Most
                for no key update skip locked)
            update dossier set gap_said = waiting_since from lasting where dossier.id = lasting.id
            returning dossier.id
            """, new { Before = before, Most = most }, cancellationToken));
        return [.. claimed.Select(id => DossierId.Read(id))];
    }

    public async Task<ImmutableArray<SetDigest>> GetBucketsAsync(NodeId peer, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<BucketRow>(Sql(
            """
            select get_byte(id, 0) as bucket, sha256(string_agg(id || digest, ''::bytea order by id)) as digest
            from participant join dossier on dossier.id = participant.dossier_id
            where participant.node = @Peer and digest is not null
            group by 1
            """, new { Peer = peer.ToString() }, cancellationToken));
        var buckets = Enumerable.Repeat(SetDigest.OfNothing, DossierDigest.Buckets).ToArray();
        foreach (var row in rows) buckets[row.Bucket] = SetDigest.Read(row.Digest);
        return [.. buckets];
    }

    public async Task<ImmutableArray<DossierDigest>> ListDossiersAsync(NodeId peer, int bucket, DossierId? after, int most, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<DigestRow>(Sql(
            """
            select id, digest from participant join dossier on dossier.id = participant.dossier_id
            where participant.node = @Peer and digest is not null
                and dossier_id >= @First and dossier_id <= @Last and (@After::bytea is null or dossier_id > @After)
            order by id
            limit @Most
            """,
            new
            {
                Peer = peer.ToString(),
                First = new[] { (byte)bucket },
                Last = Enumerable.Repeat(byte.MaxValue, EntryHash.Length).Prepend((byte)bucket).ToArray(),
                After = after?.ToArray(),
                Most = most,
            }, cancellationToken));
        return [.. rows.Select(row => new DossierDigest(DossierId.Read(row.Id), SetDigest.Read(row.Digest)))];
    }

    public async Task AnnounceAsync(NodeId peer, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(Sql(
            """
            insert into outbox (peer, dossier_id, last_seq, queued_at)
            select @Peer, written.dossier_id, written.seq, @Now
            from (select dossier_id, max(seq) as seq from entry where author = @Own group by dossier_id) as written
            join participant on participant.dossier_id = written.dossier_id and participant.node = @Peer
            where written.seq > coalesce((
                    select max(receipt.seq) from receipt
                    where receipt.dossier_id = written.dossier_id and receipt.holder = @Peer and receipt.author = @Own), 0)
                and not exists (select from outbox where outbox.peer = @Peer and outbox.dossier_id = written.dossier_id)
            on conflict do nothing
            """, new { Peer = peer.ToString(), Own = _own, Now = now }, cancellationToken));
    }

    sealed record BucketRow(int Bucket, byte[] Digest);

    sealed record DigestRow(byte[] Id, byte[] Digest);

    sealed record ClaimedRow(byte[] DossierId, string? StoppedBy, DateTime? WaitingSince);
}
