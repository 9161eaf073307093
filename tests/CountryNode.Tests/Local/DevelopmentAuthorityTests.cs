using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Coordination.Contracts.Peer.V1;
using Coordination.Hosting.Trust;
using Coordination.Local;
using TrustList = Coordination.Contracts.Peer.V1.TrustList;

namespace Coordination.CountryNode.Tests.Local;

public sealed class DevelopmentAuthorityTests : IDisposable
{
    readonly DevelopmentAuthority _authority = DevelopmentAuthority.Create(["TH", "LA", "KH"]);

    public void Dispose() => _authority.Dispose();

    [Fact]
    public void A_trust_list_bears_the_roots_signature_and_two_countries()
    {
        var signed = _authority.Sign(_authority.NewList(id => $"https://{id}.example"));

        signed.Signatures.Count.ShouldBe(3);
        signed.Signatures[0].KeyId.ShouldBe("root");
        Verifies(signed, signed.Signatures[0], _authority.Root).ShouldBeTrue();
        var list = TrustList.Parser.ParseFrom(signed.List);
        foreach (var signature in signed.Signatures.Skip(1))
        {
            var key = list.Nodes.SelectMany(n => n.SigningKeys).Single(k => k.KeyId == signature.KeyId);
            using var publicKey = ECDsa.Create();
            publicKey.ImportSubjectPublicKeyInfo(key.PublicKey.Span, out _);
            Verifies(signed, signature, publicKey).ShouldBeTrue();
        }
    }

    [Fact]
    public void A_country_whose_key_is_revoked_does_not_sign()
    {
        var list = _authority.NewList(id => $"https://{id}.example");
        list.Nodes.Single(n => n.Id == "TH").SigningKeys.Single().Revocation = new();

        _authority.Sign(list).Signatures.Select(s => s.KeyId.Split('-')[0]).ShouldBe(["root", "LA", "KH"]);
    }

    [Fact]
    public void A_peer_certificate_names_its_node_and_serves_both_ends_of_a_call()
    {
        using var certificate = _authority.IssuePeer("TH");

        certificate.MatchesHostname("th.node.coordination.internal").ShouldBeTrue();
        certificate.MatchesHostname("localhost").ShouldBeTrue();
        certificate.MatchesHostname("127.0.0.1").ShouldBeTrue();
        certificate.MatchesHostname("la.node.coordination.internal").ShouldBeFalse();
        certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<Oid>().Select(u => u.Value)
            .ShouldBe(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
    }

    [Fact]
    public void A_peer_certificate_can_lack_the_use_for_making_calls()
    {
        using var certificate = _authority.IssueAnsweringPeer("TH");

        certificate.MatchesHostname("th.node.coordination.internal").ShouldBeTrue();
        Chains(certificate, _authority.TlsAuthority("TH")).ShouldBeTrue();
        certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<Oid>().Select(u => u.Value)
            .ShouldBe(["1.3.6.1.5.5.7.3.1"]);
    }

    [Fact]
    public void An_API_certificate_does_not_pass_for_a_peers()
    {
        using var certificate = _authority.IssueApi("TH");

        certificate.MatchesHostname("th.localhost").ShouldBeTrue();
        certificate.MatchesHostname("th.node.coordination.internal").ShouldBeFalse();
        certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<Oid>().Select(u => u.Value)
            .ShouldBe(["1.3.6.1.5.5.7.3.1"]);
    }

    [Fact]
    public void A_certificate_chains_to_its_own_nodes_authority_alone()
    {
        using var certificate = _authority.IssuePeer("TH");
        using var foreign = _authority.CreateTlsAuthority("TH");
        using var forged = _authority.IssuePeer("TH", foreign);

        Chains(certificate, _authority.TlsAuthority("TH")).ShouldBeTrue();
        Chains(certificate, _authority.TlsAuthority("LA")).ShouldBeFalse();
        Chains(forged, _authority.TlsAuthority("TH")).ShouldBeFalse();
        Chains(forged, foreign).ShouldBeTrue();
    }

    [Fact]
    public void A_certificate_can_be_past_its_end()
    {
        using var certificate = _authority.IssuePeer("TH", validUntil: TimeProvider.System.GetUtcNow().AddMinutes(-5));

        Chains(certificate, _authority.TlsAuthority("TH")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_key_folder_is_its_owners_alone_and_reads_back()
    {
        using var run = await RunFolder.TemporaryAsync();
        var folder = new KeyFolder(Path.Combine(run.Path, "keys"));
        var list = _authority.Sign(_authority.NewList(id => $"https://{id}.example"));

        folder.WriteAll(_authority, "TH", list);

        string[] files = [folder.TrustRoot, folder.TrustList, folder.Signing, folder.Encryption, folder.Peer, folder.Api];
        foreach (var file in files) File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite, file);
        Directory.EnumerateFiles(folder.Path).ShouldBe(files, ignoreOrder: true);
        using var root = KeyFolder.ReadKey(folder.TrustRoot);
        root.ExportSubjectPublicKeyInfo().ShouldBe(_authority.Root.ExportSubjectPublicKeyInfo());
        using var signing = KeyFolder.ReadKey(folder.Signing);
        SignedBytes.KeyId("TH", signing).ShouldBe(list.Signatures[1].KeyId);
        using var peer = KeyFolder.ReadCertificate(folder.Peer);
        peer.HasPrivateKey.ShouldBeTrue();
        using var api = KeyFolder.ReadCertificate(folder.Api);
        api.HasPrivateKey.ShouldBeTrue();
        SignedTrustList.Parser.ParseFrom(await File.ReadAllBytesAsync(folder.TrustList, TestContext.Current.CancellationToken)).ShouldBe(list);
    }

    static bool Verifies(SignedTrustList signed, TrustSignature signature, ECDsa key) =>
        SignedBytes.Verify(SignatureKind.TrustList, key, signed.List.Span, signature.Signature.Span);

    static bool Chains(X509Certificate2 certificate, X509Certificate2 authority)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }
}
