using System.Net;
using Coordination.Interop.Wire.V1;
using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Coordination.Interop.Wire;

/// <summary>What an application can say of its services, and what it cannot.</summary>
public sealed class MappedServices
{
    const int Limit = 30_000;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task An_exception_travels_in_words_where_detailed_errors_are_wanted()
    {
        await using var app = await StartAsync(services => services.AddGrpc(options => options.EnableDetailedErrors = true), app => app.MapGrpcService<WireDoor>());
        using var channel = GrpcChannel.ForAddress(app.Urls.Single());
        var call = new WireService.WireServiceClient(channel).FailAsync(new FailRequest { Message = "no secret here" }, cancellationToken: Token);
        (await Should.ThrowAsync<RpcException>(async () => await call)).Status
            .ShouldBe(new Status(StatusCode.Unknown, "Exception was thrown by handler. UnforeseenException: no secret here"));
    }

    [Fact(Timeout = Limit)]
    public async Task A_server_does_not_send_beyond_its_limit()
    {
        await using var app = await StartAsync(services => services.AddGrpc(options => options.MaxSendMessageSize = 100), app => app.MapGrpcService<WireDoor>());
        using var channel = GrpcChannel.ForAddress(app.Urls.Single());
        var client = new WireService.WireServiceClient(channel);
        (await Should.ThrowAsync<RpcException>(async () => await client.LargeAsync(new LargeRequest { Size = 101 }, cancellationToken: Token))).StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        (await client.LargeAsync(new LargeRequest { Size = 50 }, cancellationToken: Token)).Payload.Length.ShouldBe(50);
    }

    [Fact(Timeout = Limit)]
    public async Task Each_call_has_a_service_of_its_own_which_is_disposed_after_it()
    {
        var lives = new Lives();
        await using var app = await StartAsync(services => services.AddSingleton(lives).AddGrpc(), app => app.MapGrpcService<MortalDoor>());
        using var channel = GrpcChannel.ForAddress(app.Urls.Single());
        var client = new WireService.WireServiceClient(channel);
        await client.EchoAsync(new EchoRequest(), cancellationToken: Token);
        await client.EchoAsync(new EchoRequest(), cancellationToken: Token);
        (lives.Born, lives.Disposed).ShouldBe((2, 2));
    }

    [Fact(Timeout = Limit)]
    public async Task A_service_that_the_container_keeps_is_taken_from_it()
    {
        var lives = new Lives();
        await using var app = await StartAsync(services => services.AddSingleton(lives).AddSingleton<MortalDoor>().AddGrpc(), app => app.MapGrpcService<MortalDoor>());
        using var channel = GrpcChannel.ForAddress(app.Urls.Single());
        var client = new WireService.WireServiceClient(channel);
        await client.EchoAsync(new EchoRequest(), cancellationToken: Token);
        await client.EchoAsync(new EchoRequest(), cancellationToken: Token);
        (lives.Born, lives.Disposed).ShouldBe((1, 0));
    }

