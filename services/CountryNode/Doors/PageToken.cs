using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Coordination.CountryNode.Desks;
using Grpc.Core;

namespace Coordination.CountryNode.Doors;

/// <summary>Where a page of a list ended, as the caller hands it back: opaque to the caller, and of one list.</summary>
static class PageToken
{
    const int Usual = 50;
    const int Most = 200;

    /// <summary>A token of another list has other members, or lacks some.</summary>
    static readonly JsonSerializerOptions Json = new() { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true };

    public static string Write<TWire>(TWire place) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(place, Json));

    /// <summary>Reads a token; null for the first page.</summary>
    /// <param name="token">As the caller gave it.</param>
    /// <param name="toPlace">What it says; may throw <see cref="FormatException"/> or <see cref="ArgumentException"/> where that is nothing.</param>
    /// <exception cref="RpcException">INVALID_ARGUMENT: it is none of this list's.</exception>
    public static TPlace? Read<TWire, TPlace>(string token, Func<TWire, TPlace> toPlace) where TPlace : class
    {
        if (token.Length == 0) return null;
        try
        {
            return toPlace(JsonSerializer.Deserialize<TWire>(Base64Url.DecodeFromChars(token), Json) ?? throw new FormatException());
        }
        catch (Exception malformed) when (malformed is FormatException or JsonException or ArgumentException)
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
