using Grpc.Server;
using Microsoft.AspNetCore.Http;

namespace Grpc.Core;

/// <summary>From gRPC's view of a call to ASP.NET Core's.</summary>
public static class ServerCallContextExtensions
{
    const string InUserState = "__HttpContext";

    /// <summary>The HTTP request of a call: its user, its client certificate, its services.</summary>
    /// <remarks>A context made by a test may carry it in <see cref="ServerCallContext.UserState"/> under <c>__HttpContext</c>.</remarks>
    /// <exception cref="InvalidOperationException">The call did not come over HTTP.</exception>
    public static HttpContext GetHttpContext(this ServerCallContext serverCallContext)
    {
        ArgumentNullException.ThrowIfNull(serverCallContext);
        if (serverCallContext is ServerCall call) return call.Http;
        return serverCallContext.UserState.TryGetValue(InUserState, out var state) && state is HttpContext http
            ? http
            : throw new InvalidOperationException("This call did not come over HTTP.");
    }
}
