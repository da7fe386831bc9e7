"""What the gRPC example services share: protos, a log line per call, answers remembered by idempotency key, reflection."""

import json
import os
import pathlib
import sys
import time
from concurrent import futures

import grpc
from google.protobuf.json_format import MessageToDict
from grpc_reflection.v1alpha import reflection

sys.path.append(str(pathlib.Path(__file__).parents[3] / "proto"))


class Refusal(Exception):
    """An answer that is no success."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def log(service, call, key, request, status, **more):
    """Writes the line that says what came in and what became of it."""
    line = {"service": service, "call": call, "key": key, "input": request, "status": status, "at": time.time() * 1000, **more}
    # print() writes the text and the line break apart, and calls run on several threads.
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


class Logged(grpc.ServerInterceptor):
    """Logs unary calls, turns a Refusal into its status, and gives a known idempotency key its first answer again."""

    def __init__(self, service):
        self.service = service
        self.answers = {}

    def intercept_service(self, continuation, details):
        handler = continuation(details)
        if handler is None or handler.unary_unary is None:
            return handler
        metadata = dict(details.invocation_metadata)
        key = metadata.get("idempotency-key")
        call = details.method.rsplit("/", 1)[1]

        def run(request, context):
            sent = MessageToDict(request, preserving_proto_field_name=True)
            try:
                answer = self.answers.get(key) or handler.unary_unary(request, context)
            except Refusal as refusal:
                log(self.service, call, key, sent, refusal.code.name)
                context.abort(refusal.code, str(refusal))
            except Exception:
                code = context.code()
                log(self.service, call, key, sent, code.name if isinstance(code, grpc.StatusCode) else str(code))
                raise
            if key is not None:
                self.answers[key] = answer
            log(self.service, call, key, sent, "OK")
            return answer

        return grpc.unary_unary_rpc_method_handler(run, handler.request_deserializer, handler.response_serializer)


def serve(name, full_name, add):
    """Serves until the process is stopped. `add(server)` adds the servicer of the service `full_name`."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16), interceptors=[Logged(name)])
    add(server)
    reflection.enable_server_reflection([full_name, reflection.SERVICE_NAME], server)
    port = server.add_insecure_port(f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', 0)}")
    server.start()
    print(f"listening on {port}", flush=True)
    server.wait_for_termination()
