using System.Security.Cryptography;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Sealing;
using Google.Protobuf;

namespace Coordination.CountryNode.Tests.Sealing;

/// <summary>What is sealed beside an entry says itself where it belongs: a digest that names it elsewhere does not make it that entry's.</summary>
public sealed class SealedPartTests
{
    static readonly NodeId Thailand = NodeId.Parse("TH"), Laos = NodeId.Parse("LA");
    static readonly DossierId One = new(EntryHash.Of("one"u8)), Other = new(EntryHash.Of("other"u8));

    [Fact]
    public void A_part_is_read_only_in_the_place_that_it_names_itself_whoever_signs_its_digest()
    {
        var draft = Draft(One, Thailand, 3);
        var part = SealedPart.Of(draft, [], Laos, "said"u8.ToArray(), RandomNumberGenerator.Fill);
        SealedPart.Read(part.Bytes, Naming(draft, part.Digest.Digest), default, Laos)!.Value.ToArray().ShouldBe("said"u8.ToArray());
        // An empty one is read as well, and is not nothing.
        var empty = SealedPart.Of(draft, [], Laos, default, RandomNumberGenerator.Fill);
        SealedPart.Read(empty.Bytes, Naming(draft, empty.Digest.Digest), default, Laos).ShouldNotBeNull().Length.ShouldBe(0);

        foreach (var elsewhere in (Entry[])[Draft(Other, Thailand, 3), Draft(One, Laos, 3), Draft(One, Thailand, 4)])
            SealedPart.Read(part.Bytes, Naming(elsewhere, part.Digest.Digest), default, Laos).ShouldBeNull($"{elsewhere.Dossier} {elsewhere.Author} {elsewhere.Seq}");
        SealedPart.Read(part.Bytes, draft with { Particulars = [new(Thailand, part.Digest.Digest)] }, default, Thailand).ShouldBeNull();
        SealedPart.Read(part.Bytes, Naming(draft, empty.Digest.Digest), default, Laos).ShouldBeNull();
    }

    [Fact]
    public void A_case_file_is_read_only_as_that_of_the_release_that_names_it()
    {
        var draft = Draft(One, Thailand, 3);
        var file = SealedPart.Of(draft, [], Laos, "who"u8.ToArray(), RandomNumberGenerator.Fill);
        SealedPart.ReadCaseFile(file.Bytes, Releasing(draft), default, Laos)!.Value.ToArray().ShouldBe("who"u8.ToArray());
        foreach (var elsewhere in (Entry[])[Draft(Other, Thailand, 3), Draft(One, Laos, 3), Draft(One, Thailand, 4)])
            SealedPart.ReadCaseFile(file.Bytes, Releasing(elsewhere), default, Laos).ShouldBeNull();
        SealedPart.ReadCaseFile(file.Bytes, Releasing(draft), default, Thailand).ShouldBeNull();
        SealedPart.ReadCaseFile(file.Bytes, Naming(draft, file.Digest.Digest), default, Laos).ShouldBeNull();

        Entry Releasing(Entry entry) => entry with { Body = new CaseFileReleased(1, file.Digest.Digest) };
    }

    [Fact]
    public void The_part_of_an_opening_is_bound_by_the_nonce_since_its_dossier_has_no_name_yet()
    {
        var draft = Draft(default, Thailand, 1) with { Opening = new(Kind.Referral, 1, [Thailand, Laos], []) };
        byte[] nonce = [.. Enumerable.Range(0, 16).Select(i => (byte)i)], another = [.. nonce[..^1], 0xFF];
        var part = SealedPart.Of(draft, nonce, Laos, "said"u8.ToArray(), RandomNumberGenerator.Fill);
        SealedPart.Read(part.Bytes, Naming(draft, part.Digest.Digest), Signed(nonce), Laos)!.Value.ToArray().ShouldBe("said"u8.ToArray());
        foreach (var other in (byte[][])[another, []]) SealedPart.Read(part.Bytes, Naming(draft, part.Digest.Digest), Signed(other), Laos).ShouldBeNull();

        static byte[] Signed(byte[] nonce) => new Contracts.Dossier.V1.Entry { Nonce = ByteString.CopyFrom(nonce) }.ToByteArray();
    }

    static Entry Naming(Entry draft, Digest digest) => draft with { Particulars = [new(Laos, digest)] };

    static Entry Draft(DossierId dossier, NodeId author, int seq) => new(
        Hash: default, dossier, author, seq, Previous: null, Seen: [], Answers: null, DateTimeOffset.UnixEpoch, new DateOnly(2026, 1, 1), Channel.Node,
        Office: null, OnBehalfOf: null, Letter: null, Particulars: [], Opening: null, new Acknowledged());
}
