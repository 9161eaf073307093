using System.Collections.Immutable;
using System.Diagnostics;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Dapper;
using Npgsql;

namespace Coordination.CountryNode.Store;

/// <summary>What a node holds, in its PostgreSQL.</summary>
/// <param name="database">The node's own.</param>
/// <param name="pen">Whose node it is.</param>
public sealed partial class PostgresStore(NpgsqlDataSource database, Pen pen) : IStore
{
    readonly string _own = pen.Node.ToString();
    readonly Appends _appends = new(database, pen);

    static PostgresStore() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    public async Task<HeldDossier?> FindAsync(DossierId id, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return (await ReadAsync(connection, [id], cancellationToken)).GetValueOrDefault(id) is { Entries: not [] } held ? held : null;
    }

    public async Task<Answered?> FindAnswerAsync(CommandKey command, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var row = await connection.QuerySingleOrDefaultAsync<AnswerRow>(Sql(
            "select request_hash, answer from command where office = @Office and command_id = @CommandId",
            new { Office = command.Office.ToString(), command.CommandId }, cancellationToken));
        return row is null ? null : new Answered(row.RequestHash, row.Answer);
    }

    public Task<AppendOutcome> AppendAsync(Append append, CancellationToken cancellationToken) => _appends.AddAsync(append, cancellationToken);

    public async Task AdmitAsync(
        IReadOnlyCollection<DossierId> ids, Func<IReadOnlyDictionary<DossierId, HeldDossier>, IReadOnlyCollection<Admission>> decide, CancellationToken cancellationToken)
    {
        DossierId[] sorted = [.. ids.Order()];
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync(Sql(
            """
            insert into dossier (id, held) select unnest(@Ids), 0 on conflict do nothing;
            select from dossier where id = any(@Ids) order by id for no key update;
            """, new { Ids = Bytes(sorted) }, cancellationToken));
        var held = await ReadAsync(connection, sorted, cancellationToken);

        var admissions = decide(held);
        await KeepAsync(connection, admissions, cancellationToken);
        await connection.ExecuteAsync(Sql("delete from dossier where id = any(@Ids) and held = 0", new { Ids = Bytes(sorted) }, cancellationToken));
        await transaction.CommitAsync(cancellationToken);
    }

