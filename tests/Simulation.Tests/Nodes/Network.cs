using Coordination.CountryNode.Peers;
using Coordination.Domain.Dossiers;

namespace Coordination.Simulation.Tests;

/// <summary>The roads between nodes. What is planned for a call happens to it; else it takes some milliseconds.</summary>
sealed class Network(World world)
{
    /// <summary>Who is held back to be overtaken, and is not, goes on after that.</summary>
    static readonly TimeSpan HeldBackFor = TimeSpan.FromSeconds(20);

    readonly Dictionary<(NodeId, NodeId), int> _cuts = [];
    readonly Dictionary<(NodeId From, NodeId To), TimeSpan> _slow = [];
    readonly Dictionary<(NodeId From, NodeId To, string Call), int> _calls = [];
    readonly Dictionary<(NodeId From, NodeId To), List<Func<Task>>> _heldBack = [];
    readonly Chance _chance = Chance.For(world.Schedule.Seed, "network");

    public void Cut(NodeId one, NodeId other, int by)
    {
        _cuts[(one, other)] = _cuts.GetValueOrDefault((one, other)) + by;
        _cuts[(other, one)] = _cuts[(one, other)];
    }

    /// <summary>Whatever is sent from now on arrives so much later.</summary>
    public void Slow(NodeId from, NodeId to, TimeSpan by) => _slow[(from, to)] = by;

    /// <summary>A call of one process to whichever process of a peer takes it.</summary>
    /// <exception cref="PeerUnavailableException">No answer came.</exception>
    public async Task<T> CallAsync<T>(Process from, NodeId to, string call, Func<Process, CancellationToken, Task<T>> serve)
    {
        var road = (From: from.Node.Id, To: to);
        var nth = _calls[(road.From, to, call)] = _calls.GetValueOrDefault((road.From, to, call)) + 1;
        var troubles = world.TroublesOn(road.From, to, call, nth);
        var answer = new TaskCompletionSource<T>();
        var hangUp = new CancellationTokenSource();
        world.Agenda.In(Calls.Deadline, world.Outside, _ =>
        {
            if (answer.TrySetException(new PeerUnavailableException(to, "did not answer in time."))) hangUp.Cancel();
        }, null);

        if (Find(Fault.RequestLost) is not null) world.Struck(Fault.RequestLost);
        else if (Find(Fault.Overtaken) is not null) HoldBack(road, ArriveAsync);
        else Send(Find(Fault.Delayed));
        if (Find(Fault.Duplicated) is { } twice) Send(twice);
        return await answer.Task;

        Planned.OnRoad? Find(Fault fault) => troubles.FirstOrDefault(trouble => trouble.Fault == fault);

        void Send(Planned.OnRoad? trouble)
        {
            var late = world.IsHealing ? TimeSpan.Zero : _slow.GetValueOrDefault(road);
            if (trouble is not null || late > TimeSpan.Zero) world.Struck(trouble?.Fault ?? Fault.Delayed);
            world.Outside.Begin(Latency() + late + (trouble?.By ?? TimeSpan.Zero), ArriveAsync);
        }

        async Task ArriveAsync()
        {
            // Whoever was to be overtaken has been, and follows.
            if (_heldBack.Remove(road, out var overtaken))
            {
                foreach (var late in overtaken)
                {
                    world.Struck(Fault.Overtaken);
                    world.Outside.Begin(Latency(), late);
                }
                overtaken.Clear();
            }
            if (IsCut(road))
            {
                world.Struck(Fault.Partition);
                // Some networks say at once that nobody is there, others say nothing.
                if (nth % 2 == 0) Reply(() => answer.TrySetException(new PeerUnavailableException(to, "cannot be reached.")));
                return;
            }
            if (world[to].AnyProcess(_chance) is not { } process)
            {
                Reply(() => answer.TrySetException(new PeerUnavailableException(to, "refuses connections.")));
                return;
            }
            T served;
            try
            {
                served = await process.ServeAsync(stop => serve(process, stop), hangUp.Token);
            }
            catch (Exception failed)
            {
                Reply(() => answer.TrySetException(new PeerUnavailableException(to, "failed.", failed)));
                return;
            }
            if (Find(Fault.AnswerLost) is not null) world.Struck(Fault.AnswerLost);
            else if (IsCut(road)) world.Struck(Fault.Partition);
            else Reply(() => answer.TrySetResult(served));
        }
    }

    void HoldBack((NodeId, NodeId) road, Func<Task> arrive)
    {
        if (!_heldBack.TryGetValue(road, out var list)) _heldBack[road] = list = [];
        list.Add(arrive);
        world.Outside.Begin(HeldBackFor, async () =>
        {
            if (!list.Remove(arrive)) return;
            if (list.Count == 0) _heldBack.Remove(road);
            await arrive();
        });
    }

    void Reply(Action reply) => world.Agenda.In(Latency(), world.Outside, _ => reply(), null);

    bool IsCut((NodeId, NodeId) road) => !world.IsHealing && _cuts.GetValueOrDefault(road) > 0;

    TimeSpan Latency() => _chance.Between(0.0005, 0.04);
}
