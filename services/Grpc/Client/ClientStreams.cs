using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Client;

/// <summary>What the server sends, message by message. Its end is the end of the call.</summary>
sealed class ResponseStream<T>(ClientCall call, Task<MessageReader> opening, Func<DeserializationContext, T> deserialize) : MessageStream<T>
    where T : class
{
    /// <exception cref="RpcException">The call did not end well.</exception>
    protected override async ValueTask<T?> NextAsync(CancellationToken token)
    {
        if (call.HasEnded)
        {
            call.ThrowUnlessOk();
            return null;
        }

        await using var leaving = token.UnsafeRegister(static call => ((ClientCall)call!).Cancel(), call);
        var reader = await opening;
        try
        {
            var (message, broken) = await ReadAsync(reader);
            if (message is not null) return message;
            call.End(broken);
        }
        catch (Exception e)
        {
            var failure = call.Failed(e);
            Close();
            throw failure;
        }

        Close();
        return null;
    }

    async ValueTask<(T? Message, Status? Broken)> ReadAsync(MessageReader reader)
    {
        try
        {
            return (await reader.ReadAsync(deserialize, call.Over), null);
        }
        catch (RpcException e)
        {
            return (null, e.Status);
        }
    }

    void Close()
    {
        call.Cancel();
        call.Dispose();
    }
}

/// <summary>What the caller sends. A write is done when the connection has room for more, so that a slow server makes the caller slow.</summary>
/// <param name="call">The call.</param>
/// <param name="content">The body that the messages go into.</param>
/// <param name="answer">Ends when the server has answered, or cannot.</param>
/// <param name="serialize">Makes a message bytes.</param>
/// <param name="maxSize">In bytes; null means no limit.</param>
sealed class RequestStream<T>(ClientCall call, StreamContent content, Task answer, Action<T, SerializationContext> serialize, int? maxSize) : IClientStreamWriter<T>
    where T : class
{
    readonly Turn _turn = new("write");
    bool _complete;

    public WriteOptions? WriteOptions { get; set; }

    public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

    /// <param name="message">One of many.</param>
    /// <param name="cancellationToken">Ends the call: part of the message may have been sent.</param>
    /// <exception cref="InvalidOperationException">The stream was completed, or the write before this one is not done.</exception>
    /// <exception cref="RpcException">The message exceeds the limit, or the call has ended: with its status, unless that is OK.</exception>
    public async Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        _turn.Take();
        try
        {
            if (_complete) throw new InvalidOperationException("The stream was completed.");
            var buffer = new ArrayBufferWriter<byte>();
            new MessageWriter(buffer, maxSize).Write(message, serialize);
            await using var leaving = cancellationToken.UnsafeRegister(static call => ((ClientCall)call!).Cancel(), call);
            await SendAsync(buffer.WrittenMemory);
        }
        finally
        {
            _turn.Pass();
        }
    }

    /// <exception cref="InvalidOperationException">A write is not done.</exception>
    public Task CompleteAsync()
    {
        _turn.Take();
        _complete = true;
        content.Complete();
        _turn.Pass();
        return Task.CompletedTask;
    }

    async Task SendAsync(ReadOnlyMemory<byte> message)
    {
        try
        {
            var body = await content.Opened.WaitAsync(call.Over);
            await body.WriteAsync(message, call.Over);
            await body.FlushAsync(call.Over);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or HttpRequestException or ObjectDisposedException)
        {
            // Why the server takes no more is in what it answers.
            await answer.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (call.HasEnded) call.ThrowUnlessOk();
            throw new RpcException(new Status(StatusCode.Cancelled, "The server has ended the call and takes no more.", e));
        }
    }
}

/// <summary>The body of a request with messages that are yet to come. It ends when it is completed, or with the call.</summary>
sealed class StreamContent : HttpContent
{
    static readonly MediaTypeHeaderValue Grpc = new(MetadataCodec.ContentType);

    readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Who completes the stream also sends its end, so that it is sent before whatever he does next.
    readonly TaskCompletionSource _complete = new();

    readonly CancellationToken _over;

    public StreamContent(CancellationToken over)
    {
        _over = over;
        Headers.ContentType = Grpc;
    }

    /// <summary>Never ends if the server cannot be reached.</summary>
    public Task<Stream> Opened => _opened.Task;

    public void Complete() => _complete.TrySetResult();

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // The headers go now: the server's handler need not wait for the first message.
        await stream.FlushAsync(cancellationToken);
        _opened.SetResult(stream);

        // Not HttpClient's token: when the server breaks off, the response says why, unless the body fails before it.
        await _complete.Task.WaitAsync(_over);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
