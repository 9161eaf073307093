using System.Collections.Concurrent;
using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Peer.V1;
using Coordination.CountryNode.Peers;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Evidence;
using Coordination.Hosting.Trust;
using Google.Protobuf;

namespace Coordination.CountryNode.Exchange;

/// <summary>Has each peer countersign this node's access log once a day: digests of rows travel, and nothing of the rows.</summary>
public sealed partial class LogWitnessRoad(AccessLog log, LogWitnesses witnesses, GrpcPeers peers, TrustInForce trust, Pen pen, TimeProvider time, ILogger<LogWitnessRoad> logger)
{
    /// <summary>Between two countersignatures of one peer.</summary>
    public static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>Rows in one call.</summary>
    public const int MostDigests = 2000;

    /// <summary>After a peer gave no answer that counts: nothing else waits for this, so it is no reason to try the road to it in haste.</summary>
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(20);

    readonly ConcurrentDictionary<NodeId, DateTimeOffset> _next = [];

    /// <summary>Has a peer countersign what is new, if a day has passed since it did last, by this node's clock.</summary>
    public async Task RunWhenDueAsync(NodeId peer, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        // After a start only the peer's own clock tells: one that is ahead must not put it off for longer than a day.
        if (!_next.TryGetValue(peer, out var due)) due = await witnesses.LastByAsync(peer, cancellationToken) is { } last && last <= now ? last + Day : now;
        if (due <= now)
        {
            try
            {
                await RunAsync(peer, cancellationToken);
                due = now + Day;
            }
            catch (PeerUnavailableException unavailable)
            {
                LogPutOff(logger, unavailable.Message, Pause.TotalSeconds);
                due = now + Pause;
            }
        }
        _next[peer] = due;
    }

    /// <exception cref="PeerUnavailableException">The peer gave no answer that counts; try again.</exception>
    async Task RunAsync(NodeId peer, CancellationToken cancellationToken)
    {
        var (number, head, afterBreak) = (0UL, Array.Empty<byte>(), false);
        // The peer says how far it came: an answer may have been lost.
        if (await peers.GetLogWitnessAsync(peer, cancellationToken) is { } before)
        {
            var known = await KeepAsync(peer, before, cancellationToken);
            (number, head) = (known.Number, known.Head.ToByteArray());
            if (!await log.HasAsync(known.Number, known.Head, cancellationToken))
            {
                afterBreak = await witnesses.IsAcknowledgedAsync(known, cancellationToken);
                if (!afterBreak) LogDoesNotFit(logger, peer.ToString(), known.Number);
                // Where nobody acknowledged it the peer hears of it too: it refuses, and says so at home.
                (number, head) = await witnesses.LastThatFitsAsync(peer, cancellationToken);
            }
        }
        while (await log.RowsAsync(number, MostDigests, cancellationToken) is { Count: > 0 } rows)
        {
            if (AccessChain.FlawIn(rows, number, head) is { } flaw)
            {
                LogFlaw(logger, flaw);
                return;
            }
            var request = new WitnessAccessLogRequest { After = number, Head = ByteString.CopyFrom(head), AfterBreak = afterBreak };
            request.Digests.AddRange(rows.Select(row => ByteString.CopyFrom(AccessChain.DigestOf(row.Row.Span))));
            if (await peers.WitnessAccessLogAsync(peer, request, cancellationToken) is not { } signed) return;
            await KeepAsync(peer, signed, cancellationToken);
            (number, head, afterBreak) = (number + (ulong)rows.Count, rows[^1].Hash.ToByteArray(), false);
        }
    }

    async Task<LogWitness> KeepAsync(NodeId peer, SignedLogWitness signed, CancellationToken cancellationToken)
    {
        if (AccessChain.Read(signed, trust.Current) is not { } witness || witness.Witness != peer.ToString() || witness.Node != pen.Node.ToString())
            throw new PeerUnavailableException(peer, "countersigned the access log in a way that does not count.");
        await witnesses.KeepAsync(witness, signed, cancellationToken);
        return witness;
    }

    [LoggerMessage(EventId = 361, Level = LogLevel.Error, Message = "The access log does not extend what {Peer} countersigned up to row {Number}: it was written anew, or the database was set back. An auditor has to look: coord audit export, coord audit verify; and, if it is known why, coord audit acknowledge-break.")]
    static partial void LogDoesNotFit(ILogger logger, string peer, ulong number);

    [LoggerMessage(EventId = 362, Level = LogLevel.Error, Message = "The access log is not countersigned any further: {Flaw} An auditor has to look: coord audit export, coord audit verify.")]
    static partial void LogFlaw(ILogger logger, string flaw);

    [LoggerMessage(EventId = 363, Level = LogLevel.Warning, Message = "{Why} It is asked again in {Seconds:F0} s to countersign the access log.")]
    static partial void LogPutOff(ILogger logger, string why, double seconds);
}
