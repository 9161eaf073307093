using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Peer.V1;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Exchange;
using Coordination.CountryNode.Peers;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Evidence;
using Coordination.Hosting.Referrals;
using Coordination.Hosting.Trust;
using Google.Protobuf;
using Grpc.Core;
using Admission = Coordination.Contracts.Peer.V1.Admission;
using Disposition = Coordination.CountryNode.Peers.Disposition;
using DossierDigest = Coordination.Domain.Dossiers.DossierDigest;
using WireDigest = Coordination.Contracts.Peer.V1.DossierDigest;
using WireDisposition = Coordination.Contracts.Peer.V1.Disposition;

namespace Coordination.CountryNode.Doors;

/// <summary>The other nodes' way in, over gRPC: parse, call the door, map.</summary>
public sealed partial class PeerDoor(Door door, Shelf shelf, AttachmentShelf attachments, LogWitnesses witnesses, IStore store, TrustInForce trust, Callers callers, Outage outage, TimeProvider time, ILogger<PeerDoor> logger) : PeerService.PeerServiceBase
{
    public override async Task<DeliverResponse> Deliver(DeliverRequest request, ServerCallContext context)
    {
        var peer = callers.Peer(context);
        if (request.Entries.Count is 0 or > Batch.MostEntries)
            throw Refusal.Invalid("TOO_MANY_OR_NONE", "entries", $"are {request.Entries.Count}: 1 to {Batch.MostEntries} are taken at once").ToException();

        var delivered = await Errors.AnswerAsync(outage, () => door.AdmitAsync(peer, Offered.From(request.Entries, request.Particulars), request.HandOver, context.CancellationToken));
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
        var theirs = request.Held.Select(hash => EntryHash.Read(hash.Span)).ToHashSet();
        if (await Errors.AnswerAsync(outage, () => shelf.FetchAsync(peer, id, theirs, context.CancellationToken)) is not { } missing) throw Refusal.NotFound.ToException();

        var response = new FetchResponse();
        response.Entries.AddRange(missing.Select(entry => entry.Signed.ToWire()));
        response.Particulars.AddRange(GrpcPeers.SealedWith(missing));
        return response;
    }

    public override async Task<PullCaseFileResponse> PullCaseFile(PullCaseFileRequest request, ServerCallContext context)
    {
        var peer = callers.Peer(context);
        var id = Errors.ReadId(request.DossierId);
        if (!EntryHash.TryRead(request.Release.Span, out var release)) throw Refusal.Invalid("FIELD_INVALID", "release", $"is no hash: {EntryHash.Length} bytes are needed").ToException();
        return await Errors.AnswerAsync(outage, () => shelf.PullAsync(peer, id, release, context.CancellationToken)) switch
        {
            (_, { } refusal) => throw refusal.ToException(),
            var (compact, _) => new PullCaseFileResponse { Jwe = compact },
        };
    }

    public override async Task PullAttachment(PullAttachmentRequest request, IServerStreamWriter<PullAttachmentResponse> responseStream, ServerCallContext context)
    {
        var peer = callers.Peer(context);
        var fields = new FieldReader();
        var (id, release) = (fields.Hash("dossier_id", request.DossierId.Span), fields.Hash("release", request.Release.Span));
        if (!AttachmentWire.IsId(request.AttachmentId)) fields.Fault("attachment_id", "is no id of an attachment");
        if (request.From >= AttachmentWire.MostBytes / AttachmentWire.PieceBytes) fields.Fault("from", "is more than any attachment has");
        if (fields.Faults.Count > 0) throw Refusal.Invalid(fields.Faults).ToException();
        await Errors.WithinAsync(Calls.LongestPull, ending => Errors.AnswerAsync(outage, async () =>
        {
            await foreach (var read in attachments.PullAsync(peer, new(id), release, request.AttachmentId, (int)request.From, ending))
            {
                if (read is not AttachmentSealed.Piece piece) throw ((AttachmentSealed.Not)read).Refusal.ToException();
                // Whose certificate was taken back meanwhile gets no more.
                if (callers.Peer(context) != peer) return false;
                await responseStream.WriteAsync(new() { Jwe = piece.Compact }, ending);
            }
            return true;
        }), context.CancellationToken);
    }

