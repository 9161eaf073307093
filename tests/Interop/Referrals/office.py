"""An office's program in another language: python3-grpcio with stubs made from protos/, and nothing of ours.

Arguments: the folder of the stubs, and the region file. Plays a return from opening to completion, each
step with particulars; open, decline; and some nonsense.
Prints one line per step; ends with 1 and says why when something is not as the protos promise.
"""
import datetime
import json
import sys
import time
import uuid

import grpc
from google.protobuf import timestamp_pb2

sys.path.insert(0, sys.argv[1])
from coordination.directory.v1 import command_pb2 as commands
from coordination.dossier.v1 import dossier_service_pb2 as dossiers, dossier_service_pb2_grpc as dossier_stubs, entry_pb2 as entries
from coordination.referral.v1 import particulars_pb2 as beside, referral_service_pb2 as referrals, referral_service_pb2_grpc as stubs, statements_pb2 as statements

SENT, TAKEN_UP, DECLINED, COMPLETED = 1, 3, 20, 21


class Office:
    """The focal point of one country."""

    def __init__(self, region, country):
        node = next(n for n in region["nodes"] if n["id"] == country)
        token = next(t for office, t in node["tokens"].items() if office.startswith("focal-point@"))
        with open(region["caFile"], "rb") as authorities:
            credentials = grpc.ssl_channel_credentials(authorities.read())
        self.channel = grpc.secure_channel(node["apiAddress"].removeprefix("https://"), credentials)
        self.referrals = stubs.ReferralServiceStub(self.channel)
        self.dossiers = dossier_stubs.DossierServiceStub(self.channel)
        self.metadata = (("authorization", f"Bearer {token}"),)

    def call(self, method, request):
        return method(request, metadata=self.metadata, timeout=20)

    def until(self, dossier_id, state):
        for _ in range(300):
            try:
                referral = self.call(self.referrals.Get, referrals.GetRequest(dossier_id=dossier_id)).referral
                if referral.state == state:
                    return referral
            except grpc.RpcError as error:
                if error.code() != grpc.StatusCode.NOT_FOUND:
                    raise
            time.sleep(0.1)
        sys.exit(f"the referral never came to stand at {state}")


def about(answers=b""):
    return commands.Command(command_id=str(uuid.uuid4()), answers=answers)


def day(ahead=0):
    """In the region's middle time zone."""
    return (datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=7))) + datetime.timedelta(days=ahead)).date().isoformat()


def same(dossier_id):
    """What both nodes say, once they say the same of it; what is open to each is its own."""
    for _ in range(300):
        pair = [office.call(office.referrals.Get, referrals.GetRequest(dossier_id=dossier_id)).referral for office in (bangkok, vientiane)]
        for referral in pair:
            del referral.offers[:]
        if pair[0] == pair[1]:
            return pair[0]
        time.sleep(0.1)
    sys.exit("the two nodes never came to say the same")


def say(office, method, statement="", answers=b"", **fields):
    """Says one thing about the referral that is opened, with a note beside it, and gives the hash of its entry when both hold it."""
    request = getattr(referrals, f"{method}Request")(command=about(answers), dossier_id=opened.dossier_id, particulars=beside.Particulars(note=f"beside {method}"))
    if statement:
        field = getattr(request, statement)
        field.SetInParent()
        for name, value in fields.items():
            part = getattr(field, name)
            part.CopyFrom(value) if hasattr(part, "CopyFrom") else setattr(field, name, value)
    held = office.call(getattr(office.referrals, method), request).referral
    other = vientiane if office is bangkok else bangkok
    other.until(opened.dossier_id, held.state)
    same(opened.dossier_id)
    last = office.call(office.dossiers.History, dossiers.HistoryRequest(dossier_id=opened.dossier_id)).entries[-1]
    for reader in (bangkok, vientiane):
        read = reader.call(reader.dossiers.GetParticulars, dossiers.GetParticularsRequest(dossier_id=opened.dossier_id, entry=last.hash))
        if read.particulars.note != f"beside {method}":
            sys.exit(f"the particulars of {method} say something else")
    return last.hash


def repatriation(**changes):
    opened = statements.Opened(
        type=statements.REFERRAL_TYPE_REPATRIATION, host="TH", origin="LA", instrument=statements.INSTRUMENT_COMMIT_MEMORANDUM,
        urgency=statements.URGENCY_ROUTINE, minority=statements.MINORITY_ADULT, basis=statements.BASIS_CONSENT,
        consent=statements.Consent(purposes=[statements.PURPOSE_RETURN], recipients=["LA"], until="2099-12-31"), reply_by=day(30))
    for field, value in changes.items():
        setattr(opened, field, value)
    return opened


