using System.Text.Json;
using Grpc.Core;

namespace Coordination.Interop.Wire;

public sealed class PythonClientOurServer(WireServer server, Python python)
{
    const int Limit = 60_000;

    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_message_comes_back_as_it_went()
    {
        var outcome = await CallAsync("echo");
        outcome.Code.ShouldBe(StatusCode.OK);
        outcome.Answer.ShouldBe("text: \"hello\"\npayload: \"\\000\\001\"\n");
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
        foreach (var seen in (string[])["x-text=plain", "x-data-bin=FAFB", "x-more-bin=FAFBFC"]) outcome.Answer.ShouldContain($"seen: \"{seen}\"");
    }

    [Theory(Timeout = Limit)]
    [InlineData("deadline")]
    [InlineData("stubborn")]
    public async Task A_deadline_ends_the_call_at_both_sides(string scenario)
    {
        (await CallAsync(scenario)).Code.ShouldBe(StatusCode.DeadlineExceeded);
        var sleeper = server.Sleepers[$"python {scenario}"];
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
    [InlineData("sum none", "", "0")]
    [InlineData("sum", "sum: 500500\nmessages: 1000\n", "1000")]
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
        await server.Sleepers["python sum deadline"].Gone.Task.WaitAsync(Token);
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
        await server.Sleepers[$"python {scenario}"].Gone.Task.WaitAsync(Token);
    }

    [Fact(Timeout = Limit)]
    public async Task A_slow_reader_makes_the_handler_wait_and_loses_nothing()
    {
        var reading = CallAsync("count slow");
        var sleeper = server.Sleepers["python slow"];
        (await sleeper.StandstillAsync()).ShouldBeLessThan(1000);
        (await reading).Answer.ShouldBe("1999");
    }

    async Task<Outcome> CallAsync(string scenario, bool tls = false)
    {
        string[] arguments = tls ? [$"localhost:{server.Tls.Port}", scenario, python.CertificateFile] : [server.Clear.Authority, scenario];
        return JsonSerializer.Deserialize<Outcome>(await python.RunScriptAsync("Wire/wire_client.py", arguments, Token), Json)!;
    }

    /// <summary>What the client was told; bytes in hexadecimal digits.</summary>
    sealed record Outcome(StatusCode Code, string Detail, string Answer, string[][] Headers, string[][] Trailers);
}
