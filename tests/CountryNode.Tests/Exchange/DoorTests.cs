using System.Security.Cryptography;
using Coordination.Contracts.Peer.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Trust;
using Coordination.Local;
using Google.Protobuf;
using Grpc.Core;
using Acknowledged = Coordination.Domain.Referrals.Acknowledged;
using Cancelled = Coordination.Domain.Referrals.Cancelled;
using ConsentWithdrawn = Coordination.Domain.Referrals.ConsentWithdrawn;
using SignedReceipt = Coordination.Hosting.Dossiers.SignedReceipt;
using SignedEntry = Coordination.Hosting.Dossiers.SignedEntry;
using TakenUp = Coordination.Domain.Referrals.TakenUp;
using Verdict = Coordination.Contracts.Dossier.V1.Verdict;
using WithdrawalScope = Coordination.Domain.Referrals.WithdrawalScope;

namespace Coordination.CountryNode.Tests.Exchange;

/// <summary>What comes in at the peer port of a real node, from pens that do not keep the rules.</summary>
public sealed class DoorTests(SharedRegion shared)
{
    RegionNode Laos => shared.Region["LA"];

    [Fact]
    public async Task An_entry_that_comes_twice_is_stored_once_and_gets_the_same_receipt()
    {
        using var thailand = shared.Region.As("TH", to: "LA");
        var opening = shared.Region.PenOf("TH").Open("LA");
        var first = await thailand.DeliverAsync(opening);
        first.Admissions.Single().Disposition.ShouldBe(Disposition.Held);
        (await thailand.DeliverAsync(opening)).ShouldBe(first);
        (await thailand.DeliverAsync(opening, opening)).Receipts.ShouldBe(first.Receipts);
        (await HeldAsync(opening)).ShouldBe(1);

        var receipt = SignedReceipt.Read(first.Receipts.Single(), Laos.TrustList());
        receipt.ShouldNotBeNull();
        (receipt.Holder, receipt.Author, receipt.Seq, receipt.Hash).ShouldBe((NodeId.Parse("LA"), NodeId.Parse("TH"), 1, opening.Entry.Hash));
    }

    [Fact]
    public async Task A_bad_signature_is_refused_audited_and_keeps_nothing_else_out()
    {
        using var thailand = shared.Region.As("TH", to: "LA");
        var pen = shared.Region.PenOf("TH");
        var (good, bad) = (pen.Open("LA"), pen.Open("LA"));
        var forged = bad.ToWire();
        var signature = forged.Signature.ToByteArray();
        signature[7] ^= 1;
        forged.Signature = ByteString.CopyFrom(signature);

        var response = await thailand.DeliverAsync(forged, good.ToWire());
        response.Admissions[0].ShouldBe(new Admission { Disposition = Disposition.Refused, Reason = "BAD_SIGNATURE" });
        response.Admissions[1].Disposition.ShouldBe(Disposition.Held);
        (await HeldAsync(bad)).ShouldBe(0);
        (await HeldAsync(good)).ShouldBe(1);
        (await AuditAsync(bad)).ShouldBe("BAD_SIGNATURE by TH");
        // What was refused is still to be had: the right signature is taken.
        (await thailand.DeliverAsync(bad)).Admissions.Single().Disposition.ShouldBe(Disposition.Held);
    }

    [Fact]
    public async Task One_changed_byte_of_an_entry_is_a_bad_signature()
    {
        using var thailand = shared.Region.As("TH", to: "LA");
        var opening = shared.Region.PenOf("TH").Open("LA").ToWire();
        var bytes = opening.Entry.ToByteArray();
        // The first byte of the nonce: the entry still parses, and is another.
        var nonce = Entry(opening).Nonce;
        bytes[bytes.AsSpan().IndexOf(nonce.Span)] ^= 1;
        opening.Entry = ByteString.CopyFrom(bytes);
        (await thailand.DeliverAsync(opening)).Admissions.Single().Reason.ShouldBe("BAD_SIGNATURE");
    }

