using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Dapper;
using Npgsql;
using static Coordination.CountryNode.Store.PostgresStore;

namespace Coordination.CountryNode.Store;

/// <summary>What this node writes: each entry with its announcement in one transaction, and those that come together in the same.</summary>
sealed class Appends
{
    readonly NpgsqlDataSource _database;
    readonly Pen _pen;
    readonly Together _openings;
    readonly Together _continuations;

    public Appends(NpgsqlDataSource database, Pen pen) =>
        (_database, _pen, _openings, _continuations) = (database, pen, new(AppendAsync), new(AppendAsync));

    /// <summary>As <see cref="IStore.AppendAsync"/>.</summary>
    public Task<AppendOutcome> AddAsync(Append append, CancellationToken cancellationToken) =>
        append.BeforeCommit is not null || append.Owed is not null ? AppendByItselfAsync(append, cancellationToken)
        : append.Entry.Entry.Opening is not null ? _openings.AddAsync(append, cancellationToken)
        : _continuations.AddAsync(append, cancellationToken);

    /// <summary>Appends that all open, or all continue, a dossier of their own: one statement, which commits by itself in one round trip.</summary>
    async Task<IReadOnlyList<AppendOutcome>> AppendAsync(IReadOnlyList<Append> appends)
    {
        await using var connection = await _database.OpenConnectionAsync(CancellationToken.None);
        return await AppendAsync(connection, appends, CancellationToken.None);
    }

    async Task<AppendOutcome> AppendByItselfAsync(Append append, CancellationToken cancellationToken)
    {
        await using var connection = await _database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var outcome = (await AppendAsync(connection, [append], cancellationToken))[0];
        if (outcome is not AppendOutcome.Kept) return outcome;
        if (append.Owed is { } owed) await Submissions.OweAsync(connection, owed, append.Entry.Entry.Hash, cancellationToken);
        // The dossier's row is locked: nothing comes between.
        if (append.Erases)
        {
            if (await RetentionRows.IsAnyHeldAsync(connection, [append.Entry.Entry.Dossier], RegionalTime.Today(_pen.Node, append.Now), cancellationToken)) return AppendOutcome.JudgeAgain;
            await ErasedRows.EmptyAsync(connection, [append.Entry.Entry.Dossier], "Statement", append.Now, cancellationToken);
        }
        append.BeforeCommit?.Invoke();
        await transaction.CommitAsync(CancellationToken.None);
        return outcome;
    }