    [Fact(Timeout = Limit)]
    public async Task Conventions_reach_every_method_of_a_service_and_each_endpoint_says_what_it_is()
    {
        await using var app = await StartAsync(services => services.AddSingleton<Lives>().AddGrpc(), app => app.MapGrpcService<MortalDoor>().RequireHost("nowhere.test"));
        using var channel = GrpcChannel.ForAddress(app.Urls.Single());
        var call = new WireService.WireServiceClient(channel).EchoAsync(new EchoRequest(), cancellationToken: Token);
        (await Should.ThrowAsync<RpcException>(async () => await call)).StatusCode.ShouldBe(StatusCode.Unimplemented);

        app.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()).OfType<GrpcMethodMetadata>()
            .Select(metadata => (metadata.ServiceType, metadata.Method.Name))
            .ShouldBe(WireService.Descriptor.Methods.Select(method => (typeof(MortalDoor), method.Name)), ignoreOrder: true);
    }

    [Fact]
    public async Task A_service_cannot_be_mapped_before_gRPC_was_added()
    {
        await using var app = WebApplication.CreateSlimBuilder().Build();
        Should.Throw<InvalidOperationException>(() => app.MapGrpcService<WireDoor>());
    }

    [Fact]
    public async Task What_does_not_derive_from_a_generated_base_is_no_service()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddGrpc();
        await using var app = builder.Build();
        Should.Throw<InvalidOperationException>(() => app.MapGrpcService<Lives>());
    }

    [Fact(Timeout = Limit)]
    public async Task The_default_ceiling_is_for_calls_that_do_not_stream()
    {
        static void Register(IServiceCollection services)
        {
            services.AddGrpc();
            services.AddRequestTimeouts(options => options.DefaultPolicy = new RequestTimeoutPolicy { Timeout = TimeSpan.FromMilliseconds(300) });
        }

        static void Map(WebApplication app)
        {
            app.UseRouting();
            app.UseRequestTimeouts();
            app.MapGrpcService<WireDoor>();
        }

        await using var app = await StartAsync(Register, Map);
        using var channel = GrpcChannel.ForAddress(app.Urls.Single());
        var client = new WireService.WireServiceClient(channel);
        using var stream = client.Count(new CountRequest { Id = "outlives", Messages = 1, Wait = true }, cancellationToken: Token);
        (await stream.ResponseStream.MoveNext(Token)).ShouldBeTrue();

        (await Should.ThrowAsync<RpcException>(async () => await client.SleepAsync(new SleepRequest { Id = "does not" }, cancellationToken: Token))).StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
        using var limited = client.CountUnderCeiling(new CountRequest { Id = "limited", Wait = true }, cancellationToken: Token);
        (await Should.ThrowAsync<RpcException>(() => limited.ResponseStream.MoveNext(Token))).StatusCode.ShouldBe(StatusCode.DeadlineExceeded);

        var sleeper = app.Services.GetRequiredService<Sleepers>()["outlives"];
        sleeper.Cancelled.Task.IsCompleted.ShouldBeFalse();
        sleeper.Released.SetResult();
        (await stream.ResponseStream.MoveNext(Token)).ShouldBeFalse();
    }

    [Fact(Timeout = Limit)]
    public async Task A_ceiling_on_the_mapping_holds_for_streams()
    {
        static void Map(WebApplication app)
        {
            app.UseRouting();
            app.UseRequestTimeouts();
            app.MapGrpcService<WireDoor>().WithRequestTimeout(TimeSpan.FromMilliseconds(300));
        }

        await using var app = await StartAsync(services => services.AddRequestTimeouts().AddGrpc(), Map);
        using var channel = GrpcChannel.ForAddress(app.Urls.Single());
        using var stream = new WireService.WireServiceClient(channel).Count(new CountRequest { Id = "mapped", Wait = true }, cancellationToken: Token);
        (await Should.ThrowAsync<RpcException>(() => stream.ResponseStream.MoveNext(Token))).StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
    }

    [Theory(Timeout = Limit)]
    [InlineData(0)]
    [InlineData(int.MaxValue)]
    public async Task A_host_that_stops_ends_its_streams_and_waits_for_other_calls(int messages)
    {
        await using var app = await StartAsync(services => services.AddGrpc(), app => app.MapGrpcService<WireDoor>());
        using var channel = GrpcChannel.ForAddress(app.Urls.Single());
        var client = new WireService.WireServiceClient(channel);
        var sleepers = app.Services.GetRequiredService<Sleepers>();
        using var stream = client.Count(new CountRequest { Id = "held", Messages = messages, Size = 10_000, Wait = true }, cancellationToken: Token);
        if (messages == 0) await sleepers["held"].Asleep.Task.WaitAsync(Token);
        else await stream.ResponseHeadersAsync;
        var soonDone = client.SleepAsync(new SleepRequest { Id = "soon done" }, cancellationToken: Token);
        await sleepers["soon done"].Asleep.Task.WaitAsync(Token);

        var stopping = app.StopAsync(Token);
        await sleepers["held"].Gone.Task.WaitAsync(Token);
        var refused = await Should.ThrowAsync<RpcException>(async () => await stream.ResponseStream.ReadAllAsync(Token).CountAsync(Token));
        refused.Status.ShouldBe(new Status(StatusCode.Unavailable, "The server is stopping."));
        sleepers["soon done"].Cancelled.Task.IsCompleted.ShouldBeFalse();
        sleepers["soon done"].Released.SetResult();
        await soonDone;
        await stopping;
    }

    [Fact(Timeout = Limit)]
    public async Task A_stream_of_requests_may_be_silent_for_longer_than_the_body_of_another_request()
    {
        void Register(IServiceCollection services)
        {
            services.AddGrpc();
            services.Configure<KestrelServerOptions>(kestrel =>
            {
                kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 1000, gracePeriod: TimeSpan.FromSeconds(1.1));
                kestrel.Limits.MaxRequestBodySize = 20;
            });
        }

        await using var app = await StartAsync(Register, app => app.MapGrpcService<WireDoor>());
        using var channel = GrpcChannel.ForAddress(app.Urls.Single());
        using var call = new WireService.WireServiceClient(channel).Sum(cancellationToken: Token);
        await call.RequestStream.WriteAsync(new SumRequest { Number = 1, Payload = ByteString.CopyFrom(new byte[20]) }, Token);
        await Task.Delay(TimeSpan.FromSeconds(4), Token);
        await call.RequestStream.WriteAsync(new SumRequest { Number = 1 }, Token);
        await call.RequestStream.CompleteAsync();
        (await call).Sum.ShouldBe(2);

        using var both = new WireService.WireServiceClient(channel).Chat(new Metadata { { "x-id", "long and slow" } }, cancellationToken: Token);
        await both.RequestStream.WriteAsync(new ChatRequest { Number = 1, Size = 1 }, Token);
        await Task.Delay(TimeSpan.FromSeconds(4), Token);
        for (var number = 2; number < 10; number++) await both.RequestStream.WriteAsync(new ChatRequest { Number = number, Size = 1 }, Token);
        await both.RequestStream.CompleteAsync();
        (await both.ResponseStream.ReadAllAsync(Token).CountAsync(Token)).ShouldBe(9);
    }

    [Fact(Timeout = Limit)]
    public async Task A_client_whose_server_says_that_it_goes_calls_the_next_one_and_no_call_fails()
    {
        await using var first = await StartAsync(services => services.AddGrpc(), app => app.MapGrpcService<WireDoor>());
        await using var second = await StartAsync(services => services.AddGrpc(), app =>
        {
            app.Use((http, next) =>
            {
                http.Response.Headers["x-server"] = "second";
                return next(http);
            });
            app.MapGrpcService<WireDoor>();
        });
        await using var cable = new Cable(new Uri(first.Urls.Single()).Port);
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{cable.Port}");
        var client = new WireService.WireServiceClient(channel);
        using var underWay = client.SleepAsync(new SleepRequest { Id = "under way" }, cancellationToken: Token);
        var sleeper = first.Services.GetRequiredService<Sleepers>()["under way"];
        await sleeper.Asleep.Task.WaitAsync(Token);

        cable.LeadTo(new Uri(second.Urls.Single()).Port);
        var stopping = first.StopAsync(Token);
        string? server;
        do
        {
            using var next = client.EchoAsync(new EchoRequest(), cancellationToken: Token);
            server = (await next.ResponseHeadersAsync).GetValue("x-server");
            await next;
        }
        while (server != "second");
        stopping.IsCompleted.ShouldBeFalse();
        sleeper.Released.SetResult();
        await underWay;
        await stopping;
    }

    [Fact(Timeout = Limit)]
    public async Task A_message_beyond_the_limit_of_the_server_ends_a_stream()
    {
        await using var app = await StartAsync(services => services.AddGrpc(options => options.MaxSendMessageSize = 100), app => app.MapGrpcService<WireDoor>());
        using var channel = GrpcChannel.ForAddress(app.Urls.Single());
        using var stream = new WireService.WireServiceClient(channel).Count(new CountRequest { Id = "too large", Messages = 2, Size = 101 }, cancellationToken: Token);
        (await Should.ThrowAsync<RpcException>(() => stream.ResponseStream.MoveNext(Token))).StatusCode.ShouldBe(StatusCode.ResourceExhausted);
    }

    [Fact(Timeout = Limit)]
    public async Task A_second_write_before_the_first_is_done_is_a_mistake_and_a_write_that_was_given_up_is_not()
    {
        await using var app = await StartAsync(services => services.AddGrpc(), app => app.MapGrpcService<HastyDoor>());
        using var channel = GrpcChannel.ForAddress(app.Urls.Single());
        using var stream = new WireService.WireServiceClient(channel).Count(new CountRequest { Size = 10_000 }, cancellationToken: Token);
        await app.Services.GetRequiredService<Sleepers>()["hasty"].Asleep.Task.WaitAsync(Token);
        var numbers = new List<int>();
        await foreach (var message in stream.ResponseStream.ReadAllAsync(Token)) numbers.Add(message.Number);
        stream.GetTrailers().GetValue("x-mistake").ShouldBe("The write before this one is not done.");
        numbers.ShouldBe(Enumerable.Range(1, numbers.Count));
    }

    /// <summary>An application of a test's own on a free port.</summary>
    internal static async Task<WebApplication> StartAsync(Action<IServiceCollection> register, Action<WebApplication> map)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton<Sleepers>();
        register(builder.Services);
        var app = builder.Build();
        map(app);
        await app.StartAsync(Token);
        return app;
    }

    /// <summary>Counts its instances.</summary>
    sealed class MortalDoor : WireService.WireServiceBase, IDisposable
    {
        readonly Lives _lives;

        public MortalDoor(Lives lives)
        {
            _lives = lives;
            lives.Born++;
        }

        public override Task<EchoResponse> Echo(EchoRequest request, ServerCallContext context) => Task.FromResult(new EchoResponse());

        public void Dispose() => _lives.Disposed++;
    }

    /// <summary>Writes until it has to wait, then does not wait.</summary>
    sealed class HastyDoor(Sleepers sleepers) : WireService.WireServiceBase
    {
        public override async Task Count(CountRequest request, IServerStreamWriter<CountResponse> responseStream, ServerCallContext context)
        {
            var number = 0;
            CountResponse Next() => new() { Number = ++number, Payload = UnsafeByteOperations.UnsafeWrap(new byte[request.Size]) };

            using var giveUp = new CancellationTokenSource();
            var waiting = Task.CompletedTask;
            while (await Task.WhenAny(waiting, Task.Delay(500, Token)) == waiting) waiting = responseStream.WriteAsync(Next(), giveUp.Token);
            var second = await Should.ThrowAsync<InvalidOperationException>(() => responseStream.WriteAsync(new CountResponse()));
            await giveUp.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(() => waiting);
            sleepers["hasty"].Asleep.SetResult();
            context.ResponseTrailers.Add("x-mistake", second.Message);
            await responseStream.WriteAsync(Next(), context.CancellationToken);
        }
    }

    /// <summary>How many instances there were, and how many of them were disposed.</summary>
    sealed class Lives
    {
        public int Born { get; set; }
        public int Disposed { get; set; }
    }
}
