import { isJsonObject, jsonTypeName, type JsonValue } from "../../base/json.ts";
import { BadRequest } from "./bad_request.ts";

/**
 * Writes a map as `key=value&…`, for queries and forms: null is left out, a list repeats its key.
 *
 * Throws `BadRequest` for anything but a map of such values. `place` names it in messages.
 */
export function encodeForm(value: JsonValue, place: string): string {
  if (value === null) return "";
  if (!isJsonObject(value)) throw new BadRequest(`${place} must be a map, not a ${jsonTypeName(value)}`);
  let text = "";
  for (const key of Object.keys(value)) {
    const item = value[key]!;
    if (!Array.isArray(item)) text += pair(key, item, place);
    else for (const each of item as readonly JsonValue[]) text += pair(key, each, place);
  }
  return text.slice(1);
}

function pair(key: string, value: JsonValue, place: string): string {
  if (value === null) return "";
  if (typeof value === "object") {
    throw new BadRequest(`${place} member "${key}" must be a plain value, not a ${jsonTypeName(value)}`);
  }
  return `&${encode(key)}=${encode(String(value))}`;
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
