namespace Grpc.Core;

/// <summary>What a caller adds to one call.</summary>
/// <param name="headers">Sent with the request.</param>
/// <param name="deadline">In UTC. Null: the call may take for ever.</param>
/// <param name="cancellationToken">Ends the call with <see cref="StatusCode.Cancelled"/>.</param>
public struct CallOptions(Metadata? headers = null, DateTime? deadline = null, CancellationToken cancellationToken = default)
{
    public Metadata? Headers { get; private set; } = headers;
    public DateTime? Deadline { get; private set; } = deadline;
    public CancellationToken CancellationToken { get; private set; } = cancellationToken;

    public readonly CallOptions WithHeaders(Metadata headers) => this with { Headers = headers };
    public readonly CallOptions WithDeadline(DateTime deadline) => this with { Deadline = deadline };
    public readonly CallOptions WithCancellationToken(CancellationToken cancellationToken) => this with { CancellationToken = cancellationToken };
}

/// <summary>Hints for writing a message. None has an effect here: messages are never compressed.</summary>
public class WriteOptions(WriteFlags flags = default)
{
    public static readonly WriteOptions Default = new();

    public WriteFlags Flags { get; } = flags;
}

/// <summary>The hints of <see cref="WriteOptions"/>.</summary>
[Flags]
public enum WriteFlags
{
    BufferHint = 0x1,
    NoCompress = 0x2,
}
