using System.Security.Cryptography;
using Coordination.Contracts.Dossier.V1;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Trust;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Coordination.Hosting.Evidence;

/// <summary>The access log as a chain: each head holds the one before, so that nothing in it can be changed, left out or put in unnoticed.</summary>
/// <remarks>
/// Whoever has the database can write the whole log anew, heads and all. Other countries' nodes therefore countersign heads: they see digests
/// alone, and sign nothing that does not extend what they signed. What never got a row, or was cut off at the end since, nobody can tell.
/// </remarks>
public static class AccessChain
{
    /// <summary>In bytes, of a digest and of a head.</summary>
    public const int HashLength = SHA256.HashSizeInBytes;

    /// <summary>In seconds of Unix time: the year 2200, as for every other time that a message names.</summary>
    const long EndOfTime = 7_258_118_400;

    /// <summary>The digest of a row, which is all of it that another country sees.</summary>
    /// <param name="row">A serialised AccessRow.</param>
    public static byte[] DigestOf(ReadOnlySpan<byte> row) => SHA256.HashData([.. "coord/access/v1\0"u8, .. row]);

    /// <summary>The head of a log after one more row.</summary>
    /// <param name="head">The one before; empty for the first row.</param>
    /// <param name="digest">Of the row.</param>
    public static byte[] HeadOf(ReadOnlySpan<byte> head, ReadOnlySpan<byte> digest) => SHA256.HashData([.. "coord/access-chain/v1\0"u8, .. head, .. digest]);

    /// <summary>The first thing that is wrong with a log, in one sentence; null when nothing is.</summary>
    /// <param name="rows">From the first on.</param>
    public static string? FlawIn(IReadOnlyCollection<KeptAccessRow> rows) => rows.Count == 0 ? "The log holds no row: reading it leaves one." : FlawIn(rows, after: 0, before: default);

