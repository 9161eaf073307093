using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;

namespace Coordination.Local;

/// <summary>One process and no later one that got its number.</summary>
/// <param name="Pid">Its number.</param>
/// <param name="Started">The boot of the machine and the clock tick in it at which the process started.</param>
public sealed record ProcessMark(int Pid, string Started)
{
    static readonly string Boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>The process that has this number now; null when none has.</summary>
    public static ProcessMark? Of(int pid)
    {
        string stat;
        try
        {
            stat = File.ReadAllText($"/proc/{pid}/stat");
        }
        catch (IOException)
        {
            return null;
        }
        // The second field is the name in brackets and may hold anything; state is the third field, start time the 22nd.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields[0] is "Z" or "X" ? null : new(pid, $"{Boot}/{fields[19]}");
    }

    /// <summary>This process.</summary>
    public static ProcessMark Own => Of(Environment.ProcessId)!;

    [JsonIgnore]
    public bool IsAlive => Of(Pid) == this;

    /// <summary>Sends a signal, to this process or to nobody.</summary>
    public void Send(Signal signal)
    {
        if (IsAlive) _ = NativeKill(Pid, (int)signal);
    }

    /// <summary>Sends a signal and waits until the process is gone; whoever is not gone in time is killed.</summary>
    public async Task EndAsync(Signal signal, TimeSpan limit)
    {
        Send(signal);
        if (await Poll.UntilAsync(() => !IsAlive, limit)) return;
        Send(Signal.Kill);
        if (!await Poll.UntilAsync(() => !IsAlive, TimeSpan.FromSeconds(10)))
            throw new LocalException(string.Create(CultureInfo.InvariantCulture, $"Process {Pid} does not end: stop it by hand."));
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int NativeKill(int pid, int signal);
}

/// <summary>The signals that end a process.</summary>
public enum Signal
{
    /// <summary>PostgreSQL ends its sessions and stops in good order.</summary>
    Interrupt = 2,

    /// <summary>PostgreSQL stops at once, as after a power cut, and recovers at its next start.</summary>
    Quit = 3,

    Kill = 9,

    /// <summary>A node finishes what it has begun and stops.</summary>
    Terminate = 15,
}
