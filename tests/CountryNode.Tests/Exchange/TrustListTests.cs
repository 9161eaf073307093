using System.Security.Cryptography;
using Coordination.Contracts.Peer.V1;
using Coordination.Hosting.Trust;
using Coordination.Local;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using TrustList = Coordination.Hosting.Trust.TrustList;

namespace Coordination.CountryNode.Tests.Exchange;

/// <summary>Which trust lists count.</summary>
public sealed class TrustListTests : IDisposable
{
    readonly DevelopmentAuthority _authority = DevelopmentAuthority.Create(["TH", "LA", "VN"]);
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("coordination-trust-");

    [Fact]
    public void A_list_counts_with_the_signatures_of_the_root_and_of_two_countries() => Read(_authority.Sign(List())).Version.ShouldBe(1);

    [Fact]
    public void A_list_without_the_roots_signature_does_not_count()
    {
        var signed = _authority.Sign(List());
        signed.Signatures.Remove(signed.Signatures.Single(signature => signature.KeyId == "root"));
        Should.Throw<UntrustedListException>(() => Read(signed)).Message.ShouldContain("root");
    }

    [Fact]
    public void A_list_with_the_signature_of_one_country_does_not_count_be_it_twice()
    {
        var signed = _authority.Sign(List(), "TH");
        signed.Signatures.Add(signed.Signatures[1]);
        Should.Throw<UntrustedListException>(() => Read(signed)).Message.ShouldContain("two countries");
    }

    [Fact]
    public void A_key_that_was_revoked_or_retired_signs_no_list_any_more()
    {
        var revoked = List();
        revoked.Nodes.Single(node => node.Id == "LA").SigningKeys.Single().Revocation = new Revocation();
        Should.Throw<UntrustedListException>(() => Read(_authority.Sign(revoked, "TH", "LA"))).Message.ShouldContain("two countries");
        var retired = List();
        retired.Nodes.Single(node => node.Id == "LA").SigningKeys.Single().ValidUntil = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow());
        Should.Throw<UntrustedListException>(() => Read(_authority.Sign(retired, "TH", "LA"))).Message.ShouldContain("two countries");
    }

    [Fact]
    public void A_list_that_cannot_be_kept_is_not_in_force()
    {
        var keys = new KeyFolder(_folder.FullName);
        File.WriteAllText(keys.TrustRoot, _authority.Root.ExportSubjectPublicKeyInfoPem());
        keys.WriteTrustList(_authority.Sign(List()));
        var trust = new TrustInForce(keys, NullLogger<TrustInForce>.Instance);
        // A folder stands where the new file would be written.
        Directory.CreateDirectory($"{keys.TrustList}.{Environment.ProcessId}.new");
        Should.Throw<UnauthorizedAccessException>(() => trust.Take(_authority.Sign(List(version: 2)).ToByteArray()));
        trust.Current.Version.ShouldBe(1);
        trust.Reload().ShouldBeFalse();
    }

    [Fact]
    public void One_changed_byte_and_the_list_does_not_count()
    {
        var signed = _authority.Sign(List());
        var list = Contracts.Peer.V1.TrustList.Parser.ParseFrom(signed.List);
        list.Nodes[0].PeerAddress += "0";
        signed.List = list.ToByteString();
        Should.Throw<UntrustedListException>(() => Read(signed));
    }

    [Fact]
    public void The_root_alone_cannot_replace_the_countries()
    {
        // A list of wholly new countries' keys, signed by the root and by these.
        var current = Read(_authority.Sign(List()));
        using var usurpers = DevelopmentAuthority.Create(["TH", "LA", "VN"]);
        var list = usurpers.NewList(_ => "https://127.0.0.1:1");
        list.Version = 2;
        var signed = usurpers.Sign(list);
        signed.Signatures.Single(signature => signature.KeyId == "root").Signature =
            ByteString.CopyFrom(SignedBytes.Sign(SignatureKind.TrustList, _authority.Root, signed.List.Span));
        Should.Throw<UntrustedListException>(() => TrustList.Read(signed.ToByteArray(), Root, current)).Message.ShouldContain("two countries");
    }

    [Fact]
    public void Garbage_is_no_list() =>
        Should.Throw<UntrustedListException>(() => TrustList.Read(RandomNumberGenerator.GetBytes(500), Root, current: null)).Message.ShouldContain("cannot be read");

    [Fact]
    public void A_list_with_a_key_of_a_curve_that_is_not_known_here_cannot_be_read()
    {
        var list = List();
        var key = list.Nodes[0].SigningKeys[0];
        var bytes = key.PublicKey.ToByteArray();
        // Prime256v1 is 1.2.840.10045.3.1.7: what comes is 1.2.856.10045.3.1.7.
        bytes[bytes.AsSpan().IndexOf((byte[])[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]) + 2] ^= 0x10;
        key.PublicKey = ByteString.CopyFrom(bytes);
        Should.Throw<UntrustedListException>(() => Read(_authority.Sign(list))).Message.ShouldContain("cannot be read");
    }

    [Fact]
    public void A_newer_list_is_taken_and_kept_and_an_older_one_never()
    {
        var keys = new KeyFolder(_folder.FullName);
        File.WriteAllText(keys.TrustRoot, _authority.Root.ExportSubjectPublicKeyInfoPem());
        var (first, second) = (_authority.Sign(List()), _authority.Sign(List(version: 2)));
        keys.WriteTrustList(first);
        var trust = new TrustInForce(keys, NullLogger<TrustInForce>.Instance);

        trust.Take(second.ToByteArray()).ShouldBeTrue();
        trust.Current.Version.ShouldBe(2);
        File.ReadAllBytes(keys.TrustList).ShouldBe(second.ToByteArray());
        trust.Take(first.ToByteArray()).ShouldBeFalse();
        trust.Current.Version.ShouldBe(2);
        new TrustInForce(keys, NullLogger<TrustInForce>.Instance).Current.Version.ShouldBe(2);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Delete(recursive: true);
    }

    KeyPool Root => KeyPool.Of("root", _authority.Root);

    Contracts.Peer.V1.TrustList List(ulong version = 1)
    {
        var list = _authority.NewList(id => "https://127.0.0.1:1");
        list.Version = version;
        return list;
    }

    TrustList Read(SignedTrustList signed) => TrustList.Read(signed.ToByteArray(), Root, current: null);
}
