using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;

namespace Coordination.Hosting.Postgres;

/// <summary>Numbered, forward-only SQL files, embedded in the host, applied in order and once.</summary>
/// <remarks>
/// File names are <c>NNNN_what_it_does.sql</c>, from 0001 on without a gap. An applied file never changes: its checksum is
/// compared at every start.
/// </remarks>
public static class Migrations
{
    /// <summary>Any number: replicas that start together take turns on it.</summary>
    const long AdvisoryLock = 0x636f6f7264;

    /// <summary>Brings the database up to the newest embedded file.</summary>
    /// <exception cref="InvalidOperationException">The files are not 1, 2, 3…, an applied file has changed, one was put before it, or the database is newer than this program.</exception>
    public static async Task ApplyAsync(NpgsqlDataSource database, Assembly host, CancellationToken cancellationToken)
    {
        var files = host.GetManifestResourceNames()
            .Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
            .Select(name => Read(host, name))
            .OrderBy(file => file.Number)
            .ToList();
        if (files.Where((file, i) => file.Number != i + 1).FirstOrDefault() is { } stray)
            throw new InvalidOperationException($"Migration {stray.Name} does not follow the one before it: the files are numbered 0001, 0002, 0003…, each number once.");

        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("select pg_advisory_xact_lock(@AdvisoryLock)", new { AdvisoryLock }, cancellationToken: cancellationToken));
        await connection.ExecuteAsync(new CommandDefinition(
            """
            create table if not exists migration (
                number     integer primary key,
                name       text not null,
                checksum   text not null,
                applied_at timestamptz not null default now()
            )
            """, cancellationToken: cancellationToken));
        var applied = (await connection.QueryAsync<(int Number, string Checksum)>(
            new CommandDefinition("select number, checksum from migration order by number", cancellationToken: cancellationToken))).ToDictionary(row => row.Number, row => row.Checksum);

        if (applied.Keys.Except(files.Select(file => file.Number)).ToList() is [var unknown, ..])
            throw new InvalidOperationException($"The database has migration {unknown}, which this program does not know: start a newer program.");
        foreach (var file in files)
        {
            if (applied.TryGetValue(file.Number, out var checksum))
            {
                if (checksum != file.Checksum) throw new InvalidOperationException($"Migration {file.Name} was changed after it had been applied.");
                continue;
            }
            if (applied.Keys.FirstOrDefault(number => number > file.Number) is var later and > 0)
                throw new InvalidOperationException($"Migration {file.Name} was not applied, but {later} was: a new file takes the next number, and none is put in before it.");
            await connection.ExecuteAsync(new CommandDefinition(file.Sql, cancellationToken: cancellationToken));
            await connection.ExecuteAsync(new CommandDefinition("insert into migration (number, name, checksum) values (@Number, @Name, @Checksum)", file, cancellationToken: cancellationToken));
        }
        await transaction.CommitAsync(cancellationToken);
    }

    static MigrationFile Read(Assembly host, string resource)
    {
        using var stream = host.GetManifestResourceStream(resource)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var sql = reader.ReadToEnd();
        var name = resource.Split('.')[^2];
        return new MigrationFile(int.Parse(name.Split('_')[0]), name, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql))), sql);
    }

    sealed record MigrationFile(int Number, string Name, string Checksum, string Sql);
}
