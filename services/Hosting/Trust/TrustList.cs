using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Sealing;
using Google.Protobuf;
using Wire = Coordination.Contracts.Peer.V1;

namespace Coordination.Hosting.Trust;

/// <summary>The signed list of nodes, their certificate authorities and their keys: the only root of trust.</summary>
public sealed class TrustList
{
    /// <summary>How long after its end a retired key still admits entries.</summary>
    public static readonly TimeSpan RetiredKeysAdmitFor = TimeSpan.FromDays(30);

    const string RootKeyId = "root";
    const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    readonly ConcurrentDictionary<string, (NodeId Node, DateTimeOffset NotBefore, DateTimeOffset NotAfter)> _identified = new(StringComparer.Ordinal);
    readonly ImmutableDictionary<string, TrustedKey> _keys;

    TrustList(byte[] signedBytes, long version, DateTimeOffset validUntil, ImmutableDictionary<NodeId, TrustedNode> nodes)
    {
        SignedBytes = signedBytes;
        Version = version;
        ValidUntil = validUntil;
        Nodes = nodes;
        _keys = nodes.Values.SelectMany(node => node.Keys).ToImmutableDictionary(key => key.Pool.Id, StringComparer.Ordinal);
        // A seal names its key by the id alone, so that one must not mean two.
        var encryptionKeys = nodes.Values.SelectMany(node => node.EncryptionKeys).Select(key => key.Key.Id).ToList();
        if (encryptionKeys.Distinct(StringComparer.Ordinal).Count() < encryptionKeys.Count || encryptionKeys.Exists(_keys.ContainsKey))
            throw new FormatException("Two keys have one id.");
    }

    /// <summary>A serialised SignedTrustList, as it is handed on.</summary>
    public ReadOnlyMemory<byte> SignedBytes { get; }

    /// <summary>1, 2, 3…</summary>
    public long Version { get; }

    /// <summary>UTC. Past it no new dossier is opened; open ones go on.</summary>
    public DateTimeOffset ValidUntil { get; }

    public ImmutableDictionary<NodeId, TrustedNode> Nodes { get; }

    /// <summary>Reads a list and checks the root's signature and those of two countries.</summary>
    /// <param name="signed">A serialised SignedTrustList.</param>
    /// <param name="root">The root's public key.</param>
    /// <param name="current">The list in force, whose countries must have signed with keys in use; null when there is none, and the list's own count.</param>
    /// <exception cref="UntrustedListException">It does not count, and why.</exception>
    public static TrustList Read(ReadOnlySpan<byte> signed, KeyPool root, TrustList? current)
    {
        Wire.SignedTrustList wire;
        TrustList list;
        try
        {
            wire = Wire.SignedTrustList.Parser.ParseFrom(signed);
            var content = Wire.TrustList.Parser.ParseFrom(wire.List);
            list = new TrustList(
                signed.ToArray(), checked((long)content.Version), content.ValidUntil.ToDateTimeOffset(),
                content.Nodes.Select(ReadNode).ToImmutableDictionary(node => node.Id));
        }
        catch (Exception malformed) when (malformed is InvalidProtocolBufferException or FormatException or CryptographicException
            or ArgumentException or NullReferenceException or OverflowException or InvalidOperationException or NotSupportedException)
        {
            throw new UntrustedListException("The trust list cannot be read.", malformed);
        }

        if (!wire.Signatures.Any(signature => signature.KeyId == RootKeyId && root.Verify(SignatureKind.TrustList, wire.List.Span, signature.Signature.Span)))
            throw new UntrustedListException("The trust list lacks the root's signature.");
        var signers = wire.Signatures
            .Select(signature => (current ?? list)._keys.GetValueOrDefault(signature.KeyId) is { Revocation: null, Until: null } key
                && key.Pool.Verify(SignatureKind.TrustList, wire.List.Span, signature.Signature.Span) ? key.Owner : (NodeId?)null)
            .OfType<NodeId>().Distinct().Count();
        if (signers < 2) throw new UntrustedListException("The trust list lacks the signatures of two countries.");
        return list;
    }

    /// <summary>The key under that id, if it is the author's.</summary>
    public TrustedKey? KeyOf(NodeId author, string keyId) =>
        _keys.GetValueOrDefault(keyId) is { } key && key.Owner == author ? key : null;

    /// <summary>The key that is sealed to when only that node may read: of those in use at <paramref name="now"/> the one that began last.</summary>
    /// <returns>Null when nothing can be sealed to it now: it is unknown, or has no such key.</returns>
    public TrustedEncryptionKey? EncryptionKeyOf(NodeId node, DateTimeOffset now) =>
        Nodes.GetValueOrDefault(node)?.EncryptionKeys.Where(key => key.InUseAt(now)).MaxBy(key => key.From);

