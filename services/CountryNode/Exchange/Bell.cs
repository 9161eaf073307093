using System.Collections.Concurrent;
using Coordination.Domain.Dossiers;

namespace Coordination.CountryNode.Exchange;

/// <summary>Rung after a commit, so that a relay in the same process, and whoever watches this node, need not wait for the next look.</summary>
/// <remarks>
/// Who waits goes on where it began to wait, and nothing here borrows a thread in between: under the simulation's one
/// thread, waiting is as much a part of the schedule as everything else.
/// </remarks>
public sealed class Bell(TimeProvider time)
{
    /// <summary>Between two looks when nobody rings: what another replica committed is found then.</summary>
    static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    readonly ConcurrentDictionary<NodeId, TaskCompletionSource> _bells = [];

    /// <summary>There is something to carry to a peer; or, under this node's own name, something new is held here.</summary>
    public void Ring(NodeId peer) => Of(peer).TrySetResult();

    /// <summary>Until somebody rings, or a second has passed.</summary>
    public async Task WaitAsync(NodeId peer, CancellationToken cancellationToken)
    {
        var bell = Of(peer);
        using (time.CreateTimer(static rung => ((TaskCompletionSource)rung!).TrySetResult(), bell, Look, Timeout.InfiniteTimeSpan))
        using (cancellationToken.UnsafeRegister(static rung => ((TaskCompletionSource)rung!).TrySetResult(), bell))
            await bell.Task;
        // Who rings until this line is heard all the same: whoever waited looks only after it.
        _bells.TryUpdate(peer, New(), bell);
        cancellationToken.ThrowIfCancellationRequested();
    }

    TaskCompletionSource Of(NodeId peer) => _bells.GetOrAdd(peer, static _ => New());

    /// <summary>Whoever rings does not do the work of whoever waits.</summary>
    static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
