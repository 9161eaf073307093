using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Pages.Forms;
using Coordination.Screens.Languages;
using Coordination.Screens.Parts;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Coordination.CountryNode.Pages.Referrals;

/// <summary>All that an office tells of who the person is; what the person keeps back is cleared by the node before it is sealed.</summary>
public sealed class CaseFileForm(Screen screen)
{
    public const string WithHealth = "with_health";

    const string Root = "case_file";

    Words Words => screen.Words;

    /// <summary>The parts of the file, each with its fields; of what there may be several, as many rows as most need.</summary>
    public IReadOnlyList<(string Part, IReadOnlyList<FormField> Fields)> Parts =>
    [
        ("names", Rows("names", 3, PersonName.Descriptor)),
        ("birth", Inside("birth", Birth.Descriptor)),
        ("documents", Rows("documents", 2, IdentityDocument.Descriptor)),
        ("origin_address", [One("origin_address", FieldKind.Note)]),
        ("family", Rows("family", 3, FamilyMember.Descriptor)),
        ("identification_decision", [One("identification_decision", FieldKind.Note)]),
        ("risk_assessment", [One("risk_assessment", FieldKind.Note)]),
        ("health", [One("health", FieldKind.Note), new FormField(WithHealth, FieldKind.Flag, Words["The other country asked for it, and the person agrees"], Words["Health stays here otherwise. A test for HIV is never a condition of anything."])]),
        ("events", Rows("events", 3, CaseEvent.Descriptor)),
        ("safety", Inside("safety", SafetyInstructions.Descriptor)),
        ("office_contact", [One("office_contact", FieldKind.Text)]),
    ];

    /// <summary>The file, and what cannot be put into it.</summary>
    public (CaseFile File, Faults Faults) Read(Entered entered)
    {
        var reading = new Reading(entered, screen.Country, Words);
        var request = new ReleaseCaseFileRequest { CaseFile = new() };
        foreach (var field in Parts.SelectMany(part => part.Fields)) reading.Into(request, field);
        // Rows that were left empty.
        RemoveEmpty(request.CaseFile.Names);
        RemoveEmpty(request.CaseFile.Documents);
        RemoveEmpty(request.CaseFile.Family);
        RemoveEmpty(request.CaseFile.Events);
        return (request.CaseFile, reading.Faults);
    }

    static void RemoveEmpty<TRow>(Google.Protobuf.Collections.RepeatedField<TRow> rows) where TRow : IMessage<TRow>
    {
        for (var place = rows.Count - 1; place >= 0; place--)
            if (rows[place].CalculateSize() == 0) rows.RemoveAt(place);
    }

    IReadOnlyList<FormField> Rows(string part, int rows, MessageDescriptor message) => [.. Enumerable.Range(0, rows).SelectMany(row => Inside($"{part}.{row}", message))];

    IReadOnlyList<FormField> Inside(string path, MessageDescriptor message) => [.. message.Fields.InDeclarationOrder().Select(field => new FormField(
        $"{Root}.{path}.{field.Name}",
        field.FieldType switch { FieldType.Bool => FieldKind.Flag, FieldType.Enum => FieldKind.Choice, _ => field.Name is "account" ? FieldKind.Note : FieldKind.Text },
        Vocabulary.Field($"{message.Name}.{field.Name}", Words).Label, Vocabulary.Field($"{message.Name}.{field.Name}", Words).Hint, field,
        field.FieldType is FieldType.Enum ? [.. field.EnumType.Values.Where(code => code.Number != 0).Select(code => new Choice(code.Name, Vocabulary.Code(code, Words)))] : null))];

    FormField One(string name, FieldKind kind) => new($"{Root}.{name}", kind, Vocabulary.CaseFilePart(name, Words), Describes: CaseFile.Descriptor.FindFieldByName(name));
}
