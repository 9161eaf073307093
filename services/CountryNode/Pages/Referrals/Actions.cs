using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Google.Protobuf.Reflection;

namespace Coordination.CountryNode.Pages.Referrals;

/// <summary>A statement that an office makes by a form: by which method, and what is told beside it.</summary>
/// <param name="Statement">Its name in the protocol.</param>
/// <param name="Method">That writes it.</param>
/// <param name="Details">Keys of the particulars that belong to it.</param>
public sealed record Action(string Statement, MethodDescriptor Method, params IReadOnlyList<string> Details)
{
    /// <summary>Fields of every request that are filled in ways of their own.</summary>
    static readonly string[] About = ["command", "dossier_id", "particulars"];

    /// <summary>In the order in which a referral goes.</summary>
    public static IReadOnlyList<Action> All { get; } =
    [
        Of("Acknowledged", "Acknowledge"),
        Of("TakenUp", "TakeUp", "conditions"),
        Of("Declined", "Decline"),
        Of("InformationSupplied", "SupplyInformation"),
        Of("InformationRequested", "RequestInformation"),
        Of("OnwardProposed", "ProposeOnward"),
        Of("OnwardAnswered", "AnswerOnward"),
        Of("CaseFileReceived", "ReceiveCaseFile"),
        Of("LocationAnswered", "AnswerLocation"),
        Of("TracingAnswered", "AnswerTracing", "tracing_result"),
        Of("AssessmentReported", "ReportAssessment", "nationality", "family", "risk", "recommendation"),
        Of("WishRecorded", "RecordWish", "other_wish"),
        Of("ChildSafeguardRecorded", "RecordChildSafeguard", "reference"),
        Of("PreparationReported", "ReportPreparation"),
        Of("ReturnPlanned", "PlanReturn", "escort", "who_pays", "what_to_bring"),
        Of("ReturnAgreed", "AgreeToReturn"),
        Of("ReturnHeld", "HoldReturn", "held_for"),
        Of("HoldEnded", "EndHold"),
        Of("ReturnPostponed", "PostponeReturn", "postponed_for"),
        Of("Accompanied", "ReportAccompanied"),
        Of("DidNotTravel", "ReportDidNotTravel"),
        Of("Met", "ReportMet"),
        Of("NotArrived", "ReportNotArrived"),
        Of("FoundSafe", "ReportFoundSafe"),
        Of("ReintegrationStarted", "StartReintegration", "services"),
        Of("FollowUpReported", "ReportFollowUp", "safe", "services", "risk_of_being_trafficked_again"),
        Of("IdentificationChanged", "ChangeIdentification", "identification", "identified_by", "identified_on"),
        Of("AppearanceAsked", "AskAppearance", "appearance_mode", "protection_measures"),
        Of("AppearanceAnswered", "AnswerAppearance"),
        Of("AppearanceDone", "ReportAppearance"),
        Of("EntitlementNoted", "NoteEntitlement", "entitlement"),
        Of("ProceedingsNoted", "NoteProceedings", "proceedings"),
        Of("ContactEnded", "EndContact", "contact", "safe_to_trace"),
        Of("ContactResumed", "ResumeContact"),
        Of("ConsentRecorded", "RecordConsent"),
        Of("Resolved", "Resolve"),
        Of("Corrected", "Correct"),
        Of("UnitAssigned", "AssignUnit"),
        Of("ContinuedOnPaper", "ContinueOnPaper"),
        Of("Completed", "Complete", "outcome"),
        Of("Cancelled", "Cancel", "cancelled_for"),
        Of("ConsentWithdrawn", "WithdrawConsent"),
        Of("DataStopped", "StopData"),
        Of("Lapsed", "Lapse"),
        Of("EnteredInError", "EnterInError"),
    ];

    public static Action? Find(string statement) => All.FirstOrDefault(action => action.Statement == statement);

    /// <summary>The field of the request that holds the statement; null where the method's name says it all.</summary>
    public FieldDescriptor? Stated { get; } = Method.InputType.Fields.InDeclarationOrder().FirstOrDefault(field => !About.Contains(field.Name));

    /// <summary>It puts right, or takes back, what was said before.</summary>
    public bool Corrects => Method.InputType == CorrectRequest.Descriptor;

    static Action Of(string statement, string method, params IReadOnlyList<string> details) => new(
        statement,
        ReferralServiceReflection.Descriptor.Services.Single().FindMethodByName(method) ?? DossierServiceReflection.Descriptor.Services.Single().FindMethodByName(method),
        details);
}
