using System.Reflection.Metadata;
using System.Security.Cryptography;
using Coordination.Contracts.Directory.V1;
using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using static Coordination.Contracts.Referral.V1.ReferralState;

namespace Coordination.CountryNode.Tests.Referrals;

/// <summary>The walks of a referral from beginning to end through the API of two nodes, each step with particulars; and every other command at least once.</summary>
public sealed class WalkTests(SharedRegion shared)
{
    [Fact]
    public async Task An_adult_returns()
    {
        using var walk = await AssessedAsync();
        await PrepareAsync(walk, walk.Origin, PreparationItem.TravelDocument, PreparationStatus.Asked);
        await PrepareAsync(walk, walk.Host, PreparationItem.ExitPermit, PreparationStatus.Asked);
        await AgreedAsync(walk, walk.Host, walk.Origin);
        await PrepareAsync(walk, walk.Origin, PreparationItem.TravelDocument, PreparationStatus.Done);
        await PrepareAsync(walk, walk.Host, PreparationItem.ExitPermit, PreparationStatus.NotNeeded);
        await AccompaniedAsync(walk);
        await MetAsync(walk);
        await walk.SayAsync(walk.Origin, at => at.Referrals.StartReintegrationAsync(new() { Command = at.About, DossierId = at.Id, Particulars = at.Particulars }, at.Options));
        walk.Stands(InReintegration, "LA");
        for (var number = 1u; number <= 4; number++)
        {
            await FollowUpAsync(walk, number, number is 3 ? FollowUpResult.DeclinedByPerson : FollowUpResult.Done);
            walk.Stands(InReintegration, "LA");
        }
        await CompleteAsync(walk, walk.Origin, ReferralOutcome.Returned);
        walk.Stands(ReferralState.Completed, "LA");
        walk.Now.Outcome.ShouldBe(ReferralOutcome.Returned);
    }

    [Fact]
    public async Task A_child_returns_alone()
    {
        var opened = Regions.Repatriation("TH", "LA");
        (opened.Minority, opened.AuthorisedBy) = (Minority.Minor, AuthorisedBy.AppointedGuardian);
        using var walk = await AssessedAsync(opened, careSuitable: false);
        await walk.RefusedAsync(walk.Host, at => Plan(walk, at), "BEST_INTERESTS_MISSING");
        await SafeguardAsync(walk, Safeguard.BestInterests);
        await walk.RefusedAsync(walk.Host, at => Plan(walk, at), "CARE_MISSING");
        await PrepareAsync(walk, walk.Origin, PreparationItem.ReceivingShelter, PreparationStatus.Asked);
        await walk.RefusedAsync(walk.Origin, at => Plan(walk, at), "CARE_MISSING");
        await PrepareAsync(walk, walk.Origin, PreparationItem.ReceivingShelter, PreparationStatus.Done);
        await AgreedAsync(walk, walk.Origin, walk.Host);
        await AccompaniedAsync(walk);
        await MetAsync(walk);
        await SafeguardAsync(walk, Safeguard.Guardian);
        walk.Now.Safeguards.Select(recorded => (recorded.Safeguard, recorded.On)).ShouldBe([(Safeguard.BestInterests, Regions.InDays(0)), (Safeguard.Guardian, Regions.InDays(0))]);
        await FollowUpAsync(walk, 1, FollowUpResult.Done);
        walk.Stands(InReintegration, "LA");
    }

