using System.CommandLine;
using System.Text.Json.Nodes;
using Coordination.Contracts;
using Coordination.Hosting.Requests;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using FieldMask = Google.Protobuf.WellKnownTypes.FieldMask;

namespace Coordination.Cli.Commands;

/// <summary>The fields of a request as options of a command.</summary>
sealed class FieldOptions
{
    readonly List<(Field Field, Option Option)> _options = [];

    /// <summary>Adds an option for every field of a request but some.</summary>
    public static FieldOptions AddTo(Command command, MessageDescriptor request, params IReadOnlyCollection<string> but)
    {
        var options = new FieldOptions();
        foreach (var field in Fields.Of(request, but).All)
        {
            var option = ToOption(field);
            options._options.Add((field, option));
            command.Options.Add(option);
        }
        return options;
    }

    /// <summary>What was given, as the JSON of the request.</summary>
    /// <exception cref="UsageException">An option says nothing that its field can hold.</exception>
    public JsonObject Read(ParseResult parsed)
    {
        var request = new JsonObject();
        foreach (var (field, option) in _options)
        {
            if (parsed.GetResult(option) is not { Implicit: false }) continue;
            switch (option)
            {
                case Option<bool> flag when parsed.GetValue(flag): Set(field, request); break;
                case Option<string[]> many: Set(field, request, parsed.GetValue(many) ?? []); break;
                case Option<string?> one: Set(field, request, parsed.GetValue(one) ?? ""); break;
            }
        }
        return request;
    }

    /// <summary>Puts what was said into a request.</summary>
    /// <exception cref="UsageException">It says nothing that the field can hold.</exception>
    public static void Set(Field field, JsonObject request, params IReadOnlyList<string> said)
    {
        if (field.Set(request, $"--{field.Name}", said) is { } fault) throw new UsageException(fault);
    }

    /// <summary>The option by which a field is given.</summary>
    public static Option ToOption(Field field)
    {
        var says = ProtoComments.Of(field.Describes);
        var hint = field.Describes.FieldType switch
        {
            FieldType.Enum => string.Join('|', field.Codes!.Keys),
            FieldType.Bytes => "hex",
            FieldType.Message => "2027-01-15T09:30:00Z",
            FieldType.UInt32 => "number",
            _ => "text",
        };
        Option option = field switch
        {
            { IsFlag: true } => new Option<bool>($"--{field.Name}") { Description = says },
            { Describes.IsRepeated: true } => new Option<string[]>($"--{field.Name}") { Description = $"{says} May be repeated.", HelpName = hint },
            _ => new Option<string?>($"--{field.Name}") { Description = says, HelpName = hint },
        };
        if (field.Codes is not null) option.CompletionSources.Add([.. field.Codes.Keys]);
        return option;
    }

    /// <summary>Sets what was given in a request, in place of what it says there; the rest of it stays.</summary>
    /// <exception cref="UsageException">An option says nothing that its field can hold.</exception>
    public void Set(ParseResult parsed, IMessage request)
    {
        var given = new FieldMask();
        given.Paths.AddRange(from option in _options where parsed.GetResult(option.Option) is { Implicit: false } select string.Join('.', option.Field.Path));
        given.Merge(Calling.Parse(Read(parsed), request.Descriptor), request, new() { ReplaceMessageFields = true, ReplacePrimitiveFields = true, ReplaceRepeatedFields = true });
    }
}