    static async Task KeepAsync(NpgsqlConnection connection, IReadOnlyCollection<Admission> admissions, CancellationToken cancellationToken)
    {
        var entries = admissions.SelectMany(admission => admission.Entries).ToList();
        var receipts = admissions.SelectMany(admission => admission.Receipts).ToList();
        var participants = admissions
            .Where(admission => admission.Opening is not null)
            .SelectMany(admission => admission.Opening!.Participants.Distinct().Select(node => (admission.Id, Node: node, Writes: admission.Opening.Writers.Contains(node))))
            .ToList();

        await connection.ExecuteAsync(Sql(
            """
            insert into entry (hash, dossier_id, author, seq, bytes, signature, key_id, handed_on_by, held_since)
            select * from unnest(@Hashes, @Dossiers, @Authors, @Seqs, @Bytes, @Signatures, @KeyIds, @HandedOnBy, @HeldSince)
            """,
            new
            {
                Hashes = Bytes(entries.Select(held => held.Entry.Hash)),
                Dossiers = Bytes(entries.Select(held => held.Entry.Dossier)),
                Authors = Texts(entries.Select(held => held.Entry.Author)),
                Seqs = entries.Select(held => held.Entry.Seq).ToArray(),
                Bytes = Bytes(entries.Select(held => held.Signed.Bytes)),
                Signatures = Bytes(entries.Select(held => held.Signed.Signature)),
                KeyIds = entries.Select(held => held.Signed.KeyId).ToArray(),
                HandedOnBy = Texts(entries.Select(held => held.HandedOnBy ?? throw new UnreachableException("Only a peer's entries come in by the door."))),
                HeldSince = entries.Select(held => held.HeldSince).ToArray(),
            }, cancellationToken));
        await connection.ExecuteAsync(Sql("insert into unnumbered (entry_hash) select hash from unnest(@Hashes) with ordinality as given (hash, place) order by place", new { Hashes = Bytes(entries.Select(held => held.Entry.Hash)) }, cancellationToken));
        await connection.ExecuteAsync(Sql(
            $"""
            with moved as (
                update dossier set held = held + added, kind = coalesce(now.kind, dossier.kind), digest = now.digest, waiting_since = now.waiting_since,
                    state = now.state, counterpart = now.counterpart, type = now.type, urgency = now.urgency, office = now.office
                from unnest(@Ids, @Added, @Kinds, @Digests, @WaitingSince, @States, @Counterparts, @Types, @Urgencies, @Offices)
                    as now (id, added, kind, digest, waiting_since, state, counterpart, type, urgency, office)
                where dossier.id = now.id
                returning dossier.id),
            {Owes},
            {Pays}
            select count(*) from moved
            """,
            With([.. admissions.Select(admission => (admission.Id, admission.Overview))], new
            {
                Ids = Bytes(admissions.Select(admission => admission.Id)),
                Added = admissions.Select(admission => admission.Entries.Length).ToArray(),
                Kinds = admissions.Select(admission => admission.Opening?.Kind?.ToString()).ToArray(),
                States = admissions.Select(admission => admission.Overview.State).ToArray(),
                Counterparts = admissions.Select(admission => admission.Overview.Counterpart?.ToString()).ToArray(),
                Types = admissions.Select(admission => admission.Overview.Type).ToArray(),
                Urgencies = admissions.Select(admission => admission.Overview.Urgency).ToArray(),
                Offices = admissions.Select(admission => admission.Overview.Office?.ToString()).ToArray(),
                Digests = admissions.Select(admission => admission.Digest?.ToArray()).ToArray(),
                WaitingSince = admissions.Select(admission => admission.WaitingSince).ToArray(),
            }), cancellationToken));
        await connection.ExecuteAsync(Sql(
            """
            insert into participant (dossier_id, node, writes) select * from unnest(@Dossiers, @Nodes, @Writes) on conflict do nothing
            """,
            new
            {
                Dossiers = Bytes(participants.Select(participant => participant.Id)),
                Nodes = Texts(participants.Select(participant => participant.Node)),
                Writes = participants.Select(participant => participant.Writes).ToArray(),
            }, cancellationToken));
        await KeepPartsAsync(connection, admissions, cancellationToken);
        await KeepCaseFilesAsync(connection, admissions, cancellationToken);
        await KeepGapsAsync(connection, admissions, cancellationToken);
        await KeepReceiptsAsync(connection, receipts, cancellationToken);
        await AuditAsync(connection, [.. admissions.SelectMany(admission => admission.Audit)], cancellationToken);
    }

    static Task KeepPartsAsync(NpgsqlConnection connection, IReadOnlyCollection<Admission> admissions, CancellationToken cancellationToken)
    {
        var parts = admissions.SelectMany(admission => admission.Parts.Select(part => (admission.Id, Part: part))).ToList();
        return parts.Count == 0 ? Task.CompletedTask : connection.ExecuteAsync(Sql(
            """
            insert into part (entry_hash, dossier_id, recipient, at_rest)
            select * from unnest(@Entries, @Dossiers, @Recipients, @AtRest) on conflict do nothing
            """,
            new
            {
                Entries = Bytes(parts.Select(kept => kept.Part.Entry)),
                Dossiers = Bytes(parts.Select(kept => kept.Id)),
                Recipients = Texts(parts.Select(kept => kept.Part.Recipient)),
                AtRest = Bytes(parts.Select(kept => kept.Part.AtRest)),
            }, cancellationToken));
    }

