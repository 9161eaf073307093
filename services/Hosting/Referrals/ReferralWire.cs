using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using static Coordination.Hosting.Dossiers.DossierWire;
using Wire = Coordination.Contracts.Referral.V1;

namespace Coordination.Hosting.Referrals;

/// <summary>The statements of a referral, between records and protobuf.</summary>
/// <remarks>
/// Those without fields need no reading: the one that reads an entry or a request makes them. The path of a fault begins
/// with the statement's name. Whether codes and dates fit each other and the referral is for the protocol to say.
/// </remarks>
public static class ReferralWire
{
    /// <summary>No referral has more follow-ups than this.</summary>
    public const int MostFollowUps = 99;

    public static Opened Read(Wire.Opened? wire, FieldReader fields)
    {
        (wire, fields) = Statement(wire, "opened", fields);
        return new(
            fields.Code<ReferralType>("type", (int)wire.Type),
            fields.Country("host", wire.Host),
            fields.Country("origin", wire.Origin),
            fields.Code<Instrument>("instrument", (int)wire.Instrument),
            fields.Code<Urgency>("urgency", (int)wire.Urgency),
            fields.Code<Minority>("minority", (int)wire.Minority),
            fields.Code<Basis>("basis", (int)wire.Basis),
            wire.Consent is null ? null : Read(wire.Consent, fields),
            fields.OptionalCode<AuthorisedBy>("authorised_by", (int)wire.AuthorisedBy),
            wire.AfterReturn,
            wire.OnPaper,
            fields.Date("reply_by", wire.ReplyBy),
            fields.OptionalDate("best_interests_on", wire.BestInterestsOn),
            new Links(
                fields.OptionalToken("earlier_referral", wire.EarlierReferral.Span),
                fields.OptionalToken("group", wire.Group.Span),
                fields.OptionalToken("assistance", wire.Assistance.Span)),
            new Clocks(new([.. wire.Clocks.Select(terms => Read(terms, fields.Within("clocks")))])));
    }

    public static Declined Read(Wire.Declined? wire, FieldReader fields)
    {
        (wire, fields) = Statement(wire, "declined", fields);
        return new(fields.Code<DeclineReason>("reason", (int)wire.Reason));
    }

    public static OnwardProposed Read(Wire.OnwardProposed? wire, FieldReader fields)
    {
        (wire, fields) = Statement(wire, "onward_proposed", fields);
        return new(fields.Country("country", wire.Country));
    }

    public static OnwardAnswered Read(Wire.OnwardAnswered? wire, FieldReader fields)
    {
        (wire, _) = Statement(wire, "onward_answered", fields);
        return new(wire.Agreed);
    }

    public static ConsentRecorded Read(Wire.ConsentRecorded? wire, FieldReader fields)
    {
        (wire, fields) = Statement(wire, "consent_recorded", fields);
        return new(Read(wire.Consent, fields));
    }

    public static CaseFileReleased Read(Wire.CaseFileReleased? wire, FieldReader fields)
    {
        (wire, fields) = Statement(wire, "case_file_released", fields);
        return new(fields.Number("version", wire.Version, 1, int.MaxValue), fields.Digest("case_file", wire.CaseFile.Span));
    }

    public static LocationAnswered Read(Wire.LocationAnswered? wire, FieldReader fields)
    {
        (wire, fields) = Statement(wire, "location_answered", fields);
        return new(fields.Code<LocationAnswer>("answer", (int)wire.Answer));
    }

    public static AssessmentReported Read(Wire.AssessmentReported? wire, FieldReader fields)
    {
        (wire, fields) = Statement(wire, "assessment_reported", fields);
        return new(fields.Code<Finding>("finding", (int)wire.Finding), wire.SafetyPlan, wire.CareSuitable);
    }

    public static WishRecorded Read(Wire.WishRecorded? wire, FieldReader fields)
    {
        (wire, fields) = Statement(wire, "wish_recorded", fields);
        return new(fields.Code<Wish>("wish", (int)wire.Wish), fields.Date("on", wire.On));
    }

    public static ChildSafeguardRecorded Read(Wire.ChildSafeguardRecorded? wire, FieldReader fields)
    {
        (wire, fields) = Statement(wire, "child_safeguard_recorded", fields);
        return new(fields.Code<Safeguard>("safeguard", (int)wire.Safeguard), fields.Date("on", wire.On));
    }

    public static PreparationReported Read(Wire.PreparationReported? wire, FieldReader fields)
    {
        (wire, fields) = Statement(wire, "preparation_reported", fields);
        return new(fields.Code<PreparationItem>("item", (int)wire.Item), fields.Code<PreparationStatus>("status", (int)wire.Status));
    }

