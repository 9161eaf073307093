using System.Collections.Frozen;
using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.Screens.Languages;
using Google.Protobuf.Reflection;
using Directory = Coordination.Contracts.Directory.V1;

namespace Coordination.CountryNode.Pages;

/// <summary>What the protos' codes, statements and fields are called on screen, in the words of section 6 of the protocols: the person, a safe and voluntary return, accompanied and met.</summary>
static class Vocabulary
{
    /// <summary>By the code's name in the protos.</summary>
    static readonly FrozenDictionary<string, string> CodeTexts = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["REFERRAL_TYPE_REPATRIATION"] = "Safe and voluntary return",
        ["REFERRAL_TYPE_REINTEGRATION"] = "Support after a return, or in place",
        ["REFERRAL_TYPE_FAMILY_TRACING"] = "Finding the family",
        ["REFERRAL_TYPE_HOST_PROTECTION"] = "Protection where the person is",
        ["REFERRAL_TYPE_WITNESS_APPEARANCE"] = "Appearing as a witness",
        ["REFERRAL_TYPE_LOCATE_AND_PROTECT"] = "Finding and protecting a person held abroad",
        ["INSTRUMENT_COMMIT_MEMORANDUM"] = "COMMIT memorandum of 2004, which binds all six",
        ["INSTRUMENT_BILATERAL"] = "Agreement between the two countries",
        ["URGENCY_ROUTINE"] = "Routine: working days",
        ["URGENCY_URGENT"] = "Urgent: hours",
        ["MINORITY_ADULT"] = "18 or older",
        ["MINORITY_MINOR"] = "Under 18",
        ["MINORITY_DISPUTED"] = "The age is in dispute: treated as under 18",
        ["BASIS_CONSENT"] = "The person agreed",
        ["BASIS_RISK_TO_LIFE"] = "A life is at risk",
        ["BASIS_COURT_ORDER"] = "A court ordered it",
        ["AUTHORISED_BY_PARENT"] = "A parent",
        ["AUTHORISED_BY_APPOINTED_GUARDIAN"] = "An appointed guardian",
        ["AUTHORISED_BY_CHILD_PROTECTION_AUTHORITY"] = "The authority for the protection of children",
        ["PURPOSE_RETURN"] = "Verifying nationality and planning a safe return",
        ["PURPOSE_REINTEGRATION"] = "Support after the return, or in place",
        ["PURPOSE_FAMILY_TRACING"] = "Contacting the family",
        ["PURPOSE_PROTECTION"] = "Protection and care",
        ["PURPOSE_PROCEEDINGS"] = "Criminal and civil proceedings",
        ["DECLINE_REASON_NOT_OUR_NATIONAL"] = "Not a national of this country",
        ["DECLINE_REASON_NATIONALITY_UNVERIFIED"] = "Nationality could not be verified",
        ["DECLINE_REASON_PERSON_NOT_FOUND"] = "The person was not found",
        ["DECLINE_REASON_IDENTITY_NOT_CONFIRMED"] = "The identity was not confirmed",
        ["DECLINE_REASON_NO_CAPACITY"] = "No capacity",
        ["DECLINE_REASON_SERVICE_NOT_AVAILABLE"] = "The service does not exist here",
        ["DECLINE_REASON_UNSAFE_TO_RETURN"] = "A return would not be safe",
        ["DECLINE_REASON_CONSENT_INSUFFICIENT"] = "The consent does not cover what is asked",
        ["DECLINE_REASON_INCOMPLETE"] = "Something needed is missing",
        ["DECLINE_REASON_DUPLICATE"] = "The same matter is open already",
        ["DECLINE_REASON_WRONG_AUTHORITY"] = "Another authority is competent",
        ["DECLINE_REASON_OTHER"] = "Another reason, told in the note",
        ["LOCATION_ANSWER_CONTACT_WISHED"] = "The person was found and wishes contact",
        ["LOCATION_ANSWER_NOTHING_TO_REPORT"] = "Nothing to report: not found, or does not wish to be",
        ["FINDING_MAY_RETURN"] = "A return is safe as far as can be seen",
        ["FINDING_MAY_NOT_RETURN"] = "A return is not safe, or there is no right to come",
        ["FINDING_PENDING"] = "A note on progress: nothing is found yet",
        ["WISH_RETURN"] = "To return",
        ["WISH_OTHER"] = "Something else",
        ["SAFEGUARD_BEST_INTERESTS"] = "The best interests of the child were determined",
        ["SAFEGUARD_VIEWS_HEARD"] = "The child was heard",
        ["SAFEGUARD_GUARDIAN"] = "A guardian was appointed",
        ["SAFEGUARD_AGE_DECIDED"] = "The age was decided on",
        ["PREPARATION_ITEM_TRAVEL_DOCUMENT"] = "Travel document",
        ["PREPARATION_ITEM_EXIT_PERMIT"] = "Exit permit",
        ["PREPARATION_ITEM_COURT_RELEASE"] = "Release by the court",
        ["PREPARATION_ITEM_MEDICAL_FITNESS"] = "Fitness to travel",
        ["PREPARATION_ITEM_ESCORT"] = "Company on the way",
        ["PREPARATION_ITEM_TRANSPORT"] = "Transport",
        ["PREPARATION_ITEM_RECEIVING_SHELTER"] = "Receiving shelter",
        ["PREPARATION_ITEM_FUNDING"] = "Funding",
        ["PREPARATION_STATUS_ASKED"] = "asked for",
        ["PREPARATION_STATUS_DONE"] = "there",
        ["PREPARATION_STATUS_NOT_NEEDED"] = "not needed",
        ["PREPARATION_STATUS_REFUSED"] = "refused",
        ["FOLLOW_UP_RESULT_DONE"] = "The person was seen or spoken to",
        ["FOLLOW_UP_RESULT_DECLINED_BY_PERSON"] = "The person did not want it",
        ["APPEARANCE_ANSWER_GRANTED"] = "Granted",
        ["APPEARANCE_ANSWER_REFUSED"] = "Refused",
        ["REFERRAL_OUTCOME_RETURNED"] = "Returned home",
        ["REFERRAL_OUTCOME_REINTEGRATED_IN_PLACE"] = "Settled where the person is",
        ["REFERRAL_OUTCOME_STAYS_IN_HOST_COUNTRY"] = "Stays in the host country",
        ["REFERRAL_OUTCOME_THIRD_COUNTRY"] = "Goes to a third country",
        ["REFERRAL_OUTCOME_PROCEEDINGS_ONLY"] = "Proceedings only",
        ["REFERRAL_OUTCOME_TRACING_DONE"] = "The tracing is done",
        ["REFERRAL_OUTCOME_CONTACT_ENDED"] = "The contact has ended",
        ["REFERRAL_OUTCOME_NOTHING_TO_REPORT"] = "Nothing to report",
        ["DATA_FATE_ERASED"] = "Erased",
        ["DATA_FATE_RETAINED"] = "Kept, by a law",
        ["RETENTION_BASIS_STATUTORY_RETENTION"] = "A law on records",
        ["RETENTION_BASIS_CRIMINAL_PROCEEDINGS"] = "Criminal proceedings that need them",
        ["RETENTION_BASIS_COURT_ORDER"] = "An order of a court",
        ["PAPER_RECALL_ALL"] = "All called back, or there were none",
        ["PAPER_RECALL_SOME"] = "Some called back",
        ["PAPER_RECALL_LIST"] = "A list of who holds some was handed over",
        ["MISSING_STEP_ACKNOWLEDGEMENT"] = "The acknowledgement",
        ["REFERRAL_STATE_SENT"] = "Sent",
        ["REFERRAL_STATE_RECEIVED"] = "Received",
        ["REFERRAL_STATE_TAKEN_UP"] = "Taken up",
        ["REFERRAL_STATE_ASSESSED"] = "Assessed",
        ["REFERRAL_STATE_RETURN_PLANNED"] = "Return planned",
        ["REFERRAL_STATE_RETURN_AGREED"] = "Return agreed",
        ["REFERRAL_STATE_EN_ROUTE"] = "On the way",
        ["REFERRAL_STATE_UNACCOUNTED"] = "Not accounted for",
        ["REFERRAL_STATE_RETURNED"] = "Returned",
        ["REFERRAL_STATE_IN_REINTEGRATION"] = "Support has begun",
        ["REFERRAL_STATE_LAPSED"] = "Lapsed",
        ["REFERRAL_STATE_DECLINED"] = "Declined",
        ["REFERRAL_STATE_COMPLETED"] = "Completed",
        ["REFERRAL_STATE_CANCELLED"] = "Called off",
        ["REFERRAL_STATE_WITHDRAWN"] = "Consent withdrawn",
        ["REFERRAL_STATE_ENTERED_IN_ERROR"] = "Entered in error",
        ["CLOCK_DELIVERY"] = "The referral has to reach the other country",
        ["CLOCK_ACKNOWLEDGE"] = "Acknowledge the referral",
        ["CLOCK_TAKE_UP_OR_DECLINE"] = "Take it up or decline it",
        ["CLOCK_RELEASE_CASE_FILE"] = "Release the case file",
        ["CLOCK_SUPPLY_INFORMATION"] = "Answer the questions",
        ["CLOCK_ASSESS"] = "Assess whether a return is safe",
        ["CLOCK_PLAN_RETURN"] = "Plan the return",
        ["CLOCK_AGREE_TO_RETURN"] = "Agree to the plan",
        ["CLOCK_PREPARE"] = "Prepare the return",
        ["CLOCK_ARRIVE"] = "Say whether the person came",
        ["CLOCK_TELL_DEPARTURE"] = "Say how the person set out",
        ["CLOCK_FIND"] = "Find the person",
        ["CLOCK_LOCATE"] = "Answer the report of a person held",
        ["CLOCK_TRACE"] = "Trace the family",
        ["CLOCK_DECIDE_ON"] = "Say how it goes on",
        ["CLOCK_ANSWER"] = "Answer",
        ["CLOCK_PLAN_REINTEGRATION"] = "Begin support",
        ["CLOCK_FOLLOW_UP"] = "Follow up",
        ["CLOCK_END_HOLD"] = "End the hold",
        ["CLOCK_CONTACT"] = "Say what becomes of the ended contact",
        ["CLOCK_RESOLVE"] = "Resolve a contradiction",
        ["CLOCK_STOP_DATA"] = "Say what became of the data",
        ["NOTICE_KIND_WARNING"] = "will be due soon",
        ["NOTICE_KIND_LATE"] = "was not done in time",
        ["NOTICE_KIND_ESCALATED"] = "was not done in time: for whoever supervises",
        ["NOTICE_KIND_PROGRESS"] = "a note on progress is wanted",
        ["NOTICE_KIND_ALARM"] = "somebody has to look now",
        ["NOTICE_KIND_SUBMITTED"] = "waits for a second person",
        ["NOTICE_KIND_WAITING"] = "has waited long for a second person",
        ["NOTICE_KIND_SENT_BACK"] = "was sent back, and is not written",
        ["CHANNEL_NODE"] = "This system",
        ["CHANNEL_LETTER"] = "A letter",
        ["CHANNEL_NOTE_VERBALE"] = "A note verbale",
        ["CHANNEL_PHONE"] = "A telephone call",
        ["CHANNEL_MEETING"] = "A meeting",
        ["CHANNEL_POLICE"] = "Police to police",
        ["SEX_FEMALE"] = "Female",
        ["SEX_MALE"] = "Male",
        ["SEX_OTHER"] = "Another",
        ["AGE_BAND_UNDER_9"] = "0 to 8",
        ["AGE_BAND_9_TO_17"] = "9 to 17",
        ["AGE_BAND_18_TO_20"] = "18 to 20",
        ["AGE_BAND_21_TO_23"] = "21 to 23",
        ["AGE_BAND_24_TO_26"] = "24 to 26",
        ["AGE_BAND_27_TO_29"] = "27 to 29",
        ["AGE_BAND_30_TO_38"] = "30 to 38",
        ["AGE_BAND_39_TO_47"] = "39 to 47",
        ["AGE_BAND_48_AND_OVER"] = "48 and over",
        ["ACCESS_REASON_IDENTITY"] = "To find out who the person is",
        ["ACCESS_REASON_FAMILY_TRACING"] = "To find the family",
        ["ACCESS_REASON_ASSESSMENT"] = "To assess whether a return is safe",
        ["ACCESS_REASON_RETURN"] = "To plan the return, or to carry it out",
        ["ACCESS_REASON_CARE"] = "To care for the person",
        ["ACCESS_REASON_PROCEEDINGS"] = "For proceedings against traffickers",
        ["ACCESS_REASON_CORRECTION"] = "To put right what is wrong in it",
        ["ACCESS_REASON_SUPERVISION"] = "To see whether the others had reason to",
        ["CASE_EVENT_KIND_RECRUITMENT"] = "How the person was won or taken",
        ["CASE_EVENT_KIND_TRANSIT"] = "The way there",
        ["CASE_EVENT_KIND_EXPLOITATION"] = "What the person was made to do",
        ["SAFE_TO_CONTACT_YES"] = "Yes, as is said beside it",
        ["SAFE_TO_CONTACT_THROUGH_OFFICE"] = "Only through the office that releases the file",
        ["SAFE_TO_CONTACT_NO"] = "No",
        ["ACCESS_ACT_CASE_FILE"] = "a case file",
        ["ACCESS_ACT_LOG"] = "this log",
        ["ACCESS_ACT_SUBMITTED_CASE_FILE"] = "a case file that waits for a second person",
        ["ACCESS_ACT_ATTACHMENT"] = "an attachment",
        ["ACCESS_ACT_SUBMITTED_ATTACHMENT"] = "an attachment that waits for a second person",
        ["ACCESS_ACT_BREAK"] = "nothing: the log was set back",
        ["AFTER_THE_FACT_APPROVED"] = "it was right",
        ["AFTER_THE_FACT_OBJECTED"] = "it was not right",
        ["RESOLUTION_STANDS"] = "It stands as we said it",
        ["RESOLUTION_RETRACTED"] = "We take it back",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>A state, a statement or a country as the program itself names it, in words; anything else as it is.</summary>
    public static string Named(string name, Words words)
    {
        if (StatementTexts.TryGetValue(name, out var statement)) return words[statement.Do];
        if (Enum.TryParse<Domain.Referrals.ReferralState>(name, out var state) && Enum.IsDefined(state)) return Code(Doors.ReferralView.StateOf(state), words);
        if (Enum.TryParse<Domain.Referrals.ReferralType>(name, out var type) && Enum.IsDefined(type)) return Code((ReferralType)type, words);
        return words.Country(name);
    }

