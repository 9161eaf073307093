using System.Collections.Immutable;
using System.Diagnostics;

namespace Coordination.Domain.Dossiers;

/// <summary>The fold of all entries of one dossier that a node holds.</summary>
/// <remarks>
/// Pure: any two nodes that hold the same set under the same trust list compute the same, whatever the order and the
/// road by which the entries came. When an entry arrives late, fold again from the start: a dossier has tens of entries.
/// </remarks>
public sealed class Dossier<TState> where TState : class, IProtocol<TState>
{
    readonly ImmutableHashSet<EntryHash> _offChain;

    Dossier(
        DossierId id, TState? state, ImmutableArray<Judged> entries, ImmutableArray<Entry> waiting, IEnumerable<Entry> withdrawals, bool upgradeNeeded,
        IEnumerable<Entry> offChain) =>
        (Id, State, Entries, Waiting, Withdrawals, UpgradeNeeded, _offChain) = (id, state, entries, waiting, [.. withdrawals], upgradeNeeded, [.. offChain.Select(entry => entry.Hash)]);

    public DossierId Id { get; }

    /// <summary>Null while the opening is missing, void, or only a newer program understands it.</summary>
    public TState? State { get; }

    /// <summary>Every entry whose past is complete, in the order in which it counts.</summary>
    public ImmutableArray<Judged> Entries { get; }

    /// <summary>Entries that descend from something that is not held. They are not folded.</summary>
    public ImmutableArray<Entry> Waiting { get; }

    /// <summary>The fold stopped at something that only a newer program understands.</summary>
    public bool UpgradeNeeded { get; }

    /// <summary>Null while the opening is not held.</summary>
    public Entry? OpeningEntry => Entries.IsEmpty ? null : Entries[0].Entry;

    /// <summary>Every withdrawal held that is not void by a fault of its own: release stops before the fold sees it.</summary>
    /// <remarks>Also those that wait behind a gap, that stand behind an upgrade stop, or whose opening became void.</remarks>
    public ImmutableArray<Entry> Withdrawals { get; }

    /// <summary>The last entry of each writer's chain whose past is complete, by author.</summary>
    /// <remarks>Never one beyond revocation or off its chain: either may bear a higher number than the chain's end, and would hide it.</remarks>
    public ImmutableArray<Head> Heads
    {
        get
        {
            var writers = OpeningEntry?.Opening?.Writers ?? [];
            return [.. Entries
                .Where(judged => writers.Contains(judged.Entry.Author) && judged.Verdict is not Verdict.Void { Reason.Code: ReasonCode.KeyRevoked }
                    && !_offChain.Contains(judged.Entry.Hash))
                .GroupBy(judged => judged.Entry.Author)
                .Select(chain => chain.Select(judged => judged.Entry).OrderByDescending(entry => entry.Seq).ThenBy(entry => entry.Hash).First())
                .OrderBy(last => last.Author)
                .Select(last => new Head(last.Author, last.Seq, last.Hash))];
        }
    }

