using Grpc.Server;
using Grpc.Server.HealthChecks;
using Grpc.Server.Reflection;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps services to endpoints.</summary>
public static class GrpcEndpointRouteBuilderExtensions
{
    /// <summary>Maps every method of a service to <c>POST /package.Service/Method</c>.</summary>
    /// <typeparam name="TService">Derives from a generated base. Each call has its own instance, from the container or made with its services.</typeparam>
    /// <exception cref="InvalidOperationException"><c>AddGrpc</c> was not called, or the service has no generated base.</exception>
    public static GrpcServiceEndpointConventionBuilder MapGrpcService<TService>(this IEndpointRouteBuilder builder)
        where TService : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        var unknown = builder.ServiceProvider.GetService<UnknownMethods>() ?? throw new InvalidOperationException("Call AddGrpc on the services first.");
        var endpoints = new ServiceEndpoints<TService>(builder);
        endpoints.MapAll();
        unknown.MapOnce(builder);
        return new GrpcServiceEndpointConventionBuilder(endpoints.Mapped);
    }

    /// <summary>Maps <c>grpc.health.v1.Health</c>, which <c>AddGrpcHealthChecks</c> registers.</summary>
    public static GrpcServiceEndpointConventionBuilder MapGrpcHealthChecksService(this IEndpointRouteBuilder builder) => builder.MapGrpcService<HealthService>();

    /// <summary>Maps <c>grpc.reflection.v1.ServerReflection</c>, which <c>AddGrpcReflection</c> registers.</summary>
    public static GrpcServiceEndpointConventionBuilder MapGrpcReflectionService(this IEndpointRouteBuilder builder) => builder.MapGrpcService<ReflectionService>();
}

/// <summary>Adds conventions, such as authorization or a host, to all endpoints of a service.</summary>
public sealed class GrpcServiceEndpointConventionBuilder : IEndpointConventionBuilder
{
    readonly IReadOnlyList<IEndpointConventionBuilder> _endpoints;

    internal GrpcServiceEndpointConventionBuilder(IReadOnlyList<IEndpointConventionBuilder> endpoints) => _endpoints = endpoints;

    public void Add(Action<EndpointBuilder> convention)
    {
        foreach (var endpoint in _endpoints) endpoint.Add(convention);
    }

    public void Finally(Action<EndpointBuilder> finallyConvention)
    {
        foreach (var endpoint in _endpoints) endpoint.Finally(finallyConvention);
    }
}
