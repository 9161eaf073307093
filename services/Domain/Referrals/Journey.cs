using Coordination.Domain.Dossiers;

namespace Coordination.Domain.Referrals;

/// <summary>What one country last said of one journey.</summary>
public enum JourneyWord
{
    Accompanied = 1,
    DidNotTravel,
    Met,
    NotArrived,
    FoundInHost,
    FoundInOrigin,
}

/// <summary>A country's word on a journey, with its place in the dossier.</summary>
/// <param name="Word">What it said.</param>
/// <param name="Author">Whose chain it stands in.</param>
/// <param name="Seq">Its place there.</param>
/// <param name="SeenOfOther">Up to where its author had seen the other chain; 0 for nothing.</param>
public sealed record Said(JourneyWord Word, NodeId Author, int Seq, int SeenOfOther)
{
    /// <summary>Whether it was said in knowledge of <paramref name="other"/>.</summary>
    public bool DescendsFrom(Said other) => Author == other.Author ? Seq > other.Seq : SeenOfOther >= other.Seq;
}

/// <summary>Where the two last words of a journey put the person.</summary>
public enum Position
{
    /// <summary>Nobody has said anything yet.</summary>
    Unknown = 1,
    EnRoute,
    Unaccounted,

    /// <summary>The same, and the two words contradict each other.</summary>
    Contradicted,

    /// <summary>In the country of origin.</summary>
    InOrigin,

    /// <summary>In the host country: the return is planned anew.</summary>
    InHost,
}

/// <summary>How far a plan is.</summary>
public enum PlanStanding
{
    /// <summary>Never applied: its entry is void, or nobody wrote one.</summary>
    Void = 1,
    NotAgreed,
    Agreed,

    /// <summary>Replaced, postponed, or ended by what else was decided.</summary>
    Ended,
}

/// <summary>What was said of carrying out one plan, whether or not the plan stood.</summary>
/// <param name="Plan">The plan.</param>
/// <param name="Standing">How far it was.</param>
/// <param name="Host">The host's last word, by the host's seq; null while it has said nothing.</param>
/// <param name="Origin">The country of origin's, likewise.</param>
public sealed record Journey(Token Plan, PlanStanding Standing, Said? Host, Said? Origin)
{
    /// <summary>The protocol's table of the journey: a function of the two last words and of which knew of which, and of nothing else.</summary>
    public Position Position => (Host?.Word, Origin?.Word) switch
    {
        (null, null) => Position.Unknown,
        (JourneyWord.FoundInHost or JourneyWord.FoundInOrigin, _) or (_, JourneyWord.FoundInHost or JourneyWord.FoundInOrigin) => Found(),

        (null, JourneyWord.Met) => Position.InOrigin,
        (null, _) => Position.Unaccounted,

        (JourneyWord.Accompanied, null) => Position.EnRoute,
        (JourneyWord.Accompanied, JourneyWord.Met) => Position.InOrigin,
        (JourneyWord.Accompanied, _) => Position.Unaccounted,

        (_, null) => Position.InHost,
        (_, JourneyWord.Met) => Position.Contradicted,
        (_, _) => Position.InHost,
    };

    /// <summary>The person was met, and nobody has said how the person had set out.</summary>
    public bool DepartureUntold => (Host, Origin?.Word) is (null, JourneyWord.Met);

    /// <summary>A country has said where the person is, or that the person did not come.</summary>
    public bool ArrivalTold => Origin is not null || Position is Position.InHost or Position.InOrigin;

    /// <summary>FoundSafe counts when it was said in knowledge of the other country's last word, or agrees with it.</summary>
    Position Found()
    {
        var (host, origin) = (PlaceOf(Host), PlaceOf(Origin));
        if (host is { } a && origin is { } b && a == b) return a;
        // Of two that found the person in different places, the one that knew of the other's word.
        if (host is not null && IsFound(Host) && (Origin is null || Host!.DescendsFrom(Origin))) return host.Value;
        if (origin is not null && IsFound(Origin) && (Host is null || Origin!.DescendsFrom(Host))) return origin.Value;
        return Position.Contradicted;
    }

    /// <summary>The country in which a word alone puts the person: on the way to the origin agrees with being found there, not arrived with being found in the host country.</summary>
    static Position? PlaceOf(Said? said) => said?.Word switch
    {
        JourneyWord.Accompanied or JourneyWord.Met or JourneyWord.FoundInOrigin => Position.InOrigin,
        JourneyWord.DidNotTravel or JourneyWord.NotArrived or JourneyWord.FoundInHost => Position.InHost,
        _ => null,
    };

    static bool IsFound(Said? said) => said?.Word is JourneyWord.FoundInHost or JourneyWord.FoundInOrigin;
}