    [Fact]
    public async Task A_person_withdraws_consent_on_the_road_and_is_still_waited_for()
    {
        using var walk = await OnTheRoadAsync();
        await WithdrawAsync(walk, walk.Origin);
        walk.Stands(Withdrawn);
        walk.Now.ConsentWithdrawn.ShouldBeTrue();
        await StopDataAsync(walk, walk.Host, new() { Fate = DataFate.Erased, PaperCopies = PaperRecall.All });
        await NotArrivedAsync(walk);
        walk.Stands(Withdrawn);
        Owed(walk).ShouldBe(["Find LA", "Find TH", "StopData LA"]);
        await StopDataAsync(walk, walk.Origin, new() { Fate = DataFate.Retained, Basis = RetentionBasis.StatutoryRetention, PaperCopies = PaperRecall.List });
        await walk.SayAsync(walk.Host, at => at.Referrals.ReportFoundSafeAsync(new()
        {
            Command = at.About, DossierId = at.Id, Particulars = at.Particulars, FoundSafe = new() { Plan = walk.Plan, In = "LA" },
        }, at.Options));
        walk.Stands(Withdrawn, "LA");
        Owed(walk).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_person_withdraws_consent_after_the_return_and_what_is_told_of_support_contradicts_nothing()
    {
        using var walk = await OnTheRoadAsync();
        await MetAsync(walk);
        await WithdrawAsync(walk, walk.Host);
        walk.Stands(Withdrawn, "LA");
        await FollowUpAsync(walk, 1, FollowUpResult.Done);
        await walk.SayAsync(walk.Origin, at => at.Referrals.StartReintegrationAsync(new() { Command = at.About, DossierId = at.Id, Particulars = at.Particulars }, at.Options));
        await walk.RefusedAsync(walk.Host, at => Release(at), "NOT_OPEN");
        await StopDataAsync(walk, walk.Origin, new() { Fate = DataFate.Erased, PaperCopies = PaperRecall.All });
        await StopDataAsync(walk, walk.Host, new() { Fate = DataFate.Erased, PaperCopies = PaperRecall.Some });
        walk.Stands(Withdrawn, "LA");
        Owed(walk).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_person_leaves_the_shelter_and_comes_back()
    {
        using var walk = await AssessedAsync();
        await EndContactAsync(walk);
        await ResumeContactAsync(walk);
        walk.Now.Doubts.ShouldBeEmpty();
        var again = await EndContactAsync(walk);
        walk.Now.Doubts.Single().ShouldBe(new Doubt { Entry = again, Kind = "CONTACT_ENDED", Owed = { walk.Now.Doubts.Single().Owed } });
        await ResolveAsync(walk, walk.Origin, again, Resolution.Stands);
        walk.Now.Doubts.Single().Owed.ShouldBe(["TH"]);
        await ResumeContactAsync(walk);
        await WishAsync(walk, Wish.Other);
        walk.Stands(Assessed);
        await CompleteAsync(walk, walk.Host, ReferralOutcome.StaysInHostCountry);
        walk.Stands(ReferralState.Completed);
    }

    [Fact]
    public async Task A_person_reported_held_abroad_is_looked_for_and_nothing_is_to_be_reported()
    {
        using var walk = await LocatingAsync();
        await LocateAsync(walk, LocationAnswer.NothingToReport);
        walk.Stands(ReferralState.Completed);
        walk.Now.Outcome.ShouldBe(ReferralOutcome.NothingToReport);
    }

    [Fact]
    public async Task A_person_reported_held_abroad_is_found_and_returns()
    {
        using var walk = await LocatingAsync();
        await walk.RefusedAsync(walk.Host, at => Locate(at, LocationAnswer.ContactWished), "CONSENT_MISSING");
        await walk.SayAsync(walk.Host, at => at.Referrals.RecordConsentAsync(new()
        {
            Command = at.About, DossierId = at.Id, Particulars = at.Particulars,
            ConsentRecorded = new() { Consent = new() { Purposes = { Purpose.Return }, Recipients = { "LA" }, Until = Regions.InDays(180) } },
        }, at.Options));
        await LocateAsync(walk, LocationAnswer.ContactWished);
        walk.Stands(Assessed);
        await walk.SayAsync(walk.Host, at => Release(at));
        await AssessAsync(walk, careSuitable: true);
        await WishAsync(walk, Wish.Return);
        await AgreedAsync(walk, walk.Host, walk.Origin);
        await AccompaniedAsync(walk);
        await MetAsync(walk);
    }

    [Fact]
    public async Task The_other_country_answers_on_paper()
    {
        var opened = Regions.Repatriation("TH", "KH");
        opened.OnPaper = true;
        using var walk = await Walk.BeginAsync(shared, opened);
        await walk.SayAsync(walk.Host, at => at.Referrals.AcknowledgeAsync(new() { Command = at.About, DossierId = at.Id, Particulars = at.Particulars }, at.Options), onBehalfOf: "KH");
        walk.Stands(ReferralState.Received);
        await walk.SayAsync(walk.Host, at => at.Referrals.TakeUpAsync(new() { Command = at.About, DossierId = at.Id, Particulars = at.Particulars }, at.Options), onBehalfOf: "KH");
        var released = await walk.SayAsync(walk.Host, at => Release(at));
        await walk.SayAsync(walk.Host, at => at.Referrals.ReceiveCaseFileAsync(new() { Command = at.About, DossierId = at.Id, Particulars = at.Particulars }, at.Options), released, onBehalfOf: "KH");
        await walk.SayAsync(walk.Host, at => Assess(at, careSuitable: true), onBehalfOf: "KH");
        await WishAsync(walk, Wish.Return);
        var planned = await walk.SayAsync(walk.Host, at => Plan(walk, at));
        walk.Stands(ReferralState.ReturnPlanned);
        await walk.RefusedAsync(walk.Host, Agree, "ANSWERS_NOTHING", planned);
        await walk.SayAsync(walk.Host, Agree, planned, onBehalfOf: "KH");
        walk.Stands(ReferralState.ReturnAgreed);
        await AccompaniedAsync(walk);
        await walk.SayAsync(walk.Host, at => Meet(walk, at, walk.Bridge), onBehalfOf: "KH");
        walk.Stands(Returned, "KH");
        await walk.SayAsync(walk.Host, at => FollowUp(at, 1, FollowUpResult.Done), onBehalfOf: "KH");
        await walk.SayAsync(walk.Host, at => Complete(at, ReferralOutcome.Returned), onBehalfOf: "KH");
        walk.Stands(ReferralState.Completed, "KH");
        walk.Now.Chains.Select(chain => chain.Author).ShouldBe(["TH"]);
    }

    [Fact]
    public async Task A_person_who_did_not_come_to_the_meeting_point_is_met_elsewhere()
    {
        using var walk = await OnTheRoadAsync();
        await NotArrivedAsync(walk);
        walk.Stands(Unaccounted);
        Owed(walk).ShouldBe(["Find LA", "Find TH"]);
        await walk.SayAsync(walk.Origin, at => Meet(walk, at, "LA-SVK-FB2"));
        walk.Stands(Returned, "LA");
    }

    [Fact]
    public async Task Whoever_plans_anew_is_told_which_plan_stands()
    {
        using var walk = await AssessedAsync();
        var none = await walk.RefusedAsync(walk.Host, at => PlanInstead(at, replaces: walk.Plan), "OTHER_PLAN");
        none.Text.ShouldEndWith("None stands: leave return_planned.replaces empty.");
        await walk.SayAsync(walk.Host, at => Plan(walk, at));
        foreach (var wrong in (ByteString[])[ByteString.Empty, ByteString.CopyFrom(new byte[16])])
            (await walk.RefusedAsync(walk.Host, at => PlanInstead(at, wrong), "OTHER_PLAN")).Text.ShouldEndWith($"Send {Convert.ToHexStringLower(walk.Plan.Span)}, the token of the plan that stands (plan.plan of the referral), as return_planned.replaces.");
        await walk.SayAsync(walk.Host, at => PlanInstead(at, walk.Now.Plan.Plan_));

        Grpc.Core.AsyncUnaryCall<PlanReturnResponse> PlanInstead(Said at, ByteString replaces) => at.Referrals.PlanReturnAsync(new()
        {
            Command = at.About, DossierId = at.Id, Particulars = at.Particulars,
            ReturnPlanned = new() { Replaces = replaces, TravelOn = Regions.InDays(3), MeetingAt = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddDays(3)), MeetingPoint = walk.Bridge },
        }, at.Options);
    }

    [Fact]
    public async Task What_contradicts_is_written_only_with_a_reason_which_both_read_and_no_entry_holds()
    {
        using var walk = await AssessedAsync();
        await walk.SayAsync(walk.Host, at => Plan(walk, at));
        (await walk.RefusedAsync(walk.Origin, at => Meet(walk, at, walk.Bridge), "CONTRADICTS")).Text.ShouldStartWith("Nothing is written yet. Once it is confirmed, the history will say: \"Met ");
        var met = await walk.SayAsync(walk.Origin, at => Meet(walk, at, walk.Bridge), contradiction: "came early, nobody in particular had agreed yet");
        walk.Stands(Returned, "LA");
        foreach (var office in (OfficeClient[])[walk.Host, walk.Origin])
        {
            var recorded = (await office.HistoryAsync(walk.Id)).Entries.Single(entry => entry.Hash == met);
            (recorded.Verdict, recorded.Reason).ShouldBe((Verdict.Recorded, "CONTRADICTS"));
        }
        await ResolveAsync(walk, walk.Origin, met, Resolution.Stands);
        await ResolveAsync(walk, walk.Host, met, Resolution.Stands);
        walk.Now.Doubts.ShouldBeEmpty();
        await AccompaniedAsync(walk, stands: Returned, stay: "LA");
    }

    [Fact]
    public async Task What_else_can_be_said_on_the_way()
    {
        using var walk = await Walk.BeginAsync(shared, Regions.Repatriation("TH", "LA"));
        await walk.SayAsync(walk.Origin, at => at.Referrals.AcknowledgeAsync(new() { Command = at.About, DossierId = at.Id, Particulars = at.Particulars }, at.Options));
        var proposed = await walk.SayAsync(walk.Origin, at => at.Referrals.ProposeOnwardAsync(new()
        {
            Command = at.About, DossierId = at.Id, Particulars = at.Particulars, OnwardProposed = new() { Country = "VN" },
        }, at.Options));
        await walk.SayAsync(walk.Host, at => at.Referrals.AnswerOnwardAsync(new()
        {
            Command = at.About, DossierId = at.Id, Particulars = at.Particulars, OnwardAnswered = new() { Agreed = false },
        }, at.Options), proposed);
        await walk.SayAsync(walk.Host, at => at.Dossiers.AssignUnitAsync(new()
        {
            Command = at.About, DossierId = at.Id, Particulars = at.Particulars, UnitAssigned = new() { Office = new() { Role = Role.FocalPoint, Unit = "datip-head" } },
        }, at.Options));
        walk.Now.Offices.Single(office => office.Country == "TH").Office.Unit.ShouldBe("datip-head");
        await walk.SayAsync(walk.Host, at =>
        {
            var about = at.About;
            (about.Channel, about.Letter) = (Channel.NoteVerbale, ByteString.CopyFrom(SHA256.HashData("a note"u8)));
            return at.Dossiers.ContinueOnPaperAsync(new() { Command = about, DossierId = at.Id, Particulars = at.Particulars }, at.Options);
        });
        await walk.SayAsync(walk.Host, at => at.Referrals.ChangeIdentificationAsync(new() { Command = at.About, DossierId = at.Id, Particulars = at.Particulars }, at.Options));
        await walk.SayAsync(walk.Origin, at => at.Referrals.TakeUpAsync(new() { Command = at.About, DossierId = at.Id, Particulars = at.Particulars }, at.Options));
        await walk.SayAsync(walk.Host, at => Release(at));
        await AssessAsync(walk, careSuitable: true);
        var wish = await WishAsync(walk, Wish.Other);
        await walk.SayAsync(walk.Host, at => at.Dossiers.CorrectAsync(new()
        {
            Command = at.About, DossierId = at.Id, Particulars = at.Particulars, Corrected = new() { ReferralWishRecorded = new() { Wish = Wish.Return, On = Regions.InDays(0) } },
        }, at.Options), wish);
        walk.Now.Wish.Wish.ShouldBe(Wish.Return);
        await AgreedAsync(walk, walk.Host, walk.Origin);
        await walk.SayAsync(walk.Host, at => at.Referrals.HoldReturnAsync(new()
        {
            Command = at.About, DossierId = at.Id, Particulars = at.Particulars, ReturnHeld = new() { Until = Regions.InDays(20) },
        }, at.Options));
        walk.Now.Held.ShouldBeTrue();
        await walk.SayAsync(walk.Host, at => at.Referrals.EndHoldAsync(new() { Command = at.About, DossierId = at.Id, Particulars = at.Particulars }, at.Options));
        walk.Now.Held.ShouldBeFalse();
        await walk.SayAsync(walk.Host, at => at.Referrals.ReportDidNotTravelAsync(new()
        {
            Command = at.About, DossierId = at.Id, Particulars = at.Particulars, DidNotTravel = new() { Plan = walk.Plan, Place = walk.Bridge, At = Said.At },
        }, at.Options));
        walk.Stands(Assessed);
        var asked = await walk.SayAsync(walk.Host, at => at.Referrals.AskAppearanceAsync(new() { Command = at.About, DossierId = at.Id, Particulars = at.Particulars }, at.Options));
        await walk.SayAsync(walk.Origin, at => at.Referrals.AnswerAppearanceAsync(new()
        {
            Command = at.About, DossierId = at.Id, Particulars = at.Particulars, AppearanceAnswered = new() { Answer = AppearanceAnswer.Granted },
        }, at.Options), asked);
        await walk.SayAsync(walk.Host, at => at.Referrals.ReportAppearanceAsync(new() { Command = at.About, DossierId = at.Id, Particulars = at.Particulars }, at.Options));
        await walk.SayAsync(walk.Host, at => at.Referrals.NoteEntitlementAsync(new() { Command = at.About, DossierId = at.Id, Particulars = at.Particulars }, at.Options));
        await walk.SayAsync(walk.Origin, at => at.Referrals.NoteProceedingsAsync(new() { Command = at.About, DossierId = at.Id, Particulars = at.Particulars }, at.Options));
        await CompleteAsync(walk, walk.Host, ReferralOutcome.ProceedingsOnly);
        walk.Stands(ReferralState.Completed);
    }

    [Fact]
    public async Task A_plan_is_postponed_and_the_sender_calls_it_off()
    {
        using var walk = await AssessedAsync();
        await AgreedAsync(walk, walk.Host, walk.Origin);
        await walk.SayAsync(walk.Origin, at => at.Referrals.PostponeReturnAsync(new() { Command = at.About, DossierId = at.Id, Particulars = at.Particulars }, at.Options));
        walk.Stands(Assessed);
        await walk.SayAsync(walk.Host, at => at.Referrals.CancelAsync(new() { Command = at.About, DossierId = at.Id, Particulars = at.Particulars }, at.Options));
        walk.Stands(ReferralState.Cancelled);
    }

    [Fact]
    public async Task A_family_is_traced()
    {
        var opened = Regions.Repatriation("TH", "LA");
        (opened.Type, opened.Consent.Purposes[0]) = (ReferralType.FamilyTracing, Purpose.FamilyTracing);
        using var walk = await Walk.BeginAsync(shared, opened);
        await AcceptAsync(walk, walk.Origin);
        await walk.SayAsync(walk.Origin, at => at.Referrals.AnswerTracingAsync(new() { Command = at.About, DossierId = at.Id, Particulars = at.Particulars }, at.Options));
        walk.Stands(Assessed);
        await CompleteAsync(walk, walk.Host, ReferralOutcome.TracingDone);
        walk.Stands(ReferralState.Completed);
    }

    [Fact]
    public async Task A_referral_is_refused_and_another_was_never_to_be_opened()
    {
        using var refused = await Walk.BeginAsync(shared, Regions.Repatriation("TH", "LA"));
        await refused.SayAsync(refused.Origin, at => at.Referrals.DeclineAsync(new()
        {
            Command = at.About, DossierId = at.Id, Particulars = at.Particulars, Declined = new() { Reason = DeclineReason.Duplicate },
        }, at.Options));
        refused.Stands(ReferralState.Declined);
        using var wrong = await Walk.BeginAsync(shared, Regions.Repatriation("TH", "LA"));
        await wrong.SayAsync(wrong.Host, at => at.Referrals.EnterInErrorAsync(new() { Command = at.About, DossierId = at.Id, Particulars = at.Particulars }, at.Options));
        wrong.Stands(ReferralState.EnteredInError);
    }

    [Fact]
    public async Task A_referral_that_nobody_answered_lapses_and_goes_on_when_it_is_answered()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        // No office can open one whose day has passed; this one was opened a month ago, and both nodes come to hold it only now.
        var opening = shared.Region.PenOf("TH").OpenThen("LA", TimeProvider.System.GetUtcNow().AddDays(-30));
        using var thailand = shared.Region.As("TH", to: "LA");
        using var laos = shared.Region.As("LA", to: "TH");
        await thailand.DeliverAsync(opening);
        await laos.DeliverAsync(opening);
        await bangkok.UntilAsync(opening.Id(), referral => referral.State is Sent);

        var lapsed = (await bangkok.Referrals.LapseAsync(new() { Command = OfficeClient.About(), DossierId = opening.Id(), Lapsed = new() { Missing = MissingStep.Acknowledgement } }, bangkok.Options)).Referral;
        lapsed.State.ShouldBe(ReferralState.Lapsed);
        await vientiane.UntilAsync(opening.Id(), referral => referral.State is ReferralState.Lapsed);
        (await vientiane.AcknowledgeAsync(opening.Id())).State.ShouldBe(ReferralState.Received);
        await bangkok.UntilAsync(opening.Id(), referral => referral.State is ReferralState.Received);
    }

