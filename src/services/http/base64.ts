import { jsonTypeName, type JsonValue } from "../../base/json.ts";
import { BadRequest } from "./bad_request.ts";

/** Bytes of a base64 text. Throws `BadRequest`. */
export function decodeBase64(value: JsonValue, place: string): Uint8Array {
  if (typeof value !== "string") throw new BadRequest(`${place} must be base64 text, not a ${jsonTypeName(value)}`);
  let latin1: string;
  try {
    latin1 = atob(value);
  } catch {
    throw new BadRequest(`${place} is not valid base64`);
  }
  return Uint8Array.from(latin1, (character) => character.charCodeAt(0));
}
