using System.Text;
using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Exchange;
using Coordination.Domain.Dossiers;
using Coordination.Local;
using Google.Protobuf;
using Npgsql;
using Acknowledged = Coordination.Domain.Referrals.Acknowledged;
using CaseFileReleased = Coordination.Domain.Referrals.CaseFileReleased;
using TakenUp = Coordination.Domain.Referrals.TakenUp;

namespace Coordination.CountryNode.Tests.Exchange;

/// <summary>The case file between two nodes by a clock that a test sets, and what a node keeps of what somebody hands it.</summary>
public sealed class CaseFileNodeTests(SharedRegion shared)
{
    /// <summary>In both countries.</summary>
    static readonly DateTimeOffset Noon = new(TimeProvider.System.GetUtcNow().UtcDateTime.Date.AddHours(5), TimeSpan.Zero);

    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task After_the_last_day_of_the_consent_nothing_is_released_pulled_or_opened_and_a_new_consent_opens_it_again()
    {
        var clock = new FakeClock(Noon);
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, clock);
        await using var _ = thailand;
        await using var __ = laos;
        var until = RegionalTime.Today(thailand.Pen.Node, clock.Now).AddDays(5);
        var id = await TakenUpAsync(thailand, laos, opened => opened with { Consent = opened.Consent! with { Until = until } });
        var release = (await thailand.WriteAsync(id, new CaseFileReleased(1, default))).Hash;
        await thailand.CarryAndTellAsync();
        await laos.Gaps.FillAsync(thailand.Pen.Node, Cancelled);
        clock.Now += TimeSpan.FromDays(5);
        (await OpenAsync(laos, id)).ShouldBe("");
        (await OpenAsync(thailand, id)).ShouldBe("");

        clock.Now += TimeSpan.FromDays(1);
        (await thailand.RefusedAsync(id, new CaseFileReleased(2, default))).Reason.ShouldBe("CONSENT_EXPIRED");
        (await thailand.Shelf.PullAsync(laos.Pen.Node, id, release, Cancelled)).Refusal!.Reason.ShouldBe("CONSENT_EXPIRED");
        (await OpenAsync(laos, id)).ShouldBe("CONSENT_EXPIRED");
        (await OpenAsync(thailand, id)).ShouldBe("CONSENT_EXPIRED");

        await thailand.WriteAsync(id, new Domain.Referrals.ConsentRecorded(new(new([Domain.Referrals.Purpose.Return]), new([laos.Pen.Node, thailand.Pen.Node]), until.AddDays(30))));
        await thailand.CarryAndTellAsync();
        (await OpenAsync(laos, id)).ShouldBe("");
        (await thailand.Shelf.PullAsync(laos.Pen.Node, id, release, Cancelled)).Sealed.ShouldNotBeNull();

