using System.Security.Cryptography;
using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Peer.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.Hosting.Evidence;
using Coordination.Local;
using Google.Protobuf;
using Grpc.Core;
using Status = (Grpc.Core.StatusCode Code, string Reason);

namespace Coordination.CountryNode.Tests.Exchange;

/// <summary>The case file between two nodes: released as far as the person agrees, opened with a reason, closed when they change their mind.</summary>
public sealed class CaseFileTests(SharedRegion shared)
{
    /// <summary>Nobody, nowhere.</summary>
    static readonly CaseFile All = new()
    {
        Names = { new PersonName { Name = "Somebody Invented", Script = "Latn" } },
        Birth = new() { On = "1999-02", Estimated = true },
        OriginAddress = "A village that is on no map",
        IdentificationDecision = "Nobody was identified.",
        Health = "Nothing is the matter with nobody.",
        Events = { new CaseEvent { Kind = CaseEventKind.Transit, From = "2026", Place = "Nowhere" } },
        Safety = new() { Contact = SafeToContact.ThroughOffice, NoUniform = true },
    };

    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task What_is_released_arrives_without_what_the_person_withholds_and_health_only_when_it_was_asked_for()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        var id = await TakenUpAsync(bangkok, vientiane, withheld: ["origin_address", "identification_decision"]);

        await ReleaseAsync(bangkok, id);
        var received = await ArrivedAsync(vientiane, id);
        var expected = All.Clone();
        (expected.OriginAddress, expected.IdentificationDecision, expected.Health) = ("", "", "");
        (received.CaseFile, received.Version, received.By).ShouldBe((expected, 1u, "TH"));
        // What was withheld is nowhere, not at home either.
        (await OpenAsync(bangkok, id)).CaseFile.ShouldBe(expected);

        await ReleaseAsync(bangkok, id, withHealth: true);
        expected.Health = All.Health;
        await UntilAsync(async () => (await ArrivedAsync(vientiane, id)).Version == 2);
        (await OpenAsync(vientiane, id)).CaseFile.ShouldBe(expected);
        // An older version is still there for whoever names it.
        (await OpenAsync(vientiane, id, received.Release)).CaseFile.Health.ShouldBe("");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_consent_that_is_recorded_anew_withholds_what_it_says_and_one_that_does_not_say_widens_nothing()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        var id = await TakenUpAsync(bangkok, vientiane, withheld: ["names"]);
        await RecordConsentAsync(bangkok, id, null);
        await ReleaseAsync(bangkok, id);
        (await OpenAsync(bangkok, id)).CaseFile.Names.ShouldBeEmpty();

