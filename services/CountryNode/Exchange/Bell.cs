using System.Collections.Concurrent;
using Coordination.Domain.Dossiers;

namespace Coordination.CountryNode.Exchange;

/// <summary>Rung after a commit, so that a relay in the same process need not wait for its next look.</summary>
public sealed class Bell(TimeProvider time)
{
    /// <summary>Between two looks when nobody rings: what another replica committed is found then.</summary>
    static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    readonly ConcurrentDictionary<NodeId, SemaphoreSlim> bells = [];

    public void Ring(NodeId peer)
    {
        var bell = Of(peer);
        // Two rings before anybody listens are one; a race between the two lines rings once too often, which harms nobody.
        if (bell.CurrentCount == 0) bell.Release();
    }

    /// <summary>Until somebody rings, or a second has passed.</summary>
    public async Task WaitAsync(NodeId peer, CancellationToken cancellation)
    {
        using var until = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var rung = Of(peer).WaitAsync(until.Token);
        await Task.WhenAny(rung, Task.Delay(Look, time, until.Token));
        await until.CancelAsync();
        await rung.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
    }

    SemaphoreSlim Of(NodeId peer) => bells.GetOrAdd(peer, _ => new SemaphoreSlim(0));
}
