using System.Diagnostics;
using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Store;
using Coordination.Hosting.Dossiers;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Submission = Coordination.Contracts.Dossier.V1.Submission;

namespace Coordination.CountryNode.Doors;

/// <summary>The second person over gRPC: parse, call the desk, map.</summary>
public sealed class ApprovalDoor(SubmissionDesk desk, Callers callers, ReferralView view, Outage outage) : ApprovalService.ApprovalServiceBase
{
    const int MostReason = 500;

    public override async Task<ListSubmissionsResponse> ListSubmissions(ListSubmissionsRequest request, ServerCallContext context)
    {
        var office = callers.Office(context, Act.ReadParticulars);
        var size = PageToken.Size(request.PageSize);
        var after = PageToken.Read<ListedAt, SubmissionPlace>(request.PageToken, place => place.ToPlace());

        var page = await Errors.AnswerAsync(outage, () => desk.ListAsync(office, after, size + 1, context.CancellationToken));
        var response = new ListSubmissionsResponse { MayApprove = await Errors.AnswerAsync(outage, () => desk.MayApproveNowAsync(office, context.CancellationToken)) };
        response.Submissions.AddRange(page.Take(size).Where(waiting => !waiting.IsClosed).Select(ToWire));
        if (page.Length > size) response.NextPageToken = PageToken.Write(ListedAt.Of(page[size - 1].Submission.Place));
        return response;
    }

    public override async Task<ApproveResponse> Approve(ApproveRequest request, ServerCallContext context)
    {
        var (office, person) = (callers.Office(context), callers.Person(context));
        var outcome = await Errors.AnswerAsync(outage, () => desk.ApproveAsync(
            request.SubmissionId, office, person, (held, folded) => new OpenResponse { Referral = view.Of(held, folded) }.ToByteArray(), context.CancellationToken));
        return outcome switch
        {
            CommandOutcome.Done done => new ApproveResponse { Referral = OpenResponse.Parser.ParseFrom(done.Answer.Span).Referral },
            CommandOutcome.Refused refused => throw refused.Refusal.ToException(),
            _ => throw new UnreachableException(),
        };
    }

    public override async Task<SendBackResponse> SendBack(SendBackRequest request, ServerCallContext context)
    {
        var (office, person) = (callers.Office(context), callers.Person(context));
        var fields = new FieldReader();
        fields.Text("reason", request.Reason, MostReason);
        if (string.IsNullOrWhiteSpace(request.Reason)) fields.Fault("reason", "is missing: the office that submitted it has to know what to do");
        if (fields.Faults.Count > 0) throw Refusal.Invalid(fields.Faults).ToException();
        var refusal = await Errors.AnswerAsync(outage, () => desk.SendBackAsync(request.SubmissionId, office, person, request.Reason, context.CancellationToken));
        return refusal is null ? new SendBackResponse() : throw refusal.ToException();
    }

    public override async Task<DelegateResponse> Delegate(DelegateRequest request, ServerCallContext context)
    {
        var office = callers.Office(context);
        var fields = new FieldReader();
        var to = request.To is null ? null : DossierWire.Read(request.To, fields.Within("to"));
        if (to is null) fields.Fault("to", "is missing: an office of this node is needed");
        else if (!callers.IsOfficeHere(to)) fields.Fault("to", "is no office of this node");
        var (first, last) = (fields.Date("from", request.From), fields.Date("until", request.Until));
        if (fields.Faults.Count > 0) throw Refusal.Invalid(fields.Faults).ToException();
        var refusal = await Errors.AnswerAsync(outage, () => desk.DelegateAsync(office, to!, first, last, context.CancellationToken));
        return refusal is null ? new DelegateResponse() : throw refusal.ToException();
    }

    static Submission ToWire(SubmissionDesk.Waiting waiting) => new()
    {
        SubmissionId = waiting.Submission.Id,
        DossierId = waiting.Submission.About is { } id ? ByteString.CopyFrom(id.ToArray()) : ByteString.Empty,
        Statement = waiting.Submission.Statement,
        Office = DossierWire.Write(waiting.Submission.Command.Office),
        SubmittedAt = Timestamp.FromDateTimeOffset(waiting.Submission.SubmittedAt),
        Particulars = waiting.Particulars is ParticularsRead.Is said ? Particulars.Parser.ParseFrom(said.Content.Span) : new(),
        ParticularsMissing = waiting.Particulars is ParticularsRead.Not not ? not.Refusal.Reason : "",
        Draft = UnsafeByteOperations.UnsafeWrap(waiting.Submission.Draft),
        SentBack = waiting.Submission.Settled is Settlement.SentBack,
        SentBackReason = waiting.Reason,
        HasCaseFile = !waiting.Submission.CaseFileAtRest.IsEmpty,
        Written = waiting.Submission.Written is { } entry ? ByteString.CopyFrom(entry.ToArray()) : ByteString.Empty,
        DueAt = waiting.Submission.DueAt is { } due ? Timestamp.FromDateTimeOffset(due) : null,
    };

    /// <summary>What a page token says.</summary>
    public sealed record ListedAt(DateTimeOffset? Settled, DateTimeOffset Submitted, string Submission)
    {
        public static ListedAt Of(SubmissionPlace place) => new(place.SettledAt, place.SubmittedAt, place.Id);

        public SubmissionPlace ToPlace() => SubmissionDesk.IsId(Submission) ? new(Settled?.ToUniversalTime(), Submitted.ToUniversalTime(), Submission) : throw new FormatException();
    }
}
