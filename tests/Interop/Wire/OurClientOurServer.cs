using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Coordination.Interop.Wire.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Coordination.Interop.Wire;

public sealed class OurClientOurServer(WireServer server) : IDisposable
{
    const int Limit = 30_000;

    readonly GrpcChannel _channel = GrpcChannel.ForAddress(server.Clear);

    static CancellationToken Token => TestContext.Current.CancellationToken;
    static DateTime Now => TimeProvider.System.GetUtcNow().UtcDateTime;

    WireService.WireServiceClient Client => new(_channel);

    public void Dispose() => _channel.Dispose();

    [Fact(Timeout = Limit)]
    public async Task A_message_comes_back_as_it_went()
    {
        var payload = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(1000));
        var answer = await Client.EchoAsync(new EchoRequest { Text = "ສະບາຍດີ", Payload = payload }, cancellationToken: Token);
        answer.ShouldBe(new EchoResponse { Text = "ສະບາຍດີ", Payload = payload });
    }

    [Fact(Timeout = Limit)]
    public async Task An_empty_message_comes_back()
    {
        (await Client.EchoAsync(new EchoRequest(), cancellationToken: Token)).ShouldBe(new EchoResponse());
    }

    [Fact(Timeout = Limit)]
    public async Task A_blocking_call_answers_on_the_thread_that_waits()
    {
        await Task.Run(() => Client.Echo(new EchoRequest { Text = "waited" }, cancellationToken: Token).Text.ShouldBe("waited"), Token);
    }

    [Fact(Timeout = Limit)]
    public async Task A_call_that_ended_well_tells_its_headers_status_and_trailers()
    {
        using var call = Client.ReflectAsync(new ReflectRequest(), new Metadata { { "x-text", "plain" } }, cancellationToken: Token);
        Should.Throw<InvalidOperationException>(() => call.GetStatus());
        (await call.ResponseHeadersAsync).GetValue("x-text").ShouldBe("plain");
        await call;
        call.GetStatus().ShouldBe(Status.DefaultSuccess);
        call.GetTrailers().GetValue("x-text").ShouldBe("plain");
    }

    [Fact(Timeout = Limit)]
    public async Task Binary_metadata_of_any_length_travels_both_ways()
    {
        var headers = new Metadata();
        for (var length = 0; length < 5; length++) headers.Add($"x-{length}-bin", [.. Enumerable.Range(250, length).Select(b => (byte)b)]);
        using var call = Client.ReflectAsync(new ReflectRequest(), headers, cancellationToken: Token);

        (await call).Seen.ShouldBe(["x-0-bin=", "x-1-bin=FA", "x-2-bin=FAFB", "x-3-bin=FAFBFC", "x-4-bin=FAFBFCFD"], ignoreOrder: true);
        foreach (var sent in headers)
        {
            call.GetTrailers().GetValueBytes(sent.Key).ShouldBe(sent.ValueBytes);
            (await call.ResponseHeadersAsync).GetValueBytes(sent.Key).ShouldBe(sent.ValueBytes);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Several_values_under_one_binary_key_stay_apart()
    {
        using var call = Client.ReflectAsync(new ReflectRequest(), new Metadata { { "x-many-bin", [1] }, { "x-many-bin", [2, 3] } }, cancellationToken: Token);
        (await call).Seen.ShouldBe(["x-many-bin=01", "x-many-bin=0203"]);
        call.GetTrailers().GetAll("x-many-bin").Select(entry => Convert.ToHexString(entry.ValueBytes)).ShouldBe(["01", "0203"]);
    }

    [Fact(Timeout = Limit)]
    public async Task Metadata_that_no_header_may_hold_fails_the_call_before_it_is_sent()
    {
        var refused = await RefusedAsync(Client.ReflectAsync(new ReflectRequest(), new Metadata { { "x-text", "ຂ" } }, cancellationToken: Token));
        refused.StatusCode.ShouldBe(StatusCode.Internal);
        refused.Status.Detail.ShouldBe("The metadata x-text cannot travel as a header.");
    }

    [Theory(Timeout = Limit)]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task A_refusal_carries_its_words_and_details(bool afterHeaders, bool byStatus)
    {
        var request = new FailRequest { Code = (int)StatusCode.NotFound, Message = "ไม่พบ 100% \n", Details = ByteString.CopyFrom(0, 1, 255), AfterHeaders = afterHeaders, ByStatus = byStatus };
        var refused = await RefusedAsync(Client.FailAsync(request, cancellationToken: Token));
        refused.Status.ShouldBe(new Status(StatusCode.NotFound, "ไม่พบ 100% \n"));
        refused.Trailers.GetValueBytes("grpc-status-details-bin").ShouldBe([0, 1, 255]);
        refused.Trailers.GetValue("x-reason").ShouldBe(byStatus ? null : "told to");
    }

    [Fact(Timeout = Limit)]
    public async Task An_unforeseen_exception_tells_the_caller_nothing()
    {
        var refused = await RefusedAsync(Client.FailAsync(new FailRequest { Message = "a secret" }, cancellationToken: Token));
        refused.Status.ShouldBe(new Status(StatusCode.Unknown, "Exception was thrown by handler."));
    }

    [Fact(Timeout = Limit)]
    public async Task A_method_that_nobody_implements_is_unimplemented()
    {
        (await RefusedAsync(Client.MissingAsync(new MissingRequest(), cancellationToken: Token))).StatusCode.ShouldBe(StatusCode.Unimplemented);
    }

    [Fact(Timeout = Limit)]
    public async Task A_message_up_to_the_limit_is_taken_and_one_beyond_is_refused_with_the_connection_alive()
    {
        const int limit = 4 * 1024 * 1024;
        using var channel = GrpcChannel.ForAddress(server.Clear, new GrpcChannelOptions { MaxReceiveMessageSize = null });
        var client = new WireService.WireServiceClient(channel);

        // Tag and length of the payload take 5 bytes.
        var payload = new byte[limit - 5];
        (await client.EchoAsync(new EchoRequest { Payload = UnsafeByteOperations.UnsafeWrap(payload) }, cancellationToken: Token)).Payload.Length.ShouldBe(payload.Length);
        var refused = await RefusedAsync(client.EchoAsync(new EchoRequest { Payload = UnsafeByteOperations.UnsafeWrap(new byte[limit - 4]) }, cancellationToken: Token));
        refused.Status.ShouldBe(new Status(StatusCode.ResourceExhausted, "A message of 4194305 bytes exceeds the limit of 4194304."));
        (await client.EchoAsync(new EchoRequest { Text = "still here" }, cancellationToken: Token)).Text.ShouldBe("still here");
    }

    [Fact(Timeout = Limit)]
    public async Task A_client_refuses_an_answer_beyond_its_limit()
    {
        var refused = await RefusedAsync(Client.LargeAsync(new LargeRequest { Size = 5_000_000 }, cancellationToken: Token));
        refused.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        (await Client.LargeAsync(new LargeRequest { Size = 4_000_000 }, cancellationToken: Token)).Payload.Length.ShouldBe(4_000_000);
    }

    [Fact(Timeout = Limit)]
    public async Task A_client_does_not_send_beyond_its_limit()
    {
        using var channel = GrpcChannel.ForAddress(server.Clear, new GrpcChannelOptions { MaxSendMessageSize = 100 });
        var refused = await RefusedAsync(new WireService.WireServiceClient(channel).EchoAsync(new EchoRequest { Text = new string('x', 200) }, cancellationToken: Token));
        refused.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        refused.Message.ShouldNotContain("xxx");
    }

    [Fact(Timeout = Limit)]
    public async Task A_deadline_ends_the_call_at_both_sides()
    {
        var sleeper = server.Sleepers["deadline"];
        var refused = await RefusedAsync(Client.SleepAsync(new SleepRequest { Id = "deadline" }, deadline: Now.AddMilliseconds(300), cancellationToken: Token));
        refused.StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
        await sleeper.Cancelled.Task.WaitAsync(Token);
        await sleeper.Gone.Task.WaitAsync(Token);
    }

    [Fact(Timeout = Limit)]
    public async Task A_deadline_that_has_passed_sends_nothing()
    {
        var refused = await RefusedAsync(Client.SleepAsync(new SleepRequest { Id = "too late" }, deadline: Now.AddSeconds(-1), cancellationToken: Token));
        refused.StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
        server.Sleepers["too late"].Asleep.Task.IsCompleted.ShouldBeFalse();
    }

    [Fact(Timeout = Limit)]
    public async Task The_handler_sees_the_deadline_of_the_caller()
    {
        server.Sleepers["sees"].Released.SetResult();
        var deadline = Now.AddHours(1);
        var seen = await Client.SleepAsync(new SleepRequest { Id = "sees" }, deadline: deadline, cancellationToken: Token);
        new DateTime(seen.DeadlineTicks, DateTimeKind.Utc).ShouldBe(deadline, TimeSpan.FromSeconds(10));
    }

    [Fact(Timeout = Limit)]
    public async Task A_deadline_in_centuries_is_as_good_as_none()
    {
        (await Client.EchoAsync(new EchoRequest { Text = "patient" }, deadline: Now.AddYears(1000), cancellationToken: Token)).Text.ShouldBe("patient");
    }

    [Fact(Timeout = Limit)]
    public async Task A_deadline_in_local_time_is_a_mistake()
    {
        await Should.ThrowAsync<ArgumentException>(async () => await Client.EchoAsync(new EchoRequest(), deadline: new DateTime(2100, 1, 1, 0, 0, 0, DateTimeKind.Local)));
    }

    [Theory(Timeout = Limit)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_ceiling_of_the_server_answers_deadline_exceeded(bool stubborn)
    {
        var id = $"ceiling {stubborn}";
        var refused = await RefusedAsync(Client.SleepUnderCeilingAsync(new SleepRequest { Id = id, Stubborn = stubborn }, cancellationToken: Token));
        refused.StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
        server.Sleepers[id].Released.TrySetResult();
        await server.Sleepers[id].Gone.Task.WaitAsync(Token);
    }

    [Fact(Timeout = Limit)]
    public async Task A_caller_that_cancels_gets_cancelled_and_the_handler_is_told()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var sleeper = server.Sleepers["cancel"];
        var call = Client.SleepAsync(new SleepRequest { Id = "cancel" }, cancellationToken: cancel.Token);
        await sleeper.Asleep.Task.WaitAsync(Token);
        await cancel.CancelAsync();
        (await RefusedAsync(call)).StatusCode.ShouldBe(StatusCode.Cancelled);
        await sleeper.Cancelled.Task.WaitAsync(Token);
        await sleeper.Gone.Task.WaitAsync(Token);
    }

    [Fact(Timeout = Limit)]
    public async Task A_call_that_is_disposed_is_cancelled()
    {
        var sleeper = server.Sleepers["disposed"];
        var call = Client.SleepAsync(new SleepRequest { Id = "disposed" }, cancellationToken: Token);
        await sleeper.Asleep.Task.WaitAsync(Token);
        call.Dispose();
        (await RefusedAsync(call)).StatusCode.ShouldBe(StatusCode.Cancelled);
        await sleeper.Gone.Task.WaitAsync(Token);
    }

    [Fact(Timeout = Limit)]
    public async Task A_channel_that_is_disposed_cancels_its_calls()
    {
        using var channel = GrpcChannel.ForAddress(server.Clear);
        var sleeper = server.Sleepers["channel"];
        var call = new WireService.WireServiceClient(channel).SleepAsync(new SleepRequest { Id = "channel" }, cancellationToken: Token);
        await sleeper.Asleep.Task.WaitAsync(Token);
        channel.Dispose();
        (await RefusedAsync(call)).StatusCode.ShouldBe(StatusCode.Cancelled);
        await sleeper.Gone.Task.WaitAsync(Token);
    }

    [Fact(Timeout = Limit)]
    public async Task Many_calls_share_one_connection()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(async n => (await Client.EchoAsync(new EchoRequest { Text = $"{n}" }, cancellationToken: Token)).Text));
        answers.ShouldBe(Enumerable.Range(0, 200).Select(n => $"{n}"));
    }

    [Fact(Timeout = Limit)]
    public async Task Who_has_not_proved_who_he_is_is_unauthenticated()
    {
        (await RefusedAsync(Client.WhoAmIAsync(new WhoAmIRequest(), cancellationToken: Token))).StatusCode.ShouldBe(StatusCode.Unauthenticated);
    }

    [Fact(Timeout = Limit)]
    public async Task Under_TLS_the_handler_sees_user_and_client_certificate()
    {
        using var own = WireServer.NewCertificate("caller");
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.Equals(WireServer.Certificate);
        handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => own;
        using var channel = GrpcChannel.ForAddress(server.Tls, new GrpcChannelOptions { HttpHandler = handler });
        var answer = await new WireService.WireServiceClient(channel).WhoAmIAsync(new WhoAmIRequest(), new Metadata { { "authorization", "Noy" } }, cancellationToken: Token);

        answer.User.ShouldBe("Noy");
        answer.Certificate.ShouldBe(own.Thumbprint);
        answer.Peer.ShouldStartWith("ipv4:127.0.0.1:");
        answer.Host.ShouldBe(server.Tls.Authority);
        answer.Method.ShouldBe("/coordination.interop.v1.WireService/WhoAmI");
    }

    [Fact(Timeout = Limit)]
    public async Task An_untrusted_server_is_unavailable()
    {
        using var channel = GrpcChannel.ForAddress(server.Tls);
        (await RefusedAsync(new WireService.WireServiceClient(channel).EchoAsync(new EchoRequest(), cancellationToken: Token))).StatusCode.ShouldBe(StatusCode.Unavailable);
    }

    [Fact(Timeout = Limit)]
    public async Task A_HttpClient_carries_calls_too_and_stays_with_its_owner()
    {
        using var http = new HttpClient();
        for (var i = 0; i < 2; i++)
        {
            using var channel = GrpcChannel.ForAddress(server.Clear, new GrpcChannelOptions { HttpClient = http });
            (await new WireService.WireServiceClient(channel).EchoAsync(new EchoRequest { Text = "via" }, cancellationToken: Token)).Text.ShouldBe("via");
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_port_where_nobody_listens_is_unavailable()
    {
        using var reserved = new TcpListener(IPAddress.Loopback, 0);
        reserved.Start();
        var address = $"http://{reserved.LocalEndpoint}";
        reserved.Stop();
        using var channel = GrpcChannel.ForAddress(address);
        (await RefusedAsync(new WireService.WireServiceClient(channel).EchoAsync(new EchoRequest(), cancellationToken: Token))).StatusCode.ShouldBe(StatusCode.Unavailable);
    }

    [Fact]
    public void An_address_that_is_not_of_the_web_is_refused()
    {
        Should.Throw<ArgumentException>(() => GrpcChannel.ForAddress("dns:///somewhere"));
    }

    static async Task<RpcException> RefusedAsync<T>(AsyncUnaryCall<T> call)
    {
        var refused = await Should.ThrowAsync<RpcException>(async () => await call);
        call.GetStatus().StatusCode.ShouldBe(refused.StatusCode);
        return refused;
    }
}
