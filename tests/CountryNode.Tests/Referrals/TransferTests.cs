using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Sealing;
using Coordination.Hosting.Trust;
using Coordination.Local;
using Google.Protobuf;
using Grpc.Core;

namespace Coordination.CountryNode.Tests.Referrals;

/// <summary>What whoever leaves an office leaves there for whoever comes.</summary>
public sealed class TransferTests(SharedRegion shared)
{
    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_note_lies_in_the_office_with_the_signed_list_of_what_is_open_there()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        using var bangkok = region.Office("TH");
        using var vientiane = region.Office("LA");
        using var worker = region.Office("LA", "case-worker");
        (await Client(vientiane).GetTransferAsync(new(), vientiane.Options)).ShouldBe(new GetTransferResponse());
        var (waits, taken, over) = (await OpenAsync(), await OpenAsync(), await OpenAsync());
        var feared = await OpenAsync($"LA:focal-point@{region["LA"].Country.Unit}");
        await bangkok.HandOverAsync(vientiane, taken);
        await vientiane.UntilAsync(over, referral => referral.State is ReferralState.Sent);
        await bangkok.CancelAsync(over);
        await vientiane.UntilAsync(over, referral => referral.State is ReferralState.Cancelled);
        (await Poll.UntilAsync(async () => await region["LA"].AskAsync<long>("select count(*) from dossier where id in ($1, $2) and office is not null", waits.ToByteArray(), feared.ToByteArray()) == 2, TimeSpan.FromSeconds(30), Cancelled)).ShouldBeTrue();

        var left = (await Client(vientiane).LeaveTransferAsync(new() { Note = "The shelter telephones on Mondays." }, vientiane.Options)).Transfer;
        var transfer = Transfer.Parser.ParseFrom(left.Transfer);
        (transfer.Node, transfer.Office.Unit, transfer.Note, transfer.More).ShouldBe(("LA", region["LA"].Country.Unit, "The shelter telephones on Mondays.", false));
        // What is owed first stands first, and nothing of a person who fears the office.
        transfer.Matters.Select(matter => (matter.DossierId, matter.Country, matter.Type, matter.State, matter.Owed)).ShouldBe(
        [
            (waits, "TH", ReferralType.Repatriation, ReferralState.Sent, Clock.Acknowledge), (taken, "TH", ReferralType.Repatriation, ReferralState.TakenUp, Clock.Unspecified),
        ]);
        transfer.Matters[0].DueAt.ShouldBe((await vientiane.GetAsync(waits)).Debts.Single(debt => debt.Clock is Clock.Acknowledge).DueAt);
        region.PenOf("LA").Key.Verify(SignatureKind.Transfer, left.Transfer.Span, left.Signature.Span).ShouldBeTrue();
        region.PenOf("LA").Key.Verify(SignatureKind.Receipt, left.Transfer.Span, left.Signature.Span).ShouldBeFalse();

        var lies = await Client(vientiane).GetTransferAsync(new(), vientiane.Options);
        (lies.Transfer, lies.TakenBy, lies.TakenAt).ShouldBe((left, "", null));
        // What lies in one office is no other's.
        (await Client(worker).GetTransferAsync(new(), worker.Options)).Transfer.ShouldBeNull();
        (await Refused.ByAsync(() => Client(worker).TakeOverAsync(new() { TransferId = lies.TransferId }, worker.Options).ResponseAsync)).ShouldBe(StatusCode.NotFound, "TRANSFER_NOT_FOUND", "Read what does");
        (await region["LA"].AskAsync<long>("select count(*) from transfer where position('Mondays'::bytea in content) > 0")).ShouldBe(0);