    /// <summary>The first thing that is wrong with rows of a log, in one sentence; null when nothing is.</summary>
    /// <param name="rows">One after the other.</param>
    /// <param name="after">The number of the row before them; 0 for none.</param>
    /// <param name="before">The head after that row; empty for none.</param>
    public static string? FlawIn(IEnumerable<KeptAccessRow> rows, ulong after, ReadOnlyMemory<byte> before)
    {
        var (number, head) = (after, before.ToArray());
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
            head = HeadOf(head, DigestOf(kept.Row.Span));
            if (row.Number != number) return $"Row {number} is missing: row {row.Number} stands in its place.";
            if (!kept.Hash.Span.SequenceEqual(head)) return $"Row {number} was changed, or one before it with its hash: it has another hash than the one that was kept with it.";
        }
        return null;
    }

    /// <summary>The first thing that is wrong between a log and what other countries countersigned of it, in one sentence; null when nothing is.</summary>
    /// <param name="rows">In which <see cref="FlawIn(IReadOnlyCollection{KeptAccessRow})"/> finds nothing. What one of them acknowledges as lost is no flaw.</param>
    /// <param name="witnesses">In any order.</param>
    /// <param name="list">Whose keys count.</param>
    public static string? FlawInWitnesses(IReadOnlyList<KeptAccessRow> rows, IEnumerable<SignedLogWitness> witnesses, TrustList list)
    {
        var node = (string?)null;
        var acknowledged = AcknowledgedIn(rows);
        foreach (var (witness, signed) in witnesses.Select(signed => (Witness: Read(signed, list), signed)).OrderBy(pair => pair.Witness?.Number))
        {
            if (witness is null) return $"A countersignature under key {Printable(signed.KeyId)} does not count: it was changed, or the key is none of its country's.";
            if (witness.Node != (node ??= witness.Node)) return $"A countersignature by {witness.Witness} is of the log of {witness.Node}, and others of that of {node}.";
            if (witness.InPlaceOf is { } lost && !acknowledged.Contains(lost)) return $"{witness.Witness} countersigned row {witness.Number} in place of row {lost.Number}, and no row of the log acknowledges that it breaks off there: one was taken away.";
            if (acknowledged.Contains(PlaceOf(witness))) continue;
            if (witness.Number > (ulong)rows.Count) return $"{witness.Witness} countersigned {witness.Number} rows, and the log has {rows.Count}: row {rows.Count + 1} was taken away, or the log set back.";
            if (!rows[(int)witness.Number - 1].Hash.Equals(witness.Head)) return $"{witness.Witness} countersigned another row {witness.Number}, on {witness.At.ToDateTimeOffset():yyyy-MM-dd}: that row, or one before it, was written anew since.";
        }
        return null;
    }

    /// <summary>The rows of a log that acknowledge that it breaks off from what other countries countersigned.</summary>
    /// <param name="rows">In which <see cref="FlawIn(IReadOnlyCollection{KeptAccessRow})"/> finds nothing.</param>
    public static IEnumerable<AccessRow> BreaksIn(IEnumerable<KeptAccessRow> rows) => rows.Select(kept => AccessRow.Parser.ParseFrom(kept.Row)).Where(row => row.Act is AccessAct.Break);

    /// <summary>Up to where others countersigned a log, but for what it acknowledges as lost.</summary>
    /// <param name="rows">The log.</param>
    /// <param name="witnesses">Between which and the log <see cref="FlawInWitnesses"/> finds nothing.</param>
    public static IEnumerable<LogPlace> StandingIn(IEnumerable<KeptAccessRow> rows, IEnumerable<SignedLogWitness> witnesses) =>
        witnesses.Select(signed => PlaceOf(LogWitness.Parser.ParseFrom(signed.Witness))).Except(AcknowledgedIn(rows));

    static HashSet<LogPlace> AcknowledgedIn(IEnumerable<KeptAccessRow> rows) => BreaksIn(rows).SelectMany(row => row.Lost).ToHashSet();

    /// <summary>Up to where somebody countersigned a log.</summary>
    public static LogPlace PlaceOf(LogWitness witness) => new() { Witness = witness.Witness, Number = witness.Number, Head = witness.Head };

    /// <summary>Signs how far this node has seen another's log.</summary>
    /// <param name="pen">This node's.</param>
    /// <param name="node">Whose log.</param>
    /// <param name="number">Up to which row.</param>
    /// <param name="head">The head after it.</param>
    /// <param name="inPlaceOf">This node's own that it does not extend; null for none.</param>
    /// <param name="now">UTC.</param>
    public static SignedLogWitness Sign(Pen pen, NodeId node, ulong number, ReadOnlySpan<byte> head, LogPlace? inPlaceOf, DateTimeOffset now)
    {
        var bytes = new LogWitness
        {
            Node = node.ToString(), Witness = pen.Node.ToString(), Number = number, Head = ByteString.CopyFrom(head), InPlaceOf = inPlaceOf, At = Timestamp.FromDateTimeOffset(now),
        }.ToByteArray();
        return new() { Witness = ByteString.CopyFrom(bytes), Signature = ByteString.CopyFrom(pen.Key.Sign(SignatureKind.LogWitness, bytes)), KeyId = pen.Key.Id };
    }

    /// <summary>What a witness says, if its own key signed it; null for anything else.</summary>
    /// <remarks>Whichever key of that node: one that is retired meanwhile has signed all the same, and of one that was stolen the log itself still has to fit.</remarks>
    public static LogWitness? Read(SignedLogWitness signed, TrustList list)
    {
        try
        {
            var witness = LogWitness.Parser.ParseFrom(signed.Witness);
            // Nobody countersigns their own log. Numbers and times are those that a database holds.
            return witness is { Number: > 0 and <= int.MaxValue, Head.Length: HashLength, At.Seconds: >= 0 and < EndOfTime } && witness.Node != witness.Witness && NodeId.TryParse(witness.Witness, out var by)
                && list.KeyOf(by, signed.KeyId) is { } key && key.Pool.Verify(SignatureKind.LogWitness, signed.Witness.Span, signed.Signature.Span) ? witness : null;
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    /// <summary>Of what somebody else wrote, nothing that a terminal takes for more than letters.</summary>
    static string Printable(string text) => text.Length <= 64 && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-') ? text : "of no known form";
}
