namespace Coordination.Domain.Dossiers;

/// <summary>SHA-256 of an entry's bytes as sent: what entries call each other by.</summary>
public readonly record struct EntryHash : IComparable<EntryHash>
{
    /// <summary>In bytes.</summary>
    public const int Length = Digest.Length;

    readonly Digest _digest;

    EntryHash(Digest digest) => _digest = digest;

    /// <summary>The hash of an entry's bytes.</summary>
    public static EntryHash Of(ReadOnlySpan<byte> entry) => new(Digest.Of(entry));

    /// <summary>Reads a hash of <see cref="Length"/> bytes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out EntryHash hash)
    {
        var fits = Digest.TryRead(bytes, out var digest);
        hash = new EntryHash(digest);
        return fits;
    }

    /// <inheritdoc cref="TryRead"/>
    /// <exception cref="FormatException">There are more or fewer bytes.</exception>
    public static EntryHash Read(ReadOnlySpan<byte> bytes) =>
        TryRead(bytes, out var hash) ? hash : throw new FormatException($"A hash has {Length} bytes.");

    public byte[] ToArray() => _digest.ToArray();

    public int CompareTo(EntryHash other) => _digest.CompareTo(other._digest);

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => _digest.ToString();
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
