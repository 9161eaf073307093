using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>What a server accepts, sends and tells.</summary>
/// <remarks>
/// A ceiling on the time of a call is no option here: it is ASP.NET Core's own (<c>AddRequestTimeouts</c>,
/// <c>UseRequestTimeouts</c>), and a call that it stops is answered with DEADLINE_EXCEEDED. Its default policy is not for
/// methods that stream: they have a ceiling where <c>[RequestTimeout]</c> gives them one.
/// </remarks>
public class GrpcServiceOptions
{
    /// <summary>In bytes; null means no limit. 4 MiB at first.</summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>In bytes; null means no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>Whether the type and message of an exception that a handler did not foresee travel to the caller. For development only.</summary>
    public bool? EnableDetailedErrors { get; set; }
}

/// <summary>Where further registrations of gRPC hang.</summary>
public interface IGrpcServerBuilder
{
    IServiceCollection Services { get; }
}

/// <summary>Stands on each endpoint: which method of which service it is.</summary>
public sealed class GrpcMethodMetadata(Type serviceType, IMethod method)
{
    public Type ServiceType { get; } = serviceType;
    public IMethod Method { get; } = method;
}
