using System.Text.Json;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Exchange;
using Coordination.CountryNode.Offices;
using Coordination.CountryNode.Peers;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;

namespace Coordination.CountryNode.Tests.Referrals;

/// <summary>What the desk knows and the protocol does not: today's date, the directory, and how much a dossier holds.</summary>
public sealed class DeskTests(SharedRegion shared)
{
    /// <summary>Noon in Bangkok.</summary>
    static readonly DateTimeOffset Noon = new(TimeProvider.System.GetUtcNow().UtcDateTime.Date.AddHours(5), TimeSpan.Zero);

    static readonly Token Plan = new(UInt128.One << 100);

    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_urgent_referral_goes_only_where_somebody_answers_at_any_hour()
    {
        await using var thailand = await HomeNode.StartAsync(shared, "TH", new FakeClock(Noon), OfficeDirectory.Empty);
        var refused = await thailand.RefusedAsync(null, thailand.Opening(urgency: Urgency.Urgent));
        (refused.Kind, refused.Reason, refused.Fields.Single().Field).ShouldBe((RefusalKind.Invalid, "NO_DUTY_CONTACT", "opened.urgency"));
        await thailand.OpenAsync(urgency: Urgency.Routine);
        await using var other = await HomeNode.StartAsync(shared, "TH", new FakeClock(Noon));
        await other.OpenAsync(urgency: Urgency.Urgent);
    }

    [Fact]
    public async Task An_opening_copies_what_the_pair_agreed_for_its_urgency()
    {
        var directory = Directory(new
        {
            duty = new { LA = "focal-point@ahtd", VN = "focal-point@c02" },
            clocks = new object[]
            {
                new { with = "LA", clock = "Acknowledge", due = new { count = 9, unit = "WorkingDays" }, source = "one" },
                new { with = "LA", clock = "Acknowledge", urgency = "Urgent", due = new { count = 1, unit = "Hours" }, source = "one" },
            },
        });
        await using var thailand = await HomeNode.StartAsync(shared, "TH", new FakeClock(Noon), directory);
        (await AgreedAsync("LA", Urgency.Routine)).ShouldBe(new Wait(9, TimeUnit.WorkingDays));
        (await AgreedAsync("LA", Urgency.Urgent)).ShouldBe(new Wait(1, TimeUnit.Hours));
        (await AgreedAsync("VN", Urgency.Routine)).ShouldBe(new Wait(2, TimeUnit.WorkingDays));
        (await AgreedAsync("VN", Urgency.Urgent)).ShouldBe(new Wait(4, TimeUnit.Hours));

        async Task<Wait?> AgreedAsync(string with, Urgency urgency) =>
            ((Opened)(await thailand.OpenAsync(with, urgency)).Body).Clocks.Of(Clock.Acknowledge, 0, urgency).Due;
    }

    [Fact]
    public async Task The_day_to_reply_by_is_one_of_the_receivers()
    {
        // Half past midnight in Beijing, and half past eleven the evening before in Bangkok.
        await using var thailand = await HomeNode.StartAsync(shared, "TH", new FakeClock(Noon.AddHours(11.5)));
        var today = RegionalTime.Today(thailand.Pen.Node, thailand.Clock.Now);
        RegionalTime.Today(NodeId.Parse("CN"), thailand.Clock.Now).ShouldBe(today.AddDays(1));
        var toChina = thailand.Opening("CN") with { OnPaper = true };
        var refused = await thailand.RefusedAsync(null, toChina with { ReplyBy = today });
        (refused.Reason, refused.Fields.Single().Field).ShouldBe(("REPLY_BY_PASSED", "opened.reply_by"));
        await thailand.WriteAsync(null, toChina with { ReplyBy = today.AddDays(1) });

        // Ten past midnight in Bangkok, and twenty to twelve the evening before in Yangon.
        thailand.Clock.Now = Noon.AddHours(12) + TimeSpan.FromMinutes(10);
        var toMyanmar = thailand.Opening("MM") with { OnPaper = true, ReplyBy = today };
        await thailand.WriteAsync(null, toMyanmar, with: command => command with { HappenedOn = today });
    }

