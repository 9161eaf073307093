using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Peer.V1;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Evidence;
using Dapper;
using Google.Protobuf;
using Npgsql;

namespace Coordination.CountryNode.Store;

/// <summary>How far this node has countersigned the access logs of others, and others its own.</summary>
public sealed class LogWitnesses(NpgsqlDataSource database, Pen pen)
{
    /// <summary>Countersigns a peer's log, if it goes on where this node had countersigned it: last, or before a break that its auditor acknowledges.</summary>
    /// <param name="node">Whose.</param>
    /// <param name="request">With at least one digest.</param>
    /// <param name="now">UTC.</param>
    /// <param name="cancellationToken">Countersigns nothing.</param>
    /// <returns>The same again for the same rows; null where it does not go on there.</returns>
    public async Task<SignedLogWitness?> WitnessAsync(NodeId node, WitnessAccessLogRequest request, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // One after the other, whichever replica is asked: two that both extend the same head would countersign two logs.
        await connection.ExecuteAsync(new("lock table log_witness in share row exclusive mode", cancellationToken: cancellationToken));
        var last = await LastAsync(connection, node, pen.Node, cancellationToken);
        var (number, next) = (request.After + (ulong)request.Digests.Count, request.Digests.Aggregate(request.Head.ToByteArray(), (head, digest) => AccessChain.HeadOf(head, digest.Span)));
        // Two replicas fall due at once, or an answer was lost: what was countersigned last is given again.
        if (last is not null && number == (ulong)last.Number && next.AsSpan().SequenceEqual(last.Head)) return last.ToWire();
        var extends = request.After == (ulong)(last?.Number ?? 0) && request.Head.Span.SequenceEqual(last?.Head ?? []);
        if (!extends && !(request.AfterBreak && await IsCountersignedAsync(connection, node, request, cancellationToken))) return null;
        var signed = AccessChain.Sign(pen, node, number, next, extends ? null : last?.ToPlace(pen.Node), now);
        await KeepAsync(connection, LogWitness.Parser.ParseFrom(signed.Witness), signed, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return signed;
    }

    /// <summary>What this node countersigned last of a peer's log; null for nothing.</summary>
    public async Task<SignedLogWitness?> FindLastAsync(NodeId node, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return (await LastAsync(connection, node, pen.Node, cancellationToken))?.ToWire();
    }

    /// <summary>The last row that a peer countersigned of this node's log as the log is now, and the head after it; 0 and empty for none.</summary>
    public async Task<(ulong Number, byte[] Head)> LastThatFitsAsync(NodeId witness, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var last = await connection.QuerySingleOrDefaultAsync<Row>(new(
            $"{Select} where node = @Node and witness = @Witness and exists (select from access where access.number = log_witness.number and access.hash = log_witness.head) order by number desc limit 1",
            new { Node = pen.Node.ToString(), Witness = witness.ToString() }, cancellationToken: cancellationToken));
        return last is null ? (0, []) : ((ulong)last.Number, last.Head);
    }

    /// <summary>Whether a row of this node's log acknowledges that it does not fit what a peer countersigned.</summary>
    public async Task<bool> IsAcknowledgedAsync(LogWitness witness, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<bool>(new(
            "select exists (select from log_witness where node = @Node and witness = @Witness and number = @Number and head = @Head and acknowledged_by is not null)",
            new { witness.Node, witness.Witness, Number = (long)witness.Number, Head = witness.Head.ToByteArray() }, cancellationToken: cancellationToken));
    }

    /// <summary>Keeps what a peer countersigned of this node's log; what is kept already stays.</summary>
    /// <param name="witness">What it says, checked.</param>
    /// <param name="signed">As signed.</param>
    /// <param name="cancellationToken">Keeps nothing.</param>
    public async Task KeepAsync(LogWitness witness, SignedLogWitness signed, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await KeepAsync(connection, witness, signed, cancellationToken);
    }

    /// <summary>What others countersigned of this node's log, by country and in the order in which they did.</summary>
    public async Task<IReadOnlyList<SignedLogWitness>> ListAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return [.. (await connection.QueryAsync<Row>(new($"{Select} where node = @Node order by witness, place", new { Node = pen.Node.ToString() }, cancellationToken: cancellationToken))).Select(row => row.ToWire())];
    }

    /// <summary>When a peer countersigned this node's log last; null for never.</summary>
    public async Task<DateTimeOffset?> LastByAsync(NodeId witness, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return (await LastAsync(connection, pen.Node, witness, cancellationToken))?.At is { } at ? new DateTimeOffset(at) : null;
    }

    static Task KeepAsync(NpgsqlConnection connection, LogWitness witness, SignedLogWitness signed, CancellationToken cancellationToken) => connection.ExecuteAsync(new(
        """
        insert into log_witness (node, witness, number, head, at, bytes, signature, key_id) values (@Node, @By, @Number, @Head, @At, @Bytes, @Signature, @KeyId)
        on conflict do nothing
        """,
        new
        {
            witness.Node,
            By = witness.Witness,
            Number = (long)witness.Number,
            Head = witness.Head.ToByteArray(),
            At = witness.At.ToDateTimeOffset(),
            Bytes = signed.Witness.ToByteArray(),
            Signature = signed.Signature.ToByteArray(),
            signed.KeyId,
        }, cancellationToken: cancellationToken));

    /// <summary>Whether this node has ever countersigned a peer's log up to where a request goes on.</summary>
    async Task<bool> IsCountersignedAsync(NpgsqlConnection connection, NodeId node, WitnessAccessLogRequest request, CancellationToken cancellationToken) =>
        request is { After: 0, Head.IsEmpty: true } || await connection.ExecuteScalarAsync<bool>(new(
            "select exists (select from log_witness where node = @Node and witness = @Witness and number = @Number and head = @Head)",
            new { Node = node.ToString(), Witness = pen.Node.ToString(), Number = (long)Math.Min(request.After, long.MaxValue), Head = request.Head.ToByteArray() }, cancellationToken: cancellationToken));

    static Task<Row?> LastAsync(NpgsqlConnection connection, NodeId node, NodeId witness, CancellationToken cancellationToken) => connection.QuerySingleOrDefaultAsync<Row>(new(
        $"{Select} where node = @Node and witness = @Witness order by place desc limit 1", new { Node = node.ToString(), Witness = witness.ToString() }, cancellationToken: cancellationToken));

    const string Select = "select number, head, at, bytes, signature, key_id from log_witness";

    sealed record Row(long Number, byte[] Head, DateTime At, byte[] Bytes, byte[] Signature, string KeyId)
    {
        public LogPlace ToPlace(NodeId witness) => new() { Witness = witness.ToString(), Number = (ulong)Number, Head = ByteString.CopyFrom(Head) };

        public SignedLogWitness ToWire() => new() { Witness = ByteString.CopyFrom(Bytes), Signature = ByteString.CopyFrom(Signature), KeyId = KeyId };
    }
}
