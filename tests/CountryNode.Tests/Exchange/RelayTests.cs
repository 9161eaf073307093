using Coordination.Contracts.Referral.V1;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Trust;
using Coordination.Local;
using Google.Protobuf;

namespace Coordination.CountryNode.Tests.Exchange;

/// <summary>What a node makes of its peers' answers.</summary>
public sealed class RelayTests(SharedRegion shared)
{
    [Fact]
    public async Task A_chain_that_is_refused_for_good_stops_is_seen_and_stops_no_other()
    {
        await using var region = await shared.StartAsync(["TH", "LA"], down: "LA");
        using var bangkok = region.Office("TH");
        using var vientiane = region.Office("LA");
        var damaged = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        await region["TH"].AskAsync<object?>("update entry set signature = sha256(signature) || sha256(bytes) where dossier_id = $1", damaged.ToByteArray());
        var sound = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;

        await region["LA"].StartAsync(TestContext.Current.CancellationToken);
        await vientiane.UntilAsync(sound, referral => referral.State is ReferralState.Sent);
        (await Poll.UntilAsync(
            async () => await region["TH"].AskAsync<string?>("select stopped_by from outbox where dossier_id = $1", damaged.ToByteArray()) == "BAD_SIGNATURE",
            TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken)).ShouldBeTrue();
        ErrorLogs.In(region["TH"]).Single().ShouldContain("until a person has looked");
        (await region["LA"].AskAsync<long>("select count(*) from audit where reason = 'BAD_SIGNATURE' and dossier_id = $1", damaged.ToByteArray())).ShouldBe(1);
    }

    [Fact]
    public void A_receipt_counts_only_with_its_holders_signature_as_it_was_made()
    {
        var trust = shared.Region["LA"].TrustList();
        var opening = shared.Region.PenOf("TH").Open("LA");
        var receipt = shared.Region.PenOf("LA").Receipt(opening.Entry, TimeProvider.System.GetUtcNow());
        var signed = receipt.ToWire();
        SignedReceipt.Read(signed, trust).ShouldNotBeNull().Hash.ShouldBe(opening.Entry.Hash);

        var changed = Contracts.Dossier.V1.Receipt.Parser.ParseFrom(signed.Receipt);
        changed.Seq++;
        SignedReceipt.Read(new() { Receipt = changed.ToByteString(), Signature = signed.Signature, KeyId = signed.KeyId }, trust).ShouldBeNull();

        var anothers = shared.Region.PenOf("VN");
        var claimed = new Contracts.Dossier.V1.SignedReceipt
        {
            Receipt = signed.Receipt, KeyId = anothers.Key.Id, Signature = ByteString.CopyFrom(anothers.Key.Sign(SignatureKind.Receipt, signed.Receipt.Span)),
        };
        SignedReceipt.Read(claimed, trust).ShouldBeNull();
        SignedReceipt.Read(new() { Receipt = ByteString.CopyFromUtf8("garbage"), Signature = signed.Signature, KeyId = signed.KeyId }, trust).ShouldBeNull();
    }
}
