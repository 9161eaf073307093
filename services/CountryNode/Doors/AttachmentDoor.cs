using System.Runtime.CompilerServices;
using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Exchange;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Referrals;
using Google.Protobuf;
using Grpc.Core;

namespace Coordination.CountryNode.Doors;

/// <summary>Attachments over gRPC: parse, call the desk, map.</summary>
public sealed class AttachmentDoor(AttachmentDesk desk, Callers callers, Outage outage) : AttachmentService.AttachmentServiceBase
{
    /// <summary>After which nobody waits for the rest of an attachment any more: time for 25 MiB over a line of half a megabit.</summary>
    static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    public override async Task<AddAttachmentResponse> AddAttachment(IAsyncStreamReader<AddAttachmentRequest> requestStream, ServerCallContext context)
    {
        var (office, person) = (callers.Office(context), callers.Person(context));
        return await Errors.WithinAsync(Longest, async ending =>
        {
            if (!await requestStream.MoveNext(ending) || requestStream.Current.PartCase is not AddAttachmentRequest.PartOneofCase.DossierId)
                throw Refusal.Invalid("FIELD_INVALID", "dossier_id", "is not what the first message says: first the dossier, then the data").ToException();
            var dossier = Errors.ReadId(requestStream.Current.DossierId);
            return await Errors.AnswerAsync(outage, () => desk.AddAsync(office, person, dossier, DataAsync(requestStream, ending), ending)) switch
            {
                ({ } added, _) => new AddAttachmentResponse { Attachment = added },
                var (_, refusal) => throw refusal!.ToException(),
            };
        }, context.CancellationToken);
    }

    public override async Task OpenAttachment(OpenAttachmentRequest request, IServerStreamWriter<OpenAttachmentResponse> responseStream, ServerCallContext context)
    {
        var (office, person) = (callers.Office(context), callers.Person(context));
        var fields = new FieldReader();
        var (dossier, release) = ReferralDoor.ReadOpening(request.DossierId, request.Release, request.SubmissionId, request.Reason, fields);
        if (!AttachmentWire.IsId(request.AttachmentId)) fields.Fault("attachment_id", "is no id of an attachment: the case file has those of all that go with it");
        if (fields.Faults.Count > 0) throw Refusal.Invalid(fields.Faults).ToException();
        await Errors.WithinAsync(Longest, ending => Errors.AnswerAsync(outage, async () =>
        {
            var opened = request.SubmissionId.Length > 0
                ? await desk.OpenSubmittedAsync(request.SubmissionId, office, person, request.AttachmentId, request.Reason, ending)
                : await desk.OpenAsync(office, person, dossier, release, request.AttachmentId, request.Reason, ending);
            if (opened is not AttachmentOpened.Is attachment) throw ((AttachmentOpened.Not)opened).Refusal.ToException();
            await responseStream.WriteAsync(new() { Attachment = attachment.About }, ending);
            await foreach (var read in attachment.Pieces.WithCancellation(ending))
            {
                if (read is not AttachmentRead.Piece piece) throw ((AttachmentRead.Not)read).Refusal.ToException();
                await responseStream.WriteAsync(new() { Data = UnsafeByteOperations.UnsafeWrap(piece.Bytes) }, ending);
            }
            return true;
        }), context.CancellationToken);
    }

    static async IAsyncEnumerable<ReadOnlyMemory<byte>> DataAsync(IAsyncStreamReader<AddAttachmentRequest> stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await stream.MoveNext(cancellationToken))
        {
            if (stream.Current.PartCase is not AddAttachmentRequest.PartOneofCase.Data) throw Refusal.Invalid("FIELD_INVALID", "dossier_id", "is said twice: after the first message comes the data").ToException();
            yield return stream.Current.Data.Memory;
        }
    }
}
