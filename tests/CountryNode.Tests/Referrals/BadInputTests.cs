using Coordination.Contracts.Referral.V1;
using Coordination.Local;
using Google.Protobuf;
using Grpc.Core;

namespace Coordination.CountryNode.Tests.Referrals;

/// <summary>What an office or its program can get wrong: the right status, a reason for programs, a sentence that says what to do, and nothing written.</summary>
public sealed class BadInputTests(SharedRegion shared)
{
    RegionNode Thailand => shared.Region["TH"];

    [Fact]
    public async Task A_call_without_a_token_is_unauthenticated()
    {
        using var nobody = new OfficeClient(shared.Region, Thailand, token: null);
        (await RefusedOpenAsync(nobody, Regions.Repatriation("TH", "LA"))).ShouldBe(StatusCode.Unauthenticated, "TOKEN_MISSING_OR_INVALID", "bearer token");
    }

    [Fact]
    public async Task A_token_of_another_issuer_of_another_node_or_past_its_time_is_unauthenticated()
    {
        using var strangers = new DevelopmentIssuer();
        foreach (var token in (string[])[
            strangers.Issue("TH", "focal-point@datip"),
            shared.Region.Issuer.Issue("TH", "focal-point@datip", issuer: "https://issuer.example"),
            shared.Region.Issuer.Issue("LA", "focal-point@datip"),
            shared.Region.Issuer.Issue("TH", "focal-point@datip", TimeSpan.FromHours(-1)),
            "nonsense"])
        {
            using var office = new OfficeClient(shared.Region, Thailand, token);
            (await RefusedOpenAsync(office, Regions.Repatriation("TH", "LA"))).ShouldBe(StatusCode.Unauthenticated, "TOKEN_MISSING_OR_INVALID", "bearer token");
        }
    }

    [Fact]
    public async Task An_unknown_office_is_refused()
    {
        foreach (var name in (string[])["focal-point@elsewhere", "minister@datip", ""])
        {
            using var office = new OfficeClient(shared.Region, Thailand, shared.Region.Issuer.Issue("TH", name));
            (await RefusedOpenAsync(office, Regions.Repatriation("TH", "LA"))).ShouldBe(StatusCode.PermissionDenied, "OFFICE_UNKNOWN", "administrator");
        }
    }

