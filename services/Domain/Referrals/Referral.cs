using System.Collections.Immutable;
using System.Diagnostics;
using Coordination.Domain.Dossiers;
using static Coordination.Domain.Referrals.ReferralState;

namespace Coordination.Domain.Referrals;

/// <summary>What two countries know of one referred case, seen from either side.</summary>
/// <remarks>Holds no personal data: that is the case file's, which travels apart.</remarks>
/// <param name="State">Where it stands.</param>
/// <param name="Opened">As it was opened.</param>
/// <param name="Sender">S, who opened it.</param>
/// <param name="Receiver">R, to whom it was sent.</param>
/// <param name="Consent">What remains of the consent; null when none was given, or all was withdrawn.</param>
public sealed record Referral(ReferralState State, Opened Opened, NodeId Sender, NodeId Receiver, Consent? Consent) : IProtocol<Referral>
{
    /// <summary>The version of this protocol that openings name.</summary>
    public const int ProtocolVersion = 1;

    /// <summary>The whole protocol. A decision that is not listed is void; a happening is recorded.</summary>
    public Outcome<Referral> Next(Entry entry) => (State, entry.Body) switch
    {
        (_, ConsentWithdrawn { Scope: WithdrawalScope.Everything }) => this with { State = Withdrawn, Consent = null },
        (_, ConsentWithdrawn { Scope: WithdrawalScope.Part part }) => this with { Consent = Consent?.Without(part) },

        (_, Acknowledged or TakenUp or Declined) when !entry.By(Receiver) => IsForTheOther(entry, Receiver),
        (_, Cancelled) when !entry.By(Sender) => IsForTheOther(entry, Sender),

        (Sent, Acknowledged) => this with { State = Received },
        (Received, TakenUp) => this with { State = ReferralState.TakenUp },
        (Sent or Received or ReferralState.TakenUp, Declined declined) => declined.IsAllowedFor(Opened.Type)
            ? this with { State = ReferralState.Declined }
            : Void.Because(ReasonCode.CodeNotAllowed, $"{declined.Reason} is no reason to decline a referral for {Opened.Type}."),
        (Sent or Received or ReferralState.TakenUp, Cancelled) => this with { State = ReferralState.Cancelled },

        (_, Decision) => Void.Because(ReasonCode.NotOpen, $"{entry.Body.Name} is not open while the referral is {State}."),
        _ => throw new UnreachableException($"{entry.Body.Name} is no statement of a referral."),
    };

    /// <summary>The state after Opened, or why it opens nothing.</summary>
    public static Outcome<Referral> Open(Entry opening)
    {
        if (opening is not { Body: Opened opened, Opening: { Kind: Kind.Referral, Writers: [var sender, var receiver], Readers: [] } })
            return Misshapen("A referral is opened by Opened, between two writers and without readers.");
        if (opened.Host == opened.Origin) return Misshapen("Host and origin are the same country.");
        if (!opened.Host.IsCountry || !opened.Origin.IsCountry) return Misshapen("Host and origin are countries: the secretariat holds no case.");
        if (!IsPair(sender, receiver, opened.Host, opened.Origin)) return Misshapen("The two writers are not the host and the origin.");
        if (sender != SenderOf(opened)) return Void.Because(ReasonCode.WrongParticipant, $"A referral for {opened.Type} is opened by {SenderOf(opened)}.");

        var isMinor = opened.Minority is not Minority.Adult;
        if (isMinor && opened.AuthorisedBy is null) return Void.Because(ReasonCode.AuthorisationMissing, "A minor's referral names who authorised it.");
        if (!isMinor && opened.AuthorisedBy is not null) return Misshapen("An adult's referral is authorised by nobody else.");
        if (isMinor && opened.Type is ReferralType.FamilyTracing && (opened.BestInterestsOn is not { } on || on > opening.HappenedOn))
            return Void.Because(ReasonCode.BestInterestsMissing, "A child's family is traced only after the child's best interests were determined.");

        if (opened.Basis is Basis.Consent && opened.Consent?.Recipients.Contains(receiver) is not true)
            return Void.Because(ReasonCode.ConsentMissing, $"The consent does not name {receiver} as a recipient.");
        if (opened.Basis is Basis.Consent && opened.Consent!.Until < opening.HappenedOn)
            return Void.Because(ReasonCode.ConsentExpired, "The consent had ended before the referral was opened.");
        if (opened.ReplyBy < opening.HappenedOn)
            return Void.Because(ReasonCode.ReplyByPassed, "The day to reply by lies before the opening.");

        return new Referral(Sent, opened, sender, receiver, opened.Consent);

        static Outcome<Referral> Misshapen(string why) => Void.Because(ReasonCode.WrongForm, why);
    }

    /// <summary>S: the origin for LocateAndProtect, else the host.</summary>
    public static NodeId SenderOf(Opened opened) => opened.Type is ReferralType.LocateAndProtect ? opened.Origin : opened.Host;

    /// <summary>R: the other one.</summary>
    public static NodeId ReceiverOf(Opened opened) => opened.Type is ReferralType.LocateAndProtect ? opened.Host : opened.Origin;

    /// <summary>The states in which an entry like this one would be applied or recorded.</summary>
    public IEnumerable<ReferralState> OpenFrom(Entry entry) =>
        Enum.GetValues<ReferralState>().Where(state => (this with { State = state }).Next(entry) is not Voided<Referral>);

    public static int Rank(Body body) => body switch
    {
        ConsentWithdrawn => 0,
        Happening => 1,
        Cancelled or Declined => 2,
        Decision => 4,
        _ => 0,
    };

    public static bool IsWithdrawal(Body body) => body is ConsentWithdrawn;

    /// <summary>Host before origin.</summary>
    public static ImmutableArray<NodeId> Precedence(Entry opening) =>
        opening.Body is Opened opened ? [opened.Host, opened.Origin] : opening.Opening?.Writers ?? [];

    static Void IsForTheOther(Entry entry, NodeId participant) =>
        Void.Because(ReasonCode.WrongParticipant, $"{entry.Body.Name} is for {participant} to write.");

    static bool IsPair(NodeId a, NodeId b, NodeId c, NodeId d) => (a, b) == (c, d) || (a, b) == (d, c);
}
