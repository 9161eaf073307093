using Microsoft.Extensions.Caching.Memory;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Coordination.CountryNode.Doors;

/// <summary>Checks bearer tokens, each once: an office sends its token with every call, and verifying it costs as much as signing an entry.</summary>
/// <remarks>Only what was found valid is remembered, until it expires, and no longer than the keys are known by which it was: an issuer may withdraw one.</remarks>
public sealed class RememberedTokens : TokenHandler, IDisposable
{
    /// <summary>Offices have few; what is beyond is checked again.</summary>
    const int Most = 4096;

    readonly JsonWebTokenHandler _handler = new();
    readonly MemoryCache _valid = new(new MemoryCacheOptions { SizeLimit = Most });

    public override async Task<TokenValidationResult> ValidateTokenAsync(string token, TokenValidationParameters validationParameters)
    {
        var keys = await KeysAsync(validationParameters);
        if (_valid.Get<Known>(token) is { } known && known.By == keys) return known.Result;
        var result = await _handler.ValidateTokenAsync(token, validationParameters);
        if (result.IsValid) _valid.Set(token, new Known(result, keys), new MemoryCacheEntryOptions { Size = 1, AbsoluteExpiration = new DateTimeOffset(result.SecurityToken.ValidTo) });
        return result;
    }

    /// <summary>What the issuer says now; null where its keys never change, and where it has said nothing yet.</summary>
    static async Task<BaseConfiguration?> KeysAsync(TokenValidationParameters parameters)
    {
        try
        {
            return parameters.ConfigurationManager is { } manager ? await manager.GetBaseConfigurationAsync(CancellationToken.None) : null;
        }
        // Nothing is valid then, and the handler says so.
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    sealed record Known(TokenValidationResult Result, BaseConfiguration? By);

    public void Dispose() => _valid.Dispose();
}
