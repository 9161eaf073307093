namespace Coordination.Local;

/// <summary>Room for a run.</summary>
public static class Disk
{
    /// <summary>For PostgreSQL, six databases and their logs.</summary>
    const long NeededBytes = 500_000_000;
    const int NoSpaceLeft = 28; // ENOSPC

    /// <summary>Sees to it that there is room.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="needed">In bytes.</param>
    /// <exception cref="LocalException">Too little is free.</exception>
    public static void Check(string folder, long needed = NeededBytes)
    {
        var free = new DriveInfo(folder).AvailableFreeSpace;
        if (free < needed)
            throw new LocalException($"The disk of {folder} is full: {free / 1_000_000} MB are free and {needed / 1_000_000} MB are needed; free some space and start again.");
    }

    /// <summary>Nothing can be written there any more, not even why.</summary>
    internal static bool HasNoRoom(string folder) => new DriveInfo(folder).AvailableFreeSpace < 1_000_000;

    internal static bool IsFull(IOException fault) =>
        fault.HResult == NoSpaceLeft || IsFull(fault.Message);

    internal static bool IsFull(string words) => words.Contains("No space left on device", StringComparison.OrdinalIgnoreCase);
}
