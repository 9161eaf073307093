using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Coordination.CountryNode.Exchange;
using Coordination.CountryNode.Peers;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;

namespace Coordination.Simulation.Tests;

/// <summary>The other nodes as one process reaches them: over a network that loses, delays, repeats and reorders.</summary>
sealed class SimulatedPeers(World world, Process process) : IPeers
{
    public async Task<Delivered> DeliverAsync(NodeId peer, IReadOnlyCollection<Outgoing> entries, long handOver, CancellationToken cancellationToken)
    {
        world.Oracle.EntriesLeave(process.Node, peer, entries);
        ImmutableArray<Offered> offered = [.. entries.Select(Offer)];
        var delivered = await CallAsync(peer, (other, stop) => other.AdmitAsync(process.Node.Id, offered, (ulong)handOver, stop), cancellationToken);
        if (delivered.Admitted.Length != entries.Count) throw new PeerUnavailableException(peer, "answered for another number of entries than it was sent.");
        return delivered with
        {
            Receipts = [.. delivered.Receipts.Select(receipt => SignedReceipt.Read(receipt.ToWire(), process.Trust.Current)).OfType<SignedReceipt>().Where(receipt => receipt.Holder == peer)],
        };
    }

    public Task<ImmutableArray<Offered>> FetchAsync(NodeId peer, DossierId dossier, IReadOnlyCollection<EntryHash> held, CancellationToken cancellationToken) =>
        CallAsync(peer, (other, stop) => other.FetchAsync(process.Node.Id, dossier, held, stop), cancellationToken);

    public Task<string?> PullCaseFileAsync(NodeId peer, DossierId dossier, EntryHash release, CancellationToken cancellationToken) =>
        CallAsync(peer, (other, stop) => other.PullCaseFileAsync(process.Node.Id, dossier, release, stop), cancellationToken);

    public Task<ReadOnlyMemory<byte>> GetTrustListAsync(NodeId peer, CancellationToken cancellationToken) =>
        CallAsync(peer, (other, _) => Task.FromResult(other.Trust.Current.SignedBytes), cancellationToken);

    public Task<ImmutableArray<SetDigest>> GetBucketsAsync(NodeId peer, long? since, CancellationToken cancellationToken) =>
        CallAsync(peer, (other, stop) => other.Shelf.GetBucketsAsync(process.Node.Id, (ulong)(since ?? 0), stop), cancellationToken);

    public Task<ImmutableArray<DossierDigest>> ListDossiersAsync(NodeId peer, int bucket, DossierId? after, CancellationToken cancellationToken) =>
        CallAsync(peer, (other, stop) => other.Store.ListDossiersAsync(process.Node.Id, bucket, after, Batch.MostDossiers, stop), cancellationToken);

    /// <summary>As it arrives.</summary>
    public static Offered Offer(Outgoing entry) => new(entry.Signed.Bytes, entry.Signed.Signature, entry.Signed.KeyId, entry.Particulars);

    async Task<T> CallAsync<T>(NodeId peer, Func<Process, CancellationToken, Task<T>> serve, CancellationToken cancellationToken, [CallerMemberName] string call = "")
    {
        var troubles = world.TroublesAt(process.Node, call);
        if (troubles.Contains(Fault.CrashBeforeCall)) await process.DieAsync(Fault.CrashBeforeCall, call);
        cancellationToken.ThrowIfCancellationRequested();
        var answer = await world.Network.CallAsync(process, peer, call, serve);
        if (troubles.Contains(Fault.CrashAfterAnswer)) await process.DieAsync(Fault.CrashAfterAnswer, call);
        return answer;
    }
}
