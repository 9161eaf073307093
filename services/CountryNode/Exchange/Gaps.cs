using Coordination.CountryNode.Peers;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;

namespace Coordination.CountryNode.Exchange;

/// <summary>Fetches what waiting entries descend from, from whoever may hold it.</summary>
public sealed partial class Gaps(IStore store, IPeers peers, Door door, Pen pen, TimeProvider time, ILogger<Gaps> logger)
{
    /// <summary>After the first try at a dossier; doubled with every further one.</summary>
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    const int MostAtOnce = 32;

    /// <summary>After which people on both sides are shown a gap.</summary>
    public static readonly TimeSpan Lasting = TimeSpan.FromHours(1);

    /// <summary>Says of each gap that has lasted for an hour, once, that somebody should look.</summary>
    public async Task SayLastingAsync(CancellationToken cancellationToken)
    {
        foreach (var id in await store.ClaimLastingGapsAsync(time.GetUtcNow() - Lasting, MostAtOnce, cancellationToken)) LogLasting(logger, id.Short);
    }

    /// <summary>One try at every dossier for which it is time to ask a peer.</summary>
    /// <exception cref="PeerUnavailableException">The peer gave no answer that counts.</exception>
    public async Task FillAsync(NodeId peer, CancellationToken cancellationToken)
    {
        foreach (var id in await store.ClaimGapsAsync(peer, MostAtOnce, time.GetUtcNow(), Pause, LongestPause, cancellationToken))
        {
            if (await store.FindAsync(id, cancellationToken) is not { } held) continue;
            var missing = await peers.FetchAsync(peer, id, held.Complete(pen.Node), cancellationToken);
            if (missing.Length > 0) await door.AdmitAsync(peer, missing, cancellationToken);
        }
    }

    [LoggerMessage(EventId = 330, Level = LogLevel.Warning, Message = "Entries of dossier {Dossier} have been waiting for more than an hour for something that no participant has handed over: a person should look.")]
    static partial void LogLasting(ILogger logger, string dossier);
}
