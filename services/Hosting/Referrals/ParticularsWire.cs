using System.Collections.Frozen;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Google.Protobuf;
using Wire = Coordination.Contracts.Referral.V1;

namespace Coordination.Hosting.Referrals;

/// <summary>What may stand in the particulars of a referral: text of a bounded length, and details under the protocol's keys.</summary>
public static class ParticularsWire
{
    /// <summary>Characters of a note, at most, each a Unicode scalar value.</summary>
    public const int MostNote = 4000;

    /// <summary>Characters of one detail, or of a reason, at most.</summary>
    public const int MostText = 500;

    const int MostDetails = 32;
    const int MostListed = 32;

    /// <summary>The one detail that is a date.</summary>
    const string IdentifiedOn = "identified_on";

    static readonly string[] FreeText = [];

    static readonly string[] Identifications = ["PRESUMED", "IDENTIFIED", "NOT_IDENTIFIED"];

    static readonly string[] Needs = ["UNACCOMPANIED", "SIBLINGS", "MEDICAL", "ESCORT", "INTERPRETER", "DISABILITY", "OFFICER_OF_PREFERRED_GENDER", "FAITH"];

    /// <summary>The codes after "P:" in the protocol's table of section 1, by key; none for a key whose detail is text.</summary>
    static readonly FrozenDictionary<string, string[]> Details = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["identification"] = Identifications,
        ["identified_by"] = FreeText,
        [IdentifiedOn] = FreeText,
        ["tracing_result"] = FreeText,
        ["nationality"] = ["NATIONAL", "RIGHT_OF_RESIDENCE", "STATELESS", "NOT_VERIFIED"],
        ["family"] = ["SUITABLE", "NOT_SUITABLE", "NOT_REACHED", "NOT_ASKED"],
        ["risk"] = FreeText,
        ["recommendation"] = FreeText,
        ["other_wish"] = ["STAY", "THIRD_COUNTRY", "UNDECIDED"],
        ["reference"] = FreeText,
        ["barred_parent"] = ["MOTHER", "FATHER", "BOTH"],
        ["conditions"] = ["NO_CAPACITY", "SERVICE_NOT_AVAILABLE", "OTHER"],
        ["postponed_for"] = FreeText,
        ["escort"] = FreeText,
        ["who_pays"] = FreeText,
        ["what_to_bring"] = FreeText,
        ["held_for"] = ["HEARING", "ADVANCE_TESTIMONY", "COMPENSATION", "HEALTH"],
        ["services"] = FreeText,
        ["safe"] = ["YES", "NO", "UNKNOWN"],
        ["risk_of_being_trafficked_again"] = ["LOW", "SOME", "HIGH", "UNKNOWN"],
        ["appearance_mode"] = ["IN_PERSON", "VIDEO", "ADVANCE_TESTIMONY"],
        ["protection_measures"] = FreeText,
        ["entitlement"] = ["AWARD", "WAGES", "FUND", "PAYMENT"],
        ["proceedings"] = ["HEARING", "VERDICT"],
        ["contact"] = ["LEFT_CARE", "WENT_HOME_ALONE", "OWN_CHOICE", "DEPORTED", "DIED", "UNKNOWN"],
        ["safe_to_trace"] = ["YES", "NO", "UNKNOWN"],
        ["outcome"] = ["STABLE", "WITH_SUPPORT", "TRAFFICKED_AGAIN", "MOVED_ONWARD", "DIED", "LEFT", "UNKNOWN"],
        ["cancelled_for"] = ["ASYLUM", "FEAR_OF_AN_OFFICIAL", "NOT_STATED", "OTHER"],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Says what is wrong with particulars that an office sends; never what they say.</summary>
    /// <param name="particulars">As they came.</param>
    /// <param name="opens">They are beside an opening, which alone has a preview.</param>
    /// <param name="recordsConsent">They are beside a consent that is recorded, which alone has its details so.</param>
    /// <param name="fields">Of the request.</param>
    public static void Check(Wire.Particulars particulars, bool opens, bool recordsConsent, FieldReader fields)
    {
        fields = fields.Within("particulars");
        fields.Text("note", particulars.Note, MostNote);
        if (particulars.ContradictionReason.Length > 0) fields.Fault("contradiction_reason", "is the node's to write: send it as command.contradiction_reason");
        Language("text_language", particulars.TextLanguage, fields);
        if (particulars.TranslationOwed && particulars.TextLanguage.Length == 0) fields.Fault("text_language", "is missing: who is to translate has to know from which language");
        if (particulars.Details.Count > MostDetails) fields.Fault("details", $"are more than {MostDetails}");
        foreach (var (key, value) in particulars.Details)
        {
            // A key is the caller's text: it may be personal data in the wrong place, and is not repeated.
            if (!Details.TryGetValue(key, out var codes)) fields.Fault("details", $"hold a key that is none of {string.Join(", ", Details.Keys.Order(StringComparer.Ordinal))}");
            else if (key == IdentifiedOn) fields.OptionalDate($"details.{key}", value);
            else if (codes.Length == 0) fields.Text($"details.{key}", value, MostText);
            else OneOf($"details.{key}", value, codes, fields);
        }
        if (particulars.Consent is { } consent)
        {
            if (!recordsConsent) fields.Fault("consent", "belongs to a recorded consent; beside an opening it is preview.consent");
            Check(consent, fields.Within("consent"));
        }
        if (particulars.Preview is not { } preview) return;
        if (!opens) fields.Fault("preview", "belongs to the opening: send what changed as details");
        Check(preview, fields.Within("preview"));
    }

