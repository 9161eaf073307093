using System.Collections.Frozen;
using Grpc.Core;

namespace Grpc.Wire;

/// <summary>Custom-Metadata of the gRPC over HTTP/2 document: text as it is, bytes as base64 under keys ending in <c>-bin</c>.</summary>
static class MetadataCodec
{
    public const string ContentType = "application/grpc";
    public const string Status = "grpc-status";
    public const string Message = "grpc-message";
    public const string Timeout = "grpc-timeout";
    public const string Encoding = "grpc-encoding";
    public const string AcceptEncoding = "grpc-accept-encoding";
    public const string Identity = "identity";

    /// <summary>
    /// The headers of the call and of its HTTP messages, which are no metadata: trailers that a handler passes on from a
    /// call of its own must not carry them along. HTTP/2's pseudo-headers begin with a colon and are no key at all.
    /// </summary>
    static readonly FrozenSet<string> OfTheCall = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        Status, Message, Timeout, Encoding, AcceptEncoding, "content-type", "content-length", "te", "host", "accept-encoding", "date", "server");

    /// <summary><c>application/grpc</c>, alone or followed by <c>+proto</c> or parameters; not <c>application/grpc-web</c>.</summary>
    public static bool IsGrpc(string? contentType) =>
        contentType is not null
        && contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == ContentType.Length || contentType[ContentType.Length] is '+' or ';');

    /// <summary>The value of an entry on the wire.</summary>
    /// <returns>Null: the text holds characters that no header may.</returns>
    public static string? Encode(Metadata.Entry entry)
    {
        if (entry.IsBinary) return Convert.ToBase64String(entry.Bytes).TrimEnd('=');
        return entry.Value.AsSpan().ContainsAnyExceptInRange(' ', '~') ? null : entry.Value;
    }

    /// <summary>Adds what a header holds, which may be several values.</summary>
    /// <remarks>
    /// Base64 is accepted padded and unpadded, and values joined by commas are split, as the document demands.
    /// What cannot be read is left out: the document forbids to fail a call for it.
    /// </remarks>
    public static void Decode(string name, string value, Metadata into)
    {
        var key = name.ToLowerInvariant();
        if (OfTheCall.Contains(key) || !Metadata.Entry.IsKey(key)) return;

        if (!Metadata.Entry.IsBinaryKey(key))
        {
            into.Add(key, value);
            return;
        }

        foreach (var part in value.Split(',', StringSplitOptions.TrimEntries))
        {
            if (Bytes(part) is { } bytes) into.Add(key, bytes);
        }
    }

    static byte[]? Bytes(string base64)
    {
        var unpadded = base64.TrimEnd('=');
        var bytes = new byte[unpadded.Length * 3 / 4];
        var padded = unpadded.PadRight((unpadded.Length + 3) / 4 * 4, '=');
        return Convert.TryFromBase64String(padded, bytes, out var written) && written == bytes.Length ? bytes : null;
    }
}
