using System.Collections.Concurrent;
using System.Diagnostics;
using Coordination.Interop.Wire.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Mvc;

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

    public override Task<SleepResponse> Sleep(SleepRequest request, ServerCallContext context) => SleepOnAsync(request, context);

    [RequestTimeout(CeilingMilliseconds)]
    public override Task<SleepResponse> SleepUnderCeiling(SleepRequest request, ServerCallContext context) => SleepOnAsync(request, context);

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

    public override Task Count(CountRequest request, IServerStreamWriter<CountResponse> responseStream, ServerCallContext context) =>
        CountOnAsync(request, responseStream, context);

    [RequestTimeout(CeilingMilliseconds)]
    public override Task CountUnderCeiling(CountRequest request, IServerStreamWriter<CountResponse> responseStream, ServerCallContext context) =>
        CountOnAsync(request, responseStream, context);

    public override async Task<SumResponse> Sum(IAsyncStreamReader<SumRequest> requestStream, ServerCallContext context)
    {
        await using var watched = new Watched(sleepers[Id(context)], context);
        var response = new SumResponse();
        await foreach (var request in requestStream.ReadAllAsync())
        {
            response.Sum += request.Number;
            response.Messages++;
            await GoOnAsync(watched.Sleeper, request.Wait, request.Code, context);
        }

        context.ResponseTrailers.Add("x-read", $"{response.Messages}");
        return response;
    }

    [RequestSizeLimit(1024)]
    public override Task<SumResponse> SumLittle(IAsyncStreamReader<SumRequest> requestStream, ServerCallContext context) => Sum(requestStream, context);

    public override async Task Chat(IAsyncStreamReader<ChatRequest> requestStream, IServerStreamWriter<ChatResponse> responseStream, ServerCallContext context)
    {
        await using var watched = new Watched(sleepers[Id(context)], context);
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            await GoOnAsync(watched.Sleeper, request.Wait, request.Code, context);
            await responseStream.WriteAsync(new ChatResponse { Number = request.Number, Payload = Bytes(request.Size) }, context.CancellationToken);
            watched.Sleeper.Wrote();
        }

        context.ResponseTrailers.Add("x-written", $"{watched.Sleeper.Written}");
    }

    static string Id(ServerCallContext context) => context.RequestHeaders.GetValue("x-id") ?? "";

    static ByteString Bytes(int size) => UnsafeByteOperations.UnsafeWrap(new byte[size]);

    static async Task GoOnAsync(Sleeper sleeper, bool wait, int code, ServerCallContext context)
    {
        if (wait) await sleeper.SleepAsync(context.CancellationToken);
        if (code != 0) throw new RpcException(new Status((StatusCode)code, "as told"), new Metadata { { "x-reason", "told to" } });
    }

    async Task CountOnAsync(CountRequest request, IServerStreamWriter<CountResponse> responses, ServerCallContext context)
    {
        await using var watched = new Watched(sleepers[request.Id], context);
        for (var number = 1; number <= request.Messages; number++)
        {
            await responses.WriteAsync(new CountResponse { Number = number, Payload = Bytes(request.Size) });
            watched.Sleeper.Wrote();
        }

        if (request.Wait) await watched.Sleeper.SleepAsync(request.Stubborn ? CancellationToken.None : context.CancellationToken);
        context.ResponseTrailers.Add("x-written", $"{watched.Sleeper.Written}");
        if (request.Code != 0) throw new RpcException(new Status((StatusCode)request.Code, request.Message), new Metadata { { "x-reason", "told to" } });
    }

    async Task<SleepResponse> SleepOnAsync(SleepRequest request, ServerCallContext context)
    {
        await using var watched = new Watched(sleepers[request.Id], context);
        await watched.Sleeper.SleepAsync(request.Stubborn ? CancellationToken.None : context.CancellationToken);
        return new SleepResponse { DeadlineTicks = context.Deadline == DateTime.MaxValue ? 0 : context.Deadline.Ticks };
    }

    /// <summary>Tells a test when a handler is cancelled, and when it is gone.</summary>
    /// <remarks>Who reads when the caller leaves may be gone, by the read that broke off, before the token has fired.</remarks>
    sealed class Watched(Sleeper sleeper, ServerCallContext context) : IAsyncDisposable
    {
        readonly CancellationTokenRegistration _registration = context.CancellationToken.Register(() => sleeper.Cancelled.TrySetResult());

        public Sleeper Sleeper => sleeper;

        public async ValueTask DisposeAsync()
        {
            await _registration.DisposeAsync();
            if (context.CancellationToken.IsCancellationRequested) sleeper.Cancelled.TrySetResult();
            sleeper.Gone.TrySetResult();
        }
    }
}

/// <summary>What a handler throws that nobody foresaw; the log watch expects its trace.</summary>
sealed class UnforeseenException(string message) : Exception(message);

/// <summary>Handlers at work in the server, by the name that their test gave them.</summary>
sealed class Sleepers
{
    readonly ConcurrentDictionary<string, Sleeper> _byId = new(StringComparer.Ordinal);

    public Sleeper this[string id] => _byId.GetOrAdd(id, _ => new Sleeper());
}

/// <summary>How far a handler has come.</summary>
sealed record Sleeper
{
    int _written;

    public TaskCompletionSource Asleep { get; } = New();
    public TaskCompletionSource Cancelled { get; } = New();
    public TaskCompletionSource Released { get; } = New();
    public TaskCompletionSource Gone { get; } = New();

    /// <summary>How many writes to the stream are done.</summary>
    public int Written => Volatile.Read(ref _written);

    public void Wrote() => Interlocked.Increment(ref _written);

    public Task SleepAsync(CancellationToken token)
    {
        Asleep.TrySetResult();
        return Released.Task.WaitAsync(token);
    }

    /// <summary>How many writes were done when no more of them came for half a second.</summary>
    public async Task<int> StandstillAsync()
    {
        for (var (written, since) = (Written, Stopwatch.StartNew()); ;)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
            if (written > 0 && written == Written && since.ElapsedMilliseconds > 500) return written;
            if (written != Written) (written, since) = (Written, Stopwatch.StartNew());
        }
    }

    static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
