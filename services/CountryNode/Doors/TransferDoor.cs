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

    public override async Task<LeaveTransferResponse> LeaveTransfer(LeaveTransferRequest request, ServerCallContext context)
    {
        var (office, person) = (callers.Office(context, Act.Transfer), callers.Person(context));
        var fields = new FieldReader();
        fields.Text("note", request.Note, LongestNote);
        if (fields.Faults.Count > 0) throw Refusal.Invalid(fields.Faults).ToException();
        var replaces = request.Replaces.IsEmpty ? (Domain.Dossiers.DossierId?)null : Errors.ReadId(request.Replaces, "replaces");
        return await Errors.AnswerAsync(outage, () => desk.LeaveAsync(office, person, request.Note, replaces, context.CancellationToken)) is { } left ? new() { Transfer = left } : throw Changed.ToException();
    }

    public override async Task<TakeOverResponse> TakeOver(TakeOverRequest request, ServerCallContext context)
    {
        var (office, person) = (callers.Office(context, Act.Transfer), callers.Person(context));
        var id = Errors.ReadId(request.TransferId, "transfer_id");
        return await Errors.AnswerAsync(outage, () => transfers.TakeOverAsync(office, id, person, time.GetUtcNow(), context.CancellationToken)) is (var by, var at)
            ? new() { TakenBy = by, TakenAt = Timestamp.FromDateTimeOffset(at) }
            : throw NotThere.ToException();
    }

    static Refusal Changed { get; } = new(RefusalKind.NotOpen, "TRANSFER_CHANGED", "Something else lies in the office than you have read: a colleague left it meanwhile. Read it first; what you leave takes its place.");

    static Refusal NotThere { get; } = new(RefusalKind.NotFound, "TRANSFER_NOT_FOUND", "This is not what lies in the office now: a new note may have taken its place. Read what does.");
}
