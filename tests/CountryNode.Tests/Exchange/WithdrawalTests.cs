using Coordination.CountryNode.Desks;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.CountryNode.Tests.Exchange;

/// <summary>What a withdrawal stops at a node that cannot sign it yet, and at one that gets what was sent before it was known.</summary>
public sealed class WithdrawalTests(SharedRegion shared)
{
    static readonly DateTimeOffset Noon = new(TimeProvider.System.GetUtcNow().UtcDateTime.Date.AddHours(5), TimeSpan.Zero);
    static readonly byte[] Words = "beside"u8.ToArray();

    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_folder_that_fails_suspends_no_withdrawal()
    {
        await using var thailand = await HomeNode.StartAsync(shared, "TH", new FakeClock(TimeProvider.System.GetUtcNow()));
        var id = (await thailand.WriteAsync(null, thailand.Opening(), with: command => command with { Particulars = Words })).Dossier;
        var key = Path.Combine(thailand.Keys.Dossiers, id.ToString()[..2], $"{id}.key");
        File.Delete(key);
        // Whatever reads it fails.
        Directory.CreateDirectory(key);
        await Should.ThrowAsync<UnauthorizedAccessException>(() => thailand.WriteAsync(id, new Cancelled()));
        await thailand.WriteAsync(id, new ConsentWithdrawn(new WithdrawalScope.Everything()));
        (await thailand.Desk.FindAsync(id, Cancelled))!.Value.Dossier.State!.State.ShouldBe(ReferralState.Withdrawn);
    }

    [Fact]
    public async Task A_withdrawal_that_is_not_signed_yet_stops_decisions_and_whatever_would_leave_beside_entries()
    {
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, new FakeClock(Noon));
        await using var _ = thailand;
        await using var __ = laos;
        laos.RoadIsOpen = false;
        var opening = await thailand.WriteAsync(null, thailand.Opening(), with: Beside);
        var id = opening.Dossier;
        await PendAsync(thailand, id);

        (await thailand.RefusedAsync(id, new InformationRequested())).Reason.ShouldBe("NOT_OPEN");
        (await thailand.RefusedAsync(id, new EntitlementNoted(), with: Beside)).Reason.ShouldBe("CONSENT_WITHDRAWN");
        (await thailand.Shelf.FetchAsync(laos.Pen.Node, id, new HashSet<EntryHash>(), Cancelled)).ShouldHaveSingleItem().Particulars.ShouldBeNull();
        laos.RoadIsOpen = true;
        await thailand.CarryAndTellAsync();
        (await laos.Store.FindAsync(id, Cancelled))!.Entries.ShouldHaveSingleItem().Entry.Hash.ShouldBe(opening.Hash);
        (await laos.Desk.ReadParticularsAsync(id, opening.Hash, laos.OfficeOf(), Cancelled)).ShouldBeOfType<ParticularsRead.Not>().Refusal.Reason.ShouldBe("PARTICULARS_MISSING");