    public static ReturnPlanned Read(Wire.ReturnPlanned? wire, FieldReader fields)
    {
        (wire, fields) = Statement(wire, "return_planned", fields);
        return new(
            fields.Token("plan", wire.Plan.Span),
            fields.OptionalToken("replaces", wire.Replaces.Span),
            fields.Date("travel_on", wire.TravelOn),
            fields.Instant("meeting_at", wire.MeetingAt),
            fields.Place("meeting_point", wire.MeetingPoint));
    }

    public static ReturnHeld Read(Wire.ReturnHeld? wire, FieldReader fields)
    {
        (wire, fields) = Statement(wire, "return_held", fields);
        return new(fields.Date("until", wire.Until), wire.PersonAgrees);
    }

    public static Accompanied Read(Wire.Accompanied? wire, FieldReader fields)
    {
        (wire, fields) = Statement(wire, "accompanied", fields);
        return new(fields.Token("plan", wire.Plan.Span), fields.Place("place", wire.Place), fields.Instant("at", wire.At));
    }

    public static DidNotTravel Read(Wire.DidNotTravel? wire, FieldReader fields)
    {
        (wire, fields) = Statement(wire, "did_not_travel", fields);
        return new(fields.Token("plan", wire.Plan.Span), fields.Place("place", wire.Place), fields.Instant("at", wire.At));
    }

    public static Met Read(Wire.Met? wire, FieldReader fields)
    {
        (wire, fields) = Statement(wire, "met", fields);
        return new(fields.Token("plan", wire.Plan.Span), fields.Place("place", wire.Place), fields.Instant("at", wire.At));
    }

    public static NotArrived Read(Wire.NotArrived? wire, FieldReader fields)
    {
        (wire, fields) = Statement(wire, "not_arrived", fields);
        return new(fields.Token("plan", wire.Plan.Span), fields.Place("place", wire.Place), fields.Instant("at", wire.At));
    }

    public static FoundSafe Read(Wire.FoundSafe? wire, FieldReader fields)
    {
        (wire, fields) = Statement(wire, "found_safe", fields);
        return new(fields.Token("plan", wire.Plan.Span), fields.Country("in", wire.In));
    }

    public static FollowUpReported Read(Wire.FollowUpReported? wire, FieldReader fields)
    {
        (wire, fields) = Statement(wire, "follow_up_reported", fields);
        return new(
            fields.Number("number", wire.Number, 1, MostFollowUps),
            fields.Code<FollowUpResult>("result", (int)wire.Result),
            fields.OptionalDate("next_due", wire.NextDue));
    }

    public static AppearanceAnswered Read(Wire.AppearanceAnswered? wire, FieldReader fields)
    {
        (wire, fields) = Statement(wire, "appearance_answered", fields);
        return new(fields.Code<AppearanceAnswer>("answer", (int)wire.Answer));
    }

    public static Completed Read(Wire.Completed? wire, FieldReader fields)
    {
        (wire, fields) = Statement(wire, "completed", fields);
        return new(fields.Code<ReferralOutcome>("outcome", (int)wire.Outcome));
    }

    public static ConsentWithdrawn Read(Wire.ConsentWithdrawn? wire, FieldReader fields)
    {
        (wire, fields) = Statement(wire, "withdrawn", fields);
        if (wire.ScopeCase is Wire.ConsentWithdrawn.ScopeOneofCase.Part)
        {
            if (wire.Part.Purposes.Count + wire.Part.Recipients.Count == 0)
                fields.Fault("part", "names nothing: purposes, recipients or both are needed");
            return new(new WithdrawalScope.Part(
                Purposes("part.purposes", wire.Part.Purposes, fields),
                Countries("part.recipients", wire.Part.Recipients, fields)));
        }
        if (wire.ScopeCase is not Wire.ConsentWithdrawn.ScopeOneofCase.Everything)
            fields.Fault("scope", "is missing: everything or part is needed");
        return new(new WithdrawalScope.Everything());
    }

    public static DataStopped Read(Wire.DataStopped? wire, FieldReader fields)
    {
        (wire, fields) = Statement(wire, "data_stopped", fields);
        var fate = fields.Code<DataFate>("fate", (int)wire.Fate);
        var basis = fields.OptionalCode<RetentionBasis>("basis", (int)wire.Basis);
        if (fate is DataFate.Retained && wire.Basis is Wire.RetentionBasis.Unspecified)
            fields.Fault("basis", "is missing: what is retained names the law");
        if (fate is DataFate.Erased && wire.Basis is not Wire.RetentionBasis.Unspecified)
            fields.Fault("basis", "does not belong here: what is erased is retained by no law");
        return new(fate, basis, fields.Code<PaperRecall>("paper_copies", (int)wire.PaperCopies));
    }

