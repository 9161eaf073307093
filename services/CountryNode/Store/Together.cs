namespace Coordination.CountryNode.Store;

/// <summary>Appends that arrive together share a transaction: what comes while others are being written waits for no more than their commit.</summary>
/// <param name="writeAsync">Writes at least one, each of another dossier, in one transaction.</param>
/// <remarks>Who comes alone is written at once. Each has its own outcome: where a transaction fails, each is written by itself.</remarks>
sealed class Together(Func<IReadOnlyList<Append>, Task<IReadOnlyList<AppendOutcome>>> writeAsync)
{
    /// <summary>Transactions at once: one is written while another waits for the disk.</summary>
    const int MostAtOnce = 2;

    /// <summary>Appends in one transaction: nobody waits for a long one.</summary>
    const int MostInOne = 64;

    readonly Lock _gate = new();
    readonly List<Waiting> _waiting = [];
    int _writing;

    /// <summary>Comes back when it is committed, or was not written. Who gives up before it is taken up leaves nothing behind.</summary>
    public async Task<AppendOutcome> AddAsync(Append append, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(append, cancellationToken);
        lock (_gate)
        {
            _waiting.Add(waiting);
            // A thread of nobody's request: it goes on for others.
            if (_writing < MostAtOnce && ThreadPool.UnsafeQueueUserWorkItem(static self => _ = self.WriteAllAsync(), this, preferLocal: false)) _writing++;
        }
        return await waiting.Outcome.Task.WaitAsync(cancellationToken);
    }

    async Task WriteAllAsync()
    {
        while (Take() is { Count: > 0 } taken) await WriteAsync(taken);
    }

    /// <summary>Those that waited longest, one of each dossier: two of one cannot both be right.</summary>
    List<Waiting> Take()
    {
        lock (_gate)
        {
            _waiting.RemoveAll(waiting => waiting.GivenUp.IsCancellationRequested);
            List<Waiting> taken = [.. _waiting.DistinctBy(waiting => waiting.Append.Entry.Entry.Dossier).Take(MostInOne)];
            if (taken.Count == 0) _writing--;
            else if (taken.Count == _waiting.Count) _waiting.Clear();
            else _waiting.RemoveAll(taken.Contains);
            return taken;
        }
    }

    async Task WriteAsync(IReadOnlyList<Waiting> taken)
    {
        try
        {
            var outcomes = await writeAsync([.. taken.Select(waiting => waiting.Append)]);
            foreach (var (waiting, outcome) in taken.Zip(outcomes)) waiting.Outcome.SetResult(outcome);
        }
        catch (Exception fault) when (taken.Count == 1 || Outage.IsOne(fault))
        {
            foreach (var waiting in taken) waiting.Outcome.SetException(fault);
        }
        catch (Exception)
        {
            // One must not keep the others out: each by itself.
            foreach (var waiting in taken) await WriteAsync([waiting]);
        }
    }

    sealed class Waiting(Append append, CancellationToken givenUp)
    {
        public Append Append { get; } = append;

        public CancellationToken GivenUp { get; } = givenUp;

        public TaskCompletionSource<AppendOutcome> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
