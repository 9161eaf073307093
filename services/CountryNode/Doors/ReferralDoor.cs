using System.Diagnostics;
using System.Security.Cryptography;
using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Exchange;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Referrals;
using Google.Protobuf;
using Grpc.Core;
using Referrals = Coordination.Domain.Referrals;

namespace Coordination.CountryNode.Doors;

/// <summary>Referrals over gRPC: parse, call the desk, map. Nothing here decides anything.</summary>
public sealed partial class ReferralDoor(ReferralDesk desk, SubmissionDesk submissions, CaseFiles caseFiles, ReferralLists lists, Changes changes, Bell bell, Commands commands, Callers callers, ReferralView view, Pen pen, TimeProvider time, Outage outage) : ReferralService.ReferralServiceBase
{
    public override Task<OpenResponse> Open(OpenRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, null, request.Particulars, context, OpenResponse.Parser,
            fields => ReferralWire.Read(request.Opened, fields),
            (command, fields) => command with { Earlier = fields.OptionalHash("earlier_dossier_id", request.EarlierDossierId.Span) is { } earlier ? new DossierId(earlier) : null });

    public override Task<AcknowledgeResponse> Acknowledge(AcknowledgeRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, AcknowledgeResponse.Parser, _ => new Referrals.Acknowledged());

    public override Task<RequestInformationResponse> RequestInformation(RequestInformationRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, RequestInformationResponse.Parser, _ => new Referrals.InformationRequested());

    public override Task<SupplyInformationResponse> SupplyInformation(SupplyInformationRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, SupplyInformationResponse.Parser, _ => new Referrals.InformationSupplied());

    public override Task<TakeUpResponse> TakeUp(TakeUpRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, TakeUpResponse.Parser, _ => new Referrals.TakenUp());

    public override Task<DeclineResponse> Decline(DeclineRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, DeclineResponse.Parser, fields => ReferralWire.Read(request.Declined, fields));

    public override Task<ProposeOnwardResponse> ProposeOnward(ProposeOnwardRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, ProposeOnwardResponse.Parser, fields => ReferralWire.Read(request.OnwardProposed, fields));

    public override Task<AnswerOnwardResponse> AnswerOnward(AnswerOnwardRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, AnswerOnwardResponse.Parser, fields => ReferralWire.Read(request.OnwardAnswered, fields));

    public override Task<RecordConsentResponse> RecordConsent(RecordConsentRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, RecordConsentResponse.Parser, fields => ReferralWire.Read(request.ConsentRecorded, fields));

    public override Task<ReleaseCaseFileResponse> ReleaseCaseFile(ReleaseCaseFileRequest request, ServerCallContext context) =>
        commands.DoAsync(
            request, request.Command, request.DossierId, request.Particulars, context, ReleaseCaseFileResponse.Parser,
            fields =>
            {
                CaseFileWire.Check(request.CaseFile, fields);
                // The desk numbers it, and what is sealed makes the digest.
                return new Referrals.CaseFileReleased(Version: 1, CaseFile: default);
            },
            (command, _) => command with { CaseFile = CaseFileWire.Without(request.CaseFile ?? new(), request.WithHealth ? [] : [CaseFileWire.Health]).ToByteArray() });

    public override Task<ReceiveCaseFileResponse> ReceiveCaseFile(ReceiveCaseFileRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, ReceiveCaseFileResponse.Parser, _ => new Referrals.CaseFileReceived());

    public override Task<ChangeIdentificationResponse> ChangeIdentification(ChangeIdentificationRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, ChangeIdentificationResponse.Parser, _ => new Referrals.IdentificationChanged());

    public override Task<AnswerLocationResponse> AnswerLocation(AnswerLocationRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, AnswerLocationResponse.Parser, fields => ReferralWire.Read(request.LocationAnswered, fields));

    public override Task<AnswerTracingResponse> AnswerTracing(AnswerTracingRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, AnswerTracingResponse.Parser, _ => new Referrals.TracingAnswered());

    public override Task<ReportAssessmentResponse> ReportAssessment(ReportAssessmentRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, ReportAssessmentResponse.Parser, fields => ReferralWire.Read(request.AssessmentReported, fields));

    public override Task<RecordWishResponse> RecordWish(RecordWishRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, RecordWishResponse.Parser, fields => ReferralWire.Read(request.WishRecorded, fields));

