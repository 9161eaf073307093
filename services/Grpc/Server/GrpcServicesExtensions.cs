using Grpc.AspNetCore.Server;
using Grpc.Server;
using Grpc.Server.HealthChecks;
using Grpc.Server.Reflection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers gRPC.</summary>
public static class GrpcServicesExtensions
{
    public static IGrpcServerBuilder AddGrpc(this IServiceCollection services)
    {
        services.AddRouting();
        services.AddOptions();
        services.AddSingleton<CallServer>();
        services.AddSingleton<UnknownMethods>();
        return new Registrations(services);
    }

    public static IGrpcServerBuilder AddGrpc(this IServiceCollection services, Action<GrpcServiceOptions> configureOptions)
    {
        services.Configure(configureOptions);
        return services.AddGrpc();
    }

    /// <summary>Registers health checks that <c>MapGrpcHealthChecksService</c> tells of over gRPC; the checks themselves are added to what is returned.</summary>
    public static IHealthChecksBuilder AddGrpcHealthChecks(this IServiceCollection services)
    {
        services.AddSingleton<HealthService>();
        services.AddSingleton<IHealthCheckPublisher>(provider => provider.GetRequiredService<HealthService>());
        return services.AddHealthChecks();
    }

    /// <summary>Registers what <c>MapGrpcReflectionService</c> needs.</summary>
    public static IServiceCollection AddGrpcReflection(this IServiceCollection services) => services.AddSingleton<ReflectionService>();

    sealed record Registrations(IServiceCollection Services) : IGrpcServerBuilder;
}
