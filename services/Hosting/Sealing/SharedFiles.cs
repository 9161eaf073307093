using System.Runtime.InteropServices;

namespace Coordination.Hosting.Sealing;

/// <summary>What a folder that several processes write at once needs of Linux, and .NET does not offer.</summary>
static class SharedFiles
{
    const int NoSuchFile = 2;
    const int Interrupted = 4;
    const int FileExists = 17;
    const int InvalidArgument = 22;
    const int CloseOnExec = 0x80000;

    /// <summary>Gives a file a second name, whole and at once, unless that name is taken; <see cref="File.Move(string, string)"/> looks first, and can overwrite what came meanwhile.</summary>
    /// <remarks>Does nothing either when the file itself is gone meanwhile.</remarks>
    /// <exception cref="IOException">It cannot, for instance because the file system has no hard links.</exception>
    public static void LinkIfAbsent(string file, string name)
    {
        if (Link(file, name) != 0 && Marshal.GetLastPInvokeError() is var error and not (FileExists or NoSuchFile)) throw Fault(name, error);
    }

    /// <summary>Whether a file is there; <see cref="File.Exists(string)"/> says no when it only could not look.</summary>
    /// <exception cref="IOException">It could not look.</exception>
    public static bool Exists(string file)
    {
        if (Access(file, 0) == 0) return true;
        return Marshal.GetLastPInvokeError() is var error and not NoSuchFile ? throw Fault(file, error) : false;
    }

    /// <summary>Puts on the disk which files a folder holds: without it a file that was flushed can lack its name after a power cut.</summary>
    /// <exception cref="IOException">The disk refuses; a file system that does this by itself, and says so, does not.</exception>
    public static void FlushFolder(string folder)
    {
        var handle = Open(folder, CloseOnExec);
        if (handle < 0) throw Fault(folder, Marshal.GetLastPInvokeError());
        try
        {
            while (Synchronise(handle) != 0)
                if (Marshal.GetLastPInvokeError() is var error and not Interrupted)
                {
                    if (error == InvalidArgument) return;
                    throw Fault(folder, error);
                }
        }
        finally
        {
            _ = Close(handle);
        }
    }

    static IOException Fault(string path, int error) => new($"{path}: {Marshal.GetPInvokeErrorMessage(error)}.");

    [DllImport("libc", EntryPoint = "link", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int Link([MarshalAs(UnmanagedType.LPUTF8Str)] string file, [MarshalAs(UnmanagedType.LPUTF8Str)] string name);

    [DllImport("libc", EntryPoint = "access", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int Access([MarshalAs(UnmanagedType.LPUTF8Str)] string file, int mode);

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int Synchronise(int handle);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int Close(int handle);
}