    static async Task KeepGapsAsync(NpgsqlConnection connection, IReadOnlyCollection<Admission> admissions, CancellationToken cancellationToken)
    {
        var missing = admissions.SelectMany(admission => admission.AskFor.Select(peer => (admission.Id, Peer: peer))).ToList();
        await connection.ExecuteAsync(Sql(
            """
            delete from gap where dossier_id = any(@Ids)
                and not exists (select from unnest(@Dossiers, @Peers) as missing (dossier_id, peer) where missing.dossier_id = gap.dossier_id and missing.peer = gap.peer);
            insert into gap (dossier_id, peer, fetch_after) select dossier_id, peer, '-infinity' from unnest(@Dossiers, @Peers) as missing (dossier_id, peer)
            on conflict do nothing;
            """,
            new
            {
                Ids = Bytes(admissions.Select(admission => admission.Id)),
                Dossiers = Bytes(missing.Select(gap => gap.Id)),
                Peers = Texts(missing.Select(gap => gap.Peer)),
            }, cancellationToken));
    }

    public async Task AuditAsync(IReadOnlyCollection<AuditRow> rows, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await AuditAsync(connection, rows, cancellationToken);
    }

    static Task KeepCaseFilesAsync(NpgsqlConnection connection, IReadOnlyCollection<Admission> admissions, CancellationToken cancellationToken)
    {
        var files = admissions.Where(admission => admission.CaseFile is not null).Select(admission => (admission.Id, File: admission.CaseFile!)).ToList();
        return files.Count == 0 ? Task.CompletedTask : connection.ExecuteAsync(Sql(
            "insert into case_file (entry_hash, dossier_id, recipient, at_rest) select * from unnest(@Releases, @Dossiers, @Recipients, @AtRest) on conflict do nothing",
            new
            {
                Releases = Bytes(files.Select(kept => kept.File.Entry)),
                Dossiers = Bytes(files.Select(kept => kept.Id)),
                Recipients = Texts(files.Select(kept => kept.File.Recipient)),
                AtRest = Bytes(files.Select(kept => kept.File.AtRest)),
            }, cancellationToken));
    }

    public async Task<KeptPart?> FindCaseFileAsync(EntryHash release, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var row = await connection.QuerySingleOrDefaultAsync<CaseFileRow>(Sql("select recipient, at_rest from case_file where entry_hash = @Release", new { Release = release.ToArray() }, cancellationToken));
        return row is null ? null : new KeptPart(release, NodeId.Parse(row.Recipient), row.AtRest);
    }

    public async Task<ImmutableArray<KeptPart>> FindPartsAsync(DossierId id, NodeId recipient, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await PartsAsync(connection, [id.ToArray()], recipient, cancellationToken);
    }

    static async Task<ImmutableArray<KeptPart>> PartsAsync(NpgsqlConnection connection, byte[][] dossiers, NodeId recipient, CancellationToken cancellationToken)
    {
        var rows = await connection.QueryAsync<PartRow>(Sql(
            "select entry_hash, at_rest from part where dossier_id = any(@Dossiers) and recipient = @Recipient",
            new { Dossiers = dossiers, Recipient = recipient.ToString() }, cancellationToken));
        return [.. rows.Select(row => new KeptPart(EntryHash.Read(row.EntryHash), recipient, row.AtRest))];
    }

