using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using DirectoryWire = Coordination.Contracts.Directory.V1;
using Domains = Coordination.Domain.Referrals;
using DossierWire = Coordination.Contracts.Dossier.V1;
using Enum = System.Enum;
using Hosts = Coordination.Hosting;
using ReferralWire = Coordination.Contracts.Referral.V1;

namespace Coordination.CountryNode.Tests.Wire;

/// <summary>Between records and protobuf.</summary>
public sealed class EntryWireTests
{
    /// <summary>A code that no program of ours knows.</summary>
    const int Newer = 1000;

    /// <summary>Field 5000, a number: no program of ours knows it.</summary>
    static readonly byte[] NewerField = [0xC0, 0xB8, 0x02, 0x01];

    /// <summary>What a statement may leave out, as the protos say. It needs everything else that its golden bytes hold.</summary>
    static readonly string[] Optional =
    [
        "Opened.consent", "Opened.authorised_by", "Opened.best_interests_on", "Opened.after_return", "Opened.on_paper",
        "Opened.earlier_referral", "Opened.group", "Opened.assistance", "Opened.clocks",
        "ClockTerms.number", "ClockTerms.warn", "ClockTerms.due",
        "Part.purposes", "Part.recipients",
        "OnwardAnswered.agreed", "AssessmentReported.safety_plan", "AssessmentReported.care_suitable",
        "ReturnPlanned.replaces", "ReturnHeld.person_agrees", "FollowUpReported.next_due",
        "Timestamp.nanos",
    ];

