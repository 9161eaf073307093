using Grpc.AspNetCore.Server;
using Grpc.Server;

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

    sealed record Registrations(IServiceCollection Services) : IGrpcServerBuilder;
}
