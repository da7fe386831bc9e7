import { encodeBase64 } from "../base/base64.ts";
import { formatDuration } from "../base/duration.ts";
import type { JsonValue } from "../base/json.ts";
import { ABSENT, type ScopeValue } from "./scope.ts";

/** What an expression computes with: JSON, `ABSENT`, and values that become JSON when they leave. */
export type Value = ScopeValue | Native | readonly Value[] | { readonly [key: string]: Value };

/**
 * A value that JSON does not have.
 *
 * Subclasses keep everything in private members: expressions read own properties, so they find none here.
 */
export abstract class Native {
  /** The value in the form in which it leaves an expression. */
  abstract leave(): Value;
}

/** A point in time, in milliseconds since 1970, exact to the microsecond. */
export class Timestamp extends Native {
  readonly #ms: number;

  constructor(ms: number) {
    super();
    this.#ms = ms;
  }

  get ms(): number {
    return this.#ms;
  }

  /** RFC 3339 in UTC, with 0, 3 or 6 digits behind the second. */
  override leave(): string {
    const whole = Math.floor(this.#ms);
    const micros = Math.round((this.#ms - whole) * 1_000);
    const text = new Date(whole).toISOString();
    if (micros > 0) return `${text.slice(0, -1)}${String(micros).padStart(3, "0")}Z`;
    return text.endsWith(".000Z") ? `${text.slice(0, -5)}Z` : text;
  }
}

/** A span of time in milliseconds. */
export class Duration extends Native {
  readonly #ms: number;

  constructor(ms: number) {
    super();
    this.#ms = ms;
  }

  get ms(): number {
    return this.#ms;
  }

  /** As Go writes it: `1h30m0s`. */
  override leave(): string {
    return formatDuration(this.#ms);
  }
}

/** A sequence of bytes. */
export class Bytes extends Native {
  readonly #data: Uint8Array;

  constructor(data: Uint8Array) {
    super();
    this.#data = data;
  }

  get data(): Uint8Array {
    return this.#data;
  }

  /** Base64 with padding. */
  override leave(): string {
    return encodeBase64(this.#data);
  }
}

/** What `path(text)` gives: text whose slashes stay as they are in the path of an HTTP call. */
export class PathText extends Native {
  readonly #text: string;

  constructor(text: string) {
    super();
    this.#text = text;
  }

  override leave(): string {
    return this.#text;
  }
}

/** What `.?` gives: a value, or none. Never holds null: what is null counts as not there. */
export class Optional extends Native {
  static readonly none: Optional = new Optional(null);
  readonly #value: Value;

  private constructor(value: Value) {
    super();
    this.#value = value;
  }

  /** Wraps a value; missing, null and absent ones give `none`, optionals stay as they are. */
  static of(value: Value | undefined): Optional {
    if (value instanceof Optional) return value;
    return value === undefined || value === null || value === ABSENT ? Optional.none : new Optional(value);
  }

  override leave(): Value {
    return this.#value;
  }
}

/** A value as operators and functions see it: an optional is its value or null, absent is null, path text is text. */
export function plain(value: Value): Value {
  if (typeof value !== "object") return value === ABSENT ? null : value;
  return value instanceof Optional || value instanceof PathText ? value.leave() : value;
}

/** Tells whether a value is missing, null, absent or an empty optional. */
export function isNothing(value: Value | undefined): boolean {
  return value === undefined || value === null || value === ABSENT || value === Optional.none;
}

/** Writes a value that has left an expression into text: strings as they are, other values as JSON. */
export function asText(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
