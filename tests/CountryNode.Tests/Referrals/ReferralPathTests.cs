using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Google.Protobuf;

namespace Coordination.CountryNode.Tests.Referrals;

/// <summary>Two real nodes, from the API of the one to the API of the other.</summary>
public sealed class ReferralPathTests(SharedRegion shared)
{
    [Fact]
    public async Task A_referral_is_opened_acknowledged_and_taken_up_and_both_nodes_hold_the_same()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");

        var opened = await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"));
        opened.State.ShouldBe(ReferralState.Sent);
        await vientiane.UntilAsync(opened.DossierId, referral => referral.State is ReferralState.Sent);
        (await vientiane.AcknowledgeAsync(opened.DossierId)).State.ShouldBe(ReferralState.Received);
        (await vientiane.TakeUpAsync(opened.DossierId)).State.ShouldBe(ReferralState.TakenUp);

        var there = await bangkok.UntilAsync(opened.DossierId, referral => referral.State is ReferralState.TakenUp);
        // What is open differs from side to side; what is due is known at both once both have the receipts.
        await vientiane.UntilAsync(opened.DossierId, here => here.Common().Equals(there.Common()));
        await SameSetAsync(opened.DossierId, entries: 3);
        foreach (var office in (OfficeClient[])[bangkok, vientiane])
        {
            var history = await office.HistoryAsync(opened.DossierId);
            history.Entries.Select(entry => entry.Statement).ShouldBe(["Opened", "Acknowledged", "TakenUp"]);
            history.Entries.ShouldAllBe(entry => entry.Verdict == Verdict.Applied);
            history.Entries[0].Receipts.Select(receipt => receipt.Holder).ShouldBe(["LA"]);
            history.Entries[2].Receipts.Select(receipt => receipt.Holder).ShouldBe(["TH"]);
        }
    }

    [Fact]
    public async Task A_referral_is_declined_and_both_nodes_hold_the_same()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");

        var opened = await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"));
        await vientiane.UntilAsync(opened.DossierId, referral => referral.State is ReferralState.Sent);
        (await vientiane.DeclineAsync(opened.DossierId, DeclineReason.NotOurNational)).State.ShouldBe(ReferralState.Declined);

        await bangkok.UntilAsync(opened.DossierId, referral => referral.State is ReferralState.Declined);
        await SameSetAsync(opened.DossierId, entries: 2);
    }

    [Fact]
    public async Task A_cancel_that_crosses_a_take_up_wins_at_both_nodes()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        var id = await ReceivedAsync(bangkok, vientiane);

        await shared.Region["TH"].HoldBackAsync(id, "LA");
        await shared.Region["LA"].HoldBackAsync(id, "TH");
        (await bangkok.CancelAsync(id)).State.ShouldBe(ReferralState.Cancelled);
        (await vientiane.TakeUpAsync(id)).State.ShouldBe(ReferralState.TakenUp);
        await shared.Region["TH"].LetGoAsync(id);
        await shared.Region["LA"].LetGoAsync(id);

        await vientiane.UntilAsync(id, referral => referral.State is ReferralState.Cancelled);
        await bangkok.UntilAsync(id, referral => referral.Chains.Single(chain => chain.Author == "LA").Seq == 2);
        await SameSetAsync(id, entries: 4);
        foreach (var office in (OfficeClient[])[bangkok, vientiane])
        {
            var takenUp = (await office.HistoryAsync(id)).Entries.Single(entry => entry.Statement == "TakenUp");
            takenUp.Verdict.ShouldBe(Verdict.Void);
            takenUp.Reason.ShouldBe("NOT_OPEN");
            takenUp.Explanation.ShouldBe("TakenUp is not open while the referral is Cancelled.");
        }
    }

    [Fact]
    public async Task A_withdrawal_of_consent_that_crosses_a_decline_wins_at_both_nodes()
    {
        using var bangkok = shared.Region.Office("TH", "case-worker");
        using var focalPoint = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        var id = await ReceivedAsync(focalPoint, vientiane);

        await shared.Region["TH"].HoldBackAsync(id, "LA");
        await shared.Region["LA"].HoldBackAsync(id, "TH");
        (await bangkok.WithdrawConsentAsync(id)).State.ShouldBe(ReferralState.Withdrawn);
        (await vientiane.DeclineAsync(id, DeclineReason.Duplicate)).State.ShouldBe(ReferralState.Declined);
        await shared.Region["TH"].LetGoAsync(id);
        await shared.Region["LA"].LetGoAsync(id);

        var there = await vientiane.UntilAsync(id, referral => referral.State is ReferralState.Withdrawn);
        there.ConsentWithdrawn.ShouldBeTrue();
        there.Consent.ShouldBeNull();
        await bangkok.UntilAsync(id, referral => referral.Chains.Single(chain => chain.Author == "LA").Seq == 2);
        await SameSetAsync(id, entries: 4);
    }

    [Fact]
    public async Task A_part_of_the_consent_is_withdrawn_and_the_rest_goes_on()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        var request = Regions.Repatriation("TH", "LA");
        request.Consent.Purposes.Add(Purpose.FamilyTracing);
        var id = (await bangkok.OpenAsync(request)).DossierId;

        var withdrawn = new ConsentWithdrawn { Part = new() { Purposes = { Purpose.FamilyTracing } } };
        await bangkok.Referrals.WithdrawConsentAsync(new() { Command = OfficeClient.About(), DossierId = id, Withdrawn = withdrawn }, bangkok.Options);

        var there = await vientiane.UntilAsync(id, referral => referral.Consent?.Purposes.Count == 1);
        there.State.ShouldBe(ReferralState.Sent);
        there.Consent.Purposes.ShouldBe([Purpose.Return]);
        there.ConsentWithdrawn.ShouldBeFalse();
    }

    async Task<ByteString> ReceivedAsync(OfficeClient sender, OfficeClient receiver)
    {
        var id = (await sender.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        await receiver.UntilAsync(id, referral => referral.State is ReferralState.Sent);
        await receiver.AcknowledgeAsync(id);
        await sender.UntilAsync(id, referral => referral.State is ReferralState.Received);
        await shared.Region["TH"].UntilDeliveredAsync(id);
        await shared.Region["LA"].UntilDeliveredAsync(id);
        return id;
    }

    async Task SameSetAsync(ByteString id, int entries)
    {
        await shared.Region["TH"].UntilDeliveredAsync(id);
        await shared.Region["LA"].UntilDeliveredAsync(id);
        var bangkok = await shared.Region["TH"].SetAsync(id);
        bangkok.Split('\n').Length.ShouldBe(entries);
        bangkok.ShouldBe(await shared.Region["LA"].SetAsync(id));
    }
}
