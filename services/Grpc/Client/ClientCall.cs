using System.IO.Pipelines;
using System.Net;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Client;

/// <summary>One call over HTTP/2 at the client: its time, its headers and how it ended.</summary>
sealed class ClientCall : IDisposable
{
    /// <summary>A deadline further off than this would outlive any connection; .NET's timers end at 49 days.</summary>
    static readonly TimeSpan LongestTimer = TimeSpan.FromDays(24);

    // "User Agents" of the gRPC over HTTP/2 document.
    const string UserAgent = "grpc-dotnet-coordination/1.0";

    readonly CallOptions _options;
    readonly CancellationToken _channelDisposed;
    readonly TimeSpan? _left;
    readonly long _begun = TimeProvider.System.GetTimestamp();
    readonly CancellationTokenSource? _deadline;
    readonly CancellationTokenSource _over;
    readonly TaskCompletionSource<Metadata> _headers = new(TaskCreationOptions.RunContinuationsAsynchronously);

    HttpResponseMessage? _response;
    PipeReader? _body;
    Ending? _ending;

    /// <exception cref="ArgumentException">The deadline is not in UTC.</exception>
    public ClientCall(CallOptions options, CancellationToken channelDisposed)
    {
        _options = options;
        _channelDisposed = channelDisposed;
        if (options.Deadline is { } deadline && deadline != DateTime.MaxValue)
        {
            if (deadline.Kind != DateTimeKind.Utc && deadline != DateTime.MinValue) throw new ArgumentException("The deadline of a call is in UTC.", nameof(options));
            _left = deadline - TimeProvider.System.GetUtcNow().UtcDateTime;
        }

        if (_left < LongestTimer) _deadline = new CancellationTokenSource(_left > TimeSpan.Zero ? _left.Value : TimeSpan.Zero);
        _over = CancellationTokenSource.CreateLinkedTokenSource(options.CancellationToken, channelDisposed, _deadline?.Token ?? CancellationToken.None);
        Over = _over.Token;
    }

    /// <summary>Fires at the deadline, when the caller cancels, when the call or its channel is disposed, and when a stream has ended.</summary>
    public CancellationToken Over { get; }

    public Task<Metadata> ResponseHeadersAsync => _headers.Task;

    public bool HasEnded => _ending is not null;

    /// <exception cref="InvalidOperationException">The call has not ended.</exception>
    public Status Status => Ended.Status;

    /// <exception cref="InvalidOperationException">The call has not ended.</exception>
    public Metadata Trailers => Ended.Trailers;

    Ending Ended => _ending ?? throw new InvalidOperationException("The call has not ended.");

    // A server may notice the deadline before our timer does, and break the call off in its own way.
    bool IsLate => _deadline is { IsCancellationRequested: true } || TimeProvider.System.GetElapsedTime(_begun) >= _left;

    /// <summary>Sends the request and returns the body of the response, which is that of a call under way.</summary>
    /// <exception cref="RpcException">The response is a refusal without a body.</exception>
    public async Task<MessageReader> SendAsync(HttpMessageInvoker http, Uri address, string? host, HttpContent content, int? maxReceive)
    {
        Over.ThrowIfCancellationRequested();

        // Not disposed: that would dispose a content which may still be on its way.
        var request = new HttpRequestMessage(HttpMethod.Post, address)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        if (_left is { } left) request.Headers.TryAddWithoutValidation(MetadataCodec.Timeout, TimeoutHeader.Encode(left));
        request.Headers.TryAddWithoutValidation("te", "trailers");
        request.Headers.TryAddWithoutValidation("user-agent", UserAgent);
        request.Headers.TryAddWithoutValidation(MetadataCodec.AcceptEncoding, MetadataCodec.Identity);
        request.Headers.Host = host;
        if (_options.Headers is { } headers) ClientHeaders.Write(headers, request.Headers);

        // An HttpClient would gather the whole response first if it were asked as an HttpMessageInvoker.
        _response = http is HttpClient client
            ? await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Over)
            : await http.SendAsync(request, Over);