    [Fact]
    public async Task A_signature_made_for_a_receipt_does_not_sign_an_entry()
    {
        using var thailand = shared.Region.As("TH", to: "LA");
        var pen = shared.Region.PenOf("TH");
        var opening = pen.Open("LA");
        var confused = opening with { Signature = pen.Key.Sign(SignatureKind.Receipt, opening.Bytes.Span) };
        (await thailand.DeliverAsync(confused)).Admissions.Single().Reason.ShouldBe("BAD_SIGNATURE");
    }

    [Fact]
    public async Task A_key_of_another_author_is_unknown()
    {
        using var vietnam = shared.Region.As("VN", to: "LA");
        var vietnams = shared.Region.PenOf("VN");
        var pretended = new Pen(NodeId.Parse("TH"), vietnams.Key).Open("LA");
        var admission = (await vietnam.DeliverAsync(pretended)).Admissions.Single();
        admission.ShouldBe(new Admission { Disposition = Disposition.TryAgain, Reason = "UNKNOWN_KEY" });
        (await HeldAsync(pretended)).ShouldBe(0);
        (await AuditAsync(pretended)).ShouldBe("UNKNOWN_KEY by VN");
    }

    [Fact]
    public async Task An_entry_of_a_foreign_author_is_kept_void_and_audited()
    {
        using var thailand = shared.Region.As("TH", to: "LA");
        using var vietnam = shared.Region.As("VN", to: "LA");
        using var office = shared.Region.Office("LA");
        var opening = shared.Region.PenOf("TH").Open("LA");
        await thailand.DeliverAsync(opening);

        var foreign = shared.Region.PenOf("VN").Begin(new Cancelled(), opening);
        var response = await vietnam.DeliverAsync(foreign);
        response.ShouldBe(await vietnam.DeliverAsync(shared.Region.PenOf("VN").Begin(new Cancelled(), shared.Region.PenOf("TH").Open("LA"))),
            "whether there is such a dossier is nothing that Viet Nam learns");
        response.Receipts.ShouldBeEmpty();

        (await HeldAsync(opening)).ShouldBe(2);
        (await AuditAsync(foreign)).ShouldBe("FOREIGN_AUTHOR by VN");
        (await office.GetAsync(opening.Id())).State.ShouldBe(ReferralState.Sent);
        var kept = (await office.HistoryAsync(opening.Id())).Entries.Single(entry => entry.Statement == "Cancelled");
        (kept.Verdict, kept.Reason).ShouldBe((Verdict.Void, "FOREIGN_AUTHOR"));
        // The foreign chain is no head that anybody would have to see.
        (await office.AcknowledgeAsync(opening.Id())).State.ShouldBe(ReferralState.Received);
    }

