using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.Local;
using Google.Protobuf;
using Grpc.Core;

namespace Coordination.CountryNode.Tests.Referrals;

/// <summary>Retention over the API of a real node: who may, what is wrong with a request, and what a deletion leaves.</summary>
public sealed class RetentionDoorTests(SharedRegion shared)
{
    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_due_is_previewed_applied_and_certified_at_a_real_node_and_what_is_held_stays()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, """{ "table": [ { "class": "case-cancelled", "days": 0, "action": "erase", "source": "for a test" } ] }""", Cancelled);
        try
        {
            await using var region = await Region.StartAsync(new RegionOptions { Countries = ["TH", "LA"], Postgres = shared.Postgres, RetentionFile = file }, Cancelled);
            using var bangkok = region.Office("TH");
            using var administrator = region.Office("TH", "administrator");
            using var auditor = region.Office("TH", "auditor");
            var (deletes, holds) = (Client(administrator), Client(auditor));
            var (free, held) = (await CancelledAsync(bangkok), await CancelledAsync(bangkok));
            var request = new PlaceLegalHoldRequest { CommandId = OfficeClient.NewCommandId(), DossierId = held.Id, Basis = RetentionBasis.CriminalProceedings, Until = "2199-12-31" };
            var hold = (await holds.PlaceLegalHoldAsync(request, auditor.Options)).Hold;
            (await holds.PlaceLegalHoldAsync(request, auditor.Options)).Hold.ShouldBe(hold);
            (hold.DossierId, hold.Until, hold.Basis, hold.PlacedBy.Unit, hold.EndedAt).ShouldBe((held.Id, "2199-12-31", RetentionBasis.CriminalProceedings, "datip", null));
            (await deletes.ListLegalHoldsAsync(new(), administrator.Options)).Holds.ShouldBe([hold]);
            (await Refused.ByAsync(() => bangkok.Referrals.StopDataAsync(
                new() { Command = OfficeClient.About(), DossierId = held.Id, DataStopped = new() { Fate = DataFate.Erased, PaperCopies = PaperRecall.All } }, bangkok.Options).ResponseAsync))
                .ShouldBe(StatusCode.FailedPrecondition, "LEGAL_HOLD", "Retained");

            var preview = await deletes.PreviewRetentionAsync(new(), administrator.Options);
            preview.Classes.ShouldHaveSingleItem().Dossiers.ShouldHaveSingleItem().DossierId.ShouldBe(free.Id);
            var apply = new ApplyRetentionRequest { CommandId = OfficeClient.NewCommandId(), Preview = preview.Preview };
            // Two processes of a node at once delete once.
            var replica = await region["TH"].StartReplicaAsync(Cancelled);
            using var second = region.Office(replica, "administrator");
            var applied = await Task.WhenAll(deletes.ApplyRetentionAsync(apply, administrator.Options).ResponseAsync, Client(second).ApplyRetentionAsync(apply, second.Options).ResponseAsync);
            applied[1].ShouldBe(applied[0]);
            (await holds.ListCertificatesAsync(new(), auditor.Options)).Certificates.ShouldBe([applied[0].Certificate]);
            (await Refused.ByAsync(() => bangkok.Dossiers.GetParticularsAsync(new() { DossierId = free.Id, Entry = free.Entry }, bangkok.Options).ResponseAsync)).Reason.ShouldBe("PARTICULARS_ERASED");
            (await bangkok.Dossiers.GetParticularsAsync(new() { DossierId = held.Id, Entry = held.Entry }, bangkok.Options)).Particulars.Note.ShouldBe("of nobody in particular");
            (await bangkok.HistoryAsync(free.Id)).Entries.Count.ShouldBe(2);

            (await holds.EndLegalHoldAsync(new() { Hold = hold.Number }, auditor.Options)).Hold.EndedBy.Unit.ShouldBe("datip");
            (await deletes.PreviewRetentionAsync(new(), administrator.Options)).Classes.Single().Dossiers.ShouldHaveSingleItem().DossierId.ShouldBe(held.Id);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Whoever_may_not_or_asks_for_what_cannot_be_is_told_why_and_nothing_is_written()
    {
        using var bangkok = shared.Region.Office("TH");
        using var administrator = shared.Region.Office("TH", "administrator");
        using var auditor = shared.Region.Office("TH", "auditor");
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        foreach (var office in (OfficeClient[])[bangkok, auditor])
        {
            await NotAllowedAsync(() => Client(office).PreviewRetentionAsync(new(), office.Options).ResponseAsync);
            await NotAllowedAsync(() => Client(office).ApplyRetentionAsync(new(), office.Options).ResponseAsync);
        }
        foreach (var office in (OfficeClient[])[bangkok, administrator])
        {
            await NotAllowedAsync(() => Client(office).PlaceLegalHoldAsync(new(), office.Options).ResponseAsync);
            await NotAllowedAsync(() => Client(office).EndLegalHoldAsync(new(), office.Options).ResponseAsync);
        }
        await NotAllowedAsync(() => Client(bangkok).ListCertificatesAsync(new(), bangkok.Options).ResponseAsync);
        await NotAllowedAsync(() => Client(bangkok).ListLegalHoldsAsync(new(), bangkok.Options).ResponseAsync);

        var hold = new PlaceLegalHoldRequest { CommandId = OfficeClient.NewCommandId(), DossierId = id, Basis = RetentionBasis.CourtOrder, Until = "2199-12-31" };
        (await HoldAsync(request => (request.CommandId, request.DossierId, request.Basis, request.Until) = ("short", ByteString.CopyFromUtf8("id"), RetentionBasis.Unspecified, "soon"))).Fields.ShouldBe(["command_id", "dossier_id", "basis", "until"]);
        var newer = PlaceLegalHoldRequest.Parser.ParseFrom([.. hold.ToByteArray(), 0x98, 0x06, 0x01]);
        (await Refused.ByAsync(() => Client(auditor).PlaceLegalHoldAsync(newer, auditor.Options).ResponseAsync)).Fields.ShouldBe(["request"]);
        (await HoldAsync(request => request.Until = "2020-01-01")).ShouldBe(StatusCode.InvalidArgument, "FIELD_INVALID", "until has passed");
        (await HoldAsync(request => request.Basis = (RetentionBasis)99)).ShouldBe(StatusCode.InvalidArgument, "CODE_UNKNOWN", "basis");
        (await HoldAsync(request => request.DossierId = ByteString.CopyFrom(new byte[32]))).ShouldBe(StatusCode.NotFound, "DOSSIER_NOT_FOUND", "no such dossier");
        (await Refused.ByAsync(() => Client(auditor).EndLegalHoldAsync(new() { Hold = ulong.MaxValue }, auditor.Options).ResponseAsync)).ShouldBe(StatusCode.NotFound, "HOLD_NOT_FOUND", "no such hold");
        (await Refused.ByAsync(() => Client(auditor).ListLegalHoldsAsync(new() { PageSize = 201 }, auditor.Options).ResponseAsync)).Code.ShouldBe(StatusCode.InvalidArgument);

        var stale = new ApplyRetentionRequest { CommandId = OfficeClient.NewCommandId(), Preview = ByteString.CopyFrom(new byte[32]) };
        (await Refused.ByAsync(() => Client(administrator).ApplyRetentionAsync(stale, administrator.Options).ResponseAsync)).ShouldBe(StatusCode.FailedPrecondition, "RETENTION_LIST_CHANGED", "preview again");
        (await Refused.ByAsync(() => Client(administrator).ApplyRetentionAsync(new() { Preview = ByteString.CopyFromUtf8("x") }, administrator.Options).ResponseAsync)).Fields.ShouldBe(["command_id", "preview"]);
        // Without a table nothing is due.
        var none = await Client(administrator).PreviewRetentionAsync(new(), administrator.Options);
        none.Classes.ShouldBeEmpty();
        (await Refused.ByAsync(() => Client(administrator).ApplyRetentionAsync(new() { CommandId = OfficeClient.NewCommandId(), Preview = none.Preview }, administrator.Options).ResponseAsync)).ShouldBe(StatusCode.FailedPrecondition, "NOTHING_DUE", "Nothing is due");
        (await shared.Region["TH"].AskAsync<long>("select (select count(*) from certificate) + (select count(*) from legal_hold)")).ShouldBe(0);

        Task<Refused> HoldAsync(Action<PlaceLegalHoldRequest> change)
        {
            var request = hold.Clone();
            change(request);
            return Refused.ByAsync(() => Client(auditor).PlaceLegalHoldAsync(request, auditor.Options).ResponseAsync);
        }
    }

    [Fact]
    public async Task A_node_with_a_faulty_table_does_not_start_and_names_every_fault()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, """{ "table": [ { "class": "names", "days": -1, "action": "hide" } ] }""", Cancelled);
        try
        {
            var why = await Should.ThrowAsync<LocalException>(() => Region.StartAsync(new RegionOptions { Countries = ["TH", "LA"], Postgres = shared.Postgres, RetentionFile = file, Down = ["LA"] }, Cancelled));
            foreach (var says in (string[])["names is no class of data", "-1 days is no period", "hide is no action", "names no source"]) why.Message.ShouldContain(says);
        }
        finally
        {
            File.Delete(file);
        }
    }

    static RetentionService.RetentionServiceClient Client(OfficeClient office) => new(office.Channel);

    static async Task NotAllowedAsync(Func<Task> call) => (await Refused.ByAsync(call)).ShouldBe(StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED", "may not do this");

    static async Task<(ByteString Id, ByteString Entry)> CancelledAsync(OfficeClient office)
    {
        var particulars = new Particulars { Note = "of nobody in particular" };
        var id = (await office.Referrals.OpenAsync(new() { Command = OfficeClient.About(), Opened = Regions.Repatriation("TH", "LA"), Particulars = particulars }, office.Options)).Referral.DossierId;
        await office.CancelAsync(id);
        return (id, (await office.HistoryAsync(id)).Entries[0].Hash);
    }
}
