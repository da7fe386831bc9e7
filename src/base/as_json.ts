import type { JsonValue } from "./json.ts";
import { MOST_LEVELS } from "./parse_json.ts";

/** Thrown for a value of which JSON would keep nothing, or cannot keep anything. */
export class NotJsonError extends TypeError {
  override readonly name = "NotJsonError";
  /** What a step fails with whose output is such a value. */
  readonly code = "not_json";

  /** `what` it is, and the keys that lead to it. */
  constructor(what: string, place: readonly string[]) {
    super(`JSON cannot keep ${what}${place.length === 0 ? "" : `, at ${JSON.stringify(place.join("."))}`}`);
  }
}

/**
 * What JSON keeps of any value; nothing at all is null. No cost for the simplest values.
 *
 * As `JSON.stringify` it leaves functions out, and takes what `toJSON` gives. What it would lose without a word is refused.
 *
 * @throws {NotJsonError} for a BigInt, a Map, a Set, a promise, and for what contains itself or is nested too deep.
 */
export function asJson(value: unknown): JsonValue {
  if (value === undefined || value === null) return null;
  if (typeof value === "string" || typeof value === "boolean") return value;
  try {
    return keep(value, 0, "") ?? null;
  } catch (thrown) {
    if (thrown instanceof Refusal) throw new NotJsonError(thrown.what, placeOf(value));
    throw thrown;
  }
}

class Refusal {
  readonly what: string;

  constructor(what: string) {
    this.what = what;
  }
}

/** `undefined` for what JSON leaves out. */
function keep(value: unknown, depth: number, key: string): JsonValue | undefined {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      // JSON knows neither infinity nor a zero below zero.
      return Number.isFinite(value) ? value + 0 : null;
    case "object":
      return value === null ? null : keepObject(value, depth, key);
    case "bigint":
      return keepBigInt(value, depth, key);
    default:
      return undefined;
  }
}

/** Some programs teach BigInts to become JSON. */
function keepBigInt(value: bigint & { toJSON?: unknown }, depth: number, key: string): JsonValue | undefined {
  if (typeof value.toJSON === "function") return keep(value.toJSON(key), depth + 1, key);
  throw new Refusal("a BigInt");
}

function keepObject(value: object, depth: number, key: string): JsonValue | undefined {
  if (depth >= MOST_LEVELS) {
    throw new Refusal(`what contains itself, or is nested more than ${MOST_LEVELS} levels deep`);
  }
  if (Array.isArray(value)) {
    const list: JsonValue[] = [];
    for (let index = 0; index < value.length; index++) list.push(keep(value[index], depth + 1, `${index}`) ?? null);
    return list;
  }
  if ("toJSON" in value && typeof value.toJSON === "function") return keep(value.toJSON(key), depth + 1, key);
  if (Object.getPrototypeOf(value) !== Object.prototype) {
    const what = strangeness(value);
    if (what !== undefined) throw new Refusal(what);
    if (value instanceof Number || value instanceof String || value instanceof Boolean) return value.valueOf();
  }
  const copy: Record<string, JsonValue> = {};
  for (const name of Object.keys(value)) {
    const member = keep((value as Readonly<Record<string, unknown>>)[name], depth + 1, name);
    if (member === undefined) continue;
    if (name !== "__proto__") copy[name] = member;
    else Object.defineProperty(copy, name, { value: member, enumerable: true, configurable: true, writable: true });
  }
  return copy;
}

/** What an object is of which JSON would keep nothing. */
function strangeness(value: object): string | undefined {
  if (value instanceof Map || value instanceof WeakMap) return "a Map";
  if (value instanceof Set || value instanceof WeakSet) return "a Set";
  return value instanceof Promise ? "a promise" : undefined;
}

/** The keys that lead to what is refused; looked for only then, because a walk that minds its way takes longer. */
function placeOf(value: unknown): string[] {
  const place: string[] = [];
  const seen = new Set<object>();
  let at = value;
  while (typeof at === "object" && at !== null && !seen.has(at)) {
    seen.add(at);
    const found = Object.entries(at).find(([, member]) => isRefused(member));
    if (found === undefined) break;
    place.push(found[0]);
    at = found[1];
  }
  return place;
}

function isRefused(value: unknown): boolean {
  try {
    keep(value, 0, "");
    return false;
  } catch {
    return true;
  }
}
