using System.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.Server;

/// <summary>Maps each method that the generated code names to an endpoint.</summary>
sealed class ServiceEndpoints<TService>(IEndpointRouteBuilder routes) : ServiceBinderBase
    where TService : class
{
    static readonly ObjectFactory<TService> Create = ActivatorUtilities.CreateFactory<TService>([]);

    readonly CallServer _server = routes.ServiceProvider.GetRequiredService<CallServer>();

    public List<IEndpointConventionBuilder> Mapped { get; } = [];

    delegate Task<TResponse> Handler<TRequest, TResponse>(TService service, TRequest request, ServerCallContext context);

    /// <exception cref="InvalidOperationException">The service does not derive from a generated base, or has a method of an unsupported kind.</exception>
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
        var handle = implementation.CreateDelegate<Handler<TRequest, TResponse>>();
        Map(method, implementation, async call =>
        {
            var request = await call.ReadAsync(method.RequestMarshaller.ContextualDeserializer) ?? throw NotOneMessage();
            if (await call.ReadAsync(method.RequestMarshaller.ContextualDeserializer) is not null) throw NotOneMessage();

            var registered = call.Http.RequestServices.GetService<TService>();
            var service = registered ?? Create(call.Http.RequestServices, []);
            try
            {
                var response = await handle(service, request, call) ?? throw new RpcException(new Status(StatusCode.Cancelled, "No message returned from method."));
                if (call.Status.StatusCode == StatusCode.OK) await call.WriteAsync(response, method.ResponseMarshaller.ContextualSerializer);
            }
            finally
            {
                if (registered is null) await DisposeAsync(service);
            }
        });
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) => throw Streams(method.FullName);
    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) => throw Streams(method.FullName);
    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) => throw Streams(method.FullName);

    // What the container keeps, the container disposes.
    static ValueTask DisposeAsync(TService made)
    {
        if (made is IAsyncDisposable asynchronous) return asynchronous.DisposeAsync();
        (made as IDisposable)?.Dispose();
        return ValueTask.CompletedTask;
    }

    // The method of TService itself, not of its base: attributes such as [Authorize] stand there.
    static MethodInfo Implementation(string name, params Type[] parameters) =>
        typeof(TService).GetMethod(name, parameters) ?? throw new InvalidOperationException($"{typeof(TService)} has no public method {name}.");

    void Map<TRequest, TResponse>(Method<TRequest, TResponse> method, MethodInfo implementation, Func<ServerCall, Task> answer)
    {
        var endpoint = routes.Map(RoutePatternFactory.Parse(method.FullName), http => _server.ServeAsync(http, answer));
        endpoint.Add(builder =>
        {
            builder.DisplayName = $"gRPC - {method.FullName}";
            builder.Metadata.Add(new GrpcMethodMetadata(typeof(TService), method));
            builder.Metadata.Add(new HttpMethodMetadata([HttpMethods.Post]));
            foreach (var attribute in typeof(TService).GetCustomAttributes(inherit: true)) builder.Metadata.Add(attribute);
            foreach (var attribute in implementation.GetCustomAttributes(inherit: true)) builder.Metadata.Add(attribute);
        });
        Mapped.Add(endpoint);
    }

    // "Request cardinality violation" of the statuscodes document.
    static RpcException NotOneMessage() => new(new Status(StatusCode.Unimplemented, "The method takes exactly one message."));

    static NotSupportedException Streams(string method) => new($"{method} streams messages, which this server does not support.");
}
