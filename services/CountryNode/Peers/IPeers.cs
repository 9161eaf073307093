using System.Collections.Immutable;
using Coordination.Contracts.Peer.V1;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Google.Protobuf;
using DossierDigest = Coordination.Domain.Dossiers.DossierDigest;
using Wire = Coordination.Contracts.Dossier.V1;

namespace Coordination.CountryNode.Peers;

/// <summary>The other nodes, as door, relay, gaps and reconciliation know them.</summary>
/// <remarks>gRPC over mutual TLS is one use of this seam, the deterministic simulation the other.</remarks>
public interface IPeers
{
    /// <summary>Hands entries over.</summary>
    /// <param name="peer">To whom.</param>
    /// <param name="entries">At least one.</param>
    /// <param name="handOver">The number of this hand-over, drawn after the entries were read.</param>
    /// <param name="cancellationToken">May have handed them over.</param>
    /// <exception cref="PeerUnavailableException">No answer that counts; try again.</exception>
    Task<Delivered> DeliverAsync(NodeId peer, IReadOnlyCollection<Outgoing> entries, long handOver, CancellationToken cancellationToken);

    /// <summary>What a peer holds of a dossier beyond what is held here; nothing when it does not know the dossier.</summary>
    /// <exception cref="PeerUnavailableException">No answer that counts; try again.</exception>
    Task<ImmutableArray<Offered>> FetchAsync(NodeId peer, DossierId dossier, IReadOnlyCollection<EntryHash> held, CancellationToken cancellationToken);

    /// <summary>A case file that a peer released to this node, sealed; null where the peer does not hand it over, or no more.</summary>
    /// <exception cref="PeerUnavailableException">No answer that counts; try again.</exception>
    Task<string?> PullCaseFileAsync(NodeId peer, DossierId dossier, EntryHash release, CancellationToken cancellationToken);

    /// <summary>The trust list that a peer goes by, as signed.</summary>
    /// <exception cref="PeerUnavailableException">No answer that counts; try again.</exception>
    Task<ReadOnlyMemory<byte>> GetTrustListAsync(NodeId peer, CancellationToken cancellationToken);

    /// <summary>What a peer holds of all dossiers that name this node: one digest for each of the <see cref="DossierDigest.Buckets"/>, in their order.</summary>
    /// <param name="peer">Who is asked.</param>
    /// <param name="since">Up to which hand-over what still arrives there is late; null for none.</param>
    /// <param name="cancellationToken">May have told it.</param>
    /// <exception cref="PeerUnavailableException">No answer that counts; try again.</exception>
    Task<ImmutableArray<SetDigest>> GetBucketsAsync(NodeId peer, long? since, CancellationToken cancellationToken);

    /// <summary>Dossiers of one bucket that a peer holds and that name this node, by id; none when there are no more.</summary>
    /// <param name="peer">Who is asked.</param>
    /// <param name="bucket">As <see cref="DossierDigest.BucketOf"/>.</param>
    /// <param name="after">Only those whose id is greater; null for the first.</param>
    /// <param name="cancellationToken">Has nothing to undo.</param>
    /// <exception cref="PeerUnavailableException">No answer that counts; try again.</exception>
    Task<ImmutableArray<DossierDigest>> ListDossiersAsync(NodeId peer, int bucket, DossierId? after, CancellationToken cancellationToken);
}

/// <summary>An entry that leaves this node.</summary>
/// <param name="Signed">The entry.</param>
/// <param name="Particulars">Sealed to whoever it is handed to; null for none.</param>
public sealed record Outgoing(SignedEntry Signed, string? Particulars);

/// <summary>An entry that somebody offers, before anything of it was checked.</summary>
/// <param name="Bytes">The entry's.</param>
/// <param name="Signature">Under it.</param>
/// <param name="KeyId">The author's key.</param>
/// <param name="Particulars">Sealed to this node; null for none.</param>
public sealed record Offered(ReadOnlyMemory<byte> Bytes, ReadOnlyMemory<byte> Signature, string KeyId, string? Particulars = null)
{
    public static ImmutableArray<Offered> From(IEnumerable<Wire.SignedEntry> entries, IEnumerable<SealedParticulars> particulars)
    {
        var byEntry = particulars.ToLookup(part => part.Entry, part => part.Jwe);
        return [.. entries.Select(wire => new Offered(
            wire.Entry.Memory, wire.Signature.Memory, wire.KeyId, byEntry[ByteString.CopyFrom(EntryHash.Of(wire.Entry.Span).ToArray())].FirstOrDefault()))];
    }
}

/// <summary>What a peer made of entries.</summary>
/// <param name="Admitted">One per entry, in their order.</param>
/// <param name="Receipts">With the peer's verified signature.</param>
public sealed record Delivered(ImmutableArray<Admitted> Admitted, ImmutableArray<SignedReceipt> Receipts);

/// <summary>What became of one entry at a door.</summary>
/// <param name="Disposition">What became of it.</param>
/// <param name="Reason">UPPER_SNAKE_CASE, at most 64 letters; empty when held.</param>
public sealed record Admitted(Disposition Disposition, string Reason)
{
    public static Admitted Held { get; } = new(Disposition.Held, "");
    public static Admitted Waiting { get; } = new(Disposition.Waiting, "PAST_MISSING");

    public static Admitted TryAgain(string reason) => new(Disposition.TryAgain, reason);

    public static Admitted Refused(string reason) => new(Disposition.Refused, reason);
}

/// <summary>What became of an entry at a door.</summary>
public enum Disposition
{
    /// <summary>Stored, and everything that it descends from too.</summary>
    Held = 1,

    /// <summary>Stored; something that it descends from is missing.</summary>
    Waiting,

    /// <summary>Not stored for a reason that passes.</summary>
    TryAgain,

    /// <summary>Refused for good.</summary>
    Refused,
}

/// <summary>A peer gave no answer that counts.</summary>
public sealed class PeerUnavailableException(NodeId peer, string why, Exception? inner = null) : Exception($"{peer} {why}", inner);
