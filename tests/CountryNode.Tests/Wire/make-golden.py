#!/usr/bin/python3
"""Writes the golden bytes of every statement with Python's protobuf: nothing of ours takes part.

How to run, from anywhere, with Debian's protobuf-compiler and python3-protobuf:

    tests/CountryNode.Tests/Wire/make-golden.py

It writes the files under Golden/ that are missing and leaves alone those that are there. When one of these would come
out differently it says so and ends with 1: what was signed once must be read the same for as long as a dossier is kept.
What each file means is in GoldenEntries.cs, by hand, a second time.
"""
import hashlib
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE / "Golden"
PROTOS = HERE.parents[2] / "protos"

stubs = tempfile.TemporaryDirectory(prefix="coordination-golden-")
subprocess.run(
    ["protoc", f"--proto_path={PROTOS}", f"--python_out={stubs.name}",
     *(str(proto.relative_to(PROTOS)) for proto in PROTOS.rglob("*.proto"))], check=True)
sys.path.insert(0, stubs.name)
sys.dont_write_bytecode = True
from google.protobuf.timestamp_pb2 import Timestamp
from coordination.directory.v1 import office_pb2 as d
from coordination.dossier.v1 import entry_pb2 as e, statements_pb2 as c
from coordination.referral.v1 import statements_pb2 as r


def sha256(text):
    return hashlib.sha256(text.encode()).digest()


def utc(seconds, nanos=0):
    return Timestamp(seconds=seconds, nanos=nanos)


WRITTEN_AT = utc(1795316645, 678_000_000)  # 2026-11-22T03:04:05.678Z
MEETING_AT = utc(1796864400)               # 2026-12-10T01:00:00Z
AT = utc(1796866245, 123_456_700)          # 2026-12-10T01:30:45.1234567Z
PLAN = bytes(range(0x10, 0x20))
OLD_PLAN = bytes(range(0x20, 0x30))


def opening(opened, writers=("TH", "LA"), readers=()):
    return e.Entry(
        nonce=bytes(range(1, 17)), author="TH", seq=1, written_at=WRITTEN_AT, happened_on="2026-11-22", channel=d.CHANNEL_NODE,
        office=d.Office(role=d.ROLE_FOCAL_POINT, unit="datip"),
        opening=e.Opening(kind=e.KIND_REFERRAL, protocol_version=1, writers=writers, readers=readers), referral_opened=opened)


def an_adult():
    return r.Opened(
        type=r.REFERRAL_TYPE_REPATRIATION, host="TH", origin="LA", instrument=r.INSTRUMENT_COMMIT_MEMORANDUM,
        urgency=r.URGENCY_ROUTINE, minority=r.MINORITY_ADULT, basis=r.BASIS_CONSENT,
        consent=r.Consent(purposes=[r.PURPOSE_RETURN, r.PURPOSE_REINTEGRATION], recipients=["LA"], until="2027-05-31"),
        reply_by="2026-12-06")


def a_child():
    return r.Opened(
        type=r.REFERRAL_TYPE_FAMILY_TRACING, host="TH", origin="LA", instrument=r.INSTRUMENT_BILATERAL,
        urgency=r.URGENCY_URGENT, minority=r.MINORITY_DISPUTED, basis=r.BASIS_COURT_ORDER,
        authorised_by=r.AUTHORISED_BY_CHILD_PROTECTION_AUTHORITY, reply_by="2026-12-06", best_interests_on="2026-11-20")


def after_a_return():
    opened = an_adult()
    opened.type = r.REFERRAL_TYPE_REINTEGRATION
    opened.after_return = True
    opened.earlier_referral = bytes(range(0x30, 0x40))
    opened.group = bytes(range(0x40, 0x50))
    opened.assistance = bytes(range(0x50, 0x60))
    opened.clocks.extend([
        r.ClockTerms(clock=r.CLOCK_DELIVERY, warn=r.Wait(count=12, unit=r.TIME_UNIT_HOURS), due=r.Wait(count=24, unit=r.TIME_UNIT_HOURS)),
        r.ClockTerms(clock=r.CLOCK_PREPARE, warn=r.Wait(count=5, unit=r.TIME_UNIT_WORKING_DAYS)),
        r.ClockTerms(clock=r.CLOCK_FOLLOW_UP, number=2, due=r.Wait(count=3, unit=r.TIME_UNIT_MONTHS)),
        r.ClockTerms(clock=r.CLOCK_STOP_DATA, warn=r.Wait(count=1, unit=r.TIME_UNIT_DAYS), due=r.Wait(count=1000, unit=r.TIME_UNIT_DAYS)),
    ])
    return opened


