import { closest } from "../base/text.ts";
import type { PlanService } from "../plan/plan.ts";
import type { Compilation } from "./compilation.ts";
import type { Fields } from "./fields.ts";

/** Keys of services that only one protocol knows, with what to write instead. */
const ONLY_HTTP: Readonly<Record<string, string>> = { headers: 'gRPC has metadata: write "metadata"' };
const ONLY_GRPC: Readonly<Record<string, string>> = {
  metadata: 'HTTP has headers: write "headers"',
  proto: "only gRPC services have .proto files",
  descriptor_set: "only gRPC services have descriptors",
  grpc_service: "only gRPC services have it",
};

/** A web address without a path, a name with one of gRPC's own schemes, or a host, most often with a port. */
const GRPC_ADDRESS = /^(?:https?:\/\/[^/?#\s]+\/?|(?:dns|unix|ipv4|ipv6):\S+|[^\s/]+)$/i;

/** Checks what a service's type asks for: an endpoint of the right form, and none of the other protocol's keys. */
export function checkService(compilation: Compilation, fields: Fields, service: PlanService): void {
  const { name, type } = service;
  if (!fields.has("type")) return;
  for (
    const [key, hint] of Object.entries({
      ...(type === "http" ? {} : ONLY_HTTP),
      ...(type === "grpc" ? {} : ONLY_GRPC),
    })
  ) {
    if (!fields.has(key)) continue;
    compilation.error("misplaced_key", `"${key}" does not go with the ${type} service "${name}"`, fields.at(key), {
      hint: type === "function" ? undefined : hint,
      onKey: true,
    });
  }
  if (fields.has("proto") && fields.has("descriptor_set")) {
    compilation.error(
      "misplaced_key",
      `The service "${name}" has both "proto" and "descriptor_set"`,
      fields.at("descriptor_set"),
      {
        hint: "one of them says everything",
        onKey: true,
      },
    );
  }
  if (type !== "function") checkEndpoint(compilation, fields, type);
}

function checkEndpoint(compilation: Compilation, fields: Fields, type: "grpc" | "http"): void {
  const example = type === "http" ? "http://localhost:8080" : "localhost:50051";
  const isMisspelt = Object.keys(fields.map).some((key) => closest(key, ["endpoint"]) !== undefined);
  if (!isMisspelt) {
    compilation.error("missing_endpoint", `"${String(fields.path.at(-1))}" has no "endpoint"`, fields.path, {
      hint: `for example "endpoint: ${example}"`,
      onKey: true,
    });
  }
  const endpoint = fields.text("endpoint")?.trim();
  // What a template gives is known only when a run starts.
  if (endpoint === undefined || endpoint.includes("{{")) return;
  const isSound = type === "http" ? /^https?:\/\/[^/?#\s]+/i.test(endpoint) : GRPC_ADDRESS.test(endpoint);
  if (!isSound) {
    compilation.error(
      "bad_endpoint",
      `"${endpoint}" is no ${type === "http" ? "HTTP address" : "gRPC address"}`,
      fields.at("endpoint"),
      {
        hint: type === "http"
          ? `write scheme, host and port, such as ${example}`
          : `write host and port, such as ${example}`,
      },
    );
  } else if (
    type === "http" && /^http:/i.test(endpoint) &&
    (fields.value("tls") === true || typeof fields.value("tls") === "object")
  ) {
    compilation.error(
      "bad_endpoint",
      "The endpoint is plaintext, but the service has tls settings",
      fields.at("endpoint"),
      {
        hint: "write https://",
        span: { start: 0, end: 5 },
      },
    );
  }
}