    /// <summary>What is withheld by the consent of which particulars tell.</summary>
    /// <param name="content">Serialised Particulars, beside an opening or a recorded consent.</param>
    public static Withheld WithheldIn(ReadOnlyMemory<byte> content)
    {
        try
        {
            var particulars = Wire.Particulars.Parser.ParseFrom(content.Span);
            return (particulars.Consent ?? particulars.Preview?.Consent) is { } consent ? new Withheld.These(consent.Withheld) : new Withheld.Unsaid();
        }
        catch (InvalidProtocolBufferException)
        {
            return new Withheld.Unreadable();
        }
    }

    /// <summary>Whether an office must not hear of a person, as the preview beside an opening says.</summary>
    /// <param name="content">Serialised Particulars; what is none bars nobody.</param>
    /// <param name="node">Whose office.</param>
    /// <param name="office">Which.</param>
    public static bool Bars(ReadOnlyMemory<byte> content, NodeId node, Office office)
    {
        try
        {
            // A unit is all of its offices.
            return Wire.Particulars.Parser.ParseFrom(content.Span).Preview?.BarredOffices.Any(barred => barred == $"{node}:{office}" || barred == $"{node}:{office.Unit}") is true;
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }
    }

    static void Check(Wire.Preview preview, FieldReader fields)
    {
        OneOf<Wire.Sex>("sex", preview.Sex, fields);
        fields.Text("gender", preview.Gender, 40);
        OneOf<Wire.AgeBand>("age_band", preview.AgeBand, fields);
        if (preview.StatedNationality is not ("" or [>= 'A' and <= 'Z', >= 'A' and <= 'Z'])) fields.Fault("stated_nationality", "is no ISO 3166 alpha-2 code, such as MM");
        Language("language", preview.Language, fields);
        if (preview.Identification.Length > 0) OneOf("identification", preview.Identification, Identifications, fields);
        fields.Text("identified_by", preview.IdentifiedBy, MostText);
        fields.OptionalDate("identified_on", preview.IdentifiedOn);
        if (preview.TrmStage > 5) fields.Fault("trm_stage", "is 1 to 5, or 0 where it was not said");
        Coded("exploitation", preview.Exploitation, Htcds.Exploitation, fields);
        Coded("means_of_control", preview.MeansOfControl, Htcds.MeansOfControl, fields);
        Listed("services", preview.Services, fields);
        Listed("needs", preview.Needs, fields);
        foreach (var need in preview.Needs) OneOf("needs", need, Needs, fields);
        Listed("barred_offices", preview.BarredOffices, fields);
        foreach (var barred in preview.BarredOffices)
        {
            if (barred.Split(':') is not [var country, var office] || !NodeId.TryParse(country, out _) || !(Office.TryParse(office, out _) || Office.TryCreate(Role.FocalPoint, office, out _)))
                fields.Fault("barred_offices", "hold what is no country and office or unit, such as LA:focal-point@example or LA:example");
        }
        if (preview.Consent is { } consent) Check(consent, fields.Within("consent"));
    }

    static void Check(Wire.ConsentDetails consent, FieldReader fields)
    {
        // A category that nobody knows would be withheld by nobody.
        if (consent.Withheld.Any(category => !CaseFileWire.Categories.Contains(category))) fields.Fault("withheld", $"holds what is no category of the case file: {string.Join(", ", CaseFileWire.Categories.Order(StringComparer.Ordinal))}");
        OneOf<Wire.AuthorisedBy>("given_by", consent.GivenBy, fields);
        fields.OptionalDate("given_on", consent.GivenOn);
        Language("language", consent.Language, fields);
        if (consent.Form.Length is not (0 or 32)) fields.Fault("form", "is a SHA-256: 32 bytes are needed");
    }

    static void Listed(string field, IReadOnlyCollection<string> texts, FieldReader fields)
    {
        if (texts.Count > MostListed) fields.Fault(field, $"are more than {MostListed}");
        foreach (var text in texts) fields.Text(field, text, 100);
    }

    static void Coded(string field, IReadOnlyCollection<string> codes, IReadOnlySet<string> list, FieldReader fields)
    {
        if (codes.Count > MostListed) fields.Fault(field, $"are more than {MostListed}");
        if (codes.Any(code => !list.Contains(code))) fields.Fault(field, $"are codes of the Human Trafficking Case Data Standard: {string.Join(", ", list.Order(StringComparer.Ordinal))}");
    }

    static void OneOf<TCode>(string field, TCode code, FieldReader fields) where TCode : struct, Enum
    {
        if (!Enum.IsDefined(code)) fields.UnknownCode<TCode>(field);
    }

    static void OneOf(string field, string code, string[] codes, FieldReader fields)
    {
        if (!codes.Contains(code)) fields.Fault(field, $"is one of {string.Join(", ", codes)}");
    }

    static void Language(string field, string text, FieldReader fields)
    {
        if (text is not ("" or [>= 'a' and <= 'z', >= 'a' and <= 'z', >= 'a' and <= 'z'])) fields.Fault(field, "is no ISO 639-3 code, such as shn");
    }
}

/// <summary>What particulars tell of what a person withholds. Closed.</summary>
public abstract record Withheld
{
    private Withheld() { }

    /// <summary>Categories of the case file, none among them.</summary>
    public sealed record These(IReadOnlyCollection<string> Categories) : Withheld;

    /// <summary>They do not tell: what was said before goes on.</summary>
    public sealed record Unsaid : Withheld;

    /// <summary>They are no particulars.</summary>
    public sealed record Unreadable : Withheld;
}
