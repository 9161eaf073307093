using System.Collections.Immutable;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Trust;

namespace Coordination.Hosting.Dossiers;

/// <summary>What revoked keys signed.</summary>
public static class Revoked
{
    /// <summary>The entries that a revoked key signed beyond the heads that stand.</summary>
    /// <param name="id">The dossier.</param>
    /// <param name="entries">All of it, also those that are not signed yet.</param>
    /// <param name="signed">Those of them that are.</param>
    /// <param name="keyOf">The key of an author under an id; null where none is known.</param>
    public static ImmutableHashSet<EntryHash> Beyond(
        DossierId id, IReadOnlyCollection<Entry> entries, IEnumerable<SignedEntry> signed, Func<NodeId, string, TrustedKey?> keyOf)
    {
        var byRevoked = signed
            .Select(one => (one.Entry, keyOf(one.Entry.Author, one.KeyId)?.Revocation))
            .Where(one => one.Revocation is not null)
            .Select(one => (one.Entry, one.Revocation!.TryGetValue(id, out var head) ? head : (EntryHash?)null));
        return Standing.Beyond(entries, byRevoked);
    }
}
