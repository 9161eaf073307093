namespace Coordination.Domain.Dossiers;

/// <summary>What authors corrected of their own happenings: read before the fold, since a correction counts in the old place.</summary>
/// <remarks>One behind an upgrade stop does not count: nobody here knows what came before it.</remarks>
sealed class Corrections
{
    readonly Dictionary<EntryHash, Entry> _inForce = [];
    readonly HashSet<EntryHash> _accepted = [];

    /// <param name="sound">The entries whose form stands, in the order in which they count.</param>
    /// <param name="isWithdrawal">What cannot be corrected: it comes back only by a new consent.</param>
    public Corrections(IEnumerable<Entry> sound, Func<Body, bool> isWithdrawal)
    {
        var happenings = new Dictionary<EntryHash, Entry>();
        foreach (var entry in sound.TakeWhile(entry => entry.Body is not NotUnderstood))
        {
            if (entry.Body is Corrected { Replacement: var replacement })
            {
                if (entry.Answers is not { } answered || !happenings.TryGetValue(answered, out var wrong)) continue;
                if (!wrong.By(entry.Author) || wrong.OnBehalfOf != entry.OnBehalfOf) continue;
                if (replacement is not null && replacement.GetType() != wrong.Body.GetType()) continue;
                _accepted.Add(entry.Hash);
                // The author's last: an author's entries are taken in the order of its chain.
                _inForce[answered] = entry;
            }
            else if (entry.Body is Happening && !isWithdrawal(entry.Body)) happenings[entry.Hash] = entry;
        }
    }

    /// <summary>Why an entry corrects nothing; null when it does, or is no correction.</summary>
    public Reason? Fault(Entry entry) => entry.Body is Corrected && !_accepted.Contains(entry.Hash)
        ? new(ReasonCode.AnswersNothing, "A correction answers a happening of its own author, and says the same statement right.")
        : null;

    /// <summary>Whether its author took it back.</summary>
    public bool Retracts(Entry entry) => _inForce.GetValueOrDefault(entry.Hash) is { Body: Corrected { Replacement: null } };

    /// <summary>The entry in its old place with its content, and its day, as they were corrected.</summary>
    public Entry Apply(Entry entry) => _inForce.GetValueOrDefault(entry.Hash) is { Body: Corrected { Replacement: { } right } } correction
        ? entry with { Body = right, HappenedOn = correction.HappenedOn }
        : entry;
}
