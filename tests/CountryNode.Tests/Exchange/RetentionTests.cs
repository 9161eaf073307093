using System.Security.Cryptography;
using Coordination.Contracts.Dossier.V1;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Offices;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Evidence;
using Coordination.Hosting.Trust;
using Google.Protobuf;
using RetentionAction = Coordination.CountryNode.Offices.RetentionAction;
using RetentionRule = Coordination.CountryNode.Offices.RetentionRule;

namespace Coordination.CountryNode.Tests.Exchange;

/// <summary>What is due under the country's table: listed, deleted, certified, or held.</summary>
public sealed class RetentionTests(SharedRegion shared)
{
    static readonly DateTimeOffset Noon = new(TimeProvider.System.GetUtcNow().UtcDateTime.Date.AddHours(5), TimeSpan.Zero);
    static readonly byte[] Words = "beside"u8.ToArray();

    static CancellationToken Stopped => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_case_is_due_once_its_days_are_over_in_this_countrys_calendar_and_not_before()
    {
        await using var thailand = await StartAsync();
        var desk = thailand.Retention(Erasing(DataClass.CaseCancelled, 2));
        var id = await CancelledAsync(thailand);
        // What comes after the final state does not begin it anew.
        thailand.Clock.Now += TimeSpan.FromDays(1);
        await thailand.WriteAsync(id, new EntitlementNoted(), with: command => command with { ConfirmsContradiction = true });
        var day = RegionalTime.Today(thailand.Pen.Node, Noon);
        thailand.Clock.Now = RegionalTime.StartOf(thailand.Pen.Node, day.AddDays(2)) - TimeSpan.FromSeconds(1);
        (await DueAsync(desk)).ShouldBeEmpty();
        thailand.Clock.Now += TimeSpan.FromSeconds(1);
        var due = (await DueAsync(desk)).ShouldHaveSingleItem();
        (DossierId.Read(due.DossierId.Span), due.Since, due.Due).ShouldBe((id, $"{day:yyyy-MM-dd}", $"{day.AddDays(2):yyyy-MM-dd}"));
        // A class without a row is kept for ever.
        (await DueAsync(thailand.Retention(Erasing(DataClass.CaseCompleted, 0)))).ShouldBeEmpty();
        (await thailand.Retention(RetentionTable.Empty).PreviewAsync(Stopped)).Classes.ShouldBeEmpty();
        (await thailand.AskAsync<long>("select count(*) from part where at_rest <> ''")).ShouldBePositive();
    }

    [Fact]
    public async Task What_a_preview_listed_is_erased_and_certified_in_one_commit_and_the_entries_stay()
    {
        await using var thailand = await StartAsync();
        var desk = thailand.Retention(Erasing(DataClass.CaseCancelled, 0));
        var (id, open) = (await CancelledAsync(thailand), await OpenAsync(thailand));
        var entries = await thailand.AskAsync<long>("select count(*) from entry");
        var preview = await desk.PreviewAsync(Stopped);
        var command = Command(thailand);
        var (applied, refusal) = await desk.ApplyAsync(command, Hash, preview.Preview.Memory, Stopped);
        refusal.ShouldBeNull();
        (await thailand.AskAsync<long>("select count(*) from part where dossier_id = $1 and at_rest <> ''", id.ToArray())).ShouldBe(0);
        (await thailand.AskAsync<long>("select count(*) from part where dossier_id = $1 and at_rest <> ''", open.ToArray())).ShouldBePositive();
        (await thailand.AskAsync<long>("select count(*) from entry")).ShouldBe(entries);
        thailand.DossierKeys.ListDestroyed().ShouldBe([id]);
        thailand.Erasures.Read().ShouldBe([id]);

        var certificate = DeletionCertificate.Parser.ParseFrom(applied!.Certificate.Certificate);
        (certificate.Number, certificate.Node, certificate.AppliedAt.ToDateTimeOffset(), certificate.Office.Unit).ShouldBe((1UL, "TH", thailand.Clock.Now, "datip"));
        certificate.Classes.ShouldHaveSingleItem().Dossiers.ShouldHaveSingleItem().DossierId.ToByteArray().ShouldBe(id.ToArray());
        certificate.Classes[0].Rule.ShouldBe(preview.Classes[0].Rule);
        (await FlawAsync(desk, thailand)).ShouldBeNull();

        // The same again deletes nothing and is answered alike; another under the same id is refused; there is nothing more to delete.
        (await desk.ApplyAsync(command, Hash, preview.Preview.Memory, Stopped)).Applied.ShouldBe(applied);
        (await desk.ApplyAsync(command, RandomNumberGenerator.GetBytes(32), preview.Preview.Memory, Stopped)).Refusal!.Reason.ShouldBe("COMMAND_ID_REUSED");
        (await desk.ApplyAsync(Command(thailand), Hash, preview.Preview.Memory, Stopped)).Refusal!.Reason.ShouldBe("RETENTION_LIST_CHANGED");
        (await desk.ApplyAsync(Command(thailand), Hash, (await desk.PreviewAsync(Stopped)).Preview.Memory, Stopped)).Refusal!.Reason.ShouldBe("NOTHING_DUE");
        (await desk.ListCertificatesAsync(0, 10, Stopped)).Length.ShouldBe(1);
    }

