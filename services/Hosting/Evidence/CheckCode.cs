using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text;
using Coordination.Domain.Dossiers;

namespace Coordination.Hosting.Evidence;

/// <summary>What a printed letter bears, to be typed by whoever asks which entry it is of: five groups of five letters and digits.</summary>
/// <remarks>
/// The first 125 bits of SHA-256("coord/check-code/v1" ‖ 0x00 ‖ the entry's hash), in Crockford's base 32. Of so many bits nobody finds a
/// second entry with the same code, not even a country that writes both. It is no part of the hash itself: an opening's hash is
/// the dossier's id, which no letter gives away.
/// </remarks>
public readonly record struct CheckCode
{
    const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    const int Length = 25;
    const int GroupLength = 5;
    const int BitsOfALetter = 5;

    readonly string? _letters;

    CheckCode(string letters) => _letters = letters;

    static ReadOnlySpan<byte> Prefix => "coord/check-code/v1\0"u8;

    /// <summary>The code of an entry.</summary>
    public static CheckCode Of(EntryHash entry)
    {
        var digest = new BigInteger(Digest.Of([.. Prefix, .. entry.ToArray()]).ToArray(), isUnsigned: true, isBigEndian: true);
        var bits = digest >> ((8 * Digest.Length) - (BitsOfALetter * Length));
        var letters = new char[Length];
        for (var place = Length - 1; place >= 0; place--, bits >>= BitsOfALetter) letters[place] = Alphabet[(int)(bits % Alphabet.Length)];
        return new CheckCode(new string(letters));
    }

    /// <summary>Reads a code as people type it: in either case, with or without hyphens and spaces, O for 0, I and L for 1.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out CheckCode code)
    {
        var letters = new StringBuilder(Length);
        foreach (var typed in (text ?? "").Where(letter => letter is not ('-' or ' ')).Select(char.ToUpperInvariant))
            letters.Append(typed switch { 'O' => '0', 'I' or 'L' => '1', _ => typed });
        var read = letters.ToString();
        var fits = read.Length == Length && read.All(letter => Alphabet.Contains(letter, StringComparison.Ordinal));
        code = fits ? new CheckCode(read) : default;
        return fits;
    }

    /// <summary>As it is printed: <c>7ZQ4M-0KX2D-…</c></summary>
    public override string ToString() => string.Join('-', (_letters ?? throw new InvalidOperationException("A check code without letters.")).Chunk(GroupLength).Select(group => new string(group)));
}
