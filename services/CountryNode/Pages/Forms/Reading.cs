using System.Collections;
using System.Globalization;
using Coordination.Domain.Dossiers;
using Coordination.Screens.Languages;
using Coordination.Screens.Parts;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Coordination.CountryNode.Pages.Forms;

/// <summary>From what was typed to what a door takes: what cannot be put into a request at all is noted here, the door checks the rest.</summary>
/// <param name="entered">What was typed.</param>
/// <param name="country">On whose clocks times are told.</param>
/// <param name="words">In which faults are told.</param>
sealed class Reading(Entered entered, NodeId country, Words words)
{
    public Faults Faults { get; private set; } = Faults.None;

    /// <summary>Fills a field of a request, wherever it stands in it.</summary>
    public void Into(IMessage request, FormField field)
    {
        if (field.Describes is not { } describes || !IsFilled(field)) return;
        var at = Inside(request, field.Name.Split('.').AsSpan()[..^1]);
        if (describes.IsRepeated)
        {
            var list = (IList)describes.Accessor.GetValue(at);
            foreach (var text in entered.All(field.Name))
                if (One(field, text) is { } item) list.Add(item);
        }
        else if (One(field, entered.Lines(field.Name)) is { } value)
        {
            describes.Accessor.SetValue(at, value);
        }
    }

    /// <summary>The message that a path leads to, made where it is not there; a number in the path is a place in a list.</summary>
    static IMessage Inside(IMessage message, ReadOnlySpan<string> path)
    {
        if (path.IsEmpty) return message;
        var field = message.Descriptor.FindFieldByName(path[0]);
        if (!field.IsRepeated)
        {
            if (field.Accessor.GetValue(message) is not IMessage inside) field.Accessor.SetValue(message, inside = field.MessageType.Parser.ParseFrom(ByteString.Empty));
            return Inside(inside, path[1..]);
        }
        var list = (IList)field.Accessor.GetValue(message);
        var place = int.Parse(path[1], CultureInfo.InvariantCulture);
        while (list.Count <= place) list.Add(field.MessageType.Parser.ParseFrom(ByteString.Empty));
        return Inside((IMessage)list[place]!, path[2..]);
    }

    /// <summary>A day, as YYYY-MM-DD; empty where nothing was typed.</summary>
    public string Day(string name)
    {
        var day = entered.Day(name);
        if (day.IsNothing) return "";
        if (day.ToDay() is { } read) return read.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        Fault(name, words["This is no day: type day, month and year in digits, such as 15, 1 and 2027."]);
        return "";
    }

    public void Fault(string name, string text) => Faults = Faults.With(name, text);

    bool IsFilled(FormField field) => field.Kind switch
    {
        FieldKind.Day or FieldKind.Instant => !entered.Day(field.Name).IsNothing,
        FieldKind.Flag => entered.Flag(field.Name),
        _ => entered.All(field.Name).Count > 0,
    };

    /// <summary>Null where it is at fault.</summary>
    object? One(FormField field, string text) => (field.Kind, field.Describes!.FieldType) switch
    {
        (FieldKind.Flag, _) => true,
        (FieldKind.Day, _) => Day(field.Name),
        (FieldKind.Instant, _) => Instant(field.Name),
        (_, FieldType.Enum) => field.Describes.EnumType.FindValueByName(text)?.Number ?? At(field, words["Choose one of the list."]),
        (_, FieldType.UInt32) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : At(field, words["This is no number: type digits."]),
        _ => text,
    };

    object? Instant(string name)
    {
        var typed = entered.Day(name);
        if (typed.ToDay() is { } day && typed.ToTime() is { } time) return Timestamp.FromDateTimeOffset(RegionalTime.At(country, day, time));
        Fault(name, words["This is no day and time: type day, month and year in digits, and the time as 14:30."]);
        return null;
    }

    object? At(FormField field, string fault)
    {
        Fault(field.Name, fault);
        return null;
    }
}