    [Fact]
    public async Task A_list_that_has_changed_since_the_preview_deletes_nothing()
    {
        await using var thailand = await StartAsync();
        var desk = thailand.Retention(Erasing(DataClass.CaseCancelled, 0));
        var id = await CancelledAsync(thailand);
        var before = await desk.PreviewAsync(Stopped);
        var another = await CancelledAsync(thailand);
        (await desk.ApplyAsync(Command(thailand), Hash, before.Preview.Memory, Stopped)).Refusal!.Reason.ShouldBe("RETENTION_LIST_CHANGED");
        var held = await HoldAsync(thailand, desk, another);
        (await desk.PreviewAsync(Stopped)).ShouldBe(before);

        // What changes after the list was made out again, and before the rows are locked, is found there.
        var rows = thailand.RetentionRows();
        var today = RegionalTime.Today(thailand.Pen.Node, thailand.Clock.Now);
        foreach (var due in (DueOf[])[new(id, 7), new(another, 2)])
            (await rows.ApplyAsync([due], [], today, _ => throw new InvalidOperationException("certified"), Command(thailand), Hash, _ => throw new InvalidOperationException("destroyed"), thailand.Clock.Now, Stopped)).ShouldBeNull();
        (await rows.ApplyAsync([], [(DataClass.Answer, thailand.Clock.Now.AddDays(1), 99)], today, _ => throw new InvalidOperationException("certified"), Command(thailand), Hash, _ => { }, thailand.Clock.Now, Stopped)).ShouldBeNull();
        (await thailand.AskAsync<long>("select count(*) from command")).ShouldBePositive();
        thailand.DossierKeys.ListDestroyed().ShouldBeEmpty();
        held.Until.ShouldNotBeEmpty();

        // As many of the same class, and others.
        await HoldAsync(thailand, desk, id);
        await CancelledAsync(thailand);
        (await desk.PreviewAsync(Stopped)).Classes.Single().Dossiers.Count.ShouldBe(1);
        (await desk.ApplyAsync(Command(thailand), Hash, before.Preview.Memory, Stopped)).Refusal!.Reason.ShouldBe("RETENTION_LIST_CHANGED");
    }

    [Fact]
    public async Task A_list_names_no_more_dossiers_than_can_be_deleted_at_once_and_the_rest_is_in_the_next_one()
    {
        await using var thailand = await StartAsync();
        var desk = thailand.Retention(Erasing(DataClass.CaseCancelled, 0));
        for (var i = 0; i < 101; i++) await CancelledAsync(thailand);
        foreach (var due in (int[])[100, 1])
        {
            var preview = await desk.PreviewAsync(Stopped);
            preview.Classes.Single().Dossiers.Count.ShouldBe(due);
            (await desk.ApplyAsync(Command(thailand), Hash, preview.Preview.Memory, Stopped)).Refusal.ShouldBeNull();
        }
    }

