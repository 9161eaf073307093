using Coordination.Domain.Dossiers;
using Dapper;
using Npgsql;

namespace Coordination.CountryNode.Store;

/// <summary>Up to where people have seen what changed.</summary>
public sealed class LastLooks(NpgsqlDataSource database)
{
    /// <summary>The place; null where the person has not looked yet.</summary>
    public async Task<ChangePlace?> FindAsync(string person, Office office, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<string?>(new CommandDefinition(
            "select place from accounts.last_look where person_id = @Person and office = @Office", new { Person = person, Office = office.ToString() }, cancellationToken: cancellationToken)) is { } place
            ? ChangePlace.Read(place) : null;
    }

    /// <summary>The person has seen everything up to a place.</summary>
    public async Task KeepAsync(string person, Office office, ChangePlace place, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            "insert into accounts.last_look (person_id, office, place) values (@Person, @Office, @Place) on conflict (person_id, office) do update set place = excluded.place",
            new { Person = person, Office = office.ToString(), Place = place.ToString() }, cancellationToken: cancellationToken));
    }
}
