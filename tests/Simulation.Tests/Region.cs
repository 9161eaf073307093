using System.Collections.Concurrent;
using System.Text.Json;
using Coordination.CountryNode.Offices;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Sealing;
using Coordination.Hosting.Trust;
using Coordination.Local;
using Microsoft.Extensions.Logging.Abstractions;

namespace Coordination.Simulation.Tests;

/// <summary>The countries of all simulations, with real keys under a real trust list, made once for all.</summary>
/// <remarks>Keys and signatures differ from process to process. Nothing of a schedule hangs on them: no entry's bytes hold a key.</remarks>
static class Region
{
    /// <summary>In memory where there is a place for that: a dossier's key is flushed to the disk each time.</summary>
    static readonly string Folder = Path.Combine(System.IO.Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"coordination-simulation-{Environment.ProcessId}");
    static readonly Lazy<ConcurrentDictionary<NodeId, (Pen Pen, TrustInForce Trust, KeyRing Ring)>> Keys = new(Make);
    static readonly Lazy<OfficeDirectory> Offices = new(MakeDirectory);
    static int _worlds;

    public static IReadOnlyList<NodeId> Countries { get; } = [NodeId.Parse("TH"), NodeId.Parse("LA"), NodeId.Parse("KH"), NodeId.Parse("MM")];

    /// <summary>Without a node: only a referral on paper reaches them.</summary>
    public static IReadOnlyList<NodeId> OnPaper { get; } = [NodeId.Parse("VN"), NodeId.Parse("CN")];

    /// <summary>Everybody's: an office on duty in each country, and one that supervises those that write.</summary>
    public static OfficeDirectory Directory => Offices.Value;

    public static Pen PenOf(NodeId node) => Keys.Value[node].Pen;

    public static TrustInForce TrustOf(NodeId node) => Keys.Value[node].Trust;

    public static KeyRing RingOf(NodeId node) => Keys.Value[node].Ring;

    /// <summary>A folder of one simulation's own; whoever asks deletes it.</summary>
    public static string NewFolder() => Path.Combine(Folder, $"world-{Interlocked.Increment(ref _worlds)}");

    /// <summary>A list of erasures that has begun; where nothing outlives the program, nothing is flushed.</summary>
    public static ErasureList ErasuresIn(string folder, NodeId node)
    {
        var erasures = System.IO.Directory.CreateDirectory(Path.Combine(folder, $"{node}-erasures")).FullName;
        File.WriteAllBytes(Path.Combine(erasures, "list"), []);
        return new ErasureList(erasures);
    }

    static ConcurrentDictionary<NodeId, (Pen, TrustInForce, KeyRing)> Make()
    {
        AppDomain.CurrentDomain.ProcessExit += (_, _) => System.IO.Directory.Delete(Folder, recursive: true);
        using var authority = DevelopmentAuthority.Create([.. Countries.Select(node => node.ToString())], new Midday());
        var list = authority.Sign(authority.NewList(node => $"https://{node.ToLowerInvariant()}.example:7001"));
        var keys = new ConcurrentDictionary<NodeId, (Pen, TrustInForce, KeyRing)>();
        foreach (var node in Countries)
        {
            var folder = new KeyFolder(Path.Combine(Folder, node.ToString()));
            folder.WriteAll(authority, node.ToString(), list);
            keys[node] = (Pen.Of(node, folder), new TrustInForce(folder, NullLogger<TrustInForce>.Instance), KeyRing.Of(node, folder));
        }
        return keys;
    }

    static OfficeDirectory MakeDirectory()
    {
        var file = Path.Combine(System.IO.Directory.CreateDirectory(Folder).FullName, "directory.json");
        File.WriteAllText(file, JsonSerializer.Serialize(new
        {
            supervising = new[] { Officers.FocalPoint, Officers.CaseWorker }.ToDictionary(office => office.ToString(), _ => "administrator@simulated"),
            duty = Countries.Concat(OnPaper).ToDictionary(country => country.ToString(), _ => "focal-point@duty"),
        }));
        return OfficeDirectory.Read(file).Directory ?? throw new InvalidDataException("The simulation's directory of offices has a fault.");
    }

    sealed class Midday : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Clock.Start;
    }
}
