namespace Coordination.Local;

/// <summary>Room for a run.</summary>
static class Disk
{
    const long NeededBytes = 500_000_000;
    const int NoSpaceLeft = 28; // ENOSPC

    /// <summary>Sees to it that there is room.</summary>
    /// <exception cref="LocalException">Too little is free.</exception>
    public static void Check(string folder)
    {
        var free = new DriveInfo(folder).AvailableFreeSpace;
        if (free < NeededBytes)
            throw new LocalException($"The disk of {folder} is full: {free / 1_000_000} MB are free and {NeededBytes / 1_000_000} MB are needed; free some space and start again.");
    }

    /// <summary>Nothing can be written there any more, not even why.</summary>
    public static bool HasNoRoom(string folder) => new DriveInfo(folder).AvailableFreeSpace < 1_000_000;

    public static bool IsFull(IOException fault) =>
        fault.HResult == NoSpaceLeft || IsFull(fault.Message);

    public static bool IsFull(string words) => words.Contains("No space left on device", StringComparison.OrdinalIgnoreCase);
}
