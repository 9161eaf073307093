using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Coordination.Hosting.Sealing;

/// <summary>What a seal is for; a seal made for one kind never opens as another.</summary>
public enum SealKind
{
    /// <summary>The text and details of one entry.</summary>
    Particulars = 1,

    /// <summary>The identity part of a referral.</summary>
    CaseFile = 2,

    /// <summary>A piece of what goes with a case file and is too large for it.</summary>
    Attachment = 3,
}

/// <summary>Seals bytes to one recipient, so that nobody on the way reads or changes them.</summary>
/// <remarks>
/// A compact JWE (RFC 7516): ECDH-ES with a new ephemeral key of EC P-256 each, A256GCM, no compression, so that any JOSE
/// library opens it. It does not say who sealed it: the signed entry does, which holds a digest of the plaintext. Whoever
/// holds a recipient's private key later opens everything that was ever sealed to it.
/// </remarks>
public static class Seal
{
    const string Encryption = "A256GCM";
    const int KeyBits = 256;
    const int NonceLength = 12;
    const int TagLength = 16;

    /// <summary>Twice what a header takes; a longer one is not even decoded.</summary>
    const int LongestHeader = 1024;

    /// <summary>Header, encrypted key (empty), nonce, ciphertext, tag.</summary>
    const int Segments = 5;

