using Coordination.CountryNode.Peers;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;

namespace Coordination.CountryNode.Exchange;

/// <summary>Fetches what waiting entries descend from, from whoever may hold it.</summary>
public sealed class Gaps(IStore store, IPeers peers, Door door, Pen pen, TimeProvider time)
{
    /// <summary>After the first try at a dossier; doubled with every further one.</summary>
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    const int MostAtOnce = 32;

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
}
