using Coordination.Contracts.Dossier.V1;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Store;
using Grpc.Core;

namespace Coordination.CountryNode.Doors;

/// <summary>The access log over gRPC, for those who supervise.</summary>
public sealed class AuditDoor(AccessLog log, Callers callers, Outage outage, TimeProvider time) : AuditService.AuditServiceBase
{
    public override async Task<ListAccessResponse> ListAccess(ListAccessRequest request, ServerCallContext context)
    {
        var (office, person) = (callers.Office(context), callers.Person(context));
        if (Rights.Check(office, Act.ReadAccessLog) is { } refusal) throw refusal.ToException();
        var size = PageToken.Size(request.PageSize);
        var response = new ListAccessResponse();
        response.Rows.AddRange(await Errors.AnswerAsync(outage, () => log.ReadAsync(office, person, request.After, size, time.GetUtcNow(), context.CancellationToken)));
        return response;
    }
}
