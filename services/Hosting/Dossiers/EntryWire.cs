using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Referrals;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using DirectoryWire = Coordination.Contracts.Directory.V1;
using Wire = Coordination.Contracts.Dossier.V1;

namespace Coordination.Hosting.Dossiers;

/// <summary>Entries, between records and protobuf. What was signed is never serialised again.</summary>
public static class EntryWire
{
    /// <summary>In bytes, of one serialised entry, at most.</summary>
    public const int MaxSize = 64 * 1024;

    /// <summary>In bytes, of the random part of an opening.</summary>
    public const int NonceLength = 16;

    /// <summary>Reads an entry's bytes.</summary>
    /// <returns>
    /// The entry, or null when the envelope itself is malformed: nobody can say whose entry it is. A faulty statement
    /// reads as <see cref="Misshapen"/>; a field or code that this program does not know makes it <see cref="NotUnderstood"/>.
    /// </returns>
    public static Entry? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxSize) return null;
        Wire.Entry wire;
        bool holdsUnknownFields;
        try
        {
            wire = Wire.Entry.Parser.ParseFrom(bytes);
            holdsUnknownFields = UnknownFields.AreIn(wire, bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }

        var envelope = new FieldReader();
        var hash = EntryHash.Of(bytes);
        var opening = wire.Opening is null ? null : Read(wire.Opening, envelope);
        if (opening is null ? !wire.Nonce.IsEmpty : wire.Nonce.Length != NonceLength || !wire.DossierId.IsEmpty) return null;
        if (wire.Seq is 0 or > int.MaxValue || wire.WrittenAt is null) return null;
        if (wire.WrittenAt is not { Seconds: >= -62135596800 and <= 253402300799, Nanos: >= 0 and <= 999_999_999 }) return null;

        var dossier = opening is null ? envelope.Hash("dossier_id", wire.DossierId.Span) : hash;
        var author = envelope.Node("author", wire.Author);
        var previous = envelope.OptionalHash("previous", wire.Previous.Span);
        ImmutableArray<Head> seen = [.. wire.Seen.Select(head => new Head(
            envelope.Node("seen.author", head.Author), (int)Math.Min(head.Seq, int.MaxValue), envelope.Hash("seen.hash", head.Hash.Span)))];
        var answers = envelope.OptionalHash("answers", wire.Answers.Span);
        var happenedOn = envelope.Date("happened_on", wire.HappenedOn);
        var channel = envelope.OptionalCode<Channel>("channel", (int)wire.Channel);
        var role = wire.Office is null ? null : envelope.OptionalCode<Role>("office.role", (int)wire.Office.Role);
        Office? office = null;
        if (role is { } known && !Office.TryCreate(known, wire.Office!.Unit, out office)) envelope.Fault("office.unit", "is malformed");
        if (envelope.Faults.Any(fault => !fault.IsUnknownCode)) return null;

        var statement = new FieldReader();
        var body = ReadBody(wire, statement);
        var understood = !holdsUnknownFields && body is not NotUnderstood && opening is null or { ProtocolVersion: <= Referral.ProtocolVersion }
            && !envelope.Faults.Concat(statement.Faults).Any(fault => fault.IsUnknownCode);
        body = understood ? Misshaped(wire, statement) ?? body : new NotUnderstood();

        return new Entry(
            hash, new DossierId(dossier), author, (int)wire.Seq, previous, seen, answers,
            wire.WrittenAt.ToDateTimeOffset(), happenedOn, channel, office, opening, body);
    }

    /// <summary>The bytes of an entry that is not written yet, and the entry as every reader of these bytes will see it.</summary>
    /// <param name="draft">Its hash, and in an opening its dossier, are yet to come.</param>
    /// <param name="nonce"><see cref="NonceLength"/> random bytes for an opening; empty for any other.</param>
    public static (Entry Entry, byte[] Bytes) Write(Entry draft, ReadOnlySpan<byte> nonce)
    {
        var wire = new Wire.Entry
        {
            DossierId = draft.Opening is null ? ByteString.CopyFrom(draft.Dossier.ToArray()) : ByteString.Empty,
            Nonce = ByteString.CopyFrom(nonce),
            Author = draft.Author.ToString(),
            Seq = (uint)draft.Seq,
            Previous = Write(draft.Previous),
            Answers = Write(draft.Answers),
            WrittenAt = Timestamp.FromDateTimeOffset(draft.WrittenAt),
            HappenedOn = Write(draft.HappenedOn),
            Channel = (DirectoryWire.Channel)draft.Channel!.Value,
            Office = new() { Role = (DirectoryWire.Role)draft.Office!.Role, Unit = draft.Office.Unit },
        };
        wire.Seen.AddRange(draft.Seen.Select(Write));
        if (draft.Opening is { } opening)
        {
            wire.Opening = new() { Kind = (Wire.Kind)opening.Kind!.Value, ProtocolVersion = (uint)opening.ProtocolVersion };
            wire.Opening.Writers.AddRange(opening.Writers.Select(node => node.ToString()));
            wire.Opening.Readers.AddRange(opening.Readers.Select(node => node.ToString()));
        }
        WriteBody(wire, draft.Body);

        var bytes = wire.ToByteArray();
        return (Read(bytes) ?? throw new UnreachableException("An entry that was just written cannot be read."), bytes);
    }

    /// <summary><c>YYYY-MM-DD</c>.</summary>
    public static string Write(DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public static Wire.Head Write(Head head) =>
        new() { Author = head.Author.ToString(), Seq = (uint)head.Seq, Hash = ByteString.CopyFrom(head.Hash.ToArray()) };

    static ByteString Write(EntryHash? hash) => hash is { } given ? ByteString.CopyFrom(given.ToArray()) : ByteString.Empty;

    static Opening Read(Wire.Opening wire, FieldReader envelope) => new(
        envelope.OptionalCode<Kind>("opening.kind", (int)wire.Kind),
        (int)Math.Min(wire.ProtocolVersion, int.MaxValue),
        [.. wire.Writers.Select(node => envelope.Node("opening.writers", node))],
        [.. wire.Readers.Select(node => envelope.Node("opening.readers", node))]);

    static Body ReadBody(Wire.Entry wire, FieldReader fields) => wire.BodyCase switch
    {
        Wire.Entry.BodyOneofCase.ReferralOpened => ReferralWire.Read(wire.ReferralOpened, fields),
        Wire.Entry.BodyOneofCase.ReferralAcknowledged => new Acknowledged(),
        Wire.Entry.BodyOneofCase.ReferralTakenUp => new TakenUp(),
        Wire.Entry.BodyOneofCase.ReferralDeclined => ReferralWire.Read(wire.ReferralDeclined, fields),
        Wire.Entry.BodyOneofCase.ReferralCancelled => new Cancelled(),
        Wire.Entry.BodyOneofCase.ReferralConsentWithdrawn => ReferralWire.Read(wire.ReferralConsentWithdrawn, fields),
        // With no field that is unknown either, the statement is simply missing.
        Wire.Entry.BodyOneofCase.None => new Misshapen("The entry states nothing."),
        _ => new NotUnderstood(),
    };

    static void WriteBody(Wire.Entry wire, Body body)
    {
        switch (body)
        {
            case Opened opened: wire.ReferralOpened = ReferralWire.Write(opened); break;
            case Acknowledged: wire.ReferralAcknowledged = new(); break;
            case TakenUp: wire.ReferralTakenUp = new(); break;
            case Declined declined: wire.ReferralDeclined = ReferralWire.Write(declined); break;
            case Cancelled: wire.ReferralCancelled = new(); break;
            case ConsentWithdrawn withdrawn: wire.ReferralConsentWithdrawn = ReferralWire.Write(withdrawn); break;
            default: throw new UnreachableException($"{body.Name} is nothing that a node writes.");
        }
    }

    static Misshapen? Misshaped(Wire.Entry wire, FieldReader statement)
    {
        if (wire.Channel is DirectoryWire.Channel.Unspecified) return new("The entry does not say how the matter reached the office.");
        if (wire.Office is null || wire.Office.Role is DirectoryWire.Role.Unspecified) return new("The entry does not name the office that acted.");
        if (wire.Opening is { } opening && (opening.Kind is Wire.Kind.Unspecified || opening.ProtocolVersion == 0)) return new("The opening does not name its kind and protocol version.");
        return statement.Faults is [var first, ..] ? new($"{first.Field} {first.Text}.") : null;
    }
}
