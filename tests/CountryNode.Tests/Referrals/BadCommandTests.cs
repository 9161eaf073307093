using System.Collections;
using Coordination.Contracts.Directory.V1;
using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.Local;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Coordination.CountryNode.Tests.Referrals;

/// <summary>What can be wrong with any command: each fault is named by its path in the request, what was sent is not repeated, and nothing is written.</summary>
public sealed class BadCommandTests(SharedRegion shared)
{
    const string Words = "Zqx is a name";

    static readonly List<MethodDescriptor> Methods =
        [.. ReferralService.Descriptor.Methods.Concat(DossierService.Descriptor.Methods).Where(method => method.InputType.FindFieldByName("command") is not null)];

    /// <summary>A case file is none either: see CaseFileTests.</summary>
    static readonly string[] NoStatement = ["command", "dossier_id", "particulars", "earlier_dossier_id", "case_file", "with_health"];

    RegionNode Thailand => shared.Region["TH"];

    public static TheoryData<string> Commands => [.. Methods.Select(method => method.Name)];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task What_a_command_says_wrongly_is_named_and_not_written(string name)
    {
        using var bangkok = shared.Region.Office("TH");
        var method = Methods.Single(method => method.Name == name);
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        var before = await Thailand.SetAsync(id);
        var statement = method.InputType.Fields.InDeclarationOrder().SingleOrDefault(field => !NoStatement.Contains(field.Name));

        // The statement is missing.
        if (statement is not null)
        {
            var missing = Request(method, id);
            (await RefusedAsync(bangkok, method, missing)).Fields.ShouldContain(field => field == statement.Name || field.StartsWith($"{statement.Name}.", StringComparison.Ordinal));

            // Every code, every word and every token of it is wrong.
            var wrong = Request(method, id);
            var paths = new List<string>();
            statement.Accessor.SetValue(wrong, Wrong(statement.MessageType, statement.Name, paths));
            if (paths.Count > 0) paths.Except((await RefusedAsync(bangkok, method, wrong)).Fields).ShouldBeEmpty();
        }

        // All that is about the command is wrong at once, and what goes beside it.
        var all = Request(method, id);
        var command = (Command)all.Descriptor.FindFieldByName("command").Accessor.GetValue(all);
        command.MergeFrom(new Command
        {
            CommandId = Words, HappenedOn = Words, Channel = (Contracts.Directory.V1.Channel)77, Answers = ByteString.CopyFrom(new byte[31]), OnBehalfOf = Words,
            Letter = ByteString.CopyFrom(1), ContradictionReason = "  ",
        });
        if (all.Descriptor.FindFieldByName("dossier_id") is { } dossier) dossier.Accessor.SetValue(all, ByteString.CopyFrom(new byte[33]));
        if (all.Descriptor.FindFieldByName("earlier_dossier_id") is { } earlier) earlier.Accessor.SetValue(all, ByteString.CopyFrom(new byte[33]));
        all.Descriptor.FindFieldByName("particulars").Accessor.SetValue(all, new Particulars
        {
            Note = Words + new string('x', 4000), ContradictionReason = Words, Details = { [Words] = "", ["family"] = Words, ["identified_on"] = Words, ["risk"] = Words + new string('x', 500) },
            Preview = new()
            {
                Sex = (Sex)77, AgeBand = (AgeBand)77, Gender = Words + new string('x', 40), StatedNationality = "Zqx", Language = "Zqx", Identification = Words, IdentifiedOn = Words,
                TrmStage = 6, Needs = { Words }, BarredOffices = { Words }, Exploitation = { "FORCED_LABOUR" }, MeansOfControl = { "ForcedLabour" },
                Consent = new() { GivenBy = (AuthorisedBy)77, GivenOn = Words, Language = "Zqx", Form = ByteString.CopyFrom(1) },
            },
        });
        string[] expected =
        [
            "command.command_id", "command.happened_on", "command.channel", "command.answers", "command.on_behalf_of", "command.letter", "command.contradiction_reason",
            "particulars.note", "particulars.contradiction_reason", "particulars.details", "particulars.details.family", "particulars.details.identified_on", "particulars.details.risk",
            "particulars.preview.sex", "particulars.preview.age_band", "particulars.preview.gender", "particulars.preview.stated_nationality", "particulars.preview.language",
            "particulars.preview.identification", "particulars.preview.identified_on", "particulars.preview.trm_stage", "particulars.preview.needs", "particulars.preview.barred_offices",
            "particulars.preview.exploitation", "particulars.preview.means_of_control", "particulars.preview.consent.given_by", "particulars.preview.consent.given_on", "particulars.preview.consent.language", "particulars.preview.consent.form",
            .. name is "Open" ? (string[])["earlier_dossier_id"] : ["dossier_id", "particulars.preview"],
        ];
        expected.Except((await RefusedAsync(bangkok, method, all)).Fields).ShouldBeEmpty();
        (await Thailand.SetAsync(id)).ShouldBe(before);
    }

