using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using Coordination.Hosting;
using Coordination.Hosting.Trust;

namespace Coordination.Local;

/// <summary>One process of a country's node, which may be down.</summary>
public sealed class RegionNode
{
    static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);
    static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    readonly RunFolder _run;
    readonly Ports _ports;
    readonly RegionOptions _options;
    readonly string _folder;
    readonly string _keysFile;
    readonly List<RegionNode> _replicas = [];
    ChildProcess? _process;

    internal RegionNode(
        RunFolder run, Ports ports, RegionOptions options, Country country, PostgresDatabase database, KeyFolder keys,
        string keysFile, IReadOnlyDictionary<string, string> tokens, string folder, (int Api, int Peer, int Console) at)
    {
        _run = run;
        _ports = ports;
        _options = options;
        Database = database;
        _folder = folder;
        _keysFile = keysFile;
        Country = country;
        Keys = keys;
        Tokens = tokens;
        ApiAddress = string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{at.Api}");
        PeerAddress = string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{at.Peer}");
        ConsoleAddress = string.Create(CultureInfo.InvariantCulture, $"https://{country.Id.ToLowerInvariant()}.localhost:{at.Console}");
    }

    public Country Country { get; }

    /// <summary>ISO 3166 alpha-2: <c>TH</c>.</summary>
    public string Id => Country.Id;

    /// <summary>Where offices and their programs reach this process.</summary>
    public string ApiAddress { get; }

    /// <summary>Where other nodes reach this process; the trust list names the first process of a node.</summary>
    public string PeerAddress { get; }

    /// <summary>Where people with browsers reach this process: a name of its own, since browsers keep cookies by name.</summary>
    public string ConsoleAddress { get; }

    /// <summary>The node's database, as the node's own role.</summary>
    public string DatabaseConnectionString => Database.ConnectionString;

    /// <summary>As <see cref="DatabaseConnectionString"/>, for whoever copies it or sets it back.</summary>
    public PostgresDatabase Database { get; }

    /// <summary>The files of the key folder, shared by all processes of the node.</summary>
    public KeyFolder Keys { get; }

    public string KeyFolder => Keys.Path;

    /// <summary>Where the node's list of erasures is, shared by all its processes.</summary>
    public string ErasureFolder => Path.Combine(Path.GetDirectoryName(KeyFolder)!, "erasures");

    /// <summary>What the process printed, over all its starts.</summary>
    public string LogFile => Path.Combine(_folder, "node.log");

    /// <summary>Office, as <c>role@unit</c>, to bearer token.</summary>
    public IReadOnlyDictionary<string, string> Tokens { get; }

    public bool IsRunning => _process is { Mark.IsAlive: true };

    /// <summary>Null while the process is down.</summary>
    public int? ProcessId => _process?.Mark.Pid;

    string ConsoleListener => string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{new Uri(ConsoleAddress).Port}");

    string SettingsFile => Path.Combine(_folder, "node.json");

    /// <summary>Starts the process, again on the same ports after a stop, and waits until it listens on all.</summary>
    /// <exception cref="LocalException">It does not come up; the message ends with the last lines of its log.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (IsRunning) return;
        string[] command = [.. _options.NodeCommand!, "--config", SettingsFile];
        _process = ChildProcess.Start(command, LogFile);
        _run.Started(_process.Mark, $"The node {Id}", Signal.Terminate, command);
        await _process.ReadyAsync(
            $"The node {Id}", async () => await ListensAsync(ApiAddress, cancellationToken) && await ListensAsync(PeerAddress, cancellationToken) && await ListensAsync(ConsoleListener, cancellationToken),
            _options.StartLimit, cancellationToken);
    }

    /// <summary>Lets the process finish what it has begun and stop.</summary>
    public Task StopAsync() => EndAsync(Signal.Terminate);

    /// <summary>Ends the process at once, in whatever it does.</summary>
    public Task KillAsync() => EndAsync(Signal.Kill);

    /// <summary>Starts a further process of the same node: same database, keys and offices, other ports, a log of its own.</summary>
    /// <exception cref="LocalException">It does not come up.</exception>
    public async Task<RegionNode> StartReplicaAsync(CancellationToken cancellationToken = default)
    {
        var folder = string.Create(CultureInfo.InvariantCulture, $"{_folder}-{_replicas.Count + 2}");
        var replica = new RegionNode(_run, _ports, _options, Country, Database, Keys, _keysFile, Tokens, folder, (_ports.Take(), _ports.Take(), _ports.Take()));
        replica.WriteSettings();
        _replicas.Add(replica);
        await replica.StartAsync(cancellationToken);
        return replica;
    }

    internal void WriteSettings()
    {
        PrivateFile.Folder(_folder);
        var settings = new NodeSettings
        {
            Id = Id,
            Database = DatabaseConnectionString,
            KeyFolder = KeyFolder,
            ErasureFolder = ErasureFolder,
            ApiAddress = ApiAddress,
            PeerAddress = PeerAddress,
            ConsoleAddress = ConsoleListener,
            ConsoleName = new Uri(ConsoleAddress).Host,
            Tokens = DevelopmentIssuer.Settings(Id, _keysFile),
            Offices = Country.Offices,
            DirectoryFile = DirectoryFile,
            RetentionFile = _options.RetentionFile ?? "",
        };
        PrivateFile.Write(DirectoryFile, JsonSerializer.SerializeToUtf8Bytes(new
        {
            supervising = Country.Offices.Where(office => office != Country.SupervisingOffice).ToDictionary(office => office, _ => Country.SupervisingOffice),
            duty = Country.All.ToDictionary(country => country.Id, country => country.DutyOffice),
            approval = _options.Approval,
        }, Json));
        PrivateFile.Write(SettingsFile, JsonSerializer.SerializeToUtf8Bytes(new { Node = settings }, Json));
        File.Delete(LogFile);
    }

    /// <summary>Who supervises, who is on duty, what is approved.</summary>
    string DirectoryFile => Path.Combine(_folder, "directory.json");

    internal Task StopAllAsync() => Task.WhenAll([StopAsync(), .. _replicas.Select(r => r.StopAsync())]);

    async Task EndAsync(Signal signal)
    {
        if (_process is not { } process) return;
        await process.Mark.EndAsync(signal, StopLimit);
        _run.Ended(process.Mark);
        _process = null;
        // Its last threads may hold the ports a moment longer: whoever starts it again would take them for the new process.
        await Poll.UntilAsync(
            async () => !await ListensAsync(ApiAddress, CancellationToken.None) && !await ListensAsync(PeerAddress, CancellationToken.None) && !await ListensAsync(ConsoleListener, CancellationToken.None), StopLimit);
    }

    public static IReadOnlyList<string> OfThisClone() => File.Exists(Checkout.CountryNode)
        ? [DotnetProgram(), Checkout.CountryNode]
        : throw new LocalException($"The country node is not built ({Checkout.CountryNode} is missing): start with infra/run, which builds it.");

    /// <summary>The program that runs us: three folders above its runtime.</summary>
    internal static string DotnetProgram() =>
        Path.GetFullPath(Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));

    static async Task<bool> ListensAsync(string address, CancellationToken cancellationToken)
    {
        var at = new Uri(address);
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(at.Host, at.Port, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
