using Coordination.Contracts.Peer.V1;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Exchange;
using Coordination.CountryNode.Peers;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Trust;
using Grpc.Core;
using Admission = Coordination.Contracts.Peer.V1.Admission;
using Disposition = Coordination.CountryNode.Peers.Disposition;
using WireDisposition = Coordination.Contracts.Peer.V1.Disposition;

namespace Coordination.CountryNode.Doors;

/// <summary>The other nodes' way in, over gRPC: parse, call the door, map.</summary>
public sealed class PeerDoor(Door door, IStore store, TrustInForce trust, Callers callers, ILogger<PeerDoor> logger) : PeerService.PeerServiceBase
{
    public override async Task<DeliverResponse> Deliver(DeliverRequest request, ServerCallContext context)
    {
        var peer = callers.Peer(context);
        if (request.Entries.Count is 0 or > Batch.MostEntries)
            throw Refusal.Invalid("TOO_MANY_OR_NONE", "entries", $"are {request.Entries.Count}: 1 to {Batch.MostEntries} are taken at once").ToException();

        var delivered = await Errors.AnswerAsync(logger, () => door.AdmitAsync(peer, [.. request.Entries.Select(Offered.From)], context.CancellationToken));
        var response = new DeliverResponse();
        response.Admissions.AddRange(delivered.Admitted.Select(admitted => new Admission { Disposition = ToWire(admitted.Disposition), Reason = admitted.Reason }));
        response.Receipts.AddRange(delivered.Receipts.Select(receipt => receipt.ToWire()));
        return response;
    }

    public override async Task<FetchResponse> Fetch(FetchRequest request, ServerCallContext context)
    {
        var peer = callers.Peer(context);
        var id = Errors.ReadId(request.DossierId);
        if (request.Held.Count > Batch.MostHeld || request.Held.Any(hash => hash.Length != EntryHash.Length))
            throw Refusal.Invalid("FIELD_INVALID", "held", $"is malformed: at most {Batch.MostHeld} hashes of {EntryHash.Length} bytes are taken").ToException();
        // To a node that the dossier does not name, it does not exist.
        if (await Errors.AnswerAsync(logger, () => store.FindAsync(id, context.CancellationToken)) is not { } held || held.Opening?.Participants.Contains(peer) is not true)
            throw Refusal.NotFound.ToException();

        var theirs = request.Held.Select(hash => EntryHash.Read(hash.Span)).ToHashSet();
        var response = new FetchResponse();
        var missing = held.Entries
            .Where(kept => !theirs.Contains(kept.Entry.Hash))
            .OrderBy(kept => kept.Entry.Author).ThenBy(kept => kept.Entry.Seq)
            .Select(kept => kept.Signed);
        response.Entries.AddRange(Batch.Of(missing).Select(signed => signed.ToWire()));
        return response;
    }

    public override Task<GetTrustListResponse> GetTrustList(GetTrustListRequest request, ServerCallContext context)
    {
        callers.Peer(context);
        return Task.FromResult(new GetTrustListResponse { TrustList = SignedTrustList.Parser.ParseFrom(trust.Current.SignedBytes.Span) });
    }

    static WireDisposition ToWire(Disposition disposition) => disposition switch
    {
        Disposition.Held => WireDisposition.Held,
        Disposition.Waiting => WireDisposition.Waiting,
        Disposition.TryAgain => WireDisposition.TryAgain,
        Disposition.Refused => WireDisposition.Refused,
    };
}
