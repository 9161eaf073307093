using Coordination.Contracts.Dossier.V1;
using Coordination.CountryNode.Store;
using Coordination.Hosting.Evidence;
using Coordination.Hosting.Trust;
using Google.Protobuf;

namespace Coordination.CountryNode.Pages;

/// <summary>Who opened what about a person, and why; whether the chain of the log holds; what was written alone.</summary>
static class AuditPage
{
    const uint Rows = 50;

    /// <summary>Rows of one look at the chain.</summary>
    const int AtOnce = 2000;

    public static void Map(IEndpointRouteBuilder pages) => pages.MapGet(Navigation.Audit, async (
        ulong? after, bool? verify, Calls calls, Accounts.People people, AccessLog chain, LogWitnesses witnesses, TrustInForce trust, CancellationToken cancellationToken) =>
    {
        var log = await calls.Audit.ListAccessAsync(new() { After = after ?? 0, PageSize = Rows }, cancellationToken: cancellationToken);
        var alone = await calls.Audit.ListWrittenAloneAsync(new(), cancellationToken: cancellationToken);
        var rows = log.Rows.Index().Select(kept => Read(kept.Item, (after ?? 0) + (ulong)kept.Index + 1)).ToArray();
        var names = (await people.ListAsync(cancellationToken)).ToDictionary(known => known.Person.Id, known => known.Person.UserName ?? "", StringComparer.Ordinal);
        return Screen.Show<AuditView>(new AuditModel(
            rows, names, [.. alone.Written], rows.Length == Rows ? rows[^1].Number : null,
            verify is true ? await VerifyAsync(chain, witnesses, trust, cancellationToken) : null));
    });

    /// <summary>A row as it says; one that somebody changed so that nothing can be read of it has its number alone.</summary>
    static AccessRow Read(KeptAccessRow kept, ulong number)
    {
        try
        {
            if (AccessRow.Parser.ParseFrom(kept.Row) is { At: not null } row && Enum.IsDefined(row.Act) && Enum.IsDefined(row.Reason)) return row;
        }
        catch (InvalidProtocolBufferException)
        {
        }
        return new() { Number = number };
    }

    /// <summary>Follows the whole log from its first row, and compares it with what other countries countersigned.</summary>
    static async Task<ChainChecked> VerifyAsync(AccessLog chain, LogWitnesses witnesses, TrustInForce trust, CancellationToken cancellationToken)
    {
        var rows = new List<KeptAccessRow>();
        while (await chain.RowsAsync((ulong)rows.Count, AtOnce, cancellationToken) is { Count: > 0 } more) rows.AddRange(more);
        var signed = await witnesses.ListAsync(cancellationToken);
        var flaw = AccessChain.FlawIn(rows) ?? AccessChain.FlawInWitnesses(rows, signed, trust.Current);
        return new(
            rows.Count, flaw, flaw is null ? [.. AccessChain.BreaksIn(rows).Select(broken => broken.Number)] : [],
            flaw is null ? [.. AccessChain.StandingIn(rows, signed).GroupBy(place => place.Witness, StringComparer.Ordinal).Select(of => (of.Key, of.Max(place => place.Number)))] : []);
    }
}

/// <param name="Rows">By number.</param>
/// <param name="Names">By which people sign in, by what the log calls them; whoever came with a token is not among them.</param>
/// <param name="Alone">Newest first.</param>
/// <param name="Next">The number after which the next page begins; null on the last.</param>
/// <param name="Checked">What a look at the whole chain found; null where nobody asked for one.</param>
public sealed record AuditModel(IReadOnlyList<AccessRow> Rows, IReadOnlyDictionary<string, string> Names, IReadOnlyList<WrittenAlone> Alone, ulong? Next, ChainChecked? Checked);

/// <param name="Rows">How many there are.</param>
/// <param name="Flaw">The first thing that is wrong, an English sentence; null for nothing.</param>
/// <param name="Breaks">Rows that acknowledge that the log breaks off.</param>
/// <param name="Standing">Countries, and up to which row each countersigned the log as it stands.</param>
public sealed record ChainChecked(int Rows, string? Flaw, IReadOnlyList<ulong> Breaks, IReadOnlyList<(string Country, ulong Number)> Standing);
