using Coordination.Local;
using Npgsql;

namespace Coordination.CountryNode.Tests;

/// <summary>What tests ask of a node's database.</summary>
static class Databases
{
    /// <summary>One value from a node's database.</summary>
    public static async Task<T> AskAsync<T>(this RegionNode node, string sql, params object[] parameters)
    {
        await using var connection = new NpgsqlConnection($"{node.DatabaseConnectionString};Application Name=test");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters) command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        var value = await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
        return value is null or DBNull ? default! : (T)value;
    }
}
