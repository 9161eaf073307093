using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Npgsql;

namespace Coordination.Local;

/// <summary>A PostgreSQL server of our own on a free port of 127.0.0.1, durable (fsync on), or the one that <see cref="Variable"/> names.</summary>
/// <remarks>Databases that are made here go when the server goes, or are dropped where the server is not ours.</remarks>
public sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>
    /// The environment variable that names a running server instead: an Npgsql connection string of a superuser, or of a
    /// role that may create databases and roles.
    /// </summary>
    public const string Variable = "COORDINATION_POSTGRES";

    const string Superuser = "postgres";
    static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    readonly RunFolder _run;
    readonly bool _ownsRun;
    readonly Ports _ports = new();
    readonly Lock _gate = new();
    readonly List<string> _databases = [];
    readonly PostgresPrograms? _programs;
    readonly string? _folder;
    readonly int _port;
    ChildProcess? _process;

    PostgresServer(RunFolder run, bool ownsRun, string connectionString)
    {
        _run = run;
        _ownsRun = ownsRun;
        ConnectionString = connectionString;
    }

    PostgresServer(RunFolder run, bool ownsRun, PostgresPrograms programs, string folder)
        : this(run, ownsRun, "")
    {
        _programs = programs;
        _folder = folder;
        _port = _ports.Take();
        ConnectionString = new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = _port,
            Username = Superuser,
            Password = RandomPassword(),
            Database = "postgres",
        }.ConnectionString;
    }

    /// <summary>As the superuser, to the database <c>postgres</c>.</summary>
    public string ConnectionString { get; }

    /// <summary>Null where the server is not ours.</summary>
    public string? DataFolder => _folder is null ? null : Path.Combine(_folder, "data");

    /// <summary>Null where the server is not ours.</summary>
    public string? LogFile => _folder is null ? null : Path.Combine(_folder, "log");

    /// <summary>Null where the server is not ours, or is down.</summary>
    public int? ProcessId => _process?.Mark.Pid;

    /// <summary>The server that <see cref="Variable"/> names, or one of our own.</summary>
    /// <exception cref="LocalException">PostgreSQL is missing or does not come up.</exception>
    public static Task<PostgresServer> StartAsync(CancellationToken cancellationToken = default) =>
        Running is { } running ? UseAsync(running) : StartOwnAsync(cancellationToken);

    /// <summary>Uses a server that already runs, and leaves it as it was.</summary>
    /// <param name="connectionString">As <see cref="Variable"/> holds it.</param>
    /// <param name="run">Whose ledger notes what is made there; one of the server's own when null.</param>
    /// <exception cref="LocalException">It is no connection string.</exception>
    public static async Task<PostgresServer> UseAsync(string connectionString, RunFolder? run = null)
    {
        Check(connectionString);
        return new(run ?? await RunFolder.TemporaryAsync(), ownsRun: run is null, connectionString);
    }

    /// <summary>Starts a server whose data go when it is disposed, whatever <see cref="Variable"/> says.</summary>
    /// <exception cref="LocalException">PostgreSQL is missing or does not come up.</exception>
    public static async Task<PostgresServer> StartOwnAsync(CancellationToken cancellationToken = default)
    {
        var run = await RunFolder.TemporaryAsync();
        try
        {
            return await StartOwnAsync(run, ownsRun: true, cancellationToken);
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    internal static async Task<PostgresServer> StartAsync(RunFolder run, CancellationToken cancellationToken) =>
        Running is { } running ? await UseAsync(running, run) : await StartOwnAsync(run, ownsRun: false, cancellationToken);

    static string? Running => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } running ? running : null;

    static async Task<PostgresServer> StartOwnAsync(RunFolder run, bool ownsRun, CancellationToken cancellationToken)
    {
        var programs = PostgresPrograms.Find();
        var folder = await PostgresPrograms.MakeFolderAsync(run.Path, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)), cancellationToken);
        run.Owns(folder);
        var server = new PostgresServer(run, ownsRun, programs, folder);
        try
        {
            await server.InitialiseAsync(cancellationToken);
            await server.ResumeAsync(cancellationToken);
            await server.ExecuteAsync(cancellationToken, "REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC");
            return server;
        }
        catch
        {
            await server.StopAsync();
            server._ports.Dispose();
            throw;
        }
    }

    /// <summary>Starts the server again where it stopped: same port, same data.</summary>
    /// <exception cref="LocalException">It does not come up.</exception>
    public async Task ResumeAsync(CancellationToken cancellationToken = default)
    {
        if (_programs is null) throw new LocalException($"The server that {Variable} names is not ours to start.");
        var command = _programs.Command("postgres",
            "-D", DataFolder!, "-k", "", "-h", "127.0.0.1", "-p", _port.ToString(CultureInfo.InvariantCulture),
            "-c", "fsync=on", "-c", "max_connections=400");
        _process = ChildProcess.Start(command, LogFile!);
        _run.Started(_process.Mark, "PostgreSQL", Signal.Interrupt);
        await _process.ReadyAsync("PostgreSQL", () => AnswersAsync(cancellationToken), StartLimit, cancellationToken);
    }

    /// <summary>Ends the sessions and stops in good order.</summary>
    public Task StopAsync() => EndAsync(Signal.Interrupt);

    /// <summary>Stops at once, as a power cut would: the next start recovers.</summary>
    public Task KillAsync() => EndAsync(Signal.Quit);

    /// <summary>Makes a database with a role that owns it and nothing else.</summary>
    /// <param name="prefix">How its name begins: small letters.</param>
    /// <exception cref="LocalException">The server that <see cref="Variable"/> names cannot be reached.</exception>
    public async Task<PostgresDatabase> CreateDatabaseAsync(string prefix, CancellationToken cancellationToken = default)
    {
        var name = $"{prefix}_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}";
        var password = RandomPassword();
        await using var server = await ReachAsync(cancellationToken);
        // Noted no earlier than something may be there, and no later.
        if (_programs is null) _run.OwnsDatabase(name);
        lock (_gate) _databases.Add(name);
        try
        {
            await ExecuteAsync(server, cancellationToken, $"CREATE ROLE {name} LOGIN PASSWORD '{password}'");
        }
        catch (PostgresException)
        {
            // The server refused to make even this.
            Forget(name);
            throw;
        }
        await ExecuteAsync(server, cancellationToken,
            // Where the creator is no superuser, it must belong to the role to give it a database.
            $"DO $$ BEGIN IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN GRANT {name} TO CURRENT_USER; END IF; END $$",
            $"CREATE DATABASE {name} OWNER {name}",
            $"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC");
        var connection = new NpgsqlConnectionStringBuilder(ConnectionString) { Database = name, Username = name, Password = password };
        return new(name, connection.ConnectionString);
    }

    /// <summary>Copies a database as it stands. Whoever is connected loses the connection, and may connect again.</summary>
    /// <returns>The name of the copy, to restore from.</returns>
    public async Task<string> BackUpAsync(PostgresDatabase database, CancellationToken cancellationToken = default)
    {
        var copy = $"{database.Name}_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";
        if (_programs is null) _run.OwnsDatabase(copy);
        lock (_gate) _databases.Add(copy);
        await ExecuteAsync(cancellationToken,
            $"ALTER DATABASE {database.Name} ALLOW_CONNECTIONS false",
            $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database.Name}'",
            $"CREATE DATABASE {copy} TEMPLATE {database.Name}",
            $"ALTER DATABASE {database.Name} ALLOW_CONNECTIONS true");
        NpgsqlConnection.ClearAllPools();
        return copy;
    }

    /// <summary>Sets a database back to a copy of it. Whoever is connected loses the connection, and may connect again.</summary>
    public async Task RestoreAsync(PostgresDatabase database, string copy, CancellationToken cancellationToken = default)
    {
        await ExecuteAsync(cancellationToken,
            $"ALTER DATABASE {database.Name} ALLOW_CONNECTIONS false",
            $"DROP DATABASE {database.Name} WITH (FORCE)",
            $"CREATE DATABASE {database.Name} TEMPLATE {copy} OWNER {database.Name}",
            $"REVOKE CONNECT ON DATABASE {database.Name} FROM PUBLIC");
        NpgsqlConnection.ClearAllPools();
    }

    /// <summary>Drops a database, its copies and its role, whoever is connected.</summary>
    public async Task DropDatabaseAsync(PostgresDatabase database, CancellationToken cancellationToken = default)
    {
        // What the role owns in a copy keeps the role.
        foreach (var copy in CopiesOf(database))
        {
            await DropAsync(ConnectionString, copy, cancellationToken);
            Forget(copy);
        }
        await DropAsync(ConnectionString, database.Name, cancellationToken);
        Forget(database.Name);
    }

    /// <summary>Stops the server and deletes its data; where it is not ours, drops what was made on it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_programs is null)
        {
            foreach (var name in _databases) await DropAsync(ConnectionString, name, CancellationToken.None);
        }
        else
        {
            await StopAsync();
            if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
        }
        _ports.Dispose();
        if (_ownsRun) _run.Dispose();
    }

    /// <summary>Drops what a dead run left on a server that is not ours.</summary>
    internal static async Task DropLeftAsync(IReadOnlyList<string> names)
    {
        if (Running is not { } running)
            throw new LocalException($"An earlier run left databases on another server: set {Variable} as it was then, or drop {string.Join(", ", names)} there and delete .run/processes.json.");
        Check(running);
        foreach (var name in names) await DropAsync(running, name, CancellationToken.None);
    }

    /// <summary>A connection string may hold a password, so what is wrong with it is not repeated.</summary>
    static void Check(string connectionString)
    {
        try
        {
            if (new NpgsqlConnectionStringBuilder(connectionString) is { Host.Length: > 0, Port: <= IPEndPoint.MaxPort }) return;
        }
        catch (ArgumentException)
        {
            // Said below.
        }
        throw new LocalException($"{Variable} holds no connection string: set it to one such as Host=127.0.0.1;Port=5432;Username=postgres;Password=…, or unset it to have a server of our own.");
    }

    void Forget(string name)
    {
        lock (_gate) _databases.Remove(name);
        if (_programs is null) _run.DatabaseDropped(name);
    }

    string[] CopiesOf(PostgresDatabase database)
    {
        lock (_gate) return [.. _databases.Where(name => name.StartsWith($"{database.Name}_", StringComparison.Ordinal))];
    }

    async Task<NpgsqlConnection> ReachAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await OpenAsync(ConnectionString, cancellationToken);
        }
        catch (Exception fault) when (_programs is null && fault is (NpgsqlException or SocketException))
        {
            throw new LocalException($"The server that {Variable} names cannot be reached: start it, or correct the variable. {fault.Message}", fault);
        }
    }

    static async Task DropAsync(string connectionString, string name, CancellationToken cancellationToken)
    {
        NpgsqlConnection.ClearAllPools();
        await ExecuteAsync(connectionString, cancellationToken, $"DROP DATABASE IF EXISTS {name} WITH (FORCE)", $"DROP ROLE IF EXISTS {name}");
    }

    async Task InitialiseAsync(CancellationToken cancellationToken)
    {
        var passwordFile = Path.Combine(_folder!, "password");
        PrivateFile.Write(passwordFile, new NpgsqlConnectionStringBuilder(ConnectionString).Password!);
        await PostgresPrograms.GiveAsync(passwordFile, cancellationToken);
        // initdb alone does not wait for the disk: what it writes can be written again.
        await ChildProcess.RunAsync(
            _programs!.Command("initdb", "-D", DataFolder!, "-U", Superuser, $"--pwfile={passwordFile}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"),
            cancellationToken);
        File.Delete(passwordFile);
    }

    async Task EndAsync(Signal signal)
    {
        if (_process is not { } process) return;
        NpgsqlConnection.ClearAllPools();
        await process.Mark.EndAsync(signal, StopLimit);
        _run.Ended(process.Mark);
        _process = null;
    }

    async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ExecuteAsync(cancellationToken, "SELECT 1");
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    Task ExecuteAsync(CancellationToken cancellationToken, params IReadOnlyList<string> statements) =>
        ExecuteAsync(ConnectionString, cancellationToken, statements);

    static async Task ExecuteAsync(string connectionString, CancellationToken cancellationToken, params IReadOnlyList<string> statements)
    {
        await using var connection = await OpenAsync(connectionString, cancellationToken);
        await ExecuteAsync(connection, cancellationToken, statements);
    }

    static async Task<NpgsqlConnection> OpenAsync(string connectionString, CancellationToken cancellationToken)
    {
        // Not pooled: nothing of ours stays connected to a server that is to stop.
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    static async Task ExecuteAsync(NpgsqlConnection connection, CancellationToken cancellationToken, params IReadOnlyList<string> statements)
    {
        foreach (var statement in statements)
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    static string RandomPassword() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
}