    [Fact]
    public async Task Nobody_speaks_for_a_country_that_has_a_node_nor_for_one_on_paper_without_its_letter()
    {
        using var bangkok = shared.Region.Office("TH");
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        var before = await Thailand.SetAsync(id);
        var letter = ByteString.CopyFrom(new byte[32]);
        var both = await SpeakAsync(id, new() { OnBehalfOf = "LA", Letter = letter, Channel = Contracts.Directory.V1.Channel.Letter });
        both.ShouldBe(StatusCode.InvalidArgument, "WRONG_FORM", "both countries have a node");
        both.Fields.ShouldBe(["command.on_behalf_of"]);
        (await Thailand.SetAsync(id)).ShouldBe(before);

        var opened = Regions.Repatriation("TH", "KH");
        opened.OnPaper = true;
        var paper = (await bangkok.OpenAsync(opened)).DossierId;
        before = await Thailand.SetAsync(paper);
        (await SpeakAsync(paper, new() { OnBehalfOf = "KH" })).Fields.ShouldBe(["command.letter", "command.channel"]);
        (await SpeakAsync(paper, new() { OnBehalfOf = "KH", Letter = letter })).Fields.ShouldBe(["command.channel"]);
        (await SpeakAsync(paper, new() { OnBehalfOf = "KH", Channel = Contracts.Directory.V1.Channel.Phone })).Fields.ShouldBe(["command.letter"]);
        (await SpeakAsync(paper, new() { OnBehalfOf = "VN", Letter = letter, Channel = Contracts.Directory.V1.Channel.Letter })).Fields.ShouldBe(["command.on_behalf_of"]);
        (await Thailand.SetAsync(paper)).ShouldBe(before);

        async Task<Refused> SpeakAsync(ByteString dossier, Command about)
        {
            about.CommandId = OfficeClient.NewCommandId();
            var refused = await Refused.ByAsync(() => bangkok.Referrals.AcknowledgeAsync(new() { Command = about, DossierId = dossier }, bangkok.Options).ResponseAsync);
            refused.Code.ShouldBe(StatusCode.InvalidArgument, refused.Text);
            return refused;
        }
    }

    [Fact]
    public async Task An_answer_to_nothing_a_day_that_has_passed_and_an_unknown_earlier_referral_are_refused()
    {
        using var bangkok = shared.Region.Office("TH");
        using var vientiane = shared.Region.Office("LA");
        var unknown = await Refused.ByAsync(() => bangkok.Referrals.OpenAsync(
            new() { Command = OfficeClient.About(), Opened = Regions.Repatriation("TH", "LA"), EarlierDossierId = ByteString.CopyFrom(new byte[32]) }, bangkok.Options).ResponseAsync);
        unknown.ShouldBe(StatusCode.InvalidArgument, "EARLIER_REFERRAL_UNKNOWN", "none that this node holds");
        unknown.Fields.ShouldBe(["earlier_dossier_id"]);

        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        await vientiane.UntilAsync(id, _ => true);
        await vientiane.AcknowledgeAsync(id);
        await vientiane.TakeUpAsync(id);
        await bangkok.UntilAsync(id, referral => referral.State is ReferralState.TakenUp);
        var answers = OfficeClient.About();
        answers.Answers = ByteString.CopyFrom(new byte[32]);
        (await Refused.ByAsync(() => bangkok.Referrals.SupplyInformationAsync(new() { Command = answers, DossierId = id }, bangkok.Options).ResponseAsync))
            .ShouldBe(StatusCode.FailedPrecondition, "ANSWERS_NOTHING", "answers nothing");

        var planned = await Refused.ByAsync(() => bangkok.Referrals.PlanReturnAsync(new()
        {
            Command = OfficeClient.About(), DossierId = id,
            ReturnPlanned = new() { TravelOn = Regions.InDays(-2), MeetingAt = Said.At, MeetingPoint = "LA-VTE-FB1" },
        }, bangkok.Options).ResponseAsync);
        planned.ShouldBe(StatusCode.InvalidArgument, "TRAVEL_ON_PASSED", "before the day of the plan");
        planned.Fields.ShouldBe(["return_planned.travel_on"]);
        (await Refused.ByAsync(() => bangkok.Referrals.HoldReturnAsync(new() { Command = OfficeClient.About(), DossierId = id, ReturnHeld = new() { Until = Regions.InDays(-2) } }, bangkok.Options).ResponseAsync))
            .Fields.ShouldBe(["return_held.until"]);
        var consent = new Consent { Purposes = { Purpose.Return }, Recipients = { "LA" }, Until = Regions.InDays(-2) };
        (await Refused.ByAsync(() => bangkok.Referrals.RecordConsentAsync(new() { Command = OfficeClient.About(), DossierId = id, ConsentRecorded = new() { Consent = consent } }, bangkok.Options).ResponseAsync))
            .Fields.ShouldBe(["consent_recorded.consent.until"]);
    }

