using Coordination.Contracts.Referral.V1;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Referrals;
using Google.Protobuf;
using Referrals = Coordination.Domain.Referrals;

namespace Coordination.CountryNode.Doors;

/// <summary>A referral as clients see it.</summary>
static class ReferralView
{
    public static Referral Of(Dossier<Referrals.Referral> dossier)
    {
        var view = new Referral
        {
            DossierId = ByteString.CopyFrom(dossier.Id.ToArray()),
            ConsentWithdrawn = dossier.Withdrawals.Any(entry => entry.Body is Referrals.ConsentWithdrawn { Scope: Referrals.WithdrawalScope.Everything }),
            Waiting = (uint)dossier.Waiting.Length,
            UpgradeNeeded = dossier.UpgradeNeeded,
        };
        view.Chains.AddRange(dossier.Heads.Select(head => new ChainLength { Author = head.Author.ToString(), Seq = (uint)head.Seq }));
        if (dossier.State is not { } referral) return view;

        view.State = StateOf(referral.State);
        view.Sender = referral.Sender.ToString();
        view.Receiver = referral.Receiver.ToString();
        view.Opened = ReferralWire.Write(referral.Opened);
        view.Consent = referral.Consent is null ? null : ReferralWire.Write(referral.Consent);
        return view;
    }

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
