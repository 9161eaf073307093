using Microsoft.Extensions.Logging;

namespace Coordination.Hosting.Trust;

/// <summary>The trust list in force at this node, kept in the key folder.</summary>
/// <remarks>A newer list is taken from anywhere, since only the signatures count; an older one never, not even after a restore of the database.</remarks>
public sealed partial class TrustInForce
{
    readonly Lock _taking = new();
    readonly KeyFolder _folder;
    readonly KeyPool _root;
    readonly ILogger<TrustInForce> _logger;
    volatile TrustList _current;
    DateTime _read;

    /// <summary>Reads the list from the key folder.</summary>
    /// <exception cref="UntrustedListException">The folder's list does not count.</exception>
    public TrustInForce(KeyFolder folder, ILogger<TrustInForce> logger)
    {
        _folder = folder;
        _logger = logger;
        using var key = KeyFolder.ReadKey(folder.TrustRoot);
        _root = KeyPool.Of("root", key);
        _current = TrustList.Read(Read(), _root, current: null);
    }

    /// <summary>The list in force.</summary>
    public TrustList Current => _current;

    /// <summary>Takes a list that counts and is newer than the one in force, and keeps it.</summary>
    /// <returns>Whether the list in force has changed.</returns>
    /// <exception cref="IOException">It cannot be kept; the one in force stays.</exception>
    /// <exception cref="UnauthorizedAccessException">As before.</exception>
    public bool Take(ReadOnlySpan<byte> signed)
    {
        lock (_taking)
        {
            // Another replica may have taken a newer list meanwhile: the folder's comes first, so that it is never overwritten by an older one.
            var changed = TakeFromFolder();
            if (Newer(signed) is not { } taken) return changed;

            // Kept before it is in force: a list that was in force once is there after a restart too.
            var writing = $"{_folder.TrustList}.{Environment.ProcessId}.new";
            using (var file = new FileStream(writing, FileMode.Create, FileAccess.Write))
            {
                file.Write(signed);
                file.Flush(flushToDisk: true);
            }
            File.Move(writing, _folder.TrustList, overwrite: true);
            PutInForce(taken);
            return true;
        }
    }

    /// <summary>Looks whether another replica of this node, or an operator, has put a newer list into the key folder.</summary>
    /// <returns>Whether the list in force has changed.</returns>
    public bool Reload()
    {
        try
        {
            lock (_taking) return File.GetLastWriteTimeUtc(_folder.TrustList) != _read && TakeFromFolder();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            LogUnreadable(_logger, unreadable);
            return false;
        }
    }

    bool TakeFromFolder()
    {
        if (Newer(Read()) is not { } kept) return false;
        PutInForce(kept);
        return true;
    }

    byte[] Read()
    {
        // Before the reading: a list that is written meanwhile is then read again, and nothing is overlooked.
        _read = File.GetLastWriteTimeUtc(_folder.TrustList);
        return File.ReadAllBytes(_folder.TrustList);
    }

    /// <summary>The list, if it counts and is newer than the one in force.</summary>
    TrustList? Newer(ReadOnlySpan<byte> signed)
    {
        try
        {
            var candidate = TrustList.Read(signed, _root, _current);
            return candidate.Version > _current.Version ? candidate : null;
        }
        catch (UntrustedListException refused)
        {
            LogRefused(_logger, refused.Message);
            return null;
        }
    }

    void PutInForce(TrustList list)
    {
        _current = list;
        LogTaken(_logger, list.Version);
    }

    [LoggerMessage(EventId = 100, Level = LogLevel.Information, Message = "Trust list {Version} is in force.")]
    static partial void LogTaken(ILogger logger, long version);

    [LoggerMessage(EventId = 101, Level = LogLevel.Warning, Message = "A trust list was refused: {Why}")]
    static partial void LogRefused(ILogger logger, string why);

    [LoggerMessage(EventId = 102, Level = LogLevel.Warning, Message = "The key folder's trust list cannot be read now; the one in force stays.")]
    static partial void LogUnreadable(ILogger logger, Exception fault);
}
