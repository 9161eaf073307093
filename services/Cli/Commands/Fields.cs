using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Coordination.Contracts;
using Google.Protobuf.Reflection;

namespace Coordination.Cli.Commands;

/// <summary>The fields of a request as a command line and a CSV file give them: one name for each, by the names in the protos.</summary>
/// <remarks>Fields of what the command is about need no prefix; those of messages further inside have it: <c>consent-until</c>.</remarks>
sealed class Fields
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
        else _fields.Add(new Field(Words.Kebab(name), [.. path, field.Name], field));
    }

    static bool IsInside(FieldDescriptor field) =>
        field is { FieldType: FieldType.Message, IsRepeated: false } && field.MessageType.FullName != "google.protobuf.Timestamp" && field.MessageType.Fields.InDeclarationOrder().Count > 0;
}

/// <summary>One field, as text.</summary>
/// <param name="Name">As an option is called, without the dashes, and a column.</param>
/// <param name="Path">Where it stands in the request.</param>
/// <param name="Describes">What the proto says of it.</param>
sealed record Field(string Name, IReadOnlyList<string> Path, FieldDescriptor Describes)
{
    readonly IReadOnlyDictionary<string, string>? _codes = Describes.FieldType is FieldType.Enum ? Codes.Of(Describes.EnumType) : null;

    /// <summary>It is said or not, and nothing more.</summary>
    public bool IsFlag => Describes.FieldType is FieldType.Bool || (Describes.FieldType is FieldType.Message && Describes.MessageType.Fields.InDeclarationOrder().Count == 0);

    /// <summary>The option by which it is given.</summary>
    public Option ToOption()
    {
        var says = ProtoComments.Of(Describes);
        var hint = Describes.FieldType switch
        {
            FieldType.Enum => string.Join('|', _codes!.Keys),
            FieldType.Bytes => "hex",
            FieldType.Message => "2027-01-15T09:30:00Z",
            FieldType.UInt32 => "number",
            _ => "text",
        };
        Option option = this switch
        {
            { IsFlag: true } => new Option<bool>($"--{Name}") { Description = says },
            { Describes.IsRepeated: true } => new Option<string[]>($"--{Name}") { Description = $"{says} May be repeated.", HelpName = hint },
            _ => new Option<string?>($"--{Name}") { Description = says, HelpName = hint },
        };
        if (_codes is not null) option.CompletionSources.Add([.. _codes.Keys]);
        return option;
    }

    /// <summary>Puts what was said into the request.</summary>
    /// <param name="request">As JSON.</param>
    /// <param name="said">One text, or several where it may be repeated; none for a flag.</param>
    /// <exception cref="UsageException">It says nothing that the field can hold.</exception>
    public void Set(JsonObject request, params IReadOnlyList<string> said)
    {
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
            { IsRepeated: true } => new JsonArray([.. said.Select(Read)]),
            _ => Read(said[0]),
        };
    }

    JsonNode Read(string text) => Describes.FieldType switch
    {
        FieldType.Enum => _codes!.TryGetValue(text, out var code) ? code : throw new UsageException($"This is no code for --{Name}: choose among {string.Join(", ", _codes.Keys)}."),
        FieldType.Bytes => text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit)
            ? Convert.ToBase64String(Convert.FromHexString(text))
            : throw new UsageException($"--{Name} takes hexadecimal digits, two for each byte."),
        FieldType.UInt32 => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new UsageException($"--{Name} takes a number."),
        FieldType.Message => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)
            ? at.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture)
            : throw new UsageException($"--{Name} takes a day and a time, such as 2027-01-15T09:30:00Z."),
        _ => text,
    };
}
