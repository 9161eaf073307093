using System.Collections.Immutable;
using System.Security.Cryptography;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Trust;

namespace Coordination.Hosting.Sealing;

/// <summary>The private keys with which a node opens what was sealed to it, also to one that is retired.</summary>
/// <remarks>Read from the key folder at the start: a key that is put there later counts after the next.</remarks>
public sealed class KeyRing
{
    readonly ImmutableArray<DecryptionKey> _keys;

    KeyRing(ImmutableArray<DecryptionKey> keys) => _keys = keys;

    /// <summary>The id of the key in <see cref="KeyFolder.Encryption"/>.</summary>
    public string CurrentId => _keys[0].Id;

    /// <summary>Reads the encryption keys of a node's key folder.</summary>
    /// <exception cref="CryptographicException">A file holds no private key of EC P-256.</exception>
    public static KeyRing Of(NodeId node, KeyFolder folder) => new([Read(node, folder.Encryption), .. folder.OtherEncryption.Select(file => Read(node, file))]);

    /// <summary>Whether the key of that id is here.</summary>
    public bool Holds(string keyId) => _keys.Any(key => key.Id == keyId);

    /// <inheritdoc cref="Seal.Open"/>
    public Unsealed Open(SealKind kind, ReadOnlySpan<char> compact) => Seal.Open(kind, compact, _keys.AsSpan());

    static DecryptionKey Read(NodeId node, string file)
    {
        using var key = ECDiffieHellman.Create();
        var text = File.ReadAllText(file);
        try
        {
            key.ImportFromPem(text);
            return DecryptionKey.Of(SignedBytes.KeyId(node.ToString(), key), key);
        }
        catch (Exception unusable) when (unusable is CryptographicException or ArgumentException)
        {
            throw new CryptographicException($"{file} holds no private key of EC P-256.", unusable);
        }
    }
}
