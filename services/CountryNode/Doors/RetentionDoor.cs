using Coordination.Contracts.Dossier.V1;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Trust;
using Google.Protobuf;
using Grpc.Core;

namespace Coordination.CountryNode.Doors;

/// <summary>Retention over gRPC: parse, call the desk, map.</summary>
public sealed class RetentionDoor(RetentionDesk desk, Commands commands, Callers callers, TrustInForce trust, Outage outage) : RetentionService.RetentionServiceBase
{
    public override Task<PreviewRetentionResponse> PreviewRetention(PreviewRetentionRequest request, ServerCallContext context)
    {
        callers.Office(context, Act.ApplyRetention);
        return Errors.AnswerAsync(outage, () => desk.PreviewAsync(context.CancellationToken));
    }

    public override async Task<ApplyRetentionResponse> ApplyRetention(ApplyRetentionRequest request, ServerCallContext context)
    {
        var office = callers.Office(context, Act.ApplyRetention);
        var fields = new FieldReader();
        Commands.CheckId("command_id", request.CommandId, fields);
        fields.Hash("preview", request.Preview.Span);
        MustBeRight(request, fields);
        var (applied, refusal) = await Errors.AnswerAsync(outage, () => desk.ApplyAsync(
            new CommandKey(office, request.CommandId), commands.RequestHash(context.Method, request.ToByteArray()), request.Preview.Memory, context.CancellationToken));
        return applied ?? throw refusal!.ToException();
    }

    public override async Task<ListCertificatesResponse> ListCertificates(ListCertificatesRequest request, ServerCallContext context)
    {
        callers.Office(context, Act.ReadRetention);
        var size = PageToken.Size(request.PageSize);
        var response = new ListCertificatesResponse { TrustList = UnsafeByteOperations.UnsafeWrap(trust.Current.SignedBytes) };
        response.Certificates.AddRange(await Errors.AnswerAsync(outage, () => desk.ListCertificatesAsync(request.After, size, context.CancellationToken)));
        return response;
    }

    public override async Task<PlaceLegalHoldResponse> PlaceLegalHold(PlaceLegalHoldRequest request, ServerCallContext context)
    {
        var (office, person) = (callers.Office(context, Act.PlaceLegalHold), callers.Person(context));
        var fields = new FieldReader();
        Commands.CheckId("command_id", request.CommandId, fields);
        var dossier = new DossierId(fields.Hash("dossier_id", request.DossierId.Span));
        var (basis, until) = (fields.Code<RetentionBasis>("basis", (int)request.Basis), fields.Date("until", request.Until));
        MustBeRight(request, fields);
        var (placed, refusal) = await Errors.AnswerAsync(outage, () => desk.PlaceAsync(
            new CommandKey(office, request.CommandId), person, commands.RequestHash(context.Method, request.ToByteArray()), dossier, basis, until, context.CancellationToken));
        return placed ?? throw refusal!.ToException();
    }

    public override async Task<EndLegalHoldResponse> EndLegalHold(EndLegalHoldRequest request, ServerCallContext context)
    {
        var (office, person) = (callers.Office(context, Act.PlaceLegalHold), callers.Person(context));
        var (ended, refusal) = await Errors.AnswerAsync(outage, () => desk.EndAsync(request.Hold, office, person, context.CancellationToken));
        return ended is null ? throw refusal!.ToException() : new() { Hold = ended };
    }

    public override async Task<ListLegalHoldsResponse> ListLegalHolds(ListLegalHoldsRequest request, ServerCallContext context)
    {
        callers.Office(context, Act.ReadRetention);
        var size = PageToken.Size(request.PageSize);
        var response = new ListLegalHoldsResponse();
        response.Holds.AddRange(await Errors.AnswerAsync(outage, () => desk.ListHoldsAsync(request.After, size, context.CancellationToken)));
        return response;
    }

    /// <exception cref="RpcException">INVALID_ARGUMENT: it is not.</exception>
    static void MustBeRight(IMessage request, FieldReader fields)
    {
        if (UnknownFields.AreIn(request, request.ToByteArray())) fields.Fault("request", "holds a field that this node does not know: send what its protos know, or have the node upgraded");
        if (fields.Faults.Count > 0) throw Refusal.Invalid(fields.Faults).ToException();
    }
}