    /// <summary>A statement that cannot be, the change that makes it so, and what its reader says.</summary>
    static readonly Dictionary<string, (string Name, Action<DossierWire.Entry> Change)> Faults = new(StringComparer.Ordinal)
    {
        ["The entry states nothing."] = ("Opened", entry => entry.ClearBody()),
        ["The entry does not say how the matter reached the office."] = ("TakenUp", entry => entry.Channel = default),
        ["The entry does not name the office that acted."] = ("TakenUp", entry => entry.Office = null),
        ["The opening does not name its kind and protocol version."] = ("Opened", entry => entry.Opening.Kind = default),
        ["resolved.resolution is missing: one of Stands, Retracted is needed."] = ("Resolved", entry => entry.Resolved.Resolution = default),
        ["unit_assigned.office is missing."] = ("UnitAssigned", entry => entry.UnitAssigned.Office = null),
        ["unit_assigned.office.role is missing: the part that the office plays is needed."] = ("UnitAssigned", entry => entry.UnitAssigned.Office.Role = default),
        ["unit_assigned.office.unit is no unit: a letter, then letters, digits and hyphens, in lower case and 32 at most, is needed."] =
            ("UnitAssigned", entry => entry.UnitAssigned.Office.Unit = "2nd"),
        ["corrected.correction is missing: retracted, or the same statement said right, is needed."] = ("Retracted", entry => entry.Corrected.ClearCorrection()),
        ["corrected.unit_assigned.office is missing."] = ("CorrectedUnitAssigned", entry => entry.Corrected.UnitAssigned.Office = null),
        ["corrected.referral_consent_recorded.consent is missing."] = ("CorrectedConsentRecorded", entry => entry.Corrected.ReferralConsentRecorded.Consent = null),
        ["corrected.referral_accompanied.place is no place code: a country, then one or two parts of 1 to 3 of A-Z and 0-9, is needed, such as LA-VTE-FB1."] =
            ("CorrectedAccompanied", entry => entry.Corrected.ReferralAccompanied.Place = "TH"),
        ["opened.type is missing: one of Repatriation, Reintegration, FamilyTracing, HostProtection, WitnessAppearance, LocateAndProtect is needed."] =
            ("Opened", entry => entry.ReferralOpened.Type = default),
        ["opened.host is no country of the region: one of KH, CN, LA, MM, TH, VN is needed."] = ("Opened", entry => entry.ReferralOpened.Host = "SEC"),
        ["opened.origin is no country of the region: one of KH, CN, LA, MM, TH, VN is needed."] = ("Opened", entry => entry.ReferralOpened.Origin = "la"),
        ["opened.reply_by is no date: YYYY-MM-DD is needed."] = ("Opened", entry => entry.ReferralOpened.ReplyBy = "2026-02-30"),
        ["opened.best_interests_on is out of range: a day from 2000-01-01 to 2199-12-31 is needed."] = ("Opened", entry => entry.ReferralOpened.BestInterestsOn = "1999-12-31"),
        ["opened.consent.purposes is empty: at least one purpose is needed."] = ("Opened", entry => entry.ReferralOpened.Consent.Purposes.Clear()),
        ["opened.consent.recipients is empty: at least one country is needed."] = ("Opened", entry => entry.ReferralOpened.Consent.Recipients.Clear()),
        ["opened.consent.recipients is no country of the region: one of KH, CN, LA, MM, TH, VN is needed."] = ("Opened", entry => entry.ReferralOpened.Consent.Recipients.Add("SEC")),
        ["opened.consent.until is out of range: a day from 2000-01-01 to 2199-12-31 is needed."] = ("Opened", entry => entry.ReferralOpened.Consent.Until = "2200-01-01"),
        ["opened.earlier_referral is no token: 16 bytes are needed."] = ("OpenedAfterAReturn", entry => entry.ReferralOpened.EarlierReferral = Bytes(15)),
        ["opened.group is no token: 16 bytes are needed."] = ("OpenedAfterAReturn", entry => entry.ReferralOpened.Group = Bytes(17)),
        ["opened.assistance is no token: 16 bytes are needed."] = ("OpenedAfterAReturn", entry => entry.ReferralOpened.Assistance = Bytes(32)),
        ["opened.clocks.clock is missing: one of Delivery, Acknowledge, TakeUpOrDecline, ReleaseCaseFile, SupplyInformation, Assess, PlanReturn, AgreeToReturn, Prepare, "
            + "Arrive, TellDeparture, Find, Locate, Trace, DecideOn, Answer, PlanReintegration, FollowUp, EndHold, Contact, Resolve, StopData is needed."] =
            ("OpenedAfterAReturn", entry => entry.ReferralOpened.Clocks[0].Clock = default),
        ["opened.clocks.number is out of range: 0 to 99 is needed."] = ("OpenedAfterAReturn", entry => entry.ReferralOpened.Clocks[2].Number = 100),
        ["opened.clocks.warn.count is out of range: 1 to 1000 is needed."] = ("OpenedAfterAReturn", entry => entry.ReferralOpened.Clocks[0].Warn.Count = 0),
        ["opened.clocks.due.count is out of range: 1 to 1000 is needed."] = ("OpenedAfterAReturn", entry => entry.ReferralOpened.Clocks[0].Due.Count = 1001),
        ["opened.clocks.due.unit is missing: one of Hours, Days, WorkingDays, Months is needed."] = ("OpenedAfterAReturn", entry => entry.ReferralOpened.Clocks[0].Due.Unit = default),
        ["withdrawn.scope is missing: everything or part is needed."] = ("ConsentWithdrawn", entry => entry.ReferralConsentWithdrawn.ClearScope()),
        ["withdrawn.part names nothing: purposes, recipients or both are needed."] = ("ConsentWithdrawnInPart", entry => entry.ReferralConsentWithdrawn.Part = new()),
        ["onward_proposed.country is no country of the region: one of KH, CN, LA, MM, TH, VN is needed."] = ("OnwardProposed", entry => entry.ReferralOnwardProposed.Country = "SEC"),
        ["case_file_released.version is out of range: 1 to 2147483647 is needed."] = ("CaseFileReleased", entry => entry.ReferralCaseFileReleased.Version = 0x8000_0000),
        ["case_file_released.case_file is no digest: 32 bytes are needed."] = ("CaseFileReleased", entry => entry.ReferralCaseFileReleased.CaseFile = Bytes(33)),
        ["return_planned.plan is no token: 16 bytes are needed."] = ("ReturnPlanned", entry => entry.ReferralReturnPlanned.Plan = ByteString.Empty),
        ["return_planned.replaces is no token: 16 bytes are needed."] = ("ReturnPlannedAnew", entry => entry.ReferralReturnPlanned.Replaces = Bytes(1)),
        ["return_planned.travel_on is no date: YYYY-MM-DD is needed."] = ("ReturnPlanned", entry => entry.ReferralReturnPlanned.TravelOn = ""),
        ["return_planned.meeting_at is missing: an instant in UTC is needed."] = ("ReturnPlanned", entry => entry.ReferralReturnPlanned.MeetingAt = null),
        ["return_planned.meeting_at is no instant: nanoseconds from 0 to 999999999 are needed."] = ("ReturnPlanned", entry => entry.ReferralReturnPlanned.MeetingAt.Nanos = -1),
        ["return_planned.meeting_at is out of range: an instant from 2000-01-01 to 2199-12-31, in UTC, is needed."] = ("ReturnPlanned", entry => entry.ReferralReturnPlanned.MeetingAt.Seconds = long.MaxValue),
        ["met.at is out of range: an instant from 2000-01-01 to 2199-12-31, in UTC, is needed."] = ("Met", entry => entry.ReferralMet.At.Seconds = long.MinValue),
        ["found_safe.in is no country of the region: one of KH, CN, LA, MM, TH, VN is needed."] = ("FoundSafe", entry => entry.ReferralFoundSafe.In = ""),
        ["follow_up_reported.number is out of range: 1 to 99 is needed."] = ("FollowUpReported", entry => entry.ReferralFollowUpReported.Number = 100),
        ["corrected.referral_follow_up_reported.number is out of range: 1 to 99 is needed."] = ("CorrectedFollowUpReported", entry => entry.Corrected.ReferralFollowUpReported.Number = 0),
        ["data_stopped.basis is missing: what is retained names the law."] = ("DataStopped", entry => entry.ReferralDataStopped.Basis = default),
        ["data_stopped.basis does not belong here: what is erased is retained by no law."] = ("DataErased", entry => entry.ReferralDataStopped.Basis = ReferralWire.RetentionBasis.CourtOrder),
    };

