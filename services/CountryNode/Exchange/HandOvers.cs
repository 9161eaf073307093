using Coordination.CountryNode.Store;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Trust;

namespace Coordination.CountryNode.Exchange;

/// <summary>Counts what leaves this node, in the database and outside it, so that a database that was set back signs nothing twice.</summary>
/// <remarks>
/// Only what has left can be forked, so it is counted before it leaves and not when it is written: an append waits for
/// nothing. See decision 0006.
/// </remarks>
public sealed partial class HandOvers(IStore store, IHandOverMark mark, TrustInForce trust, Pen pen, TimeProvider time, ILogger<HandOvers> logger)
{
    long _begun = long.MinValue;

    /// <summary>The last hand-over that is known outside the database: whatever is appended to a database behind it could be a fork.</summary>
    public long Known => mark.Read() ?? 0;

    /// <summary>Whether the database was found set back since a timestamp.</summary>
    public bool SetBackSince(long then) => Interlocked.Read(ref _begun) >= then;

    /// <summary>Before this node does anything: whether its database is behind.</summary>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (await BeginAsync(cancellationToken) is null && mark.Read() is null) await mark.RaiseAsync(0, cancellationToken);
    }

    /// <summary>Counts a hand-over of entries of this node. They have to be read before, and leave after.</summary>
    /// <returns>The number of this one.</returns>
    /// <exception cref="IOException">The key folder cannot be written: nothing may leave.</exception>
    public async Task<long> CountAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            // On one line of time, what was known before was counted in this database: one that is behind it counts nothing.
            if (await store.CountHandOverAsync(Known, cancellationToken) is { } number)
            {
                await mark.RaiseAsync(number, cancellationToken);
                return number;
            }
            await BeginAsync(cancellationToken);
        }
    }

    /// <summary>Begins to catch up with every peer, when the database is behind; any number of replicas may find it out.</summary>
    /// <returns>Null when it is not behind.</returns>
    public async Task<long?> BeginAsync(CancellationToken cancellationToken)
    {
        var known = mark.Read();
        var peers = trust.Current.Nodes.Keys.Where(node => node != pen.Node).ToList();
        // Peers remember up to which number what arrives is late: a count that was lost goes on beyond all of them, since nobody hands over once a millisecond for years.
        if (await store.BeginCatchUpAsync(known, anew: time.GetUtcNow().ToUnixTimeMilliseconds(), peers, cancellationToken) is not { } number) return null;
        await mark.RaiseAsync(number, cancellationToken);
        Interlocked.Exchange(ref _begun, time.GetTimestamp());
        LogSetBack(logger, number);
        return number;
    }

    [LoggerMessage(EventId = 340, Level = LogLevel.Warning, Message = "The database does not know hand-over {Number}: it was restored or failed over, or the key folder was lost. Nothing is signed in dossiers shared with a peer until what this node wrote has been fetched from there.")]
    static partial void LogSetBack(ILogger logger, long number);
}
