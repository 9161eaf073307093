using System.Collections;
using System.Globalization;
using Coordination.Domain.Dossiers;
using Coordination.Screens.Parts;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Coordination.CountryNode.Pages.Forms;

/// <summary>From a message to a form that says the same: what <see cref="Reading"/> does, the other way round.</summary>
/// <param name="country">On whose clocks times are told.</param>
/// <param name="buddhistEra">Years are typed as this language writes them.</param>
sealed class Filling(NodeId country, bool buddhistEra)
{
    /// <summary>What was entered, with what a message says in a field.</summary>
    /// <param name="entered">Before.</param>
    /// <param name="field">Which; one that says nothing stays as it was entered.</param>
    /// <param name="message">Says it.</param>
    /// <param name="path">Where in the message.</param>
    public Entered From(Entered entered, FormField field, IMessage message, ReadOnlySpan<string> path)
    {
        if (Inside(message, path[..^1]) is not { } at || at.Descriptor.FindFieldByName(path[^1]) is not { } describes || describes.Accessor.GetValue(at) is not { } value) return entered;
        return (field.Kind, value) switch
        {
            (FieldKind.Day, string day) => DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var read) ? entered.With(field.Name, EnteredDay.Of(read, buddhistEra)) : entered,
            (_, Timestamp instant) => Of(RegionalTime.In(country, instant.ToDateTimeOffset())),
            (FieldKind.Flag, true) => entered.With(field.Name, "true"),
            (FieldKind.Flag, _) => entered,
            (_, IEnumerable several and not string) => entered.With(field.Name, [.. several.Cast<object>().Select(one => Text(describes, one)).Where(text => text.Length > 0)]),
            _ => Text(describes, value) is { Length: > 0 } text ? entered.With(field.Name, text) : entered,
        };

        Entered Of(DateTimeOffset local) => entered.With(field.Name, EnteredDay.Of(DateOnly.FromDateTime(local.DateTime), buddhistEra, TimeOnly.FromDateTime(local.DateTime)));
    }

    static IMessage? Inside(IMessage message, ReadOnlySpan<string> path)
    {
        foreach (var part in path)
        {
            if (message.Descriptor.FindFieldByName(part) is not { IsRepeated: false } field || field.Accessor.GetValue(message) is not IMessage inside) return null;
            message = inside;
        }
        return message;
    }

    static string Text(FieldDescriptor field, object value) => field.FieldType switch
    {
        FieldType.Enum => field.EnumType.FindValueByNumber(Convert.ToInt32(value, CultureInfo.InvariantCulture)) is { Number: not 0 } code ? code.Name : "",
        FieldType.UInt32 => value is uint number and > 0 ? number.ToString(CultureInfo.InvariantCulture) : "",
        _ => value as string ?? "",
    };
}
