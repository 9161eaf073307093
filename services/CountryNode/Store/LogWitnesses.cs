using Coordination.Contracts.Dossier.V1;
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
    /// <summary>Countersigns a peer's log, if it goes on where this node had countersigned it.</summary>
    /// <param name="node">Whose.</param>
    /// <param name="after">How many rows it says that this node has countersigned.</param>
    /// <param name="head">The head after them; empty for none.</param>
    /// <param name="digests">Of the rows after them; at least one.</param>
    /// <param name="now">UTC.</param>
    /// <param name="cancellationToken">Countersigns nothing.</param>
    /// <returns>The same again for the same rows; null where it does not go on there.</returns>
    public async Task<SignedLogWitness?> WitnessAsync(NodeId node, ulong after, ReadOnlyMemory<byte> head, IEnumerable<ReadOnlyMemory<byte>> digests, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // One after the other, whichever replica is asked: two that both extend the same head would countersign two logs.
        await connection.ExecuteAsync(new("lock table log_witness in share row exclusive mode", cancellationToken: cancellationToken));
        var last = await LastAsync(connection, node, pen.Node, cancellationToken);
        var (number, next) = (after, head.ToArray());
        foreach (var digest in digests) (number, next) = (number + 1, AccessChain.HeadOf(next, digest.Span));
        // Two replicas fall due at once, or an answer was lost: what was countersigned last is given again.
        if (last is not null && number == (ulong)last.Number && next.AsSpan().SequenceEqual(last.Head)) return last.ToWire();
        if (after != (ulong)(last?.Number ?? 0) || !head.Span.SequenceEqual(last?.Head ?? [])) return null;
        var signed = AccessChain.Sign(pen, node, number, next, now);
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

    /// <summary>Keeps what a peer countersigned of this node's log; what is kept already stays.</summary>
    /// <param name="witness">What it says, checked.</param>
    /// <param name="signed">As signed.</param>
    /// <param name="cancellationToken">Keeps nothing.</param>
    public async Task KeepAsync(LogWitness witness, SignedLogWitness signed, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await KeepAsync(connection, witness, signed, cancellationToken);
    }

    /// <summary>What others countersigned of this node's log, by country and by row.</summary>
    public async Task<IReadOnlyList<SignedLogWitness>> ListAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return [.. (await connection.QueryAsync<Row>(new($"{Select} where node = @Node order by witness, number", new { Node = pen.Node.ToString() }, cancellationToken: cancellationToken))).Select(row => row.ToWire())];
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

    static Task<Row?> LastAsync(NpgsqlConnection connection, NodeId node, NodeId witness, CancellationToken cancellationToken) => connection.QuerySingleOrDefaultAsync<Row>(new(
        $"{Select} where node = @Node and witness = @Witness order by number desc limit 1", new { Node = node.ToString(), Witness = witness.ToString() }, cancellationToken: cancellationToken));

    const string Select = "select number, head, at, bytes, signature, key_id from log_witness";

    sealed record Row(long Number, byte[] Head, DateTime At, byte[] Bytes, byte[] Signature, string KeyId)
    {
        public SignedLogWitness ToWire() => new() { Witness = ByteString.CopyFrom(Bytes), Signature = ByteString.CopyFrom(Signature), KeyId = KeyId };
    }
}
