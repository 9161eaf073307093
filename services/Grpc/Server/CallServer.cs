using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Grpc.Server;

/// <summary>Runs calls from request to trailers, whatever their method does.</summary>
sealed partial class CallServer(IOptions<GrpcServiceOptions> options, ILogger<CallServer> logger)
{
    /// <summary>What the caller learns of an exception that the handler did not foresee: nothing that it could hold.</summary>
    const string HandlerFailed = "Exception was thrown by handler.";

    public async Task ServeAsync(HttpContext http, Func<ServerCall, Task> answer)
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
        TimeSpan? timeout = null;
        if (http.Request.Headers.TryGetValue(MetadataCodec.Timeout, out var header))
        {
            timeout = TimeoutHeader.Decode(header.ToString());
            if (timeout is null)
            {
                ServerHeaders.Write(new Status(StatusCode.Internal, "grpc-timeout is malformed."), Metadata.Empty, http.Response.Headers);
                return;
            }
        }

        using var call = new ServerCall(http, timeout, options.Value);
        await RunAsync(call, answer);
    }

    async Task RunAsync(ServerCall call, Func<ServerCall, Task> answer)
    {
        var ending = OutcomeAsync(call, answer);
        if (!ending.IsCompleted && !await EndsInTimeAsync(ending, call.CancellationToken) && call.IsOverdue)
        {
            // The caller gets its answer now. The request stays open until the handler lets go of it.
            await call.EndAsync(new Status(StatusCode.DeadlineExceeded, "The deadline has passed."), Metadata.Empty);
            await call.Http.Response.CompleteAsync();
        }

        var (status, trailers) = await ending;
        await call.EndAsync(status, trailers);
    }

    static async Task<bool> EndsInTimeAsync(Task ending, CancellationToken over)
    {
        try
        {
            await ending.WaitAsync(over);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    async Task<(Status Status, Metadata Trailers)> OutcomeAsync(ServerCall call, Func<ServerCall, Task> answer)
    {
        var trailers = call.ResponseTrailers;
        Status status;
        try
        {
            await answer(call);
            status = call.Status;
        }
        catch (RpcException e)
        {
            status = e.Status;
            foreach (var entry in e.Trailers) trailers.Add(entry);
        }
        catch (OperationCanceledException) when (call.CancellationToken.IsCancellationRequested)
        {
            status = new Status(StatusCode.Cancelled, "The call was cancelled.");
        }
        catch (Exception e)
        {
            LogHandlerFailed(logger, e, call.Method);
            status = new Status(StatusCode.Unknown, options.Value.EnableDetailedErrors == true ? $"{HandlerFailed} {e.GetType().Name}: {e.Message}" : HandlerFailed);
        }

        return call.IsOverdue ? (new Status(StatusCode.DeadlineExceeded, "The deadline has passed."), Metadata.Empty) : (status, trailers);
    }

    static void Refuse(HttpContext http, int code, string detail)
    {
        http.Response.StatusCode = code;
        ServerHeaders.Write(new Status(StatusCode.Internal, detail), Metadata.Empty, http.Response.Headers);
    }

    [LoggerMessage(1, LogLevel.Error, "The handler of {Method} failed.")]
    static partial void LogHandlerFailed(ILogger logger, Exception exception, string method);
}
