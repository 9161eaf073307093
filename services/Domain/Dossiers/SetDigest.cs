using System.Buffers;

namespace Coordination.Domain.Dossiers;

/// <summary>SHA-256 over a set in its sorted order: equal on two nodes when they hold the same, and only then.</summary>
public readonly record struct SetDigest
{
    readonly EntryHash _value;

    SetDigest(EntryHash value) => _value = value;

    /// <summary>Of nothing at all.</summary>
    public static SetDigest OfNothing { get; } = new(EntryHash.Of([]));

    /// <summary>Of what is held of one dossier: the sorted hashes of every entry of its writers, waiting and forked ones too.</summary>
    /// <remarks>
    /// Every hash, not the ends of the chains alone: a node that holds 3 without 2 has the same end as one that holds
    /// 1, 2 and 3. What strangers wrote is left out: each node keeps only some of it, and not the same.
    /// </remarks>
    public static SetDigest Of(Opening opening, IEnumerable<Entry> held) =>
        OfSorted(held.Where(entry => opening.Writers.Contains(entry.Author)).Select(entry => entry.Hash).Order().Select(hash => hash.ToArray()));

    /// <summary>Of dossiers: each id followed by its digest, sorted by id.</summary>
    public static SetDigest Of(IEnumerable<DossierDigest> dossiers) =>
        OfSorted(dossiers.OrderBy(dossier => dossier.Id).SelectMany(dossier => (byte[][])[dossier.Id.ToArray(), dossier.Digest.ToArray()]));

    /// <inheritdoc cref="EntryHash.Read"/>
    public static SetDigest Read(ReadOnlySpan<byte> bytes) => new(EntryHash.Read(bytes));

    public byte[] ToArray() => _value.ToArray();

    /// <inheritdoc cref="EntryHash.ToString"/>
    public override string ToString() => _value.ToString();

    static SetDigest OfSorted(IEnumerable<byte[]> parts)
    {
        var all = new ArrayBufferWriter<byte>();
        foreach (var part in parts) all.Write(part);
        return new SetDigest(EntryHash.Of(all.WrittenSpan));
    }
}

/// <summary>What a node holds of one dossier, in one digest.</summary>
public readonly record struct DossierDigest(DossierId Id, SetDigest Digest)
{
    /// <summary>Into how many buckets dossiers are parted for a comparison.</summary>
    public const int Buckets = 256;

    /// <summary>The bucket of a dossier: the first byte of its id.</summary>
    public static int BucketOf(DossierId id) => id.ToArray()[0];
}
