using System.Reflection;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Routing;

namespace Grpc.Server.Reflection;

/// <summary>The services that are mapped beside a method, and the protos behind them: an application may have several routers, each with ports of its own.</summary>
sealed class ReflectedServices(GrpcMethodMetadata method, IEnumerable<EndpointDataSource> sources)
{
    /// <summary>By their full names.</summary>
    public IReadOnlyList<ServiceDescriptor> All { get; } =
    [
        .. Routers(sources).Select(router => router.Endpoints.Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()).OfType<GrpcMethodMetadata>().ToList())
            .First(mapped => mapped.Contains(method))
            .Select(mapped => mapped.ServiceType).Distinct().Select(DescriptorOf).OrderBy(service => service.FullName, StringComparer.Ordinal),
    ];

    public FileDescriptor? FindFile(string name) => Files().FirstOrDefault(file => file.Name == name);

    /// <param name="symbol">The full name of a service, a method, a message, a field or an enum.</param>
    public FileDescriptor? FindFileOf(string symbol) => Files().FirstOrDefault(file => Declares(file, symbol));

    static IEnumerable<EndpointDataSource> Routers(IEnumerable<EndpointDataSource> sources) =>
        sources.SelectMany(source => source is CompositeEndpointDataSource all ? Routers(all.DataSources) : [source]);

    /// <summary>The generated class around a service base holds the descriptor.</summary>
    static ServiceDescriptor DescriptorOf(Type service)
    {
        for (var type = service; type is not null; type = type.BaseType)
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is { BindType: var around })
                return (ServiceDescriptor)around.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;
        throw new InvalidOperationException($"{service} does not derive from a generated service base.");
    }

    IEnumerable<FileDescriptor> Files()
    {
        var left = new Queue<FileDescriptor>(All.Select(service => service.File));
        var seen = new HashSet<FileDescriptor>();
        while (left.TryDequeue(out var file))
        {
            if (!seen.Add(file)) continue;
            yield return file;
            foreach (var imported in file.Dependencies) left.Enqueue(imported);
        }
    }

    static bool Declares(FileDescriptor file, string symbol) =>
        file.Services.Any(service => service.FullName == symbol || service.Methods.Any(method => method.FullName == symbol))
        || file.EnumTypes.Any(type => IsOf(type, symbol))
        || file.MessageTypes.Any(type => IsOf(type, symbol));

    static bool IsOf(EnumDescriptor type, string symbol) => type.FullName == symbol;

    static bool IsOf(MessageDescriptor type, string symbol) =>
        type.FullName == symbol || type.Fields.InDeclarationOrder().Any(field => field.FullName == symbol)
        || type.Oneofs.Any(oneof => oneof.FullName == symbol) || type.EnumTypes.Any(nested => IsOf(nested, symbol)) || type.NestedTypes.Any(nested => IsOf(nested, symbol));
}
