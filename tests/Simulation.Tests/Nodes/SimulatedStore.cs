using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Trust;

namespace Coordination.Simulation.Tests;

/// <summary>One process's connection to its node's database, and its hand on the mark in the key folder: takes its time, fails, and is where processes die.</summary>
sealed class SimulatedStore(World world, Process process) : IStore, IHandOverMark
{
    Database Database => process.Node.Database;

    public Task<HeldDossier?> FindAsync(DossierId id, CancellationToken cancellationToken) =>
        AskAsync(() => Database.Find(id), [], cancellationToken);

    public Task<Answered?> FindAnswerAsync(CommandKey command, CancellationToken cancellationToken) =>
        AskAsync(() => Database.Answer(command), [], cancellationToken);

    public async Task<AppendOutcome> AppendAsync(Append append, CancellationToken cancellationToken) =>
        await AskAsync(() =>
        {
            var outcome = Database.Append(append);
            if (outcome is not AppendOutcome.Kept) return outcome;
            append.BeforeCommit?.Invoke();
            world.Oracle.Written(process.Node, append);
            return outcome;
        }, [append.Entry.Entry.Dossier], cancellationToken, append.Entry);

    public Task AdmitAsync(
        IReadOnlyCollection<DossierId> ids, Func<IReadOnlyDictionary<DossierId, HeldDossier>, IReadOnlyCollection<Admission>> decide, CancellationToken cancellationToken) =>
        AskAsync(() =>
        {
            Database.Admit(ids, decide);
            return true;
        }, ids, cancellationToken);

    public Task<int> CountWithoutOpeningAsync(NodeId peer, CancellationToken cancellationToken) =>
        AskAsync(() => Database.CountWithoutOpening(peer), [], cancellationToken);

    public Task<ImmutableArray<KeptPart>> FindPartsAsync(DossierId id, NodeId recipient, CancellationToken cancellationToken) =>
        AskAsync(() => Database.FindParts(id, recipient), [], cancellationToken);

    public Task<KeptPart?> FindCaseFileAsync(EntryHash release, CancellationToken cancellationToken) =>
        AskAsync(() => Database.FindCaseFile(release), [], cancellationToken);

    public Task<ImmutableArray<DossierId>> ClaimStaleAsync(int most, DateTimeOffset now, DateTimeOffset until, CancellationToken cancellationToken) =>
        AskAsync(() => Database.ClaimStale(most, now, until), [], cancellationToken);

    public Task KeepOverviewsAsync(IReadOnlyCollection<(DossierId Id, int JudgedOn, Overview Overview)> overviews, DateTimeOffset claimedUntil, CancellationToken cancellationToken) =>
        AskAsync(() =>
        {
            Database.KeepOverviews(overviews, claimedUntil);
            return true;
        }, [.. overviews.Select(made => made.Id)], cancellationToken);

    public Task MarkAllStaleAsync(CancellationToken cancellationToken) =>
        AskAsync(() =>
        {
            Database.MarkAllStale();
            return true;
        }, [], cancellationToken);

    public Task<int> SweepAsync(
        int most, DateTimeOffset now, Func<DossierId, DueDebt, (IReadOnlyCollection<Notice> Notices, DateTimeOffset? LookAt)> tell, CancellationToken cancellationToken) =>
        AskAsync(() => Database.Sweep(most, now, tell, (row, notice) => world.Oracle.Told(process.Node, row, notice)), [], cancellationToken);

    public Task<int> TellUndeliveredAsync(int most, DateTimeOffset warnBefore, DateTimeOffset lateBefore, DateTimeOffset now, CancellationToken cancellationToken) =>
        AskAsync(() => Database.TellUndelivered(most, warnBefore, lateBefore, now, (row, notice) => world.Oracle.ToldOfTheRoad(process.Node, row, notice)), [], cancellationToken);

    public Task AuditAsync(IReadOnlyCollection<AuditRow> rows, CancellationToken cancellationToken) =>
        AskAsync(() =>
        {
            Database.Audit(rows);
            return true;
        }, [], cancellationToken);

    public async Task<ImmutableArray<Parcel>> ClaimAsync(NodeId peer, int most, DateTimeOffset now, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var claimed = await AskAsync(() => Database.Claim(peer, most, now, until), [], cancellationToken);
        if (claimed.IsEmpty) return [];
        await process.Home.PauseAsync(process.Latency());
        return Database.ParcelsOf(peer, claimed);
    }

    public Task SettleAsync(NodeId peer, IReadOnlyCollection<SignedReceipt> receipts, IReadOnlyCollection<Settled> parcels, CancellationToken cancellationToken) =>
        AskAsync(() =>
        {
            Database.Settle(peer, receipts, parcels);
            return true;
        }, [.. parcels.Select(parcel => parcel.Dossier)], cancellationToken);

    public Task<ImmutableArray<DossierId>> ClaimGapsAsync(
        NodeId peer, int most, DateTimeOffset now, TimeSpan pause, TimeSpan longest, CancellationToken cancellationToken) =>
        AskAsync(() => Database.ClaimGaps(peer, most, now, pause, longest), [], cancellationToken);

