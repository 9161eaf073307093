using System.Collections.Immutable;

namespace Coordination.Domain.Dossiers;

/// <summary>Up to where the chains of a revoked key stand.</summary>
public static class Standing
{
    /// <summary>The entries signed with a revoked key that lie beyond the head that stands in this dossier.</summary>
    /// <param name="held">All entries of the dossier that the node holds.</param>
    /// <param name="signedByRevoked">Those among them that a revoked key signed, each with the head that stands, if any does.</param>
    public static ImmutableHashSet<EntryHash> Beyond(IReadOnlyCollection<Entry> held, IEnumerable<(Entry Entry, EntryHash? Head)> signedByRevoked)
    {
        var byHash = held.ToDictionary(entry => entry.Hash);
        return [.. signedByRevoked.Where(signed => !Reaches(signed.Head, signed.Entry)).Select(signed => signed.Entry.Hash)];

        bool Reaches(EntryHash? from, Entry wanted)
        {
            while (from is { } hash && byHash.TryGetValue(hash, out var entry))
            {
                if (entry.Hash == wanted.Hash) return true;
                // Only an author's own chain stands: whoever else it names has keys of its own.
                if (entry.Author != wanted.Author || entry.Seq <= wanted.Seq) return false;
                from = entry.Previous;
            }
            return false;
        }
    }
}
