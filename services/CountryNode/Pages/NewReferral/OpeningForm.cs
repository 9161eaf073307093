using System.Text.Json;
using Coordination.Contracts.Directory.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Pages.Forms;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Referrals;
using Coordination.Screens.Languages;
using Coordination.Screens.Parts;
using Google.Protobuf.Reflection;
using Microsoft.Extensions.Primitives;

namespace Coordination.CountryNode.Pages.NewReferral;

/// <summary>The steps of a new referral: what for and to whom, the consent, the person in codes; consent before anything personal.</summary>
public sealed class OpeningForm(Screen screen)
{
    const string To = "to", Purposes = "opened.consent.purposes", Until = "opened.consent.until";

    /// <summary>The step before which nothing about the person is asked: 2, the first is 1.</summary>
    public const int ConsentStep = 2;

    Words Words => screen.Words;

    /// <summary>What each step is called; the last shows all of it, and sends.</summary>
    public IReadOnlyList<string> Steps => [Words["What for, and to whom"], Words["Consent"], Words["The person, in codes"], Words["Look again, and send"]];

    /// <summary>The fields of a step, 0 for the first.</summary>
    public IReadOnlyList<FormField> FieldsOf(int step) => step switch
    {
        0 =>
        [
            new FormField(To, FieldKind.Choice, Words["To which country"], Choices: [.. Countries.Where(country => country.Code != screen.Country.ToString())], IsRequired: true),
            Opened("type", Words["What is asked for"], isRequired: true),
            Opened("minority", Words["How old is the person"], isRequired: true),
            Opened("basis", Words["Why may the person's data cross the border"], isRequired: true),
            Opened("reply_by", Words["Until which day do you wait for an acknowledgement"], isRequired: true),
            Opened("urgency", Words["How fast"]),
            Opened("instrument", Words["Under which instrument"]),
            Opened("after_return", Words["The person is back in the country of origin already"]),
            Opened("authorised_by", Words["Who authorised it, for a person under 18"]),
            Opened("best_interests_on", Words["When the best interests of the child were determined"], Words["Needed to find the family of a person under 18."]),
        ],
        1 =>
        [
            Under("opened.consent", Consent.Descriptor, "purposes", Words["What the person agrees to"]),
            Under("opened.consent", Consent.Descriptor, "until", Words["Until which day, inclusive"]),
            Under("particulars.preview.consent", ConsentDetails.Descriptor, "withheld", Words["What the person keeps back"], Words["What is chosen here is never sent."]) with
            {
                Kind = FieldKind.Choices,
                Choices = [.. CaseFileWire.Categories.Order(StringComparer.Ordinal).Select(category => new Choice(category, Vocabulary.CaseFilePart(category, Words)))],
            },
            Under("particulars.preview.consent", ConsentDetails.Descriptor, "given_by", Words["Who agreed, if not the person"]),
            Under("particulars.preview.consent", ConsentDetails.Descriptor, "given_on", Words["On which day"]),
            Language(Under("particulars.preview.consent", ConsentDetails.Descriptor, "language", Words["In which language it was explained"])),
        ],
        2 =>
        [
            Preview("sex", Words["Sex"]),
            Preview("age_band", Words["Age"]),
            Preview("stated_nationality", Words["Nationality, as the person says"]) with { Kind = FieldKind.Choice, Choices = [.. Countries, new("XX", Words["Stateless"])] },
            Language(Preview("language", Words["The person's own language"])),
            Preview("identification", Words["Identification"]) with { Kind = FieldKind.Choice, Choices = [.. Vocabulary.DetailCodes("identification", Words).Select(code => new Choice(code.Code, code.Label))] },
            Preview("identified_by", Words["By which body"]),
            Preview("identified_on", Words["On which day"]),
            Preview("exploitation", Words["Forms of exploitation"]) with { Kind = FieldKind.Choices, Choices = Standard(Htcds.Exploitation) },
            Preview("means_of_control", Words["Means of control"]) with { Kind = FieldKind.Choices, Choices = Standard(Htcds.MeansOfControl) },
            Preview("needs", Words["What the person needs"]) with { Kind = FieldKind.Choices, Choices = [.. Vocabulary.Needs.Select(need => new Choice(need.Code, Words[need.Label]))] },
            Preview("gender", Words["The person's own word for their gender"], Words["At most 40 letters; leave it empty where it was not said."]),
            Preview("barred_offices", Words["An office that must not hear of it"], Words["A country and an office or a unit, such as LA:focal-point@example or LA:example."]),
            .. FreeText.Fields(Words),
        ],
        _ => [],
    };

    public IReadOnlyList<FormField> AllFields => [.. Enumerable.Range(0, Steps.Count).SelectMany(FieldsOf)];

    /// <summary>The columns that a table of openings may have here, in the order of the form: what is asked for, and nothing that a draft could not keep.</summary>
    public IReadOnlyList<(string Column, FormField Field)> Columns =>
    [
        .. from asked in AllFields
           let column = asked.Name == To ? OpeningTable.To : OpeningTable.Columns.Values.FirstOrDefault(known => string.Join('.', known.Path) == asked.Name)?.Name
           where column is not null
           select (column, asked),
    ];

