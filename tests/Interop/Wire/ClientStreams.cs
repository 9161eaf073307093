using Coordination.Interop.Wire.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Coordination.Interop.Wire;

/// <summary>Many requests and one answer, between our two sides.</summary>
public sealed class ClientStreams(WireServer server) : IDisposable
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
    public async Task Every_message_arrives_and_the_answer_follows_with_status_and_trailers(int messages)
    {
        using var call = Client.Sum(Named($"sum {messages}"), cancellationToken: Token);
        for (var number = 1; number <= messages; number++) await call.RequestStream.WriteAsync(new SumRequest { Number = number }, Token);
        await call.RequestStream.CompleteAsync();
        var answer = await call;
        answer.ShouldBe(new SumResponse { Sum = (long)messages * (messages + 1) / 2, Messages = messages });
        await call.ResponseHeadersAsync;
        call.GetStatus().ShouldBe(Status.DefaultSuccess);
        call.GetTrailers().GetValue("x-read").ShouldBe($"{messages}");
    }

    [Fact(Timeout = Limit)]
    public async Task A_refusal_reaches_who_still_writes_and_who_waits_for_the_answer()
    {
        using var call = Client.Sum(Named("sum refused"), cancellationToken: Token);
        await call.RequestStream.WriteAsync(new SumRequest { Number = 1 }, Token);
        var writing = await Should.ThrowAsync<RpcException>(async () =>
        {
            while (true) await call.RequestStream.WriteAsync(new SumRequest { Number = 2, Code = (int)StatusCode.FailedPrecondition }, Token);
        });
        var waiting = await Should.ThrowAsync<RpcException>(async () => await call);
        foreach (var refused in (RpcException[])[writing, waiting])
        {
            refused.Status.ShouldBe(new Status(StatusCode.FailedPrecondition, "as told"));
            refused.Trailers.GetValue("x-reason").ShouldBe("told to");
        }

        await call.RequestStream.CompleteAsync();
        await server.Sleepers["sum refused"].Gone.Task.WaitAsync(Token);
    }

    [Fact(Timeout = Limit)]
    public async Task A_deadline_ends_the_stream_at_both_sides()
    {
        using var call = Client.Sum(Named("sum deadline"), deadline: Now.AddSeconds(2), cancellationToken: Token);
        await call.RequestStream.WriteAsync(new SumRequest { Number = 1 }, Token);
        (await RefusedAsync(call)).StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
        (await Should.ThrowAsync<RpcException>(() => call.RequestStream.WriteAsync(new SumRequest(), Token))).StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
        await server.Sleepers["sum deadline"].Gone.Task.WaitAsync(Token);
    }

    public static TheoryData<string> WaysToLeave => ["token", "dispose", "channel"];

    [Theory(Timeout = Limit)]
    [MemberData(nameof(WaysToLeave))]
    public async Task A_caller_that_leaves_frees_the_handler(string way)
    {
        var id = $"sum left by {way}";
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var channel = GrpcChannel.ForAddress(server.Clear);
        using var call = new WireService.WireServiceClient(channel).Sum(Named(id), cancellationToken: way == "token" ? leaving.Token : Token);
        await call.RequestStream.WriteAsync(new SumRequest { Number = 1, Wait = true }, Token);
        await server.Sleepers[id].Asleep.Task.WaitAsync(Token);
        if (way == "dispose") call.Dispose();
        else if (way == "channel") channel.Dispose();
        else await leaving.CancelAsync();

        (await RefusedAsync(call)).StatusCode.ShouldBe(StatusCode.Cancelled);
        await server.Sleepers[id].Cancelled.Task.WaitAsync(Token);
        await server.Sleepers[id].Gone.Task.WaitAsync(Token);
    }

    [Fact(Timeout = Limit)]
    public async Task A_handler_that_does_not_read_makes_the_caller_wait_and_loses_nothing()
    {
        const int messages = 1000;
        var written = new Sleeper();
        using var call = Client.Sum(Named("sum slow"), cancellationToken: Token);
        var writing = WriteAsync();

        // The windows and buffers of both sides together are below two megabytes, which is 200 messages.
        (await written.StandstillAsync()).ShouldBeLessThan(200);
        server.Sleepers["sum slow"].Released.SetResult();
        await writing;
        (await call).Messages.ShouldBe(messages);

        async Task WriteAsync()
        {
            for (var number = 1; number <= messages; number++)
            {
                await call.RequestStream.WriteAsync(new SumRequest { Payload = Bytes(10_000), Wait = number == 1 }, Token);
                written.Wrote();
            }

            await call.RequestStream.CompleteAsync();
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_message_beyond_the_limit_of_the_server_ends_the_stream()
    {
        using var call = Client.Sum(Named("sum large"), cancellationToken: Token);
        await call.RequestStream.WriteAsync(new SumRequest { Number = 1 }, Token);
        try
        {
            await call.RequestStream.WriteAsync(new SumRequest { Payload = Bytes(5_000_000) }, Token);
        }
        catch (RpcException e)
        {
            e.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        }

        (await RefusedAsync(call)).StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        await server.Sleepers["sum large"].Gone.Task.WaitAsync(Token);
    }

    [Fact(Timeout = Limit)]
    public async Task A_message_beyond_the_limit_of_the_client_is_not_sent_and_the_next_one_is()
    {
        using var channel = GrpcChannel.ForAddress(server.Clear, new GrpcChannelOptions { MaxSendMessageSize = 100 });
        using var call = new WireService.WireServiceClient(channel).Sum(Named("sum limited"), cancellationToken: Token);
        (await Should.ThrowAsync<RpcException>(() => call.RequestStream.WriteAsync(new SumRequest { Payload = Bytes(200) }, Token))).StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        await call.RequestStream.WriteAsync(new SumRequest { Number = 7 }, Token);
        await call.RequestStream.CompleteAsync();
        (await call).Sum.ShouldBe(7);
    }

    [Fact(Timeout = Limit)]
    public async Task Writes_out_of_turn_are_mistakes()
    {
        using var call = Client.Sum(Named("sum hasty"), cancellationToken: Token);
        await call.RequestStream.WriteAsync(new SumRequest { Wait = true }, Token);
        var large = new SumRequest { Payload = Bytes(4_000_000) };
        var first = call.RequestStream.WriteAsync(large, Token);
        await Should.ThrowAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync(new SumRequest(), Token));
        await Should.ThrowAsync<InvalidOperationException>(() => call.RequestStream.CompleteAsync());
        server.Sleepers["sum hasty"].Released.SetResult();
        await first;
        await call.RequestStream.CompleteAsync();
        await Should.ThrowAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync(new SumRequest(), Token));
        (await call).Messages.ShouldBe(2);
    }

    [Fact(Timeout = Limit)]
    public async Task A_write_that_is_cancelled_cancels_the_call()
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var call = Client.Sum(Named("sum given up"), cancellationToken: Token);
        await call.RequestStream.WriteAsync(new SumRequest { Wait = true }, Token);
        await server.Sleepers["sum given up"].Asleep.Task.WaitAsync(Token);
        var writing = call.RequestStream.WriteAsync(new SumRequest { Payload = Bytes(4_000_000) }, giveUp.Token);
        await giveUp.CancelAsync();
        (await Should.ThrowAsync<RpcException>(() => writing)).StatusCode.ShouldBe(StatusCode.Cancelled);
        (await RefusedAsync(call)).StatusCode.ShouldBe(StatusCode.Cancelled);
        await server.Sleepers["sum given up"].Gone.Task.WaitAsync(Token);
    }

    [Fact(Timeout = Limit)]
    public async Task Nobody_waits_for_a_server_that_cannot_be_reached()
    {
        using var channel = GrpcChannel.ForAddress(server.Tls);
        using var call = new WireService.WireServiceClient(channel).Sum(cancellationToken: Token);
        (await Should.ThrowAsync<RpcException>(() => call.RequestStream.WriteAsync(new SumRequest(), Token))).StatusCode.ShouldBe(StatusCode.Unavailable);
        (await RefusedAsync(call)).StatusCode.ShouldBe(StatusCode.Unavailable);
    }

    static Metadata Named(string id) => new() { { "x-id", id } };

    static ByteString Bytes(int size) => UnsafeByteOperations.UnsafeWrap(new byte[size]);

    static async Task<RpcException> RefusedAsync(AsyncClientStreamingCall<SumRequest, SumResponse> call)
    {
        var refused = await Should.ThrowAsync<RpcException>(async () => await call);
        call.GetStatus().StatusCode.ShouldBe(refused.StatusCode);
        return refused;
    }
}
