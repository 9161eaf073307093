using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Coordination.Hosting.Trust;

/// <summary>One key of EC P-256 that many threads use at once.</summary>
/// <remarks>An <see cref="ECDsa"/> is not safe to share between threads, and reading one anew costs as much as a signature.</remarks>
public sealed class KeyPool
{
    readonly ConcurrentBag<ECDsa> _idle = [];
    readonly ECParameters _parameters;

    KeyPool(string id, ECDsa key)
    {
        Id = id;
        _parameters = Export(key);
    }

    /// <summary>As the trust list calls it.</summary>
    public string Id { get; }

    /// <summary>A pool over a key's parameters; the key itself may be disposed of.</summary>
    public static KeyPool Of(string id, ECDsa key) => new(id, key);

    public byte[] Sign(SignatureKind kind, ReadOnlySpan<byte> bytes)
    {
        var key = Rent();
        try { return SignedBytes.Sign(kind, key, bytes); }
        finally { _idle.Add(key); }
    }

    public bool Verify(SignatureKind kind, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> signature)
    {
        var key = Rent();
        try { return SignedBytes.Verify(kind, key, bytes, signature); }
        finally { _idle.Add(key); }
    }

    /// <summary>A key of 32 bytes for one purpose, which only who holds this private key can derive.</summary>
    /// <exception cref="InvalidOperationException">The key is a public one.</exception>
    public byte[] Derive(string purpose) => HKDF.DeriveKey(
        HashAlgorithmName.SHA256, _parameters.D ?? throw new InvalidOperationException("Nothing is derived from a public key."), 32, info: Encoding.ASCII.GetBytes(purpose));

    ECDsa Rent() => _idle.TryTake(out var key) ? key : ECDsa.Create(_parameters);

    /// <summary>With the private part, where there is one: an <see cref="ECDsa"/> does not tell but by trying.</summary>
    static ECParameters Export(ECDsa key)
    {
        try
        {
            return key.ExportParameters(includePrivateParameters: true);
        }
        catch (CryptographicException)
        {
            return key.ExportParameters(includePrivateParameters: false);
        }
    }
}
