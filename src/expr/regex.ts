import type { RE2JS } from "re2js";
import type { Frame } from "./frame.ts";
import type { Site } from "./source.ts";

const MAX_PATTERN = 1_000;
const MAX_CACHED = 200;

let engine: typeof RE2JS | undefined;

/**
 * Loads what `matches()` needs, which is more than all else of the language, unless no expression of a document can call it.
 *
 * Await it before a document is compiled.
 *
 * @example
 * ```ts
 * import { evaluateExpression, preparePatterns } from "maestro";
 *
 * const text = '.city.matches("^B")';
 * await preparePatterns(text);
 * console.log(evaluateExpression(text, { city: "Bern" })); // true
 * ```
 */
export async function preparePatterns(document: string): Promise<void> {
  // YAML has no way to write a name in parts or otherwise, but for escapes with a backslash.
  if (/matches|\\/.test(document)) engine ??= (await import("re2js")).RE2JS;
}

const cache = new Map<string, RE2JS | string>();

/** Compiles a regular expression of RE2, which matches in linear time. Gives the reason as text where it cannot be read. */
export function compilePattern(pattern: string): RE2JS | string {
  const known = cache.get(pattern);
  if (known !== undefined) return known;
  const compiled = pattern.length > MAX_PATTERN ? `it is longer than ${MAX_PATTERN} characters` : compile(pattern);
  if (cache.size >= MAX_CACHED) cache.delete(cache.keys().next().value!);
  cache.set(pattern, compiled);
  return compiled;
}

/** Tells whether a pattern matches anywhere in a text. */
export function matches(text: string, pattern: string, site: Site, frame: Frame): boolean {
  if (pattern.length > MAX_PATTERN) site.fail("The regular expression is too long");
  const compiled = compilePattern(pattern);
  const size = typeof compiled === "string" ? MAX_PATTERN : compiled.programSize();
  // Whether the cache has it must not matter: an evaluation costs the same each time.
  if (frame.meets(pattern)) frame.charge(1_000 + 20 * size, site);
  if (typeof compiled === "string") return site.fail(`The regular expression cannot be read: ${compiled}`);
  frame.charge(Math.ceil(text.length * (2 + size / 4)), site);
  return compiled.matcher(text).find();
}

function compile(pattern: string): RE2JS | string {
  if (engine === undefined) {
    throw new Error("matches() needs `await preparePatterns(text)` before an expression is compiled");
  }
  try {
    return engine.compile(pattern);
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^error parsing regexp: /, "") : "it is not valid";
  }
}
