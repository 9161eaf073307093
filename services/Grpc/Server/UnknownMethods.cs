using System.Runtime.CompilerServices;
using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Grpc.Server;

/// <summary>Answers calls of services and methods that nobody mapped; leaves all other requests to other endpoints.</summary>
sealed class UnknownMethods(CallServer server) : IRouteConstraint
{
    /// <summary>The routers that have it, for as long as they live; there is no weak set.</summary>
    readonly ConditionalWeakTable<IEndpointRouteBuilder, UnknownMethods> _mapped = [];

    /// <summary>Maps one endpoint for all services of a router: an application may have several, each with ports of its own.</summary>
    public void MapOnce(IEndpointRouteBuilder routes)
    {
        if (!_mapped.TryAdd(routes, this)) return;
        var pattern = RoutePatternFactory.Parse(
            "{unknownService}/{unknownMethod}", defaults: null, parameterPolicies: new RouteValueDictionary { ["unknownMethod"] = this });
        routes.Map(pattern, http => server.ServeAsync(http, MethodType.Unary, _ => throw new RpcException(new Status(StatusCode.Unimplemented, "The method is not known here."))))
            .WithDisplayName("gRPC - unknown method")
            .WithMetadata(new HttpMethodMetadata([HttpMethods.Post]));
    }

    public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
        MetadataCodec.IsGrpc(httpContext?.Request.ContentType);
}