    [Fact]
    public void Every_command_is_given_by_some_test_over_the_api()
    {
        using var file = File.OpenRead(typeof(WalkTests).Assembly.Location);
        using var program = new System.Reflection.PortableExecutable.PEReader(file);
        var metadata = program.GetMetadataReader();
        var called = metadata.MemberReferences.Select(metadata.GetMemberReference)
            .Where(member => member.Parent.Kind is HandleKind.TypeReference)
            .Select(member => $"{metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)member.Parent).Name)}.{metadata.GetString(member.Name)}")
            .ToHashSet();
        ServiceDescriptor[] services = [ReferralService.Descriptor, DossierService.Descriptor, ApprovalService.Descriptor];
        var methods = services.SelectMany(service => service.Methods).ToList();
        methods.Count(method => method.InputType.FindFieldByName("command") is not null).ShouldBe(47);
        // What lists and streams say is shown where they are.
        methods.Select(method => $"{method.Service.Name}Client.{method.Name}{(method.IsServerStreaming ? "" : "Async")}")
            .Where(method => method.Split('.')[1] is not ("ListAsync" or "ListDueAsync" or "ListNoticesAsync" or "Watch"))
            .Except(called).ShouldBeEmpty();
    }

    async Task<Walk> AssessedAsync(Opened? opened = null, bool careSuitable = true)
    {
        var walk = await Walk.BeginAsync(shared, opened ?? Regions.Repatriation("TH", "LA"));
        await AcceptAsync(walk, walk.Origin);
        var released = await walk.SayAsync(walk.Host, at => Release(at));
        await walk.SayAsync(walk.Origin, at => at.Referrals.ReceiveCaseFileAsync(new() { Command = at.About, DossierId = at.Id, Particulars = at.Particulars }, at.Options), released);
        walk.Now.Releases.Single().Received.ShouldBeTrue();
        var asked = await walk.SayAsync(walk.Origin, at => at.Referrals.RequestInformationAsync(new() { Command = at.About, DossierId = at.Id, Particulars = at.Particulars }, at.Options));
        walk.Now.Questions.Single().Entry.ShouldBe(asked);
        await walk.SayAsync(walk.Host, at => at.Referrals.SupplyInformationAsync(new() { Command = at.About, DossierId = at.Id, Particulars = at.Particulars }, at.Options), asked);
        walk.Now.Questions.ShouldBeEmpty();
        await AssessAsync(walk, careSuitable);
        walk.Stands(Assessed);
        await WishAsync(walk, Wish.Return);
        return walk;
    }

