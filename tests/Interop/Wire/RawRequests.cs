using System.Globalization;
using System.Net;
using Coordination.Interop.Wire.V1;

namespace Coordination.Interop.Wire;

/// <summary>What our server makes of requests that no gRPC client would send. The connection survives each.</summary>
public sealed class RawRequests(WireServer server) : IAsyncLifetime
{
    const int Limit = 30_000;
    const string Service = "/coordination.interop.v1.WireService";
    const string Ok = "0";
    const string DeadlineExceeded = "4";
    const string ResourceExhausted = "8";
    const string Unimplemented = "12";
    const string Internal = "13";

    static readonly byte[] Hello = RawCaller.Frame(new EchoRequest { Text = "hello" });

    // A SumRequest or a ChatRequest, as one likes.
    static readonly byte[] Number = RawCaller.Frame(new SumRequest { Number = 300 });

    readonly RawCaller _caller = new(server.Clear);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>On which every test makes its requests.</summary>
    string? _connection;

    public async ValueTask InitializeAsync() => _connection = (await _caller.PostAsync($"{Service}/Echo", Hello)).Connection;

    public ValueTask DisposeAsync()
    {
        _caller.Dispose();
        return default;
    }

    [Theory(Timeout = Limit)]
    [InlineData("application/grpc")]
    [InlineData("application/grpc+proto")]
    [InlineData("application/grpc; charset=utf-8")]
    public async Task A_well_formed_request_is_answered_with_headers_message_and_trailers(string contentType)
    {
        var answer = await _caller.PostAsync($"{Service}/Echo", Hello, ("content-type", contentType));
        answer.Http.ShouldBe(200);
        answer.StatusInHeaders.ShouldBeNull();
        answer.StatusInTrailers.ShouldBe(Ok);
        answer.Body.ShouldBe(Hello);
    }

