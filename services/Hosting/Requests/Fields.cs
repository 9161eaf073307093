using System.Globalization;
using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;

namespace Coordination.Hosting.Requests;

/// <summary>The fields of a request as a command line and a CSV file give them: one name for each, by the names in the protos.</summary>
/// <remarks>Fields of what the command is about need no prefix; those of messages further inside have it: <c>consent-until</c>.</remarks>
public sealed class Fields
{
    readonly List<Field> _fields = [];

    /// <summary>Of a request but some.</summary>
    /// <param name="request">The request.</param>
    /// <param name="but">Fields of the request itself that are given in another way, or not at all.</param>
    public static Fields Of(MessageDescriptor request, params IReadOnlyCollection<string> but)
    {
        var fields = new Fields();
        foreach (var field in request.Fields.InDeclarationOrder().Where(field => !but.Contains(field.Name)))
        {
            if (IsInside(field)) foreach (var inner in field.MessageType.Fields.InDeclarationOrder()) fields.Add(inner, [field.Name], inner.Name);
            else fields.Add(field, [], field.Name);
        }
        return fields;
    }

    public IReadOnlyList<Field> All => _fields;

    void Add(FieldDescriptor field, string[] path, string name)
    {
        // Lists of messages, and maps, are given as JSON.
        if (field.FieldType is FieldType.Message && field.IsRepeated) return;
        if (IsInside(field)) foreach (var inner in field.MessageType.Fields.InDeclarationOrder()) Add(inner, [.. path, field.Name], $"{name}_{inner.Name}");
        else _fields.Add(new Field(Spelling.Kebab(name), [.. path, field.Name], field));
    }

    static bool IsInside(FieldDescriptor field) =>
        field is { FieldType: FieldType.Message, IsRepeated: false } && field.MessageType.FullName != "google.protobuf.Timestamp" && field.MessageType.Fields.InDeclarationOrder().Count > 0;
}

/// <summary>One field, as text.</summary>
/// <param name="Name">As an option is called, without the dashes, and a column.</param>
/// <param name="Path">Where it stands in the request.</param>
/// <param name="Describes">What the proto says of it.</param>
public sealed record Field(string Name, IReadOnlyList<string> Path, FieldDescriptor Describes)
{
    /// <summary>What it can say, by short names; null where it is no code.</summary>
    public IReadOnlyDictionary<string, string>? Codes { get; } = Describes.FieldType is FieldType.Enum ? Requests.Codes.Of(Describes.EnumType) : null;

    /// <summary>It is said or not, and nothing more.</summary>
    public bool IsFlag => Describes.FieldType is FieldType.Bool || (Describes.FieldType is FieldType.Message && Describes.MessageType.Fields.InDeclarationOrder().Count == 0);

    /// <summary>Puts what was said into the request.</summary>
    /// <param name="request">As JSON.</param>
    /// <param name="called">What its reader calls it, for what is wrong with it.</param>
    /// <param name="said">One text, or several where it may be repeated; none for a flag.</param>
    /// <returns>What is wrong with it, and what to do; null where it is set.</returns>
    public string? Set(JsonObject request, string called, params IReadOnlyList<string> said)
    {
        var values = new List<JsonNode>();
        foreach (var text in IsFlag ? [] : said)
        {
            if (Read(text, called, out var value) is { } fault) return fault;
            values.Add(value!);
        }
        var at = request;
        foreach (var part in Path.SkipLast(1))
        {
            if (at[part] is not JsonObject below) at[part] = below = [];
            at = below;
        }
        at[Path[^1]] = Describes switch
        {
            { FieldType: FieldType.Message } when IsFlag => new JsonObject(),
            _ when IsFlag => JsonValue.Create(true),
            { IsRepeated: true } => new JsonArray([.. values]),
            _ => values[0],
        };
        return null;
    }

    string? Read(string text, string called, out JsonNode? value)
    {
        value = null;
        switch (Describes.FieldType)
        {
            case FieldType.Enum:
                if (!Codes!.TryGetValue(text, out var code)) return $"This is no code for {called}: choose among {string.Join(", ", Codes.Keys)}.";
                value = code;
                break;
            case FieldType.Bytes:
                if (text.Length % 2 != 0 || !text.All(char.IsAsciiHexDigit)) return $"{called} takes hexadecimal digits, two for each byte.";
                value = Convert.ToBase64String(Convert.FromHexString(text));
                break;
            case FieldType.UInt32:
                if (!uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return $"{called} takes a number.";
                value = number;
                break;
            case FieldType.Message:
                if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)) return $"{called} takes a day and a time, such as 2027-01-15T09:30:00Z.";
                value = at.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
                break;
            default:
                value = text;
                break;
        }
        return null;
    }
}
