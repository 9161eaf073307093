"""A gRPC server that the project did not write: prints its port, serves until its input ends.

usage: wire_server.py STUBS
"""

import sys
import time
from concurrent import futures

sys.path.insert(0, sys.argv[1])

import grpc  # noqa: E402
import wire_pb2 as wire  # noqa: E402
import wire_pb2_grpc  # noqa: E402

CODES = {code.value[0]: code for code in grpc.StatusCode}
POLL_SECONDS = 0.02


class Door(wire_pb2_grpc.WireServiceServicer):
    def Echo(self, request, context):
        return wire.EchoResponse(text=request.text, payload=request.payload)

    def Fail(self, request, context):
        if request.after_headers:
            context.send_initial_metadata((("x-early", "yes"),))
        if request.code == 0:
            raise RuntimeError(request.message)
        context.set_trailing_metadata((("grpc-status-details-bin", request.details),))
        context.abort(CODES[request.code], request.message)

    def Sleep(self, request, context):
        while context.is_active():
            time.sleep(POLL_SECONDS)
        return wire.SleepResponse()

    def Count(self, request, context):
        for number in range(1, request.messages + 1):
            yield wire.CountResponse(number=number, payload=bytes(request.size))
        while request.wait and context.is_active():
            time.sleep(POLL_SECONDS)
        context.set_trailing_metadata((("x-written", str(request.messages)),))
        if request.code:
            context.abort(CODES[request.code], request.message)

    def Sum(self, requests, context):
        total = messages = 0
        for request in requests:
            total += request.number
            messages += 1
            self.go_on(request, context)
        context.set_trailing_metadata((("x-read", str(messages)),))
        return wire.SumResponse(sum=total, messages=messages)

    def Chat(self, requests, context):
        written = 0
        for request in requests:
            self.go_on(request, context)
            yield wire.ChatResponse(number=request.number, payload=bytes(request.size))
            written += 1
        context.set_trailing_metadata((("x-written", str(written)),))

    def go_on(self, request, context):
        while request.wait and context.is_active():
            time.sleep(POLL_SECONDS)
        if request.code:
            context.set_trailing_metadata((("x-reason", "told to"),))
            context.abort(CODES[request.code], "as told")

    def Large(self, request, context):
        return wire.LargeResponse(payload=bytes(request.size))

    def Reflect(self, request, context):
        reflected = tuple((key, value) for key, value in context.invocation_metadata() if key.startswith("x-"))
        context.send_initial_metadata(reflected)
        context.set_trailing_metadata(reflected)
        seen = ["%s=%s" % (key, value.hex() if isinstance(value, bytes) else value) for key, value in reflected]
        return wire.ReflectResponse(seen=seen)

    def WhoAmI(self, request, context):
        return wire.WhoAmIResponse(user=dict(context.invocation_metadata()).get("user-agent", ""))


server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
wire_pb2_grpc.add_WireServiceServicer_to_server(Door(), server)
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
# A line asks for no new calls: those under way go on.
if sys.stdin.readline():
    server.stop(grace=60)
sys.stdin.read()
server.stop(None)
