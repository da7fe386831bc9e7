import { isJsonObject, jsonTypeName, type JsonValue } from "../base/json.ts";
import { truncate } from "../base/text.ts";

/** Most characters of a value that are shown. */
const MOST_SHOWN = 200;

/**
 * Says where two values first differ, and how; `undefined` where they are equal.
 *
 * Maps are equal whatever the order of their keys.
 */
export function describeDifference(expected: JsonValue, actual: JsonValue): string | undefined {
  const found = differences(expected, actual, "");
  if (found.length === 0) return undefined;
  const more = found.length > MOST_TOLD ? `; and ${found.length - MOST_TOLD} more` : "";
  return found.slice(0, MOST_TOLD).join("; ") + more;
}

const MOST_TOLD = 5;

function differences(expected: JsonValue, actual: JsonValue, place: string): string[] {
  if (Array.isArray(expected) && Array.isArray(actual)) {
    return range(Math.max(expected.length, actual.length)).flatMap((index) =>
      members(expected[index], actual[index], `${place}[${index}]`)
    );
  }
  if (isJsonObject(expected) && isJsonObject(actual)) {
    return [...new Set([...Object.keys(expected), ...Object.keys(actual)])].flatMap((key) =>
      members(own(expected, key), own(actual, key), place === "" ? key : `${place}.${key}`)
    );
  }
  if (Object.is(expected, actual) || (expected === 0 && actual === 0)) return [];
  const at = place === "" ? "" : `${place} `;
  return [`${at}should be ${shown(expected)}, but is ${shown(actual)}`];
}

function members(expected: JsonValue | undefined, actual: JsonValue | undefined, place: string): string[] {
  if (expected === undefined && actual === undefined) return [];
  if (expected === undefined) return [`${place} should not be there, but is ${shown(actual!)}`];
  if (actual === undefined) return [`${place} should be ${shown(expected)}, but is missing`];
  return differences(expected, actual, place);
}

function own(map: Readonly<Record<string, JsonValue>>, key: string): JsonValue | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** A value as messages show it. */
export function shown(value: JsonValue): string {
  const text = JSON.stringify(value);
  return text.length > MOST_SHOWN ? `${truncate(text, MOST_SHOWN)} (a ${jsonTypeName(value)})` : text;
}
