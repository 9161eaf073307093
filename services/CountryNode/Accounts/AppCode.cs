using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace Coordination.CountryNode.Accounts;

/// <summary>The six digits of an authenticator app (RFC 6238, with the values that apps agree on: SHA-1, half a minute).</summary>
/// <remarks>Identity says whether a code is right, and not of which step it is: so that it counts once, that has to be known.</remarks>
public static class AppCode
{
    const int Digits = 6, SecondsOfAStep = 30, BitsOfALetter = 5;

    const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    public static long StepAt(DateTimeOffset instant) => instant.ToUnixTimeSeconds() / SecondsOfAStep;

    /// <summary>The code of a step.</summary>
    /// <param name="key">In base 32, as an app is told it.</param>
    /// <param name="step">Half minutes since 1970.</param>
    public static string Of(string key, long step)
    {
        Span<byte> counter = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        var mac = HMACSHA1.HashData(Bytes(key), counter);
        var code = BinaryPrimitives.ReadInt32BigEndian(mac.AsSpan(mac[^1] & 0xf)) & int.MaxValue;
        return (code % 1_000_000).ToString($"D{Digits}", CultureInfo.InvariantCulture);
    }

    static byte[] Bytes(string key)
    {
        var bytes = new byte[key.Length * BitsOfALetter / 8];
        var (bits, held, at) = (0, 0, 0);
        foreach (var letter in key)
        {
            (bits, held) = ((bits << BitsOfALetter | Letters.IndexOf(letter, StringComparison.Ordinal)) & 0xfff, held + BitsOfALetter);
            if (held >= 8) bytes[at++] = (byte)(bits >> (held -= 8));
        }
        return bytes;
    }
}
