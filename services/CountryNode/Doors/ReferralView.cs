using Coordination.Contracts.Referral.V1;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Referrals;
using Google.Protobuf;
using Referrals = Coordination.Domain.Referrals;

namespace Coordination.CountryNode.Doors;

/// <summary>A referral as clients see it.</summary>
static class ReferralView
{
    public static Referral Of(Dossier<Referrals.Referral> dossier, IEnumerable<Store.Stop> stops)
    {
        var view = new Referral
        {
            DossierId = ByteString.CopyFrom(dossier.Id.ToArray()),
            ConsentWithdrawn = dossier.Withdrawals.Any(entry => entry.Body is Referrals.ConsentWithdrawn { Scope: Referrals.WithdrawalScope.Everything }),
            Waiting = (uint)dossier.Waiting.Length,
            UpgradeNeeded = dossier.UpgradeNeeded,
        };
        view.Chains.AddRange(dossier.Heads.Select(head => new ChainLength { Author = head.Author.ToString(), Seq = (uint)head.Seq }));
        view.Stops.AddRange(stops.Select(stop => new DeliveryStop { Peer = stop.Peer.ToString(), Reason = stop.Reason }));
        if (dossier.State is not { } referral) return view;

        view.State = StateOf(referral.State);
        view.Sender = referral.Sender.ToString();
        view.Receiver = referral.Receiver.ToString();
        view.Opened = ReferralWire.Write(referral.Opened);
        view.Consent = Remaining(dossier, referral) is { } consent ? ReferralWire.Write(consent) : null;
        return view;
    }

    /// <summary>The consent less what was withdrawn in entries that still wait behind a gap: no gap suspends a withdrawal.</summary>
    static Referrals.Consent? Remaining(Dossier<Referrals.Referral> dossier, Referrals.Referral referral) =>
        dossier.Withdrawals.Where(dossier.Waiting.Contains).Select(entry => entry.Body).OfType<Referrals.ConsentWithdrawn>().Aggregate(
            referral.Consent, (consent, withdrawn) => withdrawn.Scope is Referrals.WithdrawalScope.Part part ? consent?.Without(part) : null);

    static ReferralState StateOf(Referrals.ReferralState state) => state switch
    {
        Referrals.ReferralState.Sent => ReferralState.Sent,
        Referrals.ReferralState.Received => ReferralState.Received,
        Referrals.ReferralState.TakenUp => ReferralState.TakenUp,
        Referrals.ReferralState.Declined => ReferralState.Declined,
        Referrals.ReferralState.Cancelled => ReferralState.Cancelled,
        Referrals.ReferralState.Withdrawn => ReferralState.Withdrawn,
    };
}