    public override Task<RecordChildSafeguardResponse> RecordChildSafeguard(RecordChildSafeguardRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, RecordChildSafeguardResponse.Parser, fields => ReferralWire.Read(request.ChildSafeguardRecorded, fields));

    public override Task<ReportPreparationResponse> ReportPreparation(ReportPreparationRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, ReportPreparationResponse.Parser, fields => ReferralWire.Read(request.PreparationReported, fields));

    public override Task<PlanReturnResponse> PlanReturn(PlanReturnRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, PlanReturnResponse.Parser, fields => ReferralWire.Read(WithToken(request.ReturnPlanned), fields));

    public override Task<AgreeToReturnResponse> AgreeToReturn(AgreeToReturnRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, AgreeToReturnResponse.Parser, _ => new Referrals.ReturnAgreed());

    public override Task<HoldReturnResponse> HoldReturn(HoldReturnRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, HoldReturnResponse.Parser, fields => ReferralWire.Read(request.ReturnHeld, fields));

    public override Task<EndHoldResponse> EndHold(EndHoldRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, EndHoldResponse.Parser, _ => new Referrals.HoldEnded());

    public override Task<PostponeReturnResponse> PostponeReturn(PostponeReturnRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, PostponeReturnResponse.Parser, _ => new Referrals.ReturnPostponed());

    public override Task<ReportAccompaniedResponse> ReportAccompanied(ReportAccompaniedRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, ReportAccompaniedResponse.Parser, fields => ReferralWire.Read(request.Accompanied, fields));

    public override Task<ReportDidNotTravelResponse> ReportDidNotTravel(ReportDidNotTravelRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, ReportDidNotTravelResponse.Parser, fields => ReferralWire.Read(request.DidNotTravel, fields));

    public override Task<ReportMetResponse> ReportMet(ReportMetRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, ReportMetResponse.Parser, fields => ReferralWire.Read(request.Met, fields));

    public override Task<ReportNotArrivedResponse> ReportNotArrived(ReportNotArrivedRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, ReportNotArrivedResponse.Parser, fields => ReferralWire.Read(request.NotArrived, fields));

    public override Task<ReportFoundSafeResponse> ReportFoundSafe(ReportFoundSafeRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, ReportFoundSafeResponse.Parser, fields => ReferralWire.Read(request.FoundSafe, fields));

    public override Task<StartReintegrationResponse> StartReintegration(StartReintegrationRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, StartReintegrationResponse.Parser, _ => new Referrals.ReintegrationStarted());

    public override Task<ReportFollowUpResponse> ReportFollowUp(ReportFollowUpRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, ReportFollowUpResponse.Parser, fields => ReferralWire.Read(request.FollowUpReported, fields));

    public override Task<AskAppearanceResponse> AskAppearance(AskAppearanceRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, AskAppearanceResponse.Parser, _ => new Referrals.AppearanceAsked());

    public override Task<AnswerAppearanceResponse> AnswerAppearance(AnswerAppearanceRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, AnswerAppearanceResponse.Parser, fields => ReferralWire.Read(request.AppearanceAnswered, fields));

    public override Task<ReportAppearanceResponse> ReportAppearance(ReportAppearanceRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, ReportAppearanceResponse.Parser, _ => new Referrals.AppearanceDone());

    public override Task<NoteEntitlementResponse> NoteEntitlement(NoteEntitlementRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, NoteEntitlementResponse.Parser, _ => new Referrals.EntitlementNoted());

    public override Task<NoteProceedingsResponse> NoteProceedings(NoteProceedingsRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, NoteProceedingsResponse.Parser, _ => new Referrals.ProceedingsNoted());

    public override Task<EndContactResponse> EndContact(EndContactRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, EndContactResponse.Parser, _ => new Referrals.ContactEnded());

    public override Task<ResumeContactResponse> ResumeContact(ResumeContactRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, ResumeContactResponse.Parser, _ => new Referrals.ContactResumed());

    public override Task<CompleteResponse> Complete(CompleteRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, CompleteResponse.Parser, fields => ReferralWire.Read(request.Completed, fields));

    public override Task<CancelResponse> Cancel(CancelRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, CancelResponse.Parser, _ => new Referrals.Cancelled());

    public override Task<WithdrawConsentResponse> WithdrawConsent(WithdrawConsentRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, WithdrawConsentResponse.Parser, fields => ReferralWire.Read(request.Withdrawn, fields));

