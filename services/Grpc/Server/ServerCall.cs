using System.Net.Sockets;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Timeouts;

namespace Grpc.Server;

/// <summary>One call over HTTP/2 at the server: its context for the handler, and the one pen for its response.</summary>
sealed class ServerCall : ServerCallContext, IDisposable
{
    static readonly Status Late = new(StatusCode.DeadlineExceeded, "The deadline has passed.");
    static readonly Status Stopping = new(StatusCode.Unavailable, "The server is stopping.");

    readonly CancellationToken _stopping;
    readonly CancellationTokenSource? _deadline;
    readonly CancellationTokenSource? _over;
    readonly MessageReader _reader;
    readonly MessageWriter _writer;

    // The handler and the deadline may both want to write; who comes after the end writes nothing.
    readonly SemaphoreSlim _pen = new(1, 1);
    bool _ended;
    Task _sending = Task.CompletedTask;
    Metadata? _requestHeaders;
    Metadata? _responseTrailers;

    /// <param name="http">The request and its response.</param>
    /// <param name="timeout">What the caller gave; null means for ever.</param>
    /// <param name="options">Limits of size.</param>
    /// <param name="stopping">Fires when the host wants the call to end.</param>
    public ServerCall(HttpContext http, TimeSpan? timeout, GrpcServiceOptions options, CancellationToken stopping)
    {
        Http = http;
        _stopping = stopping;
        _reader = new MessageReader(http.Request.BodyReader, http.Request.Headers.GrpcEncoding, StatusCode.Unimplemented, options.MaxReceiveMessageSize);
        _writer = new MessageWriter(http.Response.BodyWriter, options.MaxSendMessageSize);
        if (timeout is { } left)
        {
            var now = TimeProvider.System.GetUtcNow().UtcDateTime;
            DeadlineCore = left < DateTime.MaxValue - now ? now + left : DateTime.MaxValue;
            if (left <= LongestTimer) _deadline = new CancellationTokenSource(left);
        }

        var late = _deadline?.Token ?? CancellationToken.None;
        if (stopping.CanBeCanceled) _over = CancellationTokenSource.CreateLinkedTokenSource(late, http.RequestAborted, stopping);
        else if (late.CanBeCanceled) _over = CancellationTokenSource.CreateLinkedTokenSource(late, http.RequestAborted);
    }

    /// <summary>A deadline further off than this would outlive any connection; .NET's timers end at 49 days.</summary>
    static TimeSpan LongestTimer { get; } = TimeSpan.FromDays(24);

    public HttpContext Http { get; }

    /// <summary>Whether a deadline, a ceiling or the host could end the call before its handler does.</summary>
    public bool HasLimit => _over is not null || Http.Features.Get<IHttpRequestTimeoutFeature>() is not null;

    /// <summary>How the call ends whatever its handler does: the caller's deadline or the server's own ceiling has passed, or the host stops.</summary>
    public Status? CutShort =>
        _deadline is { IsCancellationRequested: true } || Http.Features.Get<IHttpRequestTimeoutFeature>() is { RequestTimeoutToken.IsCancellationRequested: true } ? Late
        : _stopping.IsCancellationRequested ? Stopping
        : null;

    /// <summary>The call's own token and this one together.</summary>
    /// <returns>Null: the call's own says it all.</returns>
    public CancellationTokenSource? Linked(CancellationToken token) =>
        token.CanBeCanceled && token != CancellationToken ? CancellationTokenSource.CreateLinkedTokenSource(token, CancellationToken) : null;

    /// <returns>Null: the caller has sent all.</returns>
    /// <exception cref="RpcException">What came is not one whole message within the limits.</exception>
    public ValueTask<T?> ReadAsync<T>(Func<DeserializationContext, T> deserialize)
        where T : class => ReadAsync(deserialize, CancellationToken);