    public static Lapsed Read(Wire.Lapsed? wire, FieldReader fields)
    {
        (wire, fields) = Statement(wire, "lapsed", fields);
        return new(fields.Code<MissingStep>("missing", (int)wire.Missing));
    }

    public static Wire.Opened Write(Opened opened)
    {
        var wire = new Wire.Opened
        {
            Type = (Wire.ReferralType)opened.Type,
            Host = opened.Host.ToString(),
            Origin = opened.Origin.ToString(),
            Instrument = (Wire.Instrument)opened.Instrument,
            Urgency = (Wire.Urgency)opened.Urgency,
            Minority = (Wire.Minority)opened.Minority,
            Basis = (Wire.Basis)opened.Basis,
            Consent = opened.Consent is null ? null : Write(opened.Consent),
            AuthorisedBy = opened.AuthorisedBy is { } by ? (Wire.AuthorisedBy)by : Wire.AuthorisedBy.Unspecified,
            AfterReturn = opened.AfterReturn,
            OnPaper = opened.OnPaper,
            ReplyBy = EntryWire.Write(opened.ReplyBy),
            BestInterestsOn = Write(opened.BestInterestsOn),
            EarlierReferral = Write(opened.Links.Earlier),
            Group = Write(opened.Links.Group),
            Assistance = Write(opened.Links.Assistance),
        };
        wire.Clocks.AddRange(opened.Clocks.Terms.Select(Write));
        return wire;
    }

    public static Wire.Declined Write(Declined declined) => new() { Reason = (Wire.DeclineReason)declined.Reason };

    public static Wire.OnwardProposed Write(OnwardProposed proposed) => new() { Country = proposed.Country.ToString() };

    public static Wire.OnwardAnswered Write(OnwardAnswered answered) => new() { Agreed = answered.Agreed };

    public static Wire.ConsentRecorded Write(ConsentRecorded recorded) => new() { Consent = Write(recorded.Consent) };

    public static Wire.CaseFileReleased Write(CaseFileReleased released) =>
        new() { Version = (uint)released.Version, CaseFile = EntryWire.Write(released.CaseFile) };

    public static Wire.LocationAnswered Write(LocationAnswered answered) => new() { Answer = (Wire.LocationAnswer)answered.Answer };

    public static Wire.AssessmentReported Write(AssessmentReported reported) =>
        new() { Finding = (Wire.Finding)reported.Finding, SafetyPlan = reported.SafetyPlan, CareSuitable = reported.CareSuitable };

    public static Wire.WishRecorded Write(WishRecorded recorded) => new() { Wish = (Wire.Wish)recorded.Wish, On = EntryWire.Write(recorded.On) };

    public static Wire.ChildSafeguardRecorded Write(ChildSafeguardRecorded recorded) =>
        new() { Safeguard = (Wire.Safeguard)recorded.Safeguard, On = EntryWire.Write(recorded.On) };

    public static Wire.PreparationReported Write(PreparationReported reported) =>
        new() { Item = (Wire.PreparationItem)reported.Item, Status = (Wire.PreparationStatus)reported.Status };

    public static Wire.ReturnPlanned Write(ReturnPlanned planned) => new()
    {
        Plan = Write(planned.Plan),
        Replaces = Write(planned.Replaces),
        TravelOn = EntryWire.Write(planned.TravelOn),
        MeetingAt = Timestamp.FromDateTimeOffset(planned.MeetingAt),
        MeetingPoint = planned.MeetingPoint.ToString(),
    };

    public static Wire.ReturnHeld Write(ReturnHeld held) => new() { Until = EntryWire.Write(held.Until), PersonAgrees = held.PersonAgrees };

    public static Wire.Accompanied Write(Accompanied accompanied) =>
        new() { Plan = Write(accompanied.Plan), Place = accompanied.Place.ToString(), At = Timestamp.FromDateTimeOffset(accompanied.At) };

    public static Wire.DidNotTravel Write(DidNotTravel stayed) =>
        new() { Plan = Write(stayed.Plan), Place = stayed.Place.ToString(), At = Timestamp.FromDateTimeOffset(stayed.At) };

    public static Wire.Met Write(Met met) =>
        new() { Plan = Write(met.Plan), Place = met.Place.ToString(), At = Timestamp.FromDateTimeOffset(met.At) };

