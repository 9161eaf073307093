using System.Collections.Concurrent;
using Coordination.Contracts.Dossier.V1;
using Coordination.CountryNode.Peers;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Evidence;
using Coordination.Hosting.Trust;

namespace Coordination.CountryNode.Exchange;

/// <summary>Has each peer countersign this node's access log once a day: digests of rows travel, and nothing of the rows.</summary>
public sealed partial class LogWitnessRoad(AccessLog log, LogWitnesses witnesses, GrpcPeers peers, TrustInForce trust, Pen pen, TimeProvider time, ILogger<LogWitnessRoad> logger)
{
    /// <summary>Between two countersignatures of one peer.</summary>
    public static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>Rows in one call.</summary>
    public const int MostDigests = 2000;

    readonly ConcurrentDictionary<NodeId, DateTimeOffset> _next = [];

    /// <summary>Has a peer countersign what is new, if a day has passed since it did last.</summary>
    /// <exception cref="PeerUnavailableException">The peer gave no answer that counts; try again.</exception>
    public async Task RunWhenDueAsync(NodeId peer, CancellationToken cancellationToken)
    {
        if (!_next.TryGetValue(peer, out var due)) due = await witnesses.LastByAsync(peer, cancellationToken) is { } last ? last + Day : DateTimeOffset.MinValue;
        if (due <= time.GetUtcNow())
        {
            await RunAsync(peer, cancellationToken);
            due = time.GetUtcNow() + Day;
        }
        _next[peer] = due;
    }

    async Task RunAsync(NodeId peer, CancellationToken cancellationToken)
    {
        var (number, head) = (0UL, Array.Empty<byte>());
        // The peer says how far it came: an answer may have been lost.
        if (await peers.GetLogWitnessAsync(peer, cancellationToken) is { } before)
        {
            var known = await KeepAsync(peer, before, cancellationToken);
            (number, head) = (known.Number, known.Head.ToByteArray());
            if (await log.HeadAsync(number, cancellationToken) is var own && !own.AsSpan().SequenceEqual(head))
            {
                LogDoesNotFit(logger, peer.ToString(), number);
                // The peer hears of it too: it refuses, and says so at home.
                if (await log.DigestsAsync(own.Length > 0 ? number - 1 : 0, MostDigests, cancellationToken) is { Count: > 0 } rest) await peers.WitnessAccessLogAsync(peer, number, own, rest, cancellationToken);
                return;
            }
        }
        while (await log.DigestsAsync(number, MostDigests, cancellationToken) is { Count: > 0 } digests)
        {
            if (await peers.WitnessAccessLogAsync(peer, number, head, digests, cancellationToken) is not { } signed)
            {
                LogDoesNotFit(logger, peer.ToString(), number);
                return;
            }
            var witness = await KeepAsync(peer, signed, cancellationToken);
            (number, head) = (number + (ulong)digests.Count, digests.Aggregate(head, (before, digest) => AccessChain.HeadOf(before, digest)));
            if (witness.Number != number || !witness.Head.Span.SequenceEqual(head)) throw new PeerUnavailableException(peer, "countersigned something else than it was sent.");
        }
    }

    async Task<LogWitness> KeepAsync(NodeId peer, SignedLogWitness signed, CancellationToken cancellationToken)
    {
        if (AccessChain.Read(signed, trust.Current) is not { } witness || witness.Witness != peer.ToString() || witness.Node != pen.Node.ToString())
            throw new PeerUnavailableException(peer, "countersigned the access log in a way that does not count.");
        await witnesses.KeepAsync(witness, signed, cancellationToken);
        return witness;
    }

    [LoggerMessage(EventId = 350, Level = LogLevel.Error, Message = "The access log does not extend what {Peer} countersigned up to row {Number}: it was written anew, or the database was set back. An auditor has to look: coord audit export, coord audit verify.")]
    static partial void LogDoesNotFit(ILogger logger, string peer, ulong number);
}
