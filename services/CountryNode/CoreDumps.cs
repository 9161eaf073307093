using System.Runtime.InteropServices;

namespace Coordination.CountryNode;

/// <summary>An image of a node's memory would hold its keys, and names in clear: none is ever written.</summary>
/// <remarks>
/// Linux then writes no core file, whatever its limits and wherever it would put one, and lets no other program of the same user look into the
/// process or take its image. Whoever is root can all the same.
/// </remarks>
static class CoreDumps
{
    /// <summary>prctl(2).</summary>
    const int GetDumpable = 3, SetDumpable = 4;

    /// <summary>By which the runtime is told to write an image itself when the node crashes: it goes by the older name too.</summary>
    static readonly string[] RuntimeDumps = ["DOTNET_DbgEnableMiniDump", "COMPlus_DbgEnableMiniDump"];

    /// <exception cref="NodeCannotStartException">They cannot be forbidden, or are asked for.</exception>
    public static void Forbid()
    {
        if (Array.Find(RuntimeDumps, name => Environment.GetEnvironmentVariable(name) is { Length: > 0 } and not "0") is { } asked)
            throw new NodeCannotStartException($"{asked} is set: a dump would hold keys and names in clear. Start the node without it.");
        if (Control(SetDumpable, 0, 0, 0, 0) != 0 || Control(GetDumpable, 0, 0, 0, 0) != 0)
            throw new NodeCannotStartException($"Core dumps cannot be switched off ({Marshal.GetLastPInvokeErrorMessage()}): a dump would hold keys and names in clear. A node runs on Linux.");
    }

    [DllImport("libc", EntryPoint = "prctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int Control(int option, nuint two, nuint three, nuint four, nuint five);
}
