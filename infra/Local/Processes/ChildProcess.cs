using System.Diagnostics;
using System.Globalization;

namespace Coordination.Local;

/// <summary>A server that we started: in a session of its own, reading nothing, writing to a file, living on when we die.</summary>
sealed class ChildProcess
{
    readonly string _logFile;

    ChildProcess(ProcessMark mark, string logFile)
    {
        Mark = mark;
        _logFile = logFile;
    }

    public ProcessMark Mark { get; }

    /// <summary>Starts a command; what it prints is appended to the file.</summary>
    public static ChildProcess Start(IReadOnlyList<string> command, string logFile)
    {
        // The shell opens the file itself, so that no pipe ties the server's life to ours.
        var start = new ProcessStartInfo("setsid") { WorkingDirectory = "/" };
        foreach (var word in (IEnumerable<string>)["sh", "-c", "umask 077; log=$1; shift; exec \"$@\" </dev/null >>\"$log\" 2>&1", "sh", logFile, .. command])
            start.ArgumentList.Add(word);
        // Settings of our own host are none of the server's.
        foreach (var name in start.Environment.Keys.Where(IsHostSetting).ToList())
            start.Environment.Remove(name);

        using var process = Process.Start(start)!;
        // One that has ended already is told by ReadyAsync.
        return new(ProcessMark.Of(process.Id) ?? new(process.Id, "ended"), logFile);
    }

    /// <summary>Waits until the server answers.</summary>
    /// <exception cref="LocalException">It ended, or it does not answer in time; the message ends with the last lines of its log.</exception>
    public async Task ReadyAsync(string what, Func<Task<bool>> answers, TimeSpan limit, CancellationToken cancellationToken)
    {
        var ready = await Poll.UntilAsync(async () => !Mark.IsAlive || await answers(), limit, cancellationToken);
        if (!Mark.IsAlive) throw new LocalException($"{what} ended while it was starting.{Tail(_logFile)}");
        if (!ready) throw new LocalException(string.Create(CultureInfo.InvariantCulture, $"{what} did not answer within {limit.TotalSeconds:0} seconds.{Tail(_logFile)}"));
    }

    /// <summary>Runs a command to its end and returns what it printed.</summary>
    /// <exception cref="LocalException">It failed, or is not there.</exception>
    public static async Task<string> RunAsync(IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { WorkingDirectory = "/", UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        var said = $"{await output}{await error}".Trim();
        if (process.ExitCode == 0) return said;
        throw new LocalException(Disk.IsFull(said)
            ? "The disk is full: free some space and start again."
            : $"{string.Join(' ', command)} failed: {said}");
    }

    static string Tail(string logFile)
    {
        var lines = File.Exists(logFile) ? File.ReadLines(logFile).TakeLast(20).ToList() : [];
        var full = lines.Exists(Disk.IsFull) || Disk.HasNoRoom(Path.GetDirectoryName(logFile)!) ? " The disk is full: free some space and start again." : "";
        return lines.Count == 0
            ? $"{full} Its log {logFile} is empty."
            : $"{full} The end of its log {logFile}:\n  {string.Join("\n  ", lines)}";
    }

    static bool IsHostSetting(string name) =>
        name.StartsWith("ASPNETCORE_", StringComparison.Ordinal)
        || name.StartsWith("Node__", StringComparison.Ordinal)
        || name is "DOTNET_ENVIRONMENT" or "DOTNET_STARTUP_HOOKS" or "DOTNET_hostBuilder__reloadConfigOnChange";
}
