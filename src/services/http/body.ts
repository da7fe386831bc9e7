import { isJsonObject, jsonTypeName, type JsonValue } from "../../base/json.ts";
import type { CallRequest } from "../../engine/service.ts";
import { BadRequest } from "./bad_request.ts";
import { decodeBase64 } from "./base64.ts";
import { encodeForm } from "./form.ts";
import { encodeMultipart, type RequestBody } from "./multipart.ts";

/** Tells whether `input` goes into the query of this verb. */
function takesQuery(verb: string): boolean {
  return verb === "GET" || verb === "HEAD" || verb === "DELETE";
}

/** The target with the call's query. Throws `BadRequest`. */
export function addQuery(target: string, verb: string, request: CallRequest): string {
  const value = request.query === undefined && takesQuery(verb) ? request.input : request.query;
  if (value === undefined) return target;
  const query = encodeForm(value, "Query");
  if (query === "") return target;
  const mark = !target.includes("?") ? "?" : /[?&]$/.test(target) ? "" : "&";
  return target + mark + query;
}

/** The call's body, or `undefined` for none. The same call gives the same bytes at every attempt. Throws `BadRequest`. */
export function encodeBody(verb: string, request: CallRequest, idempotencyKey: string): RequestBody | undefined {
  const value = request.body === undefined && !takesQuery(verb) ? request.input : request.body;
  if (value === undefined) return undefined;
  switch (request.encoding ?? "json") {
    case "json":
      return { contentType: "application/json", content: JSON.stringify(value) };
    case "form":
      return { contentType: "application/x-www-form-urlencoded", content: encodeForm(value, "Form") };
    case "multipart":
      return encodeMultipart(value, idempotencyKey);
    case "text":
      return { contentType: "text/plain; charset=utf-8", content: plainText(value) };
    case "binary":
      return { contentType: "application/octet-stream", content: decodeBase64(value, "Binary body") };
  }
}

function plainText(value: JsonValue): string {
  if (value === null) return "";
  if (Array.isArray(value) || isJsonObject(value)) {
    throw new BadRequest(`Text body must be text, not a ${jsonTypeName(value)}`);
  }
  return String(value);
}