    [Fact]
    public async Task A_node_without_a_part_in_a_dossier_neither_hands_its_entries_on_nor_fetches_them()
    {
        using var thailand = shared.Region.As("TH", to: "LA");
        using var vietnam = shared.Region.As("VN", to: "LA");
        var pen = shared.Region.PenOf("TH");
        var opening = pen.Open("LA");
        await thailand.DeliverAsync(opening);
        var next = pen.Continue(opening, new Cancelled());

        (await vietnam.DeliverAsync(next)).ShouldBe(new DeliverResponse { Admissions = { new Admission { Disposition = Disposition.Waiting, Reason = "PAST_MISSING" } } });
        (await HeldAsync(opening)).ShouldBe(1);
        (await AuditAsync(next)).ShouldBe("NOT_A_PARTICIPANT by VN");
        (await vietnam.DeliverAsync(opening)).Receipts.ShouldBeEmpty();
        (await Refused.ByAsync(() => vietnam.FetchAsync(opening.Id()))).Code.ShouldBe(StatusCode.NotFound);
        (await Refused.ByAsync(() => vietnam.FetchAsync(ByteString.CopyFrom(new byte[32])))).Code.ShouldBe(StatusCode.NotFound);
        (await thailand.FetchAsync(opening.Id())).Entries.Single().ShouldBe(opening.ToWire());
        (await thailand.FetchAsync(opening.Id(), ByteString.CopyFrom(opening.Entry.Hash.ToArray()))).Entries.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_dossier_of_two_other_countries_is_refused_and_audited()
    {
        using var thailand = shared.Region.As("TH", to: "LA");
        var opening = shared.Region.PenOf("TH").Open("VN");
        (await thailand.DeliverAsync(opening)).Admissions.Single().ShouldBe(new Admission { Disposition = Disposition.Refused, Reason = "NOT_FOR_THIS_NODE" });
        (await HeldAsync(opening)).ShouldBe(0);
        (await Laos.AskAsync<long>("select count(*) from dossier where id = $1", opening.Entry.Dossier.ToArray())).ShouldBe(0);
        (await AuditAsync(opening)).ShouldBe("NOT_FOR_THIS_NODE by TH");
    }

    [Fact]
    public async Task An_entry_behind_a_gap_waits_without_a_receipt_until_the_gap_is_filled()
    {
        using var thailand = shared.Region.As("TH", to: "LA");
        using var office = shared.Region.Office("LA");
        var pen = shared.Region.PenOf("TH");
        var opening = pen.Open("LA");
        var cancelled = pen.Continue(opening, new Cancelled());

        var waiting = await thailand.DeliverAsync(cancelled);
        waiting.Admissions.Single().ShouldBe(new Admission { Disposition = Disposition.Waiting, Reason = "PAST_MISSING" });
        waiting.Receipts.ShouldBeEmpty();
        var history = await office.HistoryAsync(opening.Id());
        history.Entries.Single().Verdict.ShouldBe(Verdict.Waiting);
        (await office.GetAsync(opening.Id())).Waiting.ShouldBe(1u);

        var filled = await thailand.DeliverAsync(opening);
        filled.Admissions.Single().Disposition.ShouldBe(Disposition.Held);
        SignedReceipt.Read(filled.Receipts.Single(), Laos.TrustList())!.Seq.ShouldBe(2);
        (await office.GetAsync(opening.Id())).State.ShouldBe(ReferralState.Cancelled);
    }

    [Fact]
    public async Task What_is_missing_before_a_waiting_entry_is_fetched_from_a_participant()
    {
        using var thailand = shared.Region.As("TH", to: "LA");
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;

        var response = await thailand.DeliverAsync(await shared.Region["TH"].WriteTwoKeepOneAsync(bangkok, id, "LA"));
        response.Admissions.Single().Disposition.ShouldBe(Disposition.Waiting);
        var there = await vientiane.UntilAsync(id, referral => referral.State is ReferralState.Cancelled);
        there.Waiting.ShouldBe(0u);
        (await shared.Region["LA"].SetAsync(id)).ShouldBe(await shared.Region["TH"].SetAsync(id));
        await shared.Region["TH"].LetGoAsync(id);
        await shared.Region["TH"].UntilDeliveredAsync(id);
    }

    [Fact]
    public async Task A_withdrawal_behind_a_gap_is_seen_at_once()
    {
        using var thailand = shared.Region.As("TH", to: "LA");
        using var office = shared.Region.Office("LA");
        var pen = shared.Region.PenOf("TH");
        var opening = pen.Open("LA");
        var cancelled = pen.Continue(opening, new Cancelled());
        var withdrawn = pen.Continue(cancelled, new ConsentWithdrawn(new WithdrawalScope.Everything()));
        await thailand.DeliverAsync(opening, withdrawn);
        var seen = await office.GetAsync(opening.Id());
        (seen.State, seen.ConsentWithdrawn, seen.Waiting).ShouldBe((ReferralState.Sent, true, 1u));
        seen.Consent.ShouldBeNull();
    }

    [Fact]
    public async Task A_withdrawal_behind_a_gap_stops_the_release_of_the_case_file()
    {
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, new FakeClock(TimeProvider.System.GetUtcNow()));
        await using var _ = thailand;
        await using var __ = laos;
        foreach (var (scope, reason) in new (WithdrawalScope, string)[]
        {
            (new WithdrawalScope.Everything(), "NOT_OPEN"), (new WithdrawalScope.Part(new([Domain.Referrals.Purpose.Return]), new([])), "CONSENT_MISSING"),
        })
        {
            var id = (await thailand.OpenAsync()).Dossier;
            await thailand.CarryAndTellAsync();
            await laos.WriteAsync(id, new Acknowledged());
            await laos.WriteAsync(id, new TakenUp());
            await laos.CarryAndTellAsync();
            laos.RoadIsOpen = false;
            await laos.WriteAsync(id, new Domain.Referrals.EntitlementNoted());
            await laos.WriteAsync(id, new ConsentWithdrawn(scope));
            var withdrawal = (await laos.Store.FindAsync(id, TestContext.Current.CancellationToken))!.Entries.Single(kept => kept.Entry.Body is ConsentWithdrawn).Signed;
            await thailand.Door.AdmitAsync(laos.Pen.Node, [new Peers.Offered(withdrawal.Bytes, withdrawal.Signature, withdrawal.KeyId, null)], TestContext.Current.CancellationToken);
            (await thailand.RefusedAsync(id, new Domain.Referrals.CaseFileReleased(1, default))).Reason.ShouldBe(reason);
            laos.RoadIsOpen = true;
        }
    }

