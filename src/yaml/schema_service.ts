import { closedMap, ref, type SchemaNode } from "./schema_node.ts";
import { BACKOFF_PROPERTIES } from "./schema_values.ts";

const CIRCUIT_BREAKER: SchemaNode = closedMap({
  failure_ratio: {
    description: "Opens when this share of the calls in the window failed.",
    type: "number",
    exclusiveMinimum: 0,
    maximum: 1,
    default: 0.6,
  },
  min_calls: { description: "Calls in the window before it may open.", type: "integer", minimum: 1, default: 5 },
  window: { ...ref("duration", "The time that is looked at."), default: "10s" },
  open_for: { ...ref("duration", "How long no call goes out once it is open."), default: "30s" },
}, { title: "a map of breaker settings" });

const TLS: SchemaNode = closedMap({
  ca: ref("template", "File of the authorities to trust, relative to the workflow."),
  cert: ref("template", "File of the client's certificate."),
  key: ref("template", "File of the client's key."),
  server_name: ref("template", "The name that the server's certificate must carry."),
}, { title: "a map of TLS settings" });

const OAUTH2: SchemaNode = closedMap({
  token_url: ref("template", "Where tokens are fetched."),
  client_id: ref("template", "The client's id."),
  client_secret: ref("template", "The client's secret: {{ secrets.NAME }}."),
  scopes: { description: "Scopes to ask for.", type: "array", items: { type: "string" } },
  audience: ref("template", "The audience to ask for."),
}, {
  description: "Client credentials of OAuth 2; renewed on 401 or UNAUTHENTICATED.",
  required: ["token_url", "client_id", "client_secret"],
});

const BASIC: SchemaNode = closedMap({
  user: ref("template", "The user's name."),
  password: ref("template", "The password: {{ secrets.NAME }}."),
}, { description: "User and password.", required: ["user", "password"] });

/** Parts that services are made of, by name. */
export const SERVICE_SCHEMAS: Readonly<Record<string, SchemaNode>> = {
  retry: closedMap({
    attempts: { description: "All tries, the first one included.", type: "integer", minimum: 1, default: 1 },
    ...BACKOFF_PROPERTIES,
    retry_on: ref("error_codes", "Codes and classes to retry beside the usual ones."),
    never_on: ref("error_codes", "Codes and classes not to retry; wins over retry_on."),
  }, {
    title: "a map of retry settings",
    description: "When and how often a failed call is tried again.",
    examples: [{ attempts: 3 }],
  }),
  service: closedMap({
    type: {
      description: "The protocol; `function` is registered by the program that embeds Maestro.",
      enum: ["grpc", "http", "function"],
    },
    description: { description: "What the service is, for people.", type: "string" },
    endpoint: {
      ...ref(
        "template",
        "host:port for gRPC, scheme, host and base path for HTTP. Templates see env and secrets only.",
      ),
      title: "an address or a template",
      examples: ["http://localhost:8080"],
    },
    timeout: { ...ref("duration", "Limit of each attempt."), default: "30s" },
    retry: ref("retry"),
    circuit_breaker: {
      description: "Stops calling a service that keeps failing. `false` turns it off.",
      anyOf: [{ const: false }, CIRCUIT_BREAKER],
    },
    pool: closedMap({
      size: {
        description: "gRPC channels, or most concurrent HTTP connections.",
        type: "integer",
        minimum: 1,
        default: 5,
      },
    }, { title: "a map", description: "Connections to the service.", examples: [{ size: 5 }] }),
    max_in_flight: { description: "Most calls at a time; others wait in order.", type: "integer", minimum: 1 },
    rate_limit: closedMap({
      per_second: { description: "Calls a second.", type: "number", exclusiveMinimum: 0 },
      burst: { description: "Calls that may start at once.", type: "integer", minimum: 1 },
    }, {
      title: "a map",
      description: "Most calls a second; others wait in order.",
      required: ["per_second"],
      examples: [{ per_second: 50 }],
    }),
    tls: {
      description: "TLS settings, or `true` for TLS with the system's authorities. Without it gRPC is plaintext.",
      anyOf: [{ type: "boolean" }, TLS],
    },
    metadata: ref("headers", "gRPC metadata sent with each call."),
    headers: ref("headers", "HTTP headers sent with each call."),
    auth: closedMap({ oauth2: OAUTH2, basic: BASIC }, {
      title: "a map with `oauth2` or `basic`",
      description: "How Maestro authenticates itself to the service.",
      minProperties: 1,
      maxProperties: 1,
    }),
    proto: {
      description: ".proto files, relative to the workflow.",
      type: "array",
      items: { type: "string" },
      minItems: 1,
      examples: [["protos/auth.proto"]],
    },
    descriptor_set: { description: "A compiled descriptor set, relative to the workflow.", type: "string" },
    grpc_service: {
      description: "Full name of the gRPC service, where a method's name alone is ambiguous.",
      type: "string",
      examples: ["auth.v1.AuthService"],
    },
    idempotency_header: {
      description: "Header that carries the idempotency key; `false` sends none.",
      anyOf: [{ const: false }, { type: "string", title: "a header's name", pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" }],
      default: "Idempotency-Key",
    },
    no_effect_on: ref(
      "error_codes",
      "Answers that surely did nothing: they fail the call instead of leaving it unknown.",
    ),
    max_response: { ...ref("size", "Largest answer."), default: "10MiB" },
  }, { title: "a map of service settings", description: "A service that steps call.", required: ["type"] }),
};