    [Fact]
    public async Task Nothing_is_certified_that_was_not_deleted_and_what_a_crash_deleted_is_certified_by_the_same_command()
    {
        await using var thailand = await StartAsync();
        var desk = thailand.Retention(Erasing(DataClass.CaseCancelled, 0));
        var id = await CancelledAsync(thailand);
        var (preview, command) = (await desk.PreviewAsync(Stopped), Command(thailand));
        File.Move(Path.Combine(thailand.Erasures.Folder, "list"), Path.Combine(thailand.Erasures.Folder, "away"));
        await Should.ThrowAsync<IOException>(() => desk.ApplyAsync(command, Hash, preview.Preview.Memory, Stopped));
        (await thailand.AskAsync<long>("select count(*) from part where at_rest <> ''")).ShouldBePositive();
        (await desk.ListCertificatesAsync(0, 10, Stopped)).ShouldBeEmpty();
        File.Move(Path.Combine(thailand.Erasures.Folder, "away"), Path.Combine(thailand.Erasures.Folder, "list"));

        // As a crash leaves it between the key and the commit, and the next start.
        thailand.DossierKeys.Destroy(id);
        await thailand.ReplayErasuresAsync();
        (await thailand.AskAsync<long>("select count(*) from part where at_rest <> ''")).ShouldBe(0);
        (await desk.ListCertificatesAsync(0, 10, Stopped)).ShouldBeEmpty();
        (await desk.ApplyAsync(command, Hash, preview.Preview.Memory, Stopped)).Refusal.ShouldBeNull();
        (await desk.ListCertificatesAsync(0, 10, Stopped)).Length.ShouldBe(1);
        (await DueAsync(desk)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_an_office_said_is_erased_is_not_certified_again()
    {
        await using var thailand = await StartAsync();
        var id = await CancelledAsync(thailand);
        await thailand.WriteAsync(id, new DataStopped(DataFate.Erased, null, PaperRecall.All));
        (await DueAsync(thailand.Retention(Erasing(DataClass.CaseCancelled, 0)))).ShouldBeEmpty();
    }

    [Fact]
    public async Task Rows_are_counted_and_deleted_as_the_table_says_but_for_what_is_still_needed()
    {
        await using var thailand = await StartAsync();
        var desk = thailand.Retention(new([new(DataClass.SubmissionDecided, 0, RetentionAction.Delete), new(DataClass.Answer, 0, RetentionAction.Delete), new(DataClass.Refused, 0, RetentionAction.Delete)]));
        var (free, held) = (await OpenAsync(thailand), await OpenAsync(thailand));
        var hold = await HoldAsync(thailand, desk, held);
        hold.Basis.ShouldBe(Contracts.Referral.V1.RetentionBasis.CourtOrder);
        foreach (var (name, dossier, settled) in ((string, DossierId?, bool)[])[("a", free, true), ("b", free, false), ("c", held, true), ("d", null, true), ("e", null, false)])
            await thailand.AskAsync<object?>(
                """
                with made as (
                    insert into submission (id, office, command_id, person, dossier_id, statement, draft, at_rest, contradicts, submitted_at, settled_at, settled_as)
                    values ($1, 'focal-point@datip', $1, 'somebody', $2, 'Opened', '', 'sealed', false, $3, case when $4 then $3 end, case when $4 then 'Approved' end)
                    returning id, dossier_id),
                told as (insert into notice (submission_id, dossier_id, kind, round, at) select id, dossier_id, 'Submitted', 1, $3 from made)
                insert into command (office, command_id, request_hash, answer, answered_at) values ('focal-point@datip', $1, '', '', $3)
                """, name, dossier?.ToArray() ?? (object)DBNull.Value, thailand.Clock.Now.UtcDateTime, settled);
        foreach (var (reason, dossier) in ((string, DossierId)[])[("ONE", free), ("TWO", held)])
            await thailand.AskAsync<object?>("insert into audit (at, reason, peer, entry_hash, dossier_id) values ($1, $2, 'LA', 'hash', $3)", thailand.Clock.Now.UtcDateTime, reason, dossier.ToArray());

        // Written alone as an opening, of a dossier that is held now.
        await thailand.AskAsync<object?>("update submission set written = $1, due_at = submitted_at where id = 'd'", held.ToArray());
        // The answer to a withdrawal that is still to be signed.
        await thailand.AskAsync<object?>(
            "insert into pending_withdrawal (office, command_id, dossier_id, draft, pended_at) select office, command_id, $1, 'draft', $2 from command where command_id = 'a'", held.ToArray(), thailand.Clock.Now.UtcDateTime);

        var preview = await desk.PreviewAsync(Stopped);
        var answers = await thailand.AskAsync<long>("select count(*) from command");
        preview.Classes.Select(of => of.Rows).ShouldBe([1UL, (ulong)answers - 3, 1UL]);
        (await desk.ApplyAsync(Command(thailand), Hash, preview.Preview.Memory, Stopped)).Refusal.ShouldBeNull();
        (await thailand.AskAsync<string>("select string_agg(id, '' order by id) from submission")).ShouldBe("bcde");
        (await thailand.AskAsync<string>("select string_agg(reason, '') from audit")).ShouldBe("TWO");
        // Those that wait keep their answers; the deletion has its own.
        (await thailand.AskAsync<long>("select count(*) from command")).ShouldBe(4);
        // The key of an opening that waited goes with it once it goes, and no dossier's.
        thailand.DossierKeys.ListDestroyed().ShouldBeEmpty();
        (await desk.EndAsync(hold.Number, Auditor(thailand), "somebody", Stopped)).Refusal.ShouldBeNull();
        (await desk.ApplyAsync(Command(thailand), Hash, (await desk.PreviewAsync(Stopped)).Preview.Memory, Stopped)).Refusal.ShouldBeNull();
        thailand.DossierKeys.ListDestroyed().ShouldBe([SubmissionDesk.KeyOf(null, "d")]);
    }

    [Fact]
    public async Task What_is_held_is_erased_by_nobody_until_the_hold_ends_and_a_withdrawal_closes_it_all_the_same()
    {
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, new FakeClock(Noon));
        await using var _ = thailand;
        await using var __ = laos;
        var desk = thailand.Retention(Erasing(DataClass.CaseWithdrawn, 0));
        var id = await OpenAsync(thailand);
        (await desk.PlaceAsync(Command(thailand), "somebody", Hash, id, RetentionBasis.CourtOrder, RegionalTime.Today(thailand.Pen.Node, thailand.Clock.Now).AddDays(-1), Stopped)).Refusal!.Fields.Single().Field.ShouldBe("until");
        var hold = await HoldAsync(thailand, desk, id, days: 3);
        await thailand.WriteAsync(id, new ConsentWithdrawn(new WithdrawalScope.Everything()));
        (await thailand.Desk.FindAsync(id, Stopped))!.Value.Dossier.State!.State.ShouldBe(ReferralState.Withdrawn);
        (await DueAsync(desk)).ShouldBeEmpty();
        var refused = await thailand.RefusedAsync(id, new DataStopped(DataFate.Erased, null, PaperRecall.All));
        (refused.Kind, refused.Reason).ShouldBe((RefusalKind.NotOpen, "LEGAL_HOLD"));
        refused.Text.ShouldContain("Retained");
        refused.Text.ShouldContain(hold.Until);
        thailand.DossierKeys.ListDestroyed().ShouldBeEmpty();

        // Its last day counts; the next does not.
        thailand.Clock.Now += TimeSpan.FromDays(3);
        (await DueAsync(desk)).ShouldBeEmpty();
        thailand.Clock.Now += TimeSpan.FromDays(1);
        (await DueAsync(desk)).ShouldHaveSingleItem();
        var longer = await HoldAsync(thailand, desk, id);
        (await DueAsync(desk)).ShouldBeEmpty();
        var ended = await desk.EndAsync(longer.Number, Auditor(thailand), "somebody", Stopped);
        thailand.Clock.Now += TimeSpan.FromHours(1);
        (await desk.EndAsync(longer.Number, thailand.OfficeOf("administrator"), "another", Stopped)).Ended.ShouldBe(ended.Ended);
        (await DueAsync(desk)).ShouldHaveSingleItem();
        (await desk.ListHoldsAsync(0, 10, Stopped)).Select(listed => listed.EndedAt is null).ShouldBe([true, false]);
        await thailand.WriteAsync(id, new DataStopped(DataFate.Erased, null, PaperRecall.All));
        (await desk.PlaceAsync(Command(thailand), "somebody", Hash, id, RetentionBasis.CourtOrder, RegionalTime.Today(thailand.Pen.Node, thailand.Clock.Now), Stopped)).Refusal!.Reason.ShouldBe("DOSSIER_ERASED");
    }

    [Fact]
    public async Task A_hold_that_comes_while_an_erasure_is_judged_wins()
    {
        await using var thailand = await StartAsync();
        var id = await CancelledAsync(thailand);
        var (held, dossier) = (await thailand.Desk.FindAsync(id, Stopped))!.Value;
        await HoldAsync(thailand, thailand.Retention(RetentionTable.Empty), id);
        var signed = thailand.Pen.Sign(dossier.Draft(thailand.Pen.Node, new Statement(thailand.OfficeOf(), new DataStopped(DataFate.Erased, null, PaperRecall.All), RegionalTime.Today(thailand.Pen.Node, thailand.Clock.Now), Channel.Node), thailand.Clock.Now));
        var append = new Append(
            signed, held.Entries.Length, Overview.OfNothing, [], SetDigest.OfNothing, held.Opening!, Command(thailand), new Answered(Hash, new byte[1]), 0, thailand.Clock.Now)
        {
            Erases = true,
            BeforeCommit = () => throw new InvalidOperationException("erased"),
        };
        (await thailand.Store.AppendAsync(append, Stopped)).ShouldBe(AppendOutcome.JudgeAgain);
        (await thailand.AskAsync<long>("select count(*) from part where at_rest <> ''")).ShouldBePositive();
    }

    [Fact]
    public async Task What_went_to_a_country_from_which_the_person_took_the_consent_stays_erased_when_it_is_put_back_and_is_kept_closed_while_it_is_held()
    {
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, new FakeClock(Noon));
        await using var _ = thailand;
        await using var __ = laos;
        var (free, held) = (await ReleasedAsync(), await ReleasedAsync());
        await HoldAsync(thailand, thailand.Retention(RetentionTable.Empty), held.Dossier);
        var keys = Directory.EnumerateFiles(thailand.Keys.Dossiers, "*", SearchOption.AllDirectories).ToDictionary(file => file, File.ReadAllBytes);
        foreach (var release in new[] { free, held }) await thailand.WriteAsync(release.Dossier, new ConsentWithdrawn(new WithdrawalScope.Part(default, new([laos.Pen.Node]))));
        await thailand.TakenBack.EraseAsync(Stopped);
        thailand.DossierKeys.ListDestroyed().ShouldBe([Coordination.CountryNode.Exchange.Safe.KeyOf(free.Hash)]);

        // A copy of the key folder, of before.
        foreach (var tombstone in Directory.EnumerateFiles(thailand.Keys.Dossiers, "*.gone", SearchOption.AllDirectories).ToList()) File.Delete(tombstone);
        foreach (var (file, content) in keys) await File.WriteAllBytesAsync(file, content, Stopped);
        await thailand.ReplayErasuresAsync();
        thailand.DossierKeys.ListDestroyed().ShouldBe([Coordination.CountryNode.Exchange.Safe.KeyOf(free.Hash)]);
        (await thailand.AskAsync<byte[]>("select dossier_id from case_file where at_rest <> ''")).ShouldBe(held.Dossier.ToArray());

        // Each country holds for itself, and what came there is as little lost.
        laos.DossierKeys.ListDestroyed().ShouldBeEmpty();
        await HoldAsync(laos, laos.Retention(RetentionTable.Empty), free.Dossier);
        await thailand.CarryAndTellAsync();
        await laos.TakenBack.EraseAsync(Stopped);
        laos.DossierKeys.ListDestroyed().ShouldBe([Coordination.CountryNode.Exchange.Safe.KeyOf(held.Hash)]);

        // What is held is erased once the hold is over, ended or run out.
        thailand.Clock.Now += TimeSpan.FromDays(31);
        await thailand.TakenBack.EraseAsync(Stopped);
        thailand.DossierKeys.ListDestroyed().Count.ShouldBe(2);
        (await thailand.AskAsync<long>("select count(*) from case_file where at_rest <> ''")).ShouldBe(0);
        (await laos.Retention(RetentionTable.Empty).EndAsync(1, Auditor(laos), "somebody", Stopped)).Refusal.ShouldBeNull();
        await laos.TakenBack.EraseAsync(Stopped);
        laos.DossierKeys.ListDestroyed().Count.ShouldBe(2);

        async Task<Domain.Dossiers.Entry> ReleasedAsync()
        {
            var id = (await thailand.OpenAsync()).Dossier;
            await thailand.CarryAndTellAsync();
            foreach (var body in new Body[] { new Acknowledged(), new TakenUp() }) await laos.WriteAsync(id, body);
            await laos.CarryAndTellAsync();
            var release = await thailand.WriteAsync(id, new CaseFileReleased(1, default));
            await thailand.CarryAndTellAsync();
            await laos.Gaps.FillAsync(thailand.Pen.Node, Stopped);
            return release;
        }
    }