    [Fact]
    public async Task What_waits_stalls_nobody_be_it_for_something_that_never_was()
    {
        using var thailand = shared.Region.As("TH", to: "LA");
        using var vietnam = shared.Region.As("VN", to: "LA");
        using var office = shared.Region.Office("LA");
        var opening = shared.Region.PenOf("TH").Open("LA");
        var never = shared.Region.PenOf("TH").Continue(opening, new Cancelled());
        await thailand.DeliverAsync(opening, shared.Region.PenOf("TH").Continue(never, new Cancelled()));
        await vietnam.DeliverAsync(shared.Region.PenOf("VN").Begin(new Cancelled(), opening, never));
        (await office.GetAsync(opening.Id())).Waiting.ShouldBe(1u);

        (await office.AcknowledgeAsync(opening.Id())).State.ShouldBe(ReferralState.Received);
        // What never was comes all the same: then what waited counts, and what did not see it crossed it.
        await thailand.DeliverAsync(never);
        (await office.GetAsync(opening.Id())).State.ShouldBe(ReferralState.Cancelled);
    }

    [Fact]
    public async Task A_part_of_the_consent_that_was_withdrawn_behind_a_gap_counts_at_once()
    {
        using var thailand = shared.Region.As("TH", to: "LA");
        using var office = shared.Region.Office("LA");
        var pen = shared.Region.PenOf("TH");
        var opening = pen.Open("LA");
        var missing = pen.Continue(opening, new Acknowledged());
        await thailand.DeliverAsync(opening, pen.Continue(missing, new ConsentWithdrawn(new WithdrawalScope.Part(new([Domain.Referrals.Purpose.Return]), new([])))));
        var seen = await office.GetAsync(opening.Id());
        (seen.Waiting, seen.ConsentWithdrawn).ShouldBe((1u, false));
        seen.Consent.Purposes.ShouldBeEmpty();
    }

    [Fact]
    public async Task However_much_a_stranger_writes_into_a_dossier_little_is_kept_and_a_withdrawal_comes_through()
    {
        using var vietnam = shared.Region.As("VN", to: "LA");
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        await vientiane.UntilAsync(id, _ => true);
        var first = (await bangkok.HistoryAsync(id)).Entries.Single();
        var opening = new SignedEntry(EntryWire.Read(first.Entry.Span)!, first.Entry.Memory, first.Signature.Memory, first.KeyId);

        var pen = shared.Region.PenOf("VN");
        var strange = new List<SignedEntry> { pen.Begin(new Cancelled(), opening) };
        while (strange.Count < 512) strange.Add(pen.Continue(strange[^1], new Cancelled(), opening));
        foreach (var batch in strange.Chunk(256)) await vietnam.DeliverAsync(batch);
        (await HeldAsync(opening)).ShouldBe(5);

        await bangkok.WithdrawConsentAsync(id);
        await vientiane.UntilAsync(id, referral => referral.State is ReferralState.Withdrawn);
    }

