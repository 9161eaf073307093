using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Grpc.Core;

namespace Grpc.Wire;

/// <summary>Reads Length-Prefixed-Messages: a flag for compression, four bytes of length, the message.</summary>
/// <param name="source">The body of a request or of a response.</param>
/// <param name="encoding">What the other side named in <c>grpc-encoding</c>, or null.</param>
/// <param name="unknownEncoding">What a message in an encoding other than identity comes to: servers and clients differ.</param>
/// <param name="maxSize">In bytes; null means no limit. Compared before the message is buffered.</param>
sealed class MessageReader(PipeReader source, string? encoding, StatusCode unknownEncoding, int? maxSize)
{
    internal const int PrefixLength = 5;

    bool _atEnd;

    /// <returns>Null: the stream ended where a message could have begun.</returns>
    /// <exception cref="RpcException">What came is not one whole message within the limits.</exception>
    public async ValueTask<T?> ReadAsync<T>(Func<DeserializationContext, T> deserialize, CancellationToken token)
        where T : class
    {
        while (!_atEnd)
        {
            var read = await source.ReadAsync(token);
            var buffer = read.Buffer;
            if (TryFrame(buffer, out var payload))
            {
                var message = Parse(payload, deserialize);
                _atEnd = read.IsCompleted && buffer.Slice(payload.End).IsEmpty;
                source.AdvanceTo(payload.End);
                return message;
            }

            if (read.IsCompleted && !buffer.IsEmpty) throw Broken("The stream ended within a message.");
            _atEnd = read.IsCompleted;
            source.AdvanceTo(buffer.Start, buffer.End);
        }

        return null;
    }

    /// <returns>False: more has to come.</returns>
    bool TryFrame(in ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> payload)
    {
        payload = default;
        if (buffer.Length < PrefixLength) return false;
        var length = ParsePrefix(buffer);
        if (buffer.Length < (long)PrefixLength + length) return false;
        payload = buffer.Slice(PrefixLength, length);
        return true;
    }

    int ParsePrefix(in ReadOnlySequence<byte> buffer)
    {
        Span<byte> prefix = stackalloc byte[PrefixLength];
        buffer.Slice(0, PrefixLength).CopyTo(prefix);
        if (prefix[0] == 1) throw Compressed();
        if (prefix[0] != 0) throw Broken("The compressed flag of a message is neither 0 nor 1.");
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        if (length > (uint)(maxSize ?? int.MaxValue))
            throw new RpcException(new Status(StatusCode.ResourceExhausted, $"A message of {length} bytes exceeds the limit of {maxSize ?? int.MaxValue}."));
        return (int)length;
    }

    static T Parse<T>(in ReadOnlySequence<byte> payload, Func<DeserializationContext, T> deserialize)
    {
        try
        {
            return deserialize(new Payload(payload));
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw new RpcException(new Status(StatusCode.Internal, "The message is not what the method takes.", e));
        }
    }

    RpcException Compressed() => encoding is null or MetadataCodec.Identity
        ? Broken("A message is flagged as compressed, but grpc-encoding names no compression.")
        : new RpcException(
            new Status(unknownEncoding, "The message is compressed; only identity is accepted."),
            new Metadata { { MetadataCodec.AcceptEncoding, MetadataCodec.Identity } });

    static RpcException Broken(string detail) => new(new Status(StatusCode.Internal, detail));

    sealed class Payload(ReadOnlySequence<byte> payload) : DeserializationContext
    {
        public override int PayloadLength => (int)payload.Length;
        public override byte[] PayloadAsNewBuffer() => payload.ToArray();
        public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => payload;
    }
}
