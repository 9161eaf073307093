using System.Collections;
using Coordination.Contracts.Directory.V1;
using Coordination.Contracts.Dossier.V1;
using Coordination.Hosting.Requests;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Coordination.Cli.Commands;

/// <summary>Entries as a person would tell them: the protocol's names in words, its codes as they are.</summary>
static class Telling
{
    /// <summary>Who says it: <c>Thailand, focal-point@datip, for Cambodia, by letter</c>.</summary>
    public static string Who(Entry entry)
    {
        var who = entry.Office is null ? Words.Country(entry.Author) : $"{Words.Country(entry.Author)}, {OfficeName.Of(entry.Office)}";
        if (entry.OnBehalfOf.Length > 0) who += $", for {Words.Country(entry.OnBehalfOf)}";
        return entry.Channel is Channel.Node or Channel.Unspecified ? who : $"{who}, by {Words.Apart(entry.Channel.ToString())}";
    }

    /// <summary>What it says, in words: <c>Return planned</c>.</summary>
    public static string Statement(Entry entry) => BodyOf(entry) is { } body
        ? Words.Capital(Words.Apart(body.Descriptor.Name))
        : "Something that only a newer program understands";

    /// <summary>The codes, dates and numbers of what it says, each with its name in words.</summary>
    public static IEnumerable<(string Name, string Value)> Facts(Entry entry) => BodyOf(entry) is { } body ? Facts(body) : [];

    /// <summary>What it says, in one sentence without its end.</summary>
    public static string Says(Entry entry) => Facts(entry).ToList() is { Count: > 0 } facts ? $"{Statement(entry)}: {Listed(facts)}" : Statement(entry);

    static IMessage? BodyOf(Entry entry) =>
        Entry.Descriptor.Oneofs.First(oneof => oneof.Name == "body").Accessor.GetCaseFieldDescriptor(entry) is { } body ? (IMessage)body.Accessor.GetValue(entry) : null;

    static IEnumerable<(string Name, string Value)> Facts(IMessage message) =>
        from field in message.Descriptor.Fields.InDeclarationOrder()
        let value = Value(field, field.Accessor.GetValue(message))
        where value.Length > 0
        select (Words.Apart(field.Name), value);

    static string Value(FieldDescriptor field, object? value) => value switch
    {
        null => "",
        IList { Count: 0 } => "",
        // The terms of every clock: people want to know that there are some.
        IList list when field.FieldType is FieldType.Message => $"{list.Count} terms",
        IList list => string.Join(" and ", list.Cast<object>().Select(one => One(field, one))),
        _ => One(field, value),
    };

    static string One(FieldDescriptor field, object value) => value switch
    {
        Timestamp at => Printing.At(at),
        IMessage message => Facts(message).ToList() is { Count: > 0 } facts ? $"({Listed(facts)})" : "yes",
        // What is sealed only once it is signed has no digest before.
        ByteString bytes => bytes.All(one => one == 0) ? "" : Printing.Short(bytes),
        bool said => said ? "yes" : "no",
        string text => Words.InOneLine(text),
        uint number => number == 0 ? "" : $"{number}",
        _ when field.FieldType is FieldType.Enum => Convert.ToInt32(value) is var number and not 0 ? Code(field.EnumType, number) : "",
        _ => throw new NotSupportedException($"No statement has a field of type {field.FieldType}."),
    };

    static string Code(EnumDescriptor list, int number) => list.FindValueByNumber(number) is { } code ? Codes.Short(code) : $"{number}";

    static string Listed(IEnumerable<(string Name, string Value)> facts) => string.Join(", ", facts.Select(fact => $"{fact.Name} {fact.Value}"));
}
