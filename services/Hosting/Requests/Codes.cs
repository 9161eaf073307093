using Google.Protobuf.Reflection;

namespace Coordination.Hosting.Requests;

/// <summary>Codes as people type and read them: <c>NoCapacity</c> for <c>DECLINE_REASON_NO_CAPACITY</c>.</summary>
public static class Codes
{
    /// <summary>The codes of a list by their short names in any case, but for the first one, which says that there is none.</summary>
    public static IReadOnlyDictionary<string, string> Of(EnumDescriptor list) =>
        list.Values.Where(code => code.Number != 0).ToDictionary(Short, code => code.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>A code's short name.</summary>
    public static string Short(EnumValueDescriptor code) => Spelling.Pascal(code.Name[(Spelling.UpperSnake(code.EnumDescriptor.Name).Length + 1)..]);
}
