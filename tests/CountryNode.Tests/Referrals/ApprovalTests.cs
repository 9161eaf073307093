using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.Local;
using Google.Protobuf;
using Grpc.Core;
using Submission = Coordination.Contracts.Dossier.V1.Submission;

namespace Coordination.CountryNode.Tests.Referrals;

/// <summary>A country that wants a second person: nothing leaves before that person approves, and what must not wait does not.</summary>
public sealed class ApprovalTests(SharedRegion shared) : IAsyncLifetime
{
    static readonly string[] Approved = ["Opened", "ReturnPlanned", "Acknowledged", "Cancelled", "Met"];

    Region? _region;
    OfficeClient? _submitter;
    OfficeClient? _approver;
    OfficeClient? _vientiane;

    static CancellationToken Stopped => TestContext.Current.CancellationToken;

    Region Region => _region!;

    /// <summary>Bangkok's focal point.</summary>
    OfficeClient Submitter => _submitter!;

    OfficeClient Approver => _approver!;

    OfficeClient Vientiane => _vientiane!;

    public async ValueTask InitializeAsync()
    {
        _region = await Region.StartAsync(new RegionOptions { Countries = ["TH", "LA"], Postgres = shared.Postgres, Approval = Approved }, Stopped);
        _submitter = As("focal-point@datip", "somchai");
        _approver = As("approver@datip", "malee");
        _vientiane = _region.Office("LA");
    }

