using Coordination.Contracts.Dossier.V1;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Store;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Trust;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Submission = Coordination.CountryNode.Store.Submission;

namespace Coordination.CountryNode.Doors;

/// <summary>The access log, and what was done alone, over gRPC, for those who supervise.</summary>
public sealed class AuditDoor(AccessLog log, LogWitnesses witnesses, SubmissionDesk submissions, TrustInForce trust, Callers callers, Outage outage, TimeProvider time) : AuditService.AuditServiceBase
{
    public override async Task<ListAccessResponse> ListAccess(ListAccessRequest request, ServerCallContext context)
    {
        var (office, person) = (callers.Office(context, Act.Audit), callers.Person(context));
        var size = PageToken.Size(request.PageSize);
        var response = new ListAccessResponse();
        response.Rows.AddRange(await Errors.AnswerAsync(outage, () => log.ReadAsync(office, person, request.After, size, time.GetUtcNow(), context.CancellationToken)));
        return response;
    }

    public override async Task<ListWitnessesResponse> ListWitnesses(ListWitnessesRequest request, ServerCallContext context)
    {
        callers.Office(context, Act.Audit);
        var response = new ListWitnessesResponse { TrustList = UnsafeByteOperations.UnsafeWrap(trust.Current.SignedBytes) };
        response.Witnesses.AddRange(await Errors.AnswerAsync(outage, () => witnesses.ListAsync(context.CancellationToken)));
        return response;
    }

    public override async Task<AcknowledgeBreakResponse> AcknowledgeBreak(AcknowledgeBreakRequest request, ServerCallContext context)
    {
        var (office, person) = (callers.Office(context, Act.Audit), callers.Person(context));
        var row = await Errors.AnswerAsync(outage, () => log.AcknowledgeBreakAsync(office, person, time.GetUtcNow(), context.CancellationToken)) ?? throw Fits.ToException();
        return new() { Number = row.Number, Lost = { row.Lost } };
    }

    static Refusal Fits { get; } = new(
        RefusalKind.NotOpen, "LOG_FITS", "The access log fits all that other countries are known to have countersigned, but for what is acknowledged already: there is no break to acknowledge. The node asks each country once a day, and when it starts.");

    public override async Task<ListWrittenAloneResponse> ListWrittenAlone(ListWrittenAloneRequest request, ServerCallContext context)
    {
        callers.Office(context, Act.Audit);
        var size = PageToken.Size(request.PageSize);
        var before = PageToken.Read<ApprovalDoor.ListedAt, SubmissionPlace>(request.PageToken, place => place.ToPlace());
        var page = await Errors.AnswerAsync(outage, () => submissions.ListWrittenAloneAsync(before, size + 1, context.CancellationToken));
        var now = time.GetUtcNow();
        var response = new ListWrittenAloneResponse();
        response.Written.AddRange(page.Take(size).Select(written => ToWire(written, now)));
        if (page.Length > size) response.NextPageToken = PageToken.Write(ApprovalDoor.ListedAt.Of(page[size - 1].Place));
        return response;
    }

    static WrittenAlone ToWire(Submission written, DateTimeOffset now) => new()
    {
        DossierId = ByteString.CopyFrom(written.About!.Value.ToArray()),
        Entry = ByteString.CopyFrom(written.Written!.Value.ToArray()),
        Statement = written.Statement,
        Office = DossierWire.Write(written.Command.Office),
        Person = written.Person,
        WrittenAt = Timestamp.FromDateTimeOffset(written.SubmittedAt),
        DueAt = Timestamp.FromDateTimeOffset(written.DueAt!.Value),
        Said = written.Settled is { } settled ? SaidBy(settled) : AfterTheFact.Unspecified,
        SaidAt = written.SettledAt is { } at ? Timestamp.FromDateTimeOffset(at) : null,
        Late = (written.SettledAt ?? now) > written.DueAt,
    };

    static AfterTheFact SaidBy(Settlement settled) => settled switch
    {
        Settlement.Approved => AfterTheFact.Approved,
        Settlement.SentBack => AfterTheFact.Objected,
    };
}
