using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Coordination.Interop.Wire;

/// <summary>Whether a server can be called, as load balancers ask it.</summary>
public sealed class HealthTests(Python python)
{
    const int Limit = 30_000;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task Whoever_watches_is_told_of_each_change()
    {
        await using var server = new WireServer();
        await server.InitializeAsync();
        using var channel = GrpcChannel.ForAddress(server.Clear);
        var client = new Health.HealthClient(channel);
        using var watch = client.Watch(new HealthCheckRequest(), cancellationToken: Token);

        await UntilAsync(ServingStatus.Serving);
        server.Health = HealthStatus.Unhealthy;
        await UntilAsync(ServingStatus.NotServing);
        (await client.CheckAsync(new HealthCheckRequest(), cancellationToken: Token)).Status.ShouldBe(ServingStatus.NotServing);
        // Who is not at its best serves all the same.
        server.Health = HealthStatus.Degraded;
        await UntilAsync(ServingStatus.Serving);
        (await client.CheckAsync(new HealthCheckRequest(), cancellationToken: Token)).Status.ShouldBe(ServingStatus.Serving);

        var stopping = server.StopAsync();
        (await Should.ThrowAsync<RpcException>(() => watch.ResponseStream.MoveNext(Token))).StatusCode.ShouldBe(StatusCode.Unavailable);
        await stopping;

        // Before the first look it is unknown.
        async Task UntilAsync(ServingStatus status)
        {
            do (await watch.ResponseStream.MoveNext(Token)).ShouldBeTrue();
            while (watch.ResponseStream.Current.Status is ServingStatus.Unknown);
            watch.ResponseStream.Current.Status.ShouldBe(status);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_service_that_nobody_watches_is_not_found_and_unknown_to_whoever_waits_for_it()
    {
        await using var server = new WireServer();
        await server.InitializeAsync();
        using var channel = GrpcChannel.ForAddress(server.Clear);
        var client = new Health.HealthClient(channel);
        (await Should.ThrowAsync<RpcException>(async () => await client.CheckAsync(new HealthCheckRequest { Service = "no.Service" }, cancellationToken: Token))).StatusCode.ShouldBe(StatusCode.NotFound);
        using var watch = client.Watch(new HealthCheckRequest { Service = "no.Service" }, cancellationToken: Token);
        (await watch.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        watch.ResponseStream.Current.Status.ShouldBe(ServingStatus.ServiceUnknown);
    }

    [Fact(Timeout = Limit)]
    public async Task A_Python_client_that_knows_no_proto_finds_the_services_and_calls_one()
    {
        await using var server = new WireServer();
        await server.InitializeAsync();
        var told = await python.RunScriptAsync("Wire/wire_reflection.py", [server.Clear.Authority], Token);
        told.Trim().Split('\n').ShouldBe(
        [
            "services coordination.interop.v1.WireService grpc.health.v1.Health grpc.reflection.v1.ServerReflection",
            "health SERVING",
            "echo hello 0001",
            "file Wire/wire.proto",
            "nested HealthCheckResponse",
            "unknown symbol 5",
            "unknown file 5",
            "extension 5",
            "extension numbers none",
            "nothing asked 3",
        ]);
    }
}