    public static TheoryData<string> FaultTexts => [.. Faults.Keys];

    [Fact]
    public void Every_code_has_the_same_number_and_name_in_protos_and_domain()
    {
        List<string> compared = [];
        Same<DirectoryWire.Role, Role>();
        Same<DirectoryWire.Channel, Channel>();
        Same<DossierWire.Kind, Kind>();
        Same<DossierWire.Resolution, Resolution>();
        Same<ReferralWire.ReferralType, Domains.ReferralType>();
        Same<ReferralWire.Instrument, Domains.Instrument>();
        Same<ReferralWire.Urgency, Domains.Urgency>();
        Same<ReferralWire.Minority, Domains.Minority>();
        Same<ReferralWire.Basis, Domains.Basis>();
        Same<ReferralWire.AuthorisedBy, Domains.AuthorisedBy>();
        Same<ReferralWire.Purpose, Domains.Purpose>();
        Same<ReferralWire.DeclineReason, Domains.DeclineReason>();
        Same<ReferralWire.LocationAnswer, Domains.LocationAnswer>();
        Same<ReferralWire.Finding, Domains.Finding>();
        Same<ReferralWire.Wish, Domains.Wish>();
        Same<ReferralWire.Safeguard, Domains.Safeguard>();
        Same<ReferralWire.PreparationItem, Domains.PreparationItem>();
        Same<ReferralWire.PreparationStatus, Domains.PreparationStatus>();
        Same<ReferralWire.FollowUpResult, Domains.FollowUpResult>();
        Same<ReferralWire.AppearanceAnswer, Domains.AppearanceAnswer>();
        Same<ReferralWire.ReferralOutcome, Domains.ReferralOutcome>();
        Same<ReferralWire.DataFate, Domains.DataFate>();
        Same<ReferralWire.RetentionBasis, Domains.RetentionBasis>();
        Same<ReferralWire.PaperRecall, Domains.PaperRecall>();
        Same<ReferralWire.MissingStep, Domains.MissingStep>();
        Same<ReferralWire.Clock, Domains.Clock>();
        Same<ReferralWire.TimeUnit, TimeUnit>();
        compared.ShouldBe(CodeFields.Select(field => field.EnumType.Name).Distinct(), ignoreOrder: true);

        void Same<TWire, TDomain>() where TWire : struct, Enum where TDomain : struct, Enum
        {
            compared.Add(typeof(TWire).Name);
            Enum.GetValues<TDomain>().Select(code => (Convert.ToInt32(code), code.ToString()))
                .ShouldBe(Enum.GetValues<TWire>().Where(code => Convert.ToInt32(code) != 0).Select(code => (Convert.ToInt32(code), code.ToString())));
        }
    }

