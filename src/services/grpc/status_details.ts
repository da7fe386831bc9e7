import { createRegistry, type DescMessage, fromBinary, type Message, type Registry } from "@bufbuild/protobuf";
import type { Duration } from "@bufbuild/protobuf/wkt";
import type { Metadata } from "@grpc/grpc-js";
import type { JsonValue } from "../../base/json.ts";
import { defineSchema } from "./define_schema.ts";
import { JsonWriter } from "./message_to_json.ts";

/** The messages of `google/rpc/status.proto` and `error_details.proto`. */
const rpcSchema = defineSchema("google.rpc", {
  Status: { code: [1, "int32"], message: [2, "string"], details: [3, "google.protobuf.Any[]"] },
  RetryInfo: { retry_delay: [1, "google.protobuf.Duration"] },
  DebugInfo: { stack_entries: [1, "string[]"], detail: [2, "string"] },
  ErrorInfo: { reason: [1, "string"], domain: [2, "string"], metadata: [3, "string{}"] },
  QuotaFailure: { violations: [1, "QuotaViolation[]"] },
  QuotaViolation: { subject: [1, "string"], description: [2, "string"] },
  PreconditionFailure: { violations: [1, "PreconditionViolation[]"] },
  PreconditionViolation: { type: [1, "string"], subject: [2, "string"], description: [3, "string"] },
  BadRequest: { field_violations: [1, "FieldViolation[]"] },
  FieldViolation: {
    field: [1, "string"],
    description: [2, "string"],
    reason: [3, "string"],
    localized_message: [4, "LocalizedMessage"],
  },
  RequestInfo: { request_id: [1, "string"], serving_data: [2, "string"] },
  ResourceInfo: {
    resource_type: [1, "string"],
    resource_name: [2, "string"],
    owner: [3, "string"],
    description: [4, "string"],
  },
  Help: { links: [1, "Link[]"] },
  Link: { description: [1, "string"], url: [2, "string"] },
  LocalizedMessage: { locale: [1, "string"], message: [2, "string"] },
});

type StatusMessage = Message & {
  readonly details: readonly { readonly typeUrl: string; readonly value: Uint8Array }[];
};

/** The details of a failed call, and the delay that a `RetryInfo` among them asks for. */
export interface StatusDetails {
  readonly details: JsonValue;
  readonly retryAfterMs: number | undefined;
}

const NOTHING: StatusDetails = { details: null, retryAfterMs: undefined };

/** The types of `google.rpc` beside a service's own types, which details may use too. */
export function detailTypes(serviceTypes: Registry): Registry {
  return createRegistry(...Object.values<DescMessage>(rpcSchema()), serviceTypes);
}

/** Decodes `grpc-status-details-bin` to a list; what is malformed counts as not there. */
export function readStatusDetails(trailers: Metadata, types: Registry): StatusDetails {
  const [bytes] = trailers.get("grpc-status-details-bin");
  if (bytes === undefined || typeof bytes === "string") return NOTHING;
  try {
    const { Status } = rpcSchema();
    const status = fromBinary(Status, bytes) as StatusMessage;
    const write = new JsonWriter(types).writer(Status.field["details"]!.message!);
    const details = status.details.flatMap((detail) => readable(write, detail));
    return details.length === 0 ? NOTHING : { details, retryAfterMs: retryDelay(status) };
  } catch {
    return NOTHING;
  }
}

function readable(write: (message: unknown) => JsonValue, detail: unknown): readonly JsonValue[] {
  try {
    return [write(detail)];
  } catch {
    return [];
  }
}

function retryDelay(status: StatusMessage): number | undefined {
  const info = status.details.find(({ typeUrl }) => typeUrl.endsWith("/google.rpc.RetryInfo"));
  if (info === undefined) return undefined;
  const { retryDelay: delay } = fromBinary(rpcSchema().RetryInfo, info.value) as Message & {
    readonly retryDelay?: Duration;
  };
  return delay === undefined ? undefined : Math.max(0, Number(delay.seconds) * 1_000 + delay.nanos / 1e6);
}