    /// <summary>What tells a draft from others: the office's own word for it, what is asked for, and of whom; empty where nothing was said yet.</summary>
    public string About(Entered entered) => string.Join(" · ", ((string[])[entered.Text(OpeningTable.Reference), Label(entered, "opened.type"), Label(entered, To)]).Where(text => text.Length > 0));

    string Label(Entered entered, string field) => FieldsOf(0).Single(known => known.Name == field).Choices?.FirstOrDefault(choice => choice.Code == entered.Text(field))?.Label ?? "";

    /// <summary>What of the consent is missing; nothing where the referral rests on something else.</summary>
    public Faults ConsentMissing(Entered entered)
    {
        if (entered.Text("opened.basis") != "BASIS_CONSENT") return Faults.None;
        var faults = Faults.None;
        if (entered.All(Purposes).Count == 0) faults = faults.With(Purposes, Words["Say what the person agrees to, before anything about the person."]);
        if (entered.Day(Until).IsNothing) faults = faults.With(Until, Words["Say until which day the person agrees, before anything about the person."]);
        return faults;
    }

    /// <summary>In which step a field is asked for; the first for what is asked for nowhere.</summary>
    public int StepOf(string field) => Math.Max(0, Enumerable.Range(0, Steps.Count).FirstOrDefault(step => FieldsOf(step).Any(known => known.Name == field)));

    /// <summary>What is usual, before anything was entered.</summary>
    public Entered Usual() => Entered.Nothing
        .With("opened.urgency", "URGENCY_ROUTINE").With("opened.instrument", "INSTRUMENT_COMMIT_MEMORANDUM").With("opened.basis", "BASIS_CONSENT")
        .With("opened.reply_by", EnteredDay.Of(screen.Today.AddDays(30), Words.Language.WritesBuddhistEra)).With(FreeText.Language, SpokenLanguages.CodeOf(Words.Language.Tag));

    /// <summary>The request, as far as it was filled in, and what cannot be put into it.</summary>
    public (OpenRequest Request, Faults Faults) Read(Entered entered, string commandId)
    {
        var reading = new Reading(entered, screen.Country, Words);
        var request = new OpenRequest { Command = new Command { CommandId = commandId }, Opened = new(), Particulars = new() };
        foreach (var field in AllFields) reading.Into(request, field);
        FreeText.Into(request.Particulars, entered, isWritten: false);
        if (request.Opened.Basis is not Basis.Consent) request.Opened.Consent = null;
        else request.Opened.Consent ??= new();
        if (!Openings.Complete(request, screen.Country.ToString(), entered.Text(To))) reading.Fault(To, Words["Choose the country that is to act."]);
        return (request, reading.Faults);
    }

    /// <summary>What was entered in one step, beside what was in the others.</summary>
    public Entered Merge(Entered before, Entered step, int at) => FieldsOf(at).Aggregate(before, (merged, field) => field.Kind is FieldKind.Day or FieldKind.Instant
        ? merged.With(field.Name, step.Day(field.Name))
        : merged.With(field.Name, [.. step.All(field.Name)]));

    public static ReadOnlyMemory<byte> Write(Entered entered) => JsonSerializer.SerializeToUtf8Bytes(entered.Values.ToDictionary(field => field.Key, field => field.Value.ToArray(), StringComparer.Ordinal));

    public static Entered Read(ReadOnlyMemory<byte> kept) => new(
        (JsonSerializer.Deserialize<Dictionary<string, string[]>>(kept.Span) ?? []).ToDictionary(field => field.Key, field => new StringValues(field.Value), StringComparer.Ordinal));

    IEnumerable<Choice> Countries => NodeId.Countries.Select(country => new Choice(country.ToString(), Words.Country(country.ToString())));

    IReadOnlyList<Choice> Standard(IEnumerable<string> codes) => [.. codes.Select(code => new Choice(code, Words[Htcds.LabelOf(code)])).OrderBy(choice => choice.Code == "Other").ThenBy(choice => choice.Label, StringComparer.Ordinal)];

    FormField Language(FormField field) => field with { Kind = FieldKind.Choice, Choices = FreeText.Languages(Words) };

    FormField Opened(string name, string label, string? hint = null, bool isRequired = false) => Under("opened", Contracts.Referral.V1.Opened.Descriptor, name, label, hint) with { IsRequired = isRequired };

    FormField Preview(string name, string label, string? hint = null) => Under("particulars.preview", Contracts.Referral.V1.Preview.Descriptor, name, label, hint);

    FormField Under(string path, MessageDescriptor message, string name, string label, string? hint = null)
    {
        var field = message.FindFieldByName(name);
        var kind = field switch
        {
            { FieldType: FieldType.Bool } => FieldKind.Flag,
            { FieldType: FieldType.Enum, IsRepeated: true } => FieldKind.Choices,
            { FieldType: FieldType.Enum } => FieldKind.Choice,
            _ when name is "reply_by" or "until" || name.EndsWith("_on", StringComparison.Ordinal) => FieldKind.Day,
            _ => FieldKind.Text,
        };
        return new FormField($"{path}.{name}", kind, label, hint, field, field.FieldType is FieldType.Enum
            ? [.. field.EnumType.Values.Where(code => code.Number != 0).Select(code => new Choice(code.Name, Vocabulary.Code(code, Words)))]
            : null);
    }
}
