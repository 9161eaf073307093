using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Coordination.Domain.Dossiers;

/// <summary>SHA-256 of an entry's bytes as sent: what entries call each other by.</summary>
public readonly record struct EntryHash : IComparable<EntryHash>
{
    /// <summary>In bytes.</summary>
    public const int Length = 32;

    readonly ulong _a, _b, _c, _d;

    EntryHash(ReadOnlySpan<byte> bytes)
    {
        _a = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _b = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _c = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]);
        _d = BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]);
    }

    /// <summary>The hash of an entry's bytes.</summary>
    public static EntryHash Of(ReadOnlySpan<byte> entry)
    {
        Span<byte> hash = stackalloc byte[Length];
        SHA256.HashData(entry, hash);
        return new EntryHash(hash);
    }

    /// <summary>Reads a hash of <see cref="Length"/> bytes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out EntryHash hash)
    {
        var fits = bytes.Length == Length;
        hash = fits ? new EntryHash(bytes) : default;
        return fits;
    }

    /// <inheritdoc cref="TryRead"/>
    /// <exception cref="FormatException">There are more or fewer bytes.</exception>
    public static EntryHash Read(ReadOnlySpan<byte> bytes) =>
        TryRead(bytes, out var hash) ? hash : throw new FormatException($"A hash has {Length} bytes.");

    public byte[] ToArray()
    {
        var bytes = new byte[Length];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, _a);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8), _b);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(16), _c);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(24), _d);
        return bytes;
    }

    public int CompareTo(EntryHash other) => (_a, _b, _c, _d).CompareTo((other._a, other._b, other._c, other._d));

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(ToArray());
}

/// <summary>The dossier that an opening began: the hash of that opening.</summary>
public readonly record struct DossierId(EntryHash Opening) : IComparable<DossierId>
{
    /// <summary>Reads an id of 32 bytes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out DossierId id)
    {
        var fits = EntryHash.TryRead(bytes, out var hash);
        id = new DossierId(hash);
        return fits;
    }

    /// <inheritdoc cref="EntryHash.Read"/>
    public static DossierId Read(ReadOnlySpan<byte> bytes) => new(EntryHash.Read(bytes));

    public byte[] ToArray() => Opening.ToArray();

    public int CompareTo(DossierId other) => Opening.CompareTo(other.Opening);

    /// <summary>The first 8 digits: enough for a person to find the dossier, too little for a stranger to ask for it.</summary>
    public string Short => ToString()[..8];

    /// <inheritdoc cref="EntryHash.ToString"/>
    public override string ToString() => Opening.ToString();
}