    async Task<Walk> OnTheRoadAsync()
    {
        var walk = await AssessedAsync();
        await AgreedAsync(walk, walk.Host, walk.Origin);
        await AccompaniedAsync(walk);
        return walk;
    }

    async Task<Walk> LocatingAsync()
    {
        var opened = Regions.Repatriation("TH", "LA");
        (opened.Type, opened.Basis, opened.Consent) = (ReferralType.LocateAndProtect, Basis.RiskToLife, null);
        var walk = await Walk.BeginAsync(shared, opened);
        await AcceptAsync(walk, walk.Host);
        return walk;
    }

    static async Task AcceptAsync(Walk walk, OfficeClient receiver)
    {
        await walk.SayAsync(receiver, at => at.Referrals.AcknowledgeAsync(new() { Command = at.About, DossierId = at.Id, Particulars = at.Particulars }, at.Options));
        walk.Stands(ReferralState.Received);
        await walk.SayAsync(receiver, at => at.Referrals.TakeUpAsync(new() { Command = at.About, DossierId = at.Id, Particulars = at.Particulars }, at.Options));
        walk.Stands(ReferralState.TakenUp);
    }

    static async Task AgreedAsync(Walk walk, OfficeClient plans, OfficeClient agrees)
    {
        var planned = await walk.SayAsync(plans, at => Plan(walk, at));
        walk.Stands(ReferralState.ReturnPlanned);
        (walk.Now.Plan.Entry, walk.Now.Plan.Plan_, walk.Now.Plan.MeetingPoint).ShouldBe((planned, walk.Plan, walk.Bridge));
        await walk.SayAsync(agrees, Agree, planned);
        walk.Stands(ReferralState.ReturnAgreed);
    }

