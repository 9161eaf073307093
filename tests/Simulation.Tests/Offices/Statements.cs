using System.Collections.Immutable;
using Coordination.CountryNode.Desks;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Simulation.Tests;

/// <summary>What an office sees when it makes up its mind.</summary>
/// <param name="Node">Where it sits.</param>
/// <param name="Others">The other countries of the simulation.</param>
/// <param name="Dossier">What it writes into; null when it opens one.</param>
/// <param name="Today">By the node's clock.</param>
sealed record Matter(NodeId Node, IReadOnlyList<NodeId> Others, Dossier<Referral>? Dossier, DateOnly Today)
{
    public Referral? Referral => Dossier?.State;
}

/// <summary>How an office comes to make one statement.</summary>
/// <param name="Type">Of the statement.</param>
/// <param name="Act">What the office then asks its node to do.</param>
/// <param name="Often">How much more often than once: what is open everywhere, or ends a dossier, would else be all there is.</param>
/// <param name="Make">The statement from what the office sees, legal or not: the desk decides.</param>
sealed record Statement(Type Type, Act Act, int Often, Func<Chance, Matter, Body> Make)
{
    /// <summary>Every statement that an office can make. A new one needs its line here, or the campaign fails because it never met it.</summary>
    public static ImmutableArray<Statement> Table { get; } =
    [
        Of(Act.OpenReferral, 1, Opened),
        Of(Act.AcknowledgeReferral, 6, (_, _) => new Acknowledged()),
        Of(Act.TakeUpReferral, 6, (_, _) => new TakenUp()),
        Of(Act.DeclineReferral, 2, (chance, _) => new Declined(chance.Of<DeclineReason>())),
        Of(Act.CancelReferral, 2, (_, _) => new Cancelled()),
        Of(Act.WithdrawConsent, 2, (chance, matter) => new ConsentWithdrawn(Scope(chance, matter))),
    ];

    /// <summary>What a node's own program never writes: these come from another program that signs with the node's key.</summary>
    public static ImmutableArray<Type> OfOtherPrograms { get; } = [typeof(NotUnderstood), typeof(Misshapen)];

    public bool Opens => Act is Act.OpenReferral;

    static Statement Of<TBody>(Act act, int often, Func<Chance, Matter, TBody> make) where TBody : Body => new(typeof(TBody), act, often, (chance, matter) => make(chance, matter));

    static Opened Opened(Chance chance, Matter matter)
    {
        var type = chance.Of<ReferralType>();
        var other = chance.Of(matter.Others);
        var isOrigin = type is ReferralType.LocateAndProtect != chance.OneIn(20);
        var minority = chance.Of([Minority.Adult, Minority.Adult, Minority.Minor, Minority.Disputed]);
        var basis = chance.Of([Basis.Consent, Basis.Consent, Basis.RiskToLife, Basis.CourtOrder]);
        return new Opened(
            type, isOrigin ? other : matter.Node, isOrigin ? matter.Node : other,
            chance.Of<Instrument>(), chance.Of<Urgency>(), minority, basis,
            basis is Basis.Consent ? new Consent(new(Some<Purpose>(chance)), new(chance.OneIn(15) ? [] : [other]), matter.Today.AddDays(chance.OneIn(15) ? -1 : 180)) : null,
            minority is Minority.Adult || chance.OneIn(15) ? null : chance.Of<AuthorisedBy>(),
            matter.Today.AddDays(chance.OneIn(15) ? -2 : 14),
            chance.OneIn(3) ? null : matter.Today.AddDays(-3));
    }

    static WithdrawalScope Scope(Chance chance, Matter matter) => chance.OneIn(3)
        ? new WithdrawalScope.Everything()
        : new WithdrawalScope.Part(new(Some<Purpose>(chance)), new(chance.OneIn(4) ? [chance.Of(matter.Others)] : []));

    /// <summary>At least one code.</summary>
    static IEnumerable<TCode> Some<TCode>(Chance chance) where TCode : struct, Enum =>
        Enum.GetValues<TCode>().Where(_ => chance.OneIn(2)).DefaultIfEmpty(chance.Of<TCode>()).ToList();
}