    [Fact]
    public async Task A_writer_fills_no_dossier_without_end_and_a_withdrawal_comes_in_all_the_same()
    {
        using var thailand = shared.Region.As("TH", to: "LA");
        using var office = shared.Region.Office("LA");
        var pen = shared.Region.PenOf("TH");
        var chain = new List<SignedEntry> { pen.Open("LA") };
        while (chain.Count < 1001) chain.Add(pen.Continue(chain[^1], new Acknowledged()));
        foreach (var batch in chain.Take(1000).Chunk(250)) await thailand.DeliverAsync(batch);

        (await thailand.DeliverAsync(chain[1000])).Admissions.Single().ShouldBe(new Admission { Disposition = Disposition.TryAgain, Reason = "DOSSIER_FULL" });
        var withdrawn = pen.Continue(chain[999], new ConsentWithdrawn(new WithdrawalScope.Everything()));
        (await thailand.DeliverAsync(withdrawn)).Admissions.Single().Disposition.ShouldBe(Disposition.Held);
        (await office.GetAsync(chain[0].Id())).State.ShouldBe(ReferralState.Withdrawn);
    }

    [Fact]
    public async Task A_dossier_that_cannot_be_stored_keeps_no_other_of_the_batch_out()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        using var thailand = region.As("TH", to: "LA");
        var pen = region.PenOf("TH");
        var (sound, poisoned) = (pen.Open("LA"), pen.Open("LA"));
        await region["LA"].AskAsync<object?>(
            $"alter table entry add constraint poisoned check (dossier_id <> '\\x{poisoned.Entry.Dossier}')");
        var response = await thailand.DeliverAsync(poisoned, sound);
        response.Admissions[0].ShouldBe(new Admission { Disposition = Disposition.TryAgain, Reason = "NOT_STORED" });
        response.Admissions[1].Disposition.ShouldBe(Disposition.Held);
        response.Receipts.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Waiting_entries_are_capped_per_peer_and_dossier()
    {
        using var thailand = shared.Region.As("TH", to: "LA");
        var pen = shared.Region.PenOf("TH");
        using var vietnam = shared.Region.As("VN", to: "LA");
        var chain = new List<SignedEntry> { pen.Open("LA") };
        while (chain.Count < 80) chain.Add(pen.Continue(chain[^1], new Cancelled()));

        // What one peer leaves there takes nothing from another's room.
        (await vietnam.DeliverAsync([.. chain.Skip(70)])).Admissions.ShouldAllBe(admission => admission.Disposition == Disposition.Waiting);
        var response = await thailand.DeliverAsync([.. chain.Skip(1).Take(69)]);
        response.Admissions.Count(admission => admission.Disposition is Disposition.Waiting).ShouldBe(64);
        response.Admissions.Count(admission => admission.Reason == "TOO_MANY_WAITING" && admission.Disposition is Disposition.TryAgain).ShouldBe(5);
        // Nothing is lost by it: with the gap filled the rest is taken.
        (await thailand.DeliverAsync([.. chain])).Admissions.ShouldAllBe(admission => admission.Disposition == Disposition.Held);
    }

    [Fact]
    public async Task A_withdrawal_is_kept_among_and_after_more_waiting_entries_than_are_taken()
    {
        using var thailand = shared.Region.As("TH", to: "LA");
        using var office = shared.Region.Office("LA");
        var pen = shared.Region.PenOf("TH");
        var (among, after) = (70, 90);
        var chain = new List<SignedEntry> { pen.Open("LA") };
        while (chain.Count < 100) chain.Add(pen.Continue(chain[^1], chain.Count == among || chain.Count == after ? new ConsentWithdrawn(new WithdrawalScope.Everything()) : new Cancelled()));

        await thailand.DeliverAsync(chain[0]);
        var response = await thailand.DeliverAsync([.. chain.Skip(2).Take(80)]);
        response.Admissions.Count(admission => admission.Disposition is Disposition.TryAgain).ShouldBe(80 - 64 - 1);
        response.Admissions[among - 2].Disposition.ShouldBe(Disposition.Waiting);
        (await thailand.DeliverAsync([.. chain.Skip(82)])).Admissions.Index().Where(admission => admission.Item.Disposition is Disposition.Waiting).Select(admission => admission.Index + 82).ShouldBe([after]);
        (await office.GetAsync(chain[0].Id())).ConsentWithdrawn.ShouldBeTrue();
    }