    /// <inheritdoc cref="ReadAsync{T}(Func{DeserializationContext, T})"/>
    /// <param name="deserialize">Makes the message.</param>
    /// <param name="token">Ends this read, and leaves the next one what it did not take.</param>
    public async ValueTask<T?> ReadAsync<T>(Func<DeserializationContext, T> deserialize, CancellationToken token)
        where T : class
    {
        try
        {
            return await _reader.ReadAsync(deserialize, token);
        }
        catch (BadHttpRequestException e)
        {
            var code = e.StatusCode == StatusCodes.Status413PayloadTooLarge ? StatusCode.ResourceExhausted : StatusCode.Internal;
            throw new RpcException(new Status(code, "The body of the request was refused.", e));
        }
        catch (IOException e)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "The request broke off.", e));
        }
    }

    /// <summary>Puts a message into the response, which goes out with what follows it.</summary>
    /// <exception cref="OperationCanceledException">The call has ended already.</exception>
    /// <exception cref="RpcException">The message exceeds the limit.</exception>
    public async Task WriteAsync<T>(T message, Action<T, SerializationContext> serialize)
    {
        await _pen.WaitAsync(CancellationToken.None);
        try
        {
            await PutAsync(message, serialize);
        }
        finally
        {
            _pen.Release();
        }
    }

    /// <summary>Sends a message now, and waits while the caller reads more slowly than this.</summary>
    /// <param name="message">One of many.</param>
    /// <param name="serialize">Makes it bytes.</param>
    /// <param name="token">Ends the wait; the message may be on its way all the same.</param>
    /// <exception cref="OperationCanceledException">The call has ended already.</exception>
    /// <exception cref="RpcException">The message exceeds the limit, or the caller has left.</exception>
    public async Task SendAsync<T>(T message, Action<T, SerializationContext> serialize, CancellationToken token)
    {
        await _pen.WaitAsync(token);
        try
        {
            // Kestrel resets a stream whose flush is cancelled. A flush is left alone here, so that a slow reader still gets its status.
            await _sending.WaitAsync(token);
            await PutAsync(message, serialize);
            var flush = Http.Response.BodyWriter.FlushAsync(CancellationToken.None);
            if (!flush.IsCompleted) await (_sending = flush.AsTask()).WaitAsync(token);
            else if ((await flush).IsCompleted) throw new RpcException(new Status(StatusCode.Cancelled, "The caller has left."));
        }
        finally
        {
            _pen.Release();
        }
    }

    /// <summary>Ends the call with its status and trailers. Sends one block of headers if nothing was sent before.</summary>
    public Task EndAsync() => EndAsync(Status, _responseTrailers ?? Metadata.Empty);

    /// <summary>Ends the response; what comes later is not sent.</summary>
    public async Task EndAsync(Status status, Metadata trailers)
    {
        await _pen.WaitAsync(CancellationToken.None);
        try
        {
            if (_ended) return;
            _ended = true;
            var destination = Http.Response.HasStarted ? Http.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers : Http.Response.Headers;
            ServerHeaders.Write(status, trailers, destination);
        }
        finally
        {
            _pen.Release();
        }
    }

    public void Dispose()
    {
        _over?.Dispose();
        _deadline?.Dispose();
        _pen.Dispose();
    }

    protected override string MethodCore => Http.Request.Path.Value ?? "";
    protected override string HostCore => Http.Request.Host.Value ?? "";

    protected override string PeerCore => Http.Connection is { RemoteIpAddress: { } address, RemotePort: var port }
        ? address.AddressFamily == AddressFamily.InterNetwork ? $"ipv4:{address}:{port}" : $"ipv6:[{address}]:{port}"
        : "unknown";

    protected override DateTime DeadlineCore { get; } = DateTime.MaxValue;

    protected override Metadata RequestHeadersCore => _requestHeaders ??= ServerHeaders.Read(Http.Request.Headers);

    protected override CancellationToken CancellationTokenCore => _over?.Token ?? Http.RequestAborted;

    protected override Metadata ResponseTrailersCore => _responseTrailers ??= [];
    protected override Status StatusCore { get; set; } = Status.DefaultSuccess;
    protected override WriteOptions? WriteOptionsCore { get; set; }
    protected override IDictionary<object, object> UserStateCore => Http.Items!;

    protected override AuthContext AuthContextCore => throw new NotSupportedException("Who calls is in HttpContext: the client certificate and the user.");

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        throw new NotSupportedException("Pass the deadline and the cancellation token of this call on by hand.");

    protected override async Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        ArgumentNullException.ThrowIfNull(responseHeaders);
        await _pen.WaitAsync(CancellationToken);
        try
        {
            if (_ended) throw Ended();
            if (Http.Response.HasStarted) throw new InvalidOperationException("The headers of the response were sent already.");
            ServerHeaders.Write(responseHeaders, Http.Response.Headers);
            await Http.Response.BodyWriter.FlushAsync(CancellationToken);
        }
        finally
        {
            _pen.Release();
        }
    }

    async ValueTask PutAsync<T>(T message, Action<T, SerializationContext> serialize)
    {
        if (_ended) throw Ended();

        // Before the first byte, so that the message goes into the response's own buffer without a copy.
        if (!Http.Response.HasStarted) await Http.Response.StartAsync(CancellationToken);
        _writer.Write(message, serialize);
    }

    static OperationCanceledException Ended() => new("The call has ended.");
}
