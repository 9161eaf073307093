using Coordination.CountryNode.Store;
using Coordination.Hosting.Sealing;

namespace Coordination.CountryNode.Exchange;

/// <summary>Sees to it that what was erased stays erased, whatever was put back from a copy: before a node opens a port.</summary>
public sealed partial class Erasures(ErasureList list, DossierKeys keys, ErasedRows rows, TimeProvider time, ILogger<Erasures> logger)
{
    /// <summary>Destroys again every key that the list names, and empties what was kept under it.</summary>
    /// <remarks>Safe to repeat, at any number of replicas at once, and after a crash in its middle or in that of an erasure.</remarks>
    /// <exception cref="NodeCannotStartException">The list lacks what database or key folder know, or cannot be read or written.</exception>
    public async Task ReplayAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Known before it is read: another replica writes the list first.
            var known = keys.ListDestroyed().Union(await rows.ListAsync(cancellationToken));
            var listed = list.Read();
            var missing = known.Except(listed);
            if (!missing.IsEmpty && !list.IsToBeRebuilt)
            {
                throw new NodeCannotStartException(
                    $"The list of erasures in {list.Folder} lacks {missing.Count} of {known.Count} that the database or the key folder knows: what else it lacks could be read again here. "
                    + "Check Node:ErasureFolder and mount its medium. If the list is lost for good, and neither the database nor the key folder was put back from a copy since, "
                    + $"make an empty file {list.Rebuild}: once, the list is then made of what they know.");
            }
            list.Begin(missing);
            var erased = listed.Union(missing);
            var (destroyed, emptied) = (keys.DestroyAgain(erased), await rows.EmptyAsync(erased, time.GetUtcNow(), cancellationToken));
            if (destroyed > 0 || emptied > 0) LogReplayed(logger, erased.Count, destroyed, emptied);
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException)
        {
            throw new NodeCannotStartException($"What was erased cannot be erased again: {unusable.Message} Check Node:ErasureFolder and Node:KeyFolder.", unusable);
        }
    }

    [LoggerMessage(EventId = 360, Level = LogLevel.Warning, Message = "Of {Listed} erasures, {Destroyed} keys and what was kept in {Emptied} dossiers were there again, put back from a copy or left by a crash: they are erased again.")]
    static partial void LogReplayed(ILogger logger, int listed, int destroyed, int emptied);
}