def on_paper():
    opened = an_adult()
    opened.on_paper = True
    return opened


OPENED = opening(an_adult()).SerializeToString()


def continuing(**statement):
    return e.Entry(
        dossier_id=hashlib.sha256(OPENED).digest(), author="LA", seq=3, previous=sha256("the one before"),
        seen=[e.Head(author="TH", seq=1, hash=hashlib.sha256(OPENED).digest())], answers=sha256("a question"),
        written_at=WRITTEN_AT, happened_on="2026-11-22", channel=d.CHANNEL_NOTE_VERBALE,
        office=d.Office(role=d.ROLE_CASE_WORKER, unit="ahtd"), **statement)


def by_letter(**statement):
    entry = continuing(**statement)
    entry.channel = d.CHANNEL_LETTER
    entry.on_behalf_of = "VN"
    entry.letter = sha256("a letter")
    entry.particulars.add(recipient="LA", digest=sha256("for us"))
    entry.particulars.add(recipient="TH", digest=sha256("for them"))
    return entry


CONSENT = r.Consent(purposes=[r.PURPOSE_PROTECTION], recipients=["LA", "TH"], until="2028-02-29")

# Those that a correction can say right, under the number that Corrected shares with Entry.
CORRECTABLE = {
    "unit_assigned": c.UnitAssigned(office=d.Office(role=d.ROLE_CENTRAL_AUTHORITY, unit="moj-2")),
    "referral_consent_recorded": r.ConsentRecorded(consent=CONSENT),
    "referral_case_file_received": r.CaseFileReceived(),
    "referral_identification_changed": r.IdentificationChanged(),
    "referral_assessment_reported": r.AssessmentReported(finding=r.FINDING_MAY_RETURN, safety_plan=True, care_suitable=True),
    "referral_wish_recorded": r.WishRecorded(wish=r.WISH_OTHER, on="2026-11-21"),
    "referral_child_safeguard_recorded": r.ChildSafeguardRecorded(safeguard=r.SAFEGUARD_GUARDIAN, on="2026-11-19"),
    "referral_preparation_reported": r.PreparationReported(item=r.PREPARATION_ITEM_FUNDING, status=r.PREPARATION_STATUS_REFUSED),
    "referral_accompanied": r.Accompanied(plan=PLAN, place="TH-NKI", at=AT),
    "referral_did_not_travel": r.DidNotTravel(plan=PLAN, place="TH-NKI-FB1", at=AT),
    "referral_met": r.Met(plan=PLAN, place="LA-VTE-FB1", at=AT),
    "referral_not_arrived": r.NotArrived(plan=PLAN, place="LA-VTE-FB1", at=AT),
    "referral_found_safe": r.FoundSafe(plan=PLAN, **{"in": "LA"}),
    "referral_reintegration_started": r.ReintegrationStarted(),
    "referral_follow_up_reported": r.FollowUpReported(number=99, result=r.FOLLOW_UP_RESULT_DECLINED_BY_PERSON, next_due="2027-03-31"),
    "referral_appearance_done": r.AppearanceDone(),
    "referral_entitlement_noted": r.EntitlementNoted(),
    "referral_proceedings_noted": r.ProceedingsNoted(),
    "referral_contact_ended": r.ContactEnded(),
    "referral_contact_resumed": r.ContactResumed(),
    "referral_data_stopped": r.DataStopped(fate=r.DATA_FATE_RETAINED, basis=r.RETENTION_BASIS_CRIMINAL_PROCEEDINGS, paper_copies=r.PAPER_RECALL_LIST),
}

