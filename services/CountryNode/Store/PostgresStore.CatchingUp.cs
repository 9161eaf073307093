using System.Collections.Immutable;
using Coordination.Domain.Dossiers;
using Dapper;

namespace Coordination.CountryNode.Store;

/// <content>A database that was set back: what this node signs nothing before it has fetched, and the withdrawals that cannot wait for that.</content>
public sealed partial class PostgresStore
{
    public async Task<long?> CountHandOverAsync(long known, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<long?>(Sql(
            "update hand_over set number = number + 1 where number >= @Known returning number", new { Known = known }, cancellationToken));
    }

    public async Task<long?> BeginCatchUpAsync(long? known, long anew, IReadOnlyCollection<NodeId> peers, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<long?>(Sql(
            """
            with lifted as (
                update hand_over set number = coalesce(@Known, greatest(number + 1, @Anew))
                where number < @Known or (@Known::bigint is null and number > 0)
                returning number),
            begun as (
                insert into catch_up (peer, dossier_id, number)
                select peer, ''::bytea, number from lifted, unnest(@Peers) as peer
                on conflict (peer, dossier_id) do update set number = excluded.number)
            select number from lifted
            """, new { Known = known, Anew = anew, Peers = Texts(peers) }, cancellationToken));
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

    public async Task RaiseFloorAsync(NodeId peer, long handOver, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(Sql(
            "insert into floor (peer, hand_over) values (@Peer, @HandOver) on conflict (peer) do update set hand_over = excluded.hand_over where floor.hand_over < excluded.hand_over",
            new { Peer = peer.ToString(), HandOver = handOver }, cancellationToken));
    }

    public async Task<long> FindFloorAsync(NodeId peer, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<long?>(Sql("select hand_over from floor where peer = @Peer", new { Peer = peer.ToString() }, cancellationToken)) ?? 0;
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
}
