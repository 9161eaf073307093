using Coordination.Contracts.Dossier.V1;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Store;
using Coordination.Hosting.Dossiers;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Coordination.CountryNode.Doors;

/// <summary>What is left in offices, over gRPC: parse, call, map.</summary>
public sealed class TransferDoor(TransferDesk desk, Transfers transfers, Callers callers, Outage outage, TimeProvider time) : TransferService.TransferServiceBase
{
    const int LongestNote = 4000;

    public override Task<GetTransferResponse> GetTransfer(GetTransferRequest request, ServerCallContext context)
    {
        var office = callers.Office(context, Act.Transfer);
        return Errors.AnswerAsync(outage, async () => await transfers.FindAsync(office, context.CancellationToken) is { } kept
            ? new GetTransferResponse
            {
                Transfer = kept.Signed, TransferId = ByteString.CopyFrom(kept.Id.ToArray()), TakenBy = kept.TakenBy ?? "", TakenAt = kept.TakenAt is { } at ? Timestamp.FromDateTimeOffset(at) : null,
            }
            : new GetTransferResponse());
    }

    public override Task<LeaveTransferResponse> LeaveTransfer(LeaveTransferRequest request, ServerCallContext context)
    {
        var (office, person) = (callers.Office(context, Act.Transfer), callers.Person(context));
        var fields = new FieldReader();
        fields.Text("note", request.Note, LongestNote);
        if (fields.Faults.Count > 0) throw Refusal.Invalid(fields.Faults).ToException();
        return Errors.AnswerAsync(outage, async () => new LeaveTransferResponse { Transfer = await desk.LeaveAsync(office, person, request.Note, context.CancellationToken) });
    }

    public override async Task<TakeOverResponse> TakeOver(TakeOverRequest request, ServerCallContext context)
    {
        var (office, person) = (callers.Office(context, Act.Transfer), callers.Person(context));
        var id = Errors.ReadId(request.TransferId, "transfer_id");
        return await Errors.AnswerAsync(outage, () => transfers.TakeOverAsync(office, id, person, time.GetUtcNow(), context.CancellationToken)) is (var by, var at)
            ? new() { TakenBy = by, TakenAt = Timestamp.FromDateTimeOffset(at) }
            : throw NotThere.ToException();
    }

    static Refusal NotThere { get; } = new(RefusalKind.NotFound, "TRANSFER_NOT_FOUND", "This is not what lies in the office now: a new note may have taken its place. Read what does.");
}
