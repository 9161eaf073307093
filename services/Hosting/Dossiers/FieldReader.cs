using System.Globalization;
using System.Text;
using Coordination.Domain.Dossiers;
using Google.Protobuf.WellKnownTypes;
using Enum = System.Enum;

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
    /// <summary>The first day, and in UTC the first instant, that a message may name.</summary>
    /// <remarks>Two centuries: wide enough for every case, and so narrow that adding the longest wait to a date never overflows.</remarks>
    public static readonly DateOnly Earliest = new(2000, 1, 1);

    /// <summary>The last day, inclusive, that a message may name.</summary>
    public static readonly DateOnly Latest = new(2199, 12, 31);

    static readonly long FirstSecond = SecondsTo(Earliest);
    static readonly long SecondsEnd = SecondsTo(Latest.AddDays(1));

    readonly List<FieldFault> _faults;
    readonly string _path;

    /// <summary>Reads a whole message.</summary>
    public FieldReader() : this([], "") { }

    FieldReader(List<FieldFault> faults, string path) => (_faults, _path) = (faults, path);

    /// <summary>Of the whole message, whichever part was read.</summary>
    public IReadOnlyList<FieldFault> Faults => _faults;

    /// <summary>Reads the fields of a message within this one: their paths begin with <paramref name="part"/>.</summary>
    public FieldReader Within(string part) => new(_faults, $"{_path}{part}.");

    /// <summary>Reads statements whose fields are called as they are with something before: their paths begin with it.</summary>
    public FieldReader Before(string prefix) => new(_faults, _path + prefix);

    public void Fault(string field, string text) => _faults.Add(new(_path + field, text));

    /// <summary>A code that must be given. Numbers are the same in protos and domain; a test compares the names.</summary>
    public TCode Code<TCode>(string field, int number) where TCode : struct, Enum
    {
        var code = OptionalCode<TCode>(field, number);
        if (number == 0) Fault(field, $"is missing: one of {NamesOf<TCode>()} is needed");
        return code ?? default;
    }

    /// <summary>A code that may be absent.</summary>
    public TCode? OptionalCode<TCode>(string field, int number) where TCode : struct, Enum
    {
        if (number == 0) return null;
        var code = (TCode)Enum.ToObject(typeof(TCode), number);
        if (Enum.IsDefined(code)) return code;
        UnknownCode<TCode>(field);
        return null;
    }

    /// <summary>A code that only a newer program knows, where only its own names are let in.</summary>
    public void UnknownCode<TCode>(string field) where TCode : struct, Enum =>
        _faults.Add(new(_path + field, $"holds an unknown code: one of {NamesOf<TCode>()} is needed", IsUnknownCode: true));

    /// <summary>Codes as the protocol names them, but for what says that there is none; roles as tokens and settings do.</summary>
    static string NamesOf<TCode>() where TCode : struct, Enum =>
        string.Join(", ", typeof(TCode) == typeof(Role) ? Enum.GetValues<Role>().Select(Office.NameOf) : Enum.GetNames<TCode>().Where(name => name != "Unspecified"));

    /// <summary>Free text for people, of at most so many characters: Unicode scalar values, so that one of any script counts once.</summary>
    /// <remarks>What joins and divides letters (ZWNJ, ZWJ, ZWSP) is let in: Khmer, Lao, Myanmar and Thai are not written right without it.</remarks>
    public void Text(string field, string text, int most)
    {
        if (text.EnumerateRunes().Count() > most) Fault(field, $"is longer than {most} characters");
        if (text.EnumerateRunes().Any(IsHidden))
            Fault(field, "holds a control character, or one that turns the direction of writing: of these, line feed and tab alone are taken");
    }

    /// <summary>Whether a character does something to its reader's screen, or makes text read otherwise than it is written.</summary>
    public static bool IsHidden(Rune rune) => (Rune.IsControl(rune) && rune.Value is not ('\n' or '\t')) || rune.Value is 0x061C or 0x200E or 0x200F or (>= 0x2028 and <= 0x202E) or (>= 0x2066 and <= 0x2069);

    /// <summary>A number between two, inclusive.</summary>
    public int Number(string field, uint number, int from, int to)
    {
        if (number < from || number > to) Fault(field, $"is out of range: {from} to {to} is needed");
        return (int)number;
    }

    /// <summary>A day between <see cref="Earliest"/> and <see cref="Latest"/>, inclusive.</summary>
    public DateOnly Date(string field, string text)
    {
        if (!DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
            Fault(field, "is no date: YYYY-MM-DD is needed");
        else if (date < Earliest || date > Latest)
            Fault(field, $"is out of range: a day from {EntryWire.Write(Earliest)} to {EntryWire.Write(Latest)} is needed");
        return date;
    }

    /// <summary>A date that may be absent; empty is absent.</summary>
    public DateOnly? OptionalDate(string field, string text) => text.Length == 0 ? null : Date(field, text);

    /// <summary>An instant, in UTC, on a day between <see cref="Earliest"/> and <see cref="Latest"/>, inclusive.</summary>
    /// <remarks>Taken to 100 nanoseconds; what is finer is cut off.</remarks>
    public DateTimeOffset Instant(string field, Timestamp? instant)
    {
        switch (instant)
        {
            case null:
                Fault(field, "is missing: an instant in UTC is needed");
                return default;
            case { Nanos: < 0 or > 999_999_999 }:
                Fault(field, "is no instant: nanoseconds from 0 to 999999999 are needed");
                return default;
            case { Seconds: var seconds } when seconds < FirstSecond || seconds >= SecondsEnd:
                Fault(field, $"is out of range: an instant from {EntryWire.Write(Earliest)} to {EntryWire.Write(Latest)}, in UTC, is needed");
                return default;
            default:
                return instant.ToDateTimeOffset();
        }
    }

    /// <summary>One of the six countries or the secretariat.</summary>
    public NodeId Node(string field, string text)
    {
        if (!NodeId.TryParse(text, out var node)) Fault(field, "is no node: one of KH, CN, LA, MM, TH, VN, SEC is needed");
        return node;
    }

    /// <summary>One of the six countries.</summary>
    public NodeId Country(string field, string text)
    {
        if (!NodeId.TryParse(text, out var node) || !node.IsCountry) Fault(field, "is no country of the region: one of KH, CN, LA, MM, TH, VN is needed");
        return node;
    }

    /// <summary>A country that may be absent; empty is absent.</summary>
    public NodeId? OptionalCountry(string field, string text) => text.Length == 0 ? null : Country(field, text);

    /// <summary>A place by its code.</summary>
    public PlaceCode Place(string field, string text)
    {
        if (!PlaceCode.TryParse(text, out var place)) Fault(field, $"is no place code: a country, then one or two parts of 1 to {PlaceCode.PartLength} of A-Z and 0-9, is needed, such as LA-VTE-FB1");
        // There is no place that could stand in for a faulty one; nobody uses what is returned for it.
        return place!;
    }

    public EntryHash Hash(string field, ReadOnlySpan<byte> bytes)
    {
        if (!EntryHash.TryRead(bytes, out var hash)) Fault(field, $"is no hash: {EntryHash.Length} bytes are needed");
        return hash;
    }

    /// <summary>A hash that may be absent; empty is absent.</summary>
    public EntryHash? OptionalHash(string field, ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? null : Hash(field, bytes);

    public Digest Digest(string field, ReadOnlySpan<byte> bytes)
    {
        if (!Domain.Dossiers.Digest.TryRead(bytes, out var digest)) Fault(field, $"is no digest: {Domain.Dossiers.Digest.Length} bytes are needed");
        return digest;
    }

    /// <summary>A digest that may be absent; empty is absent.</summary>
    public Digest? OptionalDigest(string field, ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? null : Digest(field, bytes);

    public Token Token(string field, ReadOnlySpan<byte> bytes)
    {
        if (!Domain.Dossiers.Token.TryRead(bytes, out var token)) Fault(field, $"is no token: {Domain.Dossiers.Token.Length} bytes are needed");
        return token;
    }

    /// <summary>A token that may be absent; empty is absent.</summary>
    public Token? OptionalToken(string field, ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? null : Token(field, bytes);

    static long SecondsTo(DateOnly day) => new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero).ToUnixTimeSeconds();
}
