using System.Globalization;
using Coordination.Domain.Dossiers;

namespace Coordination.Hosting.Dossiers;

/// <summary>What is wrong with one field of a message.</summary>
/// <param name="Field">Its path, as in the proto.</param>
/// <param name="Text">What to do, never the value that was read: it may be personal data in the wrong place.</param>
/// <param name="IsUnknownCode">The field holds a code that only a newer program knows.</param>
public sealed record FieldFault(string Field, string Text, bool IsUnknownCode = false);

/// <summary>Reads the fields of a message into values of the domain, and remembers every fault at once.</summary>
/// <remarks>What is returned for a faulty field is never to be used: ask <see cref="Faults"/> first.</remarks>
public sealed class FieldReader
{
    readonly List<FieldFault> _faults = [];

    public IReadOnlyList<FieldFault> Faults => _faults;

    public void Fault(string field, string text) => _faults.Add(new(field, text));

    /// <summary>A code that must be given. Numbers are the same in protos and domain; a test compares the names.</summary>
    public TCode Code<TCode>(string field, int number) where TCode : struct, Enum
    {
        var code = OptionalCode<TCode>(field, number);
        if (number == 0) Fault(field, $"is missing: one of {string.Join(", ", Enum.GetNames<TCode>())} is needed");
        return code ?? default;
    }

    /// <summary>A code that may be absent.</summary>
    public TCode? OptionalCode<TCode>(string field, int number) where TCode : struct, Enum
    {
        if (number == 0) return null;
        var code = (TCode)Enum.ToObject(typeof(TCode), number);
        if (Enum.IsDefined(code)) return code;
        _faults.Add(new(field, $"holds an unknown code: one of {string.Join(", ", Enum.GetNames<TCode>())} is needed", IsUnknownCode: true));
        return null;
    }

    public DateOnly Date(string field, string text)
    {
        if (!DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
            Fault(field, "is no date: YYYY-MM-DD is needed, such as 2026-11-22");
        return date;
    }

    /// <summary>A date that may be absent; empty is absent.</summary>
    public DateOnly? OptionalDate(string field, string text) => text.Length == 0 ? null : Date(field, text);

    public NodeId Node(string field, string text)
    {
        if (!NodeId.TryParse(text, out var node)) Fault(field, "is no country of the region: one of KH, CN, LA, MM, TH, VN is needed");
        return node;
    }

    public EntryHash Hash(string field, ReadOnlySpan<byte> bytes)
    {
        if (!EntryHash.TryRead(bytes, out var hash)) Fault(field, $"is no hash: {EntryHash.Length} bytes are needed");
        return hash;
    }

    /// <summary>A hash that may be absent; empty is absent.</summary>
    public EntryHash? OptionalHash(string field, ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? null : Hash(field, bytes);
}
