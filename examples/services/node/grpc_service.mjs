// What the gRPC example services share: a log line per call, answers that are remembered by idempotency key, reflection.
import { fileURLToPath } from "node:url";
import { loadPackageDefinition, Server, ServerCredentials, status } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

export { status };

const LOADING = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true };

/** An answer that is no success; `code` is one of `status`. */
export class Refusal extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** Loads a file of `proto`. */
function load(file) {
  return loadSync(fileURLToPath(new URL(`../../../proto/${file}`, import.meta.url)), LOADING);
}

/**
 * Serves the service `service` of `proto`. A unary method is `(request) => answer`; a streaming one is grpc-js's own
 * `(call, callback)` and is named in `streams`. Server reflection is on.
 */
export function serveGrpc(name, { proto, service, methods = {}, streams = {} }) {
  const definition = load(proto);
  const answers = new Map();

  function log(call, method, input, outcome) {
    const key = call.metadata.get("idempotency-key")[0];
    const at = performance.timeOrigin + performance.now();
    console.log(JSON.stringify({ service: name, call: method, key, input, status: outcome, at }));
  }

  const handlers = { ...streams };
  for (const [method, handle] of Object.entries(methods)) {
    handlers[method] = async (call, callback) => {
      const key = call.metadata.get("idempotency-key")[0];
      try {
        const answer = answers.get(key) ?? await handle(call.request) ?? {};
        if (key !== undefined) answers.set(key, answer);
        log(call, method, call.request, "OK");
        callback(null, answer);
      } catch (error) {
        const code = error.code ?? status.INTERNAL;
        log(call, method, call.request, status[code]);
        callback({ code, details: error.message });
      }
    };
  }

  const server = new Server();
  const parts = service.split(".");
  const found = parts.reduce((scope, part) => scope[part], loadPackageDefinition(definition));
  server.addService(found.service, handlers);
  addReflection(server, definition, [service]);
  const address = `${process.env.HOST ?? "127.0.0.1"}:${process.env.PORT ?? 0}`;
  server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    console.log(`listening on ${port}`);
  });
}

/** Serves the descriptors as the proto loader makes them: all files of a package in one. */
function addReflection(server, definition, services) {
  const files = Object.values(definition).find((entry) => entry.fileDescriptorProtos)?.fileDescriptorProtos ?? [];
  const reflection = load("reflection.proto")["grpc.reflection.v1.ServerReflection"];
  server.addService(reflection, {
    ServerReflectionInfo(call) {
      call.on("data", (request) => {
        const answer = request.message_request === "list_services"
          ? { list_services_response: { service: services.map((name) => ({ name })) } }
          : { file_descriptor_response: { file_descriptor_proto: files } };
        call.write({ original_request: request, ...answer });
      });
      call.on("end", () => call.end());
    },
  });
}
