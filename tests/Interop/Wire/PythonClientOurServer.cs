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
    [InlineData("unimplemented", StatusCode.Unimplemented)]
    [InlineData("compressed", StatusCode.Unimplemented)]
    [InlineData("unauthenticated", StatusCode.Unauthenticated)]
    public async Task A_call_ends_with_its_status(string scenario, StatusCode status)
    {
        (await CallAsync(scenario)).Code.ShouldBe(status);
    }

    async Task<Outcome> CallAsync(string scenario, bool tls = false)
    {
        string[] arguments = tls ? [$"localhost:{server.Tls.Port}", scenario, python.CertificateFile] : [server.Clear.Authority, scenario];
        return JsonSerializer.Deserialize<Outcome>(await python.RunScriptAsync("Wire/wire_client.py", arguments, Token), Json)!;
    }

    /// <summary>What the client was told; bytes in hexadecimal digits.</summary>
    sealed record Outcome(StatusCode Code, string Detail, string Answer, string[][] Headers, string[][] Trailers);
}