    static async Task AccompaniedAsync(Walk walk, ReferralState stands = EnRoute, string stay = "TH")
    {
        await walk.SayAsync(walk.Host, at => at.Referrals.ReportAccompaniedAsync(new()
        {
            Command = at.About, DossierId = at.Id, Particulars = at.Particulars, Accompanied = new() { Plan = walk.Plan, Place = walk.Bridge, At = Said.At },
        }, at.Options));
        walk.Stands(stands, stay);
    }

    static async Task MetAsync(Walk walk)
    {
        await walk.SayAsync(walk.Origin, at => Meet(walk, at, walk.Bridge));
        walk.Stands(Returned, "LA");
    }

    static Task NotArrivedAsync(Walk walk) => walk.SayAsync(walk.Origin, at => at.Referrals.ReportNotArrivedAsync(new()
    {
        Command = at.About, DossierId = at.Id, Particulars = at.Particulars, NotArrived = new() { Plan = walk.Plan, Place = walk.Bridge, At = Said.At },
    }, at.Options));

    static Task PrepareAsync(Walk walk, OfficeClient office, PreparationItem item, PreparationStatus status) => walk.SayAsync(office, at => at.Referrals.ReportPreparationAsync(new()
    {
        Command = at.About, DossierId = at.Id, Particulars = at.Particulars, PreparationReported = new() { Item = item, Status = status },
    }, at.Options));

