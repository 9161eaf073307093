using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Dapper;
using Npgsql;

namespace Coordination.CountryNode.Store;

/// <summary>What waits, is missing or was turned away, for whoever looks after the node.</summary>
public sealed class Operations(NpgsqlDataSource database)
{
    /// <summary>Rows of one list.</summary>
    const int Most = 100;

    /// <summary>What waits for each peer, by id; peers for which nothing waits, and with which nothing is to be caught up, are not among them.</summary>
    public async Task<IReadOnlyList<WaitingRow>> ListWaitingAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<WaitingRow>(new CommandDefinition(
            """
            select coalesce(waits.peer, behind.peer) as peer, coalesce(waits.waiting, 0)::integer as waiting, waits.oldest, behind.peer is not null as catching_up
            from (select peer, count(*) as waiting, min(queued_at) as oldest from outbox group by peer) as waits
            full join (select distinct peer from catch_up) as behind on behind.peer = waits.peer
            """, cancellationToken: cancellationToken))];
    }

    /// <summary>What peers do not take, the oldest first.</summary>
    public async Task<IReadOnlyList<StoppedRow>> ListStoppedAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<StoppedRow>(new CommandDefinition(
            "select dossier_id, peer, stopped_by as reason, queued_at from outbox where stopped_by is not null order by queued_at, dossier_id, peer limit @Most",
            new { Most }, cancellationToken: cancellationToken))];
    }

    /// <summary>Dossiers in which entries wait for something missing, the oldest first, with who is asked.</summary>
    public async Task<IReadOnlyList<GapRow>> ListGapsAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<GapRow>(new CommandDefinition(
            """
            select id, waiting_since,
                coalesce((select string_agg(peer, ' ' order by peer) from gap where dossier_id = id), '') as asked,
                coalesce((select max(tries) from gap where dossier_id = id), 0) as tries
            from dossier where waiting_since is not null order by waiting_since, id limit @Most
            """, new { Most }, cancellationToken: cancellationToken))];
    }

    /// <summary>What every referral's page tells those who work on it: two countries may say at once what does not go together.</summary>
    static readonly string[] OfTheProtocol =
        [.. Enum.GetValues<ReasonCode>().Except([ReasonCode.ForeignAuthor, ReasonCode.WrongForm, ReasonCode.Forked, ReasonCode.KeyRevoked]).Select(Names.Of)];

    /// <summary>What the door turned away and nobody put aside, the oldest first; but for what counts for nothing by the protocol alone.</summary>
    public async Task<IReadOnlyList<TurnedAwayRow>> ListTurnedAwayAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<TurnedAwayRow>(new CommandDefinition(
            "select id, at, peer, reason, dossier_id from audit where discarded_at is null and reason <> all(@OfTheProtocol) order by at, id limit @Most", new { Most, OfTheProtocol }, cancellationToken: cancellationToken))];
    }

    /// <summary>Has everything that waits in a dossier tried again at once.</summary>
    /// <returns>The peers for which, or from which, something waits; none where nothing does.</returns>
    /// <remarks>What is being carried just now stays claimed: it is under way.</remarks>
    public async Task<IReadOnlyCollection<NodeId>> ResendAsync(DossierId dossier, DateTimeOffset now, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var peers = await connection.QueryAsync<string>(new CommandDefinition(
            """
            with offered as (
                update outbox set claimed_until = case when stopped_by is not null or claimed_until > @Now + @Lease then null else claimed_until end
                where dossier_id = @Dossier returning peer),
            asked as (
                update gap set tries = 0, fetch_after = @Now where dossier_id = @Dossier returning peer)
            select peer from offered union select peer from asked
            """, new { Dossier = dossier.ToArray(), Now = now, Lease = lease }, cancellationToken: cancellationToken));
        return [.. peers.Select(NodeId.Parse)];
    }

    /// <summary>Puts aside what the door turned away; the first reason stands.</summary>
    /// <returns>Whether there is such a thing.</returns>
    public async Task<bool> DiscardAsync(long id, string by, string why, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteAsync(new CommandDefinition(
            """
            update audit set discarded_at = coalesce(discarded_at, @Now), discarded_by = coalesce(discarded_by, @By), discarded_for = coalesce(discarded_for, @Why)
            where id = @Id
            """, new { Id = id, By = by, Why = why, Now = now }, cancellationToken: cancellationToken)) == 1;
    }
}

/// <param name="Peer">Its id.</param>
/// <param name="Waiting">Dossiers in which it lacks something.</param>
/// <param name="Oldest">UTC: since when; null for nothing.</param>
/// <param name="CatchingUp">This node fetches from it what it had written itself.</param>
public sealed record WaitingRow(string Peer, int Waiting, DateTime? Oldest, bool CatchingUp);

/// <param name="DossierId">32 bytes.</param>
/// <param name="Peer">Who does not take it.</param>
/// <param name="Reason">UPPER_SNAKE_CASE.</param>
/// <param name="QueuedAt">UTC: since when.</param>
public sealed record StoppedRow(byte[] DossierId, string Peer, string Reason, DateTime QueuedAt);

/// <param name="Id">Of the dossier, 32 bytes.</param>
/// <param name="WaitingSince">UTC.</param>
/// <param name="Asked">Peers, with a space between.</param>
/// <param name="Tries">Of whoever was asked most.</param>
public sealed record GapRow(byte[] Id, DateTime WaitingSince, string Asked, int Tries);

/// <param name="Id">By which it is put aside.</param>
/// <param name="At">UTC.</param>
/// <param name="Peer">Who handed it over.</param>
/// <param name="Reason">UPPER_SNAKE_CASE.</param>
/// <param name="DossierId">32 bytes; null where it was not known.</param>
public sealed record TurnedAwayRow(long Id, DateTime At, string Peer, string Reason, byte[]? DossierId);
