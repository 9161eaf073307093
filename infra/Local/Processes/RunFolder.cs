using System.Security.Cryptography;
using System.Text.Json;

namespace Coordination.Local;

/// <summary>The folder of one run. It knows what the run started, so that it can be stopped even after its owner was killed.</summary>
/// <remarks>
/// <c>processes.json</c> lists what was started; <c>lock</c> is held as long as the owner lives. What a dead run left
/// is stopped and deleted when the folder is taken again.
/// </remarks>
public sealed class RunFolder : IDisposable
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    // Once per program: its own runs come and go beside each other.
    static readonly Lazy<Task> Swept = new(SweepAsync);

    readonly Lock _gate = new();
    readonly FileStream _lock;
    readonly bool _temporary;
    Ledger _ledger;

    RunFolder(string path, FileStream held, bool temporary)
    {
        Path = path;
        _lock = held;
        _temporary = temporary;
        _ledger = new(ProcessMark.Own, Detached: false, [], [], []);
        Write();
    }

    public string Path { get; }

    static string TestsFolder => System.IO.Path.Combine(Checkout.RunFolder, "tests");

    /// <summary>Takes a folder; what a dead run left in it is stopped and deleted first.</summary>
    /// <exception cref="LocalException">Another run is alive in it.</exception>
    public static Task<RunFolder> TakeAsync(string path) => TakeAsync(path, temporary: false);

    static async Task<RunFolder> TakeAsync(string path, bool temporary)
    {
        PrivateFile.PassableFolder(path);
        Disk.Check(path);
        var ledger = Read(path);
        if (TryLock(path) is not { } held) throw Alive(ledger);
        try
        {
            if (ledger is { Detached: true } && ledger.Processes.Any(p => p.Mark.IsAlive)) throw Alive(ledger);
            await ClearAsync(path, ledger);
            return new(path, held, temporary);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>A new folder under <c>.run/tests</c>, deleted with everything in it when the run ends; so are those of dead runs.</summary>
    public static async Task<RunFolder> TemporaryAsync()
    {
        await Swept.Value;
        return await TakeAsync(System.IO.Path.Combine(TestsFolder, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))), temporary: true);
    }

    /// <summary>Stops the run that is alive in a folder, whoever owns it, and deletes what it left.</summary>
    /// <returns>False when nothing ran.</returns>
    public static async Task<bool> StopAsync(string path)
    {
        if (Read(path) is not { } ledger) return false;
        var ran = ledger.Processes.Any(p => p.Mark.IsAlive);
        if (!ledger.Detached && ledger.Owner.IsAlive)
        {
            ran = true;
            await ledger.Owner.EndAsync(Signal.Terminate, TimeSpan.FromSeconds(60));
        }
        using var held = TryLock(path);
        await ClearAsync(path, Read(path));
        return ran;
    }

    /// <summary>From now on the run lives without its owner, until <see cref="StopAsync"/>.</summary>
    public void Detach() => Change(l => l with { Detached = true });

    /// <param name="mark">The process.</param>
    /// <param name="what">As people call it.</param>
    /// <param name="stop">How it is stopped.</param>
    /// <param name="again">The command that starts it alone again; empty where none does.</param>
    internal void Started(ProcessMark mark, string what, Signal stop, params IReadOnlyList<string> again) =>
        Change(l => l with { Processes = [.. l.Processes, new(mark, what, stop, again)] });

    internal void Ended(ProcessMark mark) =>
        ChangeIfThereIsRoom(l => l with { Processes = [.. l.Processes.Where(p => p.Mark != mark)] });

    /// <summary>A file or folder goes when the run goes.</summary>
    internal void Owns(string path) => Change(l => l with { Paths = [.. l.Paths, path] });

    /// <summary>A database on a server that is not ours goes when the run goes.</summary>
    internal void OwnsDatabase(string name) => Change(l => l with { Databases = [.. l.Databases, name] });

    internal void DatabaseDropped(string name) => ChangeIfThereIsRoom(l => l with { Databases = [.. l.Databases.Where(d => d != name)] });

    /// <summary>Forgets the run; what it started must have ended.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (!_ledger.Detached)
            {
                Delete(_ledger.Paths);
                File.Delete(LedgerFile(Path));
                if (_temporary) Directory.Delete(Path, recursive: true);
            }
        }
        _lock.Dispose();
    }

    static async Task SweepAsync()
    {
        foreach (var dead in Directory.EnumerateDirectories(PrivateFile.PassableFolder(TestsFolder)).Where(d => File.Exists(LedgerFile(d))))
        {
            if (TryLock(dead) is not { } held) continue;
            await ClearAsync(dead, Read(dead));
            Directory.Delete(dead, recursive: true);
            await held.DisposeAsync();
        }
    }

    static async Task ClearAsync(string path, Ledger? ledger)
    {
        if (ledger is null) return;
        // Last started, first stopped: the nodes before their database.
        foreach (var stop in ledger.Processes.Reverse().GroupBy(p => p.Stop))
            await Task.WhenAll(stop.Select(p => p.Mark.EndAsync(p.Stop, Grace)));
        if (ledger.Databases.Count > 0) await PostgresServer.DropLeftAsync(ledger.Databases);
        Delete(ledger.Paths);
        File.Delete(LedgerFile(path));
    }

    static void Delete(IReadOnlyList<string> paths)
    {
        foreach (var path in paths)
        {
            if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
            else File.Delete(path);
        }
    }

    static LocalException Alive(Ledger? ledger)
    {
        var owner = ledger is { Detached: false } ? $" (process {ledger.Owner.Pid})" : "";
        // What was stopped on purpose is not listed any more; what is listed and gone has died.
        var died = ledger?.Processes.Where(process => !process.Mark.IsAlive && process.Again is { Count: > 0 })
            .Select(process => $"\n  {process.What} has died: start it again with\n    {string.Join(' ', process.Again!)}\n  and end it yourself, with Ctrl-C.") ?? [];
        return new($"Another run is alive{owner}: stop it with infra/stop.{string.Concat(died)}");
    }

    static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(System.IO.Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    void Change(Func<Ledger, Ledger> change)
    {
        lock (_gate)
        {
            _ledger = change(_ledger);
            Write();
        }
    }

    /// <summary>What ended stays in the file where the disk is full: it is found gone, and stopping goes on.</summary>
    void ChangeIfThereIsRoom(Func<Ledger, Ledger> change)
    {
        try
        {
            Change(change);
        }
        catch (IOException fault) when (Disk.IsFull(fault))
        {
            // The change is made here, if not on the disk.
        }
    }

    void Write() => PrivateFile.Write(LedgerFile(Path), JsonSerializer.SerializeToUtf8Bytes(_ledger, Json));

    static Ledger? Read(string path) => File.Exists(LedgerFile(path))
        ? JsonSerializer.Deserialize<Ledger>(File.ReadAllBytes(LedgerFile(path)), Json)
        : null;

    static string LedgerFile(string path) => System.IO.Path.Combine(path, "processes.json");

    sealed record Ledger(
        ProcessMark Owner, bool Detached, IReadOnlyList<StartedProcess> Processes, IReadOnlyList<string> Paths, IReadOnlyList<string> Databases);

    /// <param name="Mark">The process.</param>
    /// <param name="What">As people call it.</param>
    /// <param name="Stop">How it is stopped.</param>
    /// <param name="Again">The command that starts it alone again; null or empty where none does.</param>
    sealed record StartedProcess(ProcessMark Mark, string What, Signal Stop, IReadOnlyList<string>? Again);
}
