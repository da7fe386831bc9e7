import { isJsonObject, jsonTypeName, type JsonValue } from "../../base/json.ts";
import type { CallContext, CallRequest, ServiceConfig } from "../../engine/service.ts";
import { BadRequest } from "./bad_request.ts";

/** Headers by lower-case name. */
export type Headers = Record<string, string | readonly string[]>;

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Control characters, and what has no place in a header: tab is fine, and so are the letters of Latin-1. */
const BAD_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

const NOT_ASCII = /[^\x20-\x7e]/;

/** Headers that frame the message. */
const FRAMING: ReadonlySet<string> = new Set(
  [
    "connection",
    "content-length",
    "expect",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
  ],
);

/** Puts a call's headers together: the service's, then the step's, over ours. Throws `BadRequest`. */
export function buildHeaders(
  config: ServiceConfig,
  request: CallRequest,
  context: CallContext,
  contentType: string | undefined,
): Headers {
  const headers: Headers = {
    "user-agent": "maestro",
    accept: "application/json, */*;q=0.5",
    traceparent: context.traceparent,
    "x-maestro-run-id": asciiOnly(context.runId),
    "x-maestro-workflow": asciiOnly(context.workflow),
    "x-maestro-step-id": asciiOnly(context.step),
  };
  if (contentType !== undefined) headers["content-type"] = contentType;
  if (config.idempotencyHeader !== false) {
    headers[config.idempotencyHeader.toLowerCase()] = asciiOnly(context.idempotencyKey);
  }
  for (const layer of request.headers) {
    for (const name in layer) setHeader(headers, name, layer[name]!);
  }
  return headers;
}

function setHeader(headers: Headers, name: string, value: JsonValue): void {
  const key = name.toLowerCase();
  if (value === null) {
    delete headers[key];
    return;
  }
  if (!TOKEN.test(name)) throw new BadRequest(`${JSON.stringify(name)} is no header name`);
  if (FRAMING.has(key)) throw new BadRequest(`Header "${name}" cannot be set: it frames the message`);
  headers[key] = Array.isArray(value) ? value.map((item) => headerText(name, item)) : headerText(name, value);
}

function headerText(name: string, value: JsonValue): string {
  if (value === null || Array.isArray(value) || isJsonObject(value)) {
    throw new BadRequest(`Header "${name}" must be text, not a ${jsonTypeName(value)}`);
  }
  const text = String(value);
  if (/[\r\n]/.test(text)) throw new BadRequest(`Header "${name}" has a line break in its value`);
  if (BAD_VALUE.test(text)) throw new BadRequest(`Header "${name}" has a character that headers cannot carry`);
  return text;
}

/** Our own values may come from names in any script; what is not ASCII is percent-encoded. */
function asciiOnly(text: string): string {
  return NOT_ASCII.test(text) ? encodeURI(text.toWellFormed()) : text;
}