    public override Task<StopDataResponse> StopData(StopDataRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, StopDataResponse.Parser, fields => ReferralWire.Read(request.DataStopped, fields));

    public override Task<LapseResponse> Lapse(LapseRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, LapseResponse.Parser, fields => ReferralWire.Read(request.Lapsed, fields));

    public override Task<EnterInErrorResponse> EnterInError(EnterInErrorRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, EnterInErrorResponse.Parser, _ => new Referrals.EnteredInError());

    public override async Task<OpenCaseFileResponse> OpenCaseFile(OpenCaseFileRequest request, ServerCallContext context)
    {
        var (office, person) = (callers.Office(context), callers.Person(context));
        var fields = new FieldReader();
        var (dossier, release) = ReadOpening(request.DossierId, request.Release, request.SubmissionId, request.Reason, fields);
        if (fields.Faults.Count > 0) throw Refusal.Invalid(fields.Faults).ToException();
        if (request.SubmissionId.Length > 0)
        {
            var (waits, file) = await Errors.AnswerAsync(outage, () => submissions.OpenCaseFileAsync(request.SubmissionId, office, person, attachment: null, request.Reason, context.CancellationToken));
            return file switch
            {
                ParticularsRead.Is said => new OpenCaseFileResponse
                {
                    CaseFile = CaseFile.Parser.ParseFrom(said.Content.Span),
                    By = pen.Node.ToString(),
                    Replaces = await Errors.AnswerAsync(outage, () => caseFiles.FindReplacedAsync(waits, context.CancellationToken)) is { } before ? CaseFile.Parser.ParseFrom(before.Span) : null,
                },
                ParticularsRead.Not not => throw not.Refusal.ToException(),
                _ => throw new UnreachableException(),
            };
        }
        return await Errors.AnswerAsync(outage, () => caseFiles.OpenAsync(office, person, dossier, release, attachment: null, request.Reason, context.CancellationToken)) switch
        {
            CaseFileRead.Is { Release.Entry: var entry, Content: var content } => new OpenCaseFileResponse
            {
                CaseFile = CaseFile.Parser.ParseFrom(content.Span),
                Release = ByteString.CopyFrom(entry.Hash.ToArray()),
                Version = (uint)((Referrals.CaseFileReleased)entry.Body).Version,
                By = entry.Author.ToString(),
            },
            CaseFileRead.Not not => throw not.Refusal.ToException(),
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>Which case file is to be opened, and that it is said what for.</summary>
    /// <returns>The dossier means nothing for what waits with a submission.</returns>
    public static (DossierId Dossier, EntryHash? Release) ReadOpening(ByteString dossier, ByteString release, string submission, AccessReason reason, FieldReader fields)
    {
        var waits = submission.Length > 0;
        if (waits && (dossier.Length > 0 || release.Length > 0)) fields.Fault("submission_id", "is given beside a dossier or a release: give one of the two");
        if (!waits && dossier.IsEmpty) fields.Fault("dossier_id", "is missing: name the dossier, or what waits for a second person by submission_id");
        if (reason is AccessReason.Unspecified) fields.Fault("reason", "is missing: say what it is opened for");
        else if (!Enum.IsDefined(reason)) fields.UnknownCode<AccessReason>("reason");
        return (waits || dossier.IsEmpty ? default : new DossierId(fields.Hash("dossier_id", dossier.Span)), fields.OptionalHash("release", release.Span));
    }

    public override async Task<GetResponse> Get(GetRequest request, ServerCallContext context)
    {
        var office = callers.Office(context, Act.ReadReferral);
        var id = Errors.ReadId(request.DossierId);
        var (held, dossier) = await Errors.AnswerAsync(outage, () => desk.FindAsync(id, office, context.CancellationToken)) ?? throw Refusal.NotFound.ToException();
        var earlier = dossier.State?.Opened.Links.Earlier is { } token ? await Errors.AnswerAsync(outage, () => lists.FindEarlierAsync(token, context.CancellationToken)) : null;
        return new GetResponse { Referral = view.Of(held, dossier, office, earlier, desk.StandstillOf(held)) };
    }

    /// <summary>A plan needs a name of its own; people who travel together are given theirs by the caller.</summary>
    static ReturnPlanned? WithToken(ReturnPlanned? planned)
    {
        if (planned is not { Plan.IsEmpty: true }) return planned;
        planned = planned.Clone();
        planned.Plan = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(Token.Length));
        return planned;
    }
}
