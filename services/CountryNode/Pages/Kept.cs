using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Primitives;

namespace Coordination.CountryNode.Pages;

/// <summary>What somebody had written when their session ended: it goes to the browser and back, sealed, until they have signed in again. Nothing of it stays here.</summary>
public sealed class Kept(IDataProtectionProvider protection)
{
    /// <summary>The form's field that carries it.</summary>
    public const string Field = "kept";

    /// <summary>Who comes back later writes anew.</summary>
    static readonly TimeSpan Counts = TimeSpan.FromHours(12);

    readonly ITimeLimitedDataProtector _seal = protection.CreateProtector("forms of ended sessions").ToTimeLimitedDataProtector();

    /// <summary>Seals a form that was sent without a session.</summary>
    public async Task<string> SealAsync(HttpRequest request)
    {
        var form = await request.ReadFormAsync(request.HttpContext.RequestAborted);
        return _seal.Protect(JsonSerializer.Serialize(new Form(request.Path, form.Where(field => !field.Key.StartsWith("__", StringComparison.Ordinal)).ToDictionary(field => field.Key, field => field.Value.ToArray(), StringComparer.Ordinal))), Counts);
    }

    /// <summary>What was sealed; null where it is nothing of ours, or too old.</summary>
    public Form? Open(StringValues seal)
    {
        if (StringValues.IsNullOrEmpty(seal)) return null;
        try
        {
            return JsonSerializer.Deserialize<Form>(_seal.Unprotect(seal.ToString()));
        }
        catch (System.Security.Cryptography.CryptographicException)
        {
            return null;
        }
    }

    /// <param name="Path">Where it was sent to.</param>
    /// <param name="Fields">As they were filled in.</param>
    public sealed record Form(string Path, IReadOnlyDictionary<string, string?[]> Fields);
}