    static readonly FrozenSet<string> HeaderMembers = FrozenSet.Create(StringComparer.Ordinal, "alg", "enc", "kid", "typ", "epk");
    static readonly FrozenSet<string> PointMembers = FrozenSet.Create(StringComparer.Ordinal, "kty", "crv", "x", "y");
    static readonly SearchValues<byte> InHeaders = SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Except(['\\']).Select(c => (byte)c)]);

    /// <summary>Seals <paramref name="plaintext"/> so that only the holder of the recipient's private key opens it.</summary>
    /// <returns>A compact JWE: ASCII, four thirds as long as the plaintext and some 400 characters more.</returns>
    public static string To(EncryptionKey recipient, SealKind kind, ReadOnlySpan<byte> plaintext)
    {
        using var once = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var header = Base64Url.EncodeToString(WriteHeader(recipient.Id, kind, once.ExportParameters(includePrivateParameters: false).Q));
        using var other = ECDiffieHellman.Create(recipient.Point);
        Span<byte> nonce = stackalloc byte[NonceLength];
        Span<byte> tag = stackalloc byte[TagLength];
        var ciphertext = new byte[plaintext.Length];
        RandomNumberGenerator.Fill(nonce);
        var key = ConcatKdf.Derive(once, other.PublicKey, Encryption, [], [], KeyBits);
        try
        {
            using var aes = new AesGcm(key, TagLength);
            aes.Encrypt(nonce, plaintext, ciphertext, tag, Encoding.ASCII.GetBytes(header));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
        return $"{header}..{Base64Url.EncodeToString(nonce)}.{Base64Url.EncodeToString(ciphertext)}.{Base64Url.EncodeToString(tag)}";
    }

    /// <summary>Opens what was sealed to one of these keys, in exactly the form in which <see cref="To"/> writes it.</summary>
    /// <param name="kind">What it must have been sealed as.</param>
    /// <param name="compact">Anything; the caller has limited its length.</param>
    /// <param name="keys">The one is taken that the header names.</param>
    public static Unsealed Open(SealKind kind, ReadOnlySpan<char> compact, params ReadOnlySpan<DecryptionKey> keys)
    {
        Span<Range> segments = stackalloc Range[Segments + 1];
        if (compact.Split(segments, '.') != Segments) return new Unsealed.Refused(SealRefusal.Misshapen);
        var header = compact[segments[0]];
        if (header.Length > LongestHeader || !compact[segments[1]].IsEmpty
            || Decode(header) is not { } json
            || Decode(compact[segments[2]]) is not { Length: NonceLength } nonce
            || Decode(compact[segments[3]]) is not { } ciphertext
            || Decode(compact[segments[4]]) is not { Length: TagLength } tag)
        {
            return new Unsealed.Refused(SealRefusal.Misshapen);
        }

        if (ReadHeader(json, kind) is not var (keyId, point)) return new Unsealed.Refused(SealRefusal.HeaderNotExact);
        foreach (var key in keys)
            if (key.Id == keyId) return Decrypt(key, point, header, nonce, ciphertext, tag);
        return new Unsealed.Refused(SealRefusal.AnotherKey);
    }

    static Unsealed Decrypt(DecryptionKey own, ECPoint point, ReadOnlySpan<char> header, byte[] nonce, byte[] ciphertext, byte[] tag)
    {
        if (Agree(own, point) is not { } key) return new Unsealed.Refused(SealRefusal.NoPointOfTheCurve);
        try
        {
            var associated = new byte[header.Length];
            Encoding.ASCII.GetBytes(header, associated);
            var plaintext = new byte[ciphertext.Length];
            using var aes = new AesGcm(key, TagLength);
            aes.Decrypt(nonce, ciphertext, tag, plaintext, associated);
            return new Unsealed.Opened(plaintext);
        }
        catch (AuthenticationTagMismatchException)
        {
            return new Unsealed.Refused(SealRefusal.NotAuthentic);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>The key of the content; null for a point beside the curve, which would tell about the private key if it got any further.</summary>
    static byte[]? Agree(DecryptionKey own, ECPoint point)
    {
        using var mine = ECDiffieHellman.Create(own.Parameters);
        try
        {
            using var once = ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = point });
            return ConcatKdf.Derive(mine, once.PublicKey, Encryption, [], [], KeyBits);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    static byte[] WriteHeader(string keyId, SealKind kind, ECPoint point) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        alg = "ECDH-ES",
        enc = Encryption,
        kid = keyId,
        typ = NameOf(kind),
        epk = new { kty = "EC", crv = "P-256", x = Base64Url.EncodeToString(point.X), y = Base64Url.EncodeToString(point.Y) },
    });

    /// <summary>The key's id and the ephemeral point, if the header holds exactly what it should, in any order.</summary>
    static (string KeyId, ECPoint Point)? ReadHeader(byte[] json, SealKind kind)
    {
        // Nothing in a header needs an escape, and without them a name has one spelling.
        if (json.AsSpan().ContainsAnyExcept(InHeaders)) return null;
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 2 });
            var header = document.RootElement;
            if (!HasExactly(header, HeaderMembers) || header.GetProperty("epk") is var epk && !HasExactly(epk, PointMembers)) return null;
            return Is(header, "alg", "ECDH-ES") && Is(header, "enc", Encryption) && Is(header, "typ", NameOf(kind))
                && Is(epk, "kty", "EC") && Is(epk, "crv", "P-256")
                && Text(header, "kid") is { } keyId
                && Coordinate(epk, "x") is { } x && Coordinate(epk, "y") is { } y
                ? (keyId, new ECPoint { X = x, Y = y })
                : null;
        }
        catch (JsonException)
        {
            return null;
        }

        static bool HasExactly(JsonElement element, FrozenSet<string> members) =>
            element.ValueKind == JsonValueKind.Object && members.SetEquals(element.EnumerateObject().Select(member => member.Name));

        static bool Is(JsonElement element, string name, string value) => Text(element, name) == value;

        static string? Text(JsonElement element, string name) =>
            element.GetProperty(name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

        static byte[]? Coordinate(JsonElement element, string name) =>
            Text(element, name) is { } text && Decode(text) is { Length: KeyBits / 8 } coordinate ? coordinate : null;
    }

    static string NameOf(SealKind kind) => kind switch
    {
        SealKind.Particulars => "coord-particulars-v1",
        SealKind.CaseFile => "coord-case-file-v1",
        SealKind.Attachment => "coord-attachment-v1",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a kind of seal"),
    };

    /// <summary>The bytes, if this is the one way to write them: no padding, no white space, no bits beyond the last byte.</summary>
    static byte[]? Decode(ReadOnlySpan<char> text)
    {
        var bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        if (Base64Url.DecodeFromChars(text, bytes, out _, out var written) != OperationStatus.Done) return null;
        bytes = bytes[..written];
        return text.SequenceEqual(Base64Url.EncodeToString(bytes)) ? bytes : null;
    }
}

/// <summary>What became of a seal. Closed: opened, or refused with the reason.</summary>
public abstract record Unsealed
{
    private Unsealed() { }

    /// <summary>These bytes were sealed to the key, as this kind; by whom, the seal does not say.</summary>
    public sealed record Opened(ReadOnlyMemory<byte> Plaintext) : Unsealed;

    /// <summary>Nothing was learnt of the content.</summary>
    public sealed record Refused(SealRefusal Why) : Unsealed;
}

/// <summary>Why a seal does not open.</summary>
public enum SealRefusal
{
    /// <summary>Not five segments of base64url without padding, the second of them empty, nonce and tag of their lengths.</summary>
    Misshapen = 1,