    public override async Task<GetLogWitnessResponse> GetLogWitness(GetLogWitnessRequest request, ServerCallContext context)
    {
        var peer = callers.Peer(context);
        return new() { Witness = await Errors.AnswerAsync(outage, () => witnesses.FindLastAsync(peer, context.CancellationToken)) };
    }

    public override async Task<WitnessAccessLogResponse> WitnessAccessLog(WitnessAccessLogRequest request, ServerCallContext context)
    {
        var peer = callers.Peer(context);
        var fields = new FieldReader();
        if (request.Head.Length is not (0 or AccessChain.HashLength)) fields.Fault("head", $"is no head: {AccessChain.HashLength} bytes are needed, or none");
        if (request.Digests.Count is 0 or > LogWitnessRoad.MostDigests || request.Digests.Any(digest => digest.Length != AccessChain.HashLength))
            fields.Fault("digests", $"are none, too many or malformed: 1 to {LogWitnessRoad.MostDigests} of {AccessChain.HashLength} bytes are taken");
        if (fields.Faults.Count > 0) throw Refusal.Invalid(fields.Faults).ToException();
        var signed = await Errors.AnswerAsync(outage, () => witnesses.WitnessAsync(peer, request, time.GetUtcNow(), context.CancellationToken));
        if (signed is null) LogDoesNotExtend(logger, peer.ToString());
        else if (LogWitness.Parser.ParseFrom(signed.Witness).InPlaceOf is { } lost) LogBroken(logger, peer.ToString(), lost.Number);
        return new() { Witness = signed };
    }

    [LoggerMessage(EventId = 364, Level = LogLevel.Warning, Message = "The access log of {Peer} does not go on where this node countersigned it: it is not countersigned.")]
    static partial void LogDoesNotExtend(ILogger logger, string peer);

    [LoggerMessage(EventId = 365, Level = LogLevel.Warning, Message = "The access log of {Peer} breaks off from what this node countersigned up to row {Number}, as an auditor there acknowledges: it is countersigned from before that on.")]
    static partial void LogBroken(ILogger logger, string peer, ulong number);

    public override async Task<GetBucketsResponse> GetBuckets(GetBucketsRequest request, ServerCallContext context)
    {
        var peer = callers.Peer(context);
        var buckets = await Errors.AnswerAsync(outage, () => shelf.GetBucketsAsync(peer, request.Since, context.CancellationToken));
        var response = new GetBucketsResponse();
        response.Digests.AddRange(buckets.Select(digest => ByteString.CopyFrom(digest.ToArray())));
        return response;
    }

    public override async Task<ListDossiersResponse> ListDossiers(ListDossiersRequest request, ServerCallContext context)
    {
        var peer = callers.Peer(context);
        if (request.Bucket >= DossierDigest.Buckets)
            throw Refusal.Invalid("FIELD_INVALID", "bucket", $"is {request.Bucket}: 0 to {DossierDigest.Buckets - 1} are known").ToException();
        DossierId? after = request.After.IsEmpty ? null : Errors.ReadId(request.After, "after");

        var dossiers = await Errors.AnswerAsync(outage, () => store.ListDossiersAsync(peer, (int)request.Bucket, after, Batch.MostDossiers, context.CancellationToken));
        var response = new ListDossiersResponse();
        response.Dossiers.AddRange(dossiers.Select(dossier => new WireDigest
        {
            DossierId = ByteString.CopyFrom(dossier.Id.ToArray()),
            Digest = ByteString.CopyFrom(dossier.Digest.ToArray()),
        }));
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
