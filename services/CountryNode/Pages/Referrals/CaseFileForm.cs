using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Pages.Forms;
using Coordination.Hosting.Referrals;
using Coordination.Screens.Languages;
using Coordination.Screens.Parts;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Coordination.CountryNode.Pages.Referrals;

/// <summary>All that an office tells of who the person is; what the person keeps back is cleared by the node before it is sealed.</summary>
public sealed class CaseFileForm(Screen screen)
{
    public const string WithHealth = "with_health";

    /// <summary>By which files are chosen.</summary>
    public const string Files = "files";

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
        request.CaseFile.Attachments.AddRange(Added(entered).Where(added => entered.Text(added.Name.Name).Length > 0)
            .Select(added => new Attachment { AttachmentId = entered.Text(added.Id), Name = entered.Text(added.Name.Name) }));
        return (request.CaseFile, reading.Faults);
    }

    /// <summary>What was added before: where its id stands, which nobody types, and the field of its name.</summary>
    public IReadOnlyList<(string Id, FormField Name)> Added(Entered entered) =>
    [
        .. Enumerable.Range(0, CaseFileWire.MostAttachments).Select(row => $"{Root}.attachments.{row}").TakeWhile(row => entered.Text($"{row}.attachment_id").Length > 0)
            .Select(row => ($"{row}.attachment_id", new FormField($"{row}.name", FieldKind.Text, Words["Name of the file"], Words["Leave it empty, and the file does not go along."]))),
    ];

    /// <summary>All fields, those of what was added among them.</summary>
    public IEnumerable<FormField> AllFields(Entered entered) => Parts.SelectMany(part => part.Fields).Concat(Added(entered).Select(added => added.Name));

    /// <summary>Adds the files that came with the form, each as it comes; of those that are not taken it is said why, and the others are added all the same.</summary>
    public async Task<(Entered Entered, Faults Faults)> AddAsync(Entered entered, HttpContext http, ByteString dossier, Calls calls)
    {
        var faults = Faults.None;
        if (Upload.Of(http) is not { } upload) return (entered, faults);
        await foreach (var file in upload.FilesAsync(http.RequestAborted))
        {
            var row = $"{Root}.attachments.{Added(entered).Count}";
            if (Added(entered).Count == CaseFileWire.MostAttachments)
            {
                faults = faults.With(Files, Words["{0}: no more than {1} files go with one case file. Put several papers into one file, or leave one away.", file.Name, CaseFileWire.MostAttachments]);
                continue;
            }
            try
            {
                var added = await calls.AddAttachmentAsync(dossier, file.Content);
                entered = entered.With($"{row}.attachment_id", added.AttachmentId).With($"{row}.name", file.Name);
            }
            catch (RpcException refused) when (refused.StatusCode is StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.DeadlineExceeded)
            {
                foreach (var fault in Refusals.ToFaults(refused, Words, [new FormField("data", FieldKind.Text, file.Name)]).All)
                    faults = faults.With(Files, fault.Field.Length > 0 ? fault.Text : Words["{0}: {1}", file.Name, fault.Text]);
            }
        }
        return (entered, faults);
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
