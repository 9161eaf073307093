using System.Security.Cryptography;
using System.Text.Json;
using Coordination.Hosting;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Coordination.Local;

/// <summary>Issues bearer tokens for offices, in place of a country's own identity provider.</summary>
public sealed class DevelopmentIssuer(TimeProvider? time = null) : IDisposable
{
    /// <summary>The claim <c>iss</c>.</summary>
    public const string Issuer = "https://issuer.coordination.internal";

    readonly TimeProvider _time = time ?? TimeProvider.System;
    readonly ECDsa _key = DevelopmentAuthority.NewKey();

    /// <summary>The claim <c>aud</c>: one node. Units of two countries may have the same name, and a token opens one country's door.</summary>
    public static string Audience(string node) => $"https://{DevelopmentAuthority.NodeName(node)}";

    /// <summary>What a node must be told to believe this issuer.</summary>
    public static TokenSettings Settings(string node, string keysFile) => new() { Issuer = Issuer, Audience = Audience(node), KeysFile = keysFile, DiscoveryAddress = "" };

    /// <summary>A token of 30 days for one office of a node.</summary>
    /// <param name="node">Whose door it opens.</param>
    /// <param name="office"><c>role@unit</c>.</param>
    /// <param name="lifetime">30 days when null; negative for a token that has expired.</param>
    /// <param name="issuer">The claim <c>iss</c>, which a node believes only where it is <see cref="Issuer"/>.</param>
    /// <param name="person">The claim <c>sub</c>: who of the office; the office's one person when null, nobody when empty.</param>
    public string Issue(string node, string office, TimeSpan? lifetime = null, string issuer = Issuer, string? person = null)
    {
        var expires = _time.GetUtcNow() + (lifetime ?? TimeSpan.FromDays(30));
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer,
            Audience = Audience(node),
            IssuedAt = expires.AddDays(-31).UtcDateTime,
            NotBefore = expires.AddDays(-31).UtcDateTime,
            Expires = expires.UtcDateTime,
            Claims = person is ""
                ? new Dictionary<string, object>(StringComparer.Ordinal) { ["office"] = office }
                : new Dictionary<string, object>(StringComparer.Ordinal) { ["sub"] = $"development:{node}:{person ?? office}", ["office"] = office },
            SigningCredentials = new(new ECDsaSecurityKey(_key) { KeyId = KeyId }, SecurityAlgorithms.EcdsaSha256),
        });
    }

    /// <summary>The public key as a JSON Web Key Set.</summary>
    public byte[] Keys()
    {
        var point = _key.ExportParameters(includePrivateParameters: false).Q;
        return JsonSerializer.SerializeToUtf8Bytes(new
        {
            keys = new[]
            {
                new
                {
                    kty = "EC",
                    crv = "P-256",
                    x = Base64UrlEncoder.Encode(point.X),
                    y = Base64UrlEncoder.Encode(point.Y),
                    kid = KeyId,
                    alg = SecurityAlgorithms.EcdsaSha256,
                    use = "sig",
                },
            },
        });
    }

    public void Dispose() => _key.Dispose();

    string KeyId => Convert.ToHexStringLower(SHA256.HashData(_key.ExportSubjectPublicKeyInfo()).AsSpan(0, 8));
}
