using System.Collections;
using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.Hosting.Referrals;
using Coordination.Screens.Languages;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Entry = Coordination.Contracts.Dossier.V1.Entry;
using Notice = Coordination.Contracts.Referral.V1.Notice;

namespace Coordination.CountryNode.Pages;

/// <summary>What messages say, in words.</summary>
public static class Spoken
{
    /// <summary>An office as messages have it.</summary>
    public static string Office(Contracts.Directory.V1.Office office, Words words) => words.Office($"{Domain.Dossiers.Office.NameOf((Domain.Dossiers.Role)office.Role)}@{office.Unit}");

    /// <summary>What is owed: which follow-up, which item.</summary>
    public static string Debt(Debt debt, Words words) => (debt.Clock, debt.Number) switch
    {
        (Clock.FollowUp, var number and > 0) => words["{0}, number {1}", Vocabulary.Code(debt.Clock, words), number],
        (Clock.Prepare, var item and > 0) => words["{0}: {1}", Vocabulary.Code(debt.Clock, words), Vocabulary.Code((PreparationItem)item, words)],
        _ => Vocabulary.Code(debt.Clock, words),
    };

    /// <summary>What a case file says, part by part; parts that say nothing are left out, as are fields.</summary>
    public static IEnumerable<(string Part, IReadOnlyList<IReadOnlyList<(string Label, string Value)>> Rows)> CaseFile(CaseFile file, Words words)
    {
        foreach (var field in Contracts.Referral.V1.CaseFile.Descriptor.Fields.InDeclarationOrder())
        {
            IReadOnlyList<(string, string)>[] rows = field.Accessor.GetValue(file) switch
            {
                string text => [[(Vocabulary.CaseFilePart(field.Name, words), text)]],
                IEnumerable several => [.. several.OfType<IMessage>().Select(Row)],
                IMessage one => [Row(one)],
                _ => [],
            };
            if (rows.Where(row => row.Any(said => said.Item2.Length > 0)).ToArray() is { Length: > 0 } said) yield return (field.Name, said);
        }

        IReadOnlyList<(string, string)> Row(IMessage message) =>
        [
            .. message.Descriptor.Fields.InDeclarationOrder().Select(field => (Vocabulary.Field($"{message.Descriptor.Name}.{field.Name}", words).Label, Value(field, field.Accessor.GetValue(message))))
                .Where(said => said.Item2.Length > 0),
        ];

        string Value(FieldDescriptor field, object value) => (field.FieldType, value) switch
        {
            (FieldType.Bool, true) => words["Yes"],
            (FieldType.Enum, _) when field.EnumType.FindValueByNumber(Convert.ToInt32(value)) is { Number: not 0 } code => Vocabulary.Code(code, words),
            (_, string text) => text,
            (_, ulong number) => number.ToString(),
            _ => "",
        };
    }

    /// <summary>What an entry states, field by field, in words; tokens, hashes and what the program counts are left out.</summary>
    public static IEnumerable<Fact> Facts(Entry entry, Screen screen)
    {
        var stated = Entry.Descriptor.Oneofs.Single(oneof => oneof.Name == "body").Accessor.GetCaseFieldDescriptor(entry);
        return stated?.Accessor.GetValue(entry) is IMessage body ? Of(body, body.Descriptor.Name) : [];

        IEnumerable<Fact> Of(IMessage message, string path)
        {
            foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
            {
                // What a correction says is called as it was called the first time.
                var (called, value) = (message is Corrected && field.FieldType is FieldType.Message ? field.MessageType.Name : $"{path}.{field.Name}", field.Accessor.GetValue(message));
                var label = Vocabulary.Field(called, screen.Words).Label;
                // What has no name on screen is nothing that people read.
                if (value is Corrected.Types.Retraction) yield return new(screen.Words["What was said"], screen.Words["is taken back"]);
                else if (value is Contracts.Directory.V1.Office office) yield return new(label, Office(office, screen.Words));
                else if (value is IMessage inside and not Timestamp) foreach (var said in Of(inside, called)) yield return said;
                else if (label != called && Value(field, value) is { Length: > 0 } text) yield return new(label, text);
            }
        }

        string Value(FieldDescriptor field, object? value) => (field.FieldType, value) switch
        {
            (_, Timestamp at) => screen.At(at),
            (FieldType.Enum, IEnumerable several) => string.Join("; ", several.Cast<object>().Select(one => Code(field, one))),
            (FieldType.Enum, { } one) => Code(field, one),
            (FieldType.Bool, true) => screen.Words["Yes"],
            (FieldType.UInt32, uint number and > 0) => number.ToString(),
            (FieldType.String, string text) => text.Length == 2 ? screen.Words.Country(text) : screen.Day(text),
            (FieldType.String, IEnumerable<string> countries) => string.Join(", ", countries.Select(screen.Words.Country)),
            _ => "",
        };

        string Code(FieldDescriptor field, object value) => field.EnumType.FindValueByNumber(Convert.ToInt32(value)) is { Number: not 0 } code ? Vocabulary.Code(code, screen.Words) : "";
    }