        await thailand.Desk.SignPendingAsync(Cancelled);
        await thailand.CarryAndTellAsync();
        (await StateAsync(laos, id)).ShouldBe(ReferralState.Withdrawn);
        (await laos.AskAsync<long>("select count(*) from part")).ShouldBe(0);
        (await thailand.Desk.ReadParticularsAsync(id, opening.Hash, thailand.OfficeOf(), Cancelled)).ShouldBeOfType<ParticularsRead.Is>();
    }

    [Fact]
    public async Task What_the_other_country_says_beside_entries_is_not_read_from_a_withdrawal_on_until_the_consent_is_given_again()
    {
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, new FakeClock(Noon));
        await using var _ = thailand;
        await using var __ = laos;
        var opening = await thailand.WriteAsync(null, thailand.Opening(), with: Beside);
        var id = opening.Dossier;
        await thailand.CarryAndTellAsync();
        (await laos.Desk.ReadParticularsAsync(id, opening.Hash, laos.OfficeOf(), Cancelled)).ShouldBeOfType<ParticularsRead.Is>();
        laos.RoadIsOpen = false;
        var withdrawn = await laos.WriteAsync(id, new ConsentWithdrawn(new WithdrawalScope.Part(default, new([laos.Pen.Node]))), with: Beside);
        laos.RoadIsOpen = true;
        // Sent before Thailand knows.
        var asked = await thailand.WriteAsync(id, new InformationRequested(), with: Beside);
        await thailand.CarryAndTellAsync();
        foreach (var entry in new[] { opening, asked })
            (await laos.Desk.ReadParticularsAsync(id, entry.Hash, laos.OfficeOf(), Cancelled)).ShouldBeOfType<ParticularsRead.Not>().Refusal.Reason.ShouldBe("CONSENT_WITHDRAWN");
        (await laos.Desk.ReadParticularsAsync(id, withdrawn.Hash, laos.OfficeOf(), Cancelled)).ShouldBeOfType<ParticularsRead.Is>();
        (await thailand.Desk.ReadParticularsAsync(id, asked.Hash, thailand.OfficeOf(), Cancelled)).ShouldBeOfType<ParticularsRead.Is>();

        await laos.CarryAndTellAsync();
        await thailand.WriteAsync(id, new ConsentRecorded(thailand.Opening().Consent!));
        await thailand.CarryAndTellAsync();
        foreach (var entry in new[] { opening, asked })
            (await laos.Desk.ReadParticularsAsync(id, entry.Hash, laos.OfficeOf(), Cancelled)).ShouldBeOfType<ParticularsRead.Is>();
    }

    [Fact]
    public async Task The_reason_of_a_contradiction_after_a_withdrawal_stays_at_home()
    {
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, new FakeClock(Noon));
        await using var _ = thailand;
        await using var __ = laos;
        var id = (await thailand.OpenAsync()).Dossier;
        await thailand.WriteAsync(id, new ConsentWithdrawn(new WithdrawalScope.Everything()));
        (await thailand.RefusedAsync(id, new EntitlementNoted(), with: Beside)).ShouldSatisfyAllConditions(
            refused => (refused.Kind, refused.Reason).ShouldBe((RefusalKind.NotOpen, "CONSENT_WITHDRAWN")), refused => refused.Text.ShouldContain("Send the statement without particulars"));

        var noted = await thailand.WriteAsync(id, new EntitlementNoted(), with: command => Beside(command) with { ConfirmsContradiction = true });
        await thailand.CarryAndTellAsync();
        noted.Particulars.Select(digest => digest.Recipient).ShouldBe([thailand.Pen.Node]);
        (await thailand.Desk.ReadParticularsAsync(id, noted.Hash, thailand.OfficeOf(), Cancelled)).ShouldBeOfType<ParticularsRead.Is>().Content.ToArray().ShouldBe(Words);
        (await laos.Desk.ReadParticularsAsync(id, noted.Hash, laos.OfficeOf(), Cancelled)).ShouldBeOfType<ParticularsRead.Not>().Refusal.Reason.ShouldBe("NO_PARTICULARS");
    }

    [Fact]
    public async Task A_withdrawal_that_cannot_be_signed_holds_up_no_other()
    {
        await using var thailand = await HomeNode.StartAsync(shared, "TH", new FakeClock(Noon));
        var dossiers = new List<DossierId>();
        for (var number = 0; number < 3; number++) dossiers.Add((await thailand.OpenAsync()).Dossier);
        foreach (var id in dossiers) await PendAsync(thailand, id, id == dossiers[0]);
        // The key of the first cannot be read: a folder stands in its place.
        var key = Directory.GetFiles(thailand.Keys.Path, $"{Convert.ToHexStringLower(dossiers[0].ToArray())}*", SearchOption.AllDirectories).ShouldHaveSingleItem();
        File.Delete(key);
        Directory.CreateDirectory(key);

        await Should.ThrowAsync<UnauthorizedAccessException>(() => thailand.Desk.SignPendingAsync(Cancelled));
        foreach (var (id, state) in dossiers.Zip(new[] { ReferralState.Sent, ReferralState.Withdrawn, ReferralState.Withdrawn }))
            (await thailand.Store.FindAsync(id, Cancelled))!.Pending.IsEmpty.ShouldBe(state is ReferralState.Withdrawn);
    }

    /// <summary>A withdrawal of everything, as it is taken while the node catches up; then it has caught up.</summary>
    static async Task PendAsync(HomeNode node, DossierId id, bool withParticulars = false)
    {
        await node.AskAsync<object>("insert into catch_up (peer, dossier_id, number) values ('LA', $1, 1)", id.ToArray());
        await node.WriteAsync(id, new ConsentWithdrawn(new WithdrawalScope.Everything()), with: command => withParticulars ? Beside(command) : command);
        (await node.Store.FindAsync(id, Cancelled))!.Pending.ShouldHaveSingleItem();
        await node.AskAsync<object>("delete from catch_up where dossier_id = $1", id.ToArray());
    }

    static async Task<ReferralState> StateAsync(HomeNode node, DossierId id) => (await node.Desk.FindAsync(id, Cancelled))!.Value.Dossier.State!.State;

    static Command Beside(Command command) => command with { Particulars = Words };
}
