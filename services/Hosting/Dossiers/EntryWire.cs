using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Referrals;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using BodyCase = Coordination.Contracts.Dossier.V1.Entry.BodyOneofCase;
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
    /// The entry, or null when the envelope itself is malformed: nobody can say whose entry it is, when, or for whom. A faulty statement
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
        if (wire.Seq is 0 or > int.MaxValue) return null;

        var dossier = opening is null ? envelope.Hash("dossier_id", wire.DossierId.Span) : hash;
        var author = envelope.Node("author", wire.Author);
        var previous = envelope.OptionalHash("previous", wire.Previous.Span);
        ImmutableArray<Head> seen = [.. wire.Seen.Select(head => new Head(
            envelope.Node("seen.author", head.Author), (int)Math.Min(head.Seq, int.MaxValue), envelope.Hash("seen.hash", head.Hash.Span)))];
        var answers = envelope.OptionalHash("answers", wire.Answers.Span);
        var writtenAt = envelope.Instant("written_at", wire.WrittenAt);
        var happenedOn = envelope.Date("happened_on", wire.HappenedOn);
        var channel = envelope.OptionalCode<Channel>("channel", (int)wire.Channel);
        var office = wire.Office is null ? null : DossierWire.Read(wire.Office, envelope.Within("office"));
        var onBehalfOf = envelope.OptionalCountry("on_behalf_of", wire.OnBehalfOf);
        var letter = envelope.OptionalDigest("letter", wire.Letter.Span);
        var particulars = Read(wire.Particulars, envelope.Within("particulars"));
        if (envelope.Faults.Any(fault => !fault.IsUnknownCode)) return null;

        var statement = new FieldReader();
        var body = ReadBody(wire, statement);
        var understood = !holdsUnknownFields && body is not NotUnderstood && opening is null or { ProtocolVersion: <= Referral.ProtocolVersion }
            && !envelope.Faults.Concat(statement.Faults).Any(fault => fault.IsUnknownCode);
        body = understood ? Misshaped(wire, statement) ?? body : new NotUnderstood();

        return new Entry(
            hash, new DossierId(dossier), author, (int)wire.Seq, previous, seen, answers,
            writtenAt, happenedOn, channel, office, onBehalfOf, letter, particulars, opening, body);
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
            Office = DossierWire.Write(draft.Office!),
            OnBehalfOf = draft.OnBehalfOf is { } other ? other.ToString() : "",
            Letter = draft.Letter is { } letter ? Write(letter) : ByteString.Empty,
        };
        wire.Seen.AddRange(draft.Seen.Select(Write));
        wire.Particulars.AddRange(draft.Particulars.OrderBy(part => part.Recipient).Select(part => new Wire.ParticularsDigest
        {
            Recipient = part.Recipient.ToString(),
            Digest = Write(part.Digest),
        }));
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

    internal static ByteString Write(Digest digest) => ByteString.CopyFrom(digest.ToArray());

    static ByteString Write(EntryHash? hash) => hash is { } given ? ByteString.CopyFrom(given.ToArray()) : ByteString.Empty;

    static Opening Read(Wire.Opening wire, FieldReader envelope) => new(
        envelope.OptionalCode<Kind>("opening.kind", (int)wire.Kind),
        (int)Math.Min(wire.ProtocolVersion, int.MaxValue),
        [.. wire.Writers.Select(node => envelope.Node("opening.writers", node))],
        [.. wire.Readers.Select(node => envelope.Node("opening.readers", node))]);

    static ImmutableArray<ParticularsDigest> Read(IReadOnlyList<Wire.ParticularsDigest> wire, FieldReader envelope)
    {
        ImmutableArray<ParticularsDigest> particulars = [.. wire.Select(part => new ParticularsDigest(
            envelope.Node("recipient", part.Recipient), envelope.Digest("digest", part.Digest.Span)))];
        // One order, so that the same particulars are the same bytes; and nobody can be told two different things.
        if (particulars.Zip(particulars.Skip(1)).Any(pair => pair.First.Recipient.CompareTo(pair.Second.Recipient) >= 0))
            envelope.Fault("recipient", "is out of order, or named twice: each recipient is needed once, in the order of the codes");
        return particulars;
    }

    static Body ReadBody(Wire.Entry wire, FieldReader fields) => wire.BodyCase switch
    {
        BodyCase.Resolved => DossierWire.Read(wire.Resolved, fields),
        BodyCase.Corrected => DossierWire.Read(wire.Corrected, fields),
        BodyCase.ContinuedOnPaper => new ContinuedOnPaper(),
        BodyCase.UnitAssigned => DossierWire.Read(wire.UnitAssigned, fields),
        BodyCase.ReferralOpened => ReferralWire.Read(wire.ReferralOpened, fields),
        BodyCase.ReferralAcknowledged => new Acknowledged(),
        BodyCase.ReferralTakenUp => new TakenUp(),
        BodyCase.ReferralDeclined => ReferralWire.Read(wire.ReferralDeclined, fields),
        BodyCase.ReferralCancelled => new Cancelled(),
        BodyCase.ReferralConsentWithdrawn => ReferralWire.Read(wire.ReferralConsentWithdrawn, fields),
        BodyCase.ReferralInformationRequested => new InformationRequested(),
        BodyCase.ReferralInformationSupplied => new InformationSupplied(),
        BodyCase.ReferralOnwardProposed => ReferralWire.Read(wire.ReferralOnwardProposed, fields),
        BodyCase.ReferralOnwardAnswered => ReferralWire.Read(wire.ReferralOnwardAnswered, fields),
        BodyCase.ReferralConsentRecorded => ReferralWire.Read(wire.ReferralConsentRecorded, fields),
        BodyCase.ReferralCaseFileReleased => ReferralWire.Read(wire.ReferralCaseFileReleased, fields),
        BodyCase.ReferralCaseFileReceived => new CaseFileReceived(),
        BodyCase.ReferralIdentificationChanged => new IdentificationChanged(),
        BodyCase.ReferralLocationAnswered => ReferralWire.Read(wire.ReferralLocationAnswered, fields),
        BodyCase.ReferralTracingAnswered => new TracingAnswered(),
        BodyCase.ReferralAssessmentReported => ReferralWire.Read(wire.ReferralAssessmentReported, fields),
        BodyCase.ReferralWishRecorded => ReferralWire.Read(wire.ReferralWishRecorded, fields),
        BodyCase.ReferralChildSafeguardRecorded => ReferralWire.Read(wire.ReferralChildSafeguardRecorded, fields),
        BodyCase.ReferralPreparationReported => ReferralWire.Read(wire.ReferralPreparationReported, fields),
        BodyCase.ReferralReturnPlanned => ReferralWire.Read(wire.ReferralReturnPlanned, fields),
        BodyCase.ReferralReturnAgreed => new ReturnAgreed(),
        BodyCase.ReferralReturnHeld => ReferralWire.Read(wire.ReferralReturnHeld, fields),
        BodyCase.ReferralHoldEnded => new HoldEnded(),
        BodyCase.ReferralReturnPostponed => new ReturnPostponed(),
        BodyCase.ReferralAccompanied => ReferralWire.Read(wire.ReferralAccompanied, fields),
        BodyCase.ReferralDidNotTravel => ReferralWire.Read(wire.ReferralDidNotTravel, fields),
        BodyCase.ReferralMet => ReferralWire.Read(wire.ReferralMet, fields),
        BodyCase.ReferralNotArrived => ReferralWire.Read(wire.ReferralNotArrived, fields),
        BodyCase.ReferralFoundSafe => ReferralWire.Read(wire.ReferralFoundSafe, fields),
        BodyCase.ReferralReintegrationStarted => new ReintegrationStarted(),
        BodyCase.ReferralFollowUpReported => ReferralWire.Read(wire.ReferralFollowUpReported, fields),
        BodyCase.ReferralAppearanceAsked => new AppearanceAsked(),
        BodyCase.ReferralAppearanceAnswered => ReferralWire.Read(wire.ReferralAppearanceAnswered, fields),
        BodyCase.ReferralAppearanceDone => new AppearanceDone(),
        BodyCase.ReferralEntitlementNoted => new EntitlementNoted(),
        BodyCase.ReferralProceedingsNoted => new ProceedingsNoted(),
        BodyCase.ReferralContactEnded => new ContactEnded(),
        BodyCase.ReferralContactResumed => new ContactResumed(),
        BodyCase.ReferralCompleted => ReferralWire.Read(wire.ReferralCompleted, fields),
        BodyCase.ReferralDataStopped => ReferralWire.Read(wire.ReferralDataStopped, fields),
        BodyCase.ReferralLapsed => ReferralWire.Read(wire.ReferralLapsed, fields),
        BodyCase.ReferralEnteredInError => new EnteredInError(),
        // With no field that is unknown either, the statement is simply missing.
        BodyCase.None => new Misshapen("The entry states nothing."),
    };

    static void WriteBody(Wire.Entry wire, Body body)
    {
        switch (body)
        {
            case Resolved resolved: wire.Resolved = DossierWire.Write(resolved); break;
            case Corrected corrected: wire.Corrected = DossierWire.Write(corrected); break;
            case ContinuedOnPaper: wire.ContinuedOnPaper = new(); break;
            case UnitAssigned assigned: wire.UnitAssigned = DossierWire.Write(assigned); break;
            case Opened opened: wire.ReferralOpened = ReferralWire.Write(opened); break;
            case Acknowledged: wire.ReferralAcknowledged = new(); break;
            case TakenUp: wire.ReferralTakenUp = new(); break;
            case Declined declined: wire.ReferralDeclined = ReferralWire.Write(declined); break;
            case Cancelled: wire.ReferralCancelled = new(); break;
            case ConsentWithdrawn withdrawn: wire.ReferralConsentWithdrawn = ReferralWire.Write(withdrawn); break;
            case InformationRequested: wire.ReferralInformationRequested = new(); break;
            case InformationSupplied: wire.ReferralInformationSupplied = new(); break;
            case OnwardProposed proposed: wire.ReferralOnwardProposed = ReferralWire.Write(proposed); break;
            case OnwardAnswered answered: wire.ReferralOnwardAnswered = ReferralWire.Write(answered); break;
            case ConsentRecorded recorded: wire.ReferralConsentRecorded = ReferralWire.Write(recorded); break;
            case CaseFileReleased released: wire.ReferralCaseFileReleased = ReferralWire.Write(released); break;
            case CaseFileReceived: wire.ReferralCaseFileReceived = new(); break;
            case IdentificationChanged: wire.ReferralIdentificationChanged = new(); break;
            case LocationAnswered answered: wire.ReferralLocationAnswered = ReferralWire.Write(answered); break;
            case TracingAnswered: wire.ReferralTracingAnswered = new(); break;
            case AssessmentReported reported: wire.ReferralAssessmentReported = ReferralWire.Write(reported); break;
            case WishRecorded recorded: wire.ReferralWishRecorded = ReferralWire.Write(recorded); break;
            case ChildSafeguardRecorded recorded: wire.ReferralChildSafeguardRecorded = ReferralWire.Write(recorded); break;
            case PreparationReported reported: wire.ReferralPreparationReported = ReferralWire.Write(reported); break;
            case ReturnPlanned planned: wire.ReferralReturnPlanned = ReferralWire.Write(planned); break;
            case ReturnAgreed: wire.ReferralReturnAgreed = new(); break;
            case ReturnHeld held: wire.ReferralReturnHeld = ReferralWire.Write(held); break;
            case HoldEnded: wire.ReferralHoldEnded = new(); break;
            case ReturnPostponed: wire.ReferralReturnPostponed = new(); break;
            case Accompanied accompanied: wire.ReferralAccompanied = ReferralWire.Write(accompanied); break;
            case DidNotTravel stayed: wire.ReferralDidNotTravel = ReferralWire.Write(stayed); break;
            case Met met: wire.ReferralMet = ReferralWire.Write(met); break;
            case NotArrived missed: wire.ReferralNotArrived = ReferralWire.Write(missed); break;
            case FoundSafe found: wire.ReferralFoundSafe = ReferralWire.Write(found); break;
            case ReintegrationStarted: wire.ReferralReintegrationStarted = new(); break;
            case FollowUpReported reported: wire.ReferralFollowUpReported = ReferralWire.Write(reported); break;
            case AppearanceAsked: wire.ReferralAppearanceAsked = new(); break;
            case AppearanceAnswered answered: wire.ReferralAppearanceAnswered = ReferralWire.Write(answered); break;
            case AppearanceDone: wire.ReferralAppearanceDone = new(); break;
            case EntitlementNoted: wire.ReferralEntitlementNoted = new(); break;
            case ProceedingsNoted: wire.ReferralProceedingsNoted = new(); break;
            case ContactEnded: wire.ReferralContactEnded = new(); break;
            case ContactResumed: wire.ReferralContactResumed = new(); break;
            case Completed completed: wire.ReferralCompleted = ReferralWire.Write(completed); break;
            case DataStopped stopped: wire.ReferralDataStopped = ReferralWire.Write(stopped); break;
            case Lapsed lapsed: wire.ReferralLapsed = ReferralWire.Write(lapsed); break;
            case EnteredInError: wire.ReferralEnteredInError = new(); break;
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