    public Task<ImmutableArray<DossierId>> ClaimLastingGapsAsync(DateTimeOffset before, int most, CancellationToken cancellationToken) =>
        AskAsync(() => Database.ClaimLastingGaps(before, most), [], cancellationToken);

    public Task<ImmutableArray<SetDigest>> GetBucketsAsync(NodeId peer, CancellationToken cancellationToken) =>
        AskAsync(() => Database.Buckets(peer), [], cancellationToken);

    public Task<ImmutableArray<DossierDigest>> ListDossiersAsync(NodeId peer, int bucket, DossierId? after, int most, CancellationToken cancellationToken) =>
        AskAsync(() => Database.List(peer, bucket, after, most), [], cancellationToken);

    public Task AnnounceAsync(NodeId peer, DateTimeOffset now, CancellationToken cancellationToken) =>
        AskAsync(() =>
        {
            Database.Announce(peer, now);
            return true;
        }, [], cancellationToken);

    public Task<long?> CountHandOverAsync(long known, CancellationToken cancellationToken) =>
        AskAsync(() => Database.CountHandOver(known), [], cancellationToken);

    public Task<long?> BeginCatchUpAsync(long? known, long anew, IReadOnlyCollection<NodeId> peers, CancellationToken cancellationToken) =>
        AskAsync(() => Database.BeginCatchUp(known, anew, peers), [], cancellationToken);

    public Task RaiseFloorAsync(NodeId peer, long handOver, CancellationToken cancellationToken) =>
        AskAsync(() =>
        {
            Database.RaiseFloor(peer, handOver);
            return true;
        }, [], cancellationToken);

    public Task<long> FindFloorAsync(NodeId peer, CancellationToken cancellationToken) =>
        AskAsync(() => Database.FindFloor(peer), [], cancellationToken);

    public Task<long?> FindCatchUpAsync(NodeId peer, CancellationToken cancellationToken) =>
        AskAsync(() => Database.FindCatchUp(peer), [], cancellationToken);

    public Task EndCatchUpAsync(NodeId peer, long number, IReadOnlyCollection<DossierId> butFor, CancellationToken cancellationToken) =>
        AskAsync(() =>
        {
            Database.EndCatchUp(peer, number, butFor);
            return true;
        }, [], cancellationToken);

    public Task<AppendOutcome> PendAsync(PendingWithdrawal withdrawal, Answered answered, DateTimeOffset now, CancellationToken cancellationToken) =>
        AskAsync(() =>
        {
            var outcome = Database.Pend(withdrawal, answered);
            if (outcome is AppendOutcome.Kept) world.Oracle.Pended(process.Node, withdrawal);
            return outcome;
        }, [withdrawal.Draft.Dossier], cancellationToken);

    public Task<ImmutableArray<DossierId>> ListPendingAsync(CancellationToken cancellationToken) =>
        AskAsync(() => Database.ListPending(), [], cancellationToken);

    public long? Read() => process.Node.HandOverMark;

    public Task RaiseAsync(long to, CancellationToken cancellationToken) =>
        AskAsync(() => process.Node.HandOverMark = Math.Max(to, process.Node.HandOverMark ?? to), [], cancellationToken);

    /// <summary>One call: time passes, then all of it is committed or nothing, time passes again, then the caller hears.</summary>
    /// <param name="transaction">What it does; synchronous, so nobody sees half of it.</param>
    /// <param name="touched">The dossiers that it may change: the oracle looks at them as soon as they are committed.</param>
    /// <param name="cancellationToken">Counts until the commit.</param>
    /// <param name="written">What this node wrote by it, if anything.</param>
    /// <param name="call">As the interface calls it.</param>
    async Task<T> AskAsync<T>(
        Func<T> transaction, IReadOnlyCollection<DossierId> touched, CancellationToken cancellationToken, SignedEntry? written = null, [CallerMemberName] string call = "")
    {
        var troubles = world.TroublesAt(process.Node, call);
        await process.Home.PauseAsync(process.Latency());
        if (troubles.Contains(Fault.CrashBeforeCommit)) await process.DieAsync(Fault.CrashBeforeCommit, call);
        if (troubles.Contains(Fault.StoreFails))
        {
            world.Struck(Fault.StoreFails);
            throw new DatabaseGoneException();
        }
        cancellationToken.ThrowIfCancellationRequested();

        var answer = transaction();
        world.Committed(process.Node, call, touched);
        if (troubles.Contains(Fault.CrashAfterCommit)) await process.DieAsync(Fault.CrashAfterCommit, call);
        if (troubles.Contains(Fault.OutOfTurn) && written is not null && answer is AppendOutcome.Kept) world.HandOnOutOfTurn(process, written);
        await process.Home.PauseAsync(process.Latency());
        if (troubles.Contains(Fault.StoreAnswerLost))
        {
            world.Struck(Fault.StoreAnswerLost);
            throw new DatabaseGoneException();
        }
        return answer;
    }
}

/// <summary>The database did not answer. What was asked may have been done, or not.</summary>
sealed class DatabaseGoneException() : Exception("The database did not answer.");
