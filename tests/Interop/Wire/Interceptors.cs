using System.Collections.Concurrent;
using Coordination.Interop.Wire.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Coordination.Interop.Wire;

/// <summary>What stands around every call, at either side.</summary>
public sealed class Interceptors
{
    const int Limit = 30_000;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task Interceptors_of_a_server_see_calls_of_every_kind_in_their_order()
    {
        var seen = new Seen();
        await using var app = await StartAsync(services => services.AddSingleton(seen).AddSingleton<Inner>().AddGrpc(options =>
        {
            options.Interceptors.Add<Outer>();
            options.Interceptors.Add<Inner>();
        }));
        using var channel = GrpcChannel.ForAddress(app.Urls.Single());
        var client = new WireService.WireServiceClient(channel);

        await client.EchoAsync(new EchoRequest(), cancellationToken: Token);
        using (var count = client.Count(new CountRequest { Id = "seen", Messages = 1 }, cancellationToken: Token))
            (await count.ResponseStream.ReadAllAsync(Token).CountAsync(Token)).ShouldBe(1);
        using (var sum = client.Sum(cancellationToken: Token))
        {
            await sum.RequestStream.WriteAsync(new SumRequest { Number = 7 }, Token);
            await sum.RequestStream.CompleteAsync();
            (await sum).Sum.ShouldBe(7);
        }
        using (var chat = client.Chat(cancellationToken: Token))
        {
            await chat.RequestStream.CompleteAsync();
            (await chat.ResponseStream.MoveNext(Token)).ShouldBeFalse();
        }

        string[] inTheirOrder = ["Echo", "Count", "Sum", "Chat"];
        seen.Calls.ShouldBe(inTheirOrder.SelectMany(name => (string[])[$"Outer before {name}", $"Inner before {name}", $"Inner after {name}", $"Outer after {name}"]));
    }

    [Fact(Timeout = Limit)]
    public async Task An_interceptor_of_a_server_may_refuse_a_call_before_its_handler_sees_it()
    {
        await using var app = await StartAsync(services => services.AddGrpc(options => options.Interceptors.Add<Refusing>()));
        using var channel = GrpcChannel.ForAddress(app.Urls.Single());
        var call = new WireService.WireServiceClient(channel).FailAsync(new FailRequest { Message = "never thrown" }, cancellationToken: Token);
        (await Should.ThrowAsync<RpcException>(async () => await call)).Status.ShouldBe(new Status(StatusCode.PermissionDenied, "not you"));
    }

    [Fact(Timeout = Limit)]
    public async Task An_interceptor_of_a_client_changes_what_leaves_with_calls_of_every_kind()
    {
        await using var app = await StartAsync(services => services.AddGrpc());
        using var channel = GrpcChannel.ForAddress(app.Urls.Single());
        var client = new WireService.WireServiceClient(channel.Intercept(new Naming("first")).Intercept(new Naming("second")));

        (await client.ReflectAsync(new ReflectRequest(), cancellationToken: Token)).Seen.ShouldBe(["x-id=second, first"]);
        client.Reflect(new ReflectRequest(), cancellationToken: Token).Seen.ShouldBe(["x-id=second, first"]);
        var sleepers = app.Services.GetRequiredService<Sleepers>();
        using (var count = client.Count(new CountRequest { Id = "of a client", Messages = 1, Wait = true }, cancellationToken: Token))
            await EndsAsync(() => count.ResponseStream.ReadAllAsync(Token).CountAsync(Token).AsTask());
        using (var sum = client.Sum(cancellationToken: Token)) await EndsAsync(() => sum.ResponseAsync);
        using (var chat = client.Chat(cancellationToken: Token)) await EndsAsync(() => chat.ResponseStream.MoveNext(Token));
        await sleepers["of a client"].Gone.Task.WaitAsync(Token);
        await sleepers["second, first"].Gone.Task.WaitAsync(Token);

        static async Task EndsAsync(Func<Task> call) => (await Should.ThrowAsync<RpcException>(call)).StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
    }

    static Task<WebApplication> StartAsync(Action<IServiceCollection> register) => MappedServices.StartAsync(register, app => app.MapGrpcService<WireDoor>());

    /// <summary>What interceptors saw, in order.</summary>
    sealed class Seen
    {
        readonly ConcurrentQueue<string> _calls = new();

        public IReadOnlyCollection<string> Calls => _calls;

        public async Task<T> AroundAsync<T>(string who, ServerCallContext context, Func<Task<T>> call)
        {
            var name = context.Method.Split('/')[^1];
            _calls.Enqueue($"{who} before {name}");
            var answer = await call();
            _calls.Enqueue($"{who} after {name}");
            return answer;
        }
    }

    abstract class Watching(Seen seen) : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
            seen.AroundAsync(GetType().Name, context, () => continuation(request, context));

        public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
            seen.AroundAsync(GetType().Name, context, () => continuation(requestStream, context));

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
            seen.AroundAsync(GetType().Name, context, async () =>
            {
                await continuation(request, responseStream, context);
                return true;
            });

        public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
            DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
            seen.AroundAsync(GetType().Name, context, async () =>
            {
                await continuation(requestStream, responseStream, context);
                return true;
            });
    }

    /// <summary>Made for each call.</summary>
    sealed class Outer(Seen seen) : Watching(seen);

    /// <summary>Kept by the container.</summary>
    sealed class Inner(Seen seen) : Watching(seen);

    sealed class Refusing : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
            throw new RpcException(new Status(StatusCode.PermissionDenied, "not you"));
    }

    /// <summary>Adds its name, and to streams a deadline.</summary>
    sealed class Naming(string name) : Interceptor
    {
        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, BlockingUnaryCallContinuation<TRequest, TResponse> continuation) => continuation(request, Named(context));

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation) => continuation(request, Named(context));

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation) => continuation(request, Late(context));

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context, AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation) => continuation(Late(context));

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation) => continuation(Late(context));

        ClientInterceptorContext<TRequest, TResponse> Named<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context)
            where TRequest : class
            where TResponse : class
        {
            var headers = new Metadata();
            foreach (var entry in context.Options.Headers ?? []) headers.Add(entry);
            headers.Add("x-id", name);
            return new(context.Method, context.Host, context.Options.WithHeaders(headers));
        }

        ClientInterceptorContext<TRequest, TResponse> Late<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context)
            where TRequest : class
            where TResponse : class
        {
            var named = Named(context);
            return new(named.Method, named.Host, named.Options.WithDeadline(TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(500)));
        }
    }
}
