using System.Diagnostics;
using System.Globalization;
using Coordination.Interop.Wire.V1;
using Coordination.Local;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Coordination.Interop.Wire;

/// <summary>Our client against servers that the project did not write: the same list for each.</summary>
public abstract class ForeignServers(ForeignServer server)
{
    const int Limit = 60_000;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_message_comes_back_as_it_went()
    {
        var payload = ByteString.CopyFrom(0, 1, 255);
        (await server.Client.EchoAsync(new EchoRequest { Text = "ສະບາຍດີ", Payload = payload }, cancellationToken: Token))
            .ShouldBe(new EchoResponse { Text = "ສະບາຍດີ", Payload = payload });
    }

    [Theory(Timeout = Limit)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_refusal_carries_its_words_and_details(bool afterHeaders)
    {
        var request = new FailRequest { Code = (int)StatusCode.NotFound, Message = "ไม่พบ 100%\n", Details = ByteString.CopyFrom(0, 1, 255), AfterHeaders = afterHeaders };
        var refused = await RefusedAsync(server.Client.FailAsync(request, cancellationToken: Token));
        refused.Status.ShouldBe(new Status(StatusCode.NotFound, "ไม่พบ 100%\n"));
        refused.Trailers.GetValueBytes("grpc-status-details-bin").ShouldBe([0, 1, 255]);
    }

    [Fact(Timeout = Limit)]
    public async Task An_exception_in_the_server_is_unknown()
    {
        (await RefusedAsync(server.Client.FailAsync(new FailRequest { Message = "oh" }, cancellationToken: Token))).StatusCode.ShouldBe(StatusCode.Unknown);
    }

    [Fact(Timeout = Limit)]
    public async Task Text_and_binary_metadata_travel_both_ways()
    {
        using var call = server.Client.ReflectAsync(new ReflectRequest(), new Metadata { { "x-text", "plain" }, { "x-data-bin", [250, 251] } }, cancellationToken: Token);
        (await call).Seen.ShouldBe(["x-text=plain", "x-data-bin=fafb"], ignoreOrder: true);
        (await call.ResponseHeadersAsync).GetValueBytes("x-data-bin").ShouldBe([250, 251]);
        call.GetTrailers().GetValueBytes("x-data-bin").ShouldBe([250, 251]);
        call.GetTrailers().GetValue("x-text").ShouldBe("plain");
    }

    [Fact(Timeout = Limit)]
    public async Task A_deadline_ends_the_call()
    {
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(300);
        (await RefusedAsync(server.Client.SleepAsync(new SleepRequest(), deadline: deadline, cancellationToken: Token))).StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
    }

    [Fact(Timeout = Limit)]
    public async Task A_caller_that_cancels_gets_cancelled()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        cancel.CancelAfter(TimeSpan.FromMilliseconds(300));
        (await RefusedAsync(server.Client.SleepAsync(new SleepRequest(), cancellationToken: cancel.Token))).StatusCode.ShouldBe(StatusCode.Cancelled);
    }

    [Fact(Timeout = Limit)]
    public async Task A_message_beyond_the_limit_of_the_server_is_refused_and_the_next_is_taken()
    {
        var tooLarge = new EchoRequest { Payload = UnsafeByteOperations.UnsafeWrap(new byte[5_000_000]) };
        (await RefusedAsync(server.Client.EchoAsync(tooLarge, cancellationToken: Token))).StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        (await server.Client.EchoAsync(new EchoRequest { Text = "next" }, cancellationToken: Token)).Text.ShouldBe("next");
    }

    [Fact(Timeout = Limit)]
    public async Task An_answer_beyond_the_limit_of_the_client_is_refused()
    {
        (await server.Client.LargeAsync(new LargeRequest { Size = 4_000_000 }, cancellationToken: Token)).Payload.Length.ShouldBe(4_000_000);
        (await RefusedAsync(server.Client.LargeAsync(new LargeRequest { Size = 5_000_000 }, cancellationToken: Token))).StatusCode.ShouldBe(StatusCode.ResourceExhausted);
    }

    [Fact(Timeout = Limit)]
    public async Task A_method_that_nobody_implements_is_unimplemented()
    {
        (await RefusedAsync(server.Client.MissingAsync(new MissingRequest(), cancellationToken: Token))).StatusCode.ShouldBe(StatusCode.Unimplemented);
    }

    [Fact(Timeout = Limit)]
    public async Task The_server_learns_which_client_calls()
    {
        (await server.Client.WhoAmIAsync(new WhoAmIRequest(), cancellationToken: Token)).User.ShouldStartWith("grpc-dotnet");
    }

