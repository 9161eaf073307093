using System.Collections.Immutable;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests;

/// <summary>Two countries and what one asks of the other, which says who sends.</summary>
public sealed record Pair(NodeId Host, NodeId Origin, ReferralType Type)
{
    /// <summary>Neighbours in both directions, by codes that sort either way; sent by the host, and by the origin.</summary>
    public static ImmutableArray<Pair> All { get; } =
    [
        Of("TH", "LA", ReferralType.Repatriation), Of("TH", "LA", ReferralType.LocateAndProtect),
        Of("LA", "TH", ReferralType.Repatriation), Of("LA", "TH", ReferralType.LocateAndProtect),
        Of("CN", "VN", ReferralType.Repatriation), Of("CN", "VN", ReferralType.LocateAndProtect),
        Of("VN", "CN", ReferralType.Repatriation), Of("VN", "CN", ReferralType.LocateAndProtect),
    ];

    /// <summary>A woman from Lao PDR in Thailand who wishes to return.</summary>
    public static Pair Usual => All[0];

    /// <summary>Takes no part.</summary>
    public static NodeId Stranger { get; } = NodeId.Parse("MM");

    public bool IsSentByHost => Type is not ReferralType.LocateAndProtect;

    public NodeId Sender => IsSentByHost ? Host : Origin;

    public NodeId Receiver => IsSentByHost ? Origin : Host;

    public static Pair Of(string host, string origin, ReferralType type = ReferralType.Repatriation) =>
        new(NodeId.Parse(host), NodeId.Parse(origin), type);

    public override string ToString() => $"{Type} {Sender}→{Receiver}";
}
