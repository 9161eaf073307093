using System.Text.Json;
using Coordination.Local;
using Npgsql;

namespace Coordination.CountryNode.Tests.Local;

public sealed class PostgresServerTests(SharedRegion shared)
{
    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("fsync")]
    [InlineData("synchronous_commit")]
    [InlineData("full_page_writes")]
    public async Task What_is_committed_is_on_the_disk(string setting) =>
        (await ReadAsync(shared.Postgres.ConnectionString, $"SHOW {setting}")).ShouldBe("on");

    [Fact]
    public async Task A_role_reaches_its_own_database_only()
    {
        var own = await shared.Postgres.CreateDatabaseAsync("own", Cancelled);
        var other = await shared.Postgres.CreateDatabaseAsync("other", Cancelled);

        (await ReadAsync(own.ConnectionString, "SELECT current_database()")).ShouldBe(own.Name);
        var astray = new NpgsqlConnectionStringBuilder(own.ConnectionString) { Database = other.Name }.ConnectionString;
        var refusal = await Should.ThrowAsync<PostgresException>(() => ReadAsync(astray, "SELECT 1"));
        refusal.SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege);

        await shared.Postgres.DropDatabaseAsync(own, Cancelled);
        await shared.Postgres.DropDatabaseAsync(other, Cancelled);
    }

    [Fact]
    public async Task A_server_that_is_disposed_leaves_nothing_behind()
    {
        var server = await PostgresServer.StartOwnAsync(Cancelled);
        var database = await server.CreateDatabaseAsync("gone", Cancelled);
        var process = ProcessMark.Of(server.ProcessId!.Value);

        await server.DisposeAsync();

        process.ShouldNotBeNull().IsAlive.ShouldBeFalse();
        Directory.Exists(server.DataFolder).ShouldBeFalse();
        await Should.ThrowAsync<NpgsqlException>(() => ReadAsync(database.ConnectionString, "SELECT 1"));
    }

    [Fact]
    public async Task A_server_that_already_runs_is_used_and_left_as_it_was()
    {
        const string databases = "SELECT string_agg(datname, ',' ORDER BY datname) FROM pg_database WHERE datname LIKE 'guest%'";
        PostgresDatabase guest;
        await using (var running = await PostgresServer.UseAsync(shared.Postgres.ConnectionString))
        {
            guest = await running.CreateDatabaseAsync("guest", Cancelled);
            (await ReadAsync(guest.ConnectionString, "SELECT current_user")).ShouldBe(guest.Name);
            (running.ProcessId, running.DataFolder).ShouldBe((null, null));
        }
        (await ReadAsync(shared.Postgres.ConnectionString, $"SELECT coalesce(({databases}), 'none')")).ShouldBe("none");
        (await ReadAsync(shared.Postgres.ConnectionString, $"SELECT count(*)::text FROM pg_roles WHERE rolname = '{guest.Name}'")).ShouldBe("0");
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_leaves_nothing_to_drop()
    {
        using var run = await RunFolder.TemporaryAsync();
        await using var nowhere = await PostgresServer.UseAsync("Host=127.0.0.1;Port=1;Username=x", run);

        var fault = await Should.ThrowAsync<LocalException>(() => nowhere.CreateDatabaseAsync("none", Cancelled));

        fault.Message.ShouldStartWith("The server that COORDINATION_POSTGRES names cannot be reached: start it, or correct the variable. ");
        (await DatabasesOfAsync(run)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_server_that_refuses_to_make_a_role_leaves_nothing_to_drop()
    {
        var plain = await shared.Postgres.CreateDatabaseAsync("plain", Cancelled);
        using var run = await RunFolder.TemporaryAsync();
        await using (var asPlain = await PostgresServer.UseAsync(plain.ConnectionString, run))
        {
            var refusal = await Should.ThrowAsync<PostgresException>(() => asPlain.CreateDatabaseAsync("none", Cancelled));

            refusal.SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
            (await DatabasesOfAsync(run)).ShouldBeEmpty();
        }
        await shared.Postgres.DropDatabaseAsync(plain, Cancelled);
    }

    [Fact]
    public async Task A_database_is_in_the_ledger_until_it_is_dropped()
    {
        using var run = await RunFolder.TemporaryAsync();
        await using var running = await PostgresServer.UseAsync(shared.Postgres.ConnectionString, run);

        var database = await running.CreateDatabaseAsync("noted", Cancelled);

        (await DatabasesOfAsync(run)).ShouldBe([database.Name]);
        await running.DropDatabaseAsync(database, Cancelled);
        (await DatabasesOfAsync(run)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("Host=127.0.0.1;Port=many")]
    [InlineData("Host=127.0.0.1;Port=70000")]
    [InlineData("Host=127.0.0.1;Colour=blue")]
    [InlineData("Username=x")]
    public async Task What_is_no_connection_string_is_said_to_be_none(string connectionString) =>
        (await Should.ThrowAsync<LocalException>(() => PostgresServer.UseAsync(connectionString))).Message
            .ShouldStartWith("COORDINATION_POSTGRES holds no connection string: set it to one such as ");

    [Fact]
    public async Task A_server_that_is_killed_recovers_what_was_committed()
    {
        await using var server = await PostgresServer.StartOwnAsync(Cancelled);
        var database = await server.CreateDatabaseAsync("kept", Cancelled);
        await ReadAsync(database.ConnectionString, "CREATE TABLE kept AS SELECT 'here' AS word; SELECT 'done'");

        await server.KillAsync();
        await server.ResumeAsync(Cancelled);

        (await ReadAsync(database.ConnectionString, "SELECT word FROM kept")).ShouldBe("here");
    }

    static async Task<IReadOnlyList<string?>> DatabasesOfAsync(RunFolder run)
    {
        using var ledger = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(run.Path, "processes.json"), Cancelled));
        return [.. ledger.RootElement.GetProperty("databases").EnumerateArray().Select(name => name.GetString())];
    }

    static async Task<object?> ReadAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(Cancelled);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Cancelled);
    }
}
