using System.Net;
using Coordination.Interop.Wire.V1;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
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
    public async Task A_service_that_streams_is_refused()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddGrpc();
        await using var app = builder.Build();
        Should.Throw<NotSupportedException>(() => app.MapGrpcService<StreamDoor>()).Message
            .ShouldBe("/coordination.interop.v1.StreamService/Watch streams messages, which this server does not support.");
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

    static async Task<WebApplication> StartAsync(Action<IServiceCollection> register, Action<WebApplication> map)
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

    /// <summary>How many instances there were, and how many of them were disposed.</summary>
    sealed class Lives
    {
        public int Born { get; set; }
        public int Disposed { get; set; }
    }
}
