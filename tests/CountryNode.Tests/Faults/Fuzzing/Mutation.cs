using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Coordination.CountryNode.Tests.Faults.Fuzzing;

/// <summary>Turns what a program would send into what no program would.</summary>
static class Mutation
{
    const int MostChanges = 4;
    const int MostInserted = 64;

    /// <summary>Values at which lengths, tags and signs go wrong.</summary>
    static readonly byte[] Edges = [0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff];

    /// <summary>Texts at which checks go wrong: empty, long, of another script, of control characters, of half an id.</summary>
    static readonly string[] Texts = ["", " ", new('x', 5000), "สวัสดี", "\u0000\u001b[31m", "\u202e", "TH", "th", "9999-12-31", "0000-00-00", "-1", "a@b@c"];

    static readonly uint[] Numbers = [0, 1, 2, 5, 255, 65_536, int.MaxValue, uint.MaxValue];

    /// <summary>Bytes that may be no message at all.</summary>
    public static byte[] Of(byte[] whole, Random chance)
    {
        List<byte> bytes = [.. whole];
        for (var changes = chance.Next(1, MostChanges + 1); changes > 0; changes--) Change(bytes, chance);
        return [.. bytes];
    }

    /// <summary>A message that can be read, in which some fields say what they should not: it gets further than bytes do.</summary>
    public static IMessage Of(IMessage message, Random chance)
    {
        var mutated = message.Descriptor.Parser.ParseFrom(message.ToByteArray());
        for (var changes = chance.Next(1, MostChanges + 1); changes > 0; changes--) Change(mutated, chance);
        return mutated;
    }

    static void Change(IMessage message, Random chance)
    {
        var fields = message.Descriptor.Fields.InFieldNumberOrder();
        if (fields.Count == 0) return;
        var field = fields[chance.Next(fields.Count)];
        var value = field.Accessor.GetValue(message);
        if (field.IsMap)
        {
            ((IDictionary)value)[Texts[chance.Next(Texts.Length)]] = Texts[chance.Next(Texts.Length)];
        }
        else if (field.IsRepeated)
        {
            var list = (IList)value;
            if (list.Count == 0 || chance.Next(4) == 0) list.Clear();
            else if (list[0] is IMessage one && chance.Next(2) == 0) Change(one, chance);
            else for (var more = chance.Next(1, 100); more > 0; more--) list.Add(list[0]);
        }
        else if (value is IMessage inner && chance.Next(6) != 0)
        {
            Change(inner, chance);
        }
        else
        {
            field.Accessor.Clear(message);
            if (field.FieldType is not FieldType.Message) field.Accessor.SetValue(message, Any(field, value, chance));
        }
    }

    static object Any(FieldDescriptor field, object before, Random chance) => field.FieldType switch
    {
        FieldType.String => Texts[chance.Next(Texts.Length)],
        FieldType.Bytes => ByteString.CopyFrom(Of(((ByteString)before).ToByteArray(), chance)),
        FieldType.Enum => (int)Numbers[chance.Next(Numbers.Length - 1)],
        FieldType.UInt32 => Numbers[chance.Next(Numbers.Length)],
        _ => before,
    };

    static void Change(List<byte> bytes, Random chance)
    {
        var at = chance.Next(bytes.Count + 1);
        var length = chance.Next(1, 1 + Math.Max(1, Math.Min(MostInserted, bytes.Count - at)));
        switch (chance.Next(7))
        {
            case 0 when at < bytes.Count: bytes[at] ^= (byte)(1 << chance.Next(8)); break;
            case 1 when at < bytes.Count: bytes[at] = Edges[chance.Next(Edges.Length)]; break;
            case 2: bytes.InsertRange(at, Any(chance)); break;
            case 3 when at + length <= bytes.Count: bytes.RemoveRange(at, length); break;
            case 4 when at + length <= bytes.Count: bytes.InsertRange(chance.Next(bytes.Count + 1), bytes.GetRange(at, length)); break;
            case 5: bytes.RemoveRange(at, bytes.Count - at); break;
            // The largest varint there is, where a length or a tag may stand.
            case 6 when at < bytes.Count: bytes.InsertRange(at, [0xff, 0xff, 0xff, 0xff, 0x0f]); break;
            default: bytes.AddRange(Any(chance)); break;
        }
    }

    static byte[] Any(Random chance)
    {
        var bytes = new byte[chance.Next(1, MostInserted)];
        chance.NextBytes(bytes);
        return bytes;
    }
}
