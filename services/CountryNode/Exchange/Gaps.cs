using System.Collections.Immutable;
using System.Runtime.ExceptionServices;
using Coordination.CountryNode.Peers;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Trust;

namespace Coordination.CountryNode.Exchange;

/// <summary>Fetches what waiting entries descend from, and what may be read beside entries, from whoever may hold it.</summary>
public sealed partial class Gaps(IStore store, IPeers peers, Door door, TrustInForce trust, Pen pen, TimeProvider time, ILogger<Gaps> logger)
{
    /// <summary>After the first try at a dossier; doubled with every further one.</summary>
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    const int MostAtOnce = 32;

    /// <summary>After which people on both sides are shown a gap.</summary>
    public static readonly TimeSpan Lasting = TimeSpan.FromHours(1);

    /// <summary>Whom to ask for what is missing of a dossier: what its entries descend from, and what may be read beside them here.</summary>
    /// <param name="held">All that is held of it.</param>
    /// <param name="dossier">The fold of that.</param>
    /// <param name="opening">Who takes part; null while the opening is missing.</param>
    /// <param name="node">This node.</param>
    public static ImmutableArray<NodeId> AskFor(HeldDossier held, Dossier<Referral> dossier, Opening? opening, NodeId node)
    {
        var missing = dossier.Waiting.IsEmpty ? [] : opening?.Participants ?? held.Entries.Select(kept => kept.HandedOnBy).OfType<NodeId>();
        // Particulars come from their author alone: nobody else can seal them to this node. What was withdrawn, or erased there, is not asked for.
        var erasedBy = held.Entries.Where(kept => kept.Entry.Body is DataStopped { Fate: DataFate.Erased }).Select(kept => kept.Entry.Author).ToHashSet();
        var unread = held.Entries.Select(kept => kept.Entry)
            .Where(entry => entry.Author != node && entry.Particulars.Any(digest => digest.Recipient == node) && !held.Parts.Contains(entry.Hash))
            .Where(entry => !erasedBy.Contains(entry.Author) && dossier.MayLeave(entry.Body, node)).Select(entry => entry.Author);
        var unfiled = Unfiled(held, dossier, node).Select(release => release.By).Where(author => !erasedBy.Contains(author));
        return [.. missing.Concat(opening is null ? [] : unread.Concat(unfiled).Where(opening.Participants.Contains)).Where(other => other != node).Distinct()];
    }

    /// <summary>Releases to a node whose case files it has not pulled.</summary>
    static IEnumerable<CaseFileRelease> Unfiled(HeldDossier held, Dossier<Referral> dossier, NodeId node) => dossier.MayBeRead(node)
        ? (dossier.AsWithdrawn()?.Releases ?? default).Where(release => release.By != node && !release.IsTakenBack && !held.CaseFiles.Contains(release.Entry))
        : [];

    /// <summary>Says of each gap that has lasted for an hour, once, that somebody should look.</summary>
    public async Task SayLastingAsync(CancellationToken cancellationToken)
    {
        foreach (var id in await store.ClaimLastingGapsAsync(time.GetUtcNow() - Lasting, MostAtOnce, cancellationToken)) LogLasting(logger, id.Short);
    }

    /// <summary>One try at every dossier for which it is time to ask a peer.</summary>
    /// <exception cref="PeerUnavailableException">The peer gave no answer that counts.</exception>
    public async Task FillAsync(NodeId peer, CancellationToken cancellationToken)
    {
        ExceptionDispatchInfo? last = null;
        foreach (var id in await store.ClaimGapsAsync(peer, MostAtOnce, time.GetUtcNow(), Pause, LongestPause, cancellationToken))
        {
            try
            {
                await FillAsync(peer, id, cancellationToken);
                last = null;
            }
            catch (PeerUnavailableException unavailable)
            {
                // What the peer cannot say of one dossier holds up no other; one that says nothing of two is away.
                if (last is not null) throw;
                last = ExceptionDispatchInfo.Capture(unavailable);
            }
        }
        last?.Throw();
    }

    async Task FillAsync(NodeId peer, DossierId id, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(id, cancellationToken) is not { } held) return;
        var missing = await peers.FetchAsync(peer, id, held.Complete(pen.Node), cancellationToken);
        if (missing.Length > 0) await door.AdmitAsync(peer, missing, cancellationToken);
        foreach (var release in Unfiled(held, held.FoldWithPending(trust.Current), pen.Node).Where(release => release.By == peer))
            if (await peers.PullCaseFileAsync(peer, id, release.Entry, cancellationToken) is { } compact) await door.FileAsync(peer, id, release.Entry, compact, cancellationToken);
    }

    [LoggerMessage(EventId = 330, Level = LogLevel.Warning, Message = "Entries of dossier {Dossier} have been waiting for more than an hour for something that no participant has handed over: a person should look.")]
    static partial void LogLasting(ILogger logger, string dossier);
}
