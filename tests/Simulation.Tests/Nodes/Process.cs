using System.Collections.Immutable;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Exchange;
using Coordination.CountryNode.Peers;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Trust;
using Microsoft.Extensions.Logging;

namespace Coordination.Simulation.Tests;

/// <summary>One run of a node's program, from its start to its end: the real classes, and all that is gone after a crash.</summary>
sealed class Process
{
    /// <summary>Between two looks for gaps and for when to compare. The node's roads look every second; the rest would be idle steps.</summary>
    static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    /// <summary>Between two tries, as the node's roads have it.</summary>
    static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    readonly World _world;
    readonly HashSet<Action> _callers = [];

    Process(World world, Node node)
    {
        _world = world;
        Node = node;
        Home = new Home(world.Agenda);
        Trust = Region.TrustOf(node.Id);
        Store = new SimulatedStore(world, this);
        var time = node.Clock.For(Home);
        var peers = new SimulatedPeers(world, this);
        Bell = new Bell(time);
        Overviews = new Overviews(node.Pen, Region.Directory);
        Door = new Door(Store, peers, node.Safe, Overviews, Bell, Trust, node.Pen, time, new Listening<Door>(world, node));
        HandOvers = new HandOvers(Store, Store, Trust, node.Pen, time, new Listening<HandOvers>(world, node));
        Shelf = new Shelf(Store, node.Safe, HandOvers, Trust, node.Pen, time);
        Relay = new Relay(Store, peers, node.Safe, HandOvers, Trust, time, new Listening<Relay>(world, node));
        Gaps = new Gaps(Store, peers, Door, Trust, node.Pen, time, new Listening<Gaps>(world, node));
        Reconciliation = new Reconciliation(Store, peers, Door, HandOvers, Bell, node.Pen, time, new Listening<Reconciliation>(world, node));
        Deadlines = new Deadlines(Store, Overviews, Region.Directory, Trust, node.Pen, time, new Listening<Deadlines>(world, node));
        Desk = new ReferralDesk(Store, node.Safe, Overviews, Region.Directory, node.Pen, Trust, HandOvers, Bell, time);
    }

    public Node Node { get; }

    public Home Home { get; }

    public TrustInForce Trust { get; }

    public SimulatedStore Store { get; }

    public Bell Bell { get; }

    public Door Door { get; }

    public HandOvers HandOvers { get; }

    public Shelf Shelf { get; }

    public Relay Relay { get; }

    public Gaps Gaps { get; }

    public Reconciliation Reconciliation { get; }

    public Overviews Overviews { get; }

    public Deadlines Deadlines { get; }

    public ReferralDesk Desk { get; }

    /// <summary>It has started, and listens.</summary>
    public bool IsUp { get; private set; }

    public static Process Start(World world, Node node)
    {
        var process = new Process(world, node);
        process.Begin(process.StartAsync);
        return process;
    }

    async Task StartAsync()
    {
        while (!IsUp)
        {
            try
            {
                await HandOvers.CheckAsync(CancellationToken.None);
                IsUp = true;
            }
            catch (DatabaseGoneException)
            {
                // Whoever starts nodes starts it again.
                await Home.PauseAsync(FirstPause);
            }
        }
        Begin(() => KeepGoingAsync(null, LookAtHomeAsync, () => Home.PauseAsync(Look)));
        Begin(() => KeepGoingAsync(null, TellAllAsync, () => Home.PauseAsync(Look)));
        foreach (var peer in Node.Others)
        {
            Begin(() => KeepGoingAsync(peer, () => CarryAllAsync(peer), () => Bell.WaitAsync(peer, CancellationToken.None)));
            Begin(() => KeepGoingAsync(peer, () => Gaps.FillAsync(peer, CancellationToken.None), () => Home.PauseAsync(Look)));
            Begin(() => KeepGoingAsync(peer, () => Reconciliation.RunWhenDueAsync(peer, CancellationToken.None), () => Home.PauseAsync(Look)));
        }
    }

    public TimeSpan Latency() => Node.Latency();

    /// <summary>The process is killed here: nothing after this line is ever done.</summary>
    public Task DieAsync(Fault fault, string call)
    {
        _world.Struck(fault, call);
        Kill();
        return new TaskCompletionSource().Task;
    }

