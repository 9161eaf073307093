using Coordination.Contracts.Dossier.V1;

namespace Coordination.CountryNode.Pages;

/// <summary>Who opened what about a person, and why; what was written alone. The chain of the log is verified by whoever shows it.</summary>
static class AuditPage
{
    const uint Rows = 50;

    public static void Map(IEndpointRouteBuilder pages) => pages.MapGet(Navigation.Audit, async (ulong? after, Calls calls, Accounts.People people, CancellationToken cancellationToken) =>
    {
        var log = await calls.Audit.ListAccessAsync(new() { After = after ?? 0, PageSize = Rows }, cancellationToken: cancellationToken);
        var alone = await calls.Audit.ListWrittenAloneAsync(new(), cancellationToken: cancellationToken);
        var rows = log.Rows.Select(kept => AccessRow.Parser.ParseFrom(kept.Row)).ToArray();
        var names = (await people.ListAsync(cancellationToken)).ToDictionary(known => known.Person.Id, known => known.Person.UserName ?? "", StringComparer.Ordinal);
        return Screen.Show<AuditView>(new AuditModel(rows, names, [.. alone.Written], rows.Length == Rows ? rows[^1].Number : null));
    });
}

/// <param name="Rows">By number.</param>
/// <param name="Names">By which people sign in, by what the log calls them; whoever came with a token is not among them.</param>
/// <param name="Alone">Newest first.</param>
/// <param name="Next">The number after which the next page begins; null on the last.</param>
public sealed record AuditModel(IReadOnlyList<AccessRow> Rows, IReadOnlyDictionary<string, string> Names, IReadOnlyList<WrittenAlone> Alone, ulong? Next);
