using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Coordination.Contracts.Peer.V1;
using Coordination.Hosting.Trust;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using TrustList = Coordination.Contracts.Peer.V1.TrustList;
using TrustedNode = Coordination.Contracts.Peer.V1.TrustedNode;

namespace Coordination.Local;

/// <summary>Everybody's keys at once, for a region on one machine: the root's, and every node's own authority, signing and encryption key.</summary>
/// <remarks>In the field no one holds more than one of these.</remarks>
public sealed class DevelopmentAuthority : IDisposable
{
    const string RootKeyId = "root";
    static readonly TimeSpan Validity = TimeSpan.FromDays(365);

    readonly TimeProvider _time;
    readonly Dictionary<string, (X509Certificate2 TlsAuthority, ECDsa SigningKey, ECDiffieHellman EncryptionKey)> _nodes;

    DevelopmentAuthority(IReadOnlyList<string> nodes, TimeProvider time)
    {
        _time = time;
        _nodes = nodes.ToDictionary(n => n, n => (CreateTlsAuthority(n), NewKey(), NewEncryptionKey()), StringComparer.Ordinal);
    }

    /// <summary>The region's root key.</summary>
    public ECDsa Root { get; } = NewKey();

    /// <summary>Makes the keys of a region's nodes.</summary>
    /// <exception cref="LocalException">There are fewer than two: a trust list needs two countries' signatures.</exception>
    public static DevelopmentAuthority Create(IReadOnlyList<string> nodes, TimeProvider? time = null) => nodes.Count >= 2
        ? new(nodes, time ?? TimeProvider.System)
        : throw new LocalException("A region needs at least two countries, since its trust list needs two countries' signatures: name another.");

    /// <summary>A new ECDSA P-256 key.</summary>
    public static ECDsa NewKey() => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>A new ECDH P-256 key.</summary>
    public static ECDiffieHellman NewEncryptionKey() => ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>The node's signing key, as it was made.</summary>
    public ECDsa SigningKey(string node) => _nodes[node].SigningKey;

    /// <summary>The node's encryption key, as it was made.</summary>
    public ECDiffieHellman EncryptionKey(string node) => _nodes[node].EncryptionKey;

    /// <summary>The node's TLS authority with its private key, as it was made.</summary>
    public X509Certificate2 TlsAuthority(string node) => _nodes[node].TlsAuthority;

