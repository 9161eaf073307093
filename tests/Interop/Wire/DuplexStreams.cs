using Coordination.Interop.Wire.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Coordination.Interop.Wire;

/// <summary>Many requests and many answers, between our two sides.</summary>
public sealed class DuplexStreams(WireServer server) : IDisposable
{
    const int Limit = 30_000;

    readonly GrpcChannel _channel = GrpcChannel.ForAddress(server.Clear);

    static CancellationToken Token => TestContext.Current.CancellationToken;
    static DateTime Now => TimeProvider.System.GetUtcNow().UtcDateTime;

    WireService.WireServiceClient Client => new(_channel);

    public void Dispose() => _channel.Dispose();

    [Theory(Timeout = Limit)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    public async Task Each_message_is_answered_before_the_next_one_and_status_and_trailers_follow(int messages)
    {
        using var call = Client.Chat(Named($"chat {messages}"), cancellationToken: Token);
        for (var number = 1; number <= messages; number++)
        {
            await call.RequestStream.WriteAsync(new ChatRequest { Number = number, Size = 100 }, Token);
            (await call.ResponseStream.MoveNext(Token)).ShouldBeTrue();
            call.ResponseStream.Current.Number.ShouldBe(number);
        }

        await call.RequestStream.CompleteAsync();
        (await call.ResponseStream.MoveNext(Token)).ShouldBeFalse();
        await call.ResponseHeadersAsync;
        call.GetStatus().ShouldBe(Status.DefaultSuccess);
        call.GetTrailers().GetValue("x-written").ShouldBe($"{messages}");
    }

    [Fact(Timeout = Limit)]
    public async Task Both_sides_may_stream_at_once()
    {
        const int messages = 1000;
        using var call = Client.Chat(Named("chat at once"), cancellationToken: Token);
        var reading = call.ResponseStream.ReadAllAsync(Token).Select(answer => answer.Number).ToListAsync(Token);
        for (var number = 1; number <= messages; number++) await call.RequestStream.WriteAsync(new ChatRequest { Number = number }, Token);
        await call.RequestStream.CompleteAsync();
        (await reading).ShouldBe(Enumerable.Range(1, messages));
    }

    [Fact(Timeout = Limit)]
    public async Task An_error_comes_after_the_messages_before_it_and_stops_who_still_writes()
    {
        using var call = Client.Chat(Named("chat refused"), cancellationToken: Token);
        await call.RequestStream.WriteAsync(new ChatRequest { Number = 1 }, Token);
        var last = call.RequestStream.WriteAsync(new ChatRequest { Number = 2, Code = (int)StatusCode.FailedPrecondition }, Token);
        (await call.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        var refused = await Should.ThrowAsync<RpcException>(() => call.ResponseStream.MoveNext(Token));
        refused.Status.ShouldBe(new Status(StatusCode.FailedPrecondition, "as told"));
        refused.Trailers.GetValue("x-reason").ShouldBe("told to");

        // The refusal may be here before the write that called for it is done.
        await last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        call.GetTrailers().GetValue("x-reason").ShouldBe("told to");
        (await Should.ThrowAsync<RpcException>(() => call.RequestStream.WriteAsync(new ChatRequest(), Token))).StatusCode.ShouldBe(StatusCode.FailedPrecondition);
    }

    [Fact(Timeout = Limit)]
    public async Task A_deadline_ends_the_stream_at_both_sides()
    {
        using var call = Client.Chat(Named("chat deadline"), deadline: Now.AddSeconds(2), cancellationToken: Token);
        await call.RequestStream.WriteAsync(new ChatRequest { Number = 1 }, Token);
        (await call.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        (await RefusedAsync(call)).StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
        await server.Sleepers["chat deadline"].Gone.Task.WaitAsync(Token);
    }

    public static TheoryData<string> WaysToLeave => ["token", "dispose", "token of the read", "channel"];

    [Theory(Timeout = Limit)]
    [MemberData(nameof(WaysToLeave))]
    public async Task A_caller_that_leaves_frees_the_handler(string way)
    {
        var id = $"chat left by {way}";
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var channel = GrpcChannel.ForAddress(server.Clear);
        using var call = new WireService.WireServiceClient(channel).Chat(Named(id), cancellationToken: way == "token" ? leaving.Token : Token);
        await call.RequestStream.WriteAsync(new ChatRequest { Number = 1 }, Token);
        (await call.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        var next = call.ResponseStream.MoveNext(way == "token of the read" ? leaving.Token : Token);
        if (way == "dispose") call.Dispose();
        else if (way == "channel") channel.Dispose();
        else await leaving.CancelAsync();

        (await Should.ThrowAsync<RpcException>(() => next)).StatusCode.ShouldBe(StatusCode.Cancelled);
        call.GetStatus().StatusCode.ShouldBe(StatusCode.Cancelled);
        await server.Sleepers[id].Gone.Task.WaitAsync(Token);
    }

    [Fact(Timeout = Limit)]
    public async Task A_reader_that_waits_makes_the_handler_wait_and_loses_nothing()
    {
        const int messages = 1000;
        using var call = Client.Chat(Named("chat slow"), cancellationToken: Token);
        var writing = WriteAsync();
        (await server.Sleepers["chat slow"].StandstillAsync()).ShouldBeLessThan(100);
        (await call.ResponseStream.ReadAllAsync(Token).Select(answer => answer.Number).ToListAsync(Token)).ShouldBe(Enumerable.Range(1, messages));
        await writing;

        async Task WriteAsync()
        {
            for (var number = 1; number <= messages; number++) await call.RequestStream.WriteAsync(new ChatRequest { Number = number, Size = 10_000 }, Token);
            await call.RequestStream.CompleteAsync();
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_message_beyond_the_limit_of_the_client_ends_the_stream()
    {
        using var call = Client.Chat(Named("chat large"), cancellationToken: Token);
        await call.RequestStream.WriteAsync(new ChatRequest { Number = 1 }, Token);
        (await call.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        await call.RequestStream.WriteAsync(new ChatRequest { Number = 2, Size = 5_000_000 }, Token);
        (await RefusedAsync(call)).StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        await server.Sleepers["chat large"].Gone.Task.WaitAsync(Token);
    }

    static Metadata Named(string id) => new() { { "x-id", id } };

    static async Task<RpcException> RefusedAsync(AsyncDuplexStreamingCall<ChatRequest, ChatResponse> call)
    {
        var refused = await Should.ThrowAsync<RpcException>(async () => await call.ResponseStream.ReadAllAsync(Token).CountAsync(Token));
        call.GetStatus().StatusCode.ShouldBe(refused.StatusCode);
        return refused;
    }
}
