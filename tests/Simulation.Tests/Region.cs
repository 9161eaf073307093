using System.Collections.Concurrent;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Trust;
using Coordination.Local;
using Microsoft.Extensions.Logging.Abstractions;

namespace Coordination.Simulation.Tests;

/// <summary>The countries of all simulations, with real keys under a real trust list, made once for all.</summary>
/// <remarks>Keys and signatures differ from process to process. Nothing of a schedule hangs on them: no entry's bytes hold a key.</remarks>
static class Region
{
    static readonly string Folder = Path.Combine(Path.GetTempPath(), $"coordination-simulation-{Environment.ProcessId}");
    static readonly Lazy<ConcurrentDictionary<NodeId, (Pen Pen, TrustInForce Trust)>> Keys = new(Make);

    public static IReadOnlyList<NodeId> Countries { get; } = [NodeId.Parse("TH"), NodeId.Parse("LA"), NodeId.Parse("KH"), NodeId.Parse("MM")];

    public static Pen PenOf(NodeId node) => Keys.Value[node].Pen;

    public static TrustInForce TrustOf(NodeId node) => Keys.Value[node].Trust;

    static ConcurrentDictionary<NodeId, (Pen, TrustInForce)> Make()
    {
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(Folder, recursive: true);
        using var authority = DevelopmentAuthority.Create([.. Countries.Select(node => node.ToString())], new Midday());
        var list = authority.Sign(authority.NewList(node => $"https://{node.ToLowerInvariant()}.example:7001"));
        var keys = new ConcurrentDictionary<NodeId, (Pen, TrustInForce)>();
        foreach (var node in Countries)
        {
            var folder = new KeyFolder(Path.Combine(Folder, node.ToString()));
            folder.WriteAll(authority, node.ToString(), list);
            keys[node] = (Pen.Of(node, folder), new TrustInForce(folder, NullLogger<TrustInForce>.Instance));
        }
        return keys;
    }

    sealed class Midday : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Clock.Start;
    }
}
