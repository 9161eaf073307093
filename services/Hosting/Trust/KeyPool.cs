using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Coordination.Hosting.Trust;

/// <summary>One key of EC P-256 that many threads use at once.</summary>
/// <remarks>An <see cref="ECDsa"/> is not safe to share between threads, and reading one anew costs as much as a signature.</remarks>
public sealed class KeyPool
{
    readonly ConcurrentBag<ECDsa> idle = [];
    readonly ECParameters parameters;

    KeyPool(string id, ECDsa key)
    {
        Id = id;
        parameters = key.ExportParameters(includePrivateParameters: HasPrivate(key));
    }

    /// <summary>As the trust list calls it.</summary>
    public string Id { get; }

    /// <summary>A pool over a key's parameters; the key itself may be disposed of.</summary>
    public static KeyPool Of(string id, ECDsa key) => new(id, key);

    public byte[] Sign(SignatureKind kind, ReadOnlySpan<byte> bytes)
    {
        var key = Rent();
        try { return SignedBytes.Sign(kind, key, bytes); }
        finally { idle.Add(key); }
    }

    public bool Verify(SignatureKind kind, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> signature)
    {
        var key = Rent();
        try { return SignedBytes.Verify(kind, key, bytes, signature); }
        finally { idle.Add(key); }
    }

    ECDsa Rent() => idle.TryTake(out var key) ? key : ECDsa.Create(parameters);

    static bool HasPrivate(ECDsa key)
    {
        try
        {
            key.ExportParameters(includePrivateParameters: true);
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