    [Fact]
    public async Task What_was_said_with_a_withdrawal_that_waits_is_emptied_with_the_rest()
    {
        await using var thailand = await StartAsync();
        var id = await OpenAsync(thailand);
        await thailand.AskAsync<object?>(
            """
            with made as (insert into command (office, command_id, request_hash, answer, answered_at) values ('focal-point@datip', 'waiting', '', '', now()))
            insert into pending_withdrawal (office, command_id, dossier_id, draft, pended_at, at_rest) values ('focal-point@datip', 'waiting', $1, 'draft', now(), 'sealed')
            """, id.ToArray());
        await thailand.AskAsync<object?>(
            """
            insert into submission (id, office, command_id, person, dossier_id, statement, draft, at_rest, case_file_at_rest, reason_at_rest, contradicts, submitted_at)
            values ('file', 'focal-point@datip', 'file', 'somebody', $1, 'CaseFileReleased', '', '', 'sealed', 'sealed', false, now())
            """, id.ToArray());
        // What waits as an opening has a key of its own.
        await thailand.AskAsync<object?>(
            """
            insert into submission (id, office, command_id, person, statement, draft, at_rest, contradicts, submitted_at)
            values ('one', 'focal-point@datip', 'one', 'somebody', 'Opened', '', 'sealed', false, now()), ('two', 'focal-point@datip', 'two', 'somebody', 'Opened', '', 'sealed', false, now())
            """);
        foreach (var erased in (DossierId[])[id, SubmissionDesk.KeyOf(null, "one")]) thailand.Erasures.Add(erased);
        await thailand.ReplayErasuresAsync();
        (await thailand.AskAsync<byte[]>("select at_rest from pending_withdrawal")).ShouldBeEmpty();
        (await thailand.AskAsync<string>("select string_agg(id, ' ' order by id) from submission where at_rest = '' and case_file_at_rest = '' and reason_at_rest = '' and erased")).ShouldBe("file one");
        (await thailand.AskAsync<string>("select string_agg(id, '') from submission where at_rest <> '' and not erased")).ShouldBe("two");
    }

