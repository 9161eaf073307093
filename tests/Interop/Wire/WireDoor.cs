using System.Collections.Concurrent;
using Coordination.Interop.Wire.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Timeouts;

namespace Coordination.Interop.Wire;

/// <summary>The service of wire.proto, each call made anew with what it needs.</summary>
sealed class WireDoor(Sleepers sleepers) : WireService.WireServiceBase
{
    public const int CeilingMilliseconds = 300;

    public override Task<EchoResponse> Echo(EchoRequest request, ServerCallContext context) =>
        Task.FromResult(new EchoResponse { Text = request.Text, Payload = request.Payload });

    public override async Task<FailResponse> Fail(FailRequest request, ServerCallContext context)
    {
        if (request.AfterHeaders) await context.WriteResponseHeadersAsync(new Metadata { { "x-early", "yes" } });
        if (request.Code == 0) throw new UnforeseenException(request.Message);

        var status = new Status((StatusCode)request.Code, request.Message);
        if (request.Details.Length > 0) context.ResponseTrailers.Add("grpc-status-details-bin", request.Details.ToByteArray());
        if (!request.ByStatus) throw new RpcException(status, new Metadata { { "x-reason", "told to" } });

        context.Status = status;
        return new FailResponse();
    }

    public override Task<SleepResponse> Sleep(SleepRequest request, ServerCallContext context) => SleepAsync(request, context);

    [RequestTimeout(CeilingMilliseconds)]
    public override Task<SleepResponse> SleepUnderCeiling(SleepRequest request, ServerCallContext context) => SleepAsync(request, context);

    public override Task<LargeResponse> Large(LargeRequest request, ServerCallContext context) =>
        Task.FromResult(new LargeResponse { Payload = UnsafeByteOperations.UnsafeWrap(new byte[request.Size]) });

    public override async Task<ReflectResponse> Reflect(ReflectRequest request, ServerCallContext context)
    {
        var reflected = new Metadata();
        foreach (var entry in context.RequestHeaders.Where(entry => entry.Key.StartsWith("x-", StringComparison.Ordinal))) reflected.Add(entry);
        foreach (var entry in reflected) context.ResponseTrailers.Add(entry);
        await context.WriteResponseHeadersAsync(reflected);
        return new ReflectResponse { Seen = { reflected.Select(entry => $"{entry.Key}={(entry.IsBinary ? Convert.ToHexString(entry.ValueBytes) : entry.Value)}") } };
    }

    [Authorize]
    public override Task<WhoAmIResponse> WhoAmI(WhoAmIRequest request, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        return Task.FromResult(new WhoAmIResponse
        {
            User = http.User.Identity!.Name,
            Certificate = http.Connection.ClientCertificate?.Thumbprint ?? "",
            Peer = context.Peer,
            Host = context.Host,
            Method = context.Method,
        });
    }

    async Task<SleepResponse> SleepAsync(SleepRequest request, ServerCallContext context)
    {
        var sleeper = sleepers[request.Id];
        await using var registration = context.CancellationToken.Register(() => sleeper.Cancelled.TrySetResult());
        sleeper.Asleep.TrySetResult();
        try
        {
            await sleeper.Released.Task.WaitAsync(request.Stubborn ? CancellationToken.None : context.CancellationToken);
            return new SleepResponse { DeadlineTicks = context.Deadline == DateTime.MaxValue ? 0 : context.Deadline.Ticks };
        }
        finally
        {
            if (context.CancellationToken.IsCancellationRequested) sleeper.Cancelled.TrySetResult();
            sleeper.Gone.TrySetResult();
        }
    }
}

/// <summary>What a handler throws that nobody foresaw; the log watch expects its trace.</summary>
sealed class UnforeseenException(string message) : Exception(message);

/// <summary>Offers a stream, which the server must refuse to map.</summary>
sealed class StreamDoor : StreamService.StreamServiceBase;

/// <summary>Calls that sleep in the server, by the name that their test gave them.</summary>
sealed class Sleepers
{
    readonly ConcurrentDictionary<string, Sleeper> _byId = new(StringComparer.Ordinal);

    public Sleeper this[string id] => _byId.GetOrAdd(id, _ => new Sleeper());
}

/// <summary>How far a sleeping call has come.</summary>
sealed record Sleeper
{
    public TaskCompletionSource Asleep { get; } = New();
    public TaskCompletionSource Cancelled { get; } = New();
    public TaskCompletionSource Released { get; } = New();
    public TaskCompletionSource Gone { get; } = New();

    static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
