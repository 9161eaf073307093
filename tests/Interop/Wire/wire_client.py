"""A gRPC client that the project did not write: makes one call and prints what came of it as JSON.

usage: wire_client.py STUBS ADDRESS SCENARIO [CA]
"""

import json
import os
import sys
import time

stubs, address, scenario = sys.argv[1:4]
sys.path.insert(0, stubs)

import grpc  # noqa: E402
import wire_pb2 as wire  # noqa: E402
import wire_pb2_grpc  # noqa: E402

UNLIMITED = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
SECONDS = 20


def connect():
    if len(sys.argv) > 4:
        with open(sys.argv[4], "rb") as ca:
            return grpc.secure_channel(address, grpc.ssl_channel_credentials(ca.read()), UNLIMITED)
    return grpc.insecure_channel(address, UNLIMITED)


def pairs(metadata):
    return sorted([key, value.hex() if isinstance(value, bytes) else value] for key, value in metadata or ()
                  if key.startswith("x-") and key != "x-connection" or key == "grpc-status-details-bin")


def told(method, request, timeout=SECONDS, metadata=None, answer=lambda response: "", **options):
    """The outcome of a call, whichever it is."""
    try:
        response, call = method.with_call(request, timeout=timeout, metadata=metadata, **options)
        return {"code": call.code().value[0], "detail": call.details(), "answer": answer(response),
                "headers": pairs(call.initial_metadata()), "trailers": pairs(call.trailing_metadata())}
    except grpc.RpcError as error:
        return {"code": error.code().value[0], "detail": error.details(), "answer": "",
                "headers": pairs(error.initial_metadata()), "trailers": pairs(error.trailing_metadata())}


def streamed(method, requests, timeout=SECONDS, metadata=None, leave_after=None):
    """The outcome of a call with many answers: as answer their numbers, joined by blanks."""
    call = method(requests, timeout=timeout, metadata=metadata)
    numbers = []
    try:
        for response in call:
            numbers.append(response.number)
            if len(numbers) == leave_after:
                call.cancel()
    except grpc.RpcError:
        pass
    return {"code": call.code().value[0], "detail": call.details() or "", "answer": " ".join(map(str, numbers)),
            "headers": pairs(call.initial_metadata()), "trailers": pairs(call.trailing_metadata())}


def slow(method, request):
    """A reader that takes its first message, waits, and then takes all others."""
    call = method(request, timeout=SECONDS)
    next(call)
    time.sleep(1)
    others = sum(1 for _ in call)
    return {"code": call.code().value[0], "detail": call.details() or "", "answer": str(others), "headers": [], "trailers": []}


def waiting(*messages):
    """Requests after which no more come, and no end either."""
    yield from messages
    time.sleep(SECONDS)


def summed(messages, name="python sum", **options):
    return told(stub.Sum, (wire.SumRequest(**message) for message in messages), metadata=[("x-id", name)],
                answer=lambda response: f"{response.sum} of {response.messages}", **options)


def chatted(messages, name="python chat", **options):
    return streamed(stub.Chat, (wire.ChatRequest(**message) for message in messages), metadata=[("x-id", name)], **options)


with connect() as channel:
    stub = wire_pb2_grpc.WireServiceStub(channel)
    outcome = {
        "echo": lambda: told(stub.Echo, wire.EchoRequest(text="hello", payload=b"\0\1"), answer=lambda response: f"{response.text} {response.payload.hex()}"),
        "refusal": lambda: told(stub.Fail, wire.FailRequest(code=5, message="ไม่พบ 100%\n", details=b"\0\1\xff")),
        "refusal after headers": lambda: told(stub.Fail, wire.FailRequest(code=9, message="late", details=b"\1", after_headers=True)),
        "unforeseen": lambda: told(stub.Fail, wire.FailRequest(message="a secret")),
        "metadata": lambda: told(stub.Reflect, wire.ReflectRequest(), metadata=[("x-text", "plain"), ("x-data-bin", b"\xfa\xfb"), ("x-more-bin", b"\xfa\xfb\xfc")],
                                 answer=lambda response: " ".join(response.seen)),
        "deadline": lambda: told(stub.Sleep, wire.SleepRequest(id="python deadline"), timeout=0.3),
        "stubborn": lambda: told(stub.Sleep, wire.SleepRequest(id="python stubborn", stubborn=True), timeout=0.3),
        "sleep": lambda: told(stub.Sleep, wire.SleepRequest(id="python sleep")),
        "ceiling": lambda: told(stub.SleepUnderCeiling, wire.SleepRequest(id="python ceiling")),
        "oversize": lambda: told(stub.Echo, wire.EchoRequest(payload=bytes(5_000_000))),
        "large": lambda: told(stub.Large, wire.LargeRequest(size=5_000_000)),
        "unimplemented": lambda: told(stub.Missing, wire.MissingRequest()),
        "compressed": lambda: told(stub.Echo, wire.EchoRequest(text="x" * 1000), compression=grpc.Compression.Gzip),
        "count": lambda: streamed(stub.Count, wire.CountRequest(id="python count", messages=1000)),
        "count none": lambda: streamed(stub.Count, wire.CountRequest(id="python none")),
        "count error": lambda: streamed(stub.Count, wire.CountRequest(id="python error", messages=3, code=5, message="ไม่พบ")),
        "count deadline": lambda: streamed(stub.Count, wire.CountRequest(id="python count deadline", messages=2, wait=True), timeout=2),
        "count left": lambda: streamed(stub.Count, wire.CountRequest(id="python count left", messages=2, wait=True), leave_after=2),
        "count waits": lambda: streamed(stub.Count, wire.CountRequest(id="python count waits", messages=2, wait=True)),
        "count ceiling": lambda: streamed(stub.CountUnderCeiling, wire.CountRequest(id="python count ceiling", messages=2, wait=True)),
        "count slow": lambda: slow(stub.Count, wire.CountRequest(id="python count slow", messages=2000, size=10_000)),
        "sum": lambda: summed(({"number": n} for n in range(1, 1001))),
        "sum none": lambda: summed(()),
        "sum error": lambda: summed(({"number": n, "code": 9 if n == 3 else 0} for n in range(1, 6))),
        "sum deadline": lambda: summed(waiting({"number": 1}), "python sum deadline", timeout=2),
        "sum large": lambda: summed(({"number": 1}, {"payload": bytes(5_000_000)})),
        "chat": lambda: chatted(({"number": n} for n in range(1, 1001))),
        "chat none": lambda: chatted(()),
        "chat error": lambda: chatted(({"number": n, "code": 9 if n == 4 else 0} for n in range(1, 6))),
        "chat deadline": lambda: chatted(waiting({"number": 1}, {"number": 2}), "python chat deadline", timeout=2),
        "chat left": lambda: chatted(waiting({"number": 1}, {"number": 2}), "python chat left", leave_after=2),
        "unauthenticated": lambda: told(stub.WhoAmI, wire.WhoAmIRequest()),
    }[scenario]()
    print(json.dumps(outcome), flush=True)

# A thread that still waits to send must not hold us.
os._exit(0)
