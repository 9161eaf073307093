"""A gRPC client that knows no proto but that of reflection: finds the services of a server and calls two of them.

usage: wire_reflection.py STUBS ADDRESS
"""

import sys
import time

stubs, address = sys.argv[1:3]
sys.path.insert(0, stubs)

import grpc  # noqa: E402
import reflection_pb2 as reflection  # noqa: E402
import reflection_pb2_grpc  # noqa: E402
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory  # noqa: E402

SECONDS = 20

with grpc.insecure_channel(address) as channel:
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)

    def ask(**question):
        (response,) = stub.ServerReflectionInfo(iter([reflection.ServerReflectionRequest(**question)]), timeout=SECONDS)
        return response

    def files(response):
        return [descriptor_pb2.FileDescriptorProto.FromString(file) for file in response.file_descriptor_response.file_descriptor_proto]

    def call(service, method, **fields):
        """A unary call, all of it by what reflection tells."""
        pool = descriptor_pool.DescriptorPool()
        for file in reversed(files(ask(file_containing_symbol=f"{service}.{method}"))):
            pool.Add(file)
        told = pool.FindServiceByName(service).FindMethodByName(method)
        factory = message_factory.MessageFactory(pool)
        request, response = factory.GetPrototype(told.input_type), factory.GetPrototype(told.output_type)
        return channel.unary_unary(f"/{service}/{method}", request.SerializeToString, response.FromString)(request(**fields), timeout=SECONDS)

    print("services", *(service.name for service in ask(list_services="").list_services_response.service))
    # The first look at the server's health may be yet to come.
    while (health := call("grpc.health.v1.Health", "Check").status) == 0:
        time.sleep(0.05)
    print("health", {1: "SERVING", 2: "NOT_SERVING"}[health])
    echo = call("coordination.interop.v1.WireService", "Echo", text="hello", payload=b"\0\1")
    print("echo", echo.text, echo.payload.hex())
    print("file", files(ask(file_by_filename="Wire/wire.proto"))[0].name)
    print("nested", files(ask(file_containing_symbol="grpc.health.v1.HealthCheckResponse.ServingStatus"))[0].message_type[1].name)
    print("unknown symbol", ask(file_containing_symbol="no.Symbol").error_response.error_code)
    print("unknown file", ask(file_by_filename="no.proto").error_response.error_code)
    print("extension", ask(file_containing_extension={"containing_type": "no.Message", "extension_number": 1}).error_response.error_code)
    print("extension numbers", *ask(all_extension_numbers_of_type="grpc.health.v1.HealthCheckRequest").all_extension_numbers_response.extension_number or ["none"])
    print("nothing asked", ask().error_response.error_code)