    static Task SafeguardAsync(Walk walk, Safeguard safeguard) => walk.SayAsync(walk.Origin, at => at.Referrals.RecordChildSafeguardAsync(new()
    {
        Command = at.About, DossierId = at.Id, Particulars = at.Particulars, ChildSafeguardRecorded = new() { Safeguard = safeguard, On = Regions.InDays(0) },
    }, at.Options));

    static Task<ByteString> WishAsync(Walk walk, Wish wish) => walk.SayAsync(walk.Host, at => at.Referrals.RecordWishAsync(new()
    {
        Command = at.About, DossierId = at.Id, Particulars = at.Particulars, WishRecorded = new() { Wish = wish, On = Regions.InDays(0) },
    }, at.Options));

    static Task AssessAsync(Walk walk, bool careSuitable) => walk.SayAsync(walk.Origin, at => Assess(at, careSuitable));

    static Task LocateAsync(Walk walk, LocationAnswer answer) => walk.SayAsync(walk.Host, at => Locate(at, answer));

    static Task FollowUpAsync(Walk walk, uint number, FollowUpResult result) => walk.SayAsync(walk.Origin, at => FollowUp(at, number, result));

    static Task CompleteAsync(Walk walk, OfficeClient office, ReferralOutcome outcome) => walk.SayAsync(office, at => Complete(at, outcome));

