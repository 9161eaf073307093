"""An office's program in another language: python3-grpcio with stubs made from protos/, and nothing of ours.

Arguments: the folder of the stubs, and the region file. Plays open, acknowledge, take up; open, decline; and some nonsense.
Prints one line per step; ends with 1 and says why when something is not as the protos promise.
"""
import json
import sys
import time
import uuid

import grpc

sys.path.insert(0, sys.argv[1])
from coordination.dossier.v1 import dossier_service_pb2 as dossiers, dossier_service_pb2_grpc as dossier_stubs, entry_pb2 as entries
from coordination.referral.v1 import referral_service_pb2 as referrals, referral_service_pb2_grpc as stubs, statements_pb2 as statements

SENT, RECEIVED, TAKEN_UP, DECLINED = 1, 2, 3, 20


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


def about():
    return referrals.Command(command_id=str(uuid.uuid4()))


def repatriation(**changes):
    opened = statements.Opened(
        type=statements.REFERRAL_TYPE_REPATRIATION, host="TH", origin="LA", instrument=statements.INSTRUMENT_COMMIT_MEMORANDUM,
        urgency=statements.URGENCY_ROUTINE, minority=statements.MINORITY_ADULT, basis=statements.BASIS_CONSENT,
        consent=statements.Consent(purposes=[statements.PURPOSE_RETURN], recipients=["LA"], until="2099-12-31"), reply_by="2099-12-31")
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
vientiane.call(vientiane.referrals.Acknowledge, referrals.AcknowledgeRequest(command=about(), dossier_id=opened.dossier_id))
vientiane.call(vientiane.referrals.TakeUp, referrals.TakeUpRequest(command=about(), dossier_id=opened.dossier_id))
expect("taken up, and both nodes say the same", bangkok.until(opened.dossier_id, TAKEN_UP) == vientiane.until(opened.dossier_id, TAKEN_UP))

request = dossiers.HistoryRequest(dossier_id=opened.dossier_id)
here, there = (office.call(office.dossiers.History, request) for office in (bangkok, vientiane))
expect("both nodes hold the same entries", [(e.entry, e.signature) for e in here.entries] == [(e.entry, e.signature) for e in there.entries] and len(here.entries) == 3)
expect("the entries name offices", all(entries.Entry.FromString(e.entry).office.unit for e in here.entries))

second = bangkok.call(bangkok.referrals.Open, referrals.OpenRequest(command=about(), opened=repatriation())).referral
vientiane.until(second.dossier_id, SENT)
decline = referrals.DeclineRequest(command=about(), dossier_id=second.dossier_id, declined=statements.Declined(reason=statements.DECLINE_REASON_NOT_OUR_NATIONAL))
vientiane.call(vientiane.referrals.Decline, decline)
expect("declined, and both nodes say the same", bangkok.until(second.dossier_id, DECLINED) == vientiane.until(second.dossier_id, DECLINED))

refused(vientiane, vientiane.referrals.TakeUp, referrals.TakeUpRequest(command=about(), dossier_id=second.dossier_id), grpc.StatusCode.FAILED_PRECONDITION, "NOT_OPEN")
refused(bangkok, bangkok.referrals.Open, referrals.OpenRequest(command=about(), opened=repatriation(urgency=99)), grpc.StatusCode.INVALID_ARGUMENT, "CODE_UNKNOWN")
refused(bangkok, bangkok.referrals.Open, referrals.OpenRequest(opened=repatriation()), grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID")
refused(bangkok, bangkok.referrals.Get, referrals.GetRequest(dossier_id=bytes(32)), grpc.StatusCode.NOT_FOUND, "DOSSIER_NOT_FOUND")
