using System.Globalization;
using Coordination.Contracts.Dossier.V1;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Exchange;
using Coordination.CountryNode.Store;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Trust;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Coordination.CountryNode.Doors;

/// <summary>How the node is, over gRPC, for whoever looks after it: parse, call, map.</summary>
public sealed partial class OperationsDoor(
    Operations operations, Reconciliation reconciliation, Expiries expiries, Bell bell, TrustInForce trust, Pen pen, Callers callers, Outage outage, TimeProvider time, ILogger<OperationsDoor> logger) : OperationsService.OperationsServiceBase
{
    public override Task<GetOperationsResponse> GetOperations(GetOperationsRequest request, ServerCallContext context)
    {
        callers.Office(context, Act.Operate);
        return Errors.AnswerAsync(outage, async () =>
        {
            var waiting = (await operations.ListWaitingAsync(context.CancellationToken)).ToDictionary(row => row.Peer, StringComparer.Ordinal);
            var response = new GetOperationsResponse();
            response.Peers.AddRange(trust.Current.Nodes.Keys.Where(node => node != pen.Node).Order().Select(node => ToWire(node, waiting.GetValueOrDefault(node.ToString()))));
            response.Stopped.AddRange((await operations.ListStoppedAsync(context.CancellationToken)).Select(row => new Stopped { DossierId = ByteString.CopyFrom(row.DossierId), Node = row.Peer, Reason = row.Reason, Since = At(row.QueuedAt) }));
            response.Gaps.AddRange((await operations.ListGapsAsync(context.CancellationToken)).Select(row => new Gap { DossierId = ByteString.CopyFrom(row.Id), Since = At(row.WaitingSince), Asked = { row.Asked.Split(' ', StringSplitOptions.RemoveEmptyEntries) }, Tries = (uint)row.Tries }));
            response.TurnedAway.AddRange((await operations.ListTurnedAwayAsync(context.CancellationToken)).Select(row => new TurnedAway
            {
                TurnedAwayId = row.Id.ToString(CultureInfo.InvariantCulture), At = At(row.At), Node = row.Peer, Reason = row.Reason, DossierId = ByteString.CopyFrom(row.DossierId ?? []),
            }));
            response.Expiries.AddRange(expiries.List());
            return response;
        });
    }

    public override async Task<ResendResponse> Resend(ResendRequest request, ServerCallContext context)
    {
        var office = callers.Office(context, Act.Operate);
        var dossier = Errors.ReadId(request.DossierId);
        var peers = await Errors.AnswerAsync(outage, () => operations.ResendAsync(dossier, time.GetUtcNow(), Relay.Lease, context.CancellationToken));
        if (peers.Count == 0) throw NothingWaits.ToException();
        LogResent(logger, office, dossier.Short);
        foreach (var peer in peers) bell.Ring(peer);
        return new();
    }

    public override async Task<DiscardResponse> Discard(DiscardRequest request, ServerCallContext context)
    {
        var (office, person) = (callers.Office(context, Act.Operate), callers.Person(context));
        var fields = new FieldReader();
        if (!long.TryParse(request.TurnedAwayId, NumberStyles.None, CultureInfo.InvariantCulture, out var id)) fields.Fault("turned_away_id", "is no id of something turned away: GetOperations has them");
        if (request.Reason is DiscardReason.Unspecified || !System.Enum.IsDefined(request.Reason)) fields.Fault("reason", "is missing: say why it is put aside");
        if (fields.Faults.Count > 0) throw Refusal.Invalid(fields.Faults).ToException();
        return await Errors.AnswerAsync(outage, () => operations.DiscardAsync(id, $"{office} {person}", request.Reason.ToString(), time.GetUtcNow(), context.CancellationToken)) ? new() : throw NotTurnedAway.ToException();
    }

    static Refusal NothingWaits { get; } = new(RefusalKind.NotFound, "NOTHING_WAITS", "Nothing waits in such a dossier, for nobody and from nobody. GetOperations has those in which something does.");

    static Refusal NotTurnedAway { get; } = new(RefusalKind.NotFound, "NOT_TURNED_AWAY", "The door turned no such thing away. GetOperations has what it did.");

    Peer ToWire(Domain.Dossiers.NodeId node, WaitingRow? waiting)
    {
        var (comparedAt, lost) = reconciliation.StateOf(node);
        var isOld = waiting?.Oldest < time.GetUtcNow().UtcDateTime - Relay.LongWait;
        return new()
        {
            Node = node.ToString(),
            Good = lost is null && !isOld,
            ComparedAt = comparedAt is { } compared ? Timestamp.FromDateTimeOffset(compared) : null,
            LostSince = lost is { } away ? Timestamp.FromDateTimeOffset(away.Since) : null,
            LostBecause = lost?.Why ?? "",
            Waiting = (uint)(waiting?.Waiting ?? 0),
            OldestSince = waiting?.Oldest is { } oldest ? At(oldest) : null,
            CatchingUp = waiting?.CatchingUp is true,
        };
    }

    static Timestamp At(DateTime at) => Timestamp.FromDateTime(DateTime.SpecifyKind(at, DateTimeKind.Utc));

    [LoggerMessage(EventId = 370, Level = LogLevel.Information, Message = "{Office} had dossier {Dossier} offered and asked for at once.")]
    static partial void LogResent(ILogger logger, Domain.Dossiers.Office office, string dossier);
}