    [Theory]
    [InlineData("update dossier set waiting_since = now()", "update dossier set waiting_since = null")]
    [InlineData("insert into catch_up (peer, dossier_id, number) values ('LA', '', 1)", "delete from catch_up")]
    public async Task A_case_that_may_not_be_over_is_not_due(string uncertain, string again)
    {
        await using var thailand = await StartAsync();
        var desk = thailand.Retention(Erasing(DataClass.CaseCancelled, 0));
        await CancelledAsync(thailand);
        await thailand.AskAsync<object?>(uncertain);
        (await DueAsync(desk)).ShouldBeEmpty();
        await thailand.AskAsync<object?>(again);
        (await DueAsync(desk)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_certificate_that_was_changed_left_out_or_is_signed_by_nobody_known_is_named()
    {
        await using var thailand = await StartAsync();
        var desk = thailand.Retention(Erasing(DataClass.CaseCancelled, 0));
        for (var i = 0; i < 2; i++)
        {
            await CancelledAsync(thailand);
            (await desk.ApplyAsync(Command(thailand), Hash, (await desk.PreviewAsync(Stopped)).Preview.Memory, Stopped)).Refusal.ShouldBeNull();
        }
        var exported = await ExportedAsync(desk, thailand);
        Certificates.FlawIn(exported, Root(thailand), null).ShouldBeNull();
        Certificates.FlawIn(new() { TrustList = exported.TrustList }, Root(thailand), null).ShouldBe("The file holds no certificate.");
        Flaw(file => file.Certificates.RemoveAt(0)).ShouldBe("Certificate 1 is missing: certificate 2 stands in its place.");
        Flaw(file => file.Certificates[1].KeyId = "TH-0000000000000000")!.ShouldContain("a key that the trust list does not name as TH's");
        Flaw(file => file.TrustList = ByteString.CopyFromUtf8("nothing")).ShouldStartWith("The trust list does not count under this root");
        // A signature of another kind is none, and no byte can be changed.
        Flaw(file => file.Certificates[0].Signature = ByteString.CopyFrom(thailand.Pen.Key.Sign(SignatureKind.Entry, file.Certificates[0].Certificate.Span)))!.ShouldContain("its signature is not TH's");
        // Whoever stole a key signs as well as its owner.
        var list = Contracts.Peer.V1.TrustList.Parser.ParseFrom(Contracts.Peer.V1.SignedTrustList.Parser.ParseFrom(exported.TrustList).List);
        list.Version++;
        list.Nodes.Single(node => node.Id == "TH").SigningKeys.Single().Revocation = new();
        Certificates.FlawIn(exported, Root(thailand), shared.Region.Authority.Sign(list).ToByteArray()).ShouldBe("Certificate 1 is signed with a key of TH that was revoked: whoever stole it could have signed it.");
        Flaw(file => file.Certificates[1] = CertificateOf("LA", file.Certificates[1])).ShouldBe("Certificate 2 is LA's, and those before it are TH's.");
        for (var i = 0; i < exported.Certificates[0].Certificate.Length; i++)
        {
            var at = i;
            Flaw(file =>
            {
                var bytes = file.Certificates[0].Certificate.ToByteArray();
                bytes[at] ^= 1;
                file.Certificates[0].Certificate = ByteString.CopyFrom(bytes);
            }).ShouldNotBeNull();
        }

        string? Flaw(Action<ListCertificatesResponse> change)
        {
            var file = exported.Clone();
            change(file);
            return Certificates.FlawIn(file, Root(thailand), null);
        }

        SignedDeletionCertificate CertificateOf(string node, SignedDeletionCertificate like)
        {
            var certificate = DeletionCertificate.Parser.ParseFrom(like.Certificate);
            certificate.Node = node;
            var key = shared.Region.PenOf(node).Key;
            return new() { Certificate = certificate.ToByteString(), Signature = ByteString.CopyFrom(key.Sign(SignatureKind.Deletion, certificate.ToByteArray())), KeyId = key.Id };
        }
    }

    static RetentionTable Erasing(DataClass of, int days) => new([new RetentionRule(of, days, RetentionAction.Erase)]);

    Task<HomeNode> StartAsync() => HomeNode.StartAsync(shared, "TH", new FakeClock(Noon));

    static async Task<DossierId> OpenAsync(HomeNode node) => (await node.WriteAsync(null, node.Opening(), with: command => command with { Particulars = Words })).Dossier;

    static async Task<DossierId> CancelledAsync(HomeNode node)
    {
        var id = await OpenAsync(node);
        await node.WriteAsync(id, new Cancelled());
        return id;
    }

    static async Task<IReadOnlyList<DueDossier>> DueAsync(RetentionDesk desk) => [.. (await desk.PreviewAsync(Stopped)).Classes.SelectMany(of => of.Dossiers)];

    static async Task<LegalHold> HoldAsync(HomeNode node, RetentionDesk desk, DossierId id, int days = 30) => (await desk.PlaceAsync(
        Command(node, "auditor"), "somebody", Hash, id, RetentionBasis.CourtOrder, RegionalTime.Today(node.Pen.Node, node.Clock.Now).AddDays(days), Stopped)).Placed!.Hold;

    static async Task<ListCertificatesResponse> ExportedAsync(RetentionDesk desk, HomeNode node) =>
        new() { Certificates = { await desk.ListCertificatesAsync(0, 100, Stopped) }, TrustList = ByteString.CopyFrom(node.Trust.Current.SignedBytes.Span) };

    static async Task<string?> FlawAsync(RetentionDesk desk, HomeNode node) => Certificates.FlawIn(await ExportedAsync(desk, node), Root(node), null);

    static KeyPool Root(HomeNode node)
    {
        using var key = KeyFolder.ReadKey(node.Keys.TrustRoot);
        return KeyPool.Of("root", key);
    }

    static Office Auditor(HomeNode node) => node.OfficeOf("auditor");

    static CommandKey Command(HomeNode node, string role = "administrator") => new(node.OfficeOf(role), OfficeClient.NewCommandId());

    static byte[] Hash { get; } = RandomNumberGenerator.GetBytes(32);
}
