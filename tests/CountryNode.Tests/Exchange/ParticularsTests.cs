using System.Text;
using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Sealing;
using Coordination.Local;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Entry = Coordination.Domain.Dossiers.Entry;
using SignedEntry = Coordination.Hosting.Dossiers.SignedEntry;

namespace Coordination.CountryNode.Tests.Exchange;

/// <summary>Text and details beside an entry: for the two countries alone, checked against the entry, never in clear at rest, and gone when they are erased.</summary>
public sealed class ParticularsTests(SharedRegion shared)
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(40);

    static readonly NodeId Laos = NodeId.Parse("LA");

    static readonly NodeId Thailand = NodeId.Parse("TH");

    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_preview_is_read_by_both_and_by_nobody_else()
    {
        using var bangkok = shared.Region.Office("TH");
        using var caseWorker = shared.Region.Office("LA", "case-worker");
        var particulars = new Particulars
        {
            Note = "Nobody in particular.",
            Preview = new()
            {
                Sex = Sex.Female, AgeBand = AgeBand._24To26, StatedNationality = "LA", Language = "lao", Exploitation = { "ForcedCriminality" }, MeansOfControl = { "DebtBondage" },
                TrmStage = 2, Identification = "PRESUMED", IdentifiedBy = "datip", IdentifiedOn = Regions.InDays(-3), Services = { "SHELTER" }, Needs = { "INTERPRETER" },
                Consent = new() { Withheld = { "health" }, GivenOn = Regions.InDays(-1), Language = "lao", Form = ByteString.CopyFrom(new byte[32]) },
                BarredOffices = { "LA:focal-point@elsewhere" },
            },
            Details = { ["risk"] = "none that is known" },
        };
        var id = (await bangkok.Referrals.OpenAsync(new() { Command = OfficeClient.About(), Opened = Regions.Repatriation("TH", "LA"), Particulars = particulars }, bangkok.Options)).Referral.DossierId;
        await caseWorker.UntilAsync(id, _ => true);
        (await ReadAsync(bangkok, id, id)).ShouldBe(particulars);
        (await ReadAsync(caseWorker, id, id)).ShouldBe(particulars);

        foreach (var (node, role) in (IEnumerable<(string, string)>)[("TH", "auditor"), ("TH", "administrator"), ("LA", "auditor")])
        {
            using var office = shared.Region.Office(node, role);
            (await Refused.ByAsync(() => ReadAsync(office, id, id))).ShouldBe(StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED", "case-worker");
        }
        using var hanoi = shared.Region.Office("VN");
        (await Refused.ByAsync(() => ReadAsync(hanoi, id, id))).ShouldBe(StatusCode.NotFound, "DOSSIER_NOT_FOUND", "Check the id");
        using var vietnam = shared.Region.As("VN", to: "TH");
        (await Refused.ByAsync(() => vietnam.FetchAsync(id))).Code.ShouldBe(StatusCode.NotFound);
        // To Vientiane they go sealed to it, and Bangkok's own copy to nobody.
        using var laos = shared.Region.As("LA", to: "TH");
        var fetched = await laos.FetchAsync(id);
        fetched.Particulars.Single().Jwe.ShouldNotContain("particular");
        (await shared.Region["TH"].AskAsync<long>("select count(*) from part where dossier_id = $1", id.ToByteArray())).ShouldBe(2);
        (await shared.Region["LA"].AskAsync<string>("select string_agg(recipient, ',') from part where dossier_id = $1", id.ToByteArray())).ShouldBe("LA");
    }

    [Theory]
    [InlineData("none")]
    [InlineData("garbage")]
    [InlineData("of another entry")]
    [InlineData("of another recipient")]
    [InlineData("sealed to another node")]
    [InlineData("altered")]
    [InlineData("too large")]
    [InlineData("from another peer")]
    public async Task Wrong_particulars_keep_no_entry_out_and_the_right_ones_are_taken_later(string what)
    {
        using var vientiane = shared.Region.Office("LA");
        using var thailand = shared.Region.As("TH", to: "LA");
        using var vietnam = shared.Region.As("VN", to: "LA");
        var content = new Particulars { Note = what is "too large" ? new string('x', 1_000_000) : "the right ones" };
        var (signed, parts) = Opening(content);
        var right = ToLaos(parts[Laos]);
        var wrong = what switch
        {
            "none" => null,
            "garbage" => "not.a.seal.at.all",
            "of another entry" => ToLaos(Opening(content).Parts[Laos]),
            "of another recipient" => ToLaos(parts[Thailand]),
            "sealed to another node" => SealTo("VN", parts[Laos]),
            "altered" => ToLaos(parts[Laos] with { Bytes = (byte[])[.. parts[Laos].Bytes.Span[..^1], 0] }),
            "too large" or "from another peer" => right,
            _ => throw new ArgumentOutOfRangeException(nameof(what)),
        };

        var delivered = what is "none" or "from another peer" ? await thailand.DeliverAsync(signed) : await thailand.DeliverAsync(signed.ToWire(), wrong!);
        delivered.Admissions.Single().Disposition.ShouldBe(Contracts.Peer.V1.Disposition.Held);
        if (what is "from another peer") await vietnam.DeliverAsync(signed.ToWire(), right);
        (await vientiane.GetAsync(signed.Id())).State.ShouldBe(ReferralState.Sent);
        (await Refused.ByAsync(() => ReadAsync(vientiane, signed.Id(), signed.Id()))).ShouldBe(StatusCode.NotFound, "PARTICULARS_MISSING", "asked for");
        (await shared.Region["LA"].AskAsync<string?>("select string_agg(reason || ' ' || peer, ',') from audit where entry_hash = $1 and reason = 'PARTICULARS_WRONG'", signed.Id().ToByteArray()))
            .ShouldBe(what switch { "none" => null, "from another peer" => "PARTICULARS_WRONG VN", _ => "PARTICULARS_WRONG TH" });
        (await shared.Region["LA"].AskAsync<long>("select count(*) from gap where dossier_id = $1 and peer = 'TH'", signed.Id().ToByteArray())).ShouldBe(1);
        if (what is "too large") return;

        (await thailand.DeliverAsync(signed.ToWire(), right)).Admissions.Single().Disposition.ShouldBe(Contracts.Peer.V1.Disposition.Held);
        (await ReadAsync(vientiane, signed.Id(), signed.Id())).ShouldBe(content);
        (await shared.Region["LA"].AskAsync<long>("select count(*) from gap where dossier_id = $1", signed.Id().ToByteArray())).ShouldBe(0);
    }

    [Fact]
    public async Task Particulars_that_were_lost_on_the_road_are_fetched_from_their_author()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        using var thailand = shared.Region.As("TH", to: "LA");
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        await shared.Region["TH"].UntilDeliveredAsync(id);
        await shared.Region["TH"].HoldBackAsync(id, "LA");
        await bangkok.Referrals.CancelAsync(new() { Command = OfficeClient.About(), DossierId = id, Particulars = new() { Note = "why" } }, bangkok.Options);
        var entry = (await bangkok.HistoryAsync(id)).Entries[^1];

        await thailand.DeliverAsync(new Contracts.Dossier.V1.SignedEntry { Entry = entry.Entry, Signature = entry.Signature, KeyId = entry.KeyId }, "garbage");
        (await Poll.UntilAsync(async () => await NoteAsync(vientiane, id, entry.Hash) == "why", Soon, Cancelled)).ShouldBeTrue();
        (await shared.Region["LA"].AskAsync<long>("select count(*) from gap where dossier_id = $1", id.ToByteArray())).ShouldBe(0);
        await shared.Region["TH"].LetGoAsync(id);
    }

    [Fact]
    public async Task Particulars_of_an_entry_whose_opening_is_missing_make_no_key_and_are_taken_once_it_came()
    {
        using var vientiane = shared.Region.Office("LA");
        using var thailand = shared.Region.As("TH", to: "LA");
        var pen = shared.Region.PenOf("TH");
        var opening = pen.Open("LA");
        var (next, part) = Beside(pen, pen.Continue(opening, new Domain.Referrals.Cancelled()).Entry, new Particulars { Note = "early" });
        await thailand.DeliverAsync(next.ToWire(), ToLaos(part[Laos]));
        KeyFile("LA", opening.Id()).ShouldBeNull();

        await thailand.DeliverAsync(opening);
        await thailand.DeliverAsync(next.ToWire(), ToLaos(part[Laos]));
        (await NoteAsync(vientiane, opening.Id(), ByteString.CopyFrom(next.Entry.Hash.ToArray()))).ShouldBe("early");
    }

    [Fact]
    public async Task What_is_sealed_and_named_rightly_and_is_no_particulars_is_shown_as_such()
    {
        using var vientiane = shared.Region.Office("LA");
        using var thailand = shared.Region.As("TH", to: "LA");
        var pen = shared.Region.PenOf("TH");
        var (signed, parts) = Beside(pen, pen.DraftOpening("LA", TimeProvider.System.GetUtcNow()), [0xFF, 0xFF, 0xFF]);
        await thailand.DeliverAsync(signed.ToWire(), ToLaos(parts[Laos]));
        (await Refused.ByAsync(() => ReadAsync(vientiane, signed.Id(), signed.Id()))).ShouldBe(StatusCode.NotFound, "PARTICULARS_MALFORMED", "Ask its office");
        var without = pen.Open("LA");
        await thailand.DeliverAsync(without.ToWire(), ToLaos(parts[Laos]));
        (await Refused.ByAsync(() => ReadAsync(vientiane, without.Id(), without.Id()))).ShouldBe(StatusCode.NotFound, "NO_PARTICULARS", "for this country");
        (await Refused.ByAsync(() => ReadAsync(vientiane, without.Id(), signed.Id()))).ShouldBe(StatusCode.NotFound, "ENTRY_NOT_FOUND", "none of this dossier's");
        (await Refused.ByAsync(() => ReadAsync(vientiane, without.Id(), ByteString.CopyFromUtf8("short")))).ShouldBe(StatusCode.InvalidArgument, "FIELD_INVALID", "32 bytes");
    }

    [Fact]
    public async Task A_receiver_that_was_down_or_has_changed_its_key_reads_them_all()
    {
        await using var region = await shared.StartAsync(["TH", "LA"], down: "LA");
        using var bangkok = region.Office("TH");
        using var vientiane = region.Office("LA");
        var before = await OpenAsync(bangkok, "before");
        await region["LA"].StartAsync(Cancelled);
        await vientiane.UntilAsync(before, _ => true, Soon);
        (await NoteAsync(vientiane, before, before)).ShouldBe("before");

        // What is on the road under the old key is opened with it; what is sealed from now on, with the new one.
        await region["LA"].StopAsync();
        var during = await OpenAsync(bangkok, "during");
        using var next = DevelopmentAuthority.NewEncryptionKey();
        var keys = region["LA"].Keys;
        File.Move(keys.Encryption, Path.Combine(keys.Path, "encryption-old.pem"));
        keys.WriteEncryptionKey(next);
        var list = region.TrustList.Clone();
        list.Version++;
        var described = region.Authority.Describe("LA", next);
        described.ValidFrom = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddMinutes(-1));
        list.Nodes.Single(node => node.Id == "LA").EncryptionKeys.Add(described);
        region.WriteTrustList(list, "LA");
        await region["LA"].StartAsync(Cancelled);
        await vientiane.UntilAsync(during, _ => true, Soon);
        (await NoteAsync(vientiane, during, during)).ShouldBe("during");

        region.WriteTrustList(list, "TH");
        await Task.WhenAll(region["TH"].StopAsync(), region["LA"].StopAsync());
        File.Delete(Path.Combine(keys.Path, "encryption-old.pem"));
        await Task.WhenAll(region["TH"].StartAsync(Cancelled), region["LA"].StartAsync(Cancelled));
        var after = await OpenAsync(bangkok, "after");
        await vientiane.UntilAsync(after, _ => true, Soon);
        (await NoteAsync(vientiane, after, after)).ShouldBe("after");
        (await NoteAsync(vientiane, before, before)).ShouldBe("before");
        region.Nodes.SelectMany(ErrorLogs.In).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("delivered")]
    [InlineData("fetched")]
    public async Task Particulars_that_were_on_their_way_when_the_consent_was_withdrawn_never_arrive_and_their_entries_do(string road)
    {
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, new FakeClock(TimeProvider.System.GetUtcNow()));
        await using var _ = thailand;
        await using var __ = laos;
        var id = (await thailand.WriteAsync(null, thailand.Opening(), with: Beside)).Dossier;
        var asked = await thailand.WriteAsync(id, new Domain.Referrals.InformationRequested(), with: Beside);
        var withdrawn = await thailand.WriteAsync(id, new Domain.Referrals.ConsentWithdrawn(new Domain.Referrals.WithdrawalScope.Everything()), with: Beside);
        if (road is "delivered") await thailand.CarryAndTellAsync();
        else await laos.Reconciliation.CompareAsync(Thailand, Cancelled);

        var held = (await laos.Store.FindAsync(id, Cancelled))!;
        held.Entries.Select(kept => kept.Entry.Hash).ShouldBe([id.Opening, asked.Hash, withdrawn.Hash], ignoreOrder: true);
        // What was said beside the withdrawal was said in knowledge of it.
        held.Parts.ShouldBe([withdrawn.Hash]);

        static CountryNode.Desks.Command Beside(CountryNode.Desks.Command command) => command with { Particulars = "beside"u8.ToArray() };
    }

    [Fact]
    public async Task What_was_withheld_is_asked_for_as_soon_as_the_person_gives_the_consent_back()
    {
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, new FakeClock(TimeProvider.System.GetUtcNow()));
        await using var _ = thailand;
        await using var __ = laos;
        var opening = thailand.Opening();
        var id = (await thailand.WriteAsync(null, opening)).Dossier;
        await thailand.CarryAndTellAsync();
        var asked = await laos.WriteAsync(id, new Domain.Referrals.InformationRequested(), with: command => command with { Particulars = "beside"u8.ToArray() });
        await thailand.WriteAsync(id, new Domain.Referrals.ConsentWithdrawn(new Domain.Referrals.WithdrawalScope.Part(default, new([Thailand]))));
        await thailand.CarryAndTellAsync();
        await laos.CarryAndTellAsync();
        (await HeldAsync()).ShouldBe((true, false));

        // Nothing comes in that would have it looked for: the node's own statement is what gives it back.
        await thailand.WriteAsync(id, new Domain.Referrals.ConsentRecorded(opening.Consent! with { Recipients = new([Thailand, laos.Pen.Node]) }));
        await thailand.CarryAndTellAsync();
        await thailand.Gaps.FillAsync(laos.Pen.Node, Cancelled);
        (await HeldAsync()).ShouldBe((true, true));

        async Task<(bool Entry, bool Particulars)> HeldAsync() => await thailand.Store.FindAsync(id, Cancelled) is { } held
            ? (held.Entries.Any(kept => kept.Entry.Hash == asked.Hash), held.Parts.Contains(asked.Hash))
            : default;
    }

    [Fact]
    public async Task What_was_erased_is_read_and_sent_no_more_and_the_entries_go_on()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        using var bangkok = region.Office("TH");
        using var vientiane = region.Office("LA");
        var id = await OpenAsync(bangkok, "to be erased");
        await vientiane.UntilAsync(id, _ => true);
        await region["TH"].UntilDeliveredAsync(id);
        await region["TH"].HoldBackAsync(id, "LA");
        await bangkok.Referrals.RequestInformationAsync(new() { Command = OfficeClient.About(), DossierId = id, Particulars = new() { Note = "never sent" } }, bangkok.Options);
        var asked = (await bangkok.HistoryAsync(id)).Entries[^1].Hash;

        Erase(region["TH"], id);
        foreach (var entry in (ByteString[])[id, asked])
            (await Refused.ByAsync(() => ReadAsync(bangkok, id, entry))).ShouldBe(StatusCode.NotFound, "PARTICULARS_ERASED", "erased");
        await region["TH"].LetGoAsync(id);
        await vientiane.UntilAsync(id, referral => referral.Questions.Count == 1);
        (await Refused.ByAsync(() => ReadAsync(vientiane, id, asked))).ShouldBe(StatusCode.NotFound, "PARTICULARS_MISSING", "asked for");
        (await NoteAsync(vientiane, id, id)).ShouldBe("to be erased");

        // Nothing is kept beside what comes after: an office that would write something is told so, and a withdrawal waits for nothing.
        var set = await region["TH"].SetAsync(id);
        (await Refused.ByAsync(() => bangkok.Referrals.CancelAsync(new() { Command = OfficeClient.About(), DossierId = id, Particulars = new() { Note = "no" } }, bangkok.Options).ResponseAsync))
            .ShouldBe(StatusCode.FailedPrecondition, "PARTICULARS_ERASED", "without particulars");
        (await region["TH"].SetAsync(id)).ShouldBe(set);
        await vientiane.AcknowledgeAsync(id);
        await bangkok.Referrals.WithdrawConsentAsync(new() { Command = OfficeClient.About(), DossierId = id, Withdrawn = new() { Everything = new() }, Particulars = new() { Note = "no" } }, bangkok.Options);
        await vientiane.UntilAsync(id, referral => referral.State is ReferralState.Withdrawn);

        // The receiver has erased too: what still comes is not kept.
        Erase(region["LA"], id);
        (await Refused.ByAsync(() => ReadAsync(vientiane, id, id))).ShouldBe(StatusCode.NotFound, "PARTICULARS_ERASED", "erased");
        var other = await OpenAsync(bangkok, "another");
        await vientiane.UntilAsync(other, _ => true);
        Erase(region["LA"], other);
        await bangkok.Referrals.CancelAsync(new() { Command = OfficeClient.About(), DossierId = other, Particulars = new() { Note = "too late" } }, bangkok.Options);
        await vientiane.UntilAsync(other, referral => referral.State is ReferralState.Cancelled);
        var late = (await vientiane.HistoryAsync(other)).Entries[^1].Hash;
        (await Refused.ByAsync(() => ReadAsync(vientiane, other, late))).ShouldBe(StatusCode.NotFound, "PARTICULARS_ERASED", "erased");
        (await region["LA"].AskAsync<long>("select count(*) from gap where dossier_id = $1", other.ToByteArray())).ShouldBe(0);
        region.Nodes.SelectMany(ErrorLogs.In).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_damaged_key_keeps_out_no_entry_and_no_other_dossier()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        using var bangkok = region.Office("TH");
        using var vientiane = region.Office("LA");
        var id = await OpenAsync(bangkok, "whole");
        await vientiane.UntilAsync(id, _ => true);
        var key = KeyFile(region["LA"], id).ShouldNotBeNull();
        var copy = await File.ReadAllBytesAsync(key, Cancelled);
        await File.WriteAllBytesAsync(key, copy[..40], Cancelled);

        (await Refused.ByAsync(() => ReadAsync(vientiane, id, id))).ShouldBe(StatusCode.NotFound, "PARTICULARS_DAMAGED", "key folder");
        (await Refused.ByAsync(() => vientiane.Referrals.AcknowledgeAsync(new() { Command = OfficeClient.About(), DossierId = id, Particulars = new() { Note = "no" } }, vientiane.Options).ResponseAsync))
            .ShouldBe(StatusCode.Unavailable, "PARTICULARS_DAMAGED", "Without particulars it is written at once");
        (await vientiane.AcknowledgeAsync(id)).State.ShouldBe(ReferralState.Received);
        // Or the two would cross, and the last entry of the history would be the acknowledgement.
        await bangkok.UntilAsync(id, referral => referral.State is ReferralState.Received);
        await bangkok.Referrals.CancelAsync(new() { Command = OfficeClient.About(), DossierId = id, Particulars = new() { Note = "later" } }, bangkok.Options);
        await vientiane.UntilAsync(id, referral => referral.State is ReferralState.Cancelled);
        var other = await OpenAsync(bangkok, "another");
        await vientiane.UntilAsync(other, _ => true);
        (await NoteAsync(vientiane, other, other)).ShouldBe("another");

        await File.WriteAllBytesAsync(key, copy, Cancelled);
        var last = (await vientiane.HistoryAsync(id)).Entries[^1].Hash;
        // Asked for again, with pauses that grow.
        (await Poll.UntilAsync(async () => await NoteAsync(vientiane, id, last) == "later", TimeSpan.FromSeconds(90), Cancelled)).ShouldBeTrue();
        (await NoteAsync(vientiane, id, id)).ShouldBe("whole");
        ErrorLogs.In(region["LA"]).ShouldAllBe(error => error.Contains("look at the key folder"));
    }

    [Fact]
    public async Task A_key_folder_that_cannot_be_used_refuses_what_has_particulars_for_now_and_keeps_back_nothing_else()
    {
        await using var region = await shared.StartAsync(["TH", "LA"], down: "LA");
        using var bangkok = region.Office("TH");
        // A file where the folder of the keys belongs: what a full or broken disk answers.
        var folder = region["TH"].Keys.Dossiers;
        await File.WriteAllTextAsync(folder, "", Cancelled);

        var commandId = OfficeClient.NewCommandId();
        (await Refused.ByAsync(() => OpenAsync(bangkok, "later", commandId))).ShouldBe(StatusCode.Unavailable, "KEYS_UNAVAILABLE", "same request again");
        var without = await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"));
        (await bangkok.Referrals.WithdrawConsentAsync(new() { Command = OfficeClient.About(), DossierId = without.DossierId, Withdrawn = new() { Everything = new() } }, bangkok.Options))
            .Referral.State.ShouldBe(ReferralState.Withdrawn);

        File.Delete(folder);
        var id = await OpenAsync(bangkok, "later", commandId);
        (await NoteAsync(bangkok, id, id)).ShouldBe("later");
        ErrorLogs.In(region["TH"]).ShouldAllBe(error => error.Contains("look at the folder"));
    }

    [Fact]
    public async Task A_withdrawal_that_waits_to_be_signed_keeps_its_particulars()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        var (thailand, laos) = (region["TH"], region["LA"]);
        using var bangkok = region.Office("TH");
        using var vientiane = region.Office("LA");
        var id = await OpenAsync(bangkok, "opened");
        await region.SettledAsync(Soon);
        var backup = await shared.Postgres.BackUpAsync(thailand.Database, Cancelled);
        (await Poll.UntilAsync(async () =>
        {
            try
            {
                await bangkok.AcknowledgeAsync(id);
                return false;
            }
            catch (RpcException refused)
            {
                return refused.StatusCode is StatusCode.PermissionDenied;
            }
        }, Soon, Cancelled)).ShouldBeTrue();
        var part = new ConsentWithdrawn { Part = new() { Purposes = { Purpose.Proceedings } } };
        await bangkok.Referrals.WithdrawConsentAsync(new() { Command = OfficeClient.About(), DossierId = id, Withdrawn = part }, bangkok.Options);
        await region.SettledAsync(Soon);

        await laos.StopAsync();
        await thailand.StopAsync();
        await shared.Postgres.RestoreAsync(thailand.Database, backup, Cancelled);
        await thailand.StartAsync(Cancelled);
        var request = new WithdrawConsentRequest { Command = OfficeClient.About(), DossierId = id, Withdrawn = new() { Everything = new() }, Particulars = new() { Note = "said on the telephone" } };
        (await bangkok.Referrals.WithdrawConsentAsync(request, bangkok.Options)).Referral.ConsentWithdrawn.ShouldBeTrue();
        (await thailand.AskAsync<long>("select length(at_rest)::bigint from pending_withdrawal")).ShouldBeGreaterThan(20);
        (await InAsync(thailand, "said on the telephone")).ShouldBeEmpty();

        await laos.StartAsync(Cancelled);
        await vientiane.UntilAsync(id, referral => referral.State is ReferralState.Withdrawn, TimeSpan.FromSeconds(60));
        foreach (var office in (OfficeClient[])[bangkok, vientiane])
        {
            var withdrawn = (await office.HistoryAsync(id)).Entries.Single(entry => EntryWire.Read(entry.Entry.Span)!.Body is Domain.Referrals.ConsentWithdrawn { Scope: Domain.Referrals.WithdrawalScope.Everything });
            (await Poll.UntilAsync(async () => await NoteAsync(office, id, withdrawn.Hash) == "said on the telephone", Soon, Cancelled)).ShouldBeTrue();
        }
        (await thailand.AskAsync<long>("select count(*) from pending_withdrawal")).ShouldBe(0);
    }

    [Fact]
    public async Task Nothing_of_the_content_is_in_clear_in_databases_logs_or_key_folders()
    {
        const string marker = "Zqx-unmistakable-7316";
        await using var region = await Region.StartAsync(new RegionOptions { Countries = ["TH", "LA"], Postgres = shared.Postgres, Approval = ["Cancelled", "Opened"] }, Cancelled);
        using var bangkok = region.Office("TH");
        using var approver = region.Office("TH", "approver");
        using var vientiane = region.Office("LA");
        var particulars = new Particulars { Note = $"note {marker}", Preview = new() { Gender = marker, IdentifiedBy = marker }, Details = { ["risk"] = marker } };
        var opening = (await bangkok.Referrals.OpenAsync(new() { Command = OfficeClient.About(), Opened = Regions.Repatriation("TH", "LA"), Particulars = particulars }, bangkok.Options)).AwaitingApproval.SubmissionId;
        await NowhereAsync();
        var approvals = new ApprovalService.ApprovalServiceClient(approver.Channel);
        var id = (await approvals.ApproveAsync(new() { SubmissionId = opening }, approver.Options)).Referral.DossierId;
        await vientiane.UntilAsync(id, _ => true);
        await vientiane.Referrals.AcknowledgeAsync(new() { Command = OfficeClient.About(), DossierId = id, Particulars = new() { Note = marker } }, vientiane.Options);
        await bangkok.UntilAsync(id, referral => referral.State is ReferralState.Received);
        await bangkok.Referrals.CancelAsync(new() { Command = OfficeClient.About(), DossierId = id, Particulars = new() { Note = marker } }, bangkok.Options);
        // What is refused is not kept either.
        foreach (var wrong in (Particulars[])[new() { Note = marker + new string('x', 4000) }, new() { Details = { [marker] = marker } }, new() { Details = { ["family"] = marker } }])
            (await Refused.ByAsync(() => bangkok.Referrals.CancelAsync(new() { Command = OfficeClient.About(), DossierId = id, Particulars = wrong }, bangkok.Options).ResponseAsync)).Text.ShouldNotContain(marker);
        // Nor is why something was sent back, which its office reads.
        var again = (await bangkok.Referrals.OpenAsync(new() { Command = OfficeClient.About(), Opened = Regions.Repatriation("TH", "LA") }, bangkok.Options)).AwaitingApproval.SubmissionId;
        await approvals.SendBackAsync(new() { SubmissionId = again, Reason = marker }, approver.Options);
        (await new ApprovalService.ApprovalServiceClient(bangkok.Channel).ListSubmissionsAsync(new(), bangkok.Options)).Submissions.Single(sent => sent.SentBack).SentBackReason.ShouldBe(marker);
        await NowhereAsync();
        // The search finds what is there.
        (await InAsync(region["TH"], "focal-point@datip")).ShouldNotBeEmpty();

        async Task NowhereAsync()
        {
            foreach (var node in region.Nodes) (await InAsync(node, marker)).ShouldBeEmpty();
        }
    }

    /// <summary>Where a text is found: rows of every table, as text or in bytes; the log; files of the key folder.</summary>
    static async Task<IReadOnlyList<string>> InAsync(RegionNode node, string text)
    {
        var found = new List<string>();
        var tables = await node.AskAsync<string[]>("select array_agg(table_name::text) from information_schema.tables where table_schema = 'public'");
        foreach (var table in tables)
        {
            var rows = await node.AskAsync<string>($"select coalesce(string_agg(row::text, E'\\n'), '') from {table} as row");
            if (rows.Contains(text, StringComparison.Ordinal) || rows.Contains(Convert.ToHexStringLower(Encoding.UTF8.GetBytes(text)), StringComparison.Ordinal)) found.Add(table);
        }
        tables.Length.ShouldBeGreaterThan(10);
        foreach (var file in Directory.EnumerateFiles(node.KeyFolder, "*", SearchOption.AllDirectories).Append(node.LogFile))
            if ((await File.ReadAllBytesAsync(file, Cancelled)).AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0) found.Add(file);
        return found;
    }

    (SignedEntry Signed, IReadOnlyDictionary<NodeId, SealedPart> Parts) Opening(Particulars content)
    {
        var pen = shared.Region.PenOf("TH");
        return Beside(pen, pen.DraftOpening("LA", TimeProvider.System.GetUtcNow()), content.ToByteArray());
    }

    static (SignedEntry Signed, IReadOnlyDictionary<NodeId, SealedPart> Parts) Beside(Pen pen, Entry draft, Particulars content) => Beside(pen, draft, content.ToByteArray());

    /// <summary>Signs a draft with particulars for both, as a node does.</summary>
    static (SignedEntry Signed, IReadOnlyDictionary<NodeId, SealedPart> Parts) Beside(Pen pen, Entry draft, byte[] content)
    {
        var nonce = pen.NonceFor(draft);
        var parts = ((NodeId[])[Laos, Thailand]).ToDictionary(node => node, node => SealedPart.Of(draft, nonce, node, content, pen.Random));
        return (pen.Sign(draft with { Particulars = [.. parts.Values.Select(part => part.Digest)] }, nonce), parts);
    }

    string ToLaos(SealedPart part) => SealTo("LA", part);

    string SealTo(string node, SealedPart part) =>
        Seal.To(shared.Region["LA"].TrustList().EncryptionKeyOf(NodeId.Parse(node), TimeProvider.System.GetUtcNow())!.Key, SealKind.Particulars, part.Bytes.Span);

    string? KeyFile(string node, ByteString dossier) => KeyFile(shared.Region[node], dossier);

    static string? KeyFile(RegionNode node, ByteString dossier) =>
        Directory.Exists(node.Keys.Dossiers) ? Directory.EnumerateFiles(node.Keys.Dossiers, $"{Convert.ToHexStringLower(dossier.Span)}.key", SearchOption.AllDirectories).SingleOrDefault() : null;

    static void Erase(RegionNode node, ByteString dossier) => node.DossierKeys().Destroy(DossierId.Read(dossier.Span));

    static async Task<ByteString> OpenAsync(OfficeClient office, string note, string? commandId = null) =>
        (await office.Referrals.OpenAsync(new() { Command = OfficeClient.About(commandId), Opened = Regions.Repatriation("TH", "LA"), Particulars = new() { Note = note } }, office.Options)).Referral.DossierId;

    static async Task<Particulars> ReadAsync(OfficeClient office, ByteString dossier, ByteString entry) =>
        (await office.Dossiers.GetParticularsAsync(new() { DossierId = dossier, Entry = entry }, office.Options)).Particulars;

    /// <summary>The note beside an entry; null while it is not there.</summary>
    static async Task<string?> NoteAsync(OfficeClient office, ByteString dossier, ByteString entry)
    {
        try
        {
            return (await ReadAsync(office, dossier, entry)).Note;
        }
        catch (RpcException notYet) when (notYet.StatusCode is StatusCode.NotFound or StatusCode.Unavailable)
        {
            return null;
        }
    }
}