    [Fact]
    public async Task A_case_file_or_a_plan_that_is_dated_back_is_judged_as_of_today()
    {
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, new FakeClock(Noon));
        await using var _ = thailand;
        await using var __ = laos;
        var id = await AssessedAsync(thailand, laos);
        var day = RegionalTime.Today(thailand.Pen.Node, Noon);
        await thailand.WriteAsync(id, new WishRecorded(Wish.Return, day));

        thailand.Clock.Now = Noon.AddDays(31);
        var plan = Planned(day.AddDays(40));
        (await thailand.RefusedAsync(id, plan, with: DatedBackTo(day.AddDays(30)))).Reason.ShouldBe("WISH_MISSING");
        (await thailand.RefusedAsync(id, Planned(day.AddDays(30)), with: DatedBackTo(day.AddDays(29)))).Reason.ShouldBe("TRAVEL_ON_PASSED");
        thailand.Clock.Now = Noon.AddDays(30);
        await thailand.WriteAsync(id, plan);

        thailand.Clock.Now = Noon.AddDays(301);
        (await thailand.RefusedAsync(id, new CaseFileReleased(1, default), with: DatedBackTo(day.AddDays(300)))).Reason.ShouldBe("CONSENT_EXPIRED");
        thailand.Clock.Now = Noon.AddDays(300);
        await thailand.WriteAsync(id, new CaseFileReleased(1, default));

