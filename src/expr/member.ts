import { ABSENT } from "./scope.ts";
import { Native, Optional, type Value } from "./value.ts";

/** The key of a member: the name in a map, or the index in a list. */
export type MemberKey = string | number;

/** Most names that a message lists. */
const MAX_NAMES = 10;

/**
 * Reads a member of a map or an entry of a list; `undefined` where there is none.
 *
 * Own properties only, so nothing of the host's objects is reached. Through `ABSENT` everything is `ABSENT`, through an optional everything is optional.
 */
export function member(value: Value, key: MemberKey): Value | undefined {
  if (typeof value !== "object" || value === null) return value === ABSENT ? ABSENT : undefined;
  if (Array.isArray(value)) return typeof key === "number" ? entry(value, key) : undefined;
  if (value instanceof Native) return value instanceof Optional ? optionalMember(value, key) : undefined;
  return Object.hasOwn(value, key) ? (value as { readonly [key: string]: Value })[key] : undefined;
}

/** Tells whether no object inherits a member of this name, so that `plainMember` may read it. */
export function isPlainKey(key: MemberKey): boolean {
  return !(key in Object.prototype);
}

/** Reads a member like `member`, in half the time. The key must be a plain one. */
export function plainMember(value: Value, key: MemberKey): Value | undefined {
  const isMap = typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Native);
  return isMap ? (value as { readonly [key: string]: Value })[key] : member(value, key);
}

/** Lists what a map holds, for messages. */
export function memberNames(map: object): string {
  const names = Object.keys(map);
  const shown = names.slice(0, MAX_NAMES).map((name) => name.length > 40 ? `${name.slice(0, 39)}…` : name);
  return names.length > MAX_NAMES ? `${shown.join(", ")} and ${names.length - MAX_NAMES} more` : shown.join(", ");
}

function entry(list: readonly Value[], index: number): Value | undefined {
  return index >= 0 && Number.isInteger(index) ? list[index] : undefined;
}

function optionalMember(optional: Optional, key: MemberKey): Value {
  const inner = optional.leave();
  return inner === null ? Optional.none : Optional.of(member(inner, key));
}