    /// <summary>Folds a set of entries whose signatures were verified.</summary>
    /// <param name="id">The dossier. Entries of another are a fault.</param>
    /// <param name="held">In any order; each once.</param>
    /// <param name="beyondRevocation">Those that a revoked key signed beyond the heads that stand.</param>
    public static Dossier<TState> Fold(DossierId id, IReadOnlyCollection<Entry> held, IReadOnlySet<EntryHash> beyondRevocation)
    {
        if (held.FirstOrDefault(entry => entry.Dossier != id) is { } stray)
            throw new ArgumentException($"Entry {stray.Hash} belongs to another dossier.", nameof(held));

        var opening = held.FirstOrDefault(entry => entry.Hash == id.Opening);
        if (opening?.Opening is null)
        {
            ImmutableArray<Entry> all = [.. held.OrderBy(entry => entry.Hash)];
            return new(id, null, [], all, all.Where(entry => TState.IsWithdrawal(entry.Body) && !beyondRevocation.Contains(entry.Hash)), upgradeNeeded: false, []);
        }

        var (ordered, waiting) = Descent.Order(opening, held, body => TState.Rank(body), TState.Precedence(opening));
        var form = new Form(opening, held, beyondRevocation);
        var corrections = new Corrections(ordered.Where(entry => form.Fault(entry, evenIfForked: false) is null), body => TState.IsWithdrawal(body));
        var judged = ImmutableArray.CreateBuilder<Judged>(ordered.Length);
        TState? state = null;
        var stopped = false;

        foreach (var entry in ordered)
        {
            var verdict = Judge(entry);
            judged.Add(new Judged(entry, verdict));
        }
        var withdrawals = judged
            .Where(folded => folded.Verdict is not Verdict.Void { Reason.Code: not ReasonCode.OpeningVoid })
            .Select(folded => folded.Entry)
            .Concat(waiting.Where(entry => form.AuthorFault(entry) is null))
            .Where(entry => TState.IsWithdrawal(entry.Body));
        return new(id, state, judged.ToImmutable(), waiting, withdrawals, stopped, ordered.Where(form.IsOffItsChain));

        Verdict Judge(Entry entry)
        {
            var withdrawal = TState.IsWithdrawal(entry.Body);
            if (form.Fault(entry, evenIfForked: withdrawal) is { } fault) return new Verdict.Void(fault);
            if (entry.Body is NotUnderstood) stopped = true;
            if (stopped && (state is null || !withdrawal)) return new Verdict.UpgradeNeeded();
            if (corrections.Fault(entry) is { } nothing) return new Verdict.Void(nothing);

            if (corrections.Retracts(entry)) return new Verdict.Void(new(ReasonCode.Retracted, "Its author took it back."));

            switch (Ask(state, corrections.Apply(entry), isOpening: entry.Hash == opening.Hash))
            {
                case Applied<TState> applied:
                    state = applied.State;
                    return new Verdict.Applied();
                case Recorded<TState> recorded:
                    state = recorded.State;
                    return new Verdict.Recorded(recorded.Reason);
                case Voided<TState> refused:
                    state = state?.Missed(entry);
                    return new Verdict.Void(refused.Reason);
                default:
                    throw new UnreachableException();
            }
        }
    }

    /// <summary>What the fold made of one entry; null while it waits, or when it is not held.</summary>
    public Verdict? VerdictOn(EntryHash entry) => Entries.FirstOrDefault(judged => judged.Entry.Hash == entry)?.Verdict;

    /// <summary>The entry by which <paramref name="author"/> would say it now, but for its hash: the next of its chain, having seen every other.</summary>
    /// <exception cref="InvalidOperationException">The opening is not held: there is nothing to write to.</exception>
    public Entry Draft(NodeId author, Statement statement, DateTimeOffset now)
    {
        if (OpeningEntry is null) throw new InvalidOperationException($"The opening of {Id} is not held.");
        var heads = Heads;
        var own = End(author, heads.FirstOrDefault(head => head.Author == author));
        return new Entry(
            Hash: default, Id, author, own.Seq + 1, Previous: own.Seq > 0 ? own.Hash : null,
            Seen: heads.RemoveAll(head => head.Author == author), statement.Answers,
            now, statement.HappenedOn, statement.Channel, statement.Office, statement.OnBehalfOf, statement.Letter, Particulars: [], Opening: null, statement.Body);
    }

    /// <summary>Where an author writes on: after its head and all that a revoked key wrote on from there, so that no number is used twice.</summary>
    Head End(NodeId author, Head head)
    {
        var end = head;
        var reached = new HashSet<EntryHash> { head.Hash };
        foreach (var entry in Entries.Select(judged => judged.Entry).Where(entry => entry.By(author) && entry.Seq > head.Seq))
        {
            var continues = entry.Previous is { } previous ? reached.Contains(previous) : head.Seq == 0;
            if (continues && !_offChain.Contains(entry.Hash) && reached.Add(entry.Hash) && entry.Seq > end.Seq) end = new Head(author, entry.Seq, entry.Hash);
        }
        return end;
    }

    static Outcome<TState> Ask(TState? state, Entry entry, bool isOpening) => (entry.Body, state) switch
    {
        (Misshapen misshapen, _) => Void.Because(ReasonCode.WrongForm, misshapen.Why),
        _ when isOpening => TState.Open(entry),
        (_, null) => Void.Because(ReasonCode.OpeningVoid, "The opening of this dossier is void, so nothing can follow it."),
        (_, { } open) => open.Next(entry),
    };
}