        static Func<Command, Command> DatedBackTo(DateOnly day) => command => command with { HappenedOn = day };
    }

    [Fact]
    public async Task What_cannot_be_of_a_journey_is_refused_and_the_field_is_named()
    {
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, new FakeClock(Noon));
        await using var _ = thailand;
        await using var __ = laos;
        var id = await AssessedAsync(thailand, laos);
        var day = RegionalTime.Today(thailand.Pen.Node, Noon);
        await thailand.WriteAsync(id, new WishRecorded(Wish.Return, day));
        var plan = Planned(day.AddDays(14));
        var midnight = RegionalTime.StartOf(thailand.Pen.Node, plan.TravelOn);

        foreach (var wrong in new[] { midnight.AddSeconds(-1), midnight.AddDays(8) })
            Named(await thailand.RefusedAsync(id, plan with { MeetingAt = wrong }), "MEETING_AT_WRONG", "return_planned.meeting_at");
        Named(await thailand.RefusedAsync(id, Planned(day.AddYears(1).AddDays(1))), "TRAVEL_ON_FAR", "return_planned.travel_on");
        Named(await thailand.RefusedAsync(id, plan with { MeetingPoint = Place("VN") }), "PLACE_ELSEWHERE", "return_planned.meeting_point");
        Named(await thailand.RefusedAsync(id, plan, with: command => command with { HappenedOn = day.AddDays(-1) }), "HAPPENED_ON_BEFORE_OPENING", "command.happened_on");
        foreach (var right in new[] { midnight, midnight.AddDays(8).AddSeconds(-1) })
            (await thailand.Desk.TryAsync(new Command(new(thailand.OfficeOf(), OfficeClient.NewCommandId()), "somebody", new byte[32], id, plan with { MeetingAt = right }), Cancelled)).ShouldBeNull();
        var planned = await thailand.WriteAsync(id, plan);
        await thailand.CarryAndTellAsync();
        await laos.WriteAsync(id, new ReturnAgreed(), planned.Hash);
        await laos.CarryAndTellAsync();

        var (now, ahead) = (thailand.Clock.Now, thailand.Clock.Now.AddMinutes(10.1));
        foreach (var (node, elsewhere, early, field) in new (HomeNode, Body, Body, string)[]
        {
            (thailand, new Accompanied(Plan, Place("VN"), now), new Accompanied(Plan, Place("TH"), ahead), "accompanied"),
            (thailand, new DidNotTravel(Plan, Place("VN"), now), new DidNotTravel(Plan, Place("TH"), ahead), "did_not_travel"),
            (laos, new Met(Plan, Place("VN"), now), new Met(Plan, Place("LA"), ahead), "met"),
            (laos, new NotArrived(Plan, Place("VN"), now), new NotArrived(Plan, Place("LA"), ahead), "not_arrived"),
        })
        {
            Named(await node.RefusedAsync(id, elsewhere), "PLACE_ELSEWHERE", $"{field}.place");
            Named(await node.RefusedAsync(id, early), "AT_AHEAD", $"{field}.at");
        }
        Named(await thailand.RefusedAsync(id, new ReturnHeld(day.AddYears(1).AddDays(1), PersonAgrees: true)), "UNTIL_FAR", "return_held.until");
        await thailand.WriteAsync(id, new Accompanied(Plan, Place("TH"), now.AddMinutes(10)));

        static void Named(Refusal refused, string reason, string field) => (refused.Kind, refused.Reason, refused.Fields.Single().Field).ShouldBe((RefusalKind.Invalid, reason, field));
    }

    [Fact]
    public async Task Nothing_of_a_dossier_is_read_once_its_data_were_said_to_be_erased_and_nothing_is_erased_before()
    {
        await using var thailand = await HomeNode.StartAsync(shared, "TH", new FakeClock(Noon));
        var id = (await thailand.WriteAsync(null, thailand.Opening(), with: Beside)).Dossier;
        var asked = await thailand.WriteAsync(id, new InformationRequested(), with: Beside);
        var erased = new DataStopped(DataFate.Erased, null, PaperRecall.All);

        foreach (var confirms in new[] { false, true })
            (await thailand.RefusedAsync(id, erased, with: command => command with { ConfirmsContradiction = confirms })).ShouldSatisfyAllConditions(
                refused => refused.Kind.ShouldBe(RefusalKind.NotOpen), refused => refused.Text.ShouldContain("Nothing is erased while a referral is Sent"));
        var cancelled = await thailand.WriteAsync(id, new Cancelled(), with: Beside);
        (await thailand.RefusedAsync(id, erased, with: Beside)).Reason.ShouldBe("PARTICULARS_ERASED");
        foreach (var entry in new[] { id.Opening, asked.Hash, cancelled.Hash })
            (await thailand.Desk.ReadParticularsAsync(id, entry, thailand.OfficeOf(), Cancelled)).ShouldBeOfType<ParticularsRead.Is>().Content.ToArray().ShouldBe("beside"u8.ToArray());

        (await thailand.RefusedAsync(id, new Corrected(erased), cancelled.Hash)).Reason.ShouldBe("ERASED_BY_CORRECTION");
        (await thailand.Desk.ReadParticularsAsync(id, asked.Hash, thailand.OfficeOf(), Cancelled)).ShouldBeOfType<ParticularsRead.Is>();
        await thailand.WriteAsync(id, erased);
        foreach (var entry in new[] { id.Opening, asked.Hash, cancelled.Hash })
            (await thailand.Desk.ReadParticularsAsync(id, entry, thailand.OfficeOf(), Cancelled)).ShouldBeOfType<ParticularsRead.Not>().Refusal.Reason.ShouldBe("PARTICULARS_ERASED");

        static Command Beside(Command command) => command with { Particulars = "beside"u8.ToArray() };
    }

    [Fact]
    public async Task What_was_erased_before_it_was_sent_is_asked_for_by_nobody()
    {
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, new FakeClock(Noon));
        await using var _ = thailand;
        await using var __ = laos;
        var id = (await thailand.WriteAsync(null, thailand.Opening())).Dossier;
        await thailand.CarryAndTellAsync();
        await thailand.WriteAsync(id, new Cancelled(), with: command => command with { Particulars = "beside"u8.ToArray() });
        await thailand.WriteAsync(id, new DataStopped(DataFate.Erased, null, PaperRecall.All));
        await thailand.CarryAndTellAsync();
        (await laos.Store.FindAsync(id, Cancelled))!.Entries.Length.ShouldBe(3);
        (await laos.AskAsync<long>("select count(*) from gap")).ShouldBe(0);
    }

    [Fact]
    public async Task What_the_other_country_erased_on_paper_erases_nothing_here()
    {
        await using var thailand = await HomeNode.StartAsync(shared, "TH", new FakeClock(Noon));
        var id = (await thailand.WriteAsync(null, thailand.Opening("CN") with { OnPaper = true }, with: Beside)).Dossier;
        await thailand.WriteAsync(id, new Cancelled());
        var erased = new DataStopped(DataFate.Erased, null, PaperRecall.All);
        await thailand.WriteAsync(id, erased, with: command => command with { OnBehalfOf = NodeId.Parse("CN"), Channel = Channel.Letter, Letter = Digest.Of("a letter"u8) });
        (await thailand.Desk.ReadParticularsAsync(id, id.Opening, thailand.OfficeOf(), Cancelled)).ShouldBeOfType<ParticularsRead.Is>();
        await thailand.WriteAsync(id, erased);
        (await thailand.Desk.ReadParticularsAsync(id, id.Opening, thailand.OfficeOf(), Cancelled)).ShouldBeOfType<ParticularsRead.Not>();

        static Command Beside(Command command) => command with { Particulars = "beside"u8.ToArray() };
    }

    [Fact]
    public async Task What_is_put_right_is_checked_as_what_is_said()
    {
        var (thailand, laos) = await HomeNode.StartTwoAsync(shared, new FakeClock(Noon));
        await using var _ = thailand;
        await using var __ = laos;
        var id = await AssessedAsync(thailand, laos);
        var (day, now) = (RegionalTime.Today(thailand.Pen.Node, Noon), thailand.Clock.Now);
        var wish = await thailand.WriteAsync(id, new WishRecorded(Wish.Return, day));
        foreach (var (body, reason, field) in new (Happening, string, string)[]
        {
            (new WishRecorded(Wish.Return, day.AddDays(1)), "DATE_AHEAD", "wish_recorded.on"),
            (new ChildSafeguardRecorded(Safeguard.BestInterests, day.AddDays(1)), "DATE_AHEAD", "child_safeguard_recorded.on"),
            (new FollowUpReported(1, FollowUpResult.Done, day.AddYears(1).AddDays(1)), "NEXT_DUE_FAR", "follow_up_reported.next_due"),
            (new Accompanied(Plan, Place("VN"), now), "PLACE_ELSEWHERE", "accompanied.place"),
            (new Accompanied(Plan, Place("TH"), now.AddYears(3)), "AT_AHEAD", "accompanied.at"),
        })
        {
            foreach (var (said, at) in new (Body, string)[] { (body, ""), (new Corrected(body), "corrected.referral_") })
            {
                var refused = await thailand.RefusedAsync(id, said, said is Corrected ? wish.Hash : null);
                (refused.Kind, refused.Reason, refused.Fields.Single().Field).ShouldBe((RefusalKind.Invalid, reason, at + field));
            }
        }
    }

    [Fact]
    public async Task A_dossier_that_is_full_takes_a_withdrawal_and_nothing_else()
    {
        await using var thailand = await HomeNode.StartAsync(shared, "TH", new FakeClock(TimeProvider.System.GetUtcNow()));
        var chain = new List<SignedEntry> { thailand.Pen.Open("LA") };
        while (chain.Count < Door.MostByAWriter) chain.Add(thailand.Pen.Continue(chain[^1], new EntitlementNoted()));
        // What the node wrote itself comes back from the other side, as after a restore.
        foreach (var batch in chain.Chunk(250))
            await thailand.Door.AdmitAsync(NodeId.Parse("LA"), [.. batch.Select(entry => new Offered(entry.Bytes, entry.Signature, entry.KeyId, null))], Cancelled);

        var id = chain[0].Entry.Dossier;
        (await thailand.RefusedAsync(id, new EntitlementNoted())).Reason.ShouldBe("DOSSIER_FULL");
        (await thailand.WriteAsync(id, new ConsentWithdrawn(new WithdrawalScope.Everything()))).Seq.ShouldBe(Door.MostByAWriter + 1);
    }

    static async Task<DossierId> AssessedAsync(HomeNode thailand, HomeNode laos)
    {
        var id = (await thailand.OpenAsync()).Dossier;
        await thailand.CarryAndTellAsync();
        await laos.WriteAsync(id, new Acknowledged());
        await laos.WriteAsync(id, new TakenUp());
        await laos.WriteAsync(id, new AssessmentReported(Finding.MayReturn, SafetyPlan: false, CareSuitable: false));
        await laos.CarryAndTellAsync();
        return id;
    }

    static ReturnPlanned Planned(DateOnly travelOn) => new(Plan, null, travelOn, RegionalTime.StartOf(NodeId.Parse("TH"), travelOn).AddHours(10), Place("LA"));

    static PlaceCode Place(string country) => PlaceCode.TryParse($"{country}-ANY", out var place) ? place : throw new FormatException();

    static OfficeDirectory Directory(object content)
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, JsonSerializer.SerializeToUtf8Bytes(content));
            return OfficeDirectory.Read(file).Directory!;
        }
        finally
        {
            File.Delete(file);
        }
    }
}