    /// <summary>The node that a certificate belongs to now: it chains to that node's authority and carries its name.</summary>
    /// <returns>Null for a stranger's certificate, for one node's name under another's authority, and outside its time.</returns>
    public NodeId? Identify(X509Certificate2 certificate, DateTimeOffset now)
    {
        var thumbprint = certificate.GetCertHashString(HashAlgorithmName.SHA256);
        if (!_identified.TryGetValue(thumbprint, out var known))
        {
            if (Nodes.Values.FirstOrDefault(node => IsCertificateOf(node, certificate, now)) is not { } node) return null;
            known = (node.Id, new DateTimeOffset(certificate.NotBefore), new DateTimeOffset(certificate.NotAfter));
            _identified.TryAdd(thumbprint, known);
        }
        return known.NotBefore <= now && now <= known.NotAfter ? known.Node : null;
    }

    static bool IsCertificateOf(TrustedNode node, X509Certificate2 certificate, DateTimeOffset now)
    {
        if (!certificate.MatchesHostname(node.CertificateName, allowWildcards: false, allowCommonName: false)) return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(node.TlsAuthority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        return chain.Build(certificate);
    }

    static TrustedNode ReadNode(Wire.TrustedNode wire)
    {
        var id = NodeId.Parse(wire.Id);
        return new TrustedNode(
            id, new Uri(wire.PeerAddress, UriKind.Absolute), X509CertificateLoader.LoadCertificate(wire.TlsAuthority.Span),
            [.. wire.SigningKeys.Select(key => ReadKey(id, key))], [.. wire.EncryptionKeys.Select(key => ReadEncryptionKey(id, key))]);
    }

    static TrustedKey ReadKey(NodeId owner, Wire.SigningKey wire)
    {
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(wire.PublicKey.Span, out _);
        if (key.KeySize != 256) throw new CryptographicException($"Key {wire.KeyId} is not of EC P-256.");
        return new TrustedKey(
            owner, KeyPool.Of(wire.KeyId, key), wire.ValidFrom.ToDateTimeOffset(), wire.ValidUntil?.ToDateTimeOffset(),
            wire.Revocation?.Heads.ToImmutableDictionary(head => DossierId.Read(head.DossierId.Span), head => EntryHash.Read(head.Hash.Span)));
    }

    static TrustedEncryptionKey ReadEncryptionKey(NodeId owner, Wire.EncryptionKey wire)
    {
        using var key = ECDiffieHellman.Create();
        key.ImportSubjectPublicKeyInfo(wire.PublicKey.Span, out _);
        return new TrustedEncryptionKey(owner, EncryptionKey.Of(wire.KeyId, key), wire.ValidFrom.ToDateTimeOffset(), wire.ValidUntil?.ToDateTimeOffset());
    }
}

/// <summary>One node, as the others know it.</summary>
public sealed record TrustedNode(
    NodeId Id, Uri PeerAddress, X509Certificate2 TlsAuthority, ImmutableArray<TrustedKey> Keys, ImmutableArray<TrustedEncryptionKey> EncryptionKeys)
{
    /// <summary>The DNS name that the node's certificates carry.</summary>
    public string CertificateName => NameOf(Id);

    /// <inheritdoc cref="CertificateName"/>
    public static string NameOf(NodeId id) => $"{id.ToString().ToLowerInvariant()}.node.coordination.internal";
}

/// <summary>A key that a node signs entries and receipts with.</summary>
/// <param name="Owner">The node.</param>
/// <param name="Pool">The key itself.</param>
/// <param name="From">UTC, inclusive.</param>
/// <param name="Until">UTC, exclusive; null while in use.</param>
/// <param name="Revocation">Per dossier the head up to which its signatures stand; null while it was not compromised.</param>
public sealed record TrustedKey(
    NodeId Owner, KeyPool Pool, DateTimeOffset From, DateTimeOffset? Until, ImmutableDictionary<DossierId, EntryHash>? Revocation)
{
    /// <summary>Whether the key admits entries that arrive at <paramref name="now"/>.</summary>
    public bool AdmitsAt(DateTimeOffset now) => From <= now && (Until is not { } until || now < until + TrustList.RetiredKeysAdmitFor);
}

/// <summary>A key that is sealed to when only its owner may read.</summary>
/// <param name="Owner">The node.</param>
/// <param name="Key">The key itself.</param>
/// <param name="From">UTC, inclusive.</param>
/// <param name="Until">UTC, exclusive; null while in use.</param>
public sealed record TrustedEncryptionKey(NodeId Owner, EncryptionKey Key, DateTimeOffset From, DateTimeOffset? Until)
{
    /// <summary>Whether anything is sealed to it at <paramref name="now"/>; its owner opens what was sealed to it for as long as it likes.</summary>
    public bool InUseAt(DateTimeOffset now) => From <= now && !(Until <= now);
}

/// <summary>A trust list that does not count.</summary>
public sealed class UntrustedListException(string message, Exception? inner = null) : Exception(message, inner);
