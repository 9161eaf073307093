using System.Diagnostics;
using System.Text.Json;
using Grpc.Core;

namespace Coordination.Interop.Wire;

/// <summary>Clients that the project did not write against our server: the same list for each.</summary>
public abstract class ForeignClients(WireServer server)
{
    const int Limit = 60_000;

    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_message_comes_back_as_it_went()
    {
        var outcome = await CallAsync("echo");
        outcome.Code.ShouldBe(StatusCode.OK);
        outcome.Answer.ShouldBe("hello 0001");
    }

    [Fact(Timeout = Limit)]
    public async Task A_message_comes_back_under_TLS()
    {
        (await CallAsync("echo", tls: true)).Code.ShouldBe(StatusCode.OK);
    }

    [Fact(Timeout = Limit)]
    public async Task A_refusal_carries_its_words_and_details()
    {
        var outcome = await CallAsync("refusal");
        outcome.Code.ShouldBe(StatusCode.NotFound);
        outcome.Detail.ShouldBe("ไม่พบ 100%\n");
        outcome.Trailers.ShouldBe([["grpc-status-details-bin", "0001ff"], ["x-reason", "told to"]]);
    }

    [Fact(Timeout = Limit)]
    public async Task A_refusal_may_come_after_the_headers()
    {
        var outcome = await CallAsync("refusal after headers");
        outcome.Code.ShouldBe(StatusCode.FailedPrecondition);
        outcome.Headers.ShouldBe([["x-early", "yes"]]);
        outcome.Trailers.ShouldContain(pair => pair[0] == "grpc-status-details-bin" && pair[1] == "01");
    }

    [Fact(Timeout = Limit)]
    public async Task An_unforeseen_exception_tells_the_caller_nothing()
    {
        var outcome = await CallAsync("unforeseen");
        outcome.Code.ShouldBe(StatusCode.Unknown);
        outcome.Detail.ShouldBe("Exception was thrown by handler.");
    }

    [Fact(Timeout = Limit)]
    public async Task Text_and_binary_metadata_travel_both_ways()
    {
        string[][] expected = [["x-data-bin", "fafb"], ["x-more-bin", "fafbfc"], ["x-text", "plain"]];
        var outcome = await CallAsync("metadata");
        outcome.Code.ShouldBe(StatusCode.OK);
        outcome.Headers.ShouldBe(expected);
        outcome.Trailers.ShouldBe(expected);
        outcome.Answer.Split(' ').ShouldBe(["x-text=plain", "x-data-bin=FAFB", "x-more-bin=FAFBFC"], ignoreOrder: true);
    }

    [Theory(Timeout = Limit)]
    [InlineData("deadline")]
    [InlineData("stubborn")]
    public async Task A_deadline_ends_the_call_at_both_sides(string scenario)
    {
        (await CallAsync(scenario)).Code.ShouldBe(StatusCode.DeadlineExceeded);
        var sleeper = server.Sleepers[$"{Language} {scenario}"];
        await sleeper.Cancelled.Task.WaitAsync(Token);
        sleeper.Released.TrySetResult();
        await sleeper.Gone.Task.WaitAsync(Token);
    }

    [Theory(Timeout = Limit)]
    [InlineData("ceiling", StatusCode.DeadlineExceeded)]
    [InlineData("oversize", StatusCode.ResourceExhausted)]
    [InlineData("large", StatusCode.OK)]
    [InlineData("sum large", StatusCode.ResourceExhausted)]
    [InlineData("sum error", StatusCode.FailedPrecondition)]
    [InlineData("unimplemented", StatusCode.Unimplemented)]
    [InlineData("compressed", StatusCode.Unimplemented)]
    [InlineData("unauthenticated", StatusCode.Unauthenticated)]
    public async Task A_call_ends_with_its_status(string scenario, StatusCode status)
    {
        (await CallAsync(scenario)).Code.ShouldBe(status);
    }

    [Theory(Timeout = Limit)]
    [InlineData("count none", 0, StatusCode.OK, "0")]
    [InlineData("count", 1000, StatusCode.OK, "1000")]
    [InlineData("count error", 3, StatusCode.NotFound, "3")]
    [InlineData("chat none", 0, StatusCode.OK, "0")]
    [InlineData("chat", 1000, StatusCode.OK, "1000")]
    [InlineData("chat error", 3, StatusCode.FailedPrecondition, null)]
    public async Task A_stream_brings_its_messages_and_then_its_status_and_trailers(string scenario, int messages, StatusCode status, string? written)
    {
        var outcome = await CallAsync(scenario);
        outcome.Answer.ShouldBe(string.Join(' ', Enumerable.Range(1, messages)));
        outcome.Code.ShouldBe(status);
        outcome.Trailers.SingleOrDefault(pair => pair[0] == "x-written")?[1].ShouldBe(written);
        outcome.Trailers.Any(pair => pair[0] == "x-reason").ShouldBe(status != StatusCode.OK);
    }