        var encoding = _response.Headers.NonValidated.TryGetValues(MetadataCodec.Encoding, out var named) ? named.ToString() : null;
        if (Refusal(_response) is { } refusal) throw new RpcException(refusal, ClientHeaders.Read(_response.Headers));
        _headers.TrySetResult(ClientHeaders.Read(_response.Headers));
        _body = PipeReader.Create(await _response.Content.ReadAsStreamAsync(Over));
        return new MessageReader(_body, encoding, StatusCode.Internal, maxReceive);
    }

    /// <summary>Ends the call by what came after the body.</summary>
    /// <param name="broken">What was wrong with the body, if anything was. A refusal by the server explains it better.</param>
    /// <exception cref="RpcException">The call did not end well.</exception>
    public void End(Status? broken)
    {
        var trailing = _response!.TrailingHeaders;
        var told = ClientHeaders.ReadStatus(trailing);
        if (told is null && ClientHeaders.ReadStatus(_response.Headers) is { } alone) (told, trailing) = (alone, _response.Headers);
        var status = told is { StatusCode: not StatusCode.OK } ? told : broken ?? told;
        var trailers = ClientHeaders.Read(trailing);
        if (status is not { StatusCode: StatusCode.OK } ok)
            throw new RpcException(status ?? new Status(StatusCode.Unknown, "The response ended without grpc-status."), trailers);
        Settle(ok, trailers);
        ThrowUnlessOk();
    }

    /// <summary>Ends the call with what went wrong, unless it has ended before.</summary>
    public RpcException Failed(Exception cause)
    {
        if (_ending is null)
        {
            var status = cause is RpcException told ? told.Status : Explain(cause);

            // A server may notice the deadline before we do ("Client Cancellation" of the gRPC over HTTP/2 document).
            if (status.StatusCode == StatusCode.Cancelled && IsLate) status = Late(cause);
            Settle(status, (cause as RpcException)?.Trailers ?? Metadata.Empty);
        }

        var failure = new RpcException(Status, Trailers);

        // Whoever asks for the headers learns of the failure; nobody has to ask.
        if (_headers.TrySetException(failure)) _ = _headers.Task.Exception;
        return failure;
    }

    /// <exception cref="RpcException">The call did not end well.</exception>
    public void ThrowUnlessOk()
    {
        if (Status.StatusCode != StatusCode.OK) throw new RpcException(Status, Trailers);
    }

    /// <summary>Lets the server know at once when the call is over, though nobody may be reading its stream just then.</summary>
    public void ReleaseWhenOver() => Over.UnsafeRegister(
        static state =>
        {
            var call = (ClientCall)state!;
            if (!call.HasEnded) call.Failed(new OperationCanceledException(call.Over));
            call.Release();
        },
        this);

    /// <summary>Cancels the call if it is under way.</summary>
    public void Cancel()
    {
        try
        {
            _over.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended.
        }
    }

    /// <summary>Not while somebody reads the body.</summary>
    public void Dispose()
    {
        _body?.Complete();
        Release();
    }

    // A response that has not ended is reset.
    void Release()
    {
        _response?.Dispose();
        _over.Dispose();
        _deadline?.Dispose();
    }

    // A deadline and the end of a stream may come at once; one of them it was.
    void Settle(Status status, Metadata trailers) => Interlocked.CompareExchange(ref _ending, new Ending(status, trailers), null);

    static Status? Refusal(HttpResponseMessage response)
    {
        var told = ClientHeaders.ReadStatus(response.Headers);
        if (told is { StatusCode: not StatusCode.OK }) return told;
        var contentType = response.Content.Headers.NonValidated.TryGetValues("content-type", out var named) ? named.ToString() : null;
        if (response.StatusCode == HttpStatusCode.OK && MetadataCodec.IsGrpc(contentType)) return null;
        return told ?? new Status(StatusMapping.OfHttp(response.StatusCode), $"The server answered with HTTP status {(int)response.StatusCode} and no gRPC response.");
    }

    Status Explain(Exception cause)
    {
        if (IsLate) return Late(cause);
        if (cause is OperationCanceledException || Over.IsCancellationRequested)
        {
            if (_options.CancellationToken.IsCancellationRequested) return new Status(StatusCode.Cancelled, "The caller cancelled the call.", cause);
            if (_channelDisposed.IsCancellationRequested) return new Status(StatusCode.Cancelled, "The channel was disposed.", cause);
            return cause.InnerException is TimeoutException
                ? new Status(StatusCode.DeadlineExceeded, "The timeout of the HttpClient has passed.", cause)
                : new Status(StatusCode.Cancelled, "The caller left the call.", cause);
        }

        for (var inner = cause; inner is not null; inner = inner.InnerException)
        {
            // By its code alone it would look like a fault of the server's protocol.
            if (inner is HttpProtocolException && inner.Message.Contains("KeepAlivePing", StringComparison.Ordinal))
                return new Status(StatusCode.Unavailable, "The server has fallen silent.", cause);
            if (inner is HttpProtocolException { ErrorCode: var code }) return new Status(StatusMapping.OfHttp2(code), $"The server broke the call off with HTTP/2 error {code}.", cause);
        }

        if (cause is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError })
            return new Status(StatusCode.Unavailable, "No secure connection comes about: the server's certificate does not count here, or it wants another one of ours.", cause);
        return cause is HttpRequestException { HttpRequestError: not HttpRequestError.VersionNegotiationError } or IOException
            ? new Status(StatusCode.Unavailable, "The server cannot be reached.", cause)
            : new Status(StatusCode.Internal, "The call could not be made.", cause);
    }

    static Status Late(Exception cause) => new(StatusCode.DeadlineExceeded, "The deadline has passed.", cause);

    sealed record Ending(Status Status, Metadata Trailers);
}
