using System.Collections.Immutable;

namespace Coordination.Domain.Dossiers;

/// <summary>That a node held a chain up to an entry, by its own word.</summary>
/// <param name="Holder">Who gave the receipt.</param>
/// <param name="Author">Whose chain.</param>
/// <param name="Seq">Up to where, inclusive.</param>
/// <param name="Hash">Of that entry.</param>
/// <param name="ReceivedAt">UTC, by the holder's clock.</param>
public readonly record struct Receipted(NodeId Holder, NodeId Author, int Seq, EntryHash Hash, DateTimeOffset ReceivedAt);

/// <summary>Whether authors say in <c>seen</c> what they have seen.</summary>
/// <remarks>
/// A desk cannot choose <c>seen</c>, so an entry that leaves out what its author had receipted was written by a program
/// that does not keep the rules: to have it count as a crossing. It is applied all the same, and both sides see the flag.
/// </remarks>
public static class Candour
{
    /// <summary>By which the clocks of one node's replicas may differ.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    /// <summary>The entries that leave out what their authors had receipted before they wrote them.</summary>
    /// <param name="held">All entries of the dossier that the node holds.</param>
    /// <param name="receipts">All receipts of the dossier that the node holds.</param>
    /// <param name="beyondRevocation">Entries that a revoked key signed beyond the heads that stand: nobody has to have seen them.</param>
    /// <remarks>
    /// Both dates are by the author's own clock. An entry counts as written no earlier than any before it in its chain,
    /// so that a date that jumps back hides nothing. Of a forked chain either side counts as seen: an entry can name one alone.
    /// </remarks>
    public static ImmutableHashSet<EntryHash> LeavingOut(
        IReadOnlyCollection<Entry> held, IEnumerable<Receipted> receipts, IReadOnlySet<EntryHash> beyondRevocation)
    {
        var given = receipts.Where(receipt => receipt.Holder != receipt.Author && !beyondRevocation.Contains(receipt.Hash)).ToLookup(receipt => receipt.Holder);
        var flagged = ImmutableHashSet.CreateBuilder<EntryHash>();
        foreach (var chain in held.GroupBy(entry => entry.Author))
        {
            var written = DateTimeOffset.MinValue;
            foreach (var entry in chain.OrderBy(entry => entry.Seq).ThenBy(entry => entry.Hash))
            {
                written = entry.WrittenAt > written ? entry.WrittenAt : written;
                if (given[chain.Key].Any(receipt => receipt.ReceivedAt + Margin < written && !Saw(entry, receipt))) flagged.Add(entry.Hash);
            }
        }
        return flagged.ToImmutable();
    }

    static bool Saw(Entry entry, Receipted receipt) => entry.Seen.Any(head => head.Author == receipt.Author && head.Seq >= receipt.Seq);
}