    static Task<ByteString> EndContactAsync(Walk walk) =>
        walk.SayAsync(walk.Host, at => at.Referrals.EndContactAsync(new() { Command = at.About, DossierId = at.Id, Particulars = at.Particulars }, at.Options));

    static Task ResumeContactAsync(Walk walk) =>
        walk.SayAsync(walk.Host, at => at.Referrals.ResumeContactAsync(new() { Command = at.About, DossierId = at.Id, Particulars = at.Particulars }, at.Options));

    static Task WithdrawAsync(Walk walk, OfficeClient office) => walk.SayAsync(office, at => at.Referrals.WithdrawConsentAsync(new()
    {
        Command = at.About, DossierId = at.Id, Particulars = at.Particulars, Withdrawn = new() { Everything = new() },
    }, at.Options));

    static Task StopDataAsync(Walk walk, OfficeClient office, DataStopped stopped) => walk.SayAsync(office, at => at.Referrals.StopDataAsync(new()
    {
        Command = at.About, DossierId = at.Id, Particulars = stopped.Fate is DataFate.Erased ? null : at.Particulars, DataStopped = stopped,
    }, at.Options));

    static Task ResolveAsync(Walk walk, OfficeClient office, ByteString about, Resolution resolution) => walk.SayAsync(office, at => at.Dossiers.ResolveAsync(new()
    {
        Command = at.About, DossierId = at.Id, Particulars = at.Particulars, Resolved = new() { Resolution = resolution },
    }, at.Options), about);

