using System.Collections.Immutable;

namespace Coordination.Domain.Dossiers;

/// <summary>The order in which the entries of a dossier count.</summary>
/// <remarks>
/// Topological by descent (what <c>previous</c> and <c>seen</c> reach); among the entries whose past is complete, the
/// lowest (rank of the body, precedence of the writer) is taken first. So neither a clock nor a country's code decides
/// what becomes of two entries that crossed. Seq and hash only part entries that are void anyway: forks.
/// </remarks>
static class Descent
{
    /// <summary>The entries whose past is complete, in order from the opening on, and those that wait.</summary>
    /// <remarks>An entry of who is no writer is void whatever its past: it follows the opening, and never waits.</remarks>
    public static (ImmutableArray<Entry> Ordered, ImmutableArray<Entry> Waiting) Order(
        Entry opening, IReadOnlyCollection<Entry> held, Func<Body, int> rank, ImmutableArray<NodeId> precedence)
    {
        var writers = opening.Opening!.Writers;
        var ordered = ImmutableArray.CreateBuilder<Entry>(held.Count);
        var missing = new Dictionary<EntryHash, int>();
        var followers = new Dictionary<EntryHash, List<Entry>>();
        var ready = new PriorityQueue<Entry, (int, int, int, EntryHash)>();

        foreach (var entry in held.Where(entry => entry.Hash != opening.Hash && writers.Contains(entry.Author)))
        {
            var past = entry.Past().Distinct().ToList();
            missing[entry.Hash] = past.Count;
            foreach (var before in past)
            {
                if (!followers.TryGetValue(before, out var list)) followers[before] = list = [];
                list.Add(entry);
            }
            if (past.Count == 0) ready.Enqueue(entry, Place(entry));
        }

        Take(opening);
        foreach (var strange in held.Where(entry => entry.Hash != opening.Hash && !writers.Contains(entry.Author)).OrderBy(entry => (entry.Author, entry.Seq, entry.Hash)))
            Take(strange);
        while (ready.TryDequeue(out var next, out _)) Take(next);
        return (ordered.ToImmutable(), [.. held.Where(entry => missing.GetValueOrDefault(entry.Hash) > 0).OrderBy(Place)]);

        void Take(Entry entry)
        {
            ordered.Add(entry);
            foreach (var follower in followers.GetValueOrDefault(entry.Hash) ?? [])
                if (--missing[follower.Hash] == 0) ready.Enqueue(follower, Place(follower));
        }

        (int, int, int, EntryHash) Place(Entry entry)
        {
            var place = precedence.IndexOf(entry.Author);
            // What only a newer program understands may outrank anything: nothing that crossed it is applied before the stop.
            return (entry.Body is NotUnderstood ? int.MinValue : rank(entry.Body), place < 0 ? int.MaxValue : place, entry.Seq, entry.Hash);
        }
    }
}