        // Nobody is handed their own release, and nobody anything under a trust list that is past its date.
        var theirs = (await laos.WriteAsync(id, new CaseFileReleased(1, default))).Hash;
        await laos.CarryAndTellAsync();
        (await thailand.Shelf.PullAsync(laos.Pen.Node, id, theirs, Cancelled)).Refusal!.Reason.ShouldBe("CASE_FILE_NOT_RELEASED");
        // What is withdrawn between the pull and its end is not kept.
        var pulled = (await laos.Shelf.PullAsync(thailand.Pen.Node, id, theirs, Cancelled)).Sealed!;
        clock.Now += TimeSpan.FromDays(366);
        (await thailand.Shelf.PullAsync(laos.Pen.Node, id, release, Cancelled)).Refusal!.Reason.ShouldBe("TRUST_LIST_EXPIRED");
        clock.Now -= TimeSpan.FromDays(366);
        await thailand.WriteAsync(id, new Domain.Referrals.ConsentWithdrawn(new Domain.Referrals.WithdrawalScope.Everything()));
        await thailand.Door.FileAsync(laos.Pen.Node, id, theirs, pulled, Cancelled);
        (await thailand.AskAsync<long>("select count(*) from case_file where entry_hash = $1", theirs.ToArray())).ShouldBe(0);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_release_that_waits_for_no_second_person_because_of_the_consent_is_not_written_without_it()
    {
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, new FakeClock(Noon));
        await using var _ = thailand;
        await using var __ = laos;
        var id = await TakenUpAsync(thailand, laos, opened => opened with { Basis = Domain.Referrals.Basis.CourtOrder, Consent = null });
        (await thailand.RefusedAsync(id, new CaseFileReleased(1, default), with: command => command with { RestsOnConsent = true })).Reason.ShouldBe("CONSENT_CHANGED");
        await thailand.WriteAsync(id, new CaseFileReleased(1, default));
    }

    [Fact(Timeout = 120_000)]
    public async Task Where_nobody_can_tell_what_the_person_withholds_nothing_is_released_pulled_or_opened()
    {
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, new FakeClock(Noon));
        await using var _ = thailand;
        await using var __ = laos;
        var id = await TakenUpAsync(thailand, laos);
        var release = (await thailand.WriteAsync(id, new CaseFileReleased(1, default))).Hash;
        var consent = new Domain.Referrals.Consent(new([Domain.Referrals.Purpose.Return]), new([laos.Pen.Node]), RegionalTime.Today(thailand.Pen.Node, Noon).AddDays(30));
        await thailand.WriteAsync(id, new Domain.Referrals.ConsentRecorded(consent), with: command => command with { Particulars = new byte[] { 0xFF } });
        (await thailand.RefusedAsync(id, new CaseFileReleased(2, default))).Reason.ShouldBe("CONSENT_DETAILS_UNREADABLE");
        (await thailand.Shelf.PullAsync(laos.Pen.Node, id, release, Cancelled)).Refusal!.Reason.ShouldBe("CONSENT_DETAILS_UNREADABLE");
        (await OpenAsync(thailand, id)).ShouldBe("CONSENT_DETAILS_UNREADABLE");
    }

    [Fact(Timeout = 120_000)]
    public async Task Where_nobody_can_tell_whom_the_person_fears_no_case_file_is_opened()
    {
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, new FakeClock(Noon));
        await using var _ = thailand;
        await using var __ = laos;
        var particulars = new Particulars { Preview = new() { BarredOffices = { "LA:elsewhere" } } }.ToByteArray();
        var id = await TakenUpAsync(thailand, laos, particulars: particulars);
        await thailand.WriteAsync(id, new CaseFileReleased(1, default));
        await thailand.CarryAndTellAsync();
        await laos.Gaps.FillAsync(thailand.Pen.Node, Cancelled);
        (await OpenAsync(laos, id)).ShouldBe("");
        var part = await laos.AskAsync<byte[]>("delete from part where entry_hash = $1 returning at_rest", id.Opening.ToArray());
        (await OpenAsync(laos, id)).ShouldBe("BARRED_OFFICES_UNKNOWN");
        (await laos.AskAsync<long>("select count(*) from access")).ShouldBe(1);
        part.ShouldNotBeEmpty();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_dossier_takes_as_many_attachments_as_it_may_and_what_was_never_sent_to_its_end_is_forgotten_after_a_day()
    {
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, new FakeClock(Noon));
        await using var _ = thailand;
        await using var __ = laos;
        var id = await TakenUpAsync(thailand, laos);
        await thailand.AskAsync<object?>(
            "insert into attachment (dossier_id, author, id, added_at, ask_at) select $1, 'TH', 'begun ' || number, $2, $2 from generate_series(1, 64) as number", id.ToArray(), Noon.UtcDateTime);
        (await AddAsync()).Refusal!.Reason.ShouldBe("ATTACHMENTS_FULL");
        // What is still being sent goes with no release.
        (await thailand.AttachmentShelf.DescribeAsync(id, new CaseFile { Attachments = { new Attachment { AttachmentId = "begun 1" } } }.ToByteArray(), Cancelled)).Refusal!.Reason.ShouldBe("ATTACHMENT_UNKNOWN");
        thailand.Clock.Now += TimeSpan.FromHours(25);
        var added = (await AddAsync()).Added!;
        (await thailand.AskAsync<long>("select count(*) from attachment")).ShouldBe(1);
        // Without a consent in force none is taken.
        var withdrawn = await TakenUpAsync(thailand, laos);
        await thailand.WriteAsync(withdrawn, new Domain.Referrals.ConsentWithdrawn(new Domain.Referrals.WithdrawalScope.Part(default, new([laos.Pen.Node]))));
        (await thailand.AttachmentDesk.AddAsync(thailand.OfficeOf(), "somebody", withdrawn, Once("%PDF-"u8.ToArray()), Cancelled)).Refusal!.Reason.ShouldBe("CONSENT_MISSING");
        // What a case file of another hash names under the same id is not it.
        (await ReadAsync(added)).ShouldBeOfType<AttachmentRead.Piece>();
        (await ReadAsync(new(added) { Sha256 = ByteString.CopyFrom(new byte[32]) })).ShouldBeOfType<AttachmentRead.Not>().Refusal.Reason.ShouldBe("ATTACHMENT_DAMAGED");

        Task<(Attachment? Added, Refusal? Refusal)> AddAsync() => thailand.AttachmentDesk.AddAsync(thailand.OfficeOf(), "somebody", id, Once("%PDF-"u8.ToArray()), Cancelled);

        async Task<AttachmentRead> ReadAsync(Attachment about)
        {
            await foreach (var read in thailand.AttachmentShelf.ReadAsync(thailand.Pen.Node, id, about, _ => Task.FromResult<Refusal?>(null), Cancelled)) return read;
            throw new InvalidOperationException("Nothing was read.");
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_withdrawal_between_the_row_in_the_log_and_the_opening_closes_the_file()
    {
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, new FakeClock(Noon));
        await using var _ = thailand;
        await using var __ = laos;
        var id = await TakenUpAsync(thailand, laos);
        await thailand.WriteAsync(id, new CaseFileReleased(1, default));
        (await OpenWhileAsync(() => thailand.WriteAsync(id, new Domain.Referrals.ConsentWithdrawn(new Domain.Referrals.WithdrawalScope.Everything())))).ShouldBe("CONSENT_WITHDRAWN");
        // Nor is anything read, and no key used, before the row is there.
        id = await TakenUpAsync(thailand, laos);
        await thailand.WriteAsync(id, new CaseFileReleased(1, default));
        (await OpenWhileAsync(() => thailand.AskAsync<object?>("update case_file set at_rest = set_byte(at_rest, 40, get_byte(at_rest, 40) # 1)"))).ShouldBe("CASE_FILE_DAMAGED");
        (await thailand.AskAsync<long>("select count(*) from access")).ShouldBe(2);

        // Whoever opens waits for the row, and something happens meanwhile.
        async Task<string> OpenWhileAsync(Func<Task> happensAsync)
        {
            await using var connection = await thailand.ConnectAsync();
            await using var inTheWay = await connection.BeginTransactionAsync(Cancelled);
            await using var taking = new NpgsqlCommand("lock table access in exclusive mode", connection);
            await taking.ExecuteNonQueryAsync(Cancelled);
            var opening = OpenAsync(thailand, id);
            (await Poll.UntilAsync(() => thailand.AskAsync<bool>("select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')"), TimeSpan.FromSeconds(60), Cancelled)).ShouldBeTrue();
            await happensAsync();
            await inTheWay.RollbackAsync(Cancelled);
            return await opening;
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_part_of_another_version_another_dossier_or_another_node_is_not_kept_and_noted()
    {
        var clock = new FakeClock(Noon);
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, clock);
        await using var _ = thailand;
        await using var __ = laos;
        var (id, other) = (await TakenUpAsync(thailand, laos), await TakenUpAsync(thailand, laos));
        var (first, second) = ((await thailand.WriteAsync(id, new CaseFileReleased(1, default))).Hash, (await thailand.WriteAsync(id, new CaseFileReleased(2, default))).Hash);
        var elsewhere = (await thailand.WriteAsync(other, new CaseFileReleased(1, default))).Hash;
        await thailand.CarryAndTellAsync();
        var (older, newer, another) = (await PulledAsync(id, first), await PulledAsync(id, second), await PulledAsync(other, elsewhere));
        var changed = $"{newer[..^9]}{(newer[^9] == 'A' ? 'B' : 'A')}{newer[^8..]}";

        foreach (var (peer, dossier, release, sealedFile) in (IEnumerable<(NodeId, DossierId, EntryHash, string)>)
        [
            // An older version for the newer one, and the other way round; of another dossier; changed; handed on by somebody else; no seal at all.
            (thailand.Pen.Node, id, second, older), (thailand.Pen.Node, id, first, newer), (thailand.Pen.Node, id, first, another), (thailand.Pen.Node, other, elsewhere, older),
            (thailand.Pen.Node, id, second, changed), (NodeId.Parse("VN"), id, second, newer), (thailand.Pen.Node, id, second, "..")
        ])
            await laos.Door.FileAsync(peer, dossier, release, sealedFile, Cancelled);
        (await laos.AskAsync<long>("select count(*) from case_file")).ShouldBe(0);
        (await laos.AskAsync<string[]>("select array_agg(distinct reason) from audit")).ShouldBe(["CASE_FILE_WRONG"]);
        // What was sealed to Laos opens nowhere else.
        await thailand.Door.FileAsync(laos.Pen.Node, id, second, newer, Cancelled);
        (await thailand.AskAsync<long>("select count(*) from audit where reason = 'CASE_FILE_WRONG'")).ShouldBe(1);

        await laos.Door.FileAsync(thailand.Pen.Node, id, second, newer, Cancelled);
        (await OpenAsync(laos, id)).ShouldBe("");

        // What is sealed and signed as it should be, and names attachments that nobody could ask for.
        foreach (var attachment in (Attachment[])[new() { AttachmentId = new('a', 32) }, new() { AttachmentId = new('a', 32), Size = 25 * 1024 * 1024 + 1 }, new() { AttachmentId = "../a", Size = 1 }])
        {
            var dossier = await TakenUpAsync(thailand, laos);
            await thailand.WriteAsync(dossier, new CaseFileReleased(1, default), with: command => command with { CaseFile = new CaseFile { Attachments = { attachment } }.ToByteArray() });
            await thailand.CarryAndTellAsync();
            await laos.Gaps.FillAsync(thailand.Pen.Node, Cancelled);
            (await laos.AskAsync<long>("select count(*) from case_file where dossier_id = $1", dossier.ToArray())).ShouldBe(0);
            (await laos.AskAsync<string>("select reason from audit where dossier_id = $1", dossier.ToArray())).ShouldBe("CASE_FILE_WRONG");
        }

        async Task<string> PulledAsync(DossierId dossier, EntryHash release) => (await thailand.Shelf.PullAsync(laos.Pen.Node, dossier, release, Cancelled)).Sealed!;
    }

    [Fact(Timeout = 120_000)]
    public async Task A_piece_of_another_attachment_another_place_another_release_or_another_dossier_is_not_taken()
    {
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, new FakeClock(Noon));
        await using var _ = thailand;
        await using var __ = laos;
        var (id, other) = (await TakenUpAsync(thailand, laos), await TakenUpAsync(thailand, laos));
        var (one, two) = (await AddAsync(id, 'a'), await AddAsync(id, 'b'));
        var (first, second) = (await ReleasedAsync(one, two), await ReleasedAsync(one, two));
        var pieces = await PulledAsync(first, one);
        pieces.Count.ShouldBe(2);
        Take(id, first, one, 0, pieces[0]).ShouldBeTrue();
        Take(id, first, one, 1, pieces[1]).ShouldBeTrue();
        foreach (var (dossier, release, about, number, piece) in (IEnumerable<(DossierId, EntryHash, Attachment, int, string)>)
        [
            (id, first, one, 1, pieces[0]), (id, first, one, 0, pieces[1]), (id, first, one, 2, pieces[1]), (id, second, one, 0, pieces[0]), (other, first, one, 0, pieces[0]),
            (id, first, two, 0, pieces[0]), (id, first, one, 0, (await PulledAsync(first, two))[0]), (id, first, one, 0, $"{pieces[0][..^9]}{(pieces[0][^9] == 'A' ? 'B' : 'A')}{pieces[0][^8..]}"),
            (id, first, new Attachment(one) { Size = 300 }, 0, pieces[0]), (id, first, one, 0, "...."),
        ])
            Take(dossier, release, about, number, piece).ShouldBeFalse($"{number}");
        // What was sealed to Laos opens nowhere else.
        thailand.AttachmentShelf.Take(new(id, thailand.Pen.Node, one.AttachmentId), first, one, 0, pieces[0]).ShouldBeNull();

        bool Take(DossierId dossier, EntryHash release, Attachment about, int number, string piece) =>
            laos.AttachmentShelf.Take(new(dossier, thailand.Pen.Node, about.AttachmentId), release, about, number, piece) is not null;

        async Task<Attachment> AddAsync(DossierId dossier, char of) =>
            (await thailand.AttachmentDesk.AddAsync(thailand.OfficeOf(), "somebody", dossier, Once(Encoding.ASCII.GetBytes($"%PDF-{new string(of, 300_000)}")), Cancelled)).Added!;

        async Task<EntryHash> ReleasedAsync(params Attachment[] with) => (await thailand.WriteAsync(
            id, new CaseFileReleased(1, default), with: command => command with { CaseFile = new CaseFile { OfficeContact = "Nobody", Attachments = { with } }.ToByteArray() })).Hash;

        async Task<List<string>> PulledAsync(EntryHash release, Attachment about)
        {
            var pulled = new List<string>();
            await foreach (var read in thailand.AttachmentShelf.PullAsync(laos.Pen.Node, id, release, about.AttachmentId, 0, Cancelled)) pulled.Add(read.ShouldBeOfType<AttachmentSealed.Piece>().Compact);
            return pulled;
        }
    }

    static async IAsyncEnumerable<ReadOnlyMemory<byte>> Once(byte[] bytes)
    {
        await Task.CompletedTask;
        yield return bytes;
    }

    static async Task<DossierId> TakenUpAsync(HomeNode thailand, HomeNode laos, Func<Domain.Referrals.Opened, Domain.Referrals.Opened>? with = null, byte[]? particulars = null)
    {
        var opened = thailand.Opening();
        var id = (await thailand.WriteAsync(null, with?.Invoke(opened) ?? opened, with: command => command with { Particulars = particulars })).Dossier;
        await thailand.CarryAndTellAsync();
        await laos.WriteAsync(id, new Acknowledged());
        await laos.WriteAsync(id, new TakenUp());
        await laos.CarryAndTellAsync();
        return id;
    }

    /// <summary>Why the case file is not opened; empty when it is.</summary>
    static async Task<string> OpenAsync(HomeNode node, DossierId id) =>
        await node.CaseFiles.OpenAsync(node.OfficeOf(), "somebody", id, release: null, attachment: null, AccessReason.Return, Cancelled) switch
        {
            CaseFileRead.Not not => not.Refusal.Reason,
            _ => "",
        };
}