    static Grpc.Core.AsyncUnaryCall<ReleaseCaseFileResponse> Release(Said at) => at.Referrals.ReleaseCaseFileAsync(new()
    {
        Command = at.About, DossierId = at.Id, Particulars = at.Particulars,
        CaseFile = new() { OfficeContact = "Nobody in particular." },
    }, at.Options);

    static Grpc.Core.AsyncUnaryCall<ReportAssessmentResponse> Assess(Said at, bool careSuitable) => at.Referrals.ReportAssessmentAsync(new()
    {
        Command = at.About, DossierId = at.Id, Particulars = at.Particulars,
        AssessmentReported = new() { Finding = Finding.MayReturn, SafetyPlan = true, CareSuitable = careSuitable },
    }, at.Options);

    static Grpc.Core.AsyncUnaryCall<AnswerLocationResponse> Locate(Said at, LocationAnswer answer) => at.Referrals.AnswerLocationAsync(new()
    {
        Command = at.About, DossierId = at.Id, Particulars = at.Particulars, LocationAnswered = new() { Answer = answer },
    }, at.Options);

    static Grpc.Core.AsyncUnaryCall<PlanReturnResponse> Plan(Walk walk, Said at) => at.Referrals.PlanReturnAsync(new()
    {
        Command = at.About, DossierId = at.Id, Particulars = at.Particulars,
        ReturnPlanned = new()
        {
            Plan = walk.Plan, TravelOn = Regions.InDays(14), MeetingPoint = walk.Bridge,
            MeetingAt = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddDays(14)),
        },
    }, at.Options);

    static Grpc.Core.AsyncUnaryCall<AgreeToReturnResponse> Agree(Said at) =>
        at.Referrals.AgreeToReturnAsync(new() { Command = at.About, DossierId = at.Id, Particulars = at.Particulars }, at.Options);

    static Grpc.Core.AsyncUnaryCall<ReportMetResponse> Meet(Walk walk, Said at, string place) => at.Referrals.ReportMetAsync(new()
    {
        Command = at.About, DossierId = at.Id, Particulars = at.Particulars, Met = new() { Plan = walk.Plan, Place = place, At = Said.At },
    }, at.Options);

    static Grpc.Core.AsyncUnaryCall<ReportFollowUpResponse> FollowUp(Said at, uint number, FollowUpResult result) => at.Referrals.ReportFollowUpAsync(new()
    {
        Command = at.About, DossierId = at.Id, Particulars = at.Particulars, FollowUpReported = new() { Number = number, Result = result },
    }, at.Options);

    static Grpc.Core.AsyncUnaryCall<CompleteResponse> Complete(Said at, ReferralOutcome outcome) => at.Referrals.CompleteAsync(new()
    {
        Command = at.About, DossierId = at.Id, Particulars = at.Particulars, Completed = new() { Outcome = outcome },
    }, at.Options);

    static List<string> Owed(Walk walk) => [.. walk.Now.Debts.Select(debt => $"{debt.Clock} {debt.Owes}").Order(StringComparer.Ordinal)];
}
