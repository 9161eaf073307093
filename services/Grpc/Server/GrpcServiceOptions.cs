using System.Collections.ObjectModel;
using Grpc.Core;
using Grpc.Core.Interceptors;
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

    /// <summary>Stand around the handler of every call, the first outermost.</summary>
    public InterceptorCollection Interceptors { get; } = [];
}

/// <summary>Interceptors of a server, in the order in which they see a call.</summary>
public class InterceptorCollection : Collection<InterceptorRegistration>
{
    /// <typeparam name="TInterceptor">From the container where it is registered there; else made for each call with the call's services.</typeparam>
    public void Add<TInterceptor>()
        where TInterceptor : Interceptor => Add(new InterceptorRegistration(typeof(TInterceptor)));
}

/// <summary>One interceptor of a server.</summary>
public class InterceptorRegistration
{
    readonly ObjectFactory _create;

    internal InterceptorRegistration(Type type)
    {
        Type = type;
        _create = ActivatorUtilities.CreateFactory(type, []);
    }

    public Type Type { get; }

    internal Interceptor For(IServiceProvider services) => (Interceptor)(services.GetService(Type) ?? _create(services, []));
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
