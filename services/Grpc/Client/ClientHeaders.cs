using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Client;

/// <summary>Metadata and status in the headers and trailers of HttpClient.</summary>
static class ClientHeaders
{
    public static Metadata Read(HttpHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers.NonValidated)
        {
            foreach (var value in values) MetadataCodec.Decode(name, value, metadata);
        }

        return metadata;
    }

    /// <exception cref="RpcException">A text holds characters that no header may.</exception>
    public static void Write(Metadata metadata, HttpHeaders headers)
    {
        foreach (var entry in metadata)
        {
            if (MetadataCodec.Encode(entry) is not { } value || !headers.TryAddWithoutValidation(entry.Key, value))
                throw new RpcException(new Status(StatusCode.Internal, $"The metadata {entry.Key} cannot travel as a header."));
        }
    }

    /// <returns>Null: the headers tell no status.</returns>
    public static Status? ReadStatus(HttpHeaders headers)
    {
        if (!headers.NonValidated.TryGetValues(MetadataCodec.Status, out var code)) return null;
        var detail = headers.NonValidated.TryGetValues(MetadataCodec.Message, out var message) ? StatusMessage.Decode(message.ToString()) : "";
        return new Status(StatusMapping.OfHeader(code.ToString()), detail);
    }
}
