using System.Buffers.Binary;

namespace Coordination.Domain.Dossiers;

/// <summary>16 bytes that two dossiers share, or a plan bears, and that say nothing to whoever does not know them.</summary>
public readonly record struct Token(UInt128 Value)
{
    /// <summary>In bytes.</summary>
    public const int Length = 16;

    static ReadOnlySpan<byte> EarlierReferral => "coord/earlier-referral/v1\0"u8;

    /// <summary>By which a referral names an earlier one: who holds that one can tell, and nobody else.</summary>
    public static Token OfEarlier(DossierId earlier) =>
        TryRead(Digest.Of([.. EarlierReferral, .. earlier.ToArray()]).ToArray().AsSpan(0, Length), out var token) ? token : default;

    /// <summary>Reads a token of <see cref="Length"/> bytes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out Token token)
    {
        var fits = bytes.Length == Length;
        token = fits ? new Token(BinaryPrimitives.ReadUInt128BigEndian(bytes)) : default;
        return fits;
    }

    public byte[] ToArray()
    {
        var bytes = new byte[Length];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);
        return bytes;
    }

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(ToArray());
}
