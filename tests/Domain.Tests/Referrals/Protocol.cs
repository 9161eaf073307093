using System.Collections.Immutable;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Referrals;

/// <summary>The protocol of referrals as <c>protocol.tsv</c> has it.</summary>
static class Protocol
{
    /// <summary>As the tables call them.</summary>
    public static readonly ImmutableDictionary<string, Body> Bodies = new Dictionary<string, Body>
    {
        ["Opened"] = Sample.Opened(Pair.Usual),
        ["Acknowledged"] = Sample.Acknowledged,
        ["TakenUp"] = Sample.TakenUp,
        ["Declined"] = Sample.Declined,
        ["Cancelled"] = Sample.Cancelled,
        ["ConsentWithdrawn(Everything)"] = Sample.WithdrawnAll,
        ["ConsentWithdrawn(Part)"] = Sample.WithdrawnPart,
    }.ToImmutableDictionary();

    public static readonly ImmutableArray<string> Authors = ["S", "R"];

    public static readonly ImmutableArray<Row> Rows =
        [.. Tables.Rows("protocol.tsv").Select(cells => new Row(Enum.Parse<ReferralState>(cells[0]), cells[1], cells[2], cells[3], cells[4]))];

    /// <summary>One line of the table.</summary>
    /// <param name="Verdict">applied or void.</param>
    /// <param name="Then">The state after it, or the reason.</param>
    public sealed record Row(ReferralState State, string Body, string Author, string Verdict, string Then);
}
