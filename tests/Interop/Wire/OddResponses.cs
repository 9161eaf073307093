using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Coordination.Interop.Wire.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Coordination.Interop.Wire;

/// <summary>What our client makes of answers that no gRPC server would give.</summary>
public sealed class OddResponses
{
    const int Limit = 30_000;

    static readonly byte[] Hello = RawCaller.Frame(new EchoResponse { Text = "hello" });

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = Limit)]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(429, StatusCode.Unavailable)]
    [InlineData(431, StatusCode.Internal)]
    [InlineData(502, StatusCode.Unavailable)]
    [InlineData(503, StatusCode.Unavailable)]
    [InlineData(504, StatusCode.Unavailable)]
    [InlineData(418, StatusCode.Unknown)]
    [InlineData(200, StatusCode.Unknown)]
    public async Task An_answer_of_HTTP_alone_has_the_status_of_the_table(int http, StatusCode status)
    {
        (await RefusedAsync(async context =>
        {
            context.Response.StatusCode = http;
            context.Response.ContentType = "text/html";
            await context.Response.WriteAsync("<p>no gRPC here", Token);
        })).StatusCode.ShouldBe(status);
    }

    [Fact(Timeout = Limit)]
    public async Task A_grpc_status_counts_more_than_the_status_of_HTTP()
    {
        (await RefusedAsync(context =>
        {
            context.Response.StatusCode = 503;
            context.Response.Headers["grpc-status"] = "5";
            return Task.CompletedTask;
        })).StatusCode.ShouldBe(StatusCode.NotFound);
    }

    [Fact(Timeout = Limit)]
    public async Task A_refusal_in_one_block_of_headers_is_read_with_its_details()
    {
        var refused = await RefusedAsync(context =>
        {
            Grpc(context);
            context.Response.Headers["grpc-status"] = "9";
            context.Response.Headers["grpc-message"] = "%E4%BD%A0 %zz%";
            context.Response.Headers["grpc-status-details-bin"] = "AQI";
            return Task.CompletedTask;
        });
        refused.Status.ShouldBe(new Status(StatusCode.FailedPrecondition, "你 %zz%"));
        refused.Trailers.GetValueBytes("grpc-status-details-bin").ShouldBe([1, 2]);
    }

    [Theory(Timeout = Limit)]
    [InlineData(null, StatusCode.Unknown)]
    [InlineData("", StatusCode.Unknown)]
    [InlineData("seven", StatusCode.Unknown)]
    [InlineData("-1", StatusCode.Unknown)]
    [InlineData("17", StatusCode.Unknown)]
    [InlineData("99999999999", StatusCode.Unknown)]
    [InlineData("16", StatusCode.Unauthenticated)]
    public async Task A_message_without_a_status_that_can_be_read_is_unknown(string? told, StatusCode status)
    {
        (await RefusedAsync(async context =>
        {
            Grpc(context);
            await context.Response.Body.WriteAsync(Hello, Token);
            if (told is not null) context.Response.AppendTrailer("grpc-status", told);
        })).StatusCode.ShouldBe(status);
    }

    public static TheoryData<string, byte[], StatusCode> BrokenBodies => new()
    {
        { "no message", [], StatusCode.Unimplemented },
        { "two messages", [.. Hello, .. Hello], StatusCode.Unimplemented },
        { "half a prefix", Hello[..3], StatusCode.Internal },
        { "half a message", Hello[..8], StatusCode.Internal },
        { "garbage after the message", [.. Hello, 1, 2], StatusCode.Internal },
        { "a flag of 7", RawCaller.Frame(7, [1]), StatusCode.Internal },
        { "not protobuf", RawCaller.Frame(0, [0xff, 0xff, 0xff]), StatusCode.Internal },
        { "compressed without an encoding", RawCaller.Frame(1, [1]), StatusCode.Internal },
        { "the longest length, and nothing behind it", RawCaller.Frame(0, [], uint.MaxValue), StatusCode.ResourceExhausted },
    };

    [Theory(Timeout = Limit)]
    [MemberData(nameof(BrokenBodies))]
    public async Task A_broken_body_has_its_status_though_the_server_says_OK(string what, byte[] body, StatusCode status)
    {
        (await RefusedAsync(async context =>
        {
            Grpc(context);
            await context.Response.Body.WriteAsync(body, Token);
            context.Response.AppendTrailer("grpc-status", "0");
        })).StatusCode.ShouldBe(status, what);
    }

    public static TheoryData<string, byte[], string?, StatusCode> BrokenStreams => new()
    {
        { "an end without a status", [], null, StatusCode.Unknown },
        { "a refusal", [], "10", StatusCode.Aborted },
        { "half a prefix", Hello[..3], "0", StatusCode.Internal },
        { "half a message", Hello[..8], "0", StatusCode.Internal },
        { "half a message, and a refusal", Hello[..8], "10", StatusCode.Aborted },
        { "a flag of 7", RawCaller.Frame(7, [1]), "0", StatusCode.Internal },
        { "not protobuf", RawCaller.Frame(0, [0xff, 0xff, 0xff]), "0", StatusCode.Internal },
        { "compressed without an encoding", RawCaller.Frame(1, [1]), "0", StatusCode.Internal },
        { "the longest length, and nothing behind it", RawCaller.Frame(0, [], uint.MaxValue), "0", StatusCode.ResourceExhausted },
    };

    [Theory(Timeout = Limit)]
    [MemberData(nameof(BrokenStreams))]
    public async Task A_stream_that_breaks_after_its_first_message_has_its_status(string what, byte[] rest, string? told, StatusCode status)
    {
        await using var odd = await OddServer.StartAsync(async context =>
        {
            Grpc(context);
            await context.Response.Body.WriteAsync((byte[])[.. RawCaller.Frame(new CountResponse { Number = 1 }), .. rest], Token);
            if (told is not null) context.Response.AppendTrailer("grpc-status", told);
        });
        using var call = odd.Client.Count(new CountRequest(), cancellationToken: Token);
        (await call.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        for (var i = 0; i < 2; i++)
        {
            (await Should.ThrowAsync<RpcException>(() => call.ResponseStream.MoveNext(Token))).StatusCode.ShouldBe(status, what);
        }

        call.GetStatus().StatusCode.ShouldBe(status, what);
    }

    [Theory(Timeout = Limit)]
    [InlineData(0x2, StatusCode.Internal)]
    [InlineData(0x8, StatusCode.Cancelled)]
    [InlineData(0xb, StatusCode.ResourceExhausted)]
    public async Task A_reset_within_a_stream_has_the_status_of_the_table(int code, StatusCode status)
    {
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var odd = await OddServer.StartAsync(async context =>
        {
            Grpc(context);
            await context.Response.Body.WriteAsync(RawCaller.Frame(new CountResponse { Number = 1 }), Token);
            await read.Task.WaitAsync(Token);
            context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(code);
        });
        using var call = odd.Client.Count(new CountRequest(), cancellationToken: Token);
        (await call.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        read.SetResult();
        (await Should.ThrowAsync<RpcException>(() => call.ResponseStream.MoveNext(Token))).StatusCode.ShouldBe(status);
    }

    [Theory(Timeout = Limit)]
    [InlineData(0x2, StatusCode.Internal)]
    [InlineData(0x8, StatusCode.Cancelled)]
    [InlineData(0xb, StatusCode.ResourceExhausted)]
    public async Task A_reset_within_a_stream_of_requests_reaches_who_writes_and_who_waits(int code, StatusCode status)
    {
        await using var odd = await OddServer.StartAsync(async context =>
        {
            await context.Request.Body.ReadExactlyAsync(new byte[1], Token);
            context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(code);
        });
        using var call = odd.Client.Sum(cancellationToken: Token);
        (await Should.ThrowAsync<RpcException>(async () =>
        {
            while (true) await call.RequestStream.WriteAsync(new SumRequest { Number = 1 }, Token);
        })).StatusCode.ShouldBe(status);
        var refused = await Should.ThrowAsync<RpcException>(async () => await call);
        refused.StatusCode.ShouldBe(status);
        refused.Status.Detail.ShouldStartWith("The server broke the call off");
    }

    [Fact(Timeout = Limit)]
    public async Task A_server_that_answers_well_before_it_has_heard_all_takes_no_more()
    {
        await using var odd = await OddServer.StartAsync(async context =>
        {
            Grpc(context);
            await context.Response.Body.WriteAsync(RawCaller.Frame(new SumResponse { Sum = 1 }), Token);
            context.Response.AppendTrailer("grpc-status", "0");
        });
        using var call = odd.Client.Sum(cancellationToken: Token);
        (await call).Sum.ShouldBe(1);
        (await Should.ThrowAsync<RpcException>(() => call.RequestStream.WriteAsync(new SumRequest(), Token))).StatusCode.ShouldBe(StatusCode.Cancelled);
        await call.RequestStream.CompleteAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task A_refusal_explains_a_broken_body_better_than_the_body_does()
    {
        (await RefusedAsync(async context =>
        {
            Grpc(context);
            await context.Response.Body.WriteAsync(Hello.AsMemory(0, 8), Token);
            context.Response.AppendTrailer("grpc-status", "10");
        })).StatusCode.ShouldBe(StatusCode.Aborted);
    }

    [Fact(Timeout = Limit)]
    public async Task A_compressed_answer_is_internal()
    {
        (await RefusedAsync(async context =>
        {
            Grpc(context);
            context.Response.Headers["grpc-encoding"] = "gzip";
            await context.Response.Body.WriteAsync(RawCaller.Frame(1, [1]), Token);
            context.Response.AppendTrailer("grpc-status", "0");
        })).StatusCode.ShouldBe(StatusCode.Internal);
    }

    [Theory(Timeout = Limit)]
    [InlineData(0x0, StatusCode.Internal)]
    [InlineData(0x1, StatusCode.Internal)]
    [InlineData(0x2, StatusCode.Internal)]
    [InlineData(0x3, StatusCode.Internal)]
    [InlineData(0x8, StatusCode.Cancelled)]
    [InlineData(0xb, StatusCode.ResourceExhausted)]
    [InlineData(0xc, StatusCode.PermissionDenied)]
    public async Task A_reset_has_the_status_of_the_table_before_and_within_the_answer(int code, StatusCode status)
    {
        (await RefusedAsync(context =>
        {
            context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(code);
            return Task.CompletedTask;
        })).StatusCode.ShouldBe(status);

        var headersSeen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var odd = await OddServer.StartAsync(async context =>
        {
            Grpc(context);
            await context.Response.Body.WriteAsync(Hello.AsMemory(0, 8), Token);
            await context.Response.Body.FlushAsync(Token);
            await headersSeen.Task.WaitAsync(Token);
            context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(code);
        });
        using var call = odd.Client.EchoAsync(new EchoRequest(), cancellationToken: Token);
        await call.ResponseHeadersAsync;
        headersSeen.SetResult();
        (await Should.ThrowAsync<RpcException>(async () => await call)).StatusCode.ShouldBe(status);
    }

    [Fact(Timeout = Limit)]
    public async Task A_stream_that_the_server_refuses_for_good_is_unavailable()
    {
        var refusals = 0;
        var refused = await RefusedAsync(context =>
        {
            // HttpClient itself tries a refused stream again, so the table's row shows once it gives up.
            if (Interlocked.Increment(ref refusals) <= 20) context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(0x7);
            return Task.CompletedTask;
        });
        refused.StatusCode.ShouldBe(StatusCode.Unavailable);
    }

    [Fact(Timeout = Limit)]
    public async Task A_server_that_hangs_up_is_unavailable()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var hangingUp = HangUpAsync(listener, over.Token);
        using var channel = GrpcChannel.ForAddress($"http://{listener.LocalEndpoint}");
        var refused = await Should.ThrowAsync<RpcException>(async () => await new WireService.WireServiceClient(channel).EchoAsync(new EchoRequest(), cancellationToken: Token));
        refused.StatusCode.ShouldBe(StatusCode.Unavailable);
        await over.CancelAsync();
        await hangingUp;
    }

    [Fact(Timeout = Limit)]
    public async Task A_server_that_never_answers_is_left_at_the_deadline()
    {
        await using var odd = await OddServer.StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(300);
        var refused = await Should.ThrowAsync<RpcException>(async () => await odd.Client.EchoAsync(new EchoRequest(), deadline: deadline, cancellationToken: Token));
        refused.StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
    }

    [Fact(Timeout = Limit)]
    public async Task A_failure_never_tells_what_was_asked()
    {
        await using var odd = await OddServer.StartAsync(context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        });
        var refused = await Should.ThrowAsync<RpcException>(async () => await odd.Client.EchoAsync(new EchoRequest { Text = "a secret" }, new Metadata { { "x-token", "a secret" } }, cancellationToken: Token));
        refused.ToString().ShouldNotContain("a secret");
    }

    [Fact(Timeout = Limit)]
    public async Task A_call_says_what_the_protocol_wants_said()
    {
        var said = new TaskCompletionSource<IHeaderDictionary>();
        await RefusedAsync(context =>
        {
            said.SetResult(new HeaderDictionary(context.Request.Headers.ToDictionary(StringComparer.OrdinalIgnoreCase)));
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        });
        var headers = await said.Task.WaitAsync(Token);
        headers["te"].ToString().ShouldBe("trailers");
        headers.ContentType.ToString().ShouldBe("application/grpc");
        headers["grpc-timeout"].ToString().ShouldMatch("^[0-9]{1,8}m$");
        headers.UserAgent.ToString().ShouldStartWith("grpc-dotnet");
        headers["grpc-accept-encoding"].ToString().ShouldBe("identity");
        headers.ContentLength.ShouldBeNull();
    }

    [Fact(Timeout = Limit)]
    public async Task A_server_that_gives_up_at_the_deadline_is_late_and_was_not_cancelled()
    {
        // The server's clock begins after the client's, and may strike before the client's timer does.
        await using var odd = await OddServer.StartAsync(context =>
        {
            var since = Stopwatch.GetTimestamp();
            var timeout = TimeSpan.FromMilliseconds(int.Parse(context.Request.Headers["grpc-timeout"].ToString().TrimEnd('m'), CultureInfo.InvariantCulture));
            while (Stopwatch.GetElapsedTime(since) < timeout) Thread.Yield();
            Grpc(context);
            context.Response.Headers["grpc-status"] = "1";
            return Task.CompletedTask;
        });
        for (var call = 0; call < 100; call++)
        {
            var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(20);
            (await Should.ThrowAsync<RpcException>(async () => await odd.Client.EchoAsync(new EchoRequest(), deadline: deadline, cancellationToken: Token))).StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
        }
    }

    static void Grpc(HttpContext context) => context.Response.ContentType = "application/grpc";

    static async Task<RpcException> RefusedAsync(RequestDelegate answer)
    {
        await using var odd = await OddServer.StartAsync(answer);
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(20);
        return await Should.ThrowAsync<RpcException>(async () => await odd.Client.EchoAsync(new EchoRequest(), deadline: deadline, cancellationToken: Token));
    }

    static async Task HangUpAsync(TcpListener listener, CancellationToken over)
    {
        try
        {
            while (true) (await listener.AcceptTcpClientAsync(over)).Dispose();
        }
        catch (OperationCanceledException)
        {
            // The test has ended.
        }
    }
}
