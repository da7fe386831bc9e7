"""Keeps documents: plain HTTP on Python's standard library."""

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

documents = {}
calls = []


class Archive(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    body = None

    def do_GET(self):
        if self.path == "/calls":
            self.answer(200, calls, logged=False)
        elif self.path in documents:
            self.answer(200, documents[self.path])
        else:
            self.answer(404, {"error": f"There is no {self.path}"})

    def do_PUT(self):
        self.body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers["Authorization"] is None:
            return self.answer(401, {"error": "Authorization is missing"})
        # The cellar floods: what is filed there is refused, so that one can watch a rollback.
        if self.body.get("shelf") == "cellar":
            return self.answer(409, {"error": "The cellar is under water"})
        documents[self.path] = self.body
        self.answer(200, {"path": self.path, "kept": len(documents)})

    def do_DELETE(self):
        found = documents.pop(self.path, None)
        self.answer(204 if found is not None else 404)

    def answer(self, status, body=None, logged=True):
        if logged:
            key = self.headers["Idempotency-Key"]
            call = f"{self.command} {self.path}"
            line = {"service": "archive", "call": call, "key": key, "input": self.body, "status": status}
            calls.append(line | {"at": time.time() * 1000})
            self.body = None
            sys.stdout.write(json.dumps(calls[-1]) + "\n")
            sys.stdout.flush()
        data = b"" if status == 204 else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", 0))), Archive)
print(f"listening on {server.server_port}", flush=True)
server.serve_forever()