    async Task<IReadOnlyList<AppendOutcome>> AppendAsync(NpgsqlConnection connection, IReadOnlyList<Append> appends, CancellationToken cancellationToken)
    {
        var parts = appends.SelectMany(append => append.Parts.Select(part => (append.Entry.Entry, Part: part))).ToList();
        var files = appends.Where(append => append.CaseFile is not null).Select(append => (append.Entry.Entry.Dossier, File: append.CaseFile!)).ToList();
        var others = appends.SelectMany(append => append.Participants.Participants.Where(node => node != _pen.Node).Distinct().Select(node => (append.Entry.Entry.Dossier, Node: node))).ToList();
        var participants = appends.SelectMany(append => append.Participants.Writers.Concat(append.Participants.Readers)
            .Select(node => (append.Entry.Entry.Dossier, Node: node, Writes: append.Participants.Writers.Contains(node)))).ToList();
        var gaps = appends.SelectMany(append => append.AskFor.Select(node => (append.Entry.Entry.Dossier, Node: node))).ToList();
        var opens = appends[0].Entry.Entry.Opening is not null;
        try
        {
            var outcomes = await connection.QueryAsync<int>(Sql(
                opens ? OpeningStatement : ContinuingStatement,
                With([.. appends.Select(append => (append.Entry.Entry.Dossier, append.Overview))], new
                {
                    DossierIds = Bytes(appends.Select(append => append.Entry.Entry.Dossier)),
                    Kinds = appends.Select(append => append.Participants.Kind.ToString()).ToArray(),
                    JudgedOn = appends.Select(append => append.JudgedOn).ToArray(),
                    States = appends.Select(append => append.Overview.State).ToArray(),
                    Counterparts = appends.Select(append => append.Overview.Counterpart?.ToString()).ToArray(),
                    Types = appends.Select(append => append.Overview.Type).ToArray(),
                    Urgencies = appends.Select(append => append.Overview.Urgency).ToArray(),
                    OfficesInCharge = appends.Select(append => append.Overview.Office?.ToString()).ToArray(),
                    Digests = appends.Select(append => append.Digest.ToArray()).ToArray(),
                    Hashes = Bytes(appends.Select(append => append.Entry.Entry.Hash)),
                    Author = _pen.Node.ToString(),
                    Seqs = appends.Select(append => append.Entry.Entry.Seq).ToArray(),
                    Bytes = Bytes(appends.Select(append => append.Entry.Bytes)),
                    Signatures = Bytes(appends.Select(append => append.Entry.Signature)),
                    KeyIds = appends.Select(append => append.Entry.KeyId).ToArray(),
                    Offices = appends.Select(append => append.Command.Office.ToString()).ToArray(),
                    CommandIds = appends.Select(append => append.Command.CommandId).ToArray(),
                    RequestHashes = appends.Select(append => append.Answered?.RequestHash.ToArray()).ToArray(),
                    Answers = appends.Select(append => append.Answered?.Answer.ToArray()).ToArray(),
                    Known = appends.Select(append => append.Known).ToArray(),
                    Receipts = appends.Select(append => append.Receipts).ToArray(),
                    Now = appends.Select(append => append.Now).ToArray(),
                    PeerDossiers = Bytes(others.Select(other => other.Dossier)),
                    Peers = Texts(others.Select(other => other.Node)),
                    GapDossiers = Bytes(gaps.Select(gap => gap.Dossier)),
                    GapPeers = Texts(gaps.Select(gap => gap.Node)),
                    ParticipantDossiers = Bytes(participants.Select(participant => participant.Dossier)),
                    Participants = Texts(participants.Select(participant => participant.Node)),
                    Writes = participants.Select(participant => participant.Writes).ToArray(),
                    PartEntries = Bytes(parts.Select(part => part.Entry.Hash)),
                    PartDossiers = Bytes(parts.Select(part => part.Entry.Dossier)),
                    PartRecipients = Texts(parts.Select(part => part.Part.Recipient)),
                    PartsAtRest = Bytes(parts.Select(part => part.Part.AtRest)),
                    FileEntries = Bytes(files.Select(file => file.File.Entry)),
                    FileDossiers = Bytes(files.Select(file => file.Dossier)),
                    FileRecipients = Texts(files.Select(file => file.File.Recipient)),
                    FilesAtRest = Bytes(files.Select(file => file.File.AtRest)),
                }), cancellationToken));
            return [.. outcomes.Select(outcome => outcome switch { 1 => AppendOutcome.Kept, 2 => AppendOutcome.Behind, _ => AppendOutcome.JudgeAgain })];
        }
        catch (PostgresException answered) when (appends.Count == 1 && answered is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "command_pkey" })
        {
            return [AppendOutcome.JudgeAgain];
        }
    }

    /// <summary>Appends, each of another dossier, in the order in which their outcomes are told.</summary>
    const string Given =
        """
        given as (
            select * from unnest(
                    @DossierIds, @Kinds, @JudgedOn, @States, @Counterparts, @Types, @Urgencies, @OfficesInCharge, @Digests, @Hashes, @Seqs, @Bytes, @Signatures, @KeyIds,
                    @Offices, @CommandIds, @RequestHashes, @Answers, @Known, @Receipts, @Now)
                with ordinality as given (id, kind, judged_on, state, counterpart, type, urgency, in_charge, digest, hash, seq, bytes, signature, key_id,
                    office, command_id, request_hash, answer, known, receipts, now, place)),
        others as (
            select * from unnest(@PeerDossiers, @Peers) as other (id, peer))
        """;

    const string Opens =
        """
        insert into dossier (id, kind, held, state, digest, counterpart, type, urgency, office, held_since)
        select id, kind, 1, state, digest, counterpart, type, urgency, in_charge, now from given where exists (select from hand_over where number >= given.known)
        returning id
        """;

    const string Continues =
        """
        update dossier set held = held + 1, state = given.state, digest = given.digest, counterpart = given.counterpart, type = given.type, urgency = given.urgency, office = given.in_charge,
            -- A receipt that came meanwhile has marked the overview, and it may have been made since: this one is older.
            stale_until = case when (select count(*) from receipt where receipt.dossier_id = dossier.id) = given.receipts then stale_until else '-infinity' end
        from given join due on due.id = given.id
        -- The ids are named again, so that no plan made while the table was small reads all of it when it is large.
        where dossier.id = any(@DossierIds) and dossier.id = given.id and dossier.held = given.judged_on
            and exists (select from hand_over where number >= given.known)
            and not exists (select from catch_up join others on others.peer = catch_up.peer where others.id = given.id and catch_up.dossier_id in (''::bytea, given.id))
        returning dossier.id
        """;

    /// <summary>In the order of their ids, as whoever admits or settles: two that take turns never wait for each other.</summary>
    const string Due =
        """
        due as (
            select id from dossier where id = any(@DossierIds) order by id for no key update)
        """;

    const string Takes =
        """
        taking as (
            insert into participant (dossier_id, node, writes)
            select moved.id, node, writes from moved join unnest(@ParticipantDossiers, @Participants, @Writes) as taking_part (id, node, writes) on taking_part.id = moved.id)
        """;

    const string Asks =
        """
        asked as (
            insert into gap (dossier_id, peer, fetch_after)
            select moved.id, peer, '-infinity' from moved join unnest(@GapDossiers, @GapPeers) as gap (id, peer) on gap.id = moved.id
            on conflict do nothing)
        """;

    const string Files =
        """
        filed as (
            insert into case_file (entry_hash, dossier_id, recipient, at_rest)
            select file.hash, moved.id, recipient, at_rest from moved join unnest(@FileEntries, @FileDossiers, @FileRecipients, @FilesAtRest) as file (hash, id, recipient, at_rest) on file.id = moved.id)
        """;

    const string Answers =
        """
        answered as (
            insert into command (office, command_id, request_hash, answer, answered_at)
            select office, command_id, request_hash, answer, now from given join moved on moved.id = given.id
            where request_hash is not null
            order by office, command_id)
        """;

    const string Signs =
        """
        signed as (
            delete from pending_withdrawal using given join moved on moved.id = given.id
            where given.request_hash is null and pending_withdrawal.office = given.office and pending_withdrawal.command_id = given.command_id)
        """;

    const string Kept =
        """
        written as (
            insert into entry (hash, dossier_id, author, seq, bytes, signature, key_id, held_since)
            select hash, moved.id, @Author, seq, bytes, signature, key_id, now from given join moved on moved.id = given.id),
        numbered_later as (
            insert into unnumbered (entry_hash) select hash from given join moved on moved.id = given.id order by place),
        sealed as (
            insert into part (entry_hash, dossier_id, recipient, at_rest)
            select part.hash, moved.id, recipient, at_rest from moved join unnest(@PartEntries, @PartDossiers, @PartRecipients, @PartsAtRest) as part (hash, id, recipient, at_rest) on part.id = moved.id),
        announced as (
            insert into outbox (peer, dossier_id, last_seq, queued_at)
            select peer, moved.id, seq, now from given join moved on moved.id = given.id join others on others.id = moved.id
            order by place
            -- What was refused before is no reason to hold back what is new, a withdrawal least of all.
            on conflict (peer, dossier_id) do update set
                last_seq = excluded.last_seq, stopped_by = null,
                claimed_until = case when outbox.stopped_by is null then outbox.claimed_until end)
        select case when moved.id is not null then 1 when exists (select from hand_over where number < given.known) then 2 else 0 end
        from given left join moved on moved.id = given.id
        order by place
        """;

    const string OpeningStatement = $"with {Given}, moved as ({Opens}), {Takes}, {Owes}, {Answers}, {Signs}, {Kept}";

    const string ContinuingStatement = $"with {Given}, {Due}, moved as ({Continues}), {Owes}, {Pays}, {Asks}, {Files}, {Answers}, {Signs}, {Kept}";
}