    [Theory(Timeout = Limit)]
    [InlineData(0)]
    [InlineData(1000)]
    public async Task A_stream_brings_its_messages_and_then_its_trailers(int messages)
    {
        using var call = server.Client.Count(new CountRequest { Messages = messages }, cancellationToken: Token);
        (await NumbersAsync(call.ResponseStream)).ShouldBe(Enumerable.Range(1, messages));
        call.GetStatus().StatusCode.ShouldBe(StatusCode.OK);
        call.GetTrailers().GetValue("x-written").ShouldBe($"{messages}");
    }

    [Fact(Timeout = Limit)]
    public async Task An_error_comes_after_the_messages_before_it()
    {
        using var call = server.Client.Count(new CountRequest { Messages = 3, Code = (int)StatusCode.NotFound, Message = "ไม่พบ" }, cancellationToken: Token);
        for (var i = 0; i < 3; i++) (await call.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        var refused = await Should.ThrowAsync<RpcException>(() => call.ResponseStream.MoveNext(Token));
        refused.Status.ShouldBe(new Status(StatusCode.NotFound, "ไม่พบ"));
        refused.Trailers.GetValue("x-written").ShouldBe("3");
    }

    [Fact(Timeout = Limit)]
    public async Task A_deadline_ends_a_stream()
    {
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(2);
        using var call = server.Client.Count(new CountRequest { Messages = 2, Wait = true }, deadline: deadline, cancellationToken: Token);
        (await Should.ThrowAsync<RpcException>(() => NumbersAsync(call.ResponseStream))).StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
    }

    [Fact(Timeout = Limit)]
    public async Task A_message_of_a_stream_beyond_the_limit_of_the_client_is_refused()
    {
        using var call = server.Client.Count(new CountRequest { Messages = 2, Size = 5_000_000 }, cancellationToken: Token);
        (await Should.ThrowAsync<RpcException>(() => NumbersAsync(call.ResponseStream))).StatusCode.ShouldBe(StatusCode.ResourceExhausted);
    }

    [Theory(Timeout = Limit)]
    [InlineData(0)]
    [InlineData(1000)]
    public async Task A_stream_of_requests_is_answered_once(int messages)
    {
        using var call = server.Client.Sum(cancellationToken: Token);
        for (var number = 1; number <= messages; number++) await call.RequestStream.WriteAsync(new SumRequest { Number = number }, Token);
        await call.RequestStream.CompleteAsync();
        (await call).Messages.ShouldBe(messages);
        call.GetTrailers().GetValue("x-read").ShouldBe($"{messages}");
    }

    [Fact(Timeout = Limit)]
    public async Task A_refusal_reaches_who_still_writes_and_who_waits_for_the_answer()
    {
        using var call = server.Client.Sum(cancellationToken: Token);
        var writing = await Should.ThrowAsync<RpcException>(async () =>
        {
            while (true) await call.RequestStream.WriteAsync(new SumRequest { Code = (int)StatusCode.FailedPrecondition }, Token);
        });
        writing.Status.ShouldBe(new Status(StatusCode.FailedPrecondition, "as told"));
        (await Should.ThrowAsync<RpcException>(async () => await call)).Trailers.GetValue("x-reason").ShouldBe("told to");
    }

    [Theory(Timeout = Limit)]
    [InlineData(0)]
    [InlineData(1000)]
    public async Task A_chat_answers_each_message_and_then_brings_its_trailers(int messages)
    {
        using var call = server.Client.Chat(cancellationToken: Token);
        for (var number = 1; number <= messages; number++)
        {
            await call.RequestStream.WriteAsync(new ChatRequest { Number = number }, Token);
            (await call.ResponseStream.MoveNext(Token)).ShouldBeTrue();
            call.ResponseStream.Current.Number.ShouldBe(number);
        }

        await call.RequestStream.CompleteAsync();
        (await call.ResponseStream.MoveNext(Token)).ShouldBeFalse();
        call.GetTrailers().GetValue("x-written").ShouldBe($"{messages}");
    }

    [Fact(Timeout = Limit)]
    public async Task A_chat_ends_with_its_error_or_at_its_deadline()
    {
        using var refused = server.Client.Chat(cancellationToken: Token);
        await refused.RequestStream.WriteAsync(new ChatRequest { Number = 1 }, Token);
        var last = refused.RequestStream.WriteAsync(new ChatRequest { Code = (int)StatusCode.FailedPrecondition }, Token);
        (await refused.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        var refusal = await Should.ThrowAsync<RpcException>(() => refused.ResponseStream.MoveNext(Token));
        refusal.Status.ShouldBe(new Status(StatusCode.FailedPrecondition, "as told"));
        refusal.Trailers.GetValue("x-reason").ShouldBe("told to");

        // The refusal may be here before the write that called for it is done.
        await last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

        using var late = server.Client.Chat(deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(2), cancellationToken: Token);
        await late.RequestStream.WriteAsync(new ChatRequest { Number = 1 }, Token);
        (await late.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        (await Should.ThrowAsync<RpcException>(() => late.ResponseStream.MoveNext(Token))).StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
    }

    [Fact(Timeout = Limit)]
    public async Task A_server_that_falls_silent_is_unavailable()
    {
        await using var other = Another();
        await other.InitializeAsync();
        using var handler = new SocketsHttpHandler { KeepAlivePingDelay = TimeSpan.FromSeconds(1), KeepAlivePingTimeout = TimeSpan.FromSeconds(1) };
        using var channel = GrpcChannel.ForAddress(other.Address, new GrpcChannelOptions { HttpHandler = handler });
        using var call = new WireService.WireServiceClient(channel).Chat(cancellationToken: Token);
        await call.RequestStream.WriteAsync(new ChatRequest { Number = 1 }, Token);
        (await call.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        await Programs.RunAsync("kill", ["-STOP", $"{other.Id}"], "", Token);
        (await Should.ThrowAsync<RpcException>(() => call.ResponseStream.MoveNext(Token))).StatusCode.ShouldBe(StatusCode.Unavailable);
    }

    [Fact(Timeout = Limit)]
    public async Task A_server_that_takes_no_new_calls_ends_those_under_way()
    {
        await using var other = Another();
        await other.InitializeAsync();
        using var call = other.Client.Chat(cancellationToken: Token);
        await call.RequestStream.WriteAsync(new ChatRequest { Number = 1 }, Token);
        (await call.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        await other.TakeNoNewCallsAsync();

        (await Poll.UntilAsync(IsRefusedAsync, TimeSpan.FromSeconds(30), Token)).ShouldBeTrue();
        await call.RequestStream.WriteAsync(new ChatRequest { Number = 2 }, Token);
        (await call.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        call.ResponseStream.Current.Number.ShouldBe(2);
        await call.RequestStream.CompleteAsync();
        (await call.ResponseStream.MoveNext(Token)).ShouldBeFalse();

        async Task<bool> IsRefusedAsync()
        {
            try
            {
                await other.Client.EchoAsync(new EchoRequest(), deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(5), cancellationToken: Token);
                return false;
            }
            catch (RpcException refused) when (refused.StatusCode is not StatusCode.Cancelled)
            {
                refused.StatusCode.ShouldBe(StatusCode.Unavailable);
                return true;
            }
            catch (RpcException)
            {
                // It came in just as the server closed: such a call is broken off.
                return false;
            }
        }
    }

    /// <summary>A server of a test's own.</summary>
    protected abstract ForeignServer Another();

    static async Task<List<int>> NumbersAsync(IAsyncStreamReader<CountResponse> stream)
    {
        var numbers = new List<int>();
        await foreach (var message in stream.ReadAllAsync(Token)) numbers.Add(message.Number);
        return numbers;
    }

    static async Task<RpcException> RefusedAsync<T>(AsyncUnaryCall<T> call) => await Should.ThrowAsync<RpcException>(async () => await call);
}

/// <summary>Our client against Debian's python3-grpcio.</summary>
public sealed class PythonServers(PythonServer server, Python python) : ForeignServers(server), IClassFixture<PythonServer>
{
    protected override ForeignServer Another() => new PythonServer(python);
}

/// <summary>Our client against npm's @grpc/grpc-js.</summary>
public sealed class JavaScriptServers(JavaScriptServer server) : ForeignServers(server), IClassFixture<JavaScriptServer>
{
    protected override ForeignServer Another() => new JavaScriptServer();
}

/// <summary>Debian's python3-grpcio.</summary>
public sealed class PythonServer(Python python) : ForeignServer(() => python.StartScript("Wire/wire_server.py")), IAsyncLifetime;

/// <summary>npm's @grpc/grpc-js.</summary>
public sealed class JavaScriptServer() : ForeignServer(() => JavaScript.StartScript("Wire/wire_server.mjs")), IAsyncLifetime;

/// <summary>A server with our client to it; it prints its port, and ends with the fixture or with this process.</summary>
public abstract class ForeignServer(Func<Process> start)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    Process? _process;
    GrpcChannel? _channel;

    internal WireService.WireServiceClient Client => new(_channel);

    internal Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>Of its process.</summary>
    internal int Id => _process!.Id;

    public async ValueTask InitializeAsync()
    {
        _process = start();

        // What a handler's exception prints must not fill the pipe.
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
        var port = await _process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience);
        Address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        _channel = GrpcChannel.ForAddress(Address);
    }

    internal async Task TakeNoNewCallsAsync()
    {
        await _process!.StandardInput.WriteLineAsync("no more");
        await _process.StandardInput.FlushAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        if (_process is null) return;
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
