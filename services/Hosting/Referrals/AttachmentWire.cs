using Coordination.Contracts.Referral.V1;

namespace Coordination.Hosting.Referrals;

/// <summary>What may go with a case file: how large, in which pieces, and of which types.</summary>
public static class AttachmentWire
{
    /// <summary>In bytes, of a whole attachment.</summary>
    public const int MostBytes = 25 * 1024 * 1024;

    /// <summary>In bytes, of every piece but the last: so much of an attachment is in memory at once.</summary>
    public const int PieceBytes = 256 * 1024;

    /// <summary>In characters, of a piece on the road, at most: four for each three bytes, where it belongs, and its header.</summary>
    public const int MostSealed = (PieceBytes / 3 * 4) + 4096;

    const int IdBytes = 16;

    /// <summary>A new id: nobody guesses one.</summary>
    /// <param name="random">Fills it.</param>
    public static string NewId(Action<Span<byte>> random)
    {
        Span<byte> id = stackalloc byte[IdBytes];
        random(id);
        return Convert.ToHexStringLower(id);
    }

    /// <summary>Whether a text has the form of an attachment's id.</summary>
    public static bool IsId(string text) => text.Length == 2 * IdBytes && text.All(char.IsAsciiHexDigitLower);

    /// <summary>How many pieces an attachment has.</summary>
    public static int PiecesOf(Attachment attachment) => (int)((attachment.Size + PieceBytes - 1) / PieceBytes);

    /// <summary>How long a piece is, in bytes.</summary>
    public static int LengthOf(Attachment attachment, int piece) => (int)Math.Min(PieceBytes, attachment.Size - ((ulong)piece * PieceBytes));

    /// <summary>The media type, by the first bytes; null for anything that is not taken.</summary>
    /// <remarks>Signatures as each format's own specification gives them. What a program on the other side might run is not among them.</remarks>
    /// <param name="first">12 bytes, or all of a shorter one.</param>
    public static string? TypeOf(ReadOnlySpan<byte> first) => first switch
    {
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', _, _, _, _, ..] => TypeOfBrand(first[8..12]),
        [(byte)'%', (byte)'P', (byte)'D', (byte)'F', (byte)'-', ..] => "application/pdf",
        [0xFF, 0xD8, 0xFF, ..] => "image/jpeg",
        [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => "image/png",
        [(byte)'I', (byte)'I', 42, 0, ..] or [(byte)'M', (byte)'M', 0, 42, ..] => "image/tiff",
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => "image/webp",
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'A', (byte)'V', (byte)'E', ..] => "audio/wav",
        [(byte)'I', (byte)'D', (byte)'3', ..] or [0xFF, 0xFB or 0xF3 or 0xF2, ..] => "audio/mpeg",
        _ => null,
    };

    /// <summary>How the names of files of a type end; empty for a type that is not taken.</summary>
    public static string EndingOf(string type) => type switch
    {
        "application/pdf" => ".pdf",
        "image/jpeg" => ".jpg",
        "image/png" => ".png",
        "image/tiff" => ".tif",
        "image/webp" => ".webp",
        "image/heic" => ".heic",
        "audio/wav" => ".wav",
        "audio/mpeg" => ".mp3",
        "audio/mp4" => ".m4a",
        "video/mp4" => ".mp4",
        _ => "",
    };

    /// <summary>The media type of a file of the ISO base media format (ISO/IEC 14496-12), by its major brand, as the registry of brands at mp4ra.org names them.</summary>
    static string? TypeOfBrand(ReadOnlySpan<byte> brand) => brand switch
    {
        [(byte)'h', (byte)'e', (byte)'i', (byte)'c' or (byte)'x' or (byte)'m' or (byte)'s'] or [(byte)'m', (byte)'i', (byte)'f', (byte)'1'] => "image/heic",
        [(byte)'M', (byte)'4', (byte)'A', (byte)' '] or [(byte)'M', (byte)'4', (byte)'B', (byte)' '] => "audio/mp4",
        [(byte)'i', (byte)'s', (byte)'o', _] or [(byte)'m', (byte)'p', (byte)'4', _] or [(byte)'a', (byte)'v', (byte)'c', (byte)'1'] or [(byte)'M', (byte)'4', (byte)'V', _] => "video/mp4",
        _ => null,
    };
}
