using Microsoft.Extensions.Caching.Memory;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Coordination.CountryNode.Doors;

/// <summary>Checks bearer tokens, each once: an office sends its token with every call, and verifying it costs as much as signing an entry.</summary>
/// <remarks>Only what was found valid is remembered, and until it expires: the issuer's keys do not change while a node runs.</remarks>
public sealed class RememberedTokens : TokenHandler, IDisposable
{
    /// <summary>Offices have few; what is beyond is checked again.</summary>
    const int Most = 4096;

    readonly JsonWebTokenHandler _handler = new();
    readonly MemoryCache _valid = new(new MemoryCacheOptions { SizeLimit = Most });

    public override async Task<TokenValidationResult> ValidateTokenAsync(string token, TokenValidationParameters validationParameters)
    {
        if (_valid.Get<TokenValidationResult>(token) is { } known) return known;
        var result = await _handler.ValidateTokenAsync(token, validationParameters);
        if (result.IsValid) _valid.Set(token, result, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpiration = new DateTimeOffset(result.SecurityToken.ValidTo) });
        return result;
    }

    public void Dispose() => _valid.Dispose();
}