        await RecordConsentAsync(bangkok, id, new ConsentDetails { Withheld = { "events" } });
        await ReleaseAsync(bangkok, id);
        var second = (await OpenAsync(bangkok, id)).CaseFile;
        (second.Names, second.Events.Count).ShouldBe((All.Names, 0));
    }

    [Fact(Timeout = 120_000)]
    public async Task What_the_person_comes_to_withhold_is_not_shown_of_what_was_released_before_and_goes_nowhere_any_more()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        var id = await TakenUpAsync(bangkok, vientiane);
        var release = await ReleaseAsync(bangkok, id);
        (await ArrivedAsync(vientiane, id)).CaseFile.Names.Count.ShouldBe(1);

        await RecordConsentAsync(bangkok, id, new ConsentDetails { Withheld = { "names" } });
        var (expected, recorded) = (All.Clone(), (await bangkok.HistoryAsync(id)).Entries[^1].Hash);
        expected.Names.Clear();
        expected.Health = "";
        (await OpenAsync(bangkok, id)).CaseFile.ShouldBe(expected);
        await UntilAsync(async () => (await vientiane.HistoryAsync(id)).Entries.Any(entry => entry.Hash == recorded));
        // While its details are on their way, nobody there can tell what may be shown, and nothing is.
        (await ArrivedAsync(vientiane, id)).CaseFile.ShouldBe(expected);
        using var laos = new PeerClient(shared.Region["TH"], shared.Region.Authority.IssuePeer("LA"));
        (await Refused.ByAsync(() => laos.Client.PullCaseFileAsync(new() { DossierId = id, Release = release }, PeerClient.Options).ResponseAsync)).ShouldBe(StatusCode.FailedPrecondition, "CONSENT_NARROWED", "");
        release = await ReleaseAsync(bangkok, id);
        (await laos.Client.PullCaseFileAsync(new() { DossierId = id, Release = release }, PeerClient.Options)).Jwe.ShouldNotBeEmpty();
    }

    [Fact(Timeout = 120_000)]
    public async Task What_the_person_takes_from_one_country_is_erased_in_both_and_everything_else_stays()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        var opened = Regions.Repatriation("TH", "LA");
        opened.Consent.Recipients.Add("TH");
        var id = await TakenUpAsync(bangkok, vientiane, opened: opened);
        var toLaos = await ReleaseAsync(bangkok, id);
        await ArrivedAsync(vientiane, id);
        var toThailand = await ReleaseAsync(vientiane, id);
        await UntilAsync(async () => await IsOpenAsync(bangkok, toThailand));

        await bangkok.Referrals.WithdrawConsentAsync(new() { Command = OfficeClient.About(), DossierId = id, Withdrawn = new() { Part = new() { Recipients = { "LA" } } } }, bangkok.Options);
        await UntilAsync(async () => await RefusedAsync(vientiane, id, toLaos) == (StatusCode.FailedPrecondition, "CONSENT_WITHDRAWN"));
        (await IsOpenAsync(bangkok, toThailand)).ShouldBeTrue();
        (await IsOpenAsync(vientiane, toThailand)).ShouldBeTrue();

        // Who agrees anew gives back the right to be told, and not what was erased.
        await RecordConsentAsync(bangkok, id, null);
        (await bangkok.GetAsync(id)).Releases.Select(release => release.TakenBack).ShouldBe([true, false]);
        await vientiane.UntilAsync(id, referral => referral.Consent.Recipients.Contains("LA"));
        foreach (var office in (OfficeClient[])[bangkok, vientiane]) (await RefusedAsync(office, id, toLaos)).ShouldBe((StatusCode.FailedPrecondition, "CONSENT_WITHDRAWN"));
        foreach (var node in (string[])["TH", "LA"])
            await UntilAsync(async () => (await shared.Region[node].AskAsync<byte[][]>("select array_agg(entry_hash) from case_file where dossier_id = $1 and at_rest <> ''", id.ToByteArray())) is [var left] && toThailand.Span.SequenceEqual(left));
        var again = await ReleaseAsync(bangkok, id);
        await UntilAsync(async () => await IsOpenAsync(vientiane, again));

        async Task<bool> IsOpenAsync(OfficeClient office, ByteString release) => await RefusedAsync(office, id, release) == (StatusCode.OK, "");
    }

    [Fact(Timeout = 120_000)]
    public async Task From_the_withdrawal_on_the_file_is_closed_in_both_countries_and_no_pull_is_answered()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        var id = await TakenUpAsync(bangkok, vientiane);
        var release = await ReleaseAsync(bangkok, id);
        await ArrivedAsync(vientiane, id);
        var before = await shared.Region["LA"].AskAsync<long>("select max(number) from access");

        await vientiane.WithdrawConsentAsync(id);
        (await RefusedAsync(vientiane, id)).ShouldBe((StatusCode.FailedPrecondition, "CONSENT_WITHDRAWN"));
        await bangkok.UntilAsync(id, referral => referral.ConsentWithdrawn);
        (await RefusedAsync(bangkok, id)).ShouldBe((StatusCode.FailedPrecondition, "CONSENT_WITHDRAWN"));
        using var laos = new PeerClient(shared.Region["TH"], shared.Region.Authority.IssuePeer("LA"));
        var pull = new PullCaseFileRequest { DossierId = id, Release = release };
        (await Refused.ByAsync(() => laos.Client.PullCaseFileAsync(pull, PeerClient.Options).ResponseAsync)).ShouldBe(StatusCode.FailedPrecondition, "CONSENT_WITHDRAWN", "LA");
        // What is not opened is not logged as if it were.
        (await shared.Region["LA"].AskAsync<long>("select max(number) from access")).ShouldBe(before);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_case_file_that_was_not_pulled_before_the_withdrawal_never_is()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        using var bangkok = region.Office("TH");
        using var vientiane = region.Office("LA");
        var id = await TakenUpAsync(bangkok, vientiane);
        await region["LA"].KillAsync();
        await ReleaseAsync(bangkok, id);
        await bangkok.WithdrawConsentAsync(id);
        await region["LA"].StartAsync(Cancelled);
        await vientiane.UntilAsync(id, referral => referral.ConsentWithdrawn);
        await region.SettledAsync(TimeSpan.FromSeconds(30));
        // Nobody is asked for it any more, and nobody was.
        (await Poll.UntilAsync(async () => await region["LA"].AskAsync<long>("select count(*) from gap") == 0, TimeSpan.FromSeconds(30), Cancelled)).ShouldBeTrue();
        (await region["LA"].AskAsync<long>("select count(*) from case_file")).ShouldBe(0);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_peer_pulls_what_was_released_to_it_and_nothing_else()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        var (id, other) = (await TakenUpAsync(bangkok, vientiane), await TakenUpAsync(bangkok, vientiane));
        var release = await ReleaseAsync(bangkok, id);
        using var laos = new PeerClient(shared.Region["TH"], shared.Region.Authority.IssuePeer("LA"));
        using var vietnam = new PeerClient(shared.Region["TH"], shared.Region.Authority.IssuePeer("VN"));

        (await laos.Client.PullCaseFileAsync(new() { DossierId = id, Release = release }, PeerClient.Options)).Jwe.ShouldNotBeEmpty();
        foreach (var (peer, dossier, entry, reason) in (IEnumerable<(PeerClient, ByteString, ByteString, string)>)
        [
            (vietnam, id, release, "DOSSIER_NOT_FOUND"), (laos, other, release, "CASE_FILE_NOT_RELEASED"), (laos, id, id, "CASE_FILE_NOT_RELEASED"),
            (laos, ByteString.CopyFrom(new byte[32]), release, "DOSSIER_NOT_FOUND"),
        ])
            (await Refused.ByAsync(() => peer.Client.PullCaseFileAsync(new() { DossierId = dossier, Release = entry }, PeerClient.Options).ResponseAsync)).ShouldBe(StatusCode.NotFound, reason, "");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_release_that_waits_is_sealed_without_what_is_withheld_read_by_whoever_approves_it_and_pulled_only_then()
    {
        await using var region = await Region.StartAsync(new RegionOptions { Countries = ["TH", "LA"], Postgres = shared.Postgres, Approval = ["CaseFileReleased"] }, Cancelled);
        using var bangkok = region.Office("TH");
        using var vientiane = region.Office("LA");
        using var approver = new OfficeClient(region, region["TH"], region.Issuer.Issue("TH", $"approver@{region["TH"].Country.Unit}", person: "another"));
        var id = await TakenUpAsync(bangkok, vientiane, withheld: ["names"]);
        var submission = (await bangkok.Referrals.ReleaseCaseFileAsync(new() { Command = OfficeClient.About(), DossierId = id, CaseFile = All }, bangkok.Options)).AwaitingApproval.SubmissionId;
        var approvals = new ApprovalService.ApprovalServiceClient(approver.Channel);
        (await approvals.ListSubmissionsAsync(new(), approver.Options)).Submissions.Single().HasCaseFile.ShouldBeTrue();

        var open = new OpenCaseFileRequest { SubmissionId = submission, Reason = AccessReason.Supervision };
        (await Refused.ByAsync(() => bangkok.Referrals.OpenCaseFileAsync(open, bangkok.Options).ResponseAsync)).ShouldBe(StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED", "approver");
        var expected = All.Clone();
        expected.Names.Clear();
        expected.Health = "";
        (await approver.Referrals.OpenCaseFileAsync(open, approver.Options)).CaseFile.ShouldBe(expected);
        var row = AccessRow.Parser.ParseFrom(await region["TH"].AskAsync<byte[]>("select bytes from access"));
        (row.Act, row.SubmissionId, row.DossierId, row.Person).ShouldBe((AccessAct.SubmittedCaseFile, submission, id, "development:TH:another"));
        (await RefusedAsync(bangkok, id)).ShouldBe((StatusCode.NotFound, "CASE_FILE_NOT_RELEASED"));

        await approvals.ApproveAsync(new() { SubmissionId = submission }, approver.Options);
        (await ArrivedAsync(vientiane, id)).CaseFile.ShouldBe(expected);
        (await Refused.ByAsync(() => approver.Referrals.OpenCaseFileAsync(open, approver.Options).ResponseAsync)).ShouldBe(StatusCode.FailedPrecondition, "SUBMISSION_SETTLED", "");
    }

    [Fact(Timeout = 120_000)]
    public async Task Every_opening_is_a_row_in_the_log_before_the_file_is_open_and_each_row_is_kept_with_the_head_of_the_log()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        var id = await TakenUpAsync(bangkok, vientiane);
        var release = await ReleaseAsync(bangkok, id);
        await OpenAsync(bangkok, id);
        await OpenAsync(bangkok, id, reason: AccessReason.Correction);
        await ArrivedAsync(vientiane, id);
        // The file is damaged: that somebody tried stands in the log all the same.
        await shared.Region["TH"].AskAsync<object?>("update case_file set at_rest = set_byte(at_rest, 40, get_byte(at_rest, 40) # 1) where entry_hash = $1", release.ToByteArray());
        (await RefusedAsync(bangkok, id)).ShouldBe((StatusCode.NotFound, "CASE_FILE_DAMAGED"));

        const string last = "(select * from access order by number desc limit 3) as last";
        var rows = (await shared.Region["TH"].AskAsync<byte[][]>($"select array_agg(bytes order by number) from {last}")).Select(AccessRow.Parser.ParseFrom).ToList();
        var hashes = await shared.Region["TH"].AskAsync<byte[][]>($"select array_agg(hash order by number) from {last}");
        rows.Select(row => (row.Number - rows[0].Number, row.DossierId, row.CaseFile, row.Reason)).ShouldBe(
            [(0ul, id, release, AccessReason.Identity), (1ul, id, release, AccessReason.Correction), (2ul, id, release, AccessReason.Identity)]);
        rows.ShouldAllBe(row => row.Person.Length > 0 && row.Office.Unit == shared.Region["TH"].Country.Unit);
        rows.Skip(1).Zip(hashes, (row, before) => SHA256.HashData([.. "coord/access-chain/v1\0"u8, .. before, .. SHA256.HashData([.. "coord/access/v1\0"u8, .. row.ToByteArray()])])).ShouldBe(hashes[1..]);
        rows.Select(row => row.Salt).Distinct().Count(salt => salt.Length == 16).ShouldBe(3);
    }

    [Fact(Timeout = 120_000)]
    public async Task Offices_that_open_at_once_each_leave_a_row()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        var id = await TakenUpAsync(bangkok, vientiane);
        await ReleaseAsync(bangkok, id);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => OpenAsync(bangkok, id)));
        var rows = (await shared.Region["TH"].AskAsync<byte[][]>("select array_agg(bytes order by number) from access")).Select(AccessRow.Parser.ParseFrom).ToList();
        rows.Count(row => row.DossierId == id).ShouldBe(20);
        rows.Select(row => row.Number).ShouldBe(Enumerable.Range(1, rows.Count).Select(number => (ulong)number));
    }

    [Fact(Timeout = 120_000)]
    public async Task An_auditor_reads_the_log_whole_and_leaves_a_row_each_time_and_nobody_else_reads_it()
    {
        using var auditor = shared.Region.Office("TH", "auditor");
        using var bangkok = shared.Region.Office("TH");
        var client = new AuditService.AuditServiceClient(auditor.Channel);
        var rows = (await client.ListAccessAsync(new(), auditor.Options)).Rows;
        while ((await client.ListAccessAsync(new() { After = (ulong)rows.Count }, auditor.Options)).Rows is { Count: > 1 } more) rows.Add(more);
        AccessChain.FlawIn(rows).ShouldBeNull();
        var last = AccessRow.Parser.ParseFrom(rows[^1].Row);
        (last.Act, last.Office.Role, last.Reason).ShouldBe((AccessAct.Log, Contracts.Directory.V1.Role.Auditor, AccessReason.Supervision));

        var next = (await client.ListAccessAsync(new() { After = (ulong)rows.Count }, auditor.Options)).Rows;
        next.Count.ShouldBe(2);
        (await Refused.ByAsync(() => new AuditService.AuditServiceClient(bangkok.Channel).ListAccessAsync(new(), bangkok.Options).ResponseAsync)).ShouldBe(StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED", "auditor");
        (await Refused.ByAsync(() => client.ListAccessAsync(new() { PageSize = 201 }, auditor.Options).ResponseAsync)).Fields.ShouldBe(["page_size"]);
    }

    [Fact(Timeout = 120_000)]
    public async Task To_an_office_that_the_person_fears_the_dossier_does_not_exist()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        using var feared = shared.Region.Office("LA", "case-worker");
        var unit = shared.Region["LA"].Country.Unit;
        var id = await TakenUpAsync(bangkok, vientiane, barred: [$"LA:case-worker@{unit}", "TH:auditor@somewhere"]);
        var release = await ReleaseAsync(bangkok, id);
        await ArrivedAsync(vientiane, id);

        foreach (var call in (Func<Task>[])
        [
            () => OpenAsync(feared, id), () => feared.Referrals.GetAsync(new() { DossierId = id }, feared.Options).ResponseAsync,
            () => feared.Dossiers.HistoryAsync(new() { DossierId = id }, feared.Options).ResponseAsync, () => feared.Dossiers.GetEvidenceAsync(new() { DossierId = id }, feared.Options).ResponseAsync,
            () => feared.Dossiers.GetParticularsAsync(new() { DossierId = id, Entry = id }, feared.Options).ResponseAsync,
            () => feared.Referrals.RecordWishAsync(new() { Command = OfficeClient.About(), DossierId = id, WishRecorded = new() { Wish = Wish.Return, On = Regions.InDays(0) } }, feared.Options).ResponseAsync,
        ])
            (await Refused.ByAsync(call)).ShouldBe(StatusCode.NotFound, "DOSSIER_NOT_FOUND", "");
        var begins = Convert.ToHexStringLower(id.Span)[..16];
        (await feared.Referrals.ListAsync(new() { IdBegins = begins }, feared.Options)).Referrals.ShouldBeEmpty();
        for (var token = ""; ;)
        {
            var due = await feared.Referrals.ListDueAsync(new() { PageSize = 200, PageToken = token }, feared.Options);
            due.Rows.ShouldNotContain(row => row.DossierId == id);
            if ((token = due.NextPageToken).Length == 0) break;
        }
        await NoticeAsync("case-worker");
        (await feared.Referrals.ListNoticesAsync(new() { PageSize = 200 }, feared.Options)).Notices.ShouldNotContain(notice => notice.DossierId == id);
        // Nobody else is shut out.
        await NoticeAsync("focal-point");
        (await vientiane.Referrals.ListNoticesAsync(new() { PageSize = 200 }, vientiane.Options)).Notices.ShouldContain(notice => notice.DossierId == id);
        (await vientiane.Referrals.ListAsync(new() { IdBegins = begins }, vientiane.Options)).Referrals.Count.ShouldBe(1);
        (await OpenAsync(vientiane, id, release)).Version.ShouldBe(1u);

        // As if the day had come.
        Task NoticeAsync(string role) => shared.Region["LA"].AskAsync<object?>(
            "insert into notice (dossier_id, clock, owes, number, cause, about, kind, round, office, at) values ($1, 'FollowUp', 'LA', 9, $1, '', 'Warning', 1, $2, now())", id.ToByteArray(), $"{role}@{unit}");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_unit_that_the_person_fears_is_shut_out_with_all_its_offices()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        using var worker = shared.Region.Office("LA", "case-worker");
        var unit = shared.Region["LA"].Country.Unit;
        var (feared, other) = (await OpenedAsync($"LA:{unit}"), await OpenedAsync($"TH:{unit}"));
        foreach (var office in (OfficeClient[])[vientiane, worker])
        {
            await office.UntilAsync(other, referral => referral.State is ReferralState.Sent);
            (await Refused.ByAsync(() => office.Referrals.GetAsync(new() { DossierId = feared }, office.Options).ResponseAsync)).ShouldBe(StatusCode.NotFound, "DOSSIER_NOT_FOUND", "");
        }
        (await shared.Region["LA"].AskAsync<long>("select count(*) from dossier where id = $1", feared.ToByteArray())).ShouldBe(1);

        async Task<ByteString> OpenedAsync(string barred) => (await bangkok.Referrals.OpenAsync(
            new() { Command = OfficeClient.About(), Opened = Regions.Repatriation("TH", "LA"), Particulars = new() { Preview = new() { BarredOffices = { barred } } } }, bangkok.Options)).Referral.DossierId;
    }

    [Fact(Timeout = 120_000)]
    public async Task An_approver_whom_the_person_fears_sees_nothing_that_waits_and_approves_nothing()
    {
        await using var region = await Region.StartAsync(new RegionOptions { Countries = ["TH", "LA"], Postgres = shared.Postgres, Approval = ["Cancelled"] }, Cancelled);
        using var bangkok = region.Office("TH");
        using var feared = region.Office("TH", "approver");
        var (unit, approvals) = (region["TH"].Country.Unit, new ApprovalService.ApprovalServiceClient(feared.Channel));
        var opened = Regions.Repatriation("TH", "LA");
        (opened.Basis, opened.Consent) = (Basis.CourtOrder, null);
        var waiting = (await bangkok.Referrals.OpenAsync(
            new() { Command = OfficeClient.About(), Opened = opened, Particulars = new() { Preview = new() { BarredOffices = { $"TH:approver@{unit}" } } } }, bangkok.Options)).AwaitingApproval.SubmissionId;
        var id = (await bangkok.Referrals.OpenAsync(
            new() { Command = OfficeClient.About(), Opened = Regions.Repatriation("TH", "LA"), Particulars = new() { Preview = new() { BarredOffices = { $"TH:approver@{unit}" } } } }, bangkok.Options)).Referral.DossierId;
        var cancelling = (await bangkok.Referrals.CancelAsync(new() { Command = OfficeClient.About(), DossierId = id }, bangkok.Options)).AwaitingApproval.SubmissionId;
        (await approvals.ListSubmissionsAsync(new(), feared.Options)).Submissions.ShouldBeEmpty();
        (await new ApprovalService.ApprovalServiceClient(bangkok.Channel).ListSubmissionsAsync(new(), bangkok.Options)).Submissions.Count.ShouldBe(2);
        foreach (var submission in (string[])[waiting, cancelling])
        {
            (await Refused.ByAsync(() => approvals.ApproveAsync(new() { SubmissionId = submission }, feared.Options).ResponseAsync)).ShouldBe(StatusCode.NotFound, "SUBMISSION_NOT_FOUND", "");
            (await Refused.ByAsync(() => approvals.SendBackAsync(new() { SubmissionId = submission, Reason = "No" }, feared.Options).ResponseAsync)).ShouldBe(StatusCode.NotFound, "SUBMISSION_NOT_FOUND", "");
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_prosecutor_with_the_token_of_a_request_sees_that_a_person_exists_and_not_who()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        using var prosecutor = shared.Region.Office("LA", "prosecutor");
        var token = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(16));
        var (linked, barred, withdrawn) = (await LinkedAsync(), await LinkedAsync($"LA:prosecutor@{shared.Region["LA"].Country.Unit}"), await LinkedAsync());
        await vientiane.WithdrawConsentAsync(withdrawn);
        (await prosecutor.Referrals.FindLinkedAsync(new() { Assistance = token }, prosecutor.Options)).Persons
            .ShouldBe([new LinkedPerson { Open = true, Office = new() { Role = Contracts.Directory.V1.Role.FocalPoint, Unit = shared.Region["LA"].Country.Unit } }]);
        (await prosecutor.Referrals.FindLinkedAsync(new() { Assistance = ByteString.CopyFrom(new byte[16]) }, prosecutor.Options)).Persons.ShouldBeEmpty();
        // Bytes of an opening that are no token of a request link nothing.
        var opening = (await bangkok.EvidenceAsync(linked)).Entries[0].Entry.Span;
        (await prosecutor.Referrals.FindLinkedAsync(new() { Assistance = ByteString.CopyFrom(opening[..16]) }, prosecutor.Options)).Persons.ShouldBeEmpty();

        (await Refused.ByAsync(() => prosecutor.Referrals.FindLinkedAsync(new() { Assistance = linked }, prosecutor.Options).ResponseAsync)).Fields.ShouldBe(["assistance"]);
        (await Refused.ByAsync(() => vientiane.Referrals.FindLinkedAsync(new() { Assistance = token }, vientiane.Options).ResponseAsync)).ShouldBe(StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED", "prosecutor");
        (await RefusedAsync(prosecutor, linked)).ShouldBe((StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED"));
        foreach (var call in (Func<Task>[])
        [
            () => prosecutor.GetAsync(linked), () => prosecutor.HistoryAsync(linked), () => prosecutor.EvidenceAsync(linked),
            () => prosecutor.Dossiers.GetParticularsAsync(new() { DossierId = linked, Entry = linked }, prosecutor.Options).ResponseAsync,
            () => prosecutor.Referrals.ListAsync(new(), prosecutor.Options).ResponseAsync,
        ])
            (await Refused.ByAsync(call)).Code.ShouldBe(StatusCode.PermissionDenied);

        async Task<ByteString> LinkedAsync(params string[] fears)
        {
            var opened = Regions.Repatriation("TH", "LA");
            opened.Assistance = token;
            return await TakenUpAsync(bangkok, vientiane, barred: fears, opened: opened);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_release_without_before_beyond_or_after_consent_is_refused_each_by_its_name()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        await ReleaseRefusedAsync(id, "NOT_OPEN");

        id = await TakenUpAsync(bangkok, vientiane);
        // Of all that the person had agreed to, what is left is not for this, or not for this country.
        await WithdrawAsync(id, new ConsentWithdrawn.Types.Part { Purposes = { Purpose.Return } });
        await ReleaseRefusedAsync(id, "CONSENT_MISSING");
        id = await TakenUpAsync(bangkok, vientiane);
        await WithdrawAsync(id, new ConsentWithdrawn.Types.Part { Recipients = { "LA" } });
        await ReleaseRefusedAsync(id, "CONSENT_MISSING");
        // Only the person who agrees anew, knowing of it, gives it back.
        await RecordConsentAsync(bangkok, id, null);
        await ReleaseAsync(bangkok, id);

        id = await TakenUpAsync(bangkok, vientiane);
        await vientiane.WithdrawConsentAsync(id);
        await bangkok.UntilAsync(id, referral => referral.ConsentWithdrawn);
        await ReleaseRefusedAsync(id, "NOT_OPEN");

        async Task WithdrawAsync(ByteString dossier, ConsentWithdrawn.Types.Part part) => await bangkok.Referrals.WithdrawConsentAsync(
            new() { Command = OfficeClient.About(), DossierId = dossier, Withdrawn = new() { Part = part } }, bangkok.Options);

        async Task ReleaseRefusedAsync(ByteString dossier, string reason) =>
            (await Refused.ByAsync(() => ReleaseAsync(bangkok, dossier))).ShouldBe(StatusCode.FailedPrecondition, reason, "");
    }

    [Theory(Timeout = 120_000)]
    [InlineData("approver")]
    [InlineData("auditor")]
    public async Task Whoever_does_not_work_with_the_person_opens_no_case_file(string role)
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        var id = await TakenUpAsync(bangkok, vientiane);
        await ReleaseAsync(bangkok, id);
        using var other = shared.Region.Office("TH", role);
        (await RefusedAsync(other, id)).ShouldBe((StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED"));
    }

    [Fact(Timeout = 120_000)]
    public async Task What_is_wrong_with_a_case_file_is_named_and_nothing_is_written()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        var id = await TakenUpAsync(bangkok, vientiane);
        var wrong = new CaseFile
        {
            Names = { new PersonName { Script = "laoo" } }, Birth = new() { On = "spring" }, Health = "\u202e", Safety = new() { How = new string('x', 501) }, Events = { new CaseEvent() },
        };
        wrong.Documents.AddRange(Enumerable.Repeat(new IdentityDocument(), 33));
        var refused = await Refused.ByAsync(() => bangkok.Referrals.ReleaseCaseFileAsync(new() { Command = OfficeClient.About(), DossierId = id, CaseFile = wrong }, bangkok.Options).ResponseAsync);
        refused.Code.ShouldBe(StatusCode.InvalidArgument);
        refused.Fields.ShouldBe(["case_file.names.name", "case_file.names.script", "case_file.birth.on", "case_file.documents", "case_file.health", "case_file.events.kind", "case_file.safety.how"], ignoreOrder: true);
        refused = await Refused.ByAsync(() => bangkok.Referrals.ReleaseCaseFileAsync(new() { Command = OfficeClient.About(), DossierId = id }, bangkok.Options).ResponseAsync);
        refused.Fields.ShouldBe(["case_file"]);
        (await RefusedAsync(bangkok, id)).ShouldBe((StatusCode.NotFound, "CASE_FILE_NOT_RELEASED"));
        (await Refused.ByAsync(() => bangkok.Referrals.OpenCaseFileAsync(new() { DossierId = id }, bangkok.Options).ResponseAsync)).Fields.ShouldBe(["reason"]);
    }

    /// <summary>A referral that Laos has taken up.</summary>
    static async Task<ByteString> TakenUpAsync(OfficeClient bangkok, OfficeClient vientiane, IEnumerable<string>? withheld = null, IEnumerable<string>? barred = null, Opened? opened = null)
    {
        var id = (await bangkok.Referrals.OpenAsync(new()
        {
            Command = OfficeClient.About(), Opened = opened ?? Regions.Repatriation("TH", "LA"),
            Particulars = new() { Preview = new() { Consent = new() { Withheld = { withheld ?? [] } }, BarredOffices = { barred ?? [] } } },
        }, bangkok.Options)).Referral.DossierId;
        await bangkok.HandOverAsync(vientiane, id);
        return id;
    }

    static async Task<ByteString> ReleaseAsync(OfficeClient office, ByteString id, bool withHealth = false)
    {
        await office.Referrals.ReleaseCaseFileAsync(new() { Command = OfficeClient.About(), DossierId = id, CaseFile = All, WithHealth = withHealth }, office.Options);
        return (await office.HistoryAsync(id)).Entries.Last(entry => entry.Statement == "CaseFileReleased").Hash;
    }

    static async Task RecordConsentAsync(OfficeClient office, ByteString id, ConsentDetails? details) => await office.Referrals.RecordConsentAsync(new()
    {
        Command = OfficeClient.About(), DossierId = id, Particulars = new() { Consent = details },
        ConsentRecorded = new() { Consent = new() { Purposes = { Purpose.Return }, Recipients = { "LA" }, Until = Regions.InDays(90) } },
    }, office.Options);

    static async Task<OpenCaseFileResponse> OpenAsync(OfficeClient office, ByteString id, ByteString? release = null, AccessReason reason = AccessReason.Identity) =>
        await office.Referrals.OpenCaseFileAsync(new() { DossierId = id, Release = release ?? ByteString.Empty, Reason = reason }, office.Options);

    static async Task<Status> RefusedAsync(OfficeClient office, ByteString id)
    {
        var refused = await Refused.ByAsync(() => OpenAsync(office, id));
        return (refused.Code, refused.Reason);
    }

    /// <summary>Why one version is not opened; OK when it is.</summary>
    static async Task<Status> RefusedAsync(OfficeClient office, ByteString id, ByteString release)
    {
        try
        {
            await OpenAsync(office, id, release);
            return (StatusCode.OK, "");
        }
        catch (RpcException refusal)
        {
            var refused = Refused.Of(refusal);
            return (refused.Code, refused.Reason);
        }
    }

    /// <summary>The case file once it has been pulled.</summary>
    static async Task<OpenCaseFileResponse> ArrivedAsync(OfficeClient office, ByteString id)
    {
        OpenCaseFileResponse? opened = null;
        await UntilAsync(async () =>
        {
            try
            {
                opened = await OpenAsync(office, id);
                return true;
            }
            catch (RpcException notYet) when (notYet.StatusCode is StatusCode.NotFound || Refused.Of(notYet).Reason == "CONSENT_DETAILS_UNREADABLE")
            {
                return false;
            }
        });
        return opened!;
    }

    static async Task UntilAsync(Func<Task<bool>> isSo) => (await Poll.UntilAsync(isSo, TimeSpan.FromSeconds(30), Cancelled)).ShouldBeTrue();
}
