using System.Net;
using System.Net.Http.Headers;
using Grpc.Wire;

namespace Grpc.Client;

/// <summary>The body of a request with one message that is in memory already.</summary>
/// <remarks>Without a length of its own: the message's prefix says it, and a Content-Length would reach some servers' handlers as metadata.</remarks>
sealed class MessageContent : HttpContent
{
    static readonly MediaTypeHeaderValue Grpc = new(MetadataCodec.ContentType);

    readonly ReadOnlyMemory<byte> _message;

    public MessageContent(ReadOnlyMemory<byte> message)
    {
        _message = message;
        Headers.ContentType = Grpc;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(_message).AsTask();

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        stream.WriteAsync(_message, cancellationToken).AsTask();

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