    public static Wire.NotArrived Write(NotArrived missed) =>
        new() { Plan = Write(missed.Plan), Place = missed.Place.ToString(), At = Timestamp.FromDateTimeOffset(missed.At) };

    public static Wire.FoundSafe Write(FoundSafe found) => new() { Plan = Write(found.Plan), In = found.In.ToString() };

    public static Wire.FollowUpReported Write(FollowUpReported reported) =>
        new() { Number = (uint)reported.Number, Result = (Wire.FollowUpResult)reported.Result, NextDue = Write(reported.NextDue) };

    public static Wire.AppearanceAnswered Write(AppearanceAnswered answered) => new() { Answer = (Wire.AppearanceAnswer)answered.Answer };

    public static Wire.Completed Write(Completed completed) => new() { Outcome = (Wire.ReferralOutcome)completed.Outcome };

    public static Wire.ConsentWithdrawn Write(ConsentWithdrawn withdrawn)
    {
        if (withdrawn.Scope is not WithdrawalScope.Part part) return new() { Everything = new() };
        var wire = new Wire.ConsentWithdrawn { Part = new() };
        wire.Part.Purposes.AddRange(part.Purposes.Select(purpose => (Wire.Purpose)purpose));
        wire.Part.Recipients.AddRange(part.Recipients.Select(node => node.ToString()));
        return wire;
    }

    public static Wire.DataStopped Write(DataStopped stopped) => new()
    {
        Fate = (Wire.DataFate)stopped.Fate,
        Basis = stopped.Basis is { } basis ? (Wire.RetentionBasis)basis : Wire.RetentionBasis.Unspecified,
        PaperCopies = (Wire.PaperRecall)stopped.PaperCopies,
    };

    public static Wire.Lapsed Write(Lapsed lapsed) => new() { Missing = (Wire.MissingStep)lapsed.Missing };

    public static Wire.Consent Write(Consent consent)
    {
        var wire = new Wire.Consent { Until = EntryWire.Write(consent.Until) };
        wire.Purposes.AddRange(consent.Purposes.Select(purpose => (Wire.Purpose)purpose));
        wire.Recipients.AddRange(consent.Recipients.Select(node => node.ToString()));
        return wire;
    }

    static Wire.ClockTerms Write(ClockTerms terms) => new()
    {
        Clock = (Wire.Clock)terms.Clock,
        Number = (uint)terms.Number,
        Warn = terms.Warn is { } warn ? Write(warn) : null,
        Due = terms.Due is { } due ? Write(due) : null,
    };

    static Wire.Wait Write(Wait wait) => new() { Count = (uint)wait.Count, Unit = (Wire.TimeUnit)wait.Unit };

    static string Write(DateOnly? date) => date is { } given ? EntryWire.Write(given) : "";

    static ByteString Write(Token? token) => token is { } given ? ByteString.CopyFrom(given.ToArray()) : ByteString.Empty;

    static Consent Read(Wire.Consent? wire, FieldReader fields)
    {
        (wire, fields) = Statement(wire, "consent", fields);
        if (wire.Purposes.Count == 0) fields.Fault("purposes", "is empty: at least one purpose is needed");
        if (wire.Recipients.Count == 0) fields.Fault("recipients", "is empty: at least one country is needed");
        return new(
            Purposes("purposes", wire.Purposes, fields),
            Countries("recipients", wire.Recipients, fields),
            fields.Date("until", wire.Until));
    }

    static ClockTerms Read(Wire.ClockTerms wire, FieldReader fields) => new(
        fields.Code<Clock>("clock", (int)wire.Clock),
        fields.Number("number", wire.Number, 0, MostFollowUps),
        wire.Warn is null ? null : Read(wire.Warn, fields.Within("warn")),
        wire.Due is null ? null : Read(wire.Due, fields.Within("due")));

    static Wait Read(Wire.Wait wire, FieldReader fields) =>
        new(fields.Number("count", wire.Count, 1, Wait.Most), fields.Code<TimeUnit>("unit", (int)wire.Unit));

    static ValueSet<Purpose> Purposes(string field, IEnumerable<Wire.Purpose> wire, FieldReader fields) =>
        new(wire.Select(purpose => fields.Code<Purpose>(field, (int)purpose)));

    static ValueSet<NodeId> Countries(string field, IEnumerable<string> wire, FieldReader fields)
    {
        var countries = wire.Select(country => fields.Country(field, country)).ToList();
        // A faulty code reads as no node, which no set can hold.
        return new(countries.Where(country => country != default));
    }
}
