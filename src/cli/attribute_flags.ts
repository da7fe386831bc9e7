import { MaestroError } from "../base/errors.ts";
import type { StoredRun } from "../run_store.ts";
import { parseLoosely } from "./json_text.ts";

type Attributes = StoredRun["attributes"];
type AttributeValue = Attributes[string];

/**
 * Reads the values of `--attribute`, each a name and what it must be.
 *
 * @throws {MaestroError} `usage` where one has no name or comes twice.
 */
export function parseAttributes(values: readonly string[] | undefined): Attributes | undefined {
  if (values === undefined) return undefined;
  const attributes = new Map<string, AttributeValue>();
  for (const value of values) {
    const split = value.indexOf("=");
    if (split < 1) {
      throw new MaestroError("usage", `--attribute ${JSON.stringify(value)} must have the form name=value`);
    }
    const name = value.slice(0, split);
    if (attributes.has(name)) {
      throw new MaestroError("usage", `--attribute names "${name}" twice: no run has two values`);
    }
    attributes.set(name, readValue(value.slice(split + 1)));
  }
  return Object.fromEntries(attributes);
}

/** Writes attributes as `--attribute` reads them. */
export function writeAttributes(attributes: Attributes): readonly string[] {
  return Object.entries(attributes).map(([name, value]) => {
    const isPlain = typeof value === "string" && readValue(value) === value;
    return `${name}=${isPlain ? value : JSON.stringify(value)}`;
  });
}

/** JSON that can be a value is that; anything else is text, also a number that would lose digits. */
function readValue(text: string): AttributeValue {
  const value = parseLoosely(text);
  if (typeof value === "object") return text;
  return value === text && String(Number(text)) === text && Number.isFinite(Number(text)) ? Number(text) : value;
}
