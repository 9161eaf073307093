using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Grpc.Server;

/// <summary>Runs calls from request to trailers, whatever their method does.</summary>
/// <remarks>
/// A host that stops lets calls with one request and one answer end by themselves. Those that stream could hold it for
/// ever: their handlers are cancelled, and their callers told UNAVAILABLE, which is to say that they may call again.
/// </remarks>
sealed partial class CallServer(IOptions<GrpcServiceOptions> options, IHostApplicationLifetime host, ILogger<CallServer> logger)
{
    /// <summary>What the caller learns of an exception that the handler did not foresee: nothing that it could hold.</summary>
    const string HandlerFailed = "Exception was thrown by handler.";

    public async Task ServeAsync(HttpContext http, MethodType type, Func<ServerCall, Task> answer)
    {
        if (!MetadataCodec.IsGrpc(http.Request.ContentType))
        {
            Refuse(http, StatusCodes.Status415UnsupportedMediaType, "The content type is not application/grpc.");
            return;
        }

        if (!HttpProtocol.IsHttp2(http.Request.Protocol) && !HttpProtocol.IsHttp3(http.Request.Protocol))
        {
            http.Response.Headers.Upgrade = "HTTP/2.0";
            Refuse(http, StatusCodes.Status426UpgradeRequired, "gRPC needs HTTP/2.");
            return;
        }

        http.Response.ContentType = MetadataCodec.ContentType;
        if (http.Request.Headers.TE.ToString() != "trailers")
        {
            // "Used to detect incompatible proxies" (gRPC over HTTP/2 document): an answer whose status gets lost would be worse.
            ServerHeaders.Write(new Status(StatusCode.Internal, "The request does not say te: trailers. Something between the caller and this server may not pass trailers on."), Metadata.Empty, http.Response.Headers);
            return;
        }

        TimeSpan? timeout = null;
        if (http.Request.Headers.GrpcTimeout is { Count: > 0 } header)
        {
            timeout = TimeoutHeader.Decode(header.ToString());
            if (timeout is null)
            {
                ServerHeaders.Write(new Status(StatusCode.Internal, "grpc-timeout is malformed."), Metadata.Empty, http.Response.Headers);
                return;
            }
        }

        if (type is MethodType.ClientStreaming or MethodType.DuplexStreaming) LiftLimitsOfBody(http.Features);
        using var call = new ServerCall(http, timeout, options.Value, type == MethodType.Unary ? CancellationToken.None : host.ApplicationStopping);
        await RunAsync(call, answer);
    }

    async Task RunAsync(ServerCall call, Func<ServerCall, Task> answer)
    {
        var ending = AnswerAsync(call, answer);
        if (!ending.IsCompleted && call.HasLimit) await ending.WaitAsync(call.CancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (call.CutShort is { } status)
        {
            // The caller gets its answer now. The request stays open until the handler lets go of it.
            await call.EndAsync(status, Metadata.Empty);
            await call.Http.Response.CompleteAsync();
        }

        await ending;
        await call.EndAsync();
    }

    async Task AnswerAsync(ServerCall call, Func<ServerCall, Task> answer)
    {
        try
        {
            await answer(call);
        }
        catch (RpcException e)
        {
            call.Status = e.Status;
            foreach (var entry in e.Trailers) call.ResponseTrailers.Add(entry);
        }
        catch (OperationCanceledException) when (call.CancellationToken.IsCancellationRequested)
        {
            call.Status = new Status(StatusCode.Cancelled, "The call was cancelled.");
        }
        catch (Exception e)
        {
            LogHandlerFailed(logger, e, call.Method);
            call.Status = new Status(StatusCode.Unknown, options.Value.EnableDetailedErrors == true ? $"{HandlerFailed} {e.GetType().Name}: {e.Message}" : HandlerFailed);
        }
    }

    // A stream of requests may be long and slow. Its messages have their limit each, the call has its deadline, and a method may have a limit of its own.
    static void LiftLimitsOfBody(IFeatureCollection features)
    {
        if (features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate) rate.MinDataRate = null;
        if (features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size && features.Get<IEndpointFeature>()?.Endpoint?.Metadata.GetMetadata<IRequestSizeLimitMetadata>() is null)
            size.MaxRequestBodySize = null;
    }

    static void Refuse(HttpContext http, int code, string detail)
    {
        http.Response.StatusCode = code;
        ServerHeaders.Write(new Status(StatusCode.Internal, detail), Metadata.Empty, http.Response.Headers);
    }

    [LoggerMessage(1, LogLevel.Error, "The handler of {Method} failed.")]
    static partial void LogHandlerFailed(ILogger logger, Exception exception, string method);
}