    public void Kill()
    {
        Home.Leave();
        Node.Killed(this);
        // The kernel closes what was open, and callers hear of it.
        foreach (var hears in _callers) _world.Agenda.In(Latency(), _world.Outside, _ => hears(), null);
    }

    /// <summary>Does something in this process for a caller outside it.</summary>
    /// <exception cref="ConnectionLostException">The process died of something else meanwhile.</exception>
    public Task<T> ServeAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken hangUp)
    {
        var answer = new TaskCompletionSource<T>();
        Action lost = () => answer.TrySetException(new ConnectionLostException());
        _callers.Add(lost);
        Begin(async () =>
        {
            try
            {
                answer.TrySetResult(await work(hangUp));
            }
            catch (Exception fault)
            {
                if (!IsToBeExpected(fault)) _world.Fail($"{Node.Id} failed at a call: {fault}");
                answer.TrySetException(fault);
            }
            _callers.Remove(lost);
        });
        return answer.Task;
    }

    /// <summary>The door, as a peer meets it.</summary>
    public async Task<Delivered> AdmitAsync(NodeId peer, ImmutableArray<Offered> offered, ulong handOver, CancellationToken cancellationToken)
    {
        var delivered = await Door.AdmitAsync(peer, offered, handOver, cancellationToken);
        _world.Oracle.ReceiptsLeave(Node, delivered.Receipts);
        return delivered;
    }

    /// <summary>The shelf, as a peer meets it.</summary>
    public async Task<ImmutableArray<Offered>> FetchAsync(NodeId peer, DossierId id, IReadOnlyCollection<EntryHash> theirs, CancellationToken cancellationToken)
    {
        var missing = await Shelf.FetchAsync(peer, id, theirs.ToHashSet(), cancellationToken) ?? [];
        _world.Oracle.EntriesLeave(Node, peer, missing);
        return [.. missing.Select(SimulatedPeers.Offer)];
    }

    /// <summary>The shelf, as a peer pulls a case file from it.</summary>
    public async Task<string?> PullCaseFileAsync(NodeId peer, DossierId id, EntryHash release, CancellationToken cancellationToken)
    {
        var (compact, _) = await Shelf.PullAsync(peer, id, release, cancellationToken);
        if (compact is not null) _world.Oracle.CaseFileLeaves(Node, peer, id, release, compact);
        return compact;
    }

    async Task LookAtHomeAsync()
    {
        await Desk.SignPendingAsync(CancellationToken.None);
        await Gaps.SayLastingAsync(CancellationToken.None);
    }

    async Task TellAllAsync()
    {
        while (await Deadlines.RunAsync(CancellationToken.None)) { }
    }

    async Task CarryAllAsync(NodeId peer)
    {
        while (await Relay.CarryAsync(peer, CancellationToken.None)) { }
    }

    async Task KeepGoingAsync(NodeId? peer, Func<Task> work, Func<Task> rest)
    {
        var pause = FirstPause;
        while (true)
        {
            try
            {
                await work();
                pause = FirstPause;
                await rest();
            }
            catch (Exception fault)
            {
                if (!IsToBeExpected(fault)) _world.Fail($"A road of {Node.Id} failed: {fault}");
                if (fault is PeerUnavailableException away && peer is { } lost) Reconciliation.Lost(lost, away.Message);
                await Home.PauseAsync(pause);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    void Begin(Func<Task> work) => Home.Begin(TimeSpan.Zero, work);

    static bool IsToBeExpected(Exception fault) => fault is PeerUnavailableException or DatabaseGoneException or OperationCanceledException;

    /// <summary>What the program logs as an error has to have one of the faults for its cause.</summary>
    public sealed class Listening<T>(World world, Node node) : ILogger<T>
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel) && !(exception is not null && IsToBeExpected(exception))) world.Fail($"{node.Id} logs: {formatter(state, exception)} {exception}");
        }
    }
}

/// <summary>The process that was asked died; what was asked may have been done, or not.</summary>
sealed class ConnectionLostException() : Exception("The connection was lost.");
