using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Coordination.Contracts.Peer.V1;
using Coordination.Hosting.Trust;
using Google.Protobuf;

namespace Coordination.Local;

/// <summary>Writes a node's key folder, file by file, each whole or not at all.</summary>
public static class NodeKeys
{
    /// <summary>Everything that a node needs to start.</summary>
    public static void WriteAll(
        this KeyFolder folder, DevelopmentAuthority authority, string node, SignedTrustList list, params IReadOnlyList<string> hostNames)
    {
        PrivateFile.Folder(folder.Path);
        PrivateFile.Write(folder.TrustRoot, authority.Root.ExportSubjectPublicKeyInfoPem());
        folder.WriteTrustList(list);
        folder.WriteSigningKey(authority.SigningKey(node));
        folder.WriteEncryptionKey(authority.EncryptionKey(node));
        using var peer = authority.IssuePeer(node, names: hostNames);
        using var api = authority.IssueApi(node, hostNames);
        folder.WritePeer(peer);
        WriteCertificate(folder.Api, api);
    }

    public static void WriteTrustList(this KeyFolder folder, SignedTrustList list) => PrivateFile.Write(folder.TrustList, list.ToByteArray());

    public static void WriteSigningKey(this KeyFolder folder, ECDsa key) => PrivateFile.Write(folder.Signing, key.ExportPkcs8PrivateKeyPem());

    public static void WriteEncryptionKey(this KeyFolder folder, ECDiffieHellman key) => PrivateFile.Write(folder.Encryption, key.ExportPkcs8PrivateKeyPem());

    /// <summary>The certificate, with its private key, that the node shows its peers.</summary>
    public static void WritePeer(this KeyFolder folder, X509Certificate2 certificate) => WriteCertificate(folder.Peer, certificate);

    static void WriteCertificate(string file, X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey() ?? throw new ArgumentException("has no private key of EC", nameof(certificate));
        PrivateFile.Write(file, $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
    }
}
