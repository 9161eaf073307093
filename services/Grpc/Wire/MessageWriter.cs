using System.Buffers;
using System.Buffers.Binary;
using Grpc.Core;

namespace Grpc.Wire;

/// <summary>Writes Length-Prefixed-Messages straight into a body.</summary>
/// <param name="target">The body, or a buffer for it.</param>
/// <param name="maxSize">In bytes; null means no limit. Compared before anything is written.</param>
sealed class MessageWriter(IBufferWriter<byte> target, int? maxSize) : SerializationContext
{
    ArrayBufferWriter<byte>? _ofUnknownLength;
    bool _announced;
    bool _complete;

    /// <exception cref="RpcException">The message is larger than the limit.</exception>
    /// <exception cref="InvalidOperationException">The serialiser did not complete the message.</exception>
    public void Write<T>(T message, Action<T, SerializationContext> serialize)
    {
        (_ofUnknownLength, _announced, _complete) = (null, false, false);
        serialize(message, this);
        if (!_complete) throw new InvalidOperationException("The serialiser returned without completing the message.");
    }

    public override void SetPayloadLength(int payloadLength)
    {
        if (payloadLength > maxSize)
            throw new RpcException(new Status(StatusCode.ResourceExhausted, $"A message of {payloadLength} bytes exceeds the limit of {maxSize}."));

        // An array that grows should grow once; a pipe has segments.
        var prefix = target.GetSpan(target is ArrayBufferWriter<byte> ? MessageReader.PrefixLength + payloadLength : MessageReader.PrefixLength);
        prefix[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(prefix[1..], payloadLength);
        target.Advance(MessageReader.PrefixLength);
        _announced = true;
    }

    public override IBufferWriter<byte> GetBufferWriter() => _announced ? target : _ofUnknownLength ??= new ArrayBufferWriter<byte>();

    public override void Complete()
    {
        if (_ofUnknownLength is { } buffered) Complete(buffered.WrittenSpan);
        _complete = true;
    }

    public override void Complete(byte[] payload)
    {
        Complete(payload.AsSpan());
        _complete = true;
    }

    void Complete(ReadOnlySpan<byte> payload)
    {
        SetPayloadLength(payload.Length);
        target.Write(payload);
    }
}
