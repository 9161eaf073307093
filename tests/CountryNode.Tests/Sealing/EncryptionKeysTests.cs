using System.Security.Cryptography;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Sealing;
using Coordination.Hosting.Trust;
using Coordination.Local;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Peer = Coordination.Contracts.Peer.V1;

namespace Coordination.CountryNode.Tests.Sealing;

/// <summary>To which key is sealed, and with which it is opened.</summary>
public sealed class EncryptionKeysTests : IDisposable
{
    static readonly NodeId Laos = NodeId.Parse("LA");
    static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    readonly DevelopmentAuthority _authority = DevelopmentAuthority.Create(["TH", "LA", "VN"]);
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("coordination-encryption-");

    [Fact]
    public void What_is_sealed_to_a_node_as_the_list_names_it_opens_with_the_nodes_key_folder_alone()
    {
        var list = _authority.Sign(_authority.NewList(_ => "https://127.0.0.1:1"));
        var (own, others) = (Folder("LA"), Folder("TH"));
        own.WriteAll(_authority, "LA", list);
        others.WriteAll(_authority, "TH", list);

        var key = Read(list).EncryptionKeyOf(Laos, Now).ShouldNotBeNull();
        var seal = Seal.To(key.Key, SealKind.Particulars, "a word"u8);

        key.Owner.ShouldBe(Laos);
        KeyRing.Of(Laos, own).CurrentId.ShouldBe(key.Key.Id);
        KeyRing.Of(Laos, own).Open(SealKind.Particulars, seal).ShouldBeOfType<Unsealed.Opened>().Plaintext.ToArray().ShouldBe("a word"u8.ToArray());
        KeyRing.Of(NodeId.Parse("TH"), others).Open(SealKind.Particulars, seal).ShouldBe(new Unsealed.Refused(SealRefusal.AnotherKey));
    }

    [Fact]
    public void What_was_sealed_to_a_retired_key_still_opens()
    {
        using var next = DevelopmentAuthority.NewEncryptionKey();
        var folder = Folder("LA");
        folder.WriteAll(_authority, "LA", _authority.Sign(_authority.NewList(_ => "https://127.0.0.1:1")));
        var seal = Seal.To(EncryptionKey.Of(KeyRing.Of(Laos, folder).CurrentId, _authority.EncryptionKey("LA")), SealKind.CaseFile, "a word"u8);

        File.Move(folder.Encryption, Path.Combine(folder.Path, "encryption-2026.pem"));
        folder.WriteEncryptionKey(next);

        var ring = KeyRing.Of(Laos, folder);
        ring.CurrentId.ShouldBe(SignedBytes.KeyId("LA", next));
        ring.Holds(SignedBytes.KeyId("LA", _authority.EncryptionKey("LA"))).ShouldBeTrue();
        ring.Open(SealKind.CaseFile, seal).ShouldBeOfType<Unsealed.Opened>();

        File.Delete(Path.Combine(folder.Path, "encryption-2026.pem"));
        KeyRing.Of(Laos, folder).Open(SealKind.CaseFile, seal).ShouldBe(new Unsealed.Refused(SealRefusal.AnotherKey));
    }

    [Fact]
    public void Of_the_keys_in_use_the_one_that_began_last_is_sealed_to()
    {
        var trust = Read(WithKeys(
            (From: -300, Until: null),
            (From: -30, Until: null),
            (From: -10, Until: -1),
            (From: 1, Until: null)));

        UsedAt(Now).ShouldBe(1);
        UsedAt(Now.AddDays(-301)).ShouldBeNull();
        // From the first instant, inclusive, to the last, exclusive.
        UsedAt(Now.AddDays(-300)).ShouldBe(0);
        UsedAt(Now.AddDays(-10)).ShouldBe(2);
        UsedAt(Now.AddDays(-1)).ShouldBe(1);
        UsedAt(Now.AddDays(1)).ShouldBe(3);

        int? UsedAt(DateTimeOffset at) => trust.EncryptionKeyOf(Laos, at) is { } used ? trust.Nodes[Laos].EncryptionKeys.IndexOf(used) : null;
    }

