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
public sealed class PostgresStore(NpgsqlDataSource database, Pen pen) : IStore
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

    /// <summary>Writes down what is owed in the dossiers of <c>moved</c>; what stays owed is changed in its place.</summary>
    internal const string Owes =
        """
        owed as (
            select * from unnest(
                    @DebtDossiers, @DebtClocks, @DebtOwes, @DebtNumbers, @DebtCauses, @DebtAbouts, @DebtOffices, @DebtAwaitingSince,
                    @DebtWarnAt, @DebtDueAt, @DebtAgainEvery, @DebtProgressEvery, @DebtLookAt)
                as given (dossier_id, clock, owes, number, cause, about, office, awaiting_since, warn_at, due_at, again_every, progress_every, look_at)),
        owing as (
            insert into debt (dossier_id, clock, owes, number, cause, about, office, awaiting_since, warn_at, due_at, again_every, progress_every, look_at)
            select owed.* from owed join moved on moved.id = owed.dossier_id
            on conflict (dossier_id, clock, owes, number, cause, about) do update set
                office = excluded.office, awaiting_since = excluded.awaiting_since, warn_at = excluded.warn_at, due_at = excluded.due_at,
                again_every = excluded.again_every, progress_every = excluded.progress_every,
                -- Other dates, or another office that has to be told: another first look. What was told to an office is not told to it again.
                look_at = case when (debt.warn_at, debt.due_at, debt.office) is not distinct from (excluded.warn_at, excluded.due_at, excluded.office)
                    then debt.look_at else excluded.look_at end)
        """;

    /// <summary>Beside <see cref="Owes"/>, where something may have been owed before: strikes out the rest. One statement cannot delete a row and write it anew.</summary>
    internal const string Pays =
        """
        paid as (
            -- The ids are named again, so that no plan made while the table was small reads all of it when it is large.
            delete from debt where debt.dossier_id = any(@DebtOf) and debt.dossier_id in (select id from moved) and not exists (
                select from owed where owed.dossier_id = debt.dossier_id and owed.clock = debt.clock and owed.owes = debt.owes
                    and owed.number = debt.number and owed.cause = debt.cause and owed.about = debt.about))
        """;

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

    public async Task<ImmutableArray<DossierId>> ClaimStaleAsync(int most, DateTimeOffset now, DateTimeOffset until, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var claimed = await connection.QueryAsync<byte[]>(Sql(
            """
            with due as (
                select id from dossier where stale_until <= @Now order by stale_until limit @Most for no key update skip locked)
            update dossier set stale_until = @Until from due where dossier.id = due.id
            returning dossier.id
            """, new { Now = now, Until = until, Most = most }, cancellationToken));
        return [.. claimed.Select(id => DossierId.Read(id))];
    }

    public async Task KeepOverviewsAsync(IReadOnlyCollection<(DossierId Id, int JudgedOn, Overview Overview)> overviews, DateTimeOffset claimedUntil, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(Sql(
            $"""
            with due as (
                select id from dossier where id = any(@Ids) order by id for no key update),
            moved as (
                update dossier set stale_until = null, state = now.state, counterpart = now.counterpart, type = now.type, urgency = now.urgency, office = now.office
                from due join unnest(@Ids, @JudgedOn, @States, @Counterparts, @Types, @Urgencies, @Offices)
                    as now (id, judged_on, state, counterpart, type, urgency, office) on now.id = due.id
                -- Receipts that came meanwhile have marked it anew, and entries have made a newer one: then it is made again.
                where dossier.id = now.id and dossier.held = now.judged_on and dossier.stale_until = @ClaimedUntil
                returning dossier.id),
            {Owes},
            {Pays}
            select count(*) from moved
            """,
            With([.. overviews.Select(made => (made.Id, made.Overview))], new
            {
                ClaimedUntil = claimedUntil,
                Ids = Bytes(overviews.Select(made => made.Id)),
                JudgedOn = overviews.Select(made => made.JudgedOn).ToArray(),
                States = overviews.Select(made => made.Overview.State).ToArray(),
                Counterparts = overviews.Select(made => made.Overview.Counterpart?.ToString()).ToArray(),
                Types = overviews.Select(made => made.Overview.Type).ToArray(),
                Urgencies = overviews.Select(made => made.Overview.Urgency).ToArray(),
                Offices = overviews.Select(made => made.Overview.Office?.ToString()).ToArray(),
            }), cancellationToken));
    }

    public async Task MarkAllStaleAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(Sql(
            """
            with every as (
                select id from dossier order by id for no key update)
            update dossier set stale_until = '-infinity' from every where dossier.id = every.id
            """, new { }, cancellationToken));
    }

    public async Task<int> SweepAsync(
        int most, DateTimeOffset now, Func<DossierId, DueDebt, (IReadOnlyCollection<Notice> Notices, DateTimeOffset? LookAt)> tell, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var rows = (await connection.QueryAsync<DebtRow>(Sql(
            """
            select dossier_id, clock, owes, number, cause, about, office, awaiting_since, warn_at, due_at, again_every, progress_every
            from debt where look_at <= @Now order by look_at limit @Most for update skip locked
            """, new { Now = now, Most = most }, cancellationToken))).ToList();
        if (rows.Count == 0) return 0;

        var told = rows.Select(row => (Row: row, Told: tell(DossierId.Read(row.DossierId), row.ToDebt()))).ToList();
        var notices = told.SelectMany(debt => debt.Told.Notices).ToList();
        await connection.ExecuteAsync(Sql(
            """
            insert into notice (dossier_id, clock, owes, number, cause, about, kind, round, office, at)
            select given.* from unnest(@Dossiers, @Clocks, @Owes, @Numbers, @Causes, @Abouts, @Kinds, @Rounds, @Offices, @At)
                as given (dossier_id, clock, owes, number, cause, about, kind, round, office, at)
            -- Of what others were told again and again, whoever has it now is told the last.
            where not exists (
                select from notice as told
                where (told.dossier_id, told.clock, told.owes, told.number, told.cause, told.about, told.kind)
                    = (given.dossier_id, given.clock, given.owes, given.number, given.cause, given.about, given.kind) and told.round > given.round)
            on conflict do nothing;
            """,
            new
            {
                Dossiers = Bytes(notices.Select(notice => notice.Dossier)),
                Clocks = notices.Select(notice => notice.Debt.Clock).ToArray(),
                Owes = Texts(notices.Select(notice => notice.Debt.Owes)),
                Numbers = notices.Select(notice => notice.Debt.Number).ToArray(),
                Causes = Bytes(notices.Select(notice => notice.Debt.Cause)),
                Abouts = notices.Select(notice => notice.Debt.About?.ToArray() ?? []).ToArray(),
                Kinds = notices.Select(notice => notice.Kind.ToString()).ToArray(),
                Rounds = notices.Select(notice => notice.Round).ToArray(),
                Offices = notices.Select(notice => notice.Office?.ToString()).ToArray(),
                At = notices.Select(notice => notice.At).ToArray(),
            }, cancellationToken));
        await connection.ExecuteAsync(Sql(
            """
            update debt set look_at = next.look_at
            from unnest(@Dossiers, @Clocks, @Owes, @Numbers, @Causes, @Abouts, @LookAt) as next (dossier_id, clock, owes, number, cause, about, look_at)
            where (debt.dossier_id, debt.clock, debt.owes, debt.number, debt.cause, debt.about) = (next.dossier_id, next.clock, next.owes, next.number, next.cause, next.about)
            """,
            new
            {
                Dossiers = told.Select(debt => debt.Row.DossierId).ToArray(),
                Clocks = told.Select(debt => debt.Row.Clock).ToArray(),
                Owes = told.Select(debt => debt.Row.Owes).ToArray(),
                Numbers = told.Select(debt => debt.Row.Number).ToArray(),
                Causes = told.Select(debt => debt.Row.Cause).ToArray(),
                Abouts = told.Select(debt => debt.Row.About).ToArray(),
                LookAt = told.Select(debt => debt.Told.LookAt).ToArray(),
            }, cancellationToken));
        await transaction.CommitAsync(cancellationToken);
        return rows.Count;
    }

    public async Task<int> TellUndeliveredAsync(int most, DateTimeOffset warnBefore, DateTimeOffset lateBefore, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteAsync(Sql(
            """
            insert into notice (dossier_id, clock, owes, number, cause, about, kind, round, at)
            select road.dossier_id, 'Delivery', @Own, 0, road.cause, ''::bytea, told.kind, 1, @Now
            from (
                select outbox.dossier_id, outbox.queued_at, oldest.hash as cause, greatest(outbox.queued_at, oldest.held_since) as since
                from outbox cross join lateral (
                    select hash, held_since from entry
                    where entry.dossier_id = outbox.dossier_id and entry.author = @Own and entry.seq > coalesce((
                        select max(receipt.seq) from receipt
                        where receipt.dossier_id = outbox.dossier_id and receipt.holder = outbox.peer and receipt.author = @Own), 0)
                    order by entry.seq
                    limit 1) as oldest
                where outbox.queued_at <= @WarnBefore) as road
            join (values ('Warning', @WarnBefore), ('Late', @LateBefore)) as told (kind, before) on road.since <= told.before
            where not exists (select from debt where debt.dossier_id = road.dossier_id and debt.clock = 'Delivery')
                and not exists (
                    select from notice
                    where notice.dossier_id = road.dossier_id and notice.clock = 'Delivery' and notice.owes = @Own and notice.number = 0
                        and notice.cause = road.cause and notice.about = ''::bytea and notice.kind = told.kind and notice.round = 1)
            order by road.queued_at, told.before desc
            limit @Most
            -- Another process tells the same at the same time.
            on conflict do nothing
            """, new { Own = _own, WarnBefore = warnBefore, LateBefore = lateBefore, Now = now, Most = most }, cancellationToken));
    }

    /// <summary>Parameters, and with them debts as <see cref="Owes"/> and <see cref="Pays"/> read them.</summary>
    internal static DynamicParameters With(IReadOnlyCollection<(DossierId Id, Overview Overview)> overviews, object others)
    {
        var rows = overviews.SelectMany(made => made.Overview.Debts.Select(debt => (made.Id, Debt: debt))).ToList();
        var parameters = new DynamicParameters(others);
        parameters.AddDynamicParams(new
        {
            DebtOf = Bytes(overviews.Select(made => made.Id)),
            DebtDossiers = Bytes(rows.Select(row => row.Id)),
            DebtClocks = rows.Select(row => row.Debt.Key.Clock).ToArray(),
            DebtOwes = Texts(rows.Select(row => row.Debt.Key.Owes)),
            DebtNumbers = rows.Select(row => row.Debt.Key.Number).ToArray(),
            DebtCauses = Bytes(rows.Select(row => row.Debt.Key.Cause)),
            DebtAbouts = rows.Select(row => row.Debt.Key.About?.ToArray() ?? []).ToArray(),
            DebtOffices = rows.Select(row => row.Debt.Office?.ToString()).ToArray(),
            DebtAwaitingSince = rows.Select(row => row.Debt.AwaitingSince).ToArray(),
            DebtWarnAt = rows.Select(row => row.Debt.WarnAt).ToArray(),
            DebtDueAt = rows.Select(row => row.Debt.DueAt).ToArray(),
            DebtAgainEvery = rows.Select(row => row.Debt.AgainEvery).ToArray(),
            DebtProgressEvery = rows.Select(row => row.Debt.ProgressEvery).ToArray(),
            DebtLookAt = rows.Select(row => row.Debt.FirstLook).ToArray(),
        });
        return parameters;
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

    public async Task<long?> CountHandOverAsync(long known, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<long?>(Sql(
            "update hand_over set number = number + 1 where number >= @Known returning number", new { Known = known }, cancellationToken));
    }

    public async Task<long?> BeginCatchUpAsync(long? known, IReadOnlyCollection<NodeId> peers, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<long?>(Sql(
            """
            with lifted as (
                update hand_over set number = coalesce(@Known, number + 1)
                where number < @Known or (@Known::bigint is null and number > 0)
                returning number),
            begun as (
                insert into catch_up (peer, dossier_id, number)
                select peer, ''::bytea, number from lifted, unnest(@Peers) as peer
                on conflict (peer, dossier_id) do update set number = excluded.number)
            select number from lifted
            """, new { Known = known, Peers = Texts(peers) }, cancellationToken));
    }

    public async Task<long?> FindCatchUpAsync(NodeId peer, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<long?>(Sql(
            "select max(number) from catch_up where peer = @Peer", new { Peer = peer.ToString() }, cancellationToken));
    }

    public async Task EndCatchUpAsync(NodeId peer, long number, IReadOnlyCollection<DossierId> butFor, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(Sql(
            """
            with over as (
                delete from catch_up where peer = @Peer and number <= @Number and dossier_id <> all(@ButFor))
            insert into catch_up (peer, dossier_id, number) select @Peer, dossier_id, @Number from unnest(@ButFor) as dossier_id
            on conflict do nothing
            """, new { Peer = peer.ToString(), Number = number, ButFor = Bytes(butFor) }, cancellationToken));
    }

    public async Task<AppendOutcome> PendAsync(PendingWithdrawal withdrawal, Answered answered, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var pended = await connection.ExecuteAsync(Sql(
            """
            with answered as (
                insert into command (office, command_id, request_hash, answer, answered_at)
                values (@Office, @CommandId, @RequestHash, @Answer, @Now)
                on conflict do nothing
                returning office, command_id)
            insert into pending_withdrawal (office, command_id, dossier_id, draft, at_rest, pended_at)
            select office, command_id, @DossierId, @Draft, @AtRest, @Now from answered
            """,
            new
            {
                Office = withdrawal.Command.Office.ToString(),
                withdrawal.Command.CommandId,
                RequestHash = answered.RequestHash.ToArray(),
                Answer = answered.Answer.ToArray(),
                DossierId = withdrawal.Draft.Dossier.ToArray(),
                Draft = withdrawal.Bytes.ToArray(),
                AtRest = withdrawal.AtRest.ToArray(),
                Now = now,
            }, cancellationToken));
        return pended == 1 ? AppendOutcome.Kept : AppendOutcome.JudgeAgain;
    }

    public async Task<ImmutableArray<DossierId>> ListPendingAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var ids = await connection.QueryAsync<byte[]>(Sql("select dossier_id from pending_withdrawal group by dossier_id order by min(pended_at)", new { }, cancellationToken));
        return [.. ids.Select(id => DossierId.Read(id))];
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
            select dossier_id, office, command_id, draft, at_rest from pending_withdrawal where dossier_id = any(@Ids) order by pended_at;
            select participant.dossier_id, catch_up.peer from catch_up
                join participant on participant.node = catch_up.peer and catch_up.dossier_id in (''::bytea, participant.dossier_id)
                where participant.dossier_id = any(@Ids);
            """, new { Ids = Bytes(ids), Own = _own }, cancellationToken));
        var dossiers = await rows.ReadAsync<DossierRow>();
        var stops = (await rows.ReadAsync<StopRow>()).ToLookup(row => DossierId.Read(row.DossierId), row => new Stop(NodeId.Parse(row.Peer), row.StoppedBy));
        var entries = (await rows.ReadAsync<EntryRow>()).ToLookup(row => DossierId.Read(row.DossierId), row => row.ToHeld());
        var receipts = (await rows.ReadAsync<ReceiptRow>()).ToLookup(row => DossierId.Read(row.DossierId), row => row.ToReceipt());
        var parts = (await rows.ReadAsync<HeldPartRow>()).ToLookup(row => DossierId.Read(row.DossierId), row => EntryHash.Read(row.EntryHash));
        var pending = (await rows.ReadAsync<PendingRow>()).ToLookup(row => DossierId.Read(row.DossierId), row => row.ToPending());
        var catchingUp = (await rows.ReadAsync<CatchUpRow>()).ToLookup(row => DossierId.Read(row.DossierId), row => NodeId.Parse(row.Peer));
        return dossiers
            .Select(row => (Id: DossierId.Read(row.Id), row.WaitingSince))
            .ToDictionary(row => row.Id, row => new HeldDossier(row.Id, [.. entries[row.Id]], [.. receipts[row.Id]], [.. stops[row.Id]], At(row.WaitingSince), [.. parts[row.Id]])
            {
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

    sealed record HeldPartRow(byte[] DossierId, byte[] EntryHash);

    sealed record DebtRow(
        byte[] DossierId, string Clock, string Owes, int Number, byte[] Cause, byte[] About, string? Office,
        DateTime? AwaitingSince, DateTime? WarnAt, DateTime? DueAt, TimeSpan? AgainEvery, int ProgressEvery)
    {
        public DueDebt ToDebt() => new(
            new DebtKey(Clock, NodeId.Parse(Owes), Number, EntryHash.Read(Cause), About.Length == 0 ? null : EntryHash.Read(About)),
            Domain.Dossiers.Office.TryParse(Office, out var office) ? office : null, At(AwaitingSince), At(WarnAt), At(DueAt), AgainEvery, ProgressEvery);
    }

    sealed record BucketRow(int Bucket, byte[] Digest);

    sealed record DigestRow(byte[] Id, byte[] Digest);

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

    sealed record ClaimedRow(byte[] DossierId, string? StoppedBy, DateTime? WaitingSince);

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
