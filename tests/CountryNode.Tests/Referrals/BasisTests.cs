using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.Local;
using Google.Protobuf;
using Grpc.Core;

namespace Coordination.CountryNode.Tests.Referrals;

/// <summary>What rests on another basis than the person's consent: a second person before, or afterwards where a life is at risk.</summary>
public sealed class BasisTests(SharedRegion shared)
{
    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory(Timeout = 120_000)]
    [InlineData(Basis.RiskToLife)]
    [InlineData(Basis.CourtOrder)]
    public async Task What_is_opened_or_released_without_consent_waits_for_a_second_person_whatever_the_country_says(Basis basis)
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        using var approver = Approver();
        var approvals = new ApprovalService.ApprovalServiceClient(approver.Channel);
        var opened = await bangkok.Referrals.OpenAsync(new() { Command = OfficeClient.About(), Opened = Without(basis) }, bangkok.Options);
        opened.Referral.ShouldBeNull();
        var id = (await approvals.ApproveAsync(new() { SubmissionId = opened.AwaitingApproval.SubmissionId }, approver.Options)).Referral.DossierId;
        await bangkok.HandOverAsync(vientiane, id);

        var released = await bangkok.Referrals.ReleaseCaseFileAsync(Release(id), bangkok.Options);
        (released.Referral, released.AwaitingApproval.SubmissionId.Length).ShouldBe((null, 32));
        await approvals.ApproveAsync(new() { SubmissionId = released.AwaitingApproval.SubmissionId }, approver.Options);
        // Once the person agrees, nobody else has to.
        await bangkok.Referrals.RecordConsentAsync(new()
        {
            Command = OfficeClient.About(), DossierId = id, ConsentRecorded = new() { Consent = new() { Purposes = { Purpose.Return }, Recipients = { "LA" }, Until = Regions.InDays(90) } },
        }, bangkok.Options);
        (await bangkok.Referrals.ReleaseCaseFileAsync(Release(id), bangkok.Options)).AwaitingApproval.ShouldBeNull();
    }

    [Fact(Timeout = 120_000)]
    public async Task Where_a_life_is_at_risk_and_nobody_else_is_on_duty_it_is_written_at_once_and_a_second_person_owes_a_word()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        using var bangkok = region.Office("TH");
        using var vientiane = region.Office("LA");
        using var approver = new OfficeClient(region, region["TH"], region.Issuer.Issue("TH", $"approver@{region["TH"].Country.Unit}", person: "another"));
        using var same = new OfficeClient(region, region["TH"], region.Issuer.Issue("TH", $"approver@{region["TH"].Country.Unit}", person: $"focal-point@{region["TH"].Country.Unit}"));
        using var auditor = region.Office("TH", "auditor");
        var (approvals, audit) = (new ApprovalService.ApprovalServiceClient(approver.Channel), new AuditService.AuditServiceClient(auditor.Channel));
        var id = await OpenAloneAsync(bangkok);
        await bangkok.HandOverAsync(vientiane, id);
        var release = Alone(Release(id));
        var first = await bangkok.Referrals.ReleaseCaseFileAsync(release, bangkok.Options);
        first.Referral.DossierId.ShouldBe(id);
        // Asked again, it is answered again, and owed once.
        (await bangkok.Referrals.ReleaseCaseFileAsync(release, bangkok.Options)).ShouldBe(first);

        var waiting = (await approvals.ListSubmissionsAsync(new(), approver.Options)).Submissions;
        var history = (await bangkok.HistoryAsync(id)).Entries;
        waiting.Select(owed => (owed.DossierId, owed.Statement, owed.Written)).ShouldBe([(id, "Opened", id), (id, "CaseFileReleased", history[^1].Hash)]);
        waiting.ShouldAllBe(owed => owed.DueAt.ToDateTimeOffset() - owed.SubmittedAt.ToDateTimeOffset() == TimeSpan.FromHours(24));
        (await approver.Referrals.ListNoticesAsync(new(), approver.Options)).Notices.Count(notice => notice.Kind is NoticeKind.Submitted).ShouldBe(2);
        (await approver.Referrals.OpenCaseFileAsync(new() { SubmissionId = waiting[1].SubmissionId, Reason = AccessReason.Supervision }, approver.Options)).CaseFile.ShouldBe(release.CaseFile);
        (await Refused.ByAsync(() => new ApprovalService.ApprovalServiceClient(same.Channel).ApproveAsync(new() { SubmissionId = waiting[0].SubmissionId }, same.Options).ResponseAsync))
            .ShouldBe(StatusCode.PermissionDenied, "SAME_PERSON", "");
        (await WrittenAsync()).ShouldBe([("CaseFileReleased", AfterTheFact.Unspecified, false), ("Opened", AfterTheFact.Unspecified, false)]);

        (await approvals.ApproveAsync(new() { SubmissionId = waiting[0].SubmissionId }, approver.Options)).Referral.DossierId.ShouldBe(id);
        await approvals.SendBackAsync(new() { SubmissionId = waiting[1].SubmissionId, Reason = "It could have waited" }, approver.Options);
        (await bangkok.HistoryAsync(id)).Entries.Count.ShouldBe(history.Count);
        (await WrittenAsync()).ShouldBe([("CaseFileReleased", AfterTheFact.Objected, false), ("Opened", AfterTheFact.Approved, false)]);
        (await bangkok.Referrals.ListNoticesAsync(new(), bangkok.Options)).Notices.ShouldContain(notice => notice.Kind == NoticeKind.SentBack && notice.DossierId == id);

        async Task<IEnumerable<(string, AfterTheFact, bool)>> WrittenAsync() =>
            (await audit.ListWrittenAloneAsync(new(), auditor.Options)).Written.Select(written => (written.Statement, written.Said, written.Late));
    }

    [Fact(Timeout = 120_000)]
    public async Task What_nobody_has_said_within_a_day_is_told_of_again_and_shown_to_the_auditor_as_late()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        using var bangkok = region.Office("TH");
        using var approver = region.Office("TH", "approver");
        using var auditor = region.Office("TH", "auditor");
        foreach (var _ in Enumerable.Range(0, 3)) await OpenAloneAsync(bangkok);
        // The day has passed for the first two.
        await region["TH"].AskAsync<object?>(
            """
            update submission set submitted_at = submitted_at - interval '25 hours', due_at = due_at - interval '25 hours', remind_at = remind_at - interval '25 hours'
            where id in (select id from submission order by submitted_at limit 2)
            """);
        (await Poll.UntilAsync(
            async () => (await approver.Referrals.ListNoticesAsync(new(), approver.Options)).Notices.Count(notice => notice.Kind is NoticeKind.Waiting) == 2, TimeSpan.FromSeconds(30), Cancelled)).ShouldBeTrue();
        var audit = new AuditService.AuditServiceClient(auditor.Channel);
        var first = await audit.ListWrittenAloneAsync(new() { PageSize = 2 }, auditor.Options);
        var rest = await audit.ListWrittenAloneAsync(new() { PageSize = 2, PageToken = first.NextPageToken }, auditor.Options);
        first.Written.Concat(rest.Written).Select(written => written.Late).ShouldBe([false, true, true]);
        // What is said too late stays late.
        using var second = new OfficeClient(region, region["TH"], region.Issuer.Issue("TH", $"approver@{region["TH"].Country.Unit}", person: "another"));
        var approvals = new ApprovalService.ApprovalServiceClient(second.Channel);
        foreach (var owed in (await approvals.ListSubmissionsAsync(new(), second.Options)).Submissions) await approvals.ApproveAsync(new() { SubmissionId = owed.SubmissionId }, second.Options);
        (await audit.ListWrittenAloneAsync(new(), auditor.Options)).Written.Select(written => (written.Said, written.Late)).ShouldBe([(AfterTheFact.Approved, false), (AfterTheFact.Approved, true), (AfterTheFact.Approved, true)]);
        (await Refused.ByAsync(() => new AuditService.AuditServiceClient(bangkok.Channel).ListWrittenAloneAsync(new(), bangkok.Options).ResponseAsync)).ShouldBe(StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED", "");
        (await Refused.ByAsync(() => audit.ListWrittenAloneAsync(new() { PageToken = "x" }, auditor.Options).ResponseAsync)).Fields.ShouldBe(["page_token"]);
    }

    [Fact(Timeout = 120_000)]
    public async Task Nobody_acts_alone_but_where_a_life_is_at_risk()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        foreach (var opened in (Opened[])[Without(Basis.CourtOrder), Regions.Repatriation("TH", "LA")])
            (await Refused.ByAsync(() => bangkok.Referrals.OpenAsync(new() { Command = Alone(), Opened = opened }, bangkok.Options).ResponseAsync)).ShouldBe(StatusCode.InvalidArgument, "ALONE_NOT_ALLOWED", "another person");
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        await bangkok.HandOverAsync(vientiane, id);
        (await Refused.ByAsync(() => bangkok.Referrals.ReleaseCaseFileAsync(Alone(Release(id)), bangkok.Options).ResponseAsync)).ShouldBe(StatusCode.InvalidArgument, "ALONE_NOT_ALLOWED", "");
        (await Refused.ByAsync(() => bangkok.Referrals.CancelAsync(new() { Command = Alone(), DossierId = id }, bangkok.Options).ResponseAsync)).ShouldBe(StatusCode.InvalidArgument, "ALONE_NOT_ALLOWED", "");
        (await bangkok.HistoryAsync(id)).Entries.Count.ShouldBe(3);
    }

    OfficeClient Approver() => new(shared.Region, shared.Region["TH"], shared.Region.Issuer.Issue("TH", $"approver@{shared.Region["TH"].Country.Unit}", person: "another"));

    static Opened Without(Basis basis)
    {
        var opened = Regions.Repatriation("TH", "LA");
        (opened.Basis, opened.Consent) = (basis, null);
        return opened;
    }

    static Contracts.Directory.V1.Command Alone() => OfficeClient.For(Without(Basis.RiskToLife), OfficeClient.About());

    static ReleaseCaseFileRequest Release(ByteString id) => new() { Command = OfficeClient.About(), DossierId = id, CaseFile = new() { OfficeContact = "At nobody's desk" } };

    static ReleaseCaseFileRequest Alone(ReleaseCaseFileRequest release)
    {
        release.Command = Alone();
        return release;
    }

    static async Task<ByteString> OpenAloneAsync(OfficeClient bangkok) =>
        (await bangkok.Referrals.OpenAsync(new() { Command = Alone(), Opened = Without(Basis.RiskToLife) }, bangkok.Options)).Referral.DossierId;
}
