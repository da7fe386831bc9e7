"""Answers with what it got, streams, fails and sleeps: a partner for tests."""

import threading
import time

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.protobuf.empty_pb2 import Empty
from google.rpc import error_details_pb2, status_pb2
from grpc_service import log, serve
from grpc_status import rpc_status

protos, services = grpc.protos_and_services("everything.proto")


class Types(services.TypesServiceServicer):
    def Echo(self, request, context):
        return request

    def Count(self, request, context):
        number = 0
        while context.is_active() and (request.to == 0 or number < request.to):
            number += 1
            yield protos.Number(value=number)

    def Sum(self, requests, context):
        return protos.Number(value=sum(number.value for number in requests))

    def Square(self, requests, context):
        for number in requests:
            yield protos.Number(value=number.value**2)

    def Fail(self, request, context):
        status = status_pb2.Status(code=request.code, message=request.message)
        known = {
            "ErrorInfo": error_details_pb2.ErrorInfo(reason="OUT_OF_TEA", domain="kitchen", metadata={"shelf": "3"}),
            "BadRequest": error_details_pb2.BadRequest(field_violations=[
                error_details_pb2.BadRequest.FieldViolation(field="cup.size", description="is too small"),
            ]),
            "RetryInfo": error_details_pb2.RetryInfo(retry_delay=Duration(nanos=request.retry_after_ms * 1_000_000)),
        }
        for name in request.details:
            detail = Any()
            detail.Pack(known[name])
            status.details.append(detail)
        context.abort_with_status(rpc_status.to_status(status))

    def Sleep(self, request, context):
        remaining = context.time_remaining()
        gone = threading.Event()
        began = time.monotonic()
        context.add_callback(gone.set)
        duration = request.duration.ToTimedelta().total_seconds()
        cancelled = gone.wait(duration)
        seen = {"cancelled": cancelled, "after_ms": round((time.monotonic() - began) * 1000)}
        if remaining is not None:
            seen["deadline_ms"] = round(remaining * 1000)
        log("types", "Sleep.end", None, None, "CANCELLED" if cancelled else "OK", **seen)
        return Empty()


serve("types", "everything.v1.TypesService",
      lambda server: services.add_TypesServiceServicer_to_server(Types(), server))
