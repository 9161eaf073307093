using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;

namespace Coordination.Simulation.Tests;

/// <summary>How often what was met. What a campaign must meet and did not, fails it.</summary>
sealed class Tally
{
    readonly SortedDictionary<string, long> _met = new(StringComparer.Ordinal);

    /// <summary>Every fault, every call of store and peers with a crash before and after it, every statement, every situation.</summary>
    public static IReadOnlyList<string> Wanted { get; } =
    [
        .. Enum.GetValues<Fault>().Select(Of),
        .. Schedule.StoreCalls.SelectMany(call => new[] { Of(Fault.CrashBeforeCommit, call), Of(Fault.CrashAfterCommit, call) }),
        .. Schedule.PeerCalls.SelectMany(call => new[] { Of(Fault.CrashBeforeCall, call), Of(Fault.CrashAfterAnswer, call) }),
        .. Bodies.Select(Of),
        .. Enum.GetValues<NoticeKind>().Select(Of),
        .. Enum.GetValues<Situation>().Select(Of),
    ];

    /// <summary>The closed set of what an entry can state.</summary>
    public static IEnumerable<Type> Bodies =>
        typeof(Body).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Body)) && !type.IsAbstract).OrderBy(type => type.Name, StringComparer.Ordinal);

    public IReadOnlyDictionary<string, long> Met => _met;

    public IEnumerable<string> NeverMet => Wanted.Where(wanted => !_met.ContainsKey(wanted));

    public static string Of(Fault fault) => $"fault {fault}";

    public static string Of(Fault fault, string call) => $"{fault} at {call}";

    /// <summary>A statement that counts: applied or recorded, or by another program and what it must be.</summary>
    public static string Of(Type body) => $"entry {body.Name}, which counts";

    public static string Of(NoticeKind notice) => $"notice {notice}";

    public static string Of(Situation situation) => $"situation {situation}";

    public void Count(string what) => _met[what] = _met.GetValueOrDefault(what) + 1;

    /// <summary>What the fold made of an entry in the end.</summary>
    public void Count(Judged judged)
    {
        var (body, verdict) = (judged.Entry.Body, judged.Verdict);
        Count($"entry {body.Name} {verdict.GetType().Name}");
        if (verdict is Verdict.Applied or Verdict.Recorded || (body, verdict) is (NotUnderstood, Verdict.UpgradeNeeded) or (Misshapen, Verdict.Void)) Count(Of(body.GetType()));
    }

    public void Add(Tally other)
    {
        foreach (var (what, times) in other._met) _met[what] = _met.GetValueOrDefault(what) + times;
    }
}

/// <summary>What schedules have to lead to, or the oracle has nothing to look at.</summary>
enum Situation
{
    CommandDone = 1,
    CommandRefused,
    CommandAnsweredAgain,
    CommandIdReused,
    EntryBehindGap,
    WithdrawalBehindGap,
    OpeningMissing,
    UpgradeNeeded,
    CrossingDecisionVoid,
    WithdrawalNotSigned,
    ParticularsSent,
    CaseFilePulled,
    ParticularsRead,
    ParticularsErased,
    DaysPassed,
}