    async Task<Dictionary<DossierId, HeldDossier>> ReadAsync(NpgsqlConnection connection, DossierId[] ids, CancellationToken cancellationToken)
    {
        await using var rows = await connection.QueryMultipleAsync(Sql(
            """
            select id, waiting_since from dossier where id = any(@Ids);
            select dossier_id, peer, stopped_by from outbox where dossier_id = any(@Ids) and stopped_by is not null;
            select dossier_id, bytes, signature, key_id, handed_on_by, held_since from entry where dossier_id = any(@Ids);
            select dossier_id, author, seq, hash, holder, received_at, bytes, signature, key_id from receipt where dossier_id = any(@Ids);
            select dossier_id, entry_hash from part where dossier_id = any(@Ids) and recipient = @Own;
            select dossier_id, entry_hash from case_file where dossier_id = any(@Ids);
            select dossier_id, office, command_id, draft, at_rest from pending_withdrawal where dossier_id = any(@Ids) order by pended_at;
            select participant.dossier_id, catch_up.peer from catch_up
                join participant on participant.node = catch_up.peer and catch_up.dossier_id in (''::bytea, participant.dossier_id)
                where participant.dossier_id = any(@Ids);
            select dossier_id, max(until_day)::text as until_day from legal_hold where dossier_id = any(@Ids) and ended_at is null group by dossier_id;
            """, new { Ids = Bytes(ids), Own = _own }, cancellationToken));
        var dossiers = await rows.ReadAsync<DossierRow>();
        var stops = (await rows.ReadAsync<StopRow>()).ToLookup(row => DossierId.Read(row.DossierId), row => new Stop(NodeId.Parse(row.Peer), row.StoppedBy));
        var entries = (await rows.ReadAsync<EntryRow>()).ToLookup(row => DossierId.Read(row.DossierId), row => row.ToHeld());
        var receipts = (await rows.ReadAsync<ReceiptRow>()).ToLookup(row => DossierId.Read(row.DossierId), row => row.ToReceipt());
        var parts = (await rows.ReadAsync<HeldPartRow>()).ToLookup(row => DossierId.Read(row.DossierId), row => EntryHash.Read(row.EntryHash));
        var files = (await rows.ReadAsync<HeldPartRow>()).ToLookup(row => DossierId.Read(row.DossierId), row => EntryHash.Read(row.EntryHash));
        var pending = (await rows.ReadAsync<PendingRow>()).ToLookup(row => DossierId.Read(row.DossierId), row => row.ToPending());
        var catchingUp = (await rows.ReadAsync<CatchUpRow>()).ToLookup(row => DossierId.Read(row.DossierId), row => NodeId.Parse(row.Peer));
        var holds = (await rows.ReadAsync<HoldRow>()).ToDictionary(row => DossierId.Read(row.DossierId), row => DateOnly.ParseExact(row.UntilDay, "yyyy-MM-dd"));
        return dossiers
            .Select(row => (Id: DossierId.Read(row.Id), row.WaitingSince))
            .ToDictionary(row => row.Id, row => new HeldDossier(row.Id, [.. entries[row.Id]], [.. receipts[row.Id]], [.. stops[row.Id]], At(row.WaitingSince), [.. parts[row.Id]])
            {
                CaseFiles = [.. files[row.Id]],
                HeldUntil = holds.TryGetValue(row.Id, out var until) ? until : null,
                Pending = [.. pending[row.Id]],
                CatchingUpWith = [.. catchingUp[row.Id].Distinct()],
            });
    }

    /// <summary>Keeps receipts for entries that are held as the receipt says; any other is of no use to anyone.</summary>
    static Task KeepReceiptsAsync(NpgsqlConnection connection, IReadOnlyCollection<SignedReceipt> receipts, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Sql(
            """
            insert into receipt (dossier_id, author, seq, hash, holder, received_at, bytes, signature, key_id)
            select given.* from unnest(@Dossiers, @Authors, @Seqs, @Hashes, @Holders, @ReceivedAt, @Bytes, @Signatures, @KeyIds)
                as given (dossier_id, author, seq, hash, holder, received_at, bytes, signature, key_id)
            join entry on entry.hash = given.hash and entry.dossier_id = given.dossier_id and entry.author = given.author and entry.seq = given.seq
            on conflict do nothing
            """,
            new
            {
                Dossiers = Bytes(receipts.Select(receipt => receipt.Dossier)),
                Authors = Texts(receipts.Select(receipt => receipt.Author)),
                Seqs = receipts.Select(receipt => receipt.Seq).ToArray(),
                Hashes = Bytes(receipts.Select(receipt => receipt.Hash)),
                Holders = Texts(receipts.Select(receipt => receipt.Holder)),
                ReceivedAt = receipts.Select(receipt => receipt.ReceivedAt).ToArray(),
                Bytes = Bytes(receipts.Select(receipt => receipt.Bytes)),
                Signatures = Bytes(receipts.Select(receipt => receipt.Signature)),
                KeyIds = receipts.Select(receipt => receipt.KeyId).ToArray(),
            }, cancellationToken));