    [Fact]
    public async Task A_date_that_cannot_be_yet_or_any_more_is_refused_when_it_is_recorded()
    {
        using var bangkok = shared.Region.Office("TH");
        var child = Regions.Repatriation("TH", "LA");
        (child.Minority, child.AuthorisedBy, child.BestInterestsOn) = (Minority.Minor, AuthorisedBy.Parent, Regions.InDays(2));
        Ahead(await Refused.ByAsync(() => bangkok.OpenAsync(child)), "opened.best_interests_on");
        child.BestInterestsOn = Regions.InDays(0);
        var id = (await bangkok.OpenAsync(child)).DossierId;
        var before = await Thailand.SetAsync(id);
        var wish = new WishRecorded { Wish = Wish.Return, On = Regions.InDays(2) };
        var safeguard = new ChildSafeguardRecorded { Safeguard = Safeguard.BestInterests, On = Regions.InDays(2) };
        Ahead(await Refused.ByAsync(() => bangkok.Referrals.RecordWishAsync(new() { Command = OfficeClient.About(), DossierId = id, WishRecorded = wish }, bangkok.Options).ResponseAsync), "wish_recorded.on");
        Ahead(await Refused.ByAsync(() => bangkok.Referrals.RecordChildSafeguardAsync(new() { Command = OfficeClient.About(), DossierId = id, ChildSafeguardRecorded = safeguard }, bangkok.Options).ResponseAsync), "child_safeguard_recorded.on");
        Ahead(await CorrectAsync(new() { ReferralWishRecorded = wish }), "corrected.referral_wish_recorded.on");
        Ahead(await CorrectAsync(new() { ReferralChildSafeguardRecorded = safeguard }), "corrected.referral_child_safeguard_recorded.on");
        var next = new FollowUpReported { Number = 1, Result = FollowUpResult.Done, NextDue = Regions.InDays(-2) };
        var passed = await Refused.ByAsync(() => bangkok.Referrals.ReportFollowUpAsync(new() { Command = OfficeClient.About(), DossierId = id, FollowUpReported = next }, bangkok.Options).ResponseAsync);
        passed.ShouldBe(StatusCode.InvalidArgument, "NEXT_DUE_PASSED", "before the day of the follow-up");
        passed.Fields.ShouldBe(["follow_up_reported.next_due"]);
        (await Thailand.SetAsync(id)).ShouldBe(before);
        wish.On = Regions.InDays(0);
        await bangkok.Referrals.RecordWishAsync(new() { Command = OfficeClient.About(), DossierId = id, WishRecorded = wish }, bangkok.Options);

        Task<Refused> CorrectAsync(Corrected corrected)
        {
            var about = OfficeClient.About();
            about.Answers = id;
            return Refused.ByAsync(() => bangkok.Dossiers.CorrectAsync(new() { Command = about, DossierId = id, Corrected = corrected }, bangkok.Options).ResponseAsync);
        }

        static void Ahead(Refused refused, string field)
        {
            refused.ShouldBe(StatusCode.InvalidArgument, "DATE_AHEAD", "today or a day before");
            refused.Fields.ShouldBe([field]);
        }
    }