    [Fact]
    public void Nothing_is_sealed_to_a_node_that_is_unknown_or_names_no_key()
    {
        var trust = Read(WithKeys());

        trust.Nodes[Laos].EncryptionKeys.ShouldBeEmpty();
        trust.EncryptionKeyOf(Laos, Now).ShouldBeNull();
        trust.EncryptionKeyOf(NodeId.Parse("KH"), Now).ShouldBeNull();
    }

    [Theory]
    [InlineData("another curve")]
    [InlineData("no key")]
    [InlineData("no id")]
    [InlineData("an id with a quotation mark")]
    [InlineData("no first day")]
    [InlineData("another node's id")]
    [InlineData("its own id again")]
    [InlineData("a signing key's id")]
    public void A_list_with_an_encryption_key_that_nobody_could_use_is_no_list(string what)
    {
        using var longer = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP384);
        var list = _authority.NewList(_ => "https://127.0.0.1:1");
        var (node, other) = (list.Nodes.Single(n => n.Id == "LA"), list.Nodes.Single(n => n.Id == "VN"));
        var key = node.EncryptionKeys.Single();
        switch (what)
        {
            case "another curve": key.PublicKey = ByteString.CopyFrom(longer.ExportSubjectPublicKeyInfo()); break;
            case "no key": key.PublicKey = ByteString.Empty; break;
            case "no id": key.KeyId = ""; break;
            case "an id with a quotation mark": key.KeyId = "LA\""; break;
            case "no first day": key.ValidFrom = null; break;
            case "another node's id": key.KeyId = other.EncryptionKeys.Single().KeyId; break;
            case "its own id again": node.EncryptionKeys.Add(key.Clone()); break;
            case "a signing key's id": key.KeyId = other.SigningKeys.Single().KeyId; break;
        }
        Should.Throw<UntrustedListException>(() => Read(_authority.Sign(list))).Message.ShouldContain("cannot be read");
    }

    [Theory]
    [InlineData("")]
    [InlineData("no PEM")]
    [InlineData("another curve")]
    [InlineData("the public part")]
    public void A_file_without_a_private_key_of_P_256_is_named(string content)
    {
        using var longer = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP384);
        var folder = Folder("LA");
        folder.WriteAll(_authority, "LA", _authority.Sign(_authority.NewList(_ => "https://127.0.0.1:1")));
        File.WriteAllText(folder.Encryption, content switch
        {
            "another curve" => longer.ExportPkcs8PrivateKeyPem(),
            "the public part" => _authority.EncryptionKey("LA").ExportSubjectPublicKeyInfoPem(),
            _ => content,
        });
        Should.Throw<CryptographicException>(() => KeyRing.Of(Laos, folder)).Message.ShouldBe($"{folder.Encryption} holds no private key of EC P-256.");
    }

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Delete(recursive: true);
    }

    KeyFolder Folder(string node) => new(Path.Combine(_folder.FullName, node));

    TrustList Read(Peer.SignedTrustList signed) => TrustList.Read(signed.ToByteArray(), KeyPool.Of("root", _authority.Root), current: null);

    /// <summary>A list that names these encryption keys of Lao PDR, from and until so many days from now.</summary>
    Peer.SignedTrustList WithKeys(params IReadOnlyList<(int From, int? Until)> days)
    {
        var list = _authority.NewList(_ => "https://127.0.0.1:1");
        var keys = list.Nodes.Single(node => node.Id == "LA").EncryptionKeys;
        keys.Clear();
        foreach (var (from, until) in days)
        {
            using var key = DevelopmentAuthority.NewEncryptionKey();
            var described = _authority.Describe("LA", key);
            described.ValidFrom = Timestamp.FromDateTimeOffset(Now.AddDays(from));
            described.ValidUntil = until is { } end ? Timestamp.FromDateTimeOffset(Now.AddDays(end)) : null;
            keys.Add(described);
        }
        return _authority.Sign(list);
    }
}
