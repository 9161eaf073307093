using Coordination.Hosting.Postgres;
using Npgsql;

namespace Coordination.CountryNode.Tests.Starting;

/// <summary>How a database comes to the form that the program knows.</summary>
public sealed class MigrationsTests(SharedRegion shared)
{
    static int Files => typeof(Store.PostgresStore).Assembly.GetManifestResourceNames().Count(name => name.EndsWith(".sql", StringComparison.Ordinal));

    [Fact]
    public async Task Migrations_are_applied_once_also_by_programs_that_start_together()
    {
        await WithDatabaseAsync(async database =>
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ApplyAsync(database)));
            await ApplyAsync(database);
            (await ScalarAsync(database, "select count(*) from migration")).ShouldBe((long)Files);
            (await ScalarAsync(database, "select count(*) from entry")).ShouldBe(0L);
        });
    }

    [Fact]
    public async Task A_migration_that_was_changed_after_it_had_been_applied_is_refused()
    {
        await WithDatabaseAsync(async database =>
        {
            await ApplyAsync(database);
            await ScalarAsync(database, "update migration set checksum = 'another'");
            (await Should.ThrowAsync<InvalidOperationException>(() => ApplyAsync(database))).Message.ShouldContain("was changed after it had been applied");
        });
    }

    [Fact]
    public async Task A_database_that_is_newer_than_the_program_is_refused()
    {
        await WithDatabaseAsync(async database =>
        {
            await ApplyAsync(database);
            await ScalarAsync(database, "insert into migration (number, name, checksum) values (9999, 'from the future', '')");
            (await Should.ThrowAsync<InvalidOperationException>(() => ApplyAsync(database))).Message.ShouldContain("start a newer program");
        });
    }

    [Fact]
    public async Task A_file_that_does_not_follow_the_one_before_it_is_refused_and_nothing_is_applied()
    {
        await WithDatabaseAsync(async database =>
        {
            var refused = await Should.ThrowAsync<InvalidOperationException>(() => Migrations.ApplyAsync(database, typeof(MigrationsTests).Assembly, TestContext.Current.CancellationToken));
            refused.Message.ShouldBe("Migration 0003_third does not follow the one before it: the files are numbered 0001, 0002, 0003…, each number once.");
            (await ScalarAsync(database, "select to_regclass('first') is null and to_regclass('migration') is null")).ShouldBe(true);
        });
    }

    [Fact]
    public async Task A_file_that_was_put_in_before_one_that_is_applied_is_refused()
    {
        await WithDatabaseAsync(async database =>
        {
            await ApplyAsync(database);
            await ScalarAsync(database, "delete from migration where number = 3");
            (await Should.ThrowAsync<InvalidOperationException>(() => ApplyAsync(database))).Message.ShouldContain("Migration 0003_overviews was not applied, but 4 was");
        });
    }

    [Fact]
    public async Task A_dossier_is_listed_under_the_codes_of_the_protocol_and_no_others()
    {
        await WithDatabaseAsync(async database =>
        {
            await ApplyAsync(database);
            foreach (var type in Enum.GetNames<Domain.Referrals.ReferralType>()) await ListAsync("type", type);
            foreach (var urgency in Enum.GetNames<Domain.Referrals.Urgency>()) await ListAsync("urgency", urgency);
            foreach (var column in (string[])["type", "urgency"])
                (await Should.ThrowAsync<PostgresException>(() => ListAsync(column, "Another"))).SqlState.ShouldBe(PostgresErrorCodes.CheckViolation);

            Task ListAsync(string column, string code) => ScalarAsync(database, $"insert into dossier (id, held, {column}) values (sha256('{code}'), 0, '{code}')");
        });
    }

    static Task ApplyAsync(NpgsqlDataSource database) => Migrations.ApplyAsync(database, typeof(Store.PostgresStore).Assembly, TestContext.Current.CancellationToken);

    static async Task<object?> ScalarAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }

    async Task WithDatabaseAsync(Func<NpgsqlDataSource, Task> test)
    {
        var database = await shared.Postgres.CreateDatabaseAsync("migrations", TestContext.Current.CancellationToken);
        try
        {
            await using var source = NpgsqlDataSource.Create(database.ConnectionString);
            await test(source);
        }
        finally
        {
            await shared.Postgres.DropDatabaseAsync(database, CancellationToken.None);
        }
    }
}
