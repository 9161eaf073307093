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
    public async Task A_server_that_is_killed_recovers_what_was_committed()
    {
        await using var server = await PostgresServer.StartOwnAsync(Cancelled);
        var database = await server.CreateDatabaseAsync("kept", Cancelled);
        await ReadAsync(database.ConnectionString, "CREATE TABLE kept AS SELECT 'here' AS word; SELECT 'done'");

        await server.KillAsync();
        await server.ResumeAsync(Cancelled);

        (await ReadAsync(database.ConnectionString, "SELECT word FROM kept")).ShouldBe("here");
    }

    static async Task<object?> ReadAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(Cancelled);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Cancelled);
    }
}
