import { didYouMean } from "../../base/text.ts";

/** A JSON value that does not fit its protobuf type. The path grows while the error leaves the containers. */
export class BadValue extends Error {
  override readonly name = "BadValue";
  readonly #path: (string | number)[] = [];

  /** Adds the container's key or index in front of the path, and gives the error back to be thrown on. */
  within(key: string | number): this {
    this.#path.unshift(key);
    return this;
  }

  /** The message with its place, such as `input.items[2].qty: expected an integer, got 1.5`. */
  describe(root: string): string {
    let place = root;
    for (const key of this.#path) {
      if (typeof key === "number") place += `[${key}]`;
      else place += /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
    }
    return `${place}: ${this.message}`;
  }
}

/** Adds the place, if given, to a `BadValue`; any other error becomes one with its message. */
export function locate(thrown: unknown, key?: string | number): BadValue {
  const error = thrown instanceof BadValue
    ? thrown
    : new BadValue(thrown instanceof Error ? thrown.message : String(thrown));
  return key === undefined ? error : error.within(key);
}

/** `expected an integer, got "x"`. */
export function expected(what: string, got: unknown): BadValue {
  return new BadValue(`expected ${what}, got ${show(got)}`);
}

/** An error about a name that is not among the known ones, with the one that was probably meant. */
export function unknownName(what: string, name: string, known: Iterable<string>): BadValue {
  const hint = didYouMean(name, known);
  return new BadValue(`${what} "${name}"${hint === undefined ? "" : `; ${hint}`}`);
}

/** A value as it appears in a message: short scalars as JSON, containers by their kind only. */
function show(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "a map";
  const text = JSON.stringify(value) ?? "nothing";
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}
