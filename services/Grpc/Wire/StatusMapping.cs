using System.Globalization;
using System.Net;
using Grpc.Core;

namespace Grpc.Wire;

/// <summary>What a client makes of the codes of the layers below.</summary>
static class StatusMapping
{
    /// <summary>The table of the http-grpc-status-mapping document, for responses without <c>grpc-status</c>.</summary>
    public static StatusCode OfHttp(HttpStatusCode code) => code switch
    {
        HttpStatusCode.BadRequest or HttpStatusCode.RequestHeaderFieldsTooLarge => StatusCode.Internal,
        HttpStatusCode.Unauthorized => StatusCode.Unauthenticated,
        HttpStatusCode.Forbidden => StatusCode.PermissionDenied,
        HttpStatusCode.NotFound => StatusCode.Unimplemented,
        HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };

    /// <summary>The table "Errors" of the gRPC over HTTP/2 document, for RST_STREAM and GOAWAY.</summary>
    public static StatusCode OfHttp2(long errorCode) => errorCode switch
    {
        0x7 => StatusCode.Unavailable,         // REFUSED_STREAM
        0x8 => StatusCode.Cancelled,           // CANCEL
        0xb => StatusCode.ResourceExhausted,   // ENHANCE_YOUR_CALM
        0xc => StatusCode.PermissionDenied,    // INADEQUATE_SECURITY
        _ => StatusCode.Internal,
    };

    /// <summary>A <c>grpc-status</c>; what is none, or is not known, is UNKNOWN (statuscodes document).</summary>
    public static StatusCode OfHeader(string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= (int)StatusCode.Unauthenticated
            ? (StatusCode)number
            : StatusCode.Unknown;
}