    [Fact]
    public async Task Both_entries_of_a_fork_are_kept_void_and_audited_and_a_withdrawal_still_counts()
    {
        using var thailand = shared.Region.As("TH", to: "LA");
        using var office = shared.Region.Office("LA");
        var pen = shared.Region.PenOf("TH");
        var opening = pen.Open("LA");
        var one = pen.Continue(opening, new Cancelled());
        var other = pen.Continue(opening, new ConsentWithdrawn(new WithdrawalScope.Part(new([Domain.Referrals.Purpose.Proceedings]), new([]))));
        await thailand.DeliverAsync(opening, one);
        (await office.GetAsync(opening.Id())).State.ShouldBe(ReferralState.Cancelled);

        var forked = pen.Continue(opening, new Acknowledged());
        var response = await thailand.DeliverAsync(forked);
        response.Admissions.Single().Disposition.ShouldBe(Disposition.Held);
        response.Receipts.Count.ShouldBe(2, "each end of the fork has its receipt");
        (await office.GetAsync(opening.Id())).State.ShouldBe(ReferralState.Sent);
        var history = await office.HistoryAsync(opening.Id());
        history.Entries.Count(entry => entry.Reason == "FORKED").ShouldBe(2);
        (await AuditAsync(one)).ShouldBe("FORKED by TH");
        (await AuditAsync(forked)).ShouldBe("FORKED by TH");

        // The other side goes on, and so does a withdrawal, here a third side of the fork.
        (await office.AcknowledgeAsync(opening.Id())).State.ShouldBe(ReferralState.Received);
        await thailand.DeliverAsync(other, pen.Continue(one, new ConsentWithdrawn(new WithdrawalScope.Everything())));
        (await office.GetAsync(opening.Id())).State.ShouldBe(ReferralState.Withdrawn);
    }

    [Fact]
    public async Task What_only_a_newer_program_understands_stops_the_dossier_and_nothing_is_called_void()
    {
        using var thailand = shared.Region.As("TH", to: "LA");
        using var office = shared.Region.Office("LA");
        var pen = shared.Region.PenOf("TH");
        var opening = pen.Open("LA");
        var newer = Unknown(pen, opening);
        await thailand.DeliverAsync(opening.ToWire(), newer);

        var stopped = await office.GetAsync(opening.Id());
        (stopped.State, stopped.UpgradeNeeded).ShouldBe((ReferralState.Sent, true));
        (await office.HistoryAsync(opening.Id())).Entries[1].Verdict.ShouldBe(Verdict.UpgradeNeeded);
        (await Refused.ByAsync(() => office.AcknowledgeAsync(opening.Id()))).ShouldBe(StatusCode.FailedPrecondition, "UPGRADE_NEEDED", "upgrade this node");
        (await office.WithdrawConsentAsync(opening.Id())).State.ShouldBe(ReferralState.Withdrawn);
    }

