using System.Security.Cryptography;
using Coordination.Contracts.Dossier.V1;
using Google.Protobuf;

namespace Coordination.Hosting.Evidence;

/// <summary>The access log as a chain: each row holds the hash of the one before, so that nothing in it can be changed, left out or put in unnoticed.</summary>
/// <remarks>What was left out at its end nobody can tell from the log alone.</remarks>
public static class AccessChain
{
    static ReadOnlySpan<byte> Prefix => "coord/access/v1\0"u8;

    /// <summary>The hash of a row.</summary>
    /// <param name="row">A serialised AccessRow.</param>
    public static byte[] HashOf(ReadOnlySpan<byte> row) => SHA256.HashData([.. Prefix, .. row]);

    /// <summary>The first thing that is wrong with a log, in one sentence; null when nothing is.</summary>
    /// <param name="rows">From the first on.</param>
    public static string? FlawIn(IEnumerable<KeptAccessRow> rows)
    {
        var (number, last) = (0UL, ByteString.Empty);
        foreach (var kept in rows)
        {
            number++;
            AccessRow row;
            try
            {
                row = AccessRow.Parser.ParseFrom(kept.Row);
            }
            catch (InvalidProtocolBufferException)
            {
                return $"Row {number} cannot be read.";
            }
            if (!kept.Hash.Span.SequenceEqual(HashOf(kept.Row.Span))) return $"Row {number} was changed: it has another hash than the one that was kept with it.";
            if (row.Number != number) return $"Row {number} is missing: row {row.Number} stands in its place.";
            if (row.Previous != last) return $"Row {number} does not follow row {number - 1}: one of the two was put in the place of another.";
            last = kept.Hash;
        }
        return number == 0 ? "The log holds no row: reading it leaves one." : null;
    }
}