    [Theory(Timeout = Limit)]
    [InlineData("application/json")]
    [InlineData("application/grpc-web")]
    [InlineData("application/grpcs")]
    public async Task A_content_type_that_is_not_grpc_is_an_unsupported_media_type(string contentType)
    {
        (await _caller.PostAsync($"{Service}/Echo", Hello, ("content-type", contentType))).Http.ShouldBe(415);
        await StillAliveAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task A_request_over_HTTP_1_is_told_to_upgrade()
    {
        using var http = new HttpClient();
        using var content = new ByteArrayContent(Hello);
        content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        using var response = await http.PostAsync(new Uri(server.Http1, $"{Service}/Echo"), content, Token);
        response.StatusCode.ShouldBe(HttpStatusCode.UpgradeRequired);
    }

    [Theory(Timeout = Limit)]
    [InlineData("/coordination.interop.v1.WireService/Nothing")]
    [InlineData("/coordination.interop.v1.NoService/Echo")]
    public async Task What_is_not_mapped_is_unimplemented_in_one_block_of_headers(string path)
    {
        var answer = await _caller.PostAsync(path, Hello);
        answer.Http.ShouldBe(200);
        answer.StatusInHeaders.ShouldBe(Unimplemented);
        answer.Body.ShouldBeEmpty();
        await StillAliveAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task What_is_not_mapped_and_not_grpc_is_left_to_others()
    {
        (await _caller.PostAsync("/page/unknown", [], ("content-type", "text/plain"))).Http.ShouldBe(404);
    }

    public static TheoryData<string, byte[], string> BrokenBodies => new()
    {
        { "no message at all", [], Unimplemented },
        { "two messages", [.. Hello, .. Hello], Unimplemented },
        { "half a prefix", Hello[..3], Internal },
        { "a prefix alone", Hello[..5], Internal },
        { "half a message", Hello[..8], Internal },
        { "garbage after the message", [.. Hello, 1, 2, 3], Internal },
        { "a flag of 2", RawCaller.Frame(2, [1]), Internal },
        { "a flag of 255 and the longest length", RawCaller.Frame(255, [], uint.MaxValue), Internal },
        { "not protobuf", RawCaller.Frame(0, [0xff, 0xff, 0xff]), Internal },
        { "text that is not UTF-8", RawCaller.Frame(0, [10, 2, 0xc3, 0x28]), Ok },
        { "the longest length, and nothing behind it", RawCaller.Frame(0, [], uint.MaxValue), ResourceExhausted },
        { "one byte beyond the limit, and nothing behind it", RawCaller.Frame(0, [], (4 * 1024 * 1024) + 1), ResourceExhausted },
        { "compressed without an encoding", RawCaller.Frame(1, [1]), Internal },
    };

    [Theory(Timeout = Limit)]
    [MemberData(nameof(BrokenBodies))]
    public async Task A_broken_body_has_its_status(string what, byte[] body, string status)
    {
        var answer = await _caller.PostAsync($"{Service}/Echo", body);
        answer.Status.ShouldBe(status, what);
        await StillAliveAsync();
    }

    public static TheoryData<string, byte[], string> BrokenStreams => new()
    {
        { "nothing", [], Ok },
        { "half a prefix", Number[..3], Internal },
        { "half a message", Number[..^1], Internal },
        { "a flag of 2", RawCaller.Frame(2, [1]), Internal },
        { "not protobuf", RawCaller.Frame(0, [0xff, 0xff, 0xff]), Internal },
        { "one byte beyond the limit, and nothing behind it", RawCaller.Frame(0, [], (4 * 1024 * 1024) + 1), ResourceExhausted },
        { "compressed without an encoding", RawCaller.Frame(1, [1]), Internal },
    };

    [Theory(Timeout = Limit)]
    [MemberData(nameof(BrokenStreams))]
    public async Task A_stream_that_breaks_after_its_first_message_has_its_status(string what, byte[] rest, string status)
    {
        (await _caller.PostAsync($"{Service}/Sum", [.. Number, .. rest])).Status.ShouldBe(status, what);
        var chat = await _caller.PostAsync($"{Service}/Chat", [.. Number, .. rest]);
        chat.StatusInTrailers.ShouldBe(status, what);
        ChatResponse.Parser.ParseFrom(chat.Body.AsSpan(5)).Number.ShouldBe(300);
        await StillAliveAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task A_stream_of_answers_takes_exactly_one_message()
    {
        var request = RawCaller.Frame(new CountRequest { Id = "raw count", Messages = 2 });
        var answer = await _caller.PostAsync($"{Service}/Count", request);
        answer.StatusInTrailers.ShouldBe(Ok);
        answer.Body.ShouldBe([.. RawCaller.Frame(new CountResponse { Number = 1 }), .. RawCaller.Frame(new CountResponse { Number = 2 })]);
        (await _caller.PostAsync($"{Service}/Count", [])).StatusInHeaders.ShouldBe(Unimplemented);
        (await _caller.PostAsync($"{Service}/Count", [.. request, .. request])).StatusInHeaders.ShouldBe(Unimplemented);
    }

    [Fact(Timeout = Limit)]
    public async Task A_stream_without_a_message_ends_in_one_block_of_headers()
    {
        (await _caller.PostAsync($"{Service}/Count", RawCaller.Frame(new CountRequest { Id = "raw none" }))).StatusInHeaders.ShouldBe(Ok);
    }

    [Fact(Timeout = Limit)]
    public async Task A_compressed_message_is_unimplemented_and_the_answer_names_what_is_accepted()
    {
        var answer = await _caller.PostAsync($"{Service}/Echo", RawCaller.Frame(1, [1, 2, 3]), ("grpc-encoding", "gzip"));
        answer.StatusInHeaders.ShouldBe(Unimplemented);
        answer.AcceptEncoding.ShouldBe("identity");
        await StillAliveAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task A_request_beyond_the_size_of_its_method_is_exhausted()
    {
        (await _caller.PostAsync($"{Service}/SumLittle", [.. Enumerable.Repeat(Number, 100).SelectMany(message => message)])).Status.ShouldBe(Ok);
        (await _caller.PostAsync($"{Service}/SumLittle", [.. Enumerable.Repeat(Number, 200).SelectMany(message => message)])).Status.ShouldBe(ResourceExhausted);
        (await _caller.PostAsync($"{Service}/Sum", [.. Enumerable.Repeat(Number, 200).SelectMany(message => message)])).Status.ShouldBe(Ok);
        await StillAliveAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task A_request_that_does_not_say_te_trailers_is_internal_for_its_status_could_get_lost()
    {
        var answer = await _caller.PostAsync($"{Service}/Echo", Hello, ("te", ""));
        answer.StatusInHeaders.ShouldBe(Internal);
        answer.Body.ShouldBeEmpty();
        await StillAliveAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task A_message_that_could_be_compressed_but_is_not_is_taken()
    {
        (await _caller.PostAsync($"{Service}/Echo", Hello, ("grpc-encoding", "gzip"))).Status.ShouldBe(Ok);
    }

    [Theory(Timeout = Limit)]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("S")]
    [InlineData("1s")]
    [InlineData("1.5S")]
    [InlineData("-1S")]
    [InlineData("+1S")]
    [InlineData("1 S")]
    [InlineData("1SS")]
    [InlineData("123456789S")]
    [InlineData("١S")]
    public async Task A_malformed_timeout_is_internal(string timeout)
    {
        var answer = await _caller.PostAsync($"{Service}/Echo", Hello, ("grpc-timeout", Uri.EscapeDataString(timeout)));
        answer.Status.ShouldBe(Internal);
        await StillAliveAsync();
    }

    [Theory(Timeout = Limit)]
    [InlineData("1H")]
    [InlineData("99999999H")]
    [InlineData("1M")]
    [InlineData("20S")]
    [InlineData("20000m")]
    [InlineData("20000000u")]
    public async Task A_timeout_that_is_not_over_lets_the_call_through(string timeout)
    {
        (await _caller.PostAsync($"{Service}/Echo", Hello, ("grpc-timeout", timeout))).Status.ShouldBe(Ok);
    }

    [Theory(Timeout = Limit)]
    [InlineData("200m", false)]
    [InlineData("200m", true)]
    [InlineData("200000u", false)]
    [InlineData("1n", true)]
    [InlineData("0S", true)]
    public async Task A_server_answers_at_the_deadline_though_its_handler_sleeps_on(string timeout, bool stubborn)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"raw {timeout} {stubborn}");
        var answer = await _caller.PostAsync($"{Service}/Sleep", RawCaller.Frame(new SleepRequest { Id = id, Stubborn = stubborn }), ("grpc-timeout", timeout));
        answer.Status.ShouldBe(DeadlineExceeded);

        // The handler of the stubborn one still sleeps here, and the connection serves others.
        await StillAliveAsync();
        server.Sleepers[id].Released.TrySetResult();
    }

    [Theory(Timeout = Limit)]
    [InlineData("AQI", "x-data-bin=0102")]
    [InlineData("AQI=", "x-data-bin=0102")]
    [InlineData("AQI,AwQ=", "x-data-bin=0102;x-data-bin=0304")]
    [InlineData("AQI, AwQ", "x-data-bin=0102;x-data-bin=0304")]
    [InlineData("not base64!", "")]
    [InlineData("A", "")]
    public async Task Binary_metadata_is_read_padded_or_not_and_joined_by_commas(string header, string seen)
    {
        var answer = await _caller.PostAsync($"{Service}/Reflect", RawCaller.Frame(new ReflectRequest()), ("x-data-bin", header));
        answer.Status.ShouldBe(Ok);
        string.Join(';', ReflectResponse.Parser.ParseFrom(answer.Body.AsSpan(5)).Seen).ShouldBe(seen);
    }

    [Fact(Timeout = Limit)]
    public async Task Metadata_of_a_name_that_gRPC_does_not_know_fails_no_call()
    {
        var answer = await _caller.PostAsync($"{Service}/Reflect", RawCaller.Frame(new ReflectRequest()), ("x-odd!name", "value"));
        answer.Status.ShouldBe(Ok);
        ReflectResponse.Parser.ParseFrom(answer.Body.AsSpan(5)).Seen.ShouldBeEmpty();
    }

    [Fact(Timeout = Limit)]
    public async Task The_words_of_a_status_travel_percent_encoded()
    {
        var answer = await _caller.PostAsync($"{Service}/Fail", RawCaller.Frame(new FailRequest { Code = 5, Message = " 100% é\n" }));
        answer.Message.ShouldBe("%20100%25 %C3%A9%0A");
    }

    [Fact(Timeout = Limit)]
    public async Task A_request_that_breaks_off_leaves_the_connection_alive()
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var content = new NeverEnding(Hello[..8]);
        var sending = _caller.SendAsync($"{Service}/Echo", content, giveUp.Token);
        await content.Sent.WaitAsync(Token);
        await giveUp.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => sending);
        await StillAliveAsync();
    }

    async Task StillAliveAsync()
    {
        var answer = await _caller.PostAsync($"{Service}/Echo", Hello);
        answer.Status.ShouldBe(Ok);
        answer.Connection.ShouldBe(_connection.ShouldNotBeNull());
    }

    /// <summary>A body that sends a little and then waits to be cancelled.</summary>
    sealed class NeverEnding(byte[] start) : HttpContent
    {
        readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Sent => _sent.Task;

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(start, cancellationToken);
            await stream.FlushAsync(cancellationToken);
            _sent.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