    [Fact]
    public async Task A_malformed_entry_is_refused_and_audited()
    {
        using var thailand = shared.Region.As("TH", to: "LA");
        var pen = shared.Region.PenOf("TH");
        var empty = new Contracts.Dossier.V1.SignedEntry { KeyId = pen.Key.Id };
        var garbage = new Contracts.Dossier.V1.SignedEntry { Entry = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(200)), KeyId = pen.Key.Id };
        var large = new Contracts.Dossier.V1.SignedEntry { Entry = ByteString.CopyFrom(new byte[EntryWire.MaxSize + 1]), KeyId = pen.Key.Id };
        foreach (var malformed in (Contracts.Dossier.V1.SignedEntry[])[empty, garbage, large])
        {
            (await thailand.DeliverAsync(malformed)).Admissions.Single().ShouldBe(new Admission { Disposition = Disposition.Refused, Reason = "MALFORMED" });
            (await Laos.AskAsync<long>("select count(*) from audit where reason = 'MALFORMED' and entry_hash = $1", SHA256.HashData(malformed.Entry.Span))).ShouldBe(1);
        }
    }

    [Fact]
    public async Task Too_many_entries_at_once_or_none_are_refused()
    {
        using var thailand = shared.Region.As("TH", to: "LA");
        (await Refused.ByAsync(() => thailand.DeliverAsync((SignedEntry[])[]))).ShouldBe(StatusCode.InvalidArgument, "TOO_MANY_OR_NONE", "1 to 256");
        var opening = shared.Region.PenOf("TH").Open("LA");
        (await Refused.ByAsync(() => thailand.DeliverAsync([.. Enumerable.Repeat(opening, 257)]))).ShouldBe(StatusCode.InvalidArgument, "TOO_MANY_OR_NONE", "1 to 256");
        (await HeldAsync(opening)).ShouldBe(0);
    }

    [Fact]
    public async Task An_entry_whose_statement_is_misshapen_is_kept_void()
    {
        using var thailand = shared.Region.As("TH", to: "LA");
        using var office = shared.Region.Office("LA");
        var pen = shared.Region.PenOf("TH");
        var opening = pen.Open("LA");
        var wire = Entry(pen.Continue(opening, new Cancelled()).ToWire());
        wire.ReferralDeclined = new Contracts.Referral.V1.Declined();
        await thailand.DeliverAsync(opening.ToWire(), Resign(pen, wire));
        var kept = (await office.HistoryAsync(opening.Id())).Entries[1];
        (kept.Verdict, kept.Reason).ShouldBe((Verdict.Void, "WRONG_FORM"));
    }

    [Fact]
    public async Task A_decision_that_is_not_open_is_kept_void_with_the_reason()
    {
        using var thailand = shared.Region.As("TH", to: "LA");
        using var office = shared.Region.Office("LA");
        var pen = shared.Region.PenOf("TH");
        var opening = pen.Open("LA");
        await thailand.DeliverAsync(opening, pen.Continue(opening, new TakenUp()));
        var kept = (await office.HistoryAsync(opening.Id())).Entries[1];
        (kept.Verdict, kept.Reason).ShouldBe((Verdict.Void, "WRONG_PARTICIPANT"));
        (await office.GetAsync(opening.Id())).State.ShouldBe(ReferralState.Sent);
    }

    /// <summary>An entry with a statement of number 199, which this program does not know.</summary>
    static Contracts.Dossier.V1.SignedEntry Unknown(Pen pen, SignedEntry opening)
    {
        var wire = Entry(pen.Continue(opening, new Cancelled()).ToWire());
        wire.ClearBody();
        return Resign(pen, [.. wire.ToByteArray(), 0xBA, 0x0C, 0x00]);
    }

    static Contracts.Dossier.V1.SignedEntry Resign(Pen pen, Contracts.Dossier.V1.Entry wire) => Resign(pen, wire.ToByteArray());

    static Contracts.Dossier.V1.SignedEntry Resign(Pen pen, byte[] bytes) =>
        new() { Entry = ByteString.CopyFrom(bytes), Signature = ByteString.CopyFrom(pen.Key.Sign(SignatureKind.Entry, bytes)), KeyId = pen.Key.Id };

    static Contracts.Dossier.V1.Entry Entry(Contracts.Dossier.V1.SignedEntry signed) => Contracts.Dossier.V1.Entry.Parser.ParseFrom(signed.Entry);

    Task<long> HeldAsync(SignedEntry entry) => Laos.AskAsync<long>("select count(*) from entry where dossier_id = $1", entry.Entry.Dossier.ToArray());

    Task<string> AuditAsync(SignedEntry entry) => Laos.AskAsync<string>(
        "select string_agg(reason || ' by ' || peer, ', ') from audit where entry_hash = $1", entry.Entry.Hash.ToArray());
}
