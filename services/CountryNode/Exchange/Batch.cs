using Coordination.CountryNode.Peers;

namespace Coordination.CountryNode.Exchange;

/// <summary>How much travels in one message between nodes.</summary>
public static class Batch
{
    /// <summary>At most.</summary>
    public const int MostEntries = 256;

    /// <summary>Hashes that a peer may say it holds when it asks for the rest: more than a dossier can have entries.</summary>
    public const int MostHeld = 4096;

    /// <summary>Dossiers with their digests, of one bucket: some 600 KiB.</summary>
    public const int MostDossiers = 8192;

    /// <summary>Of entries and their particulars, at most, unless one alone is larger: well below what a message may have.</summary>
    const int MostBytes = 1024 * 1024;

    /// <summary>As many of the entries, in their order, as go into one message.</summary>
    public static IReadOnlyList<Outgoing> Of(IEnumerable<Outgoing> entries)
    {
        var batch = new List<Outgoing>();
        var bytes = 0;
        foreach (var entry in entries)
        {
            bytes += entry.Signed.Bytes.Length + (entry.Particulars?.Length ?? 0);
            if (batch.Count == MostEntries || (batch.Count > 0 && bytes > MostBytes)) break;
            batch.Add(entry);
        }
        return batch;
    }
}
