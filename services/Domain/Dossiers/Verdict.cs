namespace Coordination.Domain.Dossiers;

/// <summary>What the fold made of one entry. Closed.</summary>
public abstract record Verdict
{
    private Verdict() { }

    /// <summary>It stands.</summary>
    public sealed record Applied : Verdict;

    /// <summary>It does not fit, and counts all the same.</summary>
    public sealed record Recorded(Reason Reason) : Verdict;

    /// <summary>It is kept and changes nothing.</summary>
    public sealed record Void(Reason Reason) : Verdict;

    /// <summary>Only a newer program understands it, or it stands behind one such.</summary>
    public sealed record UpgradeNeeded : Verdict;
}

/// <summary>An entry in its place, with what the fold made of it.</summary>
public sealed record Judged(Entry Entry, Verdict Verdict);
