using System.Runtime.ExceptionServices;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Sealing;
using Coordination.Hosting.Trust;

namespace Coordination.CountryNode.Exchange;

/// <summary>Erases the case files that went to a country from which the person took the consent; nothing else of their dossiers is lost.</summary>
/// <remarks>They are closed from the commit of the withdrawal on, whoever holds it; what a legal hold keeps is erased once it is over.</remarks>
public sealed class TakenBack(IStore store, ErasedRows rows, DossierKeys keys, TrustInForce trust, Pen pen, TimeProvider time)
{
    /// <summary>Erases what is there to be erased. What one dossier suffers from holds up no other.</summary>
    /// <exception cref="IOException">The key folder, or the list of erasures, fails: what is left is erased the next time.</exception>
    public async Task EraseAsync(CancellationToken cancellationToken)
    {
        ExceptionDispatchInfo? first = null;
        var today = RegionalTime.Today(pen.Node, time.GetUtcNow());
        foreach (var id in await rows.ListTakenBackAsync(today, cancellationToken))
        {
            try
            {
                await rows.EmptyTakenBackAsync(id, today, () => DestroyAsync(id, cancellationToken), cancellationToken);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                first ??= ExceptionDispatchInfo.Capture(fault);
            }
        }
        first?.Throw();
    }

    async Task<IReadOnlyCollection<EntryHash>> DestroyAsync(DossierId id, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(id, cancellationToken) is not { } held) return [];
        List<EntryHash> releases = [.. held.FoldWithPending(trust.Current).TakenBack()];
        foreach (var release in releases) keys.Destroy(Safe.KeyOf(release));
        return releases;
    }
}
