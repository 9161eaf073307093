using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Coordination.Hosting.Sealing;
using FsCheck;
using FsCheck.Fluent;

namespace Coordination.CountryNode.Tests.Sealing;

/// <summary>What a seal keeps, and what it refuses to open.</summary>
public sealed class SealTests : IDisposable
{
    const string KeyId = "LA-0123456789abcdef";
    const string Header = """{"alg":"ECDH-ES","enc":"A256GCM","kid":"LA-0123456789abcdef","typ":"coord-particulars-v1","epk":{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}}""";
    const int MostBytes = 200 * 1024;

    static readonly byte[] Words = Encoding.UTF8.GetBytes("the plan for the way home");

    readonly ECDiffieHellman _laos = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);

    DecryptionKey Own => DecryptionKey.Of(KeyId, _laos);

    EncryptionKey Recipient => EncryptionKey.Of(KeyId, _laos);

    public void Dispose() => _laos.Dispose();

    [Fact]
    public void The_key_derivation_gives_what_RFC_7518_appendix_C_prints()
    {
        using var alice = Key("gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0", "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps", "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo");
        using var bob = Key("weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ", "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck", "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw");

        Base64Url.EncodeToString(ConcatKdf.Derive(alice, bob.PublicKey, "A128GCM", "Alice"u8, "Bob"u8, 128)).ShouldBe("VqqN6vgjbSBcIijNcacQGg");
        Base64Url.EncodeToString(ConcatKdf.Derive(bob, alice.PublicKey, "A128GCM", "Alice"u8, "Bob"u8, 128)).ShouldBe("VqqN6vgjbSBcIijNcacQGg");

        static ECDiffieHellman Key(string x, string y, string d) => ECDiffieHellman.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new() { X = Base64Url.DecodeFromChars(x), Y = Base64Url.DecodeFromChars(y) },
            D = Base64Url.DecodeFromChars(d),
        });
    }

    [Fact]
    public void What_is_sealed_opens_unchanged_whatever_its_length() =>
        Prop.ForAll(Gen.Choose(0, MostBytes).ToArbitrary(), length =>
        {
            var plaintext = RandomNumberGenerator.GetBytes(length);
            Opened(Seal.To(Recipient, SealKind.CaseFile, plaintext), SealKind.CaseFile).AsSpan().SequenceEqual(plaintext).ShouldBeTrue();
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(100).WithQuietOnSuccess(true));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(MostBytes)]
    public void The_shortest_and_the_longest_open_too(int length) =>
        Opened(Seal.To(Recipient, SealKind.Particulars, new byte[length])).ShouldBe(new byte[length]);

    [Fact]
    public void The_same_words_are_never_sealed_alike()
    {
        var seals = Enumerable.Range(0, 20).Select(_ => Seal.To(Recipient, SealKind.Particulars, Words).Split('.')).ToList();

        foreach (var segment in (IEnumerable<int>)[0, 2, 3, 4]) seals.Select(seal => seal[segment]).Distinct().Count().ShouldBe(seals.Count);
    }

    [Fact]
    public void No_character_can_be_changed()
    {
        var seal = Seal.To(Recipient, SealKind.Particulars, Words);
        for (var i = 0; i < seal.Length; i++)
        {
            var changed = seal.ToCharArray();
            changed[i] = changed[i] == 'A' ? 'B' : 'A';
            Seal.Open(SealKind.Particulars, changed, Own).ShouldBeOfType<Unsealed.Refused>($"character {i}");
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_segment_of_another_seal_is_not_authentic(int segment)
    {
        var (seal, other) = (Seal.To(Recipient, SealKind.Particulars, Words).Split('.'), Seal.To(Recipient, SealKind.Particulars, Words).Split('.'));
        seal[segment] = other[segment];
        Why(string.Join('.', seal)).ShouldBe(SealRefusal.NotAuthentic);
    }

    [Fact]
    public void The_header_of_another_seal_is_not_authentic()
    {
        var (seal, other) = (Seal.To(Recipient, SealKind.Particulars, Words).Split('.'), Seal.To(Recipient, SealKind.Particulars, Words).Split('.'));
        seal[0] = other[0];
        Why(string.Join('.', seal)).ShouldBe(SealRefusal.NotAuthentic);
    }

    [Fact]
    public void The_header_is_authentic_only_as_it_was_written()
    {
        // The same key in the same header, with a space more.
        var seal = Forge(Header).Split('.');
        var header = Encoding.ASCII.GetString(Base64Url.DecodeFromChars(seal[0]));
        seal[0] = Base64Url.EncodeToString(Encoding.ASCII.GetBytes(header.Replace("\"enc\":", "\"enc\": ", StringComparison.Ordinal)));
        Why(string.Join('.', seal)).ShouldBe(SealRefusal.NotAuthentic);
    }

    [Theory]
    [InlineData("")]
    [InlineData("....")]
    [InlineData("{0}..{2}.{3}")]
    [InlineData("{0}..{2}.{3}.{4}.")]
    [InlineData("{0}..{2}.{3}.{4}.{4}")]
    [InlineData("{0}.{4}.{2}.{3}.{4}")]
    [InlineData("{0}=..{2}.{3}.{4}")]
    [InlineData("{0}..{2}.{3}.{4}==")]
    [InlineData("{0}..{2}.{3}=.{4}")]
    [InlineData("{0}..{2}. {3}.{4}")]
    [InlineData("{0}..{2}.{3}\n.{4}")]
    [InlineData("{0}..{2}.+/{3}.{4}")]
    [InlineData("{0}..{2}.{3}é.{4}")]
    [InlineData("{0}..{2}AAAA.{3}.{4}")]
    [InlineData("{0}...{3}.{4}")]
    [InlineData("{0}..{2}.{3}.AAAA")]
    [InlineData("{0}..{2}.{3}.")]
    public void What_is_not_five_segments_of_base64url_is_misshapen(string shape) =>
        Why(string.Format(shape, [.. Seal.To(Recipient, SealKind.Particulars, Words).Split('.')])).ShouldBe(SealRefusal.Misshapen);

    [Fact]
    public void A_segment_has_one_spelling()
    {
        // 16 bytes leave four bits of the last character unused.
        var seal = Seal.To(Recipient, SealKind.Particulars, Words);
        var spare = "AQgw".IndexOf(seal[^1], StringComparison.Ordinal);
        Why($"{seal[..^1]}{"BRhx"[spare]}").ShouldBe(SealRefusal.Misshapen);
    }

    [Fact]
    public void A_header_that_is_longer_than_any_is_misshapen() => Why(Forge(Header + new string(' ', 1024))).ShouldBe(SealRefusal.Misshapen);

    [Theory]
    [InlineData(Header)]
    [InlineData("""{"epk":{"x":"{x}","crv":"P-256","kty":"EC","y":"{y}"},"typ":"coord-particulars-v1","kid":"LA-0123456789abcdef","enc":"A256GCM","alg":"ECDH-ES"}""")]
    [InlineData("""{ "alg":"ECDH-ES", "enc":"A256GCM", "kid":"LA-0123456789abcdef", "typ":"coord-particulars-v1", "epk":{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"} }""")]
    public void The_members_of_a_header_may_come_in_any_order(string header) => Opened(Forge(header)).ShouldBe(Words);

    [Theory]
    [InlineData("\"alg\":\"ECDH-ES\"", "\"alg\":\"ECDH-ES+A256KW\"")]
    [InlineData("\"alg\":\"ECDH-ES\"", "\"alg\":\"dir\"")]
    [InlineData("\"alg\":\"ECDH-ES\"", "\"alg\":null")]
    [InlineData("\"alg\":\"ECDH-ES\"", "\"alg\":\"ECDH-ES\",\"alg\":\"ECDH-ES\"")]
    [InlineData("\"alg\":\"ECDH-ES\"", "\"alg\":\"none\",\"alg\":\"ECDH-ES\"")]
    [InlineData("\"alg\":\"ECDH-ES\"", "\"alg\":\"ECDH-ES\",\"\\u0061lg\":\"none\"")]
    [InlineData("\"alg\"", "\"\\u0061lg\"")]
    [InlineData("\"alg\"", "\"\\ud800\"")]
    [InlineData("\"alg\"", "\"Alg\"")]
    [InlineData("\"alg\":\"ECDH-ES\",", "")]
    [InlineData("A256GCM", "A128GCM")]
    [InlineData("A256GCM", "A256CBC-HS512")]
    [InlineData("\"kid\":\"LA-0123456789abcdef\",", "")]
    [InlineData("\"kid\":\"LA-0123456789abcdef\"", "\"kid\":7")]
    [InlineData("\"kid\":\"LA-0123456789abcdef\"", "\"kid\":[\"LA-0123456789abcdef\"]")]
    [InlineData("\"kid\":\"LA-0123456789abcdef\"", "\"kid\":\"LA-0123456789abcdef\",\"kid\":\"TH-0123456789abcdef\"")]
    [InlineData("\"typ\":\"coord-particulars-v1\",", "")]
    [InlineData("coord-particulars-v1", "coord-case-file-v1")]
    [InlineData("coord-particulars-v1", "coord-particulars-v2")]
    [InlineData("coord-particulars-v1", "COORD-PARTICULARS-V1")]
    [InlineData("\"enc\"", "\"zip\":\"DEF\",\"enc\"")]
    [InlineData("\"enc\"", "\"crit\":[\"exp\"],\"enc\"")]
    [InlineData("\"enc\"", "\"crit\":[],\"enc\"")]
    [InlineData("\"enc\"", "\"apu\":\"QWxpY2U\",\"enc\"")]
    [InlineData("\"enc\"", "\"jku\":\"https://keys.example\",\"enc\"")]
    [InlineData("\"enc\"", "\"\":\"\",\"enc\"")]
    [InlineData("\"kty\":\"EC\"", "\"kty\":\"OKP\"")]
    [InlineData("\"kty\":\"EC\"", "\"kty\":\"EC\",\"kty\":\"EC\"")]
    [InlineData("\"kty\":\"EC\"", "\"kty\":\"EC\",\"d\":\"AA\"")]
    [InlineData("\"kty\":\"EC\",", "")]
    [InlineData("\"crv\":\"P-256\"", "\"crv\":\"P-384\"")]
    [InlineData("\"crv\":\"P-256\"", "\"crv\":\"secp256k1\"")]
    [InlineData("\"x\":\"{x}\"", "\"x\":\"{x}=\"")]
    [InlineData("\"x\":\"{x}\"", "\"x\":\"AA{x}\"")]
    [InlineData("\"x\":\"{x}\"", "\"x\":\"\"")]
    [InlineData("\"x\":\"{x}\"", "\"x\":{}")]
    [InlineData("\"x\":\"{x}\",", "")]
    [InlineData("\"{y}\"}}", "\"{y}\"}")]
    [InlineData("\"{y}\"}}", "\"{y}\"}},")]
    [InlineData("\"{y}\"}}", "\"{y}\"}}{}")]
    [InlineData("\"{y}\"}}", "\"{y}\",}}")]
    [InlineData(Header, "")]
    [InlineData(Header, "null")]
    [InlineData(Header, "[]")]
    [InlineData(Header, "\"text\"")]
    [InlineData(Header, """{"alg":"ECDH-ES","enc":"A256GCM","kid":"LA-0123456789abcdef","typ":"coord-particulars-v1","epk":"{x}"}""")]
    [InlineData(Header, """{"alg":"ECDH-ES","enc":"A256GCM","kid":"LA-0123456789abcdef","typ":"coord-particulars-v1","epk":{"kty":"EC","crv":"P-256","x":"{x}","y":{"y":"{y}"}}}""")]
    [InlineData("\"enc\"", "/* a word */\"enc\"")]
    [InlineData("\"enc\"", "\"é\":\"\",\"enc\"")]
    public void A_header_that_holds_more_less_or_other_than_it_should_is_refused(string part, string instead)
    {
        Header.ShouldContain(part);
        Why(Forge(Header.Replace(part, instead, StringComparison.Ordinal))).ShouldBe(SealRefusal.HeaderNotExact);
    }

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", "0000000000000000000000000000000000000000000000000000000000000000")]
    // Beyond the field.
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    // P-256's generator with the last bit of y changed.
    [InlineData("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296", "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f4")]
    // The generator of secp256k1.
    [InlineData("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798", "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8")]
    public void A_point_beside_the_curve_is_refused(string x, string y)
    {
        var header = Header.Replace("{x}", Base64Url.EncodeToString(Convert.FromHexString(x)), StringComparison.Ordinal)
            .Replace("{y}", Base64Url.EncodeToString(Convert.FromHexString(y)), StringComparison.Ordinal);
        Why(Forge(header)).ShouldBe(SealRefusal.NoPointOfTheCurve);
    }

    [Fact]
    public void What_was_sealed_as_one_kind_opens_as_no_other() =>
        Seal.Open(SealKind.CaseFile, Seal.To(Recipient, SealKind.Particulars, Words), Own).ShouldBe(new Unsealed.Refused(SealRefusal.HeaderNotExact));

    [Fact]
    public void Who_holds_another_key_does_not_open_it()
    {
        using var thailand = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var seal = Seal.To(Recipient, SealKind.Particulars, Words);

        Seal.Open(SealKind.Particulars, seal).ShouldBe(new Unsealed.Refused(SealRefusal.AnotherKey));
        Seal.Open(SealKind.Particulars, seal, DecryptionKey.Of("TH-0123456789abcdef", thailand)).ShouldBe(new Unsealed.Refused(SealRefusal.AnotherKey));
        Seal.Open(SealKind.Particulars, seal, DecryptionKey.Of(KeyId, thailand)).ShouldBe(new Unsealed.Refused(SealRefusal.NotAuthentic));
        Seal.Open(SealKind.Particulars, seal, DecryptionKey.Of("TH-0123456789abcdef", thailand), Own).ShouldBeOfType<Unsealed.Opened>();
    }

    [Fact]
    public void Keys_of_other_curves_and_ids_that_need_an_escape_are_no_encryption_keys()
    {
        using var longer = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP384);
        using var alike = ECDiffieHellman.Create(ECCurve.NamedCurves.brainpoolP256r1);
        using var publicPart = ECDiffieHellman.Create(_laos.ExportParameters(includePrivateParameters: false));

        Should.Throw<CryptographicException>(() => EncryptionKey.Of(KeyId, longer));
        Should.Throw<CryptographicException>(() => EncryptionKey.Of(KeyId, alike));
        Should.Throw<CryptographicException>(() => DecryptionKey.Of(KeyId, publicPart));
        foreach (var id in (IEnumerable<string>)["", "LA\"", "LA 1", "ລາວ", new string('a', 65)]) Should.Throw<ArgumentException>(() => EncryptionKey.Of(id, _laos));
    }

    SealRefusal Why(string seal) => Seal.Open(SealKind.Particulars, seal, Own).ShouldBeOfType<Unsealed.Refused>().Why;

    byte[] Opened(string seal, SealKind kind = SealKind.Particulars) => Seal.Open(kind, seal, Own).ShouldBeOfType<Unsealed.Opened>().Plaintext.ToArray();

    /// <summary>A seal under any header, right in all the rest.</summary>
    /// <param name="header">JSON, with {x} and {y} where the ephemeral point goes.</param>
    string Forge(string header)
    {
        using var once = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var point = once.ExportParameters(includePrivateParameters: false).Q;
        header = header.Replace("{x}", Base64Url.EncodeToString(point.X), StringComparison.Ordinal).Replace("{y}", Base64Url.EncodeToString(point.Y), StringComparison.Ordinal);
        var first = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header));
        var (nonce, ciphertext, tag) = (RandomNumberGenerator.GetBytes(12), new byte[Words.Length], new byte[16]);
        using var aes = new AesGcm(ConcatKdf.Derive(once, _laos.PublicKey, "A256GCM", [], [], 256), tag.Length);
        aes.Encrypt(nonce, Words, ciphertext, tag, Encoding.ASCII.GetBytes(first));
        return $"{first}..{Base64Url.EncodeToString(nonce)}.{Base64Url.EncodeToString(ciphertext)}.{Base64Url.EncodeToString(tag)}";
    }
}
