import type { JsonValue } from "../base/json.ts";
import type { Frame } from "./frame.ts";
import { MAX_SIZE } from "./frame.ts";
import { setMember } from "./literals.ts";
import { ABSENT } from "./scope.ts";
import type { Site } from "./source.ts";
import { Native, type Value } from "./value.ts";

/**
 * Gives a value in the form in which it leaves an expression: JSON, with null for what is absent.
 *
 * JSON stays the very same object. What is nested too deeply or larger than the limit is an error.
 */
export function leave(value: Value, site: Site, frame: Frame): JsonValue {
  switch (typeof value) {
    case "string":
      if (value.length > MAX_SIZE) frame.limitSize(value.length, site);
      return value;
    case "number":
    case "boolean":
      return value;
    case "symbol":
      return null;
  }
  if (value === null) return null;
  if (value instanceof Native) return leave(value.leave(), site, frame);
  const state = { left: MAX_SIZE };
  const isReady = isJson(value, state, site);
  frame.charge((MAX_SIZE - state.left) >> 4, site);
  return isReady ? value as JsonValue : convert(value, frame, site);
}

/** Tells whether a value is JSON through and through. Counts what it walks, so that shared parts cannot make it endless. */
function isJson(value: Value, state: { left: number }, site: Site): boolean {
  state.left--;
  if (typeof value === "string") state.left -= value.length;
  if (state.left < 0) site.fail("The result grows too large: at most 16 MiB");
  if (typeof value !== "object" || value === null) return value !== ABSENT;
  if (Array.isArray(value)) {
    for (const item of value) {
      if (!isJson(item, state, site)) return false;
    }
    return true;
  }
  if (value instanceof Native) return false;
  const map = value as { readonly [key: string]: Value };
  for (const key in map) {
    state.left -= key.length;
    if (!isJson(map[key]!, state, site)) return false;
  }
  return true;
}

function convert(value: Value, frame: Frame, site: Site): JsonValue {
  frame.charge(1, site);
  if (typeof value === "symbol") return null;
  if (typeof value === "string") {
    frame.grow(value.length, site);
    return value;
  }
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Native) {
    frame.charge(20, site);
    return convert(value.leave(), frame, site);
  }
  if (Array.isArray(value)) return value.map((item: Value) => convert(item, frame, site));
  const map: Record<string, JsonValue> = {};
  for (const [key, item] of Object.entries(value as { readonly [key: string]: Value })) {
    setMember(map, key, convert(item, frame, site));
  }
  return map;
}
