using System.Buffers.Text;
using System.Text.Json;
using Coordination.CountryNode.Desks;
using Grpc.Core;

namespace Coordination.CountryNode.Doors;

/// <summary>Where a page of a list ended, as the caller hands it back: opaque to the caller, and of one list.</summary>
static class PageToken
{
    const int Usual = 50;
    const int Most = 200;

    public static string Write<TPlace>(TPlace place) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(place));

    /// <summary>Reads a token; null for the first page.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: it is none of this list's.</exception>
    public static TPlace? Read<TPlace>(string token) where TPlace : class
    {
        if (token.Length == 0) return null;
        try
        {
            return JsonSerializer.Deserialize<TPlace>(Base64Url.DecodeFromChars(token)) ?? throw new FormatException();
        }
        catch (Exception malformed) when (malformed is FormatException or JsonException)
        {
            throw Refusal.Invalid("PAGE_TOKEN_INVALID", "page_token", "is none of this list's: begin again with an empty one").ToException();
        }
    }

    /// <summary>Rows of one page.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: more than a page can have.</exception>
    public static int Size(uint asked) => asked switch
    {
        0 => Usual,
        <= Most => (int)asked,
        _ => throw Refusal.Invalid("FIELD_INVALID", "page_size", $"is more than {Most}").ToException(),
    };
}