    [Fact]
    public async Task An_office_without_the_right_is_refused()
    {
        using var auditor = shared.Region.Office("TH", "auditor");
        using var caseWorker = shared.Region.Office("TH", "case-worker");
        (await RefusedOpenAsync(auditor, Regions.Repatriation("TH", "LA"))).ShouldBe(StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED", "it is for focal-point.");
        (await RefusedOpenAsync(caseWorker, Regions.Repatriation("TH", "LA"))).ShouldBe(StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED", "it is for focal-point.");
        using var focalPoint = shared.Region.Office("TH");
        var id = (await focalPoint.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        using var administrator = shared.Region.Office("TH", "administrator");
        (await Refused.ByAsync(() => administrator.HistoryAsync(id))).ShouldBe(StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED", "may not do this");
        (await Refused.ByAsync(() => administrator.EvidenceAsync(id))).ShouldBe(StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED", "may not do this");
        (await auditor.HistoryAsync(id)).Entries.Count.ShouldBe(1);
        (await auditor.EvidenceAsync(id)).Entries.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_case_worker_finds_in_the_history_what_to_correct_and_reads_what_stands_beside_it()
    {
        using var focalPoint = shared.Region.Office("TH");
        using var caseWorker = shared.Region.Office("TH", "case-worker");
        var id = (await focalPoint.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        var wish = new WishRecorded { Wish = Wish.Other, On = Regions.InDays(-1) };
        await caseWorker.Referrals.RecordWishAsync(new() { Command = OfficeClient.About(), DossierId = id, Particulars = new() { Note = "misheard" }, WishRecorded = wish }, caseWorker.Options);
        var recorded = (await caseWorker.HistoryAsync(id)).Entries.Single(entry => entry.Statement == "WishRecorded").Hash;
        (await caseWorker.Dossiers.GetParticularsAsync(new() { DossierId = id, Entry = recorded }, caseWorker.Options)).Particulars.Note.ShouldBe("misheard");
        var about = OfficeClient.About();
        about.Answers = recorded;
        wish.Wish = Wish.Return;
        await caseWorker.Dossiers.CorrectAsync(new() { Command = about, DossierId = id, Corrected = new() { ReferralWishRecorded = wish } }, caseWorker.Options);
        (await caseWorker.HistoryAsync(id)).Entries.Select(entry => (entry.Statement, entry.Verdict)).ShouldContain(("Corrected", Contracts.Dossier.V1.Verdict.Applied));
    }

    [Fact]
    public async Task The_wrong_participant_is_refused()
    {
        using var bangkok = shared.Region.Office("TH");
        (await RefusedOpenAsync(bangkok, Regions.Repatriation("LA", "TH"))).ShouldBe(StatusCode.InvalidArgument, "WRONG_PARTICIPANT", "opened by LA");
        (await RefusedOpenAsync(bangkok, Regions.Repatriation("VN", "LA"))).ShouldBe(StatusCode.InvalidArgument, "WRONG_PARTICIPANT", "opened by VN");
        (await RefusedOpenAsync(bangkok, Regions.Repatriation("TH", "TH"))).ShouldBe(StatusCode.InvalidArgument, "WRONG_FORM", "same country");

        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        (await RefusedAsync(bangkok, id, commandId => bangkok.AcknowledgeAsync(id, commandId))).ShouldBe(StatusCode.PermissionDenied, "WRONG_PARTICIPANT", "for LA to write");
        (await RefusedAsync(bangkok, id, commandId => bangkok.DeclineAsync(id, DeclineReason.Other, commandId))).ShouldBe(StatusCode.PermissionDenied, "WRONG_PARTICIPANT", "for LA to write");

        using var vientiane = shared.Region.Office("LA");
        await vientiane.UntilAsync(id, _ => true);
        (await Refused.ByAsync(() => vientiane.CancelAsync(id))).ShouldBe(StatusCode.PermissionDenied, "WRONG_PARTICIPANT", "for TH to write");
    }

    [Fact]
    public async Task A_country_without_a_node_is_refused()
    {
        using var bangkok = shared.Region.Office("TH");
        (await RefusedOpenAsync(bangkok, Regions.Repatriation("TH", "KH"))).ShouldBe(StatusCode.InvalidArgument, "RECEIVER_UNKNOWN", "no node in the trust list");
    }

    [Fact]
    public async Task A_command_that_is_not_open_in_the_state_is_refused_and_says_where_it_is()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        await vientiane.UntilAsync(id, _ => true);

        var refused = await Refused.ByAsync(() => vientiane.TakeUpAsync(id));
        refused.ShouldBe(StatusCode.FailedPrecondition, "NOT_OPEN", "TakenUp is not open while the referral is Sent. It is open from Received.");
        (await vientiane.HistoryAsync(id)).Entries.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_reason_that_the_type_does_not_allow_is_refused()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        await vientiane.UntilAsync(id, _ => true);
        (await Refused.ByAsync(() => vientiane.DeclineAsync(id, DeclineReason.NoCapacity))).ShouldBe(StatusCode.FailedPrecondition, "CODE_NOT_ALLOWED", "NoCapacity is no reason");
        (await vientiane.GetAsync(id)).State.ShouldBe(ReferralState.Sent);
    }

    // Peers alone are served by the last, at a port of their own.
    [Theory]
    [InlineData("coordination.referral.v1.ReferralService", "Burn")]
    [InlineData("coordination.nothing.v1.NothingService", "Open")]
    [InlineData("coordination.peer.v1.PeerService", "GetTrustList")]
    public async Task A_method_that_offices_do_not_have_is_unimplemented_in_words(string service, string name)
    {
        using var bangkok = shared.Region.Office("TH");
        var method = new Method<OpenRequest, OpenResponse>(
            MethodType.Unary, service, name, Marshallers.Create(request => request.ToByteArray(), OpenRequest.Parser.ParseFrom), Marshallers.Create(response => response.ToByteArray(), OpenResponse.Parser.ParseFrom));
        using var call = bangkok.Channel.CreateCallInvoker().AsyncUnaryCall(method, host: null, bangkok.Options, new OpenRequest());
        (await Should.ThrowAsync<RpcException>(async () => await call)).Status.ShouldBe(new Status(StatusCode.Unimplemented, "The method is not known here."));
    }

    [Fact]
    public async Task A_day_to_reply_by_that_has_passed_or_lies_years_ahead_is_refused()
    {
        using var bangkok = shared.Region.Office("TH");
        foreach (var (days, reason, says) in (IEnumerable<(int, string, string)>)[(-2, "REPLY_BY_PASSED", "has passed in LA"), (370, "REPLY_BY_FAR", "check the year")])
        {
            var opened = Regions.Repatriation("TH", "LA");
            opened.ReplyBy = Regions.InDays(days);
            var refused = await RefusedOpenAsync(bangkok, opened);
            refused.ShouldBe(StatusCode.InvalidArgument, reason, says);
            refused.Fields.ShouldBe(["opened.reply_by"]);
        }
    }

    [Fact]
    public async Task A_consent_that_is_missing_has_ended_or_does_not_name_the_receiver_is_refused()
    {
        using var bangkok = shared.Region.Office("TH");
        var without = Regions.Repatriation("TH", "LA");
        without.Consent = null;
        (await RefusedOpenAsync(bangkok, without)).ShouldBe(StatusCode.InvalidArgument, "CONSENT_MISSING", "rests on the person's consent, and holds none");
        var ended = Regions.Repatriation("TH", "LA");
        ended.Consent.Until = Regions.InDays(-2);
        (await RefusedOpenAsync(bangkok, ended)).ShouldBe(StatusCode.InvalidArgument, "CONSENT_EXPIRED", "ask the person again");
        var elsewhere = Regions.Repatriation("TH", "LA");
        elsewhere.Consent.Recipients[0] = "VN";
        (await RefusedOpenAsync(bangkok, elsewhere)).ShouldBe(StatusCode.InvalidArgument, "CONSENT_MISSING", "does not name LA");
    }

    [Fact]
    public async Task Every_missing_or_malformed_field_and_unknown_code_is_named_at_once()
    {
        using var bangkok = shared.Region.Office("TH");
        var wrong = Regions.Repatriation("TH", "LA");
        wrong.Type = ReferralType.Unspecified;
        wrong.Urgency = (Urgency)99;
        wrong.Origin = "Lao PDR";
        wrong.ReplyBy = "tomorrow";
        wrong.Consent.Purposes.Clear();
        wrong.Consent.Recipients[0] = "Laos";
        var refused = await RefusedOpenAsync(bangkok, wrong);
        refused.ShouldBe(StatusCode.InvalidArgument, "CODE_UNKNOWN", "one of Routine, Urgent is needed");
        refused.Fields.ShouldBe(
            ["opened.type", "opened.urgency", "opened.origin", "opened.reply_by", "opened.consent.purposes", "opened.consent.recipients"], ignoreOrder: true);
        // What was typed into the wrong place may be a name: it is not said again.
        refused.Text.ShouldNotContain("Laos");
        refused.Text.ShouldNotContain("tomorrow");

        (await RefusedAsync(bangkok, null, commandId => bangkok.Referrals.OpenAsync(new OpenRequest { Command = OfficeClient.About(commandId) }, bangkok.Options).ResponseAsync))
            .Fields.ShouldContain("opened");
    }

    [Fact]
    public async Task A_day_that_lies_ahead_is_refused()
    {
        using var bangkok = shared.Region.Office("TH");
        var about = OfficeClient.About();
        about.HappenedOn = Regions.InDays(2);
        var refused = await Refused.ByAsync(() => bangkok.Referrals.OpenAsync(new OpenRequest { Command = about, Opened = Regions.Repatriation("TH", "LA") }, bangkok.Options).ResponseAsync);
        refused.ShouldBe(StatusCode.InvalidArgument, "HAPPENED_ON_AHEAD", "today or a day before");
    }

    [Fact]
    public async Task A_day_that_is_a_slip_of_the_pen_is_refused()
    {
        using var bangkok = shared.Region.Office("TH");
        var about = OfficeClient.About();
        about.HappenedOn = "0001-01-01";
        var refused = await Refused.ByAsync(() => bangkok.Referrals.OpenAsync(new OpenRequest { Command = about, Opened = Regions.Repatriation("TH", "LA") }, bangkok.Options).ResponseAsync);
        refused.ShouldBe(StatusCode.InvalidArgument, "FIELD_INVALID", "a day from 2000-01-01");
    }

    [Fact]
    public async Task A_field_that_only_a_newer_client_knows_is_refused_not_dropped()
    {
        using var bangkok = shared.Region.Office("TH");
        var newer = Regions.Repatriation("TH", "LA");
        newer.Consent.MergeFrom(new byte[] { 0xF8, 0x06, 0x01 });
        (await RefusedOpenAsync(bangkok, newer)).ShouldBe(StatusCode.InvalidArgument, "FIELD_INVALID", "does not know");
    }

    [Fact]
    public async Task A_dossier_that_is_not_held_is_not_found_and_a_malformed_id_is_invalid()
    {
        using var bangkok = shared.Region.Office("TH");
        var unknown = ByteString.CopyFrom(new byte[32]);
        (await Refused.ByAsync(() => bangkok.GetAsync(unknown))).ShouldBe(StatusCode.NotFound, "DOSSIER_NOT_FOUND", "Check the id");
        (await Refused.ByAsync(() => bangkok.CancelAsync(unknown))).ShouldBe(StatusCode.NotFound, "DOSSIER_NOT_FOUND", "Check the id");
        (await Refused.ByAsync(() => bangkok.HistoryAsync(unknown))).ShouldBe(StatusCode.NotFound, "DOSSIER_NOT_FOUND", "Check the id");
        (await Refused.ByAsync(() => bangkok.EvidenceAsync(unknown))).ShouldBe(StatusCode.NotFound, "DOSSIER_NOT_FOUND", "Check the id");
        var malformed = ByteString.CopyFromUtf8("no id");
        (await Refused.ByAsync(() => bangkok.GetAsync(malformed))).ShouldBe(StatusCode.InvalidArgument, "FIELD_INVALID", "32 bytes");
        (await Refused.ByAsync(() => bangkok.CancelAsync(malformed))).ShouldBe(StatusCode.InvalidArgument, "FIELD_INVALID", "32 bytes");
        (await Refused.ByAsync(() => bangkok.HistoryAsync(malformed))).ShouldBe(StatusCode.InvalidArgument, "FIELD_INVALID", "32 bytes");
    }

    [Fact]
    public async Task A_missing_or_malformed_command_id_is_refused()
    {
        using var bangkok = shared.Region.Office("TH");
        foreach (var commandId in (string[])["", "short", new string('x', 65), "sixteen letters!"])
        {
            var refused = await Refused.ByAsync(() => bangkok.OpenAsync(Regions.Repatriation("TH", "LA"), commandId));
            refused.ShouldBe(StatusCode.InvalidArgument, "FIELD_INVALID", "made once per command");
            refused.Fields.ShouldBe(["command.command_id"]);
        }
        var without = await Refused.ByAsync(() => bangkok.Referrals.OpenAsync(new OpenRequest { Opened = Regions.Repatriation("TH", "LA") }, bangkok.Options).ResponseAsync);
        without.Fields.ShouldBe(["command.command_id"]);
    }

    [Fact]
    public async Task The_same_command_again_gets_the_first_answer_and_writes_nothing()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        var (commandId, request) = (OfficeClient.NewCommandId(), Regions.Repatriation("TH", "LA"));
        var first = await bangkok.OpenAsync(request, commandId);
        await vientiane.UntilAsync(first.DossierId, _ => true);
        await vientiane.AcknowledgeAsync(first.DossierId);
        await bangkok.UntilAsync(first.DossierId, referral => referral.State is ReferralState.Received);

        (await bangkok.OpenAsync(request, commandId)).ShouldBe(first);
        (await Thailand.AskAsync<long>("select count(*) from entry where dossier_id = $1", first.DossierId.ToByteArray())).ShouldBe(2);
    }

    [Fact]
    public async Task The_same_command_from_many_callers_at_once_is_done_once()
    {
        using var bangkok = shared.Region.Office("TH");
        var (commandId, request) = (OfficeClient.NewCommandId(), Regions.Repatriation("TH", "LA"));
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => bangkok.OpenAsync(request, commandId)));
        answers.ShouldAllBe(answer => answer.Equals(answers[0]));
        (await Thailand.AskAsync<long>("select count(*) from command where command_id = $1", commandId)).ShouldBe(1);
    }

    [Fact]
    public async Task Another_request_under_a_used_command_id_is_refused()
    {
        using var bangkok = shared.Region.Office("TH");
        var commandId = OfficeClient.NewCommandId();
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"), commandId)).DossierId;
        (await Refused.ByAsync(() => bangkok.OpenAsync(Regions.Repatriation("TH", "VN"), commandId))).ShouldBe(StatusCode.AlreadyExists, "COMMAND_ID_REUSED", "Make a new one");
        (await Refused.ByAsync(() => bangkok.CancelAsync(id, commandId))).ShouldBe(StatusCode.AlreadyExists, "COMMAND_ID_REUSED", "Make a new one");
        (await bangkok.GetAsync(id)).State.ShouldBe(ReferralState.Sent);
        // The same bytes asked of another method are another request too.
        using var vientiane = shared.Region.Office("LA");
        await vientiane.UntilAsync(id, _ => true);
        await vientiane.AcknowledgeAsync(id, commandId);
        (await Refused.ByAsync(() => vientiane.TakeUpAsync(id, commandId))).ShouldBe(StatusCode.AlreadyExists, "COMMAND_ID_REUSED", "Make a new one");
    }

    [Fact]
    public async Task Two_commands_on_one_referral_at_once_are_judged_one_after_the_other()
    {
        using var bangkok = shared.Region.Office("TH");
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 12).Select(async _ =>
        {
            try
            {
                await bangkok.CancelAsync(id);
                return StatusCode.OK;
            }
            catch (RpcException refused)
            {
                return refused.StatusCode;
            }
        }));
        outcomes.Count(code => code is StatusCode.OK).ShouldBe(1);
        outcomes.Count(code => code is StatusCode.FailedPrecondition).ShouldBe(11);
        (await Thailand.AskAsync<long>("select count(*) from entry where dossier_id = $1", id.ToByteArray())).ShouldBe(2);
    }

    [Fact]
    public async Task An_oversized_message_is_refused_before_it_is_read_and_the_connection_lives_on()
    {
        using var bangkok = shared.Region.Office("TH");
        var (commandId, huge) = (OfficeClient.NewCommandId(), Regions.Repatriation("TH", "LA"));
        huge.BestInterestsOn = new string('9', 5 * 1024 * 1024);
        var refused = await Refused.ByAsync(() => bangkok.OpenAsync(huge, commandId));
        refused.Code.ShouldBe(StatusCode.ResourceExhausted);
        (await CommandsAsync(commandId)).ShouldBe(0);
        (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).State.ShouldBe(ReferralState.Sent);
    }

    async Task<Refused> RefusedOpenAsync(OfficeClient office, Opened opened)
    {
        var commandId = OfficeClient.NewCommandId();
        var refused = await Refused.ByAsync(() => office.OpenAsync(opened, commandId));
        (await CommandsAsync(commandId)).ShouldBe(0);
        return refused;
    }

    async Task<Refused> RefusedAsync(OfficeClient office, ByteString? id, Func<string, Task> call)
    {
        var commandId = OfficeClient.NewCommandId();
        var before = id is null ? null : await Thailand.SetAsync(id);
        var refused = await Refused.ByAsync(() => call(commandId));
        (await CommandsAsync(commandId)).ShouldBe(0);
        if (id is not null) (await Thailand.SetAsync(id)).ShouldBe(before);
        return refused;
    }

    Task<long> CommandsAsync(string commandId) => Thailand.AskAsync<long>("select count(*) from command where command_id = $1", commandId);
}