    /// <summary>Another TLS authority under a node's name, that no trust list names yet.</summary>
    public X509Certificate2 CreateTlsAuthority(string node)
    {
        using var key = NewKey();
        var request = new CertificateRequest($"CN={node} node authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = _time.GetUtcNow();
        return request.CreateSelfSigned(now - Validity, now + Validity);
    }

    /// <summary>A certificate with which one node meets another.</summary>
    /// <param name="node">Whose name it holds.</param>
    /// <param name="authority">Who issues it; the node's own authority when null.</param>
    /// <param name="validUntil">Its end, which may lie in the past; in a year's time less a day when null.</param>
    /// <param name="names">Further DNS names of the host.</param>
    public X509Certificate2 IssuePeer(
        string node, X509Certificate2? authority = null, DateTimeOffset? validUntil = null, params IReadOnlyList<string> names) =>
        Issue(authority ?? TlsAuthority(node), $"{node} node", [NodeName(node), "localhost", .. names],
            [ServerAuthentication, ClientAuthentication], validUntil);

    /// <summary>A certificate under a node's own name that may answer a call and not make one, which a peer's must.</summary>
    public X509Certificate2 IssueAnsweringPeer(string node) =>
        Issue(TlsAuthority(node), $"{node} node", [NodeName(node), "localhost"], [ServerAuthentication], validUntil: null);

    /// <summary>A certificate with which a node meets its own country's people and programs.</summary>
    public X509Certificate2 IssueApi(string node, params IReadOnlyList<string> names) =>
        Issue(TlsAuthority(node), $"{node} API", ["localhost", $"{node.ToLowerInvariant()}.localhost", .. names], [ServerAuthentication], validUntil: null);

    /// <summary>The name that a peer's certificate must hold.</summary>
    public static string NodeName(string node) => $"{node.ToLowerInvariant()}.node.coordination.internal";

    /// <summary>The region's first trust list.</summary>
    /// <param name="peerAddress">Where each node's peers reach it.</param>
    public TrustList NewList(Func<string, string> peerAddress) => new()
    {
        Version = 1,
        ValidUntil = Timestamp.FromDateTimeOffset(_time.GetUtcNow() + Validity),
        Nodes =
        {
            _nodes.Select(n => new TrustedNode
            {
                Id = n.Key,
                PeerAddress = peerAddress(n.Key),
                TlsAuthority = ByteString.CopyFrom(n.Value.TlsAuthority.RawData),
                SigningKeys = { Describe(n.Key, n.Value.SigningKey) },
                EncryptionKeys = { Describe(n.Key, n.Value.EncryptionKey) },
            }),
        },
    };

    /// <summary>A signing key as a trust list names it, in use since yesterday.</summary>
    public SigningKey Describe(string node, ECDsa key) => new()
    {
        KeyId = SignedBytes.KeyId(node, key),
        PublicKey = ByteString.CopyFrom(key.ExportSubjectPublicKeyInfo()),
        ValidFrom = Timestamp.FromDateTimeOffset(_time.GetUtcNow().AddDays(-1)),
    };

    /// <summary>An encryption key as a trust list names it, in use since yesterday.</summary>
    public EncryptionKey Describe(string node, ECDiffieHellman key) => new()
    {
        KeyId = SignedBytes.KeyId(node, key),
        PublicKey = ByteString.CopyFrom(key.ExportSubjectPublicKeyInfo()),
        ValidFrom = Timestamp.FromDateTimeOffset(_time.GetUtcNow().AddDays(-1)),
    };

    /// <summary>Signs a list as it stands with the root's key and those of two nodes whose key the list names in use.</summary>
    /// <param name="list">Any list, also one that edits an earlier one.</param>
    /// <param name="signers">Which nodes; the first two that can when empty.</param>
    public SignedTrustList Sign(TrustList list, params IReadOnlyList<string> signers)
    {
        var bytes = list.ToByteArray();
        var nodes = signers.Count > 0 ? signers : [.. _nodes.Keys.Where(n => InUse(list, n)).Take(2)];
        return new SignedTrustList
        {
            List = ByteString.CopyFrom(bytes),
            Signatures =
            {
                Signature(RootKeyId, Root, bytes),
                nodes.Select(n => Signature(SignedBytes.KeyId(n, SigningKey(n)), SigningKey(n), bytes)),
            },
        };
    }

    public void Dispose()
    {
        Root.Dispose();
        foreach (var (authority, signing, encryption) in _nodes.Values)
        {
            authority.Dispose();
            signing.Dispose();
            encryption.Dispose();
        }
    }

    bool InUse(TrustList list, string node)
    {
        var id = SignedBytes.KeyId(node, SigningKey(node));
        return list.Nodes.Any(n => n.Id == node && n.SigningKeys.Any(k => k.KeyId == id && k.ValidUntil is null && k.Revocation is null));
    }

    static TrustSignature Signature(string keyId, ECDsa key, byte[] list) =>
        new() { KeyId = keyId, Signature = ByteString.CopyFrom(SignedBytes.Sign(SignatureKind.TrustList, key, list)) };

    static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");
    static readonly Oid ClientAuthentication = new("1.3.6.1.5.5.7.3.2");

    X509Certificate2 Issue(
        X509Certificate2 authority, string subject, IReadOnlyList<string> names, IReadOnlyList<Oid> uses, DateTimeOffset? validUntil)
    {
        using var key = NewKey();
        var request = new CertificateRequest($"CN={subject}", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names) alternatives.AddDnsName(name);
        alternatives.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. uses], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var until = validUntil ?? _time.GetUtcNow() + Validity - TimeSpan.FromDays(1);
        var from = Earlier(_time.GetUtcNow().AddDays(-1), until.AddDays(-1));
        using var certificate = request.Create(authority, from, until, RandomNumberGenerator.GetBytes(16));
        return certificate.CopyWithPrivateKey(key);
    }

    static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;
}
