using System.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Grpc.Server;

/// <summary>Maps each method that the generated code names to an endpoint.</summary>
sealed class ServiceEndpoints<TService>(IEndpointRouteBuilder routes) : ServiceBinderBase
    where TService : class
{
    static readonly ObjectFactory<TService> Create = ActivatorUtilities.CreateFactory<TService>([]);

    readonly CallServer _server = routes.ServiceProvider.GetRequiredService<CallServer>();
    readonly InterceptorCollection _interceptors = routes.ServiceProvider.GetRequiredService<IOptions<GrpcServiceOptions>>().Value.Interceptors;

    public List<IEndpointConventionBuilder> Mapped { get; } = [];

    /// <exception cref="InvalidOperationException">The service does not derive from a generated base.</exception>
    public void MapAll()
    {
        for (var type = typeof(TService); type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is not { } bind) continue;

            var method = bind.BindType.GetMethod(bind.BindMethodName, [typeof(ServiceBinderBase), type])
                ?? throw new InvalidOperationException($"{bind.BindType} has no method {bind.BindMethodName} for {type}.");
            method.Invoke(null, BindingFlags.DoNotWrapExceptions, binder: null, [this, null], culture: null);
            return;
        }

        throw new InvalidOperationException($"{typeof(TService)} does not derive from a generated service base.");
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
    {
        var implementation = Implementation(method.Name, typeof(TRequest), typeof(ServerCallContext));
        var handle = implementation.CreateDelegate<Func<TService, TRequest, ServerCallContext, Task<TResponse>>>();
        var intercepted = Intercepted<UnaryServerMethod<TRequest, TResponse>>(
            async (request, context) =>
            {
                await using var instance = new Instance(context);
                return await handle(instance.Service, request, context);
            },
            (interceptor, inner) => (request, context) => interceptor(context).UnaryServerHandler(request, context, inner));
        Map(method, implementation, async call => await AnswerAsync(call, method, await intercepted(await RequestAsync(call, method), call)));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var implementation = Implementation(method.Name, typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext));
        var handle = implementation.CreateDelegate<Func<TService, IAsyncStreamReader<TRequest>, ServerCallContext, Task<TResponse>>>();
        var intercepted = Intercepted<ClientStreamingServerMethod<TRequest, TResponse>>(
            async (requests, context) =>
            {
                await using var instance = new Instance(context);
                return await handle(instance.Service, requests, context);
            },
            (interceptor, inner) => (requests, context) => interceptor(context).ClientStreamingServerHandler(requests, context, inner));
        Map(method, implementation, async call => await AnswerAsync(call, method, await intercepted(Requests(call, method), call)));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var implementation = Implementation(method.Name, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
        var handle = implementation.CreateDelegate<Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task>>();
        var intercepted = Intercepted<ServerStreamingServerMethod<TRequest, TResponse>>(
            async (request, responses, context) =>
            {
                await using var instance = new Instance(context);
                await handle(instance.Service, request, responses, context);
            },
            (interceptor, inner) => (request, responses, context) => interceptor(context).ServerStreamingServerHandler(request, responses, context, inner));
        Map(method, implementation, async call => await intercepted(await RequestAsync(call, method), Responses(call, method), call));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var implementation = Implementation(method.Name, typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
        var handle = implementation.CreateDelegate<Func<TService, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task>>();
        var intercepted = Intercepted<DuplexStreamingServerMethod<TRequest, TResponse>>(
            async (requests, responses, context) =>
            {
                await using var instance = new Instance(context);
                await handle(instance.Service, requests, responses, context);
            },
            (interceptor, inner) => (requests, responses, context) => interceptor(context).DuplexStreamingServerHandler(requests, responses, context, inner));
        Map(method, implementation, call => intercepted(Requests(call, method), Responses(call, method), call));
    }

    /// <summary>A handler within all interceptors, the first outermost.</summary>
    THandler Intercepted<THandler>(THandler handler, Func<Func<ServerCallContext, Interceptor>, THandler, THandler> around) =>
        _interceptors.Reverse().Aggregate(handler, (inner, registration) => around(context => registration.For(context.GetHttpContext().RequestServices), inner));

    // The one message of a request.
    static async ValueTask<TRequest> RequestAsync<TRequest, TResponse>(ServerCall call, Method<TRequest, TResponse> method)
        where TRequest : class
    {
        var request = await call.ReadAsync(method.RequestMarshaller.ContextualDeserializer) ?? throw NotOneMessage();
        return await call.ReadAsync(method.RequestMarshaller.ContextualDeserializer) is null ? request : throw NotOneMessage();
    }

    // The one message of an answer.
    static async Task AnswerAsync<TRequest, TResponse>(ServerCall call, Method<TRequest, TResponse> method, TResponse? response)
        where TResponse : class
    {
        if (response is null) throw new RpcException(new Status(StatusCode.Cancelled, "No message returned from method."));
        if (call.Status.StatusCode == StatusCode.OK) await call.WriteAsync(response, method.ResponseMarshaller.ContextualSerializer);
    }

    static RequestStream<TRequest> Requests<TRequest, TResponse>(ServerCall call, Method<TRequest, TResponse> method)
        where TRequest : class => new(call, method.RequestMarshaller.ContextualDeserializer);

    static ResponseStream<TResponse> Responses<TRequest, TResponse>(ServerCall call, Method<TRequest, TResponse> method)
        where TResponse : class => new(call, method.ResponseMarshaller.ContextualSerializer);

    // The method of TService itself, not of its base: attributes such as [Authorize] stand there.
    static MethodInfo Implementation(string name, params Type[] parameters) =>
        typeof(TService).GetMethod(name, parameters) ?? throw new InvalidOperationException($"{typeof(TService)} has no public method {name}.");

    void Map<TRequest, TResponse>(Method<TRequest, TResponse> method, MethodInfo implementation, Func<ServerCall, Task> answer)
    {
        var endpoint = routes.Map(RoutePatternFactory.Parse(method.FullName), http => _server.ServeAsync(http, method.Type, answer));
        // The same however often the endpoint is built: by it a router is known.
        var metadata = new GrpcMethodMetadata(typeof(TService), method);
        endpoint.Add(builder =>
        {
            builder.DisplayName = $"gRPC - {method.FullName}";
            builder.Metadata.Add(metadata);
            builder.Metadata.Add(new HttpMethodMetadata([HttpMethods.Post]));
            foreach (var attribute in typeof(TService).GetCustomAttributes(inherit: true)) builder.Metadata.Add(attribute);
            foreach (var attribute in implementation.GetCustomAttributes(inherit: true)) builder.Metadata.Add(attribute);
        });
        if (method.Type != MethodType.Unary) endpoint.Finally(OutliveDefaultTimeout);
        Mapped.Add(endpoint);
    }

    // The host's default ceiling is for calls that are soon done; a stream is as long as its caller listens. A ceiling that
    // was put on the method, its service or its mapping stays, hence last: the middleware heeds this attribute before any other.
    static void OutliveDefaultTimeout(EndpointBuilder builder)
    {
        if (!builder.Metadata.Any(item => item is RequestTimeoutAttribute or RequestTimeoutPolicy)) builder.Metadata.Add(new DisableRequestTimeoutAttribute());
    }

    // "Request cardinality violation" of the statuscodes document.
    static RpcException NotOneMessage() => new(new Status(StatusCode.Unimplemented, "The method takes exactly one message."));

    /// <summary>The service for one call.</summary>
    readonly struct Instance : IAsyncDisposable
    {
        readonly bool _made;

        public Instance(ServerCallContext call)
        {
            var services = call.GetHttpContext().RequestServices;
            var registered = services.GetService<TService>();
            _made = registered is null;
            Service = registered ?? Create(services, []);
        }

        public TService Service { get; }

        // What the container keeps, the container disposes.
        public ValueTask DisposeAsync()
        {
            if (!_made) return ValueTask.CompletedTask;
            if (Service is IAsyncDisposable asynchronous) return asynchronous.DisposeAsync();
            (Service as IDisposable)?.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
