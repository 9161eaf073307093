namespace Coordination.Domain.Dossiers;

/// <summary>What makes an entry void wherever it stands: a foreign author, a fork, a revoked key, a chain that does not fit.</summary>
sealed class Form
{
    readonly Entry _opening;
    readonly Dictionary<EntryHash, Entry> _held;
    readonly IReadOnlySet<EntryHash> _beyondRevocation;
    readonly Dictionary<NodeId, int> _forkedFrom;
    readonly Dictionary<EntryHash, bool> _offChain = [];

    public Form(Entry opening, IReadOnlyCollection<Entry> held, IReadOnlySet<EntryHash> beyondRevocation)
    {
        _opening = opening;
        _held = held.ToDictionary(entry => entry.Hash);
        _beyondRevocation = beyondRevocation;
        // A thief of a revoked key must not be able to fork the owner's chain: what lies beyond the standing heads forks nothing.
        _forkedFrom = held
            .Where(entry => !beyondRevocation.Contains(entry.Hash))
            .GroupBy(entry => (entry.Author, entry.Seq))
            .Where(place => place.Count() > 1)
            .GroupBy(place => place.Key.Author)
            .ToDictionary(places => places.Key, places => places.Min(place => place.Key.Seq));
    }

    /// <summary>Why the entry, whose whole past is held, is void; null when its form stands.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="evenIfForked">Neither a fork nor a broken chain before it makes it void: nothing of the kind ever suspends a withdrawal.</param>
    public Reason? Fault(Entry entry, bool evenIfForked)
    {
        if (AuthorFault(entry) is { } fault)
            return fault;
        if (ChainFault(entry) is { } why)
            return new(ReasonCode.WrongForm, why);
        if (!evenIfForked && IsOffItsChain(entry))
            return new(ReasonCode.WrongForm, "The entry follows one that does not continue its author's chain.");
        if (!evenIfForked && _forkedFrom.TryGetValue(entry.Author, out var seq) && entry.Seq >= seq)
            return new(ReasonCode.Forked, $"{entry.Author} wrote two entries as number {seq}; continue in a new dossier that names this one.");
        return null;
    }

    /// <summary>Why the entry is void whatever its past turns out to be; null when its author and key stand.</summary>
    public Reason? AuthorFault(Entry entry)
    {
        if (_beyondRevocation.Contains(entry.Hash))
            return new(ReasonCode.KeyRevoked, "The author's key was revoked, and this entry lies beyond the heads that stand.");
        if (!_opening.Opening!.Writers.Contains(entry.Author))
            return new(ReasonCode.ForeignAuthor, $"{entry.Author} is no writer of this dossier.");
        return null;
    }

    /// <summary>Whether it stands on a branch that does not reach back to the beginning of its author's chain, number by number.</summary>
    /// <remarks>Such a branch must not hide the chain itself: nothing on it counts, and nobody writes on from it.</remarks>
    public bool IsOffItsChain(Entry entry)
    {
        if (_offChain.TryGetValue(entry.Hash, out var known)) return known;
        var previous = entry.Previous is { } hash ? _held.GetValueOrDefault(hash) : null;
        var off = !Continues(previous, entry) || (previous is not null && IsOffItsChain(previous));
        return _offChain[entry.Hash] = off;
    }

    static bool Continues(Entry? previous, Entry entry) =>
        previous is null ? entry.Seq == 1 : previous.Author == entry.Author && previous.Seq == entry.Seq - 1;

    string? ChainFault(Entry entry)
    {
        if (entry.Hash == _opening.Hash)
            return entry is { Seq: 1, Previous: null, Seen: [] } && _opening.Opening!.Writers[0] == entry.Author
                ? null
                : "An opening is the first entry of its author, who is the first of the writers, and has seen nothing.";
        if (entry.Opening is not null) return "Only the first entry of a dossier opens it.";

        var previous = entry.Previous is { } hash ? _held[hash] : null;
        if (!Continues(previous, entry))
            return "The entry does not continue its author's chain.";
        var descends = entry.Author == _opening.Author ? previous is not null : entry.Seen.Any(head => head.Author == _opening.Author);
        if (!descends) return "The entry does not descend from the opening.";

        if (entry.Seen.Select(head => head.Author).Append(entry.Author).Distinct().Count() != entry.Seen.Length + 1)
            return "The entry names a chain twice among those it has seen, or its own.";
        if (entry.Seen.Any(head => _held[head.Hash] is var seen && (seen.Author != head.Author || seen.Seq != head.Seq)))
            return "The entry names a head that is not where it says.";
        // A head beyond revocation may be unseen: the chain that stands ends before it.
        if (previous is not null && previous.Seen.Any(before => !_beyondRevocation.Contains(before.Hash)
            && !entry.Seen.Any(head => head.Author == before.Author && head.Seq >= before.Seq)))
            return "The entry has seen less than the one before it.";
        return null;
    }
}