    /// <summary>What a state means in plain words, and what follows.</summary>
    static readonly FrozenDictionary<ReferralState, string> Meanings = new Dictionary<ReferralState, string>
    {
        [ReferralState.Unspecified] = "The opening does not count, or only a newer program understands it. Ask the operator.",
        [ReferralState.Sent] = "The other country has been asked. It has to say that the referral is on a desk there.",
        [ReferralState.Received] = "The referral is on a desk of the receiving country, which now takes it up or declines it.",
        [ReferralState.TakenUp] = "The receiving country verifies and traces. The case file can be released, as far as the person agrees.",
        [ReferralState.Assessed] = "The country of origin has said what it found. With the person's wish it is decided how it goes on.",
        [ReferralState.ReturnPlanned] = "There is a plan for the return. The other country agrees to it, or plans anew.",
        [ReferralState.ReturnAgreed] = "Both countries agree to the plan and prepare the return.",
        [ReferralState.EnRoute] = "The person set out in company and is expected at the meeting point.",
        [ReferralState.Unaccounted] = "Nobody knows where the person is. Both countries look, now, and every day until the person is found.",
        [ReferralState.Returned] = "The person is in the country of origin. Support begins there.",
        [ReferralState.InReintegration] = "Support has begun. The person is asked how things go after 1, 3, 6 and 12 months.",
        [ReferralState.Lapsed] = "Nobody acknowledged in time. The referral can still be acknowledged, or called off.",
        [ReferralState.Declined] = "The receiving country declined. Each side says what became of the data.",
        [ReferralState.Completed] = "The case is closed.",
        [ReferralState.Cancelled] = "The sending country called it off. Each side says what became of the data.",
        [ReferralState.Withdrawn] = "The person took back the consent. Nothing about the person is shown or sent any more; each side says what became of the data.",
        [ReferralState.EnteredInError] = "It should never have been opened. Each side says what became of the data.",
    }.ToFrozenDictionary();