    [Fact]
    public async Task Roles_are_said_as_tokens_and_settings_have_them()
    {
        using var bangkok = shared.Region.Office("TH");
        using var auditor = shared.Region.Office("TH", "auditor");
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        var assign = new AssignUnitRequest { Command = OfficeClient.About(), DossierId = id, UnitAssigned = new() { Office = new() { Role = (Role)77, Unit = "datip" } } };
        (await Refused.ByAsync(() => bangkok.Dossiers.AssignUnitAsync(assign, bangkok.Options).ResponseAsync))
            .ShouldBe(StatusCode.InvalidArgument, "CODE_UNKNOWN", "one of focal-point, central-authority, prosecutor, investigator, case-worker,");
        (await Refused.ByAsync(() => auditor.WithdrawConsentAsync(id))).ShouldBe(StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED", "it is for focal-point, case-worker.");
    }

    [Theory]
    [InlineData("\0")]
    [InlineData("\u001b[2J")]
    [InlineData("\r")]
    [InlineData("\u007f")]
    [InlineData("\u0085")]
    [InlineData("\u202a")]
    [InlineData("\u202e")]
    [InlineData("\u2066")]
    [InlineData("\u2069")]
    public async Task Text_that_hides_something_is_refused_in_every_field(string hidden)
    {
        using var bangkok = shared.Region.Office("TH");
        var request = new OpenRequest
        {
            Command = OfficeClient.About(), Opened = Regions.Repatriation("TH", "LA"),
            Particulars = new()
            {
                Note = $"Zqx{hidden}", Details = { ["risk"] = $"Zqx{hidden}" },
                Preview = new() { Gender = $"Zqx{hidden}", IdentifiedBy = $"Zqx{hidden}", Services = { $"Zqx{hidden}" }, Consent = new() { Withheld = { $"Zqx{hidden}" } } },
            },
        };
        request.Command.ContradictionReason = $"Zqx{hidden}";
        var refused = await RefusedAsync(bangkok, Methods.Single(method => method.Name == "Open"), request);
        refused.ShouldBe(StatusCode.InvalidArgument, "FIELD_INVALID", "line feed and tab alone are taken");
        refused.Fields.ShouldBe(
        [
            "command.contradiction_reason", "particulars.note", "particulars.details.risk", "particulars.preview.gender", "particulars.preview.identified_by",
            "particulars.preview.services", "particulars.preview.consent.withheld",
        ], ignoreOrder: true);
    }

    [Fact]
    public async Task Text_of_every_script_is_taken_and_counts_as_many_characters_as_it_has()
    {
        using var bangkok = shared.Region.Office("TH");
        // Lines, a table, and what divides and joins letters: Thai, Lao, Khmer and Myanmar need it.
        var note = "ก\u200bข\tລ\u200bາວ\nខ្ម\u200bែរ မြန်\u200cမာ 👩\u200d👧 ";
        note += string.Concat(Enumerable.Repeat("🙂", 4000 - note.EnumerateRunes().Count()));
        var id = (await OpenAsync(note)).DossierId;
        (await bangkok.Dossiers.GetParticularsAsync(new() { DossierId = id, Entry = id }, bangkok.Options)).Particulars.Note.ShouldBe(note);
        (await Refused.ByAsync(() => OpenAsync(note + "🙂"))).Fields.ShouldBe(["particulars.note"]);

        async Task<Referral> OpenAsync(string text) => (await bangkok.Referrals.OpenAsync(
            new() { Command = OfficeClient.About(), Opened = Regions.Repatriation("TH", "LA"), Particulars = new() { Note = text } }, bangkok.Options)).Referral;
    }

    async Task<Refused> RefusedAsync(OfficeClient office, MethodDescriptor method, IMessage request)
    {
        dynamic client = method.Service.Name is nameof(ReferralService) ? office.Referrals : office.Dossiers;
        var call = ((object)client).GetType().GetMethod($"{method.Name}Async", [request.GetType(), typeof(CallOptions)])!.Invoke((object)client, [request, office.Options])!;
        var refused = await Refused.ByAsync(() => (Task)call.GetType().GetProperty("ResponseAsync")!.GetValue(call)!);
        refused.Code.ShouldBe(StatusCode.InvalidArgument, refused.Text);
        refused.Text.ShouldNotContain("Zqx");
        string.Join(' ', refused.Fields).ShouldNotContain("Zqx");
        var commandId = ((Command)request.Descriptor.FindFieldByName("command").Accessor.GetValue(request)).CommandId;
        (await Thailand.AskAsync<long>("select count(*) from command where command_id = $1", commandId)).ShouldBe(0);
        return refused;
    }

    /// <summary>A request that says nothing yet.</summary>
    static IMessage Request(MethodDescriptor method, ByteString dossier)
    {
        var request = (IMessage)Activator.CreateInstance(method.InputType.ClrType)!;
        method.InputType.FindFieldByName("command").Accessor.SetValue(request, OfficeClient.About());
        method.InputType.FindFieldByName("dossier_id")?.Accessor.SetValue(request, dossier);
        return request;
    }

    /// <summary>A message of which every code is unknown, every text words, and every run of bytes of the wrong length.</summary>
    static IMessage Wrong(MessageDescriptor type, string path, List<string> paths)
    {
        var message = (IMessage)Activator.CreateInstance(type.ClrType)!;
        foreach (var field in type.Fields.InDeclarationOrder().Where(field => field.ContainingOneof is null || field == field.ContainingOneof.Fields[^1]))
        {
            var at = $"{path}.{field.Name}";
            object? wrong = field.FieldType switch
            {
                FieldType.String => Words,
                FieldType.Bytes => ByteString.CopyFrom(new byte[5]),
                FieldType.Enum => Enum.ToObject(field.EnumType.ClrType, 77),
                FieldType.Message when field.MessageType.File.Package.StartsWith("coordination", StringComparison.Ordinal) => Wrong(field.MessageType, at, paths),
                _ => null,
            };
            if (wrong is null) continue;
            if (field.FieldType is not FieldType.Message) paths.Add(at);
            if (field.IsRepeated) ((IList)field.Accessor.GetValue(message)).Add(wrong);
            else field.Accessor.SetValue(message, wrong);
        }
        return message;
    }
}