    [Theory]
    [MemberData(nameof(FaultTexts))]
    public void What_is_missing_or_malformed_in_a_statement_makes_it_misshapen_and_is_named(string text)
    {
        var wire = GoldenEntries.Message(Faults[text].Name);
        Faults[text].Change(wire);
        EntryWire.Read(wire.ToByteArray()).ShouldNotBeNull().Body.ShouldBe(new Misshapen(text));
    }

    [Fact]
    public void A_statement_without_something_that_it_needs_is_misshapen()
    {
        var left = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in GoldenEntries.All.Keys)
        {
            for (var i = 0; InStatement(GoldenEntries.Message(name)).ElementAtOrDefault(i) is not null; i++)
            {
                var wire = GoldenEntries.Message(name);
                var place = InStatement(wire).ElementAt(i);
                place.Clear();
                var field = $"{place.Field.ContainingType.Name}.{place.Field.Name}";
                var body = EntryWire.Read(wire.ToByteArray()).ShouldNotBeNull().Body;
                if (body is Misshapen) continue;
                body.ShouldNotBeOfType<NotUnderstood>();
                left.Add(field);
            }
        }
        left.ShouldBe(Optional, ignoreOrder: true);

        static IEnumerable<Place> InStatement(DossierWire.Entry wire) =>
            Place.AllIn((IMessage)DossierWire.Entry.Descriptor.Oneofs.Single().Accessor.GetCaseFieldDescriptor(wire).Accessor.GetValue(wire));
    }

    [Fact]
    public void A_code_that_is_not_known_makes_the_entry_not_understood_wherever_it_stands()
    {
        var tried = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (wire, place) in Places(field => field.FieldType is FieldType.Enum))
        {
            tried.Add(place.Field.FullName);
            foreach (var code in new[] { Newer, -1 })
            {
                place.Put(Enum.ToObject(place.Value.GetType(), code));
                EntryWire.Read(wire.ToByteArray()).ShouldNotBeNull().Body.ShouldBeOfType<NotUnderstood>(place.Field.FullName);
            }
        }
        tried.ShouldBe(CodeFields.Select(field => field.FullName), ignoreOrder: true);
    }

    [Fact]
    public void A_field_that_is_not_known_makes_the_entry_not_understood_in_whatever_message_it_stands()
    {
        var tried = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (wire, place) in Places(field => field.FieldType is FieldType.Message))
        {
            ((IMessage)place.Value).MergeFrom(NewerField);
            tried.Add(place.Field.MessageType.FullName);
            EntryWire.Read(wire.ToByteArray()).ShouldNotBeNull().Body.ShouldBeOfType<NotUnderstood>(place.Field.FullName);
        }
        tried.Add(DossierWire.Entry.Descriptor.FullName);
        EntryWire.Read([.. GoldenEntries.Bytes("Opened"), .. NewerField]).ShouldNotBeNull().Body.ShouldBeOfType<NotUnderstood>();
        tried.ShouldBe(Place.Messages.Select(message => message.FullName), ignoreOrder: true);
    }

    [Fact]
    public void A_statement_that_is_not_known_is_not_understood_nor_is_a_correction_to_one()
    {
        var wire = GoldenEntries.Message("Cancelled");
        wire.ClearBody();
        EntryWire.Read([.. wire.ToByteArray(), .. NewerField]).ShouldNotBeNull().Body.ShouldBeOfType<NotUnderstood>();
        var correction = GoldenEntries.Message("Retracted");
        correction.Corrected.ClearCorrection();
        correction.Corrected.MergeFrom(NewerField);
        EntryWire.Read(correction.ToByteArray()).ShouldNotBeNull().Body.ShouldBeOfType<NotUnderstood>();
    }

    [Fact]
    public void A_newer_protocol_is_not_understood()
    {
        var wire = GoldenEntries.Message("Opened");
        wire.Opening.ProtocolVersion = Domains.Referral.ProtocolVersion + 1;
        EntryWire.Read(wire.ToByteArray()).ShouldNotBeNull().Body.ShouldBeOfType<NotUnderstood>();
    }

    [Theory]
    [InlineData("author")]
    [InlineData("seq")]
    [InlineData("nonce")]
    [InlineData("dossier")]
    [InlineData("previous")]
    [InlineData("seen")]
    [InlineData("no instant of writing")]
    [InlineData("written before 2000")]
    [InlineData("written after 2199")]
    [InlineData("written at no instant")]
    [InlineData("happened on no day")]
    [InlineData("happened before 2000")]
    [InlineData("happened after 2199")]
    [InlineData("unit")]
    [InlineData("unit of a role that is not known")]
    [InlineData("on behalf of nobody known")]
    [InlineData("on behalf of the secretariat")]
    [InlineData("letter")]
    [InlineData("particulars for nobody")]
    [InlineData("particulars without a digest")]
    [InlineData("particulars twice for one")]
    [InlineData("particulars out of order")]
    public void An_entry_whose_envelope_is_malformed_is_no_entry(string part)
    {
        var wire = GoldenEntries.Message("Opened");
        wire.Particulars.Add(new DossierWire.ParticularsDigest { Recipient = "LA", Digest = Bytes(32) });
        switch (part)
        {
            case "author": wire.Author = "XX"; break;
            case "seq": wire.Seq = 0; break;
            case "nonce": wire.Nonce = Bytes(15); break;
            case "dossier": wire.DossierId = Bytes(32); break;
            case "previous": wire.Previous = Bytes(31); break;
            case "seen": wire.Seen.Add(new DossierWire.Head { Author = "LA", Seq = 1, Hash = Bytes(1) }); break;
            case "no instant of writing": wire.WrittenAt = null; break;
            case "written before 2000": wire.WrittenAt.Seconds = FirstInstant.Seconds - 1; break;
            case "written after 2199": wire.WrittenAt = new Timestamp { Seconds = LastInstant.Seconds + 1 }; break;
            case "written at no instant": wire.WrittenAt.Nanos = 1_000_000_000; break;
            case "happened on no day": wire.HappenedOn = "2026-02-30"; break;
            case "happened before 2000": wire.HappenedOn = "1999-12-31"; break;
            case "happened after 2199": wire.HappenedOn = "2200-01-01"; break;
            case "unit": wire.Office.Unit = "Ms. Example"; break;
            case "unit of a role that is not known": wire.Office = new() { Role = (DirectoryWire.Role)Newer, Unit = "Ms. Example" }; break;
            case "on behalf of nobody known": wire.OnBehalfOf = "XX"; break;
            case "on behalf of the secretariat": wire.OnBehalfOf = "SEC"; break;
            case "letter": wire.Letter = Bytes(31); break;
            case "particulars for nobody": wire.Particulars[0].Recipient = ""; break;
            case "particulars without a digest": wire.Particulars[0].Digest = ByteString.Empty; break;
            case "particulars twice for one": wire.Particulars.Add(wire.Particulars[0]); break;
            case "particulars out of order": wire.Particulars.Add(new DossierWire.ParticularsDigest { Recipient = "KH", Digest = Bytes(32) }); break;
        }
        EntryWire.Read(wire.ToByteArray()).ShouldBeNull();
    }

    [Fact]
    public void The_first_and_the_last_day_and_instant_are_read()
    {
        foreach (var (day, instant) in new[] { ("2000-01-01", FirstInstant), ("2199-12-31", LastInstant) })
        {
            var wire = GoldenEntries.Message("Met");
            (wire.HappenedOn, wire.WrittenAt, wire.ReferralMet.At) = (day, instant, instant);
            var read = EntryWire.Read(wire.ToByteArray()).ShouldNotBeNull();
            EntryWire.Write(read.HappenedOn).ShouldBe(day);
            read.WrittenAt.UtcDateTime.ShouldBe(instant.ToDateTime());
            read.WrittenAt.Offset.ShouldBe(TimeSpan.Zero);
            read.Body.ShouldBeOfType<Domains.Met>().At.ShouldBe(instant.ToDateTimeOffset());
        }
    }

    [Fact]
    public void Particulars_are_written_in_the_order_of_their_recipients()
    {
        var draft = GoldenEntries.All["ContinuedOnPaper"];
        var (entry, bytes) = EntryWire.Write(draft with { Particulars = [.. draft.Particulars.Reverse()] }, []);
        entry.Particulars.ShouldBe(draft.Particulars);
        bytes.ShouldBe(GoldenEntries.Bytes("ContinuedOnPaper"));
    }

    [Fact]
    public void A_request_hears_of_every_fault_at_once_and_of_an_unknown_code_as_of_a_missing_field()
    {
        var fields = new FieldReader();
        Hosts.Referrals.ReferralWire.Read(new ReferralWire.ReturnPlanned { Plan = Bytes(16), TravelOn = "tomorrow" }, fields);
        Hosts.Referrals.ReferralWire.Read(new ReferralWire.Declined { Reason = (ReferralWire.DeclineReason)Newer }, fields);
        Hosts.Referrals.ReferralWire.Read((ReferralWire.Completed?)null, fields);
        fields.Faults.Select(fault => (fault.Field, fault.IsUnknownCode)).ShouldBe(
        [
            ("return_planned.travel_on", false), ("return_planned.meeting_at", false), ("return_planned.meeting_point", false),
            ("declined.reason", true),
            ("completed", false), ("completed.outcome", false),
        ]);
        fields.Faults.ShouldAllBe(fault => !fault.Text.Contains("tomorrow", StringComparison.Ordinal));
    }

    static Timestamp FirstInstant => Timestamp.FromDateTimeOffset(new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero));

    static Timestamp LastInstant => Timestamp.FromDateTimeOffset(new DateTimeOffset(2200, 1, 1, 0, 0, 0, TimeSpan.Zero).AddTicks(-1));

    static IEnumerable<FieldDescriptor> CodeFields =>
        Place.Messages.SelectMany(message => message.Fields.InDeclarationOrder()).Where(candidate => candidate.FieldType is FieldType.Enum);

    static ByteString Bytes(int length) => ByteString.CopyFrom(new byte[length]);

    /// <summary>Every such place in every golden entry, each in a message of its own that can be changed.</summary>
    static IEnumerable<(DossierWire.Entry Wire, Place Place)> Places(Func<FieldDescriptor, bool> wanted)
    {
        foreach (var name in GoldenEntries.All.Keys)
        {
            var count = Place.AllIn(GoldenEntries.Message(name)).Count(place => wanted(place.Field));
            for (var i = 0; i < count; i++)
            {
                var wire = GoldenEntries.Message(name);
                yield return (wire, Place.AllIn(wire).Where(place => wanted(place.Field)).ElementAt(i));
            }
        }
    }
}
