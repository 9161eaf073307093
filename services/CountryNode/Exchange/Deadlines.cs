using Coordination.CountryNode.Offices;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Trust;

namespace Coordination.CountryNode.Exchange;

/// <summary>Tells offices of this node what will be due and what is late, each thing once, and to whom a referral is given what is past by then. Any number of replicas may run.</summary>
/// <remarks>Changes nothing but what is told: no state changes by time.</remarks>
public sealed partial class Deadlines(IStore store, Overviews overviews, OfficeDirectory directory, TrustInForce trust, Pen pen, TimeProvider time, ILogger<Deadlines> logger)
{
    const int MostAtOnce = 100;

    /// <summary>How long a replica has for the overviews that it took on.</summary>
    static readonly TimeSpan Claim = TimeSpan.FromSeconds(30);

    /// <summary>The protocol's row "delivery": what the road does not carry, whatever it is, is the operator's to look after.</summary>
    static readonly TimeSpan RoadWarns = TimeSpan.FromHours(12);

    static readonly TimeSpan RoadIsLate = TimeSpan.FromHours(24);

    /// <summary>Between two looks at the road: hours are told of, and a minute more or less is nothing.</summary>
    static readonly TimeSpan RoadLook = TimeSpan.FromMinutes(1);

    DateTimeOffset _nextRoadLook;

    /// <summary>The trust list under which the overviews were made; 0 at the start, when nobody knows.</summary>
    long _madeUnder;

    /// <summary>Brings overviews up to what receipts and the trust list say, and tells what it is time to tell.</summary>
    /// <returns>Whether more may be waiting.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        // Another list may make entries void that were not: nothing that was folded under the old one is sure.
        if (trust.Current.Version != _madeUnder)
        {
            var version = trust.Current.Version;
            await store.MarkAllStaleAsync(cancellationToken);
            _madeUnder = version;
        }
        var refreshed = await RefreshAsync(cancellationToken);
        var swept = await store.SweepAsync(MostAtOnce, time.GetUtcNow(), (dossier, debt) => Tell(dossier, debt, time.GetUtcNow()), cancellationToken);
        return await LookAtRoadAsync(cancellationToken) || refreshed == MostAtOnce || swept == MostAtOnce;
    }

    /// <summary>Tells administrators once of each outage, by the oldest entry that it holds up in a dossier.</summary>
    async Task<bool> LookAtRoadAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (now < _nextRoadLook) return false;
        var isMore = await store.TellUndeliveredAsync(MostAtOnce, now - RoadWarns, now - RoadIsLate, now, cancellationToken) == MostAtOnce;
        if (!isMore) _nextRoadLook = now + RoadLook;
        return isMore;
    }

    async Task<int> RefreshAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var stale = await store.ClaimStaleAsync(MostAtOnce, now, now + Claim, cancellationToken);
        var made = new List<(DossierId, int, Overview)>();
        foreach (var id in stale)
        {
            if (await store.FindAsync(id, cancellationToken) is not { } held) continue;
            try
            {
                made.Add((id, held.Entries.Length, overviews.Of(held.Fold<Referral>(trust.Current), held.Entries, held.Receipts, now)));
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                // One referral must not silence all others. It is tried again when the claim is over.
                LogNotMade(logger, fault, id.Short);
            }
        }
        if (made.Count > 0) await store.KeepOverviewsAsync(made, now + Claim, cancellationToken);
        return stale.Length;
    }

    /// <summary>What is to be told of a debt by now, and when to look at it again. A look that comes late tells everything that was missed.</summary>
    (IReadOnlyCollection<Notice> Notices, DateTimeOffset? LookAt) Tell(DossierId dossier, DueDebt debt, DateTimeOffset now)
    {
        var planned = Planned(debt, now).ToList();
        var later = planned.Where(notice => notice.At > now).Select(notice => (DateTimeOffset?)notice.At).Min();
        return ([.. planned.Where(notice => notice.At <= now).Select(notice => new Notice(dossier, debt.Key, notice.Kind, notice.Round, Reader(notice.Office), now))], later);
    }

    /// <summary>What an office is told that nobody here is any more, the administrators read: a notice to nobody is none.</summary>
    Office? Reader(Office? office) => office is not null && directory.IsHere(office) ? office : null;

    /// <summary>Everything that is told of a debt until the first time after now.</summary>
    IEnumerable<(NoticeKind Kind, int Round, Office? Office, DateTimeOffset At)> Planned(DueDebt debt, DateTimeOffset now)
    {
        if (debt.DueAt is not { } due) yield break;
        var own = debt.Key.Owes == pen.Node;
        // A person on the road, or not found: the duty offices of both countries, at any hour.
        if (debt.Key.Clock is nameof(Clock.Arrive) || (debt.Key.Clock is nameof(Clock.Find) && own))
            foreach (var (round, at) in Alarms(debt, due, now))
                yield return (NoticeKind.Alarm, round, directory.DutyOf(pen.Node), at);
        if (!own) yield break;

        var office = debt.Office;
        if (debt.WarnAt is { } warn) yield return (NoticeKind.Warning, 1, office, warn);
        if (debt is { AwaitingSince: { } since, ProgressEvery: > 0 })
            for (var (round, at) = (1, since.AddMonths(debt.ProgressEvery)); at < due; at = since.AddMonths(++round * debt.ProgressEvery))
                yield return (NoticeKind.Progress, round, office, at);
        foreach (var (round, at) in Rounds(due, debt.AgainEvery, now))
        {
            yield return (NoticeKind.Late, round, office, at);
            if (office is not null && directory.SupervisingOf(office) is { } above) yield return (NoticeKind.Escalated, round, above, at);
        }
    }

    /// <summary>Of a person who is not found the duty office hears at the warning already, and then in each round.</summary>
    static IEnumerable<(int Round, DateTimeOffset At)> Alarms(DueDebt debt, DateTimeOffset due, DateTimeOffset now)
    {
        var first = debt.Key.Clock is nameof(Clock.Find) ? debt.WarnAt : null;
        if (first is { } warned) yield return (1, warned);
        foreach (var (round, at) in Rounds(due, debt.AgainEvery, now)) yield return (first is null ? round : round + 1, at);
    }

    /// <summary>The first time, and every further one up to the first that lies ahead.</summary>
    static IEnumerable<(int Round, DateTimeOffset At)> Rounds(DateTimeOffset first, TimeSpan? every, DateTimeOffset now)
    {
        yield return (1, first);
        if (every is not { } again || first > now) yield break;
        var passed = (int)((now - first) / again);
        for (var round = 2; round <= passed + 2; round++) yield return (round, first + ((round - 1) * again));
    }

    [LoggerMessage(EventId = 350, Level = LogLevel.Error, Message = "What is due in dossier {Dossier} could not be made out; tried again in half a minute.")]
    static partial void LogNotMade(ILogger logger, Exception fault, string dossier);
}
