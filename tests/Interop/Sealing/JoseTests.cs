using System.Security.Cryptography;
using System.Text.Json;
using Coordination.Hosting.Sealing;

namespace Coordination.Interop.Sealing;

/// <summary>A seal is a JWE as everybody else means it: npm's <c>jose</c> opens ours, and we open what it sealed.</summary>
public sealed class JoseTests : IDisposable
{
    const string KeyId = "LA-0123456789abcdef";

    readonly ECDiffieHellman _laos = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose() => _laos.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(200 * 1024)]
    public async Task What_we_seal_opens_with_jose(int length)
    {
        var plaintext = RandomNumberGenerator.GetBytes(length);
        var seal = Seal.To(EncryptionKey.Of(KeyId, _laos), SealKind.CaseFile, plaintext);

        var opened = await JoseAsync("open", new { key = _laos.ExportPkcs8PrivateKeyPem(), seal });

        opened.GetProperty("plaintext").GetBytesFromBase64().ShouldBe(plaintext);
        var header = opened.GetProperty("header");
        header.EnumerateObject().Select(member => member.Name).ShouldBe(["alg", "enc", "kid", "typ", "epk"], ignoreOrder: true);
        header.GetProperty("kid").GetString().ShouldBe(KeyId);
        header.GetProperty("typ").GetString().ShouldBe("coord-case-file-v1");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(200 * 1024)]
    public async Task What_jose_seals_opens_here(int length)
    {
        var plaintext = RandomNumberGenerator.GetBytes(length);

        var seal = await SealedByJoseAsync(plaintext, new() { ["alg"] = "ECDH-ES", ["enc"] = "A256GCM", ["kid"] = KeyId, ["typ"] = "coord-particulars-v1" });

        Open(seal).ShouldBeOfType<Unsealed.Opened>().Plaintext.ToArray().ShouldBe(plaintext);
    }

    [Theory]
    [InlineData("alg", "ECDH-ES+A256KW", SealRefusal.Misshapen)]
    [InlineData("enc", "A128GCM", SealRefusal.HeaderNotExact)]
    [InlineData("typ", "JWE", SealRefusal.HeaderNotExact)]
    [InlineData("cty", "application/json", SealRefusal.HeaderNotExact)]
    [InlineData("kid", "TH-0123456789abcdef", SealRefusal.AnotherKey)]
    public async Task What_jose_seals_otherwise_is_refused(string member, string value, SealRefusal why)
    {
        var header = new Dictionary<string, string>(StringComparer.Ordinal) { ["alg"] = "ECDH-ES", ["enc"] = "A256GCM", ["kid"] = KeyId, ["typ"] = "coord-particulars-v1" };
        header[member] = value;

        Open(await SealedByJoseAsync([1, 2, 3], header)).ShouldBe(new Unsealed.Refused(why));
    }

    Unsealed Open(string seal) => Seal.Open(SealKind.Particulars, seal, DecryptionKey.Of(KeyId, _laos));

    async Task<string> SealedByJoseAsync(byte[] plaintext, Dictionary<string, string> header) =>
        (await JoseAsync("seal", new { key = _laos.ExportSubjectPublicKeyInfoPem(), header, plaintext })).GetString().ShouldNotBeNull();

    static async Task<JsonElement> JoseAsync(string what, object request) =>
        JsonElement.Parse(await JavaScript.RunScriptAsync("Sealing/jose.mjs", [what], TestContext.Current.CancellationToken, JsonSerializer.Serialize(request)));
}
