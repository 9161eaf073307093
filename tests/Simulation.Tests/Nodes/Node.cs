using Coordination.CountryNode.Exchange;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Sealing;
using Coordination.Hosting.Trust;

namespace Coordination.Simulation.Tests;

/// <summary>One country's installation: what outlives its processes.</summary>
sealed class Node
{
    readonly World _world;
    readonly Process?[] _processes;
    readonly Dictionary<string, int> _calls = [];
    readonly Chance _chance;

    public Node(World world, NodeId id, int replicas)
    {
        _world = world;
        Id = id;
        Clock = new Clock(world.Agenda);
        Database = new Database(id);
        _chance = Chance.For(world.Schedule.Seed, $"node {id}");
        var nonces = Chance.For(world.Schedule.Seed, $"nonces {id}");
        Pen = Region.PenOf(id) with { Random = nonces.Fill };
        Safe = new Safe(
            new DossierKeys(new KeyFolder(Path.Combine(world.Folder, id.ToString())), Region.ErasuresIn(world.Folder, id)), Region.RingOf(id), Region.TrustOf(id), Pen, Clock.For(world.Outside),
            new Process.Listening<Safe>(world, this));
        _processes = new Process?[replicas];
    }

    public NodeId Id { get; }

    public Clock Clock { get; }

    public Database Database { get; private set; }

    /// <summary>In the key folder, which no backup of the database holds.</summary>
    public long? HandOverMark { get; set; }

    public Pen Pen { get; }

    /// <summary>Of all processes: it keeps nothing but the files of the key folder.</summary>
    public Safe Safe { get; }

    public IEnumerable<NodeId> Others => _world.Schedule.Countries.Where(country => country != Id);

    public void Start()
    {
        for (var place = 0; place < _processes.Length; place++) _processes[place] = Process.Start(_world, this);
    }

    /// <summary>A backup is put back: every process ends, and the next ones find what stood there then.</summary>
    /// <returns>What the database held until now.</returns>
    public Database PutBack(Database backup)
    {
        foreach (var process in _processes.OfType<Process>().ToList()) process.Kill();
        var lost = Database;
        Database = backup;
        return lost;
    }

    /// <summary>Whichever process a caller comes to; null when none runs.</summary>
    public Process? AnyProcess(Chance chance)
    {
        var up = _processes.OfType<Process>().Where(process => process.IsUp).ToList();
        return up.Count == 0 ? null : chance.Of(up);
    }

    /// <summary>The process is gone at once; another takes its place after a while.</summary>
    public void Killed(Process process)
    {
        var place = Array.IndexOf(_processes, process);
        _processes[place] = null;
        _world.Agenda.In(_chance.Between(0.01, _chance.Of([0.1, 2, 15])), _world.Outside, _ => _processes[place] = Process.Start(_world, this), null);
    }

    /// <summary>How often this node has made a call of one kind, with this one.</summary>
    public int Count(string call) => _calls[call] = _calls.GetValueOrDefault(call) + 1;

    /// <summary>What a database on a busy disk takes.</summary>
    public TimeSpan Latency() => _chance.Between(0.0001, 0.004);
}
