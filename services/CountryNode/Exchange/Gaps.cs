using Coordination.CountryNode.Peers;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;

namespace Coordination.CountryNode.Exchange;

/// <summary>Fetches what waiting entries descend from, from whoever may hold it.</summary>
public sealed partial class Gaps(IStore store, IPeers peers, Door door, Pen pen, TimeProvider time, ILogger<Gaps> logger)
{
    /// <summary>Between two tries at the same dossier.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    const int MostAtOnce = 32;

    /// <summary>One try at every dossier that is due for one.</summary>
    public async Task FillAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        foreach (var id in await store.ClaimGapsAsync(MostAtOnce, now, now + Pause, cancellation))
        {
            if (await store.FindAsync(id, cancellation) is not { } held) continue;
            var askable = held.Opening?.Participants ?? held.Entries.Select(kept => kept.HandedOnBy).OfType<NodeId>();
            foreach (var peer in askable.Where(node => node != pen.Node).Distinct().ToList())
                await FetchAsync(peer, held, cancellation);
        }
    }

    async Task FetchAsync(NodeId peer, HeldDossier held, CancellationToken cancellation)
    {
        try
        {
            var missing = await peers.FetchAsync(peer, held.Id, [.. held.Entries.Select(kept => kept.Entry.Hash)], cancellation);
            if (missing.Length > 0) await door.AdmitAsync(peer, missing, cancellation);
        }
        catch (PeerUnavailableException unavailable)
        {
            LogNotFetched(logger, held.Id.ToString(), unavailable.Message);
        }
    }

    [LoggerMessage(EventId = 400, Level = LogLevel.Warning, Message = "What is missing in dossier {Dossier} could not be fetched: {Why}")]
    static partial void LogNotFetched(ILogger logger, string dossier, string why);
}
