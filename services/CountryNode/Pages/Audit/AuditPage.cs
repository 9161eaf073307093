using Coordination.Contracts.Dossier.V1;

namespace Coordination.CountryNode.Pages;

/// <summary>Who opened what about a person, and why; what was written alone. The chain of the log is verified by whoever shows it.</summary>
static class AuditPage
{
    const uint Rows = 50;

    public static void Map(IEndpointRouteBuilder pages) => pages.MapGet(Navigation.Audit, async (ulong? after, Calls calls) =>
    {
        var log = await calls.Audit.ListAccessAsync(new() { After = after ?? 0, PageSize = Rows });
        var alone = await calls.Audit.ListWrittenAloneAsync(new());
        var rows = log.Rows.Select(kept => AccessRow.Parser.ParseFrom(kept.Row)).ToArray();
        return Screen.Show<AuditView>(new AuditModel(rows, [.. alone.Written], rows.Length == Rows ? rows[^1].Number : null));
    });
}

/// <param name="Rows">By number.</param>
/// <param name="Alone">Newest first.</param>
/// <param name="Next">The number after which the next page begins; null on the last.</param>
public sealed record AuditModel(IReadOnlyList<AccessRow> Rows, IReadOnlyList<WrittenAlone> Alone, ulong? Next);
