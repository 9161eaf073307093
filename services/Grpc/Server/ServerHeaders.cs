using System.Globalization;
using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Grpc.Server;

/// <summary>Metadata and status in the headers and trailers of ASP.NET Core.</summary>
static class ServerHeaders
{
    public static Metadata Read(IHeaderDictionary headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers)
        {
            foreach (var value in values) MetadataCodec.Decode(name, value ?? "", metadata);
        }

        return metadata;
    }

    /// <remarks>
    /// Text that no header may hold is left out: a handler that echoes what it received must not fail for it
    /// (gRPC over HTTP/2 document, ASCII-Value).
    /// </remarks>
    public static void Write(Metadata metadata, IHeaderDictionary headers)
    {
        foreach (var entry in metadata)
        {
            // Append would leave out an empty value.
            if (MetadataCodec.Encode(entry) is { } value) headers[entry.Key] = StringValues.Concat(headers[entry.Key], value);
        }
    }

    public static void Write(Status status, Metadata trailers, IHeaderDictionary headers)
    {
        headers[MetadataCodec.Status] = ((int)status.StatusCode).ToString(CultureInfo.InvariantCulture);
        if (!string.IsNullOrEmpty(status.Detail)) headers[MetadataCodec.Message] = StatusMessage.Encode(status.Detail);
        Write(trailers, headers);
    }
}