    /// <summary>The header holds more, less or other than alg, enc, kid, typ and epk with the values of this kind of seal.</summary>
    HeaderNotExact,

    /// <summary>The ephemeral key is no point of P-256.</summary>
    NoPointOfTheCurve,

    /// <summary>It was sealed to none of the keys at hand.</summary>
    AnotherKey,

    /// <summary>It was changed on its way, or sealed to another key under this one's id.</summary>
    NotAuthentic,
}

/// <summary>The public key of EC P-256 to which something is sealed.</summary>
public sealed class EncryptionKey
{
    const int LongestId = 64;

    static readonly SearchValues<char> InIds = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._");

    EncryptionKey(string id, ECParameters point) => (Id, Point) = (id, point);

    /// <summary>As the trust list calls it.</summary>
    public string Id { get; }

    internal ECParameters Point { get; }

    /// <summary>The key's public part; the key itself may be disposed of.</summary>
    /// <param name="id">1 to 64 ASCII letters, digits, <c>-</c>, <c>.</c> and <c>_</c>: it stands in the header of every seal.</param>
    /// <param name="key">Public or private.</param>
    /// <exception cref="ArgumentException">It is no such id.</exception>
    /// <exception cref="CryptographicException">The key is not of EC P-256.</exception>
    public static EncryptionKey Of(string id, ECDiffieHellman key)
    {
        if (id.Length is 0 or > LongestId || id.AsSpan().ContainsAnyExcept(InIds)) throw new ArgumentException("no id of an encryption key", nameof(id));
        return new EncryptionKey(id, DecryptionKey.OfP256(key.ExportParameters(includePrivateParameters: false)));
    }
}

/// <summary>The private key of EC P-256 that opens what was sealed to its public part.</summary>
public sealed class DecryptionKey
{
    /// <summary>The object identifier of P-256: other curves have 256 bits, too.</summary>
    const string P256 = "1.2.840.10045.3.1.7";

    DecryptionKey(string id, ECParameters parameters) => (Id, Parameters) = (id, parameters);

    /// <summary>As the trust list calls it.</summary>
    public string Id { get; }

    internal ECParameters Parameters { get; }

    /// <summary>The key's parameters; the key itself may be disposed of.</summary>
    /// <exception cref="CryptographicException">The key is not of EC P-256, or not private.</exception>
    public static DecryptionKey Of(string id, ECDiffieHellman key) => new(id, OfP256(key.ExportParameters(includePrivateParameters: true)));

    internal static ECParameters OfP256(ECParameters key) => key.Curve.IsNamed && key.Curve.Oid.Value == P256
        ? key
        : throw new CryptographicException("A key of EC P-256 is needed.");
}

/// <summary>The key derivation of ECDH-ES: RFC 7518 section 4.6.2, which is one round of the Concat KDF of NIST SP 800-56A with SHA-256.</summary>
public static class ConcatKdf
{
    /// <summary>The key on which both ends agree.</summary>
    /// <param name="own">One's own private key.</param>
    /// <param name="other">The other's public key, of the same curve.</param>
    /// <param name="algorithm">What the key is for: the JWE's <c>enc</c>.</param>
    /// <param name="partyU">The producer, as in <c>apu</c>; may be empty.</param>
    /// <param name="partyV">The recipient, as in <c>apv</c>; may be empty.</param>
    /// <param name="bits">Of the key: a multiple of 8, at most the 256 of one round.</param>
    public static byte[] Derive(
        ECDiffieHellman own, ECDiffieHellmanPublicKey other, string algorithm, ReadOnlySpan<byte> partyU, ReadOnlySpan<byte> partyV, int bits)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bits, SHA256.HashSizeInBits);
        byte[] otherInfo = [.. Prefixed(Encoding.ASCII.GetBytes(algorithm)), .. Prefixed(partyU), .. Prefixed(partyV), .. BigEndian(bits)];
        var derived = own.DeriveKeyFromHash(other, HashAlgorithmName.SHA256, secretPrepend: BigEndian(1), secretAppend: otherInfo);
        if (bits == SHA256.HashSizeInBits) return derived;
        var key = derived[..(bits / 8)];
        CryptographicOperations.ZeroMemory(derived);
        return key;
    }

    static byte[] Prefixed(ReadOnlySpan<byte> bytes) => [.. BigEndian(bytes.Length), .. bytes];

    static byte[] BigEndian(int number)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return bytes;
    }
}