ENTRIES = {
    "Opened": opening(an_adult()),
    "OpenedForAChild": opening(a_child()),
    "OpenedAfterAReturn": opening(after_a_return(), readers=["SEC"]),
    "OpenedOnPaper": opening(on_paper(), writers=["TH"]),
    "Resolved": continuing(resolved=c.Resolved(resolution=c.RESOLUTION_RETRACTED)),
    "ContinuedOnPaper": by_letter(continued_on_paper=c.ContinuedOnPaper()),
    "Retracted": continuing(corrected=c.Corrected(retracted=c.Corrected.Retraction())),
    "Acknowledged": continuing(referral_acknowledged=r.Acknowledged()),
    "TakenUp": continuing(referral_taken_up=r.TakenUp()),
    "Declined": continuing(referral_declined=r.Declined(reason=r.DECLINE_REASON_NOT_OUR_NATIONAL)),
    "Cancelled": continuing(referral_cancelled=r.Cancelled()),
    "ConsentWithdrawn": continuing(referral_consent_withdrawn=r.ConsentWithdrawn(everything=r.ConsentWithdrawn.Everything())),
    "ConsentWithdrawnInPart": continuing(referral_consent_withdrawn=r.ConsentWithdrawn(
        part=r.ConsentWithdrawn.Part(purposes=[r.PURPOSE_RETURN, r.PURPOSE_PROCEEDINGS], recipients=["LA", "VN"]))),
    "InformationRequested": continuing(referral_information_requested=r.InformationRequested()),
    "InformationSupplied": continuing(referral_information_supplied=r.InformationSupplied()),
    "OnwardProposed": continuing(referral_onward_proposed=r.OnwardProposed(country="KH")),
    "OnwardAgreed": continuing(referral_onward_answered=r.OnwardAnswered(agreed=True)),
    "OnwardNotAgreed": continuing(referral_onward_answered=r.OnwardAnswered()),
    "CaseFileReleased": continuing(referral_case_file_released=r.CaseFileReleased(version=300, case_file=sha256("a case file"))),
    "LocationAnswered": continuing(referral_location_answered=r.LocationAnswered(answer=r.LOCATION_ANSWER_NOTHING_TO_REPORT)),
    "TracingAnswered": continuing(referral_tracing_answered=r.TracingAnswered()),
    "AssessmentReportedWithAPlan": continuing(referral_assessment_reported=r.AssessmentReported(finding=r.FINDING_MAY_NOT_RETURN, safety_plan=True)),
    "AssessmentReportedPending": continuing(referral_assessment_reported=r.AssessmentReported(finding=r.FINDING_PENDING)),
    "ReturnPlanned": continuing(referral_return_planned=r.ReturnPlanned(
        plan=PLAN, travel_on="2026-12-10", meeting_at=MEETING_AT, meeting_point="LA-VTE-FB1")),
    "ReturnPlannedAnew": continuing(referral_return_planned=r.ReturnPlanned(
        plan=PLAN, replaces=OLD_PLAN, travel_on="2026-12-10", meeting_at=MEETING_AT, meeting_point="LA-VTE-FB1")),
    "ReturnAgreed": continuing(referral_return_agreed=r.ReturnAgreed()),
    "ReturnHeld": continuing(referral_return_held=r.ReturnHeld(until="2026-12-24")),
    "ReturnHeldAsThePersonAgrees": continuing(referral_return_held=r.ReturnHeld(until="2026-12-24", person_agrees=True)),
    "HoldEnded": continuing(referral_hold_ended=r.HoldEnded()),
    "ReturnPostponed": continuing(referral_return_postponed=r.ReturnPostponed()),
    "FollowUpReportedWithoutANext": continuing(referral_follow_up_reported=r.FollowUpReported(number=1, result=r.FOLLOW_UP_RESULT_DONE)),
    "AppearanceAsked": continuing(referral_appearance_asked=r.AppearanceAsked()),
    "AppearanceAnswered": continuing(referral_appearance_answered=r.AppearanceAnswered(answer=r.APPEARANCE_ANSWER_REFUSED)),
    "Completed": continuing(referral_completed=r.Completed(outcome=r.REFERRAL_OUTCOME_CONTACT_ENDED)),
    "DataErased": continuing(referral_data_stopped=r.DataStopped(fate=r.DATA_FATE_ERASED, paper_copies=r.PAPER_RECALL_ALL)),
    "Lapsed": continuing(referral_lapsed=r.Lapsed(missing=r.MISSING_STEP_ACKNOWLEDGEMENT)),
    "EnteredInError": continuing(referral_entered_in_error=r.EnteredInError()),
}
for field, statement in CORRECTABLE.items():
    name = type(statement).__name__
    ENTRIES[name] = continuing(**{field: statement})
    ENTRIES[f"Corrected{name}"] = continuing(corrected=c.Corrected(**{field: statement}))


def main():
    changed = []
    for name, entry in ENTRIES.items():
        digits = entry.SerializeToString(deterministic=True).hex()
        text = "".join(digits[at:at + 96] + "\n" for at in range(0, len(digits), 96))
        file = GOLDEN / f"{name}.hex"
        if not file.exists():
            file.write_text(text)
            print(f"wrote {file.name}")
        elif file.read_text() != text:
            changed.append(file.name)
    if changed:
        sys.exit(f"These would change, and must not: {', '.join(changed)}")


main()
