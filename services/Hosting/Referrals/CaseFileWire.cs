using System.Collections.Frozen;
using System.Globalization;
using Coordination.Hosting.Dossiers;
using Google.Protobuf;
using Wire = Coordination.Contracts.Referral.V1;

namespace Coordination.Hosting.Referrals;

/// <summary>What may stand in a case file, and what of it a person withholds.</summary>
public static class CaseFileWire
{
    /// <summary>In bytes, of a whole case file.</summary>
    public const int MostBytes = 1024 * 1024;

    /// <summary>That go with one version.</summary>
    public const int MostAttachments = 16;

    const int MostListed = 32, MostName = 200, MostWord = 100;

    /// <summary>By the names of <see cref="Wire.CaseFile"/>'s fields.</summary>
    public static FrozenSet<string> Categories { get; } = Wire.CaseFile.Descriptor.Fields.InDeclarationOrder().Select(field => field.Name).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Withheld unless the other side asked for it.</summary>
    public const string Health = "health";

    /// <summary>The same without some categories.</summary>
    /// <param name="file">All of it.</param>
    /// <param name="withheld">Names of fields; what is no category here withholds nothing.</param>
    public static Wire.CaseFile Without(Wire.CaseFile file, IEnumerable<string> withheld)
    {
        var without = file.Clone();
        foreach (var category in withheld) Wire.CaseFile.Descriptor.FindFieldByName(category)?.Accessor.Clear(without);
        return without;
    }

    /// <inheritdoc cref="Without(Wire.CaseFile, IEnumerable{string})"/>
    public static ReadOnlyMemory<byte> Without(ReadOnlyMemory<byte> file, IEnumerable<string> withheld) => Without(Wire.CaseFile.Parser.ParseFrom(file.Span), withheld).ToByteArray();

    /// <summary>Says what is wrong with a case file that an office sends; never what it says.</summary>
    public static void Check(Wire.CaseFile? file, FieldReader fields)
    {
        if (file is null || file.CalculateSize() == 0)
        {
            fields.Fault("case_file", "is missing: what is known of the person is needed");
            return;
        }
        if (file.CalculateSize() > MostBytes) fields.Fault("case_file", $"is larger than {MostBytes / 1024 / 1024} MiB");
        fields = fields.Within("case_file");
        foreach (var name in Listed("names", file.Names, fields))
        {
            if (name.Name.Length == 0) fields.Fault("names.name", "is missing");
            fields.Text("names.name", name.Name, MostName);
            if (name.Script is not ("" or [>= 'A' and <= 'Z', >= 'a' and <= 'z', >= 'a' and <= 'z', >= 'a' and <= 'z'])) fields.Fault("names.script", "is no ISO 15924 code, such as Laoo");
        }
        if (file.Birth is { } birth)
        {
            About("birth.on", birth.On, fields);
            fields.Text("birth.place", birth.Place, ParticularsWire.MostText);
        }
        foreach (var document in Listed("documents", file.Documents, fields))
        {
            fields.Text("documents.type", document.Type, MostWord);
            fields.Text("documents.number", document.Number, MostWord);
            if (document.IssuedBy is not ("" or [>= 'A' and <= 'Z', >= 'A' and <= 'Z'])) fields.Fault("documents.issued_by", "is no ISO 3166 alpha-2 code, such as MM");
        }
        fields.Text("origin_address", file.OriginAddress, ParticularsWire.MostText);
        foreach (var member in Listed("family", file.Family, fields))
        {
            fields.Text("family.name", member.Name, MostName);
            fields.Text("family.relation", member.Relation, MostWord);
            fields.Text("family.contact", member.Contact, ParticularsWire.MostText);
        }
        fields.Text("identification_decision", file.IdentificationDecision, ParticularsWire.MostNote);
        fields.Text("risk_assessment", file.RiskAssessment, ParticularsWire.MostNote);
        fields.Text("health", file.Health, ParticularsWire.MostNote);
        foreach (var happened in Listed("events", file.Events, fields))
        {
            if (!Enum.IsDefined(happened.Kind) || happened.Kind is Wire.CaseEventKind.Unspecified) fields.UnknownCode<Wire.CaseEventKind>("events.kind");
            fields.Text("events.place", happened.Place, ParticularsWire.MostText);
            About("events.from", happened.From, fields);
            About("events.until", happened.Until, fields);
            fields.Text("events.account", happened.Account, ParticularsWire.MostNote);
        }
        if (file.Safety is { } safety)
        {
            if (!Enum.IsDefined(safety.Contact)) fields.UnknownCode<Wire.SafeToContact>("safety.contact");
            fields.Text("safety.how", safety.How, ParticularsWire.MostText);
        }
        fields.Text("office_contact", file.OfficeContact, ParticularsWire.MostText);
        foreach (var attachment in Listed("attachments", file.Attachments, fields, MostAttachments))
        {
            if (!AttachmentWire.IsId(attachment.AttachmentId)) fields.Fault("attachments.attachment_id", "is no id of an attachment: AddAttachment answers with one");
            fields.Text("attachments.name", attachment.Name, MostName);
        }
        if (file.Attachments.Select(attachment => attachment.AttachmentId).Distinct(StringComparer.Ordinal).Count() < file.Attachments.Count) fields.Fault("attachments", "name the same twice");
    }

    /// <summary>Whether bytes of another country are a case file whose attachments can be asked for. What it says is its author's affair, and a newer version's.</summary>
    public static bool IsOne(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var attachments = Wire.CaseFile.Parser.ParseFrom(bytes).Attachments;
            return attachments.Count <= MostAttachments && attachments.Select(attachment => attachment.AttachmentId).Distinct(StringComparer.Ordinal).Count() == attachments.Count
                && attachments.All(attachment => AttachmentWire.IsId(attachment.AttachmentId) && attachment.Size is > 0 and <= AttachmentWire.MostBytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }
    }

    static IReadOnlyCollection<T> Listed<T>(string field, IReadOnlyCollection<T> members, FieldReader fields, int most = MostListed)
    {
        if (members.Count <= most) return members;
        fields.Fault(field, $"are more than {most}");
        return [];
    }

    /// <summary>A day, a month or a year, as far as it is known.</summary>
    static void About(string field, string text, FieldReader fields)
    {
        if (text.Length > 0 && !DateOnly.TryParseExact(text, ["yyyy-MM-dd", "yyyy-MM", "yyyy"], CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
            fields.Fault(field, "is no day, month or year: YYYY-MM-DD, YYYY-MM or YYYY is needed");
    }
}