    static Task AuditAsync(NpgsqlConnection connection, IReadOnlyCollection<AuditRow> rows, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Sql(
            """
            insert into audit (at, reason, peer, entry_hash, dossier_id)
            select * from unnest(@At, @Reasons, @Peers, @Hashes, @Dossiers)
            on conflict do nothing
            """,
            new
            {
                At = rows.Select(row => row.At).ToArray(),
                Reasons = rows.Select(row => row.Reason).ToArray(),
                Peers = Texts(rows.Select(row => row.Peer)),
                Hashes = Bytes(rows.Select(row => row.EntryHash)),
                Dossiers = rows.Select(row => row.Dossier?.ToArray()).ToArray(),
            }, cancellationToken));

    static DateTimeOffset? At(DateTime? utc) => utc is { } at ? new DateTimeOffset(at) : null;

    internal static CommandDefinition Sql(string text, object parameters, CancellationToken cancellationToken) => new(text, parameters, cancellationToken: cancellationToken);

    internal static byte[][] Bytes(IEnumerable<DossierId> ids) => [.. ids.Select(id => id.ToArray())];

    internal static byte[][] Bytes(IEnumerable<EntryHash> hashes) => [.. hashes.Select(hash => hash.ToArray())];

    internal static byte[][] Bytes(IEnumerable<ReadOnlyMemory<byte>> parts) => [.. parts.Select(part => part.ToArray())];

    internal static string[] Texts(IEnumerable<NodeId> nodes) => [.. nodes.Select(node => node.ToString())];

    sealed record AnswerRow(byte[] RequestHash, byte[] Answer);

    sealed record DossierRow(byte[] Id, DateTime? WaitingSince);

    sealed record PartRow(byte[] EntryHash, byte[] AtRest);

    sealed record CaseFileRow(string Recipient, byte[] AtRest);

    sealed record HeldPartRow(byte[] DossierId, byte[] EntryHash);

    sealed record HoldRow(byte[] DossierId, string UntilDay);

    sealed record CatchUpRow(byte[] DossierId, string Peer);

    sealed record PendingRow(byte[] DossierId, string Office, string CommandId, byte[] Draft, byte[] AtRest)
    {
        public PendingWithdrawal ToPending() => new(
            new CommandKey(Domain.Dossiers.Office.TryParse(Office, out var office) ? office : throw new InvalidDataException("A pending withdrawal names no office."), CommandId),
            EntryWire.Read(Draft) ?? throw new InvalidDataException("A pending withdrawal cannot be read."), Draft)
        {
            AtRest = AtRest,
        };
    }

    sealed record StopRow(byte[] DossierId, string Peer, string StoppedBy);

    sealed record EntryRow(byte[] DossierId, byte[] Bytes, byte[] Signature, string KeyId, string? HandedOnBy, DateTime HeldSince)
    {
        public HeldEntry ToHeld() => new(
            new SignedEntry(EntryWire.Read(Bytes) ?? throw new InvalidDataException("A held entry cannot be read."), Bytes, Signature, KeyId),
            HandedOnBy is null ? null : NodeId.Parse(HandedOnBy), new DateTimeOffset(HeldSince));
    }

    sealed record ReceiptRow(
        byte[] DossierId, string Author, int Seq, byte[] Hash, string Holder, DateTime ReceivedAt, byte[] Bytes, byte[] Signature, string KeyId)
    {
        public SignedReceipt ToReceipt() => new(
            Domain.Dossiers.DossierId.Read(DossierId), NodeId.Parse(Author), Seq, EntryHash.Read(Hash), NodeId.Parse(Holder),
            new DateTimeOffset(ReceivedAt), Bytes, Signature, KeyId);
    }
}
