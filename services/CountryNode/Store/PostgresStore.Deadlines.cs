using System.Collections.Immutable;
using Coordination.Domain.Dossiers;
using Dapper;

namespace Coordination.CountryNode.Store;

/// <content>Overviews, and the debts and notices that come of them.</content>
public sealed partial class PostgresStore
{
    /// <summary>Writes down what is owed in the dossiers of <c>moved</c>, and what the person took back; what stays owed is changed in its place.</summary>
    internal const string Owes =
        """
        owed as (
            select * from unnest(
                    @DebtDossiers, @DebtClocks, @DebtOwes, @DebtNumbers, @DebtCauses, @DebtAbouts, @DebtOffices, @DebtAwaitingSince,
                    @DebtWarnAt, @DebtDueAt, @DebtAgainEvery, @DebtProgressEvery, @DebtLookAt)
                as given (dossier_id, clock, owes, number, cause, about, office, awaiting_since, warn_at, due_at, again_every, progress_every, look_at)),
        taking_back as (
            -- Whoever erases them looks there.
            insert into taken_back (dossier_id, releases)
            select id, releases from unnest(@TakenBackOf, @TakenBack) as given (id, releases) join moved using (id)
            on conflict (dossier_id) do update set releases = excluded.releases where taken_back.releases <> excluded.releases),
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
            TakenBackOf = Bytes(overviews.Where(made => made.Overview.TakenBack > 0).Select(made => made.Id)),
            TakenBack = overviews.Where(made => made.Overview.TakenBack > 0).Select(made => made.Overview.TakenBack).ToArray(),
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

    sealed record DebtRow(
        byte[] DossierId, string Clock, string Owes, int Number, byte[] Cause, byte[] About, string? Office,
        DateTime? AwaitingSince, DateTime? WarnAt, DateTime? DueAt, TimeSpan? AgainEvery, int ProgressEvery)
    {
        public DueDebt ToDebt() => new(
            new DebtKey(Clock, NodeId.Parse(Owes), Number, EntryHash.Read(Cause), About.Length == 0 ? null : EntryHash.Read(About)),
            Domain.Dossiers.Office.TryParse(Office, out var office) ? office : null, At(AwaitingSince), At(WarnAt), At(DueAt), AgainEvery, ProgressEvery);
    }
}
