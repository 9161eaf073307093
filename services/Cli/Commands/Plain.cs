using System.Collections;
using System.Text.Json;
using System.Text.Json.Nodes;
using Coordination.Hosting.Requests;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Coordination.Cli.Commands;

/// <summary>Messages as JSON for scripts: ids and hashes in hexadecimal, codes by their short names, instants in UTC; what is not there is left out.</summary>
static class Plain
{
    public static JsonObject Of(IMessage message)
    {
        var plain = new JsonObject();
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            var value = field.Accessor.GetValue(message);
            if (field.IsMap)
            {
                var map = new JsonObject();
                foreach (DictionaryEntry pair in (IDictionary)value) map[(string)pair.Key] = Value(field.MessageType.FindFieldByNumber(2), pair.Value!);
                if (map.Count > 0) plain[field.JsonName] = map;
            }
            else if (field.IsRepeated) plain[field.JsonName] = new JsonArray([.. ((IEnumerable)value).Cast<object>().Select(item => Value(field, item))]);
            else if (field.HasPresence ? field.Accessor.HasValue(message) : field.FieldType is not FieldType.Enum || Convert.ToInt32(value) != 0) plain[field.JsonName] = Value(field, value);
        }
        return plain;
    }

    /// <summary>The fields that say something, each in words, as a terminal can show them; a line for each of several.</summary>
    /// <remarks>Whoever sealed a text need not have kept the rules for text: what would do something to a reader's screen is a question mark.</remarks>
    public static IEnumerable<(string Name, string Words)> Said(IMessage message) =>
        from field in Of(message)
        let words = InWords(field.Value)
        where words.Length > 0
        select (field.Key, Words.Visible(words));

    /// <summary>What says nothing is left out: no text, and what is not so.</summary>
    static string InWords(JsonNode? value) => value switch
    {
        null => "",
        JsonObject parts => string.Join(", ", from part in parts let words = InWords(part.Value) where words.Length > 0 select words == Yes ? Words.Apart(part.Key) : $"{Words.Apart(part.Key)} {words}"),
        JsonArray several => string.Join("\n", several.Select(InWords)),
        _ => value.GetValueKind() switch { JsonValueKind.True => Yes, JsonValueKind.False => "", _ => value.ToString() },
    };

    const string Yes = "yes";

    static JsonNode? Value(FieldDescriptor field, object value) => field.FieldType switch
    {
        FieldType.Enum => field.EnumType.FindValueByNumber(Convert.ToInt32(value)) is { } code ? Codes.Short(code) : Convert.ToInt32(value),
        FieldType.Bytes => Convert.ToHexStringLower(((ByteString)value).Span),
        FieldType.Message when value is Timestamp at => at.ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'"),
        FieldType.Message => Of((IMessage)value),
        FieldType.Bool => (bool)value,
        FieldType.String => (string)value,
        FieldType.UInt32 => (uint)value,
        FieldType.Int32 => (int)value,
        FieldType.UInt64 => (ulong)value,
        FieldType.Int64 => (long)value,
        var other => throw new NotSupportedException($"No message of the API has a field of type {other}."),
    };
}
