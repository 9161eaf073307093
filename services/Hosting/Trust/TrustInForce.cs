using Microsoft.Extensions.Logging;

namespace Coordination.Hosting.Trust;

/// <summary>The trust list in force at this node, kept in the key folder.</summary>
/// <remarks>A newer list is taken from anywhere, since only the signatures count; an older one never, not even after a restore of the database.</remarks>
public sealed partial class TrustInForce
{
    readonly Lock taking = new();
    readonly KeyFolder folder;
    readonly KeyPool root;
    readonly ILogger<TrustInForce> logger;
    volatile TrustList current;

    /// <summary>Reads the list from the key folder.</summary>
    /// <exception cref="UntrustedListException">The folder's list does not count.</exception>
    public TrustInForce(KeyFolder folder, ILogger<TrustInForce> logger)
    {
        this.folder = folder;
        this.logger = logger;
        using var key = KeyFolder.ReadKey(folder.TrustRoot);
        root = KeyPool.Of("root", key);
        current = TrustList.Read(File.ReadAllBytes(folder.TrustList), root, current: null);
    }

    /// <summary>The list in force.</summary>
    public TrustList Current => current;

    /// <summary>Takes a list that counts and is newer than the one in force, and keeps it.</summary>
    /// <returns>Whether the list in force has changed.</returns>
    public bool Take(ReadOnlySpan<byte> signed)
    {
        lock (taking)
        {
            // Another replica may have taken a newer list meanwhile: the folder's comes first, so that it is never overwritten by an older one.
            var changed = TakeNewer(File.ReadAllBytes(folder.TrustList));
            if (signed.IsEmpty || !TakeNewer(signed)) return changed;

            var writing = $"{folder.TrustList}.{Environment.ProcessId}.new";
            using (var file = new FileStream(writing, FileMode.Create, FileAccess.Write))
            {
                file.Write(signed);
                file.Flush(flushToDisk: true);
            }
            File.Move(writing, folder.TrustList, overwrite: true);
            return true;
        }
    }

    /// <summary>Looks whether another replica of this node, or an operator, has put a newer list into the key folder.</summary>
    /// <returns>Whether the list in force has changed.</returns>
    public bool Reload() => Take([]);

    bool TakeNewer(ReadOnlySpan<byte> signed)
    {
        try
        {
            var candidate = TrustList.Read(signed, root, current);
            if (candidate.Version <= current.Version) return false;
            current = candidate;
            LogTaken(logger, candidate.Version);
            return true;
        }
        catch (UntrustedListException refused)
        {
            LogRefused(logger, refused.Message);
            return false;
        }
    }

    [LoggerMessage(EventId = 100, Level = LogLevel.Information, Message = "Trust list {Version} is in force.")]
    static partial void LogTaken(ILogger logger, long version);

    [LoggerMessage(EventId = 101, Level = LogLevel.Warning, Message = "A trust list was refused: {Why}")]
    static partial void LogRefused(ILogger logger, string why);
}
