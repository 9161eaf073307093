using System.CommandLine;
using System.Text.Json.Nodes;
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
            var option = field.ToOption();
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
                case Option<bool> flag when parsed.GetValue(flag): field.Set(request); break;
                case Option<string[]> many: field.Set(request, parsed.GetValue(many) ?? []); break;
                case Option<string?> one: field.Set(request, parsed.GetValue(one) ?? ""); break;
            }
        }
        return request;
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
