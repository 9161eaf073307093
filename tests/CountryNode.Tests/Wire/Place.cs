using System.Collections;
using Coordination.Contracts.Dossier.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Coordination.CountryNode.Tests.Wire;

/// <summary>A place within a message that holds something: a field, or one member of a repeated one.</summary>
/// <param name="Holder">The message that has the field.</param>
/// <param name="Field">Which.</param>
/// <param name="Index">Which member of a repeated field; 0 for any other.</param>
sealed record Place(IMessage Holder, FieldDescriptor Field, int Index)
{
    /// <summary>Every message that an entry can hold, itself first.</summary>
    public static IReadOnlyList<MessageDescriptor> Messages { get; } = [.. Reach(Entry.Descriptor)];

    public object Value => Field.IsRepeated ? ((IList)Field.Accessor.GetValue(Holder))[Index]! : Field.Accessor.GetValue(Holder);

    /// <summary>Every place in a message and in the messages within it.</summary>
    public static IEnumerable<Place> AllIn(IMessage message)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            var value = field.Accessor.GetValue(message);
            if (!field.IsRepeated && !IsSet(message, field, value)) continue;
            for (var index = 0; index < (field.IsRepeated ? ((IList)value).Count : 1); index++)
            {
                var place = new Place(message, field, index);
                yield return place;
                if (place.Value is not IMessage nested) continue;
                foreach (var within in AllIn(nested)) yield return within;
            }
        }
    }

    /// <summary>Puts something else there.</summary>
    public void Put(object value)
    {
        if (Field.IsRepeated) ((IList)Field.Accessor.GetValue(Holder))[Index] = value;
        else Field.Accessor.SetValue(Holder, value);
    }

    /// <summary>Leaves nothing there, nor in the other members of a repeated field.</summary>
    public void Clear() => Field.Accessor.Clear(Holder);

    static bool IsSet(IMessage message, FieldDescriptor field, object? value) => field.HasPresence
        ? field.Accessor.HasValue(message)
        : value switch
        {
            string text => text.Length > 0,
            ByteString bytes => !bytes.IsEmpty,
            _ => Convert.ToInt64(value, null) != 0,
        };

    static IEnumerable<MessageDescriptor> Reach(MessageDescriptor start)
    {
        var found = new List<MessageDescriptor> { start };
        for (var next = 0; next < found.Count; next++)
            foreach (var field in found[next].Fields.InDeclarationOrder().Where(field => field.FieldType is FieldType.Message && !found.Contains(field.MessageType)))
                found.Add(field.MessageType);
        return found;
    }
}