    /// <summary>Statements, by their names in the protocol: what somebody does, and what was done.</summary>
    static readonly FrozenDictionary<string, (string Do, string Done)> StatementTexts = new Dictionary<string, (string, string)>(StringComparer.Ordinal)
    {
        ["Opened"] = ("Open a referral", "opened the referral"),
        ["Acknowledged"] = ("Acknowledge: it is on a desk here", "acknowledged it"),
        ["InformationRequested"] = ("Ask a question", "asked a question"),
        ["InformationSupplied"] = ("Answer the question", "answered the question"),
        ["TakenUp"] = ("Take it up", "took it up"),
        ["Declined"] = ("Decline it", "declined it"),
        ["OnwardProposed"] = ("Propose another country", "proposed another country"),
        ["OnwardAnswered"] = ("Answer the proposal", "answered the proposal"),
        ["ConsentRecorded"] = ("Record the person's consent", "recorded the person's consent"),
        ["CaseFileReleased"] = ("Release the case file", "released the case file"),
        ["CaseFileReceived"] = ("Confirm that the case file is there", "received the case file"),
        ["IdentificationChanged"] = ("Say that the identification changed", "said that the identification changed"),
        ["LocationAnswered"] = ("Answer the report of a person held", "answered the report of a person held"),
        ["TracingAnswered"] = ("Answer the request to trace the family", "answered the request to trace the family"),
        ["AssessmentReported"] = ("Report the assessment", "reported an assessment"),
        ["WishRecorded"] = ("Record what the person wants", "recorded what the person wants"),
        ["ChildSafeguardRecorded"] = ("Record a safeguard for a child", "recorded a safeguard for a child"),
        ["PreparationReported"] = ("Report on the preparation", "reported on the preparation"),
        ["ReturnPlanned"] = ("Plan the return", "planned the return"),
        ["ReturnAgreed"] = ("Agree to the plan", "agreed to the plan"),
        ["ReturnHeld"] = ("Hold the return", "held the return"),
        ["HoldEnded"] = ("End the hold", "ended the hold"),
        ["ReturnPostponed"] = ("Give the plan up for now", "gave the plan up for now"),
        ["Accompanied"] = ("Report that the person set out in company", "reported that the person set out in company"),
        ["DidNotTravel"] = ("Report that the person did not set out", "reported that the person did not set out"),
        ["Met"] = ("Report that the person was met", "reported that the person was met"),
        ["NotArrived"] = ("Report that the person did not come", "reported that the person did not come"),
        ["FoundSafe"] = ("Report that the person is safe", "reported that the person is safe"),
        ["ReintegrationStarted"] = ("Report that support has begun", "reported that support has begun"),
        ["FollowUpReported"] = ("Report a follow-up", "reported a follow-up"),
        ["AppearanceAsked"] = ("Ask for an appearance before a court", "asked for an appearance before a court"),
        ["AppearanceAnswered"] = ("Answer the court's request", "answered the court's request"),
        ["AppearanceDone"] = ("Report that the person appeared", "reported that the person appeared"),
        ["EntitlementNoted"] = ("Note an award, wages or a payment", "noted an award, wages or a payment"),
        ["ProceedingsNoted"] = ("Note a hearing or a verdict", "noted a hearing or a verdict"),
        ["ContactEnded"] = ("Report that the contact has ended", "reported that the contact has ended"),
        ["ContactResumed"] = ("Report that there is contact again", "reported that there is contact again"),
        ["Completed"] = ("Close the case", "closed the case"),
        ["Cancelled"] = ("Call the referral off", "called the referral off"),
        ["ConsentWithdrawn"] = ("Withdraw the consent", "withdrew the person's consent"),
        ["DataStopped"] = ("Say what became of the data", "said what became of the data"),
        ["Lapsed"] = ("Note that nobody answered in time", "noted that nobody answered in time"),
        ["EnteredInError"] = ("Take back what was entered in error", "took back what was entered in error"),
        ["Resolved"] = ("Say a word on what contradicts itself", "said a word on what contradicts itself"),
        ["Corrected"] = ("Correct what was said", "corrected what was said"),
        ["ContinuedOnPaper"] = ("Go on by letter as well", "goes on by letter as well"),
        ["UnitAssigned"] = ("Give it to an office", "gave it to an office"),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Fields that people fill in, by their full names in the protos: what they are called, and what helps to fill them in.</summary>
    static readonly FrozenDictionary<string, (string Label, string Hint)> FieldTexts = new Dictionary<string, (string, string)>(StringComparer.Ordinal)
    {
        ["Declined.reason"] = ("Why", ""),
        ["OnwardProposed.country"] = ("Which country", ""),
        ["OnwardAnswered.agreed"] = ("We agree, and open a referral to that country", ""),
        ["ConsentRecorded.consent.purposes"] = ("What the person agrees to", ""),
        ["ConsentRecorded.consent.recipients"] = ("Which countries may receive it", ""),
        ["ConsentRecorded.consent.until"] = ("Until which day, inclusive", ""),
        ["LocationAnswered.answer"] = ("What is answered", "The second answer covers both: nobody can tell which."),
        ["AssessmentReported.finding"] = ("What was found", "Anything but the first ends a plan."),
        ["AssessmentReported.safety_plan"] = ("There is a plan for the person's safety", ""),
        ["AssessmentReported.care_suitable"] = ("Someone suitable cares for the person there", ""),
        ["WishRecorded.wish"] = ("What the person wants", ""),
        ["WishRecorded.on"] = ("On which day the person said so", ""),
        ["ChildSafeguardRecorded.safeguard"] = ("Which safeguard", ""),
        ["ChildSafeguardRecorded.on"] = ("On which day", ""),
        ["PreparationReported.item"] = ("What", ""),
        ["PreparationReported.status"] = ("How far it is", ""),
        ["ReturnPlanned.travel_on"] = ("Day of travel", "In the host country."),
        ["ReturnPlanned.meeting_at"] = ("When the person is met", "On this country's clocks. Six hours later both duty offices are alarmed."),
        ["ReturnPlanned.meeting_point"] = ("Code of the place where the person is met", "A country and one or two parts, such as LA-VTE-FB1."),
        ["ReturnHeld.until"] = ("Until which day, inclusive", ""),
        ["ReturnHeld.person_agrees"] = ("The person agrees", "Needed to hold again: nobody is kept for the court."),
        ["Accompanied.place"] = ("Code of the place", "A country and one or two parts, such as LA-VTE-FB1."),
        ["Accompanied.at"] = ("When", "On this country's clocks."),
        ["DidNotTravel.place"] = ("Code of the place", "A country and one or two parts, such as LA-VTE-FB1."),
        ["DidNotTravel.at"] = ("When", "On this country's clocks."),
        ["Met.place"] = ("Code of the place", "A country and one or two parts, such as LA-VTE-FB1."),
        ["Met.at"] = ("When", "On this country's clocks."),
        ["NotArrived.place"] = ("Code of the place", "A country and one or two parts, such as LA-VTE-FB1."),
        ["NotArrived.at"] = ("When", "On this country's clocks."),
        ["FoundSafe.in"] = ("In which country", ""),
        ["FollowUpReported.number"] = ("Which follow-up", "1 to 99."),
        ["FollowUpReported.result"] = ("How it went", "Either counts as made."),
        ["FollowUpReported.next_due"] = ("When the next one is wanted", "Leave it empty to keep the day that is set."),
        ["AppearanceAnswered.answer"] = ("What is answered", ""),
        ["Completed.outcome"] = ("How it ended", ""),
        ["DataStopped.fate"] = ("What became of the data", "What is erased is gone at once, in this country, and cannot be brought back."),
        ["DataStopped.basis"] = ("By what law they are kept", "Only for what is kept."),
        ["DataStopped.paper_copies"] = ("Copies on paper", ""),
        ["Lapsed.missing"] = ("What did not come", ""),
        ["Resolved.resolution"] = ("What you say of your side", ""),
        ["PersonName.name"] = ("Name", "As it is written in its own script."),
        ["PersonName.script"] = ("Script", "Four letters of ISO 15924, such as Laoo; leave it empty if you do not know it."),
        ["PersonName.alias"] = ("It is a nickname, or one that traffickers gave", ""),
        ["Birth.on"] = ("Born on", "As far as it is known: 1999-05-01, 1999-05 or 1999."),
        ["Birth.estimated"] = ("It is an estimate", ""),
        ["Birth.place"] = ("Place of birth", ""),
        ["IdentityDocument.type"] = ("What it is", ""),
        ["IdentityDocument.number"] = ("Its number", ""),
        ["IdentityDocument.issued_by"] = ("Country that issued it", "Two letters, such as LA."),
        ["IdentityDocument.doubtful"] = ("It may not be genuine, or not this person's", ""),
        ["FamilyMember.name"] = ("Name of a member of the family", ""),
        ["FamilyMember.relation"] = ("What they are to the person", ""),
        ["FamilyMember.contact"] = ("How they are reached", ""),
        ["FamilyMember.must_not_know"] = ("They must not hear of anything", ""),
        ["CaseEvent.kind"] = ("Which part of it", ""),
        ["CaseEvent.place"] = ("Where", ""),
        ["CaseEvent.from"] = ("From", "As far as it is known: 1999-05-01, 1999-05 or 1999."),
        ["CaseEvent.until"] = ("Until", "As far as it is known: 1999-05-01, 1999-05 or 1999."),
        ["CaseEvent.account"] = ("What happened", ""),
        ["SafetyInstructions.contact"] = ("Can the person be reached without harm", ""),
        ["SafetyInstructions.how"] = ("By whom, when, on which way", ""),
        ["SafetyInstructions.no_uniform"] = ("Nobody comes in uniform, or in a car that can be recognised", ""),
        ["Attachment.attachment_id"] = ("Number", ""),
        ["Attachment.name"] = ("Name", ""),
        ["Attachment.type"] = ("Kind of file", ""),
        ["Attachment.size"] = ("Size in bytes", ""),
        ["UnitAssigned.office"] = ("Which office", ""),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Details beside entries, by their keys: what they are called, and their codes.</summary>
    static readonly FrozenDictionary<string, (string Label, (string Code, string Label)[] Codes)> DetailTexts = new Dictionary<string, (string, (string, string)[])>(StringComparer.Ordinal)
    {
        ["identification"] = ("Identification", [("PRESUMED", "Presumed victim"), ("IDENTIFIED", "Identified"), ("NOT_IDENTIFIED", "Not identified")]),
        ["identified_by"] = ("By which body", []),
        ["identified_on"] = ("On which day", []),
        ["tracing_result"] = ("What was found", []),
        ["nationality"] = ("Nationality", [("NATIONAL", "A national"), ("RIGHT_OF_RESIDENCE", "Has the right to live here"), ("STATELESS", "Stateless"), ("NOT_VERIFIED", "Not verified")]),
        ["family"] = ("Family", [("SUITABLE", "Found and suitable"), ("NOT_SUITABLE", "Not suitable"), ("NOT_REACHED", "Not reached"), ("NOT_ASKED", "Not asked")]),
        ["risk"] = ("What threatens the person", []),
        ["recommendation"] = ("What you recommend", []),
        ["other_wish"] = ("What else the person wants", [("STAY", "To stay"), ("THIRD_COUNTRY", "A third country"), ("UNDECIDED", "Not decided")]),
        ["reference"] = ("Reference", []),
        ["barred_parent"] = ("Which parent must not hear of it", [("MOTHER", "The mother"), ("FATHER", "The father"), ("BOTH", "Both")]),
        ["conditions"] = ("Under which condition", [("NO_CAPACITY", "There is no capacity yet"), ("SERVICE_NOT_AVAILABLE", "A service does not exist here"), ("OTHER", "Another, told in the note")]),
        ["postponed_for"] = ("Why", []),
        ["escort"] = ("Who goes with the person", []),
        ["who_pays"] = ("Who pays", []),
        ["what_to_bring"] = ("What the person brings", []),
        ["held_for"] = ("For what", [("HEARING", "A hearing"), ("ADVANCE_TESTIMONY", "Testimony in advance"), ("COMPENSATION", "Compensation"), ("HEALTH", "Health")]),
        ["services"] = ("Which services", []),
        ["safe"] = ("Is the person safe", [("YES", "Yes"), ("NO", "No"), ("UNKNOWN", "Not known")]),
        ["risk_of_being_trafficked_again"] = ("Risk of being trafficked again", [("LOW", "Low"), ("SOME", "Some"), ("HIGH", "High"), ("UNKNOWN", "Not known")]),
        ["appearance_mode"] = ("How", [("IN_PERSON", "In person"), ("VIDEO", "By video"), ("ADVANCE_TESTIMONY", "Testimony in advance")]),
        ["protection_measures"] = ("How the person is protected there", []),
        ["entitlement"] = ("What", [("AWARD", "An award"), ("WAGES", "Wages"), ("FUND", "A fund"), ("PAYMENT", "A payment")]),
        ["proceedings"] = ("What", [("HEARING", "A hearing"), ("VERDICT", "A verdict")]),
        ["contact"] = ("How it ended", [("LEFT_CARE", "Left the shelter"), ("WENT_HOME_ALONE", "Went home alone"), ("OWN_CHOICE", "Own choice"), ("DEPORTED", "Was made to leave the country"), ("DIED", "Died"), ("UNKNOWN", "Not known")]),
        ["safe_to_trace"] = ("Is it safe to look for the person", [("YES", "Yes"), ("NO", "No"), ("UNKNOWN", "Not known")]),
        ["outcome"] = ("How the person is", [("STABLE", "Stable"), ("WITH_SUPPORT", "With support"), ("TRAFFICKED_AGAIN", "Trafficked again"), ("MOVED_ONWARD", "Moved on"), ("DIED", "Died"), ("LEFT", "Left"), ("UNKNOWN", "Not known")]),
        ["cancelled_for"] = ("Why", [("ASYLUM", "Asylum"), ("FEAR_OF_AN_OFFICIAL", "Fear of an official"), ("NOT_STATED", "Not stated"), ("OTHER", "Another, told in the note")]),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Parts of the case file, by their names in the protos.</summary>
    static readonly FrozenDictionary<string, string> CaseFileParts = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["names"] = "Names",
        ["birth"] = "Birth",
        ["documents"] = "Papers about identity",
        ["origin_address"] = "Where the person comes from",
        ["family"] = "Family",
        ["identification_decision"] = "Decision on the identification",
        ["risk_assessment"] = "What threatens the person",
        ["health"] = "Health",
        ["events"] = "What was done to the person",
        ["safety"] = "How to reach the person without harm",
        ["office_contact"] = "Who works on the case",
        ["attachments"] = "Attachments",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>What a person can need, as the preview says it.</summary>
    public static IReadOnlyList<(string Code, string Label)> Needs { get; } =
    [
        ("UNACCOMPANIED", "Travels alone"), ("SIBLINGS", "Has brothers or sisters along"), ("MEDICAL", "Medical care"), ("ESCORT", "Company on the way"), ("INTERPRETER", "An interpreter"),
        ("DISABILITY", "Support with a disability"), ("OFFICER_OF_PREFERRED_GENDER", "An officer of the gender the person prefers"), ("FAITH", "Respect for the person's faith"),
    ];

    public static string CaseFilePart(string part, Words words) => CaseFileParts.TryGetValue(part, out var text) ? words[text] : part;

    static readonly FrozenDictionary<string, EnumDescriptor> Enums =
        ((FileDescriptor[])[Contracts.Referral.V1.StatementsReflection.Descriptor, ReferralServiceReflection.Descriptor, ParticularsReflection.Descriptor, CaseFileReflection.Descriptor, Directory.OfficeReflection.Descriptor, Contracts.Dossier.V1.StatementsReflection.Descriptor, DossierServiceReflection.Descriptor, AccessReflection.Descriptor])
        .SelectMany(file => file.EnumTypes).ToFrozenDictionary(list => list.Name, StringComparer.Ordinal);

    /// <summary>A code by its name in the protos; the name itself where it has no words.</summary>
    public static string Code(EnumValueDescriptor code, Words words) => CodeTexts.GetValueOrDefault(code.Name) is { } text ? words[text] : code.Name;

    /// <summary>A code as it is called; the unspecified one has no words.</summary>
    public static string Code<TCode>(TCode code, Words words) where TCode : struct, Enum =>
        Convert.ToInt32(code) == 0 ? words["not said"] : Code(Enums[typeof(TCode).Name].FindValueByNumber(Convert.ToInt32(code)) ?? throw new ArgumentOutOfRangeException(nameof(code)), words);

    public static string Meaning(ReferralState state, Words words) => words[Meanings[state]];

    /// <summary>What somebody would do.</summary>
    public static string ToDo(string statement, Words words) => StatementTexts.TryGetValue(statement, out var text) ? words[text.Do] : statement;

    /// <summary>What somebody did.</summary>
    public static string Done(string statement, Words words) => StatementTexts.TryGetValue(statement, out var text) ? words[text.Done] : words["wrote something that this program does not know"];

    /// <summary>A field of a statement, by the statement and the path to it.</summary>
    public static (string Label, string? Hint) Field(string path, Words words) =>
        FieldTexts.TryGetValue(path, out var text) ? (words[text.Label], text.Hint.Length > 0 ? words[text.Hint] : null) : (path, null);

    public static string Detail(string key, Words words) => DetailTexts.TryGetValue(key, out var text) ? words[text.Label] : key;

    /// <summary>The codes of a detail; none where it is text.</summary>
    public static IReadOnlyList<(string Code, string Label)> DetailCodes(string key, Words words) =>
        DetailTexts.TryGetValue(key, out var text) ? [.. text.Codes.Select(code => (code.Code, words[code.Label]))] : [];
}
