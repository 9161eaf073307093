namespace Coordination.Simulation.Tests;

/// <summary>Everything that is to happen, by virtual time; what falls on one instant happens in a seeded order.</summary>
/// <remarks>The one thread of a simulation: whatever any node does is an item here, also what follows an await.</remarks>
sealed class Agenda(Chance chance)
{
    readonly int _thread = Environment.CurrentManagedThreadId;
    readonly PriorityQueue<Item, (TimeSpan At, ulong Tie)> _items = new();

    /// <summary>Since the simulation began.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>How many items were done.</summary>
    public int Done { get; private set; }

    /// <summary>Something continued on a thread that is not the simulation's: no run could be repeated any more.</summary>
    public bool LeftTheThread { get; private set; }

    public void In(TimeSpan delay, Home home, SendOrPostCallback what, object? about)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            LeftTheThread = true;
            return;
        }
        _items.Enqueue(new Item(home, what, about), (Now + delay, chance.Next()));
    }

    /// <summary>Does the next item, unless nothing is left or it lies beyond the limit.</summary>
    public bool DoNext(TimeSpan limit)
    {
        if (!_items.TryPeek(out _, out var first) || first.At > limit) return false;
        _items.TryDequeue(out var item, out var place);
        Now = place.At;
        Done++;
        item.Home.Do(item.What, item.About);
        return true;
    }

    readonly record struct Item(Home Home, SendOrPostCallback What, object? About);
}

/// <summary>Where a program's continuations come back to. When the program is killed, they no longer come.</summary>
/// <remarks>That is what a power cut is: nothing is caught, nothing is cleaned up, the next line is never reached.</remarks>
sealed class Home(Agenda agenda) : SynchronizationContext
{
    public bool IsGone { get; private set; }

    public void Leave() => IsGone = true;

    public void Do(SendOrPostCallback what, object? about)
    {
        if (IsGone) return;
        var before = Current;
        SetSynchronizationContext(this);
        try { what(about); }
        finally { SetSynchronizationContext(before); }
    }

    public override void Post(SendOrPostCallback d, object? state) => agenda.In(TimeSpan.Zero, this, d, state);

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Nothing here waits for another thread.");

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Begins something after a while. What it throws breaks the simulation: whatever may fail catches that itself.</summary>
    public void Begin(TimeSpan after, Func<Task> work)
    {
        agenda.In(after, this, static work => Run((Func<Task>)work!), work);

        static async void Run(Func<Task> work) => await work();
    }

    /// <summary>Until so much virtual time has passed.</summary>
    public Task PauseAsync(TimeSpan pause)
    {
        var over = new TaskCompletionSource();
        agenda.In(pause, this, static over => ((TaskCompletionSource)over!).SetResult(), over);
        return over.Task;
    }
}
