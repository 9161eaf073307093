using System.Security.Cryptography;
using Coordination.Domain.Dossiers;

namespace Coordination.Domain.Tests.Dossiers;

public sealed class EntryHashTests
{
    static readonly byte[] Ascending = [.. Enumerable.Range(1, EntryHash.Length).Select(i => (byte)i)];

    [Fact]
    public void An_entry_is_called_by_the_SHA_256_of_its_bytes()
    {
        EntryHash.Of("abc"u8).ToString().ShouldBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        EntryHash.Of([]).ToArray().ShouldBe(SHA256.HashData([]));
    }

    [Fact]
    public void A_hash_reads_from_the_bytes_that_it_writes()
    {
        EntryHash.TryRead(Ascending, out var hash).ShouldBeTrue();
        hash.ToArray().ShouldBe(Ascending);
        hash.ToString().ShouldBe("0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20");
        EntryHash.Read(Ascending).ShouldBe(hash);

        DossierId.TryRead(Ascending, out var id).ShouldBeTrue();
        id.ShouldBe(new DossierId(hash));
        id.ShouldBe(DossierId.Read(Ascending));
        id.ToArray().ShouldBe(Ascending);
        id.ToString().ShouldBe(hash.ToString());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void A_hash_has_32_bytes(int length)
    {
        EntryHash.TryRead(new byte[length], out var hash).ShouldBeFalse();
        hash.ShouldBe(default);
        DossierId.TryRead(new byte[length], out _).ShouldBeFalse();
        Should.Throw<FormatException>(() => EntryHash.Read(new byte[length]));
        Should.Throw<FormatException>(() => DossierId.Read(new byte[length]));
    }

    [Fact]
    public void Every_byte_counts()
    {
        var hash = EntryHash.Read(Ascending);
        for (var i = 0; i < EntryHash.Length; i++)
        {
            var other = (byte[])Ascending.Clone();
            other[i] ^= 0x80;
            EntryHash.Read(other).ShouldNotBe(hash);
            // As the bytes sort, first byte first, unsigned: every program puts hashes in one order.
            Math.Sign(EntryHash.Read(other).CompareTo(hash)).ShouldBe(1);
            Math.Sign(new DossierId(hash).CompareTo(DossierId.Read(other))).ShouldBe(-1);
        }
        hash.CompareTo(hash).ShouldBe(0);
    }
}