def expect(what, is_so):
    if not is_so:
        sys.exit(f"not so: {what}")
    print(what)


def refused(office, method, request, code, reason):
    try:
        office.call(method, request)
        sys.exit(f"{reason} was not refused")
    except grpc.RpcError as error:
        details = dict(error.trailing_metadata()).get("grpc-status-details-bin", b"")
        expect(f"refused as {code.name} {reason}", error.code() == code and reason.encode() in details and error.details())


region = json.load(open(sys.argv[2]))
bangkok, vientiane = Office(region, "TH"), Office(region, "LA")

opened = bangkok.call(bangkok.referrals.Open, referrals.OpenRequest(command=about(), opened=repatriation())).referral
vientiane.until(opened.dossier_id, SENT)
say(vientiane, "Acknowledge")
say(vientiane, "TakeUp")
expect("taken up, and both nodes say the same", same(opened.dossier_id).state == TAKEN_UP)
released = say(bangkok, "ReleaseCaseFile", "case_file", office_contact="The focal point, by this channel")
say(vientiane, "ReceiveCaseFile", answers=released)
say(vientiane, "ReportAssessment", "assessment_reported", finding=statements.FINDING_MAY_RETURN, care_suitable=True)
say(bangkok, "RecordWish", "wish_recorded", wish=statements.WISH_RETURN, on=day())
now = timestamp_pb2.Timestamp()
now.GetCurrentTime()
in_a_fortnight = timestamp_pb2.Timestamp(seconds=now.seconds + 14 * 24 * 3600)
planned = say(bangkok, "PlanReturn", "return_planned", travel_on=day(14), meeting_at=in_a_fortnight, meeting_point="LA-VTE-FB1")
say(vientiane, "AgreeToReturn", answers=planned)
plan = same(opened.dossier_id).plan.plan
say(bangkok, "ReportAccompanied", "accompanied", plan=plan, place="LA-VTE-FB1", at=now)
say(vientiane, "ReportMet", "met", plan=plan, place="LA-VTE-FB1", at=now)
say(vientiane, "ReportFollowUp", "follow_up_reported", number=1, result=statements.FOLLOW_UP_RESULT_DONE)
say(vientiane, "Complete", "completed", outcome=statements.REFERRAL_OUTCOME_RETURNED)
expect("returned and completed, and both nodes say the same and read the same beside it", same(opened.dossier_id).state == COMPLETED)

request = dossiers.HistoryRequest(dossier_id=opened.dossier_id)
here, there = (office.call(office.dossiers.History, request) for office in (bangkok, vientiane))
expect("both nodes hold the same entries", [(e.entry, e.signature) for e in here.entries] == [(e.entry, e.signature) for e in there.entries] and len(here.entries) == 13)
expect("the entries name offices", all(entries.Entry.FromString(e.entry).office.unit for e in here.entries))

second = bangkok.call(bangkok.referrals.Open, referrals.OpenRequest(command=about(), opened=repatriation())).referral
vientiane.until(second.dossier_id, SENT)
decline = referrals.DeclineRequest(command=about(), dossier_id=second.dossier_id, declined=statements.Declined(reason=statements.DECLINE_REASON_NOT_OUR_NATIONAL))
vientiane.call(vientiane.referrals.Decline, decline)
bangkok.until(second.dossier_id, DECLINED)
expect("declined, and both nodes say the same", same(second.dossier_id).state == DECLINED)

refused(vientiane, vientiane.referrals.TakeUp, referrals.TakeUpRequest(command=about(), dossier_id=second.dossier_id), grpc.StatusCode.FAILED_PRECONDITION, "NOT_OPEN")
refused(bangkok, bangkok.referrals.Open, referrals.OpenRequest(command=about(), opened=repatriation(urgency=99)), grpc.StatusCode.INVALID_ARGUMENT, "CODE_UNKNOWN")
refused(bangkok, bangkok.referrals.Open, referrals.OpenRequest(opened=repatriation()), grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID")
refused(bangkok, bangkok.referrals.Get, referrals.GetRequest(dossier_id=bytes(32)), grpc.StatusCode.NOT_FOUND, "DOSSIER_NOT_FOUND")
