using System.Security.Cryptography;
using System.Text;
using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Referrals;
using Coordination.Hosting.Sealing;
using Coordination.Local;
using Google.Protobuf;
using Grpc.Core;

namespace Coordination.CountryNode.Tests.Exchange;

/// <summary>What goes with a case file: streamed in pieces, sealed in pieces, and closed with the file.</summary>
public sealed class AttachmentTests(SharedRegion shared)
{
    const int MiB = 1024 * 1024;

    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 240_000)]
    public async Task Twenty_five_mebibytes_arrive_as_they_were_sent_and_are_opened_with_a_row_in_the_log()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        var id = await TakenUpAsync(bangkok, vientiane);
        var sent = Pdf(25 * MiB);
        var added = await AddAsync(bangkok, id, sent);
        (added.Type, added.Size, added.Sha256).ShouldBe(("application/pdf", 25ul * MiB, ByteString.CopyFrom(SHA256.HashData(sent))));
        await ReleaseAsync(bangkok, id, new Attachment { AttachmentId = added.AttachmentId, Name = "A decision.exe", Type = "image/png", Size = 1 });

        var (about, received) = await ArrivedAsync(vientiane, id, added.AttachmentId);
        // Type, size and hash are what the node found, whatever the office said.
        (about.Name, about.Type, about.Size).ShouldBe(("A decision.exe", "application/pdf", 25ul * MiB));
        received.AsSpan().SequenceEqual(sent).ShouldBeTrue();
        (await OpenAsync(bangkok, id, added.AttachmentId)).Data.AsSpan().SequenceEqual(sent).ShouldBeTrue();
        var row = AccessRow.Parser.ParseFrom(await shared.Region["TH"].AskAsync<byte[]>("select bytes from access where position($1 in bytes) > 0 order by number desc limit 1", id.ToByteArray()));
        (row.Act, row.AttachmentId, row.Reason).ShouldBe((AccessAct.Attachment, added.AttachmentId, AccessReason.Care));
        (await shared.Region["LA"].AskAsync<int>("select max(length(at_rest)) from attachment_piece")).ShouldBeLessThan(300 * 1024);
    }

    [Theory]
    [InlineData("255044462D", "application/pdf")]
    [InlineData("FFD8FFE0", "image/jpeg")]
    [InlineData("89504E470D0A1A0A", "image/png")]
    [InlineData("49492A00", "image/tiff")]
    [InlineData("52494646000000005745425056", "image/webp")]
    [InlineData("5249464600000000574156456D", "audio/wav")]
    [InlineData("494433", "audio/mpeg")]
    [InlineData("FFFB9064", "audio/mpeg")]
    [InlineData("4D4D002A", "image/tiff")]
    [InlineData("00000018667479706865696300", "image/heic")]
    [InlineData("00000018667479704D344120", "audio/mp4")]
    [InlineData("000000186674797069736F6D", "video/mp4")]
    [InlineData("4D5A9000", null)]
    [InlineData("504B0304", null)]
    [InlineData("3C68746D6C3E", null)]
    [InlineData("2550444600000000", null)] // From here on what only looks like one of them: one letter, one byte, the end missing; and text that begins like an MP3.
    [InlineData("FFD8", null)]
    [InlineData("FFD800E0", null)]
    [InlineData("89504E470D0A1A0B", null)]
    [InlineData("49492B00", null)]
    [InlineData("52494646000000005745425600", null)]
    [InlineData("5249464600000000574156", null)]
    [InlineData("FFFE680065006C00", null)]
    [InlineData("000000206674797068656963", "image/heic")]
    [InlineData("00000020667479706D696631", "image/heic")]
    [InlineData("000000206674797061766966", null)]
    [InlineData("000000206674797071742020", null)]
    [InlineData("0000002066747970", null)]
    public void The_type_is_read_from_the_bytes(string first, string? type) => AttachmentWire.TypeOf(Convert.FromHexString(first)).ShouldBe(type);

    [Fact(Timeout = 120_000)]
    public async Task What_is_empty_too_large_of_no_known_type_or_sent_the_wrong_way_is_refused_and_nothing_of_it_is_kept()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        using var auditor = shared.Region.Office("TH", "auditor");
        var id = await TakenUpAsync(bangkok, vientiane);
        (await Refused.ByAsync(() => AddAsync(bangkok, id, []))).ShouldBe(StatusCode.InvalidArgument, "FIELD_INVALID", "empty");
        (await Refused.ByAsync(() => AddAsync(bangkok, id, "<html>"u8.ToArray()))).ShouldBe(StatusCode.InvalidArgument, "ATTACHMENT_TYPE_UNKNOWN", "PDF");
        (await Refused.ByAsync(() => AddAsync(bangkok, id, Pdf((25 * MiB) + 1)))).ShouldBe(StatusCode.InvalidArgument, "ATTACHMENT_TOO_LARGE", "25 MiB");
        (await Refused.ByAsync(() => AddAsync(auditor, id, Pdf(100)))).ShouldBe(StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED", "");
        (await Refused.ByAsync(() => SendAsync(bangkok, new AddAttachmentRequest { Data = ByteString.CopyFromUtf8("%PDF-") }))).Fields.ShouldBe(["dossier_id"]);
        (await Refused.ByAsync(() => SendAsync(bangkok, new AddAttachmentRequest { DossierId = id }, new AddAttachmentRequest { DossierId = id }))).Fields.ShouldBe(["dossier_id"]);
        (await Refused.ByAsync(() => SendAsync(bangkok, new AddAttachmentRequest { DossierId = ByteString.CopyFrom(new byte[32]) }))).ShouldBe(StatusCode.NotFound, "DOSSIER_NOT_FOUND", "");
        using (var leaving = bangkok.Attachments.AddAttachment(bangkok.Options))
        {
            await leaving.RequestStream.WriteAsync(new() { DossierId = id }, Cancelled);
            await leaving.RequestStream.WriteAsync(new() { Data = ByteString.CopyFrom(Pdf(MiB)) }, Cancelled);
            await UntilAsync(() => shared.Region["TH"].AskAsync<bool>("select count(*) > 0 from attachment_piece where dossier_id = $1", id.ToByteArray()));
        }
        await UntilAsync(() => shared.Region["TH"].AskAsync<bool>("select count(*) = 0 from attachment where dossier_id = $1", id.ToByteArray()));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_release_names_only_what_was_added_to_its_dossier_and_nothing_that_the_person_withholds()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        var (id, other, withholding) = (await TakenUpAsync(bangkok, vientiane), await TakenUpAsync(bangkok, vientiane), await TakenUpAsync(bangkok, vientiane, "attachments"));
        var elsewhere = (await AddAsync(bangkok, other, Pdf(100))).AttachmentId;
        foreach (var unknown in (string[])[elsewhere, new string('0', 32)])
            (await Refused.ByAsync(() => ReleaseAsync(bangkok, id, new Attachment { AttachmentId = unknown }))).ShouldBe(StatusCode.InvalidArgument, "ATTACHMENT_UNKNOWN", unknown);
        (await Refused.ByAsync(() => ReleaseAsync(bangkok, id, new Attachment { AttachmentId = "../../x" }))).Fields.ShouldBe(["case_file.attachments.attachment_id"]);
        (await Refused.ByAsync(() => AddAsync(bangkok, withholding, Pdf(100)))).ShouldBe(StatusCode.FailedPrecondition, "ATTACHMENTS_WITHHELD", "");
        // Nothing leaves before a release names it.
        (await Refused.ByAsync(() => OpenAsync(bangkok, other, elsewhere))).ShouldBe(StatusCode.NotFound, "CASE_FILE_NOT_RELEASED", "");
        await ReleaseAsync(bangkok, other);
        (await Refused.ByAsync(() => OpenAsync(bangkok, other, elsewhere))).ShouldBe(StatusCode.NotFound, "ATTACHMENT_NOT_FOUND", "");
        // Whoever asks again gets the first answer, whatever became of what it names.
        var again = new ReleaseCaseFileRequest { Command = OfficeClient.About(), DossierId = other, CaseFile = new() { Attachments = { new Attachment { AttachmentId = elsewhere } } } };
        var first = await bangkok.Referrals.ReleaseCaseFileAsync(again, bangkok.Options);
        await shared.Region["TH"].AskAsync<object?>("delete from attachment where id = $1", elsewhere);
        (await bangkok.Referrals.ReleaseCaseFileAsync(again, bangkok.Options)).ShouldBe(first);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_release_of_which_the_person_withholds_everything_is_refused()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        var id = await TakenUpAsync(bangkok, vientiane, "office_contact");
        (await Refused.ByAsync(() => ReleaseAsync(bangkok, id))).ShouldBe(StatusCode.FailedPrecondition, "NOTHING_TO_RELEASE", "");
        (await bangkok.HistoryAsync(id)).Entries.ShouldNotContain(entry => entry.Statement == "CaseFileReleased");
    }

    [Fact(Timeout = 120_000)]
    public async Task From_the_withdrawal_on_an_attachment_is_closed_in_both_countries_and_no_pull_is_answered()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        var id = await TakenUpAsync(bangkok, vientiane);
        var added = (await AddAsync(bangkok, id, Pdf(3 * MiB))).AttachmentId;
        var release = await ReleaseAsync(bangkok, id, new Attachment { AttachmentId = added });
        await ArrivedAsync(vientiane, id, added);
        // Whoever reads slowly reads no further: the consent is asked again before each piece.
        using var slow = bangkok.Attachments.OpenAttachment(new() { DossierId = id, AttachmentId = added, Reason = AccessReason.Care }, bangkok.Options);
        (await slow.ResponseStream.MoveNext(Cancelled)).ShouldBeTrue();
        // So is a peer in the middle of a pull.
        using var laos = new PeerClient(shared.Region["TH"], shared.Region.Authority.IssuePeer("LA"));
        using var pulling = laos.Client.PullAttachment(new() { DossierId = id, Release = release, AttachmentId = added }, PeerClient.Options);
        (await pulling.ResponseStream.MoveNext(Cancelled)).ShouldBeTrue();

        await vientiane.WithdrawConsentAsync(id);
        (await Refused.ByAsync(() => OpenAsync(vientiane, id, added))).ShouldBe(StatusCode.FailedPrecondition, "CONSENT_WITHDRAWN", "");
        await bangkok.UntilAsync(id, referral => referral.ConsentWithdrawn);
        (await Refused.ByAsync(() => OpenAsync(bangkok, id, added))).ShouldBe(StatusCode.FailedPrecondition, "CONSENT_WITHDRAWN", "");
        (await Refused.ByAsync(async () =>
        {
            using var pull = laos.Client.PullAttachment(new() { DossierId = id, Release = release, AttachmentId = added }, PeerClient.Options);
            await pull.ResponseStream.MoveNext(Cancelled);
        })).ShouldBe(StatusCode.FailedPrecondition, "CONSENT_WITHDRAWN", "LA");
        (await Refused.ByAsync(async () => { while (await slow.ResponseStream.MoveNext(Cancelled)) { } })).ShouldBe(StatusCode.FailedPrecondition, "CONSENT_WITHDRAWN", "");
        (await Refused.ByAsync(async () => { while (await pulling.ResponseStream.MoveNext(Cancelled)) { } })).ShouldBe(StatusCode.FailedPrecondition, "CONSENT_WITHDRAWN", "LA");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_node_whose_certificate_is_taken_back_in_the_middle_of_a_pull_gets_no_more()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        using var bangkok = region.Office("TH");
        using var vientiane = region.Office("LA");
        var id = await TakenUpAsync(bangkok, vientiane);
        var added = (await AddAsync(bangkok, id, Pdf(3 * MiB))).AttachmentId;
        var release = await ReleaseAsync(bangkok, id, new Attachment { AttachmentId = added });
        using var laos = new PeerClient(region["TH"], region.Authority.IssuePeer("LA"));
        using var pulling = laos.Client.PullAttachment(new() { DossierId = id, Release = release, AttachmentId = added }, PeerClient.Options);
        (await pulling.ResponseStream.MoveNext(Cancelled)).ShouldBeTrue();
        var list = region.TrustList.Clone();
        list.Version++;
        using var another = region.Authority.CreateTlsAuthority("LA");
        list.Nodes.Single(node => node.Id == "LA").TlsAuthority = ByteString.CopyFrom(another.RawData);
        region.WriteTrustList(list, "TH");
        await UntilAsync(async () => (await File.ReadAllTextAsync(region["TH"].LogFile, Cancelled)).Contains($"rust list {list.Version}", StringComparison.Ordinal));
        (await Refused.ByAsync(async () => { while (await pulling.ResponseStream.MoveNext(Cancelled)) { } })).ShouldBe(StatusCode.Unauthenticated, "CERTIFICATE_UNKNOWN", "");
    }

    [Fact(Timeout = 120_000)]
    public async Task What_comes_whole_and_is_not_what_its_case_file_says_is_noted_and_shown_to_nobody()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        using var bangkok = region.Office("TH");
        using var vientiane = region.Office("LA");
        var id = await TakenUpAsync(bangkok, vientiane);
        var sent = Pdf(MiB);
        var added = (await AddAsync(bangkok, id, sent)).AttachmentId;
        // A country that sends other bytes than those that it signed for, of the same length.
        const string update = "update attachment_piece set at_rest = $1 where id = $2 and number = 1";
        var right = await region["TH"].AskAsync<byte[]>("select at_rest from attachment_piece where id = $1 and number = 1", added);
        var other = region["TH"].DossierKeys().Protect(DossierId.Read(id.Span), new byte[256 * 1024], Encoding.ASCII.GetBytes($"attachment TH {added} 1")).ShouldBeOfType<Protection.Protected>().Bytes.ToArray();
        await region["TH"].AskAsync<object?>(update, other, added);
        await ReleaseAsync(bangkok, id, new Attachment { AttachmentId = added });
        await UntilAsync(() => region["LA"].AskAsync<bool>("select exists (select from audit where reason = 'ATTACHMENT_WRONG')"));
        (await Refused.ByAsync(() => OpenAsync(vientiane, id, added))).ShouldBe(StatusCode.NotFound, "ATTACHMENT_MISSING", "");
        (await region["LA"].AskAsync<long>("select count(*) from attachment where complete")).ShouldBe(0);
        await region["TH"].AskAsync<object?>(update, right, added);
        (await ArrivedAsync(vientiane, id, added)).Data.AsSpan().SequenceEqual(sent).ShouldBeTrue();
    }

    [Fact(Timeout = 240_000)]
    public async Task What_had_not_come_when_the_person_came_to_withhold_more_comes_under_the_next_release()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        using var bangkok = region.Office("TH");
        using var vientiane = region.Office("LA");
        var id = await TakenUpAsync(bangkok, vientiane);
        var sent = Pdf(20 * MiB);
        var added = (await AddAsync(bangkok, id, sent)).AttachmentId;
        await ReleaseAsync(bangkok, id, new Attachment { AttachmentId = added });
        await UntilAsync(() => region["LA"].AskAsync<bool>("select count(*) > 3 from attachment_piece"));
        await region["LA"].KillAsync();
        await bangkok.Referrals.RecordConsentAsync(new()
        {
            Command = OfficeClient.About(), DossierId = id, ConsentRecorded = new() { Consent = new() { Purposes = { Purpose.Return }, Recipients = { "LA" }, Until = Regions.InDays(90) } },
            Particulars = new() { Consent = new() { Withheld = { "office_contact" } } },
        }, bangkok.Options);
        await ReleaseAsync(bangkok, id, new Attachment { AttachmentId = added });
        (await region["LA"].AskAsync<bool>("select complete from attachment")).ShouldBeFalse();
        await region["LA"].StartAsync(Cancelled);
        using var again = region.Office("LA");
        (await ArrivedAsync(again, id, added)).Data.AsSpan().SequenceEqual(sent).ShouldBeTrue();
    }

    [Fact(Timeout = 120_000)]
    public async Task What_the_person_takes_from_a_country_is_erased_there_and_pulled_anew_once_it_is_released_again()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        var id = await TakenUpAsync(bangkok, vientiane);
        var sent = Pdf(MiB);
        var added = (await AddAsync(bangkok, id, sent)).AttachmentId;
        var first = await ReleaseAsync(bangkok, id, new Attachment { AttachmentId = added });
        await ArrivedAsync(vientiane, id, added);
        await bangkok.Referrals.WithdrawConsentAsync(new() { Command = OfficeClient.About(), DossierId = id, Withdrawn = new() { Part = new() { Recipients = { "LA" } } } }, bangkok.Options);
        await bangkok.Referrals.RecordConsentAsync(new()
        {
            Command = OfficeClient.About(), DossierId = id, ConsentRecorded = new() { Consent = new() { Purposes = { Purpose.Return }, Recipients = { "LA" }, Until = Regions.InDays(90) } },
        }, bangkok.Options);
        await UntilAsync(async () => await shared.Region["LA"].AskAsync<long>("select count(*) from attachment where id = $1", added) == 0);
        var open = new OpenAttachmentRequest { DossierId = id, Release = first, AttachmentId = added, Reason = AccessReason.Care };
        (await Refused.ByAsync(() => ReadAsync(vientiane, open))).ShouldBe(StatusCode.FailedPrecondition, "CONSENT_WITHDRAWN", "new release");
        await ReleaseAsync(bangkok, id, new Attachment { AttachmentId = added });
        (await ArrivedAsync(vientiane, id, added)).Data.AsSpan().SequenceEqual(sent).ShouldBeTrue();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_peer_pulls_the_attachments_of_what_was_released_to_it_and_no_others()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        var (id, other) = (await TakenUpAsync(bangkok, vientiane), await TakenUpAsync(bangkok, vientiane));
        var (named, unnamed) = ((await AddAsync(bangkok, id, Pdf(MiB))).AttachmentId, (await AddAsync(bangkok, id, Pdf(100))).AttachmentId);
        var release = await ReleaseAsync(bangkok, id, new Attachment { AttachmentId = named });
        var without = await ReleaseAsync(bangkok, other);
        using var laos = new PeerClient(shared.Region["TH"], shared.Region.Authority.IssuePeer("LA"));
        using var vietnam = new PeerClient(shared.Region["TH"], shared.Region.Authority.IssuePeer("VN"));

        (await PulledAsync(laos, id, release, named, 0)).ShouldBe(4);
        (await PulledAsync(laos, id, release, named, 3)).ShouldBe(1);
        foreach (var (peer, dossier, entry, attachment, reason) in (IEnumerable<(PeerClient, ByteString, ByteString, string, string)>)
        [
            (vietnam, id, release, named, "DOSSIER_NOT_FOUND"), (laos, id, release, unnamed, "ATTACHMENT_NOT_FOUND"), (laos, other, release, named, "CASE_FILE_NOT_RELEASED"),
            (laos, other, without, named, "ATTACHMENT_NOT_FOUND"), (laos, id, id, named, "CASE_FILE_NOT_RELEASED"),
        ])
            (await Refused.ByAsync(() => PulledAsync(peer, dossier, entry, attachment, 0))).ShouldBe(StatusCode.NotFound, reason, "");
        (await Refused.ByAsync(() => PulledAsync(laos, id, release, "x", 100))).Fields.ShouldBe(["attachment_id", "from"], ignoreOrder: true);
    }

    [Fact(Timeout = 240_000)]
    public async Task A_pull_that_breaks_goes_on_where_it_stopped_and_what_was_changed_on_the_way_is_asked_for_again()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        using var bangkok = region.Office("TH");
        using var vientiane = region.Office("LA");
        var id = await TakenUpAsync(bangkok, vientiane);
        var sent = Pdf(20 * MiB);

        var (added, came) = await BreakAsync();
        // What came is not asked for again: its author need not have it any more.
        await region["TH"].AskAsync<object?>("delete from attachment_piece where id = $1 and number < $2", added, came);
        await region["TH"].StartAsync(Cancelled);
        (await ArrivedAsync(vientiane, id, added)).Data.AsSpan().SequenceEqual(sent).ShouldBeTrue();
        // What its own office cannot read to its end is not passed off as the whole.
        await region["LA"].AskAsync<object?>("delete from attachment_piece where id = $1 and number = 79", added);
        (await Refused.ByAsync(() => OpenAsync(vientiane, id, added))).ShouldBe(StatusCode.NotFound, "ATTACHMENT_DAMAGED", "key folder");

        (added, _) = await BreakAsync();
        // What is not what it was does not count.
        await region["LA"].AskAsync<object?>("update attachment_piece set at_rest = set_byte(at_rest, 40, get_byte(at_rest, 40) # 1) where id = $1 and number = 1", added);
        await region["TH"].StartAsync(Cancelled);
        (await ArrivedAsync(vientiane, id, added)).Data.AsSpan().SequenceEqual(sent).ShouldBeTrue();
        (await region["LA"].AskAsync<long>("select count(*) from audit where reason = 'ATTACHMENT_WRONG'")).ShouldBe(1);

        // Its author dies in the middle of a pull.
        async Task<(string Attachment, int Came)> BreakAsync()
        {
            var attachment = (await AddAsync(bangkok, id, sent)).AttachmentId;
            await ReleaseAsync(bangkok, id, new Attachment { AttachmentId = attachment });
            await UntilAsync(() => region["LA"].AskAsync<bool>("select count(*) > 3 from attachment_piece where id = $1", attachment));
            await region["TH"].KillAsync();
            var pieces = await region["LA"].AskAsync<long>("select count(*) from attachment_piece where id = $1", attachment);
            pieces.ShouldBeInRange(4, 79);
            return (attachment, (int)pieces);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Whoever_approves_a_release_opens_what_goes_with_it()
    {
        await using var region = await Region.StartAsync(new RegionOptions { Countries = ["TH", "LA"], Postgres = shared.Postgres, Approval = ["CaseFileReleased"] }, Cancelled);
        using var bangkok = region.Office("TH");
        using var vientiane = region.Office("LA");
        using var approver = new OfficeClient(region, region["TH"], region.Issuer.Issue("TH", $"approver@{region["TH"].Country.Unit}", person: "another"));
        var id = await TakenUpAsync(bangkok, vientiane);
        var sent = Pdf(MiB);
        var added = (await AddAsync(bangkok, id, sent)).AttachmentId;
        var submission = (await bangkok.Referrals.ReleaseCaseFileAsync(
            new() { Command = OfficeClient.About(), DossierId = id, CaseFile = new() { Attachments = { new Attachment { AttachmentId = added } } } }, bangkok.Options)).AwaitingApproval.SubmissionId;
        var open = new OpenAttachmentRequest { SubmissionId = submission, AttachmentId = added, Reason = AccessReason.Supervision };
        (await ReadAsync(approver, open)).Data.AsSpan().SequenceEqual(sent).ShouldBeTrue();
        (await Refused.ByAsync(() => ReadAsync(bangkok, open))).ShouldBe(StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED", "");
        (await Refused.ByAsync(() => ReadAsync(approver, new() { AttachmentId = added }))).Fields.ShouldBe(["dossier_id", "reason"], ignoreOrder: true);
        var row = AccessRow.Parser.ParseFrom(await region["TH"].AskAsync<byte[]>("select bytes from access"));
        (row.Act, row.SubmissionId, row.AttachmentId).ShouldBe((AccessAct.SubmittedAttachment, submission, added));
        await new ApprovalService.ApprovalServiceClient(approver.Channel).ApproveAsync(new() { SubmissionId = submission }, approver.Options);
        // There is one copy, under the key of the release.
        (await region["TH"].AskAsync<long>("select count(*) from submission where case_file_at_rest <> ''")).ShouldBe(0);
        (await ArrivedAsync(vientiane, id, added)).Data.AsSpan().SequenceEqual(sent).ShouldBeTrue();

        // What waits is closed by a withdrawal as what was released is, before any row.
        var next = (await bangkok.Referrals.ReleaseCaseFileAsync(
            new() { Command = OfficeClient.About(), DossierId = id, CaseFile = new() { OfficeContact = "Nobody", Attachments = { new Attachment { AttachmentId = added } } } }, bangkok.Options)).AwaitingApproval.SubmissionId;
        (open.SubmissionId, open.DossierId) = (next, ByteString.Empty);
        var opening = new OpenCaseFileRequest { SubmissionId = next, Reason = AccessReason.Supervision };
        (await approver.Referrals.OpenCaseFileAsync(opening, approver.Options)).CaseFile.OfficeContact.ShouldBe("Nobody");
        await bangkok.Referrals.RecordConsentAsync(new()
        {
            Command = OfficeClient.About(), DossierId = id, ConsentRecorded = new() { Consent = new() { Purposes = { Purpose.Return }, Recipients = { "LA" }, Until = Regions.InDays(90) } },
            Particulars = new() { Consent = new() { Withheld = { "office_contact" } } },
        }, bangkok.Options);
        (await approver.Referrals.OpenCaseFileAsync(opening, approver.Options)).CaseFile.OfficeContact.ShouldBe("");
        var rows = await region["TH"].AskAsync<long>("select count(*) from access");
        await bangkok.WithdrawConsentAsync(id);
        (await Refused.ByAsync(() => ReadAsync(approver, open))).ShouldBe(StatusCode.FailedPrecondition, "CONSENT_WITHDRAWN", "LA");
        (await Refused.ByAsync(() => approver.Referrals.OpenCaseFileAsync(opening, approver.Options).ResponseAsync)).ShouldBe(StatusCode.FailedPrecondition, "CONSENT_WITHDRAWN", "LA");
        (await region["TH"].AskAsync<long>("select count(*) from access")).ShouldBe(rows);
    }

    /// <summary>Nothing but its first bytes is like a PDF.</summary>
    static byte[] Pdf(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        "%PDF-"u8.CopyTo(bytes);
        return bytes;
    }

    static async Task<ByteString> TakenUpAsync(OfficeClient bangkok, OfficeClient vientiane, params string[] withheld)
    {
        var id = (await bangkok.Referrals.OpenAsync(new()
        {
            Command = OfficeClient.About(), Opened = Regions.Repatriation("TH", "LA"), Particulars = new() { Preview = new() { Consent = new() { Withheld = { withheld } } } },
        }, bangkok.Options)).Referral.DossierId;
        await bangkok.HandOverAsync(vientiane, id);
        return id;
    }

    static Task<Attachment> AddAsync(OfficeClient office, ByteString id, byte[] bytes) =>
        SendAsync(office, [new AddAttachmentRequest { DossierId = id }, .. bytes.Chunk(700_001).Select(chunk => new AddAttachmentRequest { Data = UnsafeByteOperations.UnsafeWrap(chunk) })]);

    static async Task<Attachment> SendAsync(OfficeClient office, params IEnumerable<AddAttachmentRequest> messages)
    {
        using var call = office.Attachments.AddAttachment(office.Options.WithDeadline(TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(1)));
        try
        {
            foreach (var message in messages) await call.RequestStream.WriteAsync(message, Cancelled);
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception answered) when (answered is RpcException or InvalidOperationException)
        {
            // Refused before all was sent: the answer says why.
        }
        return (await call.ResponseAsync).Attachment;
    }

    static async Task<ByteString> ReleaseAsync(OfficeClient office, ByteString id, params Attachment[] attachments)
    {
        await office.Referrals.ReleaseCaseFileAsync(
            new() { Command = OfficeClient.About(), DossierId = id, CaseFile = new() { OfficeContact = "At nobody's desk", Attachments = { attachments } } }, office.Options);
        return (await office.HistoryAsync(id)).Entries.Last(entry => entry.Statement == "CaseFileReleased").Hash;
    }

    static Task<(Attachment About, byte[] Data)> OpenAsync(OfficeClient office, ByteString id, string attachment) =>
        ReadAsync(office, new OpenAttachmentRequest { DossierId = id, AttachmentId = attachment, Reason = AccessReason.Care });

    static async Task<(Attachment About, byte[] Data)> ReadAsync(OfficeClient office, OpenAttachmentRequest request)
    {
        using var call = office.Attachments.OpenAttachment(request, office.Options.WithDeadline(TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(1)));
        using var data = new MemoryStream();
        Attachment? about = null;
        while (await call.ResponseStream.MoveNext(Cancelled))
        {
            about ??= call.ResponseStream.Current.Attachment;
            call.ResponseStream.Current.Data.WriteTo(data);
        }
        return (about!, data.ToArray());
    }

    static async Task<(Attachment About, byte[] Data)> ArrivedAsync(OfficeClient office, ByteString id, string attachment)
    {
        (Attachment, byte[])? opened = null;
        await UntilAsync(async () =>
        {
            try
            {
                opened = await OpenAsync(office, id, attachment);
                return true;
            }
            catch (RpcException notYet) when (notYet.StatusCode is StatusCode.NotFound || Refused.Of(notYet).Reason is "CONSENT_WITHDRAWN")
            {
                return false;
            }
        });
        return opened!.Value;
    }

    static async Task<int> PulledAsync(PeerClient peer, ByteString id, ByteString release, string attachment, uint from)
    {
        using var pull = peer.Client.PullAttachment(new() { DossierId = id, Release = release, AttachmentId = attachment, From = from }, PeerClient.Options);
        var pieces = 0;
        while (await pull.ResponseStream.MoveNext(Cancelled)) pieces++;
        return pieces;
    }

    static async Task UntilAsync(Func<Task<bool>> isSo) => (await Poll.UntilAsync(isSo, TimeSpan.FromSeconds(60), Cancelled)).ShouldBeTrue();
}