        async Task<ByteString> OpenAsync(params string[] feared) => (await bangkok.Referrals.OpenAsync(
            new() { Command = OfficeClient.About(), Opened = Regions.Repatriation("TH", "LA"), Particulars = new() { Preview = new() { BarredOffices = { feared } } } }, bangkok.Options)).Referral.DossierId;
    }

    [Fact]
    public async Task Whoever_takes_over_first_stands_and_a_new_note_takes_the_place_of_the_one_before()
    {
        await using var region = await shared.StartAsync(["TH", "LA"], down: "LA");
        using var bangkok = region.Office("TH");
        await Client(bangkok).LeaveTransferAsync(new() { Note = "first" }, bangkok.Options);
        var first = await Client(bangkok).GetTransferAsync(new(), bangkok.Options);
        var copy = await region["TH"].AskAsync<byte[]>("select content from transfer");
        var taken = await Client(bangkok).TakeOverAsync(new() { TransferId = first.TransferId }, bangkok.Options);
        taken.TakenBy.ShouldNotBeEmpty();
        (await Client(bangkok).TakeOverAsync(new() { TransferId = first.TransferId }, bangkok.Options)).ShouldBe(taken);
        (await Client(bangkok).GetTransferAsync(new(), bangkok.Options)).TakenAt.ShouldBe(taken.TakenAt);

        // Nobody's note goes unread.
        foreach (var read in (ByteString[])[ByteString.Empty, ByteString.CopyFrom(new byte[32])])
            (await Refused.ByAsync(() => Client(bangkok).LeaveTransferAsync(new() { Note = "unread", Replaces = read }, bangkok.Options).ResponseAsync)).ShouldBe(StatusCode.FailedPrecondition, "TRANSFER_CHANGED", "Read it first");
        (await Client(bangkok).GetTransferAsync(new(), bangkok.Options)).Transfer.ShouldBe(first.Transfer);
        await Client(bangkok).LeaveTransferAsync(new() { Note = "second", Replaces = first.TransferId }, bangkok.Options);
        var second = await Client(bangkok).GetTransferAsync(new(), bangkok.Options);
        (Transfer.Parser.ParseFrom(second.Transfer.Transfer).Note, second.TakenBy).ShouldBe(("second", ""));
        (await Refused.ByAsync(() => Client(bangkok).TakeOverAsync(new() { TransferId = first.TransferId }, bangkok.Options).ResponseAsync)).Reason.ShouldBe("TRANSFER_NOT_FOUND");
        // From no copy of the database: its key is gone.
        var id = DossierId.Read(first.TransferId.Span);
        region["TH"].DossierKeys().Open(id, copy, [.. "transfer "u8, .. id.ToArray()]).ShouldNotBeOfType<Disclosure.Opened>();
    }

    [Fact]
    public async Task Whoever_may_not_or_writes_too_much_is_told_why_and_what_lies_there_stays()
    {
        using var bangkok = shared.Region.Office("TH");
        (await Refused.ByAsync(() => Client(bangkok).LeaveTransferAsync(new() { Note = new string('ก', 4001) }, bangkok.Options).ResponseAsync)).Fields.ShouldBe(["note"]);
        (await Refused.ByAsync(() => Client(bangkok).TakeOverAsync(new() { TransferId = ByteString.CopyFromUtf8("id") }, bangkok.Options).ResponseAsync)).Fields.ShouldBe(["transfer_id"]);
        foreach (var role in (string[])["approver", "auditor", "administrator"])
        {
            using var office = shared.Region.Office("TH", role);
            (await Refused.ByAsync(() => Client(office).LeaveTransferAsync(new(), office.Options).ResponseAsync)).ShouldBe(StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED", "may not do this");
            (await Refused.ByAsync(() => Client(office).GetTransferAsync(new(), office.Options).ResponseAsync)).Code.ShouldBe(StatusCode.PermissionDenied);
            (await Refused.ByAsync(() => Client(office).TakeOverAsync(new(), office.Options).ResponseAsync)).Code.ShouldBe(StatusCode.PermissionDenied);
        }
    }

    static TransferService.TransferServiceClient Client(OfficeClient office) => new(office.Channel);
}
