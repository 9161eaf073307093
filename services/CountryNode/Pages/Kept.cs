using System.Text.Json;
using Coordination.CountryNode.Accounts;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Primitives;

namespace Coordination.CountryNode.Pages;

/// <summary>What somebody had written when they had to show anew who they are: it goes to the browser and back, sealed, until they have. Nothing of it stays here.</summary>
/// <remarks>It comes back to its author alone, as far as the browser still knew whose the session was.</remarks>
public sealed class Kept(IDataProtectionProvider protection)
{
    /// <summary>The form's field that carries it.</summary>
    public const string Field = "kept";

    /// <summary>Who comes back later writes anew.</summary>
    static readonly TimeSpan Counts = TimeSpan.FromHours(12);

    readonly ITimeLimitedDataProtector _seal = protection.CreateProtector("forms of ended sessions").ToTimeLimitedDataProtector();

    /// <summary>Seals a form that was not taken.</summary>
    /// <param name="request">Which brought it.</param>
    /// <param name="author">The id of who wrote it; null where nobody can tell.</param>
    public async Task<string> SealAsync(HttpRequest request, string? author)
    {
        var form = await request.ReadFormAsync(request.HttpContext.RequestAborted);
        return _seal.Protect(JsonSerializer.Serialize(new Form(author, request.Path, form.Where(field => !field.Key.StartsWith("__", StringComparison.Ordinal)).ToDictionary(field => field.Key, field => field.Value.ToArray(), StringComparer.Ordinal))), Counts);
    }

    /// <summary>What was sealed; null where it is nothing of ours, too old, or somebody else's.</summary>
    public Form? Open(StringValues seal, Person reader)
    {
        if (StringValues.IsNullOrEmpty(seal)) return null;
        try
        {
            return JsonSerializer.Deserialize<Form>(_seal.Unprotect(seal.ToString())) is { } form && (form.Author ?? reader.Id) == reader.Id ? form : null;
        }
        catch (System.Security.Cryptography.CryptographicException)
        {
            return null;
        }
    }

    /// <param name="Author">The id of who wrote it; null where nobody can tell.</param>
    /// <param name="Path">Where it was sent to.</param>
    /// <param name="Fields">As they were filled in.</param>
    public sealed record Form(string? Author, string Path, IReadOnlyDictionary<string, string?[]> Fields);
}
