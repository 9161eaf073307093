using System.Buffers.Text;
using System.Text;
using Coordination.Contracts.Referral.V1;
using Coordination.Local;
using Google.Protobuf;
using Grpc.Core;
using ApprovalService = Coordination.Contracts.Dossier.V1.ApprovalService;

namespace Coordination.CountryNode.Tests.Referrals;

/// <summary>What offices read of many referrals: each filter, page by page, and who may.</summary>
public sealed class ListTests(SharedRegion shared)
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lists_show_what_was_asked_for_page_by_page_and_nothing_twice_while_more_come()
    {
        await using var region = await shared.StartAsync(["TH", "LA", "VN"]);
        using var bangkok = region.Office("TH");
        using var caseWorker = region.Office("TH", "case-worker");
        using var vientiane = region.Office("LA");
        var toLaos = new List<ByteString>();
        for (var i = 0; i < 12; i++)
        {
            var opened = Regions.Repatriation("TH", "LA");
            if (i % 3 == 0) opened.Urgency = Urgency.Urgent;
            toLaos.Add((await bangkok.OpenAsync(opened)).DossierId);
        }
        var toVietNam = (await bangkok.OpenAsync(Regions.Repatriation("TH", "VN"))).DossierId;
        var search = Regions.Repatriation("LA", "TH");
        (search.Type, search.Basis, search.Consent) = (ReferralType.LocateAndProtect, Basis.RiskToLife, null);
        var fromBangkok = (await bangkok.OpenAsync(search)).DossierId;
        foreach (var id in toLaos) await vientiane.UntilAsync(id, referral => referral.State is ReferralState.Sent);
        foreach (var id in toLaos.Take(4)) await vientiane.AcknowledgeAsync(id);
        foreach (var id in toLaos.Take(4)) await bangkok.UntilAsync(id, referral => referral.State is ReferralState.Received);
        await bangkok.CancelAsync(toLaos[11]);
        await region.SettledAsync(Soon);
        // Receipts have come into the overviews.
        foreach (var node in region.Nodes)
            (await Poll.UntilAsync(async () => await node.AskAsync<long>("select count(*) from dossier where stale_until is not null") == 0, Soon, Cancelled)).ShouldBeTrue();

        List<ByteString> newest = [fromBangkok, toVietNam, .. Enumerable.Reverse(toLaos)];
        (await AllAsync(bangkok, new(), size: 0)).ShouldBe(newest);
        foreach (var size in (uint[])[1, 3, 200]) (await AllAsync(bangkok, new(), size)).ShouldBe(newest);
        (await AllAsync(bangkok, new() { Country = "VN" })).ShouldBe([toVietNam]);
        (await AllAsync(bangkok, new() { Country = "MM" })).ShouldBeEmpty();
        (await AllAsync(bangkok, new() { Type = ReferralType.LocateAndProtect })).ShouldBe([fromBangkok]);
        (await AllAsync(bangkok, new() { State = ReferralState.Received })).ShouldBe(Enumerable.Reverse(toLaos.Take(4)));
        (await AllAsync(bangkok, new() { State = ReferralState.Cancelled })).ShouldBe([toLaos[11]]);
        (await AllAsync(bangkok, new() { Urgency = Urgency.Urgent })).ShouldBe([toLaos[9], toLaos[6], toLaos[3], toLaos[0]]);
        (await AllAsync(bangkok, new() { Urgency = Urgency.Urgent, State = ReferralState.Received, Country = "LA" })).ShouldBe([toLaos[3], toLaos[0]]);
        (await AllAsync(bangkok, new() { Whose = Whose.Mine })).ShouldBe(newest);
        (await AllAsync(caseWorker, new() { Whose = Whose.Mine })).ShouldBeEmpty();
        var digits = Convert.ToHexStringLower(toLaos[4].Span);
        foreach (var begins in (string[])[digits, digits[..8], digits[..9]]) (await AllAsync(bangkok, new() { IdBegins = begins })).ShouldBe([toLaos[4]]);
        (await AllAsync(bangkok, new() { IdBegins = digits[..8], Country = "VN" })).ShouldBeEmpty();
        (await AllAsync(bangkok, new() { IdBegins = $"{digits[..63]}{(digits[63] == '0' ? '1' : '0')}" })).ShouldBeEmpty();
        // Bangkok owes the end of the data it cancelled, and a report of a person who is searched for owes nothing yet.
        (await AllAsync(bangkok, new() { Whose = Whose.OwedByUs })).ShouldBe([toLaos[11]]);
        (await AllAsync(bangkok, new() { Whose = Whose.OwedToUs })).ShouldBe(newest);
        (await AllAsync(vientiane, new() { Whose = Whose.OwedByUs })).Count.ShouldBe(13);
        (await AllAsync(bangkok, new() { Whose = Whose.Late })).ShouldBeEmpty();

        // What is owed: due first comes first, what has no date last.
        var due = await DueAsync(vientiane, Whose.OwedByUs);
        due.Count.ShouldBe(13);
        due.Select(row => row.Debt.DueAt.ToDateTimeOffset()).ShouldBeInOrder();
        due.ShouldAllBe(row => row.Country == "TH" && row.Debt.Owes == "LA" && !row.Debt.Late && row.Debt.HolidaysNotCounted && row.Debt.Office == "focal-point@ahtd");
        foreach (var size in (uint[])[1, 5, 200]) (await DueAsync(vientiane, Whose.OwedByUs, size)).ShouldBe(due);
        (await DueAsync(vientiane, Whose.Mine)).ShouldBe(due);
        using var other = region.Office("LA", "case-worker");
        (await DueAsync(other, Whose.Mine)).ShouldBeEmpty();
        (await DueAsync(vientiane, Whose.OwedToUs)).Single().DossierId.ShouldBe(toLaos[11]);
        // The other side sees the same, and since when.
        (await DueAsync(bangkok, Whose.OwedToUs)).Where(row => row.Country == "LA").Select(row => (row.DossierId, row.Debt)).ShouldBe(due.Select(row => (row.DossierId, row.Debt)), ignoreOrder: true);
        // Late, and without a date.
        await region["LA"].AskAsync<object?>("update debt set due_at = now() - interval '1 minute' where dossier_id = $1 and owes = 'LA'", toLaos[5].ToByteArray());
        await region["LA"].AskAsync<object?>("update debt set due_at = null, warn_at = null, awaiting_since = null where dossier_id = any($1)", (object)toLaos.Skip(6).Take(3).Select(id => id.ToByteArray()).ToArray());
        (await AllAsync(vientiane, new() { Whose = Whose.Late })).ShouldBe([toLaos[5]]);
        (await DueAsync(vientiane, Whose.Late)).Single().Debt.Late.ShouldBeTrue();
        foreach (var size in (uint[])[1, 4])
        {
            var rows = await DueAsync(vientiane, Whose.OwedByUs, size);
            rows.Select(row => row.DossierId).ShouldBe(due.Select(row => row.DossierId), ignoreOrder: true);
            rows[0].DossierId.ShouldBe(toLaos[5]);
            rows.TakeLast(3).ShouldAllBe(row => row.Debt.DueAt == null);
        }

        // More come while somebody turns pages.
        var seen = new List<ByteString>();
        var token = "";
        do
        {
            var page = await bangkok.Referrals.ListAsync(new() { PageSize = 2, PageToken = token }, bangkok.Options);
            seen.AddRange(page.Referrals.Select(referral => referral.DossierId));
            token = page.NextPageToken;
            await bangkok.OpenAsync(Regions.Repatriation("TH", "VN"));
        } while (token.Length > 0);
        seen.ShouldBe(newest);
        region.Nodes.SelectMany(ErrorLogs.In).ShouldBeEmpty();
    }

    [Fact]
    public async Task Notices_are_read_by_the_office_that_was_told_and_those_for_nobody_by_administrators()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        using var bangkok = region.Office("TH");
        using var vientiane = region.Office("LA");
        using var head = region.Office("LA", "focal-point@ahtd-head");
        using var administrator = region.Office("LA", "administrator");
        var ids = new List<ByteString>();
        for (var i = 0; i < 5; i++) ids.Add((await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId);
        foreach (var id in ids) await vientiane.UntilAsync(id, _ => true);
        await region.SettledAsync(Soon);
        // As if two days had passed for Vientiane; and as if for one nobody had been known.
        await region["LA"].AskAsync<object?>("update debt set office = null where dossier_id = $1", ids[0].ToByteArray());
        await region["LA"].AskAsync<object?>("update debt set warn_at = now() - interval '1 day', due_at = now() - interval '1 minute', look_at = now() - interval '1 day'");
        (await Poll.UntilAsync(async () => await region["LA"].AskAsync<long>("select count(*) from notice") >= 14, Soon, Cancelled)).ShouldBeTrue();

        foreach (var size in (uint[])[0, 1, 3])
        {
            var told = await NoticesAsync(vientiane, size);
            told.Count.ShouldBe(8);
            told.ShouldAllBe(notice => notice.Office == "focal-point@ahtd" && notice.Clock == Clock.Acknowledge && notice.Owes == "LA" && notice.Round == 1);
            told.Count(notice => notice.Kind is NoticeKind.Late).ShouldBe(4);
            told.Select(notice => (notice.DossierId, notice.Kind)).ShouldBeUnique();
        }
        (await NoticesAsync(head)).Select(notice => notice.Kind).Distinct().ShouldBe([NoticeKind.Escalated]);
        (await NoticesAsync(administrator)).Select(notice => (notice.DossierId, notice.Office)).Distinct().ShouldBe([(ids[0], "")]);
        using var approver = region.Office("LA", "approver");
        (await NoticesAsync(approver)).ShouldBeEmpty("what is told of a debt is nothing to approve");
        using var auditor = region.Office("LA", "auditor");
        (await Refused.ByAsync(async () => await auditor.Referrals.ListNoticesAsync(new(), auditor.Options))).ShouldBe(StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED", "may not do this");
        (await Refused.ByAsync(async () => await administrator.Referrals.ListAsync(new(), administrator.Options))).ShouldBe(StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED", "may not do this");
        (await Refused.ByAsync(async () => await administrator.Referrals.ListDueAsync(new(), administrator.Options))).ShouldBe(StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED", "may not do this");
    }

    [Fact]
    public async Task A_page_token_that_is_none_or_of_another_list_and_a_page_that_is_too_large_are_refused()
    {
        using var hanoi = shared.Region.Office("VN");
        for (var i = 0; i < 2; i++) await hanoi.OpenAsync(Regions.Repatriation("VN", "TH"));
        var ofList = (await hanoi.Referrals.ListAsync(new() { PageSize = 1 }, hanoi.Options)).NextPageToken;
        var ofDue = (await hanoi.Referrals.ListDueAsync(new() { PageSize = 1 }, hanoi.Options)).NextPageToken;
        var ofNotices = Token("""{"Notice":5}""");
        (await hanoi.Referrals.ListNoticesAsync(new() { PageToken = ofNotices }, hanoi.Options)).Notices.ShouldNotBeNull();
        string[] garbage =
        [
            "garbage", "====", "\0", Token("null"), Token("5"), Token("{}"), Token("[]"), Token("""{"Since":"2026-01-01T00:00:00Z","Id":"zz"}"""), Token("""{"Since":"2026-01-01T00:00:00Z","Id":"00"}"""),
            Token("""{"Since":"2026-01-01T00:00:00Z","Id":null}"""), Token(Due(clock: "Nothing")), Token(Due(owes: "XX\\u0000")), Token(Due(clock: "Find\\u0000")), Token(Due(cause: "00")), Token("""{"Notice":"5"}"""), ofList + "A", new string('A', 50_000),
        ];
        foreach (var token in garbage.Append(ofDue).Append(ofNotices)) await RefusedAsync(token, () => hanoi.Referrals.ListAsync(new() { PageToken = token }, hanoi.Options).ResponseAsync);
        foreach (var token in garbage.Append(ofList).Append(ofNotices)) await RefusedAsync(token, () => hanoi.Referrals.ListDueAsync(new() { PageToken = token }, hanoi.Options).ResponseAsync);
        var approvals = new ApprovalService.ApprovalServiceClient(hanoi.Channel);
        var ofSubmissions = Token(Submission(new string('0', 32)));
        (await approvals.ListSubmissionsAsync(new() { PageToken = ofSubmissions }, hanoi.Options)).Submissions.ShouldBeEmpty();
        foreach (var token in garbage.Append(ofList).Append(ofDue).Append(ofNotices).Append(Token(Submission("00"))).Append(Token(Submission($"{new string('0', 31)}\\u0000"))))
            await RefusedAsync(token, () => approvals.ListSubmissionsAsync(new() { PageToken = token }, hanoi.Options).ResponseAsync);
        await RefusedAsync(ofSubmissions, () => hanoi.Referrals.ListNoticesAsync(new() { PageToken = ofSubmissions }, hanoi.Options).ResponseAsync);
        foreach (var token in garbage.Append(ofList).Append(ofDue)) await RefusedAsync(token, () => hanoi.Referrals.ListNoticesAsync(new() { PageToken = token }, hanoi.Options).ResponseAsync);

        foreach (var call in (Func<Task>[])[
            () => hanoi.Referrals.ListAsync(new() { PageSize = 201 }, hanoi.Options).ResponseAsync, () => hanoi.Referrals.ListDueAsync(new() { PageSize = uint.MaxValue }, hanoi.Options).ResponseAsync,
            () => hanoi.Referrals.ListNoticesAsync(new() { PageSize = 201 }, hanoi.Options).ResponseAsync, () => approvals.ListSubmissionsAsync(new() { PageSize = 201 }, hanoi.Options).ResponseAsync])
            (await Refused.ByAsync(call)).ShouldBe(StatusCode.InvalidArgument, "FIELD_INVALID", "is more than 200");
        var wrong = await Refused.ByAsync(async () => await hanoi.Referrals.ListAsync(
            new() { Country = "XX", Type = (ReferralType)99, State = (ReferralState)99, Urgency = (Urgency)99, IdBegins = "ABC" }, hanoi.Options));
        wrong.Code.ShouldBe(StatusCode.InvalidArgument);
        wrong.Fields.ShouldBe(["country", "type", "state", "urgency", "id_begins"], ignoreOrder: true);
        (await Refused.ByAsync(async () => await hanoi.Referrals.ListDueAsync(new() { Whose = (Whose)99 }, hanoi.Options))).ShouldBe(StatusCode.InvalidArgument, "CODE_UNKNOWN", "unknown code");

        static string Token(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));

        static string Due(string clock = "Find", string owes = "TH", string cause = "") => $$"""
            {"At":null,"Id":"{{new string('0', 64)}}","Clock":"{{clock}}","Owes":"{{owes}}","Number":0,"Cause":"{{(cause.Length > 0 ? cause : new string('0', 64))}}","About":""}
            """;

        static string Submission(string id) => $$"""{"Settled":null,"Submitted":"2026-01-01T00:00:00Z","Submission":"{{id}}"}""";

        static async Task RefusedAsync(string token, Func<Task> call)
        {
            var refused = await Refused.ByAsync(call);
            (refused.Code, refused.Reason).ShouldBe((StatusCode.InvalidArgument, "PAGE_TOKEN_INVALID"), token.Length > 200 ? "long" : token);
        }
    }

    [Fact]
    public async Task An_earlier_referral_is_found_by_both_that_hold_it_and_by_nobody_else()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        using var hanoi = shared.Region.Office("VN");
        var earlier = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        await vientiane.UntilAsync(earlier, _ => true);
        var again = await OpenAsync(bangkok, "TH", "LA");
        (await bangkok.GetAsync(again)).EarlierDossierId.ShouldBe(earlier);
        (await vientiane.UntilAsync(again, _ => true)).EarlierDossierId.ShouldBe(earlier);

        var elsewhere = await OpenAsync(vientiane, "LA", "VN");
        (await vientiane.GetAsync(elsewhere)).EarlierDossierId.ShouldBe(earlier);
        var there = await hanoi.UntilAsync(elsewhere, _ => true);
        there.EarlierDossierId.IsEmpty.ShouldBeTrue();
        there.ToByteString().Span.IndexOf(earlier.Span).ShouldBe(-1);
        // Nor does anybody name one that it does not hold.
        (await Refused.ByAsync(() => OpenAsync(hanoi, "VN", "LA"))).ShouldBe(StatusCode.InvalidArgument, "EARLIER_REFERRAL_UNKNOWN", "none that this node holds");

        async Task<ByteString> OpenAsync(OfficeClient office, string from, string to) =>
            (await office.Referrals.OpenAsync(new() { Command = OfficeClient.About(), Opened = Regions.Repatriation(from, to), EarlierDossierId = earlier }, office.Options)).Referral.DossierId;
    }

    static async Task<List<ByteString>> AllAsync(OfficeClient office, ListRequest request, uint size = 5)
    {
        var all = new List<ByteString>();
        request.PageSize = size;
        do
        {
            var page = await office.Referrals.ListAsync(request, office.Options);
            page.Referrals.Count.ShouldBeLessThanOrEqualTo(size == 0 ? 50 : (int)size);
            page.Referrals.ShouldAllBe(referral => referral.Offers.Count == 0);
            all.AddRange(page.Referrals.Select(referral => referral.DossierId));
            request.PageToken = page.NextPageToken;
        } while (request.PageToken.Length > 0);
        return all;
    }

    static async Task<List<DueRow>> DueAsync(OfficeClient office, Whose whose, uint size = 5)
    {
        var (all, token) = (new List<DueRow>(), "");
        do
        {
            var page = await office.Referrals.ListDueAsync(new() { Whose = whose, PageSize = size, PageToken = token }, office.Options);
            all.AddRange(page.Rows);
            token = page.NextPageToken;
        } while (token.Length > 0);
        return all;
    }

    static async Task<List<Notice>> NoticesAsync(OfficeClient office, uint size = 5)
    {
        var (all, token) = (new List<Notice>(), "");
        do
        {
            var page = await office.Referrals.ListNoticesAsync(new() { PageSize = size, PageToken = token }, office.Options);
            all.AddRange(page.Notices);
            token = page.NextPageToken;
        } while (token.Length > 0);
        return all;
    }
}
