import { Metadata, type MetadataValue } from "@grpc/grpc-js";
import { base64Decode, base64Encode } from "@bufbuild/protobuf/wire";
import { jsonTypeName, type JsonValue } from "../../base/json.ts";
import type { CallContext, CallRequest } from "../../engine/service.ts";
import { toBuffer } from "../../runtime/buffer.ts";
import { BadValue } from "./bad_value.ts";

const NAME = /^[0-9a-z_.-]+$/;
const PRINTABLE = /^[ -~]*$/;

/** Names that HTTP/2 and gRPC keep to themselves. */
const RESERVED: ReadonlySet<string> = new Set(
  [
    "connection",
    "content-type",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
  ],
);

/** Metadata given by a workflow: the service's below the step's. */
export type MetadataLayers = CallRequest["headers"];

/**
 * Puts together what goes with a call: Maestro's own entries, then the layers, each over the one before.
 *
 * Names are lower-cased; `null` removes an entry; values under `-bin` names are base64. Throws `BadValue` for what
 * metadata cannot carry.
 */
export function callMetadata(
  layers: MetadataLayers,
  context: CallContext,
  idempotencyHeader: string | false,
  timeoutMs: number,
): Metadata {
  const metadata = new Metadata();
  if (idempotencyHeader !== false) metadata.set(idempotencyHeader, printable(context.idempotencyKey));
  metadata.set("traceparent", context.traceparent);
  metadata.set("x-maestro-run-id", printable(context.runId));
  metadata.set("x-maestro-workflow", printable(context.workflow));
  metadata.set("x-maestro-step-id", printable(context.step));
  return finish(metadata, layers, timeoutMs);
}

/** The metadata of a question to server reflection: the layers, with nothing that speaks of a call. */
export function plainMetadata(layers: MetadataLayers, timeoutMs: number): Metadata {
  return finish(new Metadata(), layers, timeoutMs);
}

function finish(metadata: Metadata, layers: MetadataLayers, timeoutMs: number): Metadata {
  for (const layer of layers) {
    for (const name in layer) setEntry(metadata, name.toLowerCase(), layer[name]!);
  }
  const timeout = formatTimeout(timeoutMs);
  if (timeout !== undefined) metadata.set("grpc-timeout", timeout);
  return metadata;
}

/** What came back, as JSON: several values of a name joined with commas, `-bin` values in base64. */
export function metadataToJson(metadata: Metadata | undefined): Record<string, JsonValue> {
  if (metadata === undefined) return {};
  const entries = Object.entries(metadata.toJSON() as Record<string, MetadataValue[]>);
  return Object.fromEntries(entries.map(([name, values]) => [name, values.map(toText).join(", ")]));
}

function setEntry(metadata: Metadata, name: string, value: JsonValue): void {
  if (value === null) {
    metadata.remove(name);
    return;
  }
  const fail = (problem: string): BadValue => new BadValue(problem).within(name);
  if (!NAME.test(name)) throw fail("a metadata name holds letters, digits, dots, dashes and underscores only");
  if (RESERVED.has(name) || name.startsWith("grpc-")) throw fail("this name is reserved by gRPC");
  if (typeof value === "object") throw fail(`expected text, a number or a boolean, got a ${jsonTypeName(value)}`);
  if (!name.endsWith("-bin")) {
    const text = String(value);
    if (!PRINTABLE.test(text)) {
      throw fail('only printable ASCII is allowed; anything else needs a name in "-bin" and base64');
    }
    metadata.set(name, text);
    return;
  }
  try {
    if (typeof value !== "string") throw value;
    metadata.set(name, toBuffer(base64Decode(value)));
  } catch {
    throw fail('expected base64 text, as the name ends in "-bin"');
  }
}

/** Percent-encodes what HTTP/2 headers cannot carry; the names of workflows may be any text. */
function printable(text: string): string {
  return PRINTABLE.test(text) ? text : text.replace(/[^ -~]+/gu, encodeURIComponent);
}

/** The value of `grpc-timeout`: at most eight digits and a unit. */
function formatTimeout(ms: number): string | undefined {
  if (ms < 1e8) return `${Math.max(1, Math.ceil(ms))}m`;
  const seconds = Math.ceil(ms / 1_000);
  return seconds < 1e8 ? `${seconds}S` : undefined;
}

function toText(value: MetadataValue): string {
  return typeof value === "string" ? value : base64Encode(value);
}
