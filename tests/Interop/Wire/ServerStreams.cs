using System.Net.Sockets;
using Coordination.Interop.Wire.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Coordination.Interop.Wire;

/// <summary>One request and many answers, between our two sides.</summary>
public sealed class ServerStreams(WireServer server) : IDisposable
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
    public async Task Every_message_comes_in_order_and_then_status_and_trailers(int messages)
    {
        using var call = Client.Count(new CountRequest { Id = $"all {messages}", Messages = messages, Size = 100 }, cancellationToken: Token);
        (await NumbersAsync(call)).ShouldBe(Enumerable.Range(1, messages));
        call.GetStatus().ShouldBe(Status.DefaultSuccess);
        call.GetTrailers().GetValue("x-written").ShouldBe($"{messages}");
        (await call.ResponseStream.MoveNext(Token)).ShouldBeFalse();
    }

    [Fact(Timeout = Limit)]
    public async Task Headers_and_messages_come_before_the_stream_ends()
    {
        using var call = Client.Count(new CountRequest { Id = "early", Messages = 2, Wait = true }, cancellationToken: Token);
        await call.ResponseHeadersAsync;
        (await call.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        (await call.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        call.ResponseStream.Current.Number.ShouldBe(2);
        Should.Throw<InvalidOperationException>(() => call.GetStatus());
        server.Sleepers["early"].Released.SetResult();
        (await call.ResponseStream.MoveNext(Token)).ShouldBeFalse();
        Should.Throw<InvalidOperationException>(() => call.ResponseStream.Current);
    }

    [Theory(Timeout = Limit)]
    [InlineData(0)]
    [InlineData(3)]
    public async Task An_error_comes_after_the_messages_before_it(int messages)
    {
        using var call = Client.Count(new CountRequest { Id = $"error {messages}", Messages = messages, Code = (int)StatusCode.NotFound, Message = "ไม่พบ" }, cancellationToken: Token);
        for (var i = 0; i < messages; i++) (await call.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        for (var i = 0; i < 2; i++)
        {
            var refused = await Should.ThrowAsync<RpcException>(() => call.ResponseStream.MoveNext(Token));
            refused.Status.ShouldBe(new Status(StatusCode.NotFound, "ไม่พบ"));
            refused.Trailers.GetValue("x-reason").ShouldBe("told to");
        }

        call.GetTrailers().GetValue("x-written").ShouldBe($"{messages}");
    }

    [Theory(Timeout = Limit)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_deadline_ends_the_stream_at_both_sides(bool reading)
    {
        var id = $"stream deadline {reading}";
        using var call = Client.Count(new CountRequest { Id = id, Messages = 2, Wait = true }, deadline: Now.AddSeconds(2), cancellationToken: Token);
        (await call.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        if (!reading) await server.Sleepers[id].Gone.Task.WaitAsync(Token);
        (await RefusedAsync(call)).StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
        await server.Sleepers[id].Cancelled.Task.WaitAsync(Token);
        await server.Sleepers[id].Gone.Task.WaitAsync(Token);
    }

    [Theory(Timeout = Limit)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_ceiling_of_the_server_ends_a_stream_that_has_one(bool stubborn)
    {
        var id = $"stream ceiling {stubborn}";
        using var call = Client.CountUnderCeiling(new CountRequest { Id = id, Messages = 2, Wait = true, Stubborn = stubborn }, cancellationToken: Token);
        (await RefusedAsync(call)).StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
        server.Sleepers[id].Released.TrySetResult();
        await server.Sleepers[id].Gone.Task.WaitAsync(Token);
    }

    public static TheoryData<string> WaysToLeave => ["token", "dispose", "token of the read", "channel"];

    [Theory(Timeout = Limit)]
    [MemberData(nameof(WaysToLeave))]
    public async Task A_caller_that_leaves_frees_the_handler(string way)
    {
        var id = $"left by {way}";
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var channel = GrpcChannel.ForAddress(server.Clear);
        using var call = new WireService.WireServiceClient(channel).Count(
            new CountRequest { Id = id, Messages = 1, Wait = true }, cancellationToken: way == "token" ? leaving.Token : Token);
        (await call.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        var next = call.ResponseStream.MoveNext(way == "token of the read" ? leaving.Token : Token);
        if (way == "dispose") call.Dispose();
        else if (way == "channel") channel.Dispose();
        else await leaving.CancelAsync();

        (await Should.ThrowAsync<RpcException>(() => next)).StatusCode.ShouldBe(StatusCode.Cancelled);
        call.GetStatus().StatusCode.ShouldBe(StatusCode.Cancelled);
        await server.Sleepers[id].Cancelled.Task.WaitAsync(Token);
        await server.Sleepers[id].Gone.Task.WaitAsync(Token);
    }

    [Fact(Timeout = Limit)]
    public async Task A_connection_that_is_lost_frees_the_handler_and_is_unavailable()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var handler = new SocketsHttpHandler();
        handler.ConnectCallback = async (context, token) =>
        {
            await socket.ConnectAsync(context.DnsEndPoint, token);
            return new NetworkStream(socket);
        };
        using var channel = GrpcChannel.ForAddress(server.Clear, new GrpcChannelOptions { HttpHandler = handler });
        using var call = new WireService.WireServiceClient(channel).Count(new CountRequest { Id = "lost", Messages = 1, Wait = true }, cancellationToken: Token);
        (await call.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        var next = call.ResponseStream.MoveNext(Token);
        socket.Close(0);
        (await Should.ThrowAsync<RpcException>(() => next)).StatusCode.ShouldBe(StatusCode.Unavailable);
        await server.Sleepers["lost"].Cancelled.Task.WaitAsync(Token);
        await server.Sleepers["lost"].Gone.Task.WaitAsync(Token);
    }

    [Fact(Timeout = Limit)]
    public async Task A_call_that_is_disposed_while_nobody_reads_frees_a_handler_that_writes_for_ever()
    {
        var sleeper = server.Sleepers["unread"];
        var call = Client.Count(new CountRequest { Id = "unread", Messages = int.MaxValue, Size = 10_000 }, cancellationToken: Token);
        await call.ResponseHeadersAsync;
        await sleeper.StandstillAsync();
        call.Dispose();
        await sleeper.Gone.Task.WaitAsync(Token);
        (await Should.ThrowAsync<RpcException>(() => call.ResponseStream.MoveNext(Token))).StatusCode.ShouldBe(StatusCode.Cancelled);
    }

    [Fact(Timeout = Limit)]
    public async Task A_reader_that_waits_makes_the_handler_wait_and_loses_nothing()
    {
        const int messages = 2_000;
        var sleeper = server.Sleepers["slow"];
        using var call = Client.Count(new CountRequest { Id = "slow", Messages = messages, Size = 10_000 }, cancellationToken: Token);
        (await call.ResponseStream.MoveNext(Token)).ShouldBeTrue();

        // Windows and buffers of both sides together are well below a megabyte, which is 100 messages.
        (await sleeper.StandstillAsync()).ShouldBeLessThan(100);
        (await NumbersAsync(call)).ShouldBe(Enumerable.Range(2, messages - 1));
    }

    [Fact(Timeout = Limit)]
    public async Task A_deadline_frees_a_handler_whose_caller_does_not_read()
    {
        var sleeper = server.Sleepers["blocked"];
        using var caller = new RawCaller(server.Clear);
        using var response = await caller.OpenAsync(
            "/coordination.interop.v1.WireService/Count", RawCaller.Frame(new CountRequest { Id = "blocked", Messages = int.MaxValue, Size = 10_000 }), ("grpc-timeout", "500m"));
        await sleeper.Gone.Task.WaitAsync(Token);

        // Once it reads on, it finds what was under way, and why that is all.
        await response.Content.ReadAsByteArrayAsync(Token);
        response.TrailingHeaders.GetValues("grpc-status").ShouldBe(["4"]);
    }

    [Fact(Timeout = Limit)]
    public async Task A_message_beyond_the_limit_of_the_client_ends_the_stream()
    {
        using var channel = GrpcChannel.ForAddress(server.Clear, new GrpcChannelOptions { MaxReceiveMessageSize = 1000 });
        using var call = new WireService.WireServiceClient(channel).Count(new CountRequest { Id = "large", Messages = int.MaxValue, Size = 1001 }, cancellationToken: Token);
        (await RefusedAsync(call)).StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        await server.Sleepers["large"].Gone.Task.WaitAsync(Token);
    }

    [Fact(Timeout = Limit)]
    public async Task A_second_read_before_the_first_is_done_is_a_mistake()
    {
        using var call = Client.Count(new CountRequest { Id = "two readers", Wait = true }, cancellationToken: Token);
        var first = call.ResponseStream.MoveNext(Token);
        await Should.ThrowAsync<InvalidOperationException>(() => call.ResponseStream.MoveNext(Token));
        server.Sleepers["two readers"].Released.SetResult();
        (await first).ShouldBeFalse();
    }

    [Fact(Timeout = Limit)]
    public async Task A_request_beyond_the_limit_of_the_client_is_not_sent()
    {
        using var channel = GrpcChannel.ForAddress(server.Clear, new GrpcChannelOptions { MaxSendMessageSize = 100 });
        using var call = new WireService.WireServiceClient(channel).Count(new CountRequest { Id = new string('x', 200) }, cancellationToken: Token);
        (await RefusedAsync(call)).StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        (await Should.ThrowAsync<RpcException>(() => call.ResponseHeadersAsync)).StatusCode.ShouldBe(StatusCode.ResourceExhausted);
    }

    [Fact(Timeout = Limit)]
    public async Task Many_streams_share_one_connection()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 50).Select(async n =>
        {
            using var call = Client.Count(new CountRequest { Id = $"many {n}", Messages = 20 }, cancellationToken: Token);
            return (await NumbersAsync(call)).Count;
        }));
        all.ShouldAllBe(count => count == 20);
    }

    static async Task<List<int>> NumbersAsync(AsyncServerStreamingCall<CountResponse> call)
    {
        var numbers = new List<int>();
        await foreach (var message in call.ResponseStream.ReadAllAsync(Token)) numbers.Add(message.Number);
        return numbers;
    }

    static async Task<RpcException> RefusedAsync(AsyncServerStreamingCall<CountResponse> call)
    {
        var refused = await Should.ThrowAsync<RpcException>(() => NumbersAsync(call));
        call.GetStatus().StatusCode.ShouldBe(refused.StatusCode);
        return refused;
    }
}
