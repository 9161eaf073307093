using System.Collections.Immutable;

namespace Coordination.Domain.Dossiers;

/// <summary>The order in which the entries of a dossier count.</summary>
/// <remarks>
/// Topological by descent (what <c>previous</c> and <c>seen</c> reach); among the entries whose past is complete, the
/// lowest (rank of the body, precedence of the writer) is taken first. So neither a clock nor a country's code decides
/// what becomes of two entries that crossed. Seq and hash only part entries that are void anyway: forks, and foreign chains.
/// </remarks>
static class Descent
{
    /// <summary>The entries whose past is complete, in order from the opening on, and those that wait.</summary>
    public static (ImmutableArray<Entry> Ordered, ImmutableArray<Entry> Waiting) Order(
        Entry opening, IReadOnlyCollection<Entry> held, Func<Body, int> rank, ImmutableArray<NodeId> precedence)
    {
        var placed = new HashSet<EntryHash> { opening.Hash };
        var ordered = ImmutableArray.CreateBuilder<Entry>(held.Count);
        ordered.Add(opening);

        var pending = held.Where(entry => entry.Hash != opening.Hash).OrderBy(Place).ToList();
        while (pending.FindIndex(entry => Past(entry).All(placed.Contains)) is var first and >= 0)
        {
            ordered.Add(pending[first]);
            placed.Add(pending[first].Hash);
            pending.RemoveAt(first);
        }
        return (ordered.ToImmutable(), [.. pending]);

        (int, int, string, int, EntryHash) Place(Entry entry)
        {
            var place = precedence.IndexOf(entry.Author);
            // What only a newer program understands may outrank anything: nothing that crossed it is applied before the stop.
            return (entry.Body is NotUnderstood ? int.MinValue : rank(entry.Body), place < 0 ? int.MaxValue : place, entry.Author.ToString(), entry.Seq, entry.Hash);
        }
    }

    /// <summary>What an entry directly descends from.</summary>
    public static IEnumerable<EntryHash> Past(Entry entry) =>
        entry.Previous is { } previous ? entry.Seen.Select(head => head.Hash).Prepend(previous) : entry.Seen.Select(head => head.Hash);
}