    /// <summary>What is told beside an entry: the note, and details in words.</summary>
    public static IEnumerable<Fact> Beside(Particulars particulars, Words words)
    {
        var written = SpokenLanguages.TagOf(particulars.TextLanguage);
        if (particulars.Note.Length > 0) yield return new(words["Note"], particulars.Note, written);
        foreach (var (key, value) in particulars.Details.OrderBy(detail => detail.Key, StringComparer.Ordinal))
            yield return Vocabulary.DetailCodes(key, words).FirstOrDefault(code => code.Code == value).Label is { } label ? new(Vocabulary.Detail(key, words), label) : new(Vocabulary.Detail(key, words), value, written);
        if (particulars.ContradictionReason.Length > 0) yield return new(words["Why it was said although it does not fit"], particulars.ContradictionReason, written);
        if (particulars.TranslationOwed) yield return new(words["Translation"], words["owed; what is told here is written in {0}", LanguageName(particulars.TextLanguage, words)]);
        if ((particulars.Consent ?? particulars.Preview?.Consent) is { } consent)
        {
            if (consent.Withheld.Count > 0) yield return new(words["What the person keeps back"], string.Join("; ", consent.Withheld.Select(part => Vocabulary.CaseFilePart(part, words))));
            if (consent.GivenBy is not AuthorisedBy.Unspecified) yield return new(words["Who agreed, if not the person"], Vocabulary.Code(consent.GivenBy, words));
            if (consent.GivenOn.Length > 0) yield return new(words["Agreed on which day"], Day(consent.GivenOn, words));
            if (consent.Language.Length > 0) yield return new(words["In which language it was explained"], LanguageName(consent.Language, words));
            if (consent.Form.Length > 0) yield return new(words["Digest of the signed form (SHA-256)"], Links.Hex(consent.Form));
        }
        if (particulars.Preview is not { } preview) yield break;
        if (preview.Sex is not Sex.Unspecified) yield return new(words["Sex"], Vocabulary.Code(preview.Sex, words));
        if (preview.AgeBand is not AgeBand.Unspecified) yield return new(words["Age"], Vocabulary.Code(preview.AgeBand, words));
        if (preview.StatedNationality.Length > 0) yield return new(words["Nationality, as the person says"], preview.StatedNationality == "XX" ? words["Stateless"] : words.Country(preview.StatedNationality));
        if (preview.Language.Length > 0) yield return new(words["The person's own language"], LanguageName(preview.Language, words));
        if (preview.Identification.Length > 0) yield return new(words["Identification"], Vocabulary.DetailCodes("identification", words).FirstOrDefault(code => code.Code == preview.Identification).Label ?? preview.Identification);
        if (preview.Exploitation.Count > 0) yield return new(words["Forms of exploitation"], string.Join("; ", preview.Exploitation.Select(code => words[Htcds.LabelOf(code)])));
        if (preview.MeansOfControl.Count > 0) yield return new(words["Means of control"], string.Join("; ", preview.MeansOfControl.Select(code => words[Htcds.LabelOf(code)])));
        if (preview.Needs.Count > 0) yield return new(words["What the person needs"], string.Join("; ", preview.Needs.Select(need => words[Vocabulary.Needs.FirstOrDefault(known => known.Code == need).Label ?? need])));
        if (preview.Gender.Length > 0) yield return new(words["The person's own word for their gender"], preview.Gender);
        if (preview.TrmStage > 0) yield return new(words["Stage of the Transnational Referral Mechanism"], $"{preview.TrmStage}");
        if (preview.IdentifiedBy.Length > 0) yield return new(words["By which body"], preview.IdentifiedBy);
        if (preview.IdentifiedOn.Length > 0) yield return new(words["Identified on which day"], Day(preview.IdentifiedOn, words));
        if (preview.Services.Count > 0) yield return new(words["Which services"], string.Join("; ", preview.Services));
        if (preview.BarredOffices.Count > 0) yield return new(words["An office that must not hear of it"], string.Join("; ", preview.BarredOffices));
    }

    static string Day(string day, Words words) => DateOnly.TryParseExact(day, "yyyy-MM-dd", out var read) ? words.Day(read) : day;

    /// <summary>A language by its code; the code itself where it is none of the list.</summary>
    static string LanguageName(string code, Words words) => words[SpokenLanguages.All.FirstOrDefault(language => language.Code == code).Name ?? code];

    public static string Notice(Notice notice, Words words) => words["{0}: {1}",
        notice.SubmissionId.Length > 0 ? Vocabulary.ToDo(notice.Statement, words) : Vocabulary.Code(notice.Clock, words), Vocabulary.Code(notice.Kind, words)];
}

/// <summary>One thing that is said, as a page shows it.</summary>
/// <param name="Label">What it is about.</param>
/// <param name="Value">What is said.</param>
/// <param name="Lang">In which language people wrote it, as a browser calls that; null for the page's own.</param>
public readonly record struct Fact(string Label, string Value, string? Lang = null);