    public async ValueTask DisposeAsync()
    {
        List<string> errors = [.. Region.Nodes.SelectMany(ErrorLogs.In)];
        foreach (var office in (OfficeClient?[])[_submitter, _approver, _vientiane]) office?.Dispose();
        await Region.DisposeAsync();
        errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_opening_is_submitted_read_by_a_second_person_approved_and_only_then_leaves()
    {
        var request = Opening("beside the opening");
        var answer = await Submitter.Referrals.OpenAsync(request, Submitter.Options);
        var id = answer.AwaitingApproval.SubmissionId;
        answer.Referral.ShouldBeNull();
        (await Submitter.Referrals.OpenAsync(request, Submitter.Options)).ShouldBe(answer);
        foreach (var table in (string[])["entry", "outbox", "dossier", "part"]) (await CountAsync("TH", table)).ShouldBe(0);
        (await CountAsync("TH", "submission")).ShouldBe(1);
        SubmissionKeys().Count.ShouldBe(1);

        var waiting = (await ListAsync(Approver)).Single();
        (waiting.SubmissionId, waiting.Statement, waiting.SentBack, waiting.DossierId).ShouldBe((id, "Opened", false, ByteString.Empty));
        waiting.Office.Unit.ShouldBe("datip");
        waiting.Particulars.ShouldBe(request.Particulars);
        Entry.Parser.ParseFrom(waiting.Draft).ReferralOpened.Consent.ShouldBe(request.Opened.Consent);
        (await ListAsync(Submitter)).Single().ShouldBe(waiting);
        (await CountAsync("LA", "entry")).ShouldBe(0);

        var approved = await ApproveAsync(Approver, id);
        approved.State.ShouldBe(ReferralState.Sent);
        await Vientiane.UntilAsync(approved.DossierId, referral => referral.State is ReferralState.Sent);
        (await NoteAsync(Vientiane, approved.DossierId, approved.DossierId)).ShouldBe("beside the opening");
        (await NoteAsync(Submitter, approved.DossierId, approved.DossierId)).ShouldBe("beside the opening");
        (await ListAsync(Approver)).ShouldBeEmpty();
        // The key under which it waited is destroyed, the dossier's own is not.
        SubmissionKeys(approved.DossierId).ShouldBeEmpty();
        // Twice is once, and the same command still gets its answer.
        (await ApproveAsync(Approver, id)).ShouldBe(approved);
        (await Submitter.Referrals.OpenAsync(request, Submitter.Options)).ShouldBe(answer);
        (await Refused.ByAsync(() => SendBackAsync(Approver, id))).ShouldBe(StatusCode.FailedPrecondition, "SUBMISSION_SETTLED", "already");
        (await CountAsync("TH", "entry")).ShouldBe(1);
        var another = request.Clone();
        another.Opened.ReplyBy = Regions.InDays(9);
        (await Refused.ByAsync(() => Submitter.Referrals.OpenAsync(another, Submitter.Options).ResponseAsync)).ShouldBe(StatusCode.AlreadyExists, "COMMAND_ID_REUSED", "new one");
    }

    [Fact]
    public async Task Whoever_submitted_it_does_not_settle_it_be_it_from_another_office()
    {
        var id = await SubmitAsync();
        using var sameWoman = As("approver@datip", "somchai");
        (await Refused.ByAsync(() => ApproveAsync(sameWoman, id))).ShouldBe(StatusCode.PermissionDenied, "SAME_PERSON", "second person");
        (await Refused.ByAsync(() => SendBackAsync(sameWoman, id))).ShouldBe(StatusCode.PermissionDenied, "SAME_PERSON", "second person");
        using var caseWorker = As("case-worker@datip", "kanda");
        foreach (var office in (OfficeClient[])[Submitter, caseWorker])
        {
            (await Refused.ByAsync(() => ApproveAsync(office, id))).ShouldBe(StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED", "approver");
            (await Refused.ByAsync(() => SendBackAsync(office, id))).ShouldBe(StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED", "approver");
        }
        using var nobody = As("approver@datip", "");
        (await Refused.ByAsync(() => ApproveAsync(nobody, id))).ShouldBe(StatusCode.Unauthenticated, "TOKEN_WITHOUT_PERSON", "sub");
        using var auditor = As("auditor@datip", "prasit");
        (await Refused.ByAsync(() => ListAsync(auditor))).ShouldBe(StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED", "approver");
        (await ListAsync(caseWorker)).ShouldBeEmpty();
        foreach (var unknown in (string[])["", "nothing", "\0", new string('0', 32)])
            (await Refused.ByAsync(() => ApproveAsync(Approver, unknown))).ShouldBe(StatusCode.NotFound, "SUBMISSION_NOT_FOUND", "Check the id");
        (await CountAsync("TH", "entry")).ShouldBe(0);
    }

    [Fact]
    public async Task What_is_sent_back_is_shown_to_the_office_with_the_reason_and_is_never_written()
    {
        var id = await SubmitAsync("what was meant");
        id.ShouldMatch("^[0-9a-f]{32}$");
        foreach (var reason in (string[])["", "  ", "a\0b", "a\u202eb", new string('x', 501)])
            (await Refused.ByAsync(() => SendBackAsync(Approver, id, reason))).Fields.ShouldBe(["reason"]);
        await SendBackAsync(Approver, id, "The consent is missing a page.");
        await SendBackAsync(Approver, id, "Said twice.");
        var mine = (await ListAsync(Submitter)).Single();
        (mine.SentBack, mine.SentBackReason, mine.Particulars.Note).ShouldBe((true, "The consent is missing a page.", "what was meant"));
        (await ListAsync(Approver)).ShouldBeEmpty();
        (await Refused.ByAsync(() => ApproveAsync(Approver, id))).ShouldBe(StatusCode.FailedPrecondition, "SUBMISSION_SETTLED", "already");
        (await CountAsync("TH", "entry")).ShouldBe(0);
        (await ListAsync(Submitter)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_id_of_a_submission_tells_nothing_of_the_time_and_of_no_other()
    {
        var ids = new[] { await SubmitAsync(), await SubmitAsync(), await SubmitAsync() };
        ids.Select(id => id[..8]).Distinct().Count().ShouldBe(3);
    }

    [Fact]
    public async Task Whoever_may_approve_is_told_at_once_and_once_more_when_it_has_waited_long_and_the_office_when_it_is_sent_back()
    {
        var id = await SubmitAsync();
        var first = (await NoticesAsync(Approver)).Single();
        (first.Kind, first.SubmissionId, first.Statement, first.DossierId, first.Clock, first.Office).ShouldBe((NoticeKind.Submitted, id, "Opened", ByteString.Empty, Clock.Unspecified, ""));
        using var administrator = As("administrator@datip", "arthit");
        using var head = As("focal-point@datip-head", "wichai");
        foreach (var office in (OfficeClient[])[Submitter, administrator, head]) (await NoticesAsync(office)).ShouldBeEmpty();
        await DelegateAsync(Approver, "focal-point", "datip-head", 0, 1);
        (await NoticesAsync(head)).ShouldBe([first]);

        // A working day: the end of the next one there, and after a weekend at the latest. An urgent opening waits four hours.
        (await Region["TH"].AskAsync<bool>("select remind_at - submitted_at between interval '1 day' and interval '4 days' and (remind_at at time zone 'Asia/Bangkok')::time = '00:00' from submission")).ShouldBeTrue();
        var request = Opening("urgent");
        request.Opened.Urgency = Urgency.Urgent;
        var urgent = (await Submitter.Referrals.OpenAsync(request, Submitter.Options)).AwaitingApproval.SubmissionId;
        (await Region["TH"].AskAsync<TimeSpan>("select remind_at - submitted_at from submission where id = $1", urgent)).ShouldBe(TimeSpan.FromHours(4));

        // As if it had waited as long; what was settled meanwhile is told of no more.
        await ApproveAsync(Approver, urgent);
        await Region["TH"].AskAsync<object?>("update submission set remind_at = now() - interval '1 minute'");
        (await Poll.UntilAsync(async () => (await NoticesAsync(Approver)).Count == 3, TimeSpan.FromSeconds(20), Stopped)).ShouldBeTrue();
        (await NoticesAsync(Approver)).Select(notice => (notice.Kind, notice.SubmissionId)).ShouldBe([(NoticeKind.Waiting, id), (NoticeKind.Submitted, urgent), (NoticeKind.Submitted, id)]);
        (await CountAsync("TH", "submission where remind_at is not null and settled_at is null")).ShouldBe(0);

        await SendBackAsync(Approver, id);
        await SendBackAsync(Approver, id, "Said twice.");
        var back = (await NoticesAsync(Submitter)).Single();
        (back.Kind, back.SubmissionId, back.Statement, back.Office).ShouldBe((NoticeKind.SentBack, id, "Opened", "focal-point@datip"));
        (await NoticesAsync(Approver)).Count.ShouldBe(3);
    }

    [Fact]
    public async Task What_is_approved_and_sent_back_at_the_same_time_is_one_of_the_two()
    {
        for (var round = 0; round < 12; round++)
        {
            var id = await SubmitAsync();
            using var second = As("approver@datip", "prasert");
            var before = await CountAsync("TH", "entry");
            var outcomes = await Task.WhenAll(TriedAsync(() => ApproveAsync(Approver, id)), TriedAsync(() => SendBackAsync(second, id)), TriedAsync(() => ApproveAsync(second, id)));
            var written = await CountAsync("TH", "entry") - before;
            var settled = await Region["TH"].AskAsync<string>("select settled_as from submission where id = $1", id);
            (written, settled).ShouldBe(outcomes[1] ? (0L, "SentBack") : (1L, "Approved"));
            outcomes[0].ShouldBe(!outcomes[1]);
            outcomes[2].ShouldBe(!outcomes[1]);
        }
    }

    [Fact]
    public async Task A_statement_that_is_not_open_any_more_goes_back_with_what_the_protocol_says()
    {
        var dossier = (await ApproveAsync(Approver, await SubmitAsync())).DossierId;
        await Vientiane.UntilAsync(dossier, _ => true);
        var cancel = (await Submitter.Referrals.CancelAsync(new() { Command = OfficeClient.About(), DossierId = dossier, Particulars = new() { Note = "called off" } }, Submitter.Options)).AwaitingApproval.SubmissionId;
        var again = (await Submitter.Referrals.CancelAsync(new() { Command = OfficeClient.About(), DossierId = dossier }, Submitter.Options)).AwaitingApproval.SubmissionId;
        (await Submitter.GetAsync(dossier)).State.ShouldBe(ReferralState.Sent);
        (await ApproveAsync(Approver, cancel)).State.ShouldBe(ReferralState.Cancelled);
        (await Refused.ByAsync(() => ApproveAsync(Approver, again))).ShouldBe(StatusCode.FailedPrecondition, "NOT_OPEN", "Cancelled is not open while the referral is Cancelled.");
        var back = (await ListAsync(Submitter)).Single();
        (back.SubmissionId, back.SentBack, back.SentBackReason).ShouldBe((again, true, "Cancelled is not open while the referral is Cancelled. It is open from Sent, Received, TakenUp, Assessed, ReturnPlanned, ReturnAgreed, Lapsed."));
        var last = (await Submitter.HistoryAsync(dossier)).Entries[^1];
        (await NoteAsync(Submitter, dossier, last.Hash)).ShouldBe("called off");
        // What would be refused at once does not wait for anybody.
        (await Refused.ByAsync(() => Submitter.CancelAsync(dossier))).ShouldBe(StatusCode.FailedPrecondition, "NOT_OPEN", "Cancelled");
        (await Refused.ByAsync(() => Submitter.OpenAsync(Regions.Repatriation("TH", "KH")))).ShouldBe(StatusCode.InvalidArgument, "RECEIVER_UNKNOWN", "no node");
    }

    [Fact]
    public async Task A_contradiction_is_refused_before_it_waits_and_its_reason_is_sealed_when_it_is_approved()
    {
        // Bangkok receives this one: the person is met in Thailand.
        var opened = (await Vientiane.Referrals.OpenAsync(new() { Command = OfficeClient.About(), Opened = Regions.Repatriation("LA", "TH") }, Vientiane.Options)).AwaitingApproval.SubmissionId;
        using var there = new OfficeClient(Region, Region["LA"], Region.Issuer.Issue("LA", "approver@ahtd", person: "khamla"));
        var dossier = (await ApproveAsync(there, opened)).DossierId;
        await Submitter.UntilAsync(dossier, _ => true);
        var met = new ReportMetRequest
        {
            Command = OfficeClient.About(), DossierId = dossier,
            Met = new() { Plan = ByteString.CopyFrom(new byte[16]), Place = "TH-NKI-FB1", At = Said.At },
        };
        met.Met.Plan = ByteString.CopyFrom([.. new byte[15], 1]);
        (await Refused.ByAsync(() => Submitter.Referrals.ReportMetAsync(met, Submitter.Options).ResponseAsync)).ShouldBe(StatusCode.FailedPrecondition, "CONTRADICTS", "contradiction_reason");
        (await ListAsync(Approver)).ShouldBeEmpty();
        met.Command = OfficeClient.About();
        met.Command.ContradictionReason = "came by herself";
        var id = (await Submitter.Referrals.ReportMetAsync(met, Submitter.Options)).AwaitingApproval.SubmissionId;
        (await ListAsync(Approver)).Single().Particulars.ContradictionReason.ShouldBe("came by herself");
        await ApproveAsync(Approver, id);
        await Vientiane.UntilAsync(dossier, referral => referral.Doubts.Count == 1);
        var entry = (await Vientiane.HistoryAsync(dossier)).Entries.Single(row => row.Statement == "Met");
        (entry.Verdict, (await Vientiane.Dossiers.GetParticularsAsync(new() { DossierId = dossier, Entry = entry.Hash }, Vientiane.Options)).Particulars.ContradictionReason)
            .ShouldBe((Verdict.Recorded, "came by herself"));
    }

    [Fact]
    public async Task Whoever_approves_for_another_does_so_on_the_days_named_and_hands_nothing_on()
    {
        using var head = As("focal-point@datip-head", "wichai");
        var id = await SubmitAsync();
        (await Refused.ByAsync(() => DelegateAsync(head, "focal-point", "datip", 0, 1))).ShouldBe(StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED", "approver");
        // Outside the days, on either side.
        foreach (var (from, until) in (IEnumerable<(int, int)>)[(-5, -1), (1, 5), (1, -1)])
        {
            await DelegateAsync(Approver, "focal-point", "datip-head", from, until);
            (await Refused.ByAsync(() => ApproveAsync(head, id))).ShouldBe(StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED", "approver");
            (await ListAsync(head)).ShouldBeEmpty();
        }
        // The first day and the last are both inclusive.
        foreach (var (from, until) in (IEnumerable<(int, int)>)[(0, 5), (-5, 0), (0, 0)])
        {
            await DelegateAsync(Approver, "focal-point", "datip-head", from, until);
            (await ListAsync(head)).Single().SubmissionId.ShouldBe(id);
        }
        (await Refused.ByAsync(() => DelegateAsync(head, "focal-point", "datip", 0, 1))).ShouldBe(StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED", "approver");
        (await ApproveAsync(head, id)).State.ShouldBe(ReferralState.Sent);
        // A delegate still sees what was sent back to the own office, and settles nothing of the own person.
        var own = (await head.Referrals.OpenAsync(Opening("own"), head.Options)).AwaitingApproval.SubmissionId;
        (await Refused.ByAsync(() => ApproveAsync(head, own))).ShouldBe(StatusCode.PermissionDenied, "SAME_PERSON", "second person");
        await SendBackAsync(Approver, own);
        (await ListAsync(head)).Single().SentBack.ShouldBeTrue();
        // A day before the first ends it.
        await DelegateAsync(Approver, "focal-point", "datip-head", 0, -1);
        var late = await SubmitAsync();
        (await Refused.ByAsync(() => ApproveAsync(head, late))).ShouldBe(StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED", "approver");

        var refused = await Refused.ByAsync(async () => await new ApprovalService.ApprovalServiceClient(Approver.Channel).DelegateAsync(new() { From = "tomorrow" }, Approver.Options));
        refused.Fields.ShouldBe(["to", "from", "until"]);
        foreach (var (role, unit) in (IEnumerable<(string, string)>)[("focal-point", "elsewhere"), ("approver", "datip"), ("auditor", "datip"), ("administrator", "datip")])
            (await Refused.ByAsync(() => DelegateAsync(Approver, role, unit, 0, 1))).Fields.ShouldBe(["to"]);
    }

    [Fact]
    public async Task A_crash_between_writing_and_settling_is_made_good_by_approving_again()
    {
        var id = await SubmitAsync("once");
        var approved = await ApproveAsync(Approver, id);
        // As if the node had died before it noted it.
        await Region["TH"].AskAsync<object?>("update submission set settled_at = null, settled_as = null, settled_by = null where id = $1", id);
        (await Refused.ByAsync(() => SendBackAsync(Approver, id))).ShouldBe(StatusCode.FailedPrecondition, "SUBMISSION_SETTLED", "already");
        (await ApproveAsync(Approver, id)).ShouldBe(approved);
        (await ListAsync(Approver)).ShouldBeEmpty();
        (await CountAsync("TH", "entry")).ShouldBe(1);
        await Vientiane.UntilAsync(approved.DossierId, _ => true);
        (await NoteAsync(Vientiane, approved.DossierId, approved.DossierId)).ShouldBe("once");
    }

    [Fact]
    public async Task What_waits_in_an_erased_dossier_goes_back_and_what_cannot_be_read_waits_on()
    {
        var dossier = (await ApproveAsync(Approver, await SubmitAsync("first"))).DossierId;
        var cancel = (await Submitter.Referrals.CancelAsync(new() { Command = OfficeClient.About(), DossierId = dossier, Particulars = new() { Note = "why" } }, Submitter.Options)).AwaitingApproval.SubmissionId;
        var key = Directory.EnumerateFiles(Region["TH"].Keys.Dossiers, $"{Convert.ToHexStringLower(dossier.Span)}.key", SearchOption.AllDirectories).Single();
        var copy = await File.ReadAllBytesAsync(key, Stopped);
        await File.WriteAllBytesAsync(key, copy[..7], Stopped);
        (await Refused.ByAsync(() => ApproveAsync(Approver, cancel))).ShouldBe(StatusCode.Unavailable, "PARTICULARS_DAMAGED", "key folder");
        var unread = (await ListAsync(Approver)).Single();
        (unread.SubmissionId, unread.Particulars, unread.ParticularsMissing).ShouldBe((cancel, new Particulars(), "PARTICULARS_DAMAGED"));
        await File.WriteAllBytesAsync(key, copy, Stopped);
        var read = (await ListAsync(Approver)).Single();
        (read.Particulars.Note, read.ParticularsMissing).ShouldBe(("why", ""));
        Region["TH"].DossierKeys().Destroy(Domain.Dossiers.DossierId.Read(dossier.Span));
        (await Refused.ByAsync(() => ApproveAsync(Approver, cancel))).ShouldBe(StatusCode.FailedPrecondition, "PARTICULARS_ERASED", "without particulars");
        var back = (await ListAsync(Submitter)).Single();
        (back.SentBack, back.ParticularsMissing).ShouldBe((true, "PARTICULARS_ERASED"));
        back.SentBackReason.ShouldContain("erased");
        (await CountAsync("TH", "entry")).ShouldBe(1);
    }

    [Fact]
    public async Task What_must_not_wait_passes_at_once_and_no_country_can_make_it_wait()
    {
        var dossier = (await ApproveAsync(Approver, await SubmitAsync())).DossierId;
        var ended = (await Submitter.Referrals.EndContactAsync(new() { Command = OfficeClient.About(), DossierId = dossier }, Submitter.Options)).Referral;
        ended.Doubts.Count.ShouldBe(1);
        (await Submitter.WithdrawConsentAsync(dossier)).State.ShouldBe(ReferralState.Withdrawn);
        (await CountAsync("TH", "submission")).ShouldBe(1);
        foreach (var never in (string[])["ConsentWithdrawn", "ContactEnded", "NotArrived", "FoundSafe", "Nonsense"])
        {
            var file = Path.Combine(Region.Folder, "directory-of-nobody.json");
            await File.WriteAllTextAsync(file, $$"""{ "approval": ["{{never}}"] }""", Stopped);
            var (directory, faults) = Offices.OfficeDirectory.Read(file);
            directory.ShouldBeNull();
            faults.Single().ShouldContain(never);
            File.Delete(file);
        }
    }

    static async Task<bool> TriedAsync(Func<Task> call)
    {
        try
        {
            await call();
            return true;
        }
        catch (RpcException refused) when (refused.StatusCode is StatusCode.FailedPrecondition)
        {
            return false;
        }
    }

    OfficeClient As(string office, string person) => new(Region, Region["TH"], Region.Issuer.Issue("TH", office, person: person));

    static OpenRequest Opening(string note) => new() { Command = OfficeClient.About(), Opened = Regions.Repatriation("TH", "LA"), Particulars = new() { Note = note } };

    async Task<string> SubmitAsync(string note = "nothing") => (await Submitter.Referrals.OpenAsync(Opening(note), Submitter.Options)).AwaitingApproval.SubmissionId;

    static async Task<IReadOnlyList<Submission>> ListAsync(OfficeClient office) =>
        (await new ApprovalService.ApprovalServiceClient(office.Channel).ListSubmissionsAsync(new(), office.Options)).Submissions;

    static async Task<IReadOnlyList<Notice>> NoticesAsync(OfficeClient office) =>
        [.. (await office.Referrals.ListNoticesAsync(new(), office.Options)).Notices.Where(notice => notice.SubmissionId.Length > 0)];

    static async Task<Referral> ApproveAsync(OfficeClient office, string id) =>
        (await new ApprovalService.ApprovalServiceClient(office.Channel).ApproveAsync(new() { SubmissionId = id }, office.Options)).Referral;

    static async Task SendBackAsync(OfficeClient office, string id, string reason = "Look again.") =>
        await new ApprovalService.ApprovalServiceClient(office.Channel).SendBackAsync(new() { SubmissionId = id, Reason = reason }, office.Options);

    static async Task DelegateAsync(OfficeClient office, string role, string unit, int from, int until)
    {
        var to = new Contracts.Directory.V1.Office { Role = Enum.Parse<Contracts.Directory.V1.Role>(role.Replace("-", "", StringComparison.Ordinal), ignoreCase: true), Unit = unit };
        await new ApprovalService.ApprovalServiceClient(office.Channel).DelegateAsync(new() { To = to, From = Regions.InDays(from), Until = Regions.InDays(until) }, office.Options);
    }

    static async Task<string> NoteAsync(OfficeClient office, ByteString dossier, ByteString entry) =>
        (await office.Dossiers.GetParticularsAsync(new() { DossierId = dossier, Entry = entry }, office.Options)).Particulars.Note;

    Task<long> CountAsync(string node, string table) => Region[node].AskAsync<long>($"select count(*) from {table}");

    /// <summary>Keys of Bangkok's that are none of a dossier's.</summary>
    List<string> SubmissionKeys(params IEnumerable<ByteString> dossiers) =>
        [.. Directory.EnumerateFiles(Region["TH"].Keys.Dossiers, "*.key", SearchOption.AllDirectories).Where(file => !dossiers.Any(id => Path.GetFileNameWithoutExtension(file) == Convert.ToHexStringLower(id.Span)))];
}
