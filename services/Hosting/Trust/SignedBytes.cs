using System.Security.Cryptography;

namespace Coordination.Hosting.Trust;

/// <summary>What a signature is for; a signature made for one kind never verifies as another.</summary>
public enum SignatureKind
{
    Entry = 1,
    Receipt = 2,
    TrustList = 3,
    LogWitness = 4,
    Deletion = 5,
    Transfer = 6,
}

/// <summary>
/// Signs and verifies bytes as sent: ECDSA P-256 with SHA-256 over <c>"coord/&lt;kind&gt;/v1" ‖ 0x00 ‖ bytes</c>,
/// signature in IEEE P1363 form (r ‖ s, 64 bytes).
/// </summary>
/// <remarks>Nothing signs a digest that it is handed, and nothing serialises a message again to verify it.</remarks>
public static class SignedBytes
{
    public static byte[] Sign(SignatureKind kind, ECDsa key, ReadOnlySpan<byte> bytes) =>
        key.SignData(Prefixed(kind, bytes), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    public static bool Verify(SignatureKind kind, ECDsa key, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> signature) =>
        key.VerifyData(Prefixed(kind, bytes), signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    /// <summary>The id under which the trust list knows a key: the node and the first 8 bytes of the SHA-256 of its SubjectPublicKeyInfo.</summary>
    public static string KeyId(string node, ECAlgorithm key) =>
        $"{node}-{Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()).AsSpan(0, 8))}";

    static byte[] Prefixed(SignatureKind kind, ReadOnlySpan<byte> bytes)
    {
        var name = kind switch
        {
            SignatureKind.Entry => "coord/entry/v1\0"u8,
            SignatureKind.Receipt => "coord/receipt/v1\0"u8,
            SignatureKind.TrustList => "coord/trust-list/v1\0"u8,
            SignatureKind.LogWitness => "coord/log-witness/v1\0"u8,
            SignatureKind.Deletion => "coord/deletion/v1\0"u8,
            SignatureKind.Transfer => "coord/transfer/v1\0"u8,
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a kind of signature"),
        };
        var prefixed = new byte[name.Length + bytes.Length];
        name.CopyTo(prefixed);
        bytes.CopyTo(prefixed.AsSpan(name.Length));
        return prefixed;
    }
}
