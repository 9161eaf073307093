using System.Globalization;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Doors;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using WireOffer = Coordination.Contracts.Referral.V1.Offer;

namespace Coordination.CountryNode.Tests.Referrals;

/// <summary>What a referral says is open is open, and what it says is not is refused for the very reason.</summary>
public sealed class OffersTests(SharedRegion shared)
{
    /// <summary>Referrals and steps of each; more with COORDINATION_WALKS.</summary>
    static readonly int Walks = int.Parse(Environment.GetEnvironmentVariable("COORDINATION_WALKS") ?? "6", CultureInfo.InvariantCulture);

    const int Steps = 14;

    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_random_referrals_every_offer_that_says_open_is_taken_and_every_other_refused_with_its_reason()
    {
        var clock = new FakeClock(TimeProvider.System.GetUtcNow());
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, clock);
        await using var _ = thailand;
        await using var __ = laos;
        var statements = new HashSet<string>();
        var reasons = new HashSet<string>();
        for (var walk = 0; walk < Walks; walk++)
        {
            // Two of three go the way of a return, so that late states are seen.
            var random = new Random(walk);
            var id = (await thailand.OpenAsync()).Dossier;
            await thailand.CarryAndTellAsync();
            for (var step = 0; step < Steps; step++)
            {
                var (node, other) = random.Next(2) == 0 ? (thailand, laos) : (laos, thailand);
                var offers = await OffersAsync(node, id, node.OfficeOf());
                foreach (var (offer, domain) in offers.Where(pair => !pair.Wire.Open))
                {
                    var refusal = await TryAsync(node, id, node.OfficeOf(), domain.Body, domain.Answers);
                    refusal.ShouldNotBeNull($"{offer.Statement} {offer.Code} is said not to be open: {offer.Explanation}");
                    refusal.Reason.ShouldBe(offer.Reason, $"{offer.Statement} {offer.Code}");
                    refusal.Text.ShouldStartWith(offer.Explanation);
                    reasons.Add(offer.Reason);
                    if (offer.Contradicts)
                        (await TryAsync(node, id, node.OfficeOf(), domain.Body, domain.Answers, command => command with { ConfirmsContradiction = true })).ShouldBeNull();
                }
                foreach (var (offer, domain) in offers.Where(pair => pair.Wire.Open))
                    (await TryAsync(node, id, node.OfficeOf(), domain.Body, domain.Answers))?.Text.ShouldBeNull($"{offer.Statement} {offer.Code} is said to be open.");

                var open = offers.Where(pair => pair.Wire.Open && (walk % 3 == 0 || !Ends(pair.Domain.Body))).ToList();
                if (open.Count == 0) break;
                var wanted = open.Where(pair => walk % 3 != 0 && Onward.Contains(pair.Wire.Statement + pair.Wire.Code)).ToList();
                var (taken, statement) = wanted.Count > 0 ? wanted[random.Next(wanted.Count)] : open[random.Next(open.Count)];
                await node.WriteAsync(id, statement.Body is ReturnPlanned planned ? planned with { Plan = new Token((UInt128)(ulong)random.NextInt64() + 1) } : statement.Body, statement.Answers);
                statements.Add(taken.Statement);
                await node.CarryAndTellAsync();
            }
        }
        Console.WriteLine($"Offers: {statements.Count} statements taken, reasons {string.Join(", ", reasons)}.");
        statements.Count.ShouldBeGreaterThan(15);
        reasons.Count.ShouldBeGreaterThan(5);
    }

    [Fact]
    public async Task To_an_office_without_the_right_nothing_is_offered_and_to_a_case_worker_what_is_close_to_the_person()
    {
        var clock = new FakeClock(TimeProvider.System.GetUtcNow());
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, clock);
        await using var _ = thailand;
        await using var __ = laos;
        var id = (await thailand.OpenAsync()).Dossier;
        foreach (var role in (string[])["auditor", "approver", "case-worker"])
        {
            var office = thailand.OfficeOf(role);
            var offers = await OffersAsync(thailand, id, office);
            foreach (var (offer, domain) in offers)
            {
                var refusal = await TryAsync(thailand, id, office, domain.Body, domain.Answers);
                (refusal is null).ShouldBe(offer.Open, $"{role}: {offer.Statement} {offer.Code}");
                (refusal?.Reason ?? "").ShouldBe(offer.Reason);
            }
            if (role is "case-worker") offers.Where(pair => pair.Wire.Open).Select(pair => pair.Wire.Statement).ShouldContain("ConsentWithdrawn");
            else offers.ShouldAllBe(pair => pair.Wire.Reason == "OFFICE_NOT_ALLOWED");
        }
    }

    [Fact]
    public async Task While_a_dossier_stands_still_nothing_is_offered_but_a_withdrawal()
    {
        var clock = new FakeClock(TimeProvider.System.GetUtcNow());
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, clock);
        await using var _ = thailand;
        await using var __ = laos;
        var id = (await thailand.OpenAsync()).Dossier;
        foreach (var (begin, reason) in new[]
        {
            ("insert into catch_up (peer, dossier_id, number) values ('LA', '', 1)", "CATCHING_UP"),
        })
        {
            await thailand.AskAsync<object?>(begin);
            foreach (var (offer, domain) in await OffersAsync(thailand, id, thailand.OfficeOf()))
            {
                var isWithdrawal = domain.Body is ConsentWithdrawn;
                (offer.Open, offer.Reason).ShouldBe((isWithdrawal, isWithdrawal ? "" : reason), offer.Statement);
                if (!isWithdrawal) (await TryAsync(thailand, id, thailand.OfficeOf(), domain.Body, domain.Answers))!.Reason.ShouldBe(reason);
            }
        }
    }

    [Fact]
    public async Task While_a_withdrawal_waits_to_be_signed_no_decision_is_offered_that_it_stops()
    {
        var clock = new FakeClock(TimeProvider.System.GetUtcNow());
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, clock);
        await using var _ = thailand;
        await using var __ = laos;
        var id = (await thailand.OpenAsync()).Dossier;
        await thailand.AskAsync<object?>("insert into catch_up (peer, dossier_id, number) values ('LA', '', 1)");
        await thailand.WriteAsync(id, new ConsentWithdrawn(new WithdrawalScope.Everything()));
        await thailand.AskAsync<object?>("delete from catch_up");

        var offers = await OffersAsync(thailand, id, thailand.OfficeOf());
        foreach (var (offer, domain) in offers.Where(pair => pair.Domain.Body is Decision))
            (await TryAsync(thailand, id, thailand.OfficeOf(), domain.Body, domain.Answers) is null).ShouldBe(offer.Open, offer.Statement);
        offers.ShouldContain(pair => pair.Wire.Statement == "InformationRequested" && !pair.Wire.Open && pair.Domain.Reason == null);
    }

    /// <summary>Statements on the way of a return.</summary>
    static readonly HashSet<string> Onward =
    [
        "Acknowledged", "TakenUp", "CaseFileReleased", "CaseFileReceived", "AssessmentReportedMAY_RETURN", "WishRecordedRETURN", "ReturnPlanned", "ReturnAgreed",
        "Accompanied", "Met", "NotArrived", "ReintegrationStarted", "FollowUpReported",
    ];

    static bool Ends(Body body) => body is Declined or Domain.Referrals.Cancelled or Completed or EnteredInError or Lapsed or ConsentWithdrawn { Scope: WithdrawalScope.Everything };

    static async Task<List<(WireOffer Wire, Offer Domain)>> OffersAsync(HomeNode node, DossierId id, Office office)
    {
        var (held, dossier) = (await node.Desk.FindAsync(id, Cancelled))!.Value;
        var view = new ReferralView(node.Overviews, HomeNode.Offices(), node.Pen, node.Clock).Of(held, dossier, office, earlier: null, node.Desk.StandstillOf(held));
        var blank = dossier.Draft(node.Pen.Node, new Statement(office, new Acknowledged(), RegionalTime.Today(node.Pen.Node, node.Clock.Now), Channel.Node), node.Clock.Now);
        return [.. view.Offers.Zip(dossier.State!.Offers(blank))];
    }

    /// <summary>What the command would be refused with; it is written nowhere.</summary>
    static Task<Refusal?> TryAsync(HomeNode node, DossierId id, Office office, Body body, EntryHash? answers, Func<Command, Command>? with = null)
    {
        var command = new Command(new CommandKey(office, OfficeClient.NewCommandId()), "somebody", new byte[32], id, body) { Answers = answers, CaseFile = HomeNode.CaseFileOf(body) };
        return node.Desk.TryAsync(with?.Invoke(command) ?? command, Cancelled);
    }
}
