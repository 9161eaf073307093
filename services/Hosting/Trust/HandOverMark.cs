using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Coordination.Hosting.Trust;

/// <summary>The number of a node's last hand-over, kept outside its database and the backups of it.</summary>
/// <remarks>A file in the key folder is one use of this seam, the deterministic simulation the other.</remarks>
public interface IHandOverMark
{
    /// <summary>The highest number that was ever raised to; null when there was none, or it was lost.</summary>
    long? Read();

    /// <summary>Comes back when the number, or a higher one, will be read even after a power cut.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    Task RaiseAsync(long to, CancellationToken cancellationToken);
}

/// <summary>The mark as a file of the key folder, which all replicas of a node share.</summary>
/// <remarks>Eight bytes, big-endian, written in place: they lie in one sector, and no renaming has to survive a power cut.</remarks>
public sealed class HandOverMark(KeyFolder folder, TimeProvider time) : IHandOverMark
{
    static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public long? Read()
    {
        try
        {
            using var file = File.OpenHandle(folder.HandOvers, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return Read(file);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    public async Task RaiseAsync(long to, CancellationToken cancellationToken)
    {
        using var turn = await TurnAsync(cancellationToken);
        using var file = File.OpenHandle(folder.HandOvers, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        if (Read(file) >= to) return;
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, to);
        RandomAccess.Write(file, bytes, 0);
        RandomAccess.FlushToDisk(file);
    }

    /// <summary>One writer at a time, in whatever process. A lock on a file of its own keeps no reader waiting.</summary>
    async Task<SafeFileHandle> TurnAsync(CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            try
            {
                return File.OpenHandle($"{folder.HandOvers}.lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (time.GetElapsedTime(since) < Patience)
            {
                await Task.Delay(Look, time, cancellationToken);
            }
        }
    }

    static long? Read(SafeFileHandle file)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        return RandomAccess.Read(file, bytes, 0) == bytes.Length ? BinaryPrimitives.ReadInt64BigEndian(bytes) : null;
    }
}