    [Theory(Timeout = Limit)]
    [InlineData("sum none", "0 of 0", "0")]
    [InlineData("sum", "500500 of 1000", "1000")]
    public async Task A_stream_of_requests_is_answered_once(string scenario, string answer, string read)
    {
        var outcome = await CallAsync(scenario);
        outcome.Code.ShouldBe(StatusCode.OK);
        outcome.Answer.ShouldBe(answer);
        outcome.Trailers.ShouldBe([["x-read", read]]);
    }

    [Fact(Timeout = Limit)]
    public async Task A_deadline_ends_a_stream_of_requests_at_both_sides()
    {
        (await CallAsync("sum deadline")).Code.ShouldBe(StatusCode.DeadlineExceeded);
        await server.Sleepers[$"{Language} sum deadline"].Gone.Task.WaitAsync(Token);
    }

    [Theory(Timeout = Limit)]
    [InlineData("count deadline", StatusCode.DeadlineExceeded)]
    [InlineData("count left", StatusCode.Cancelled)]
    [InlineData("chat deadline", StatusCode.DeadlineExceeded)]
    [InlineData("chat left", StatusCode.Cancelled)]
    [InlineData("count ceiling", StatusCode.DeadlineExceeded)]
    public async Task A_stream_that_ends_before_its_time_frees_the_handler(string scenario, StatusCode status)
    {
        var outcome = await CallAsync(scenario);
        outcome.Code.ShouldBe(status);
        outcome.Answer.ShouldBe("1 2");
        await server.Sleepers[$"{Language} {scenario}"].Gone.Task.WaitAsync(Token);
    }

    [Fact(Timeout = Limit)]
    public async Task A_slow_reader_makes_the_handler_wait_and_loses_nothing()
    {
        var reading = CallAsync("count slow");
        var sleeper = server.Sleepers[$"{Language} count slow"];
        (await sleeper.StandstillAsync()).ShouldBeLessThan(1000);
        (await reading).Answer.ShouldBe("1999");
    }

    [Fact(Timeout = Limit)]
    public async Task A_server_that_stops_answers_what_is_under_way_and_tells_streams_to_call_again()
    {
        await using var other = new WireServer();
        await other.InitializeAsync();
        var (call, stream) = (CallAsync("sleep", other), CallAsync("count waits", other));
        var (sleeper, counter) = (other.Sleepers[$"{Language} sleep"], other.Sleepers[$"{Language} count waits"]);
        await Task.WhenAll(sleeper.Asleep.Task, counter.Asleep.Task).WaitAsync(Token);

        var stopping = other.StopAsync();
        (await stream).Code.ShouldBe(StatusCode.Unavailable);
        await counter.Gone.Task.WaitAsync(Token);
        sleeper.Released.SetResult();
        (await call).Code.ShouldBe(StatusCode.OK);
        await stopping;
    }

    [Fact(Timeout = Limit)]
    public async Task A_caller_that_falls_silent_frees_the_handler()
    {
        await using var other = new WireServer(TimeSpan.FromSeconds(1));
        await other.InitializeAsync();
        using var silent = StartClient([other.Clear.Authority, "count waits"]);
        try
        {
            await other.Sleepers[$"{Language} count waits"].Asleep.Task.WaitAsync(Token);
            await Programs.RunAsync("kill", ["-STOP", $"{silent.Id}"], "", Token);
            await other.Sleepers[$"{Language} count waits"].Gone.Task.WaitAsync(Token);
        }
        finally
        {
            silent.Kill();
            await silent.WaitForExitAsync(CancellationToken.None);
        }
    }

    /// <summary>In whose name its calls go.</summary>
    protected abstract string Language { get; }

    /// <summary>Starts the client in that language, which prints what it was told.</summary>
    protected abstract Process StartClient(string[] arguments);

    Task<Outcome> CallAsync(string scenario, bool tls = false) =>
        tls ? CallAsync([$"localhost:{server.Tls.Port}", scenario, server.CertificateFile]) : CallAsync(scenario, server);

    Task<Outcome> CallAsync(string scenario, WireServer at) => CallAsync([at.Clear.Authority, scenario]);

    async Task<Outcome> CallAsync(string[] arguments)
    {
        using var client = StartClient(arguments);
        return JsonSerializer.Deserialize<Outcome>(await Programs.ReadToEndAsync(client, input: "", Token), Json)!;
    }

    /// <summary>What the client was told; bytes in hexadecimal digits.</summary>
    sealed record Outcome(StatusCode Code, string Detail, string Answer, string[][] Headers, string[][] Trailers);
}

/// <summary>Debian's python3-grpcio.</summary>
public sealed class PythonClients(WireServer server, Python python) : ForeignClients(server)
{
    protected override string Language => "python";

    protected override Process StartClient(string[] arguments) => python.StartScript("Wire/wire_client.py", arguments);
}

/// <summary>npm's @grpc/grpc-js.</summary>
public sealed class JavaScriptClients(WireServer server) : ForeignClients(server)
{
    protected override string Language => "javascript";

    protected override Process StartClient(string[] arguments) => JavaScript.StartScript("Wire/wire_client.mjs", arguments);
}
