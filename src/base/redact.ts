import { textToBase64 } from "./base64.ts";
import { isJsonObject, type JsonValue } from "./json.ts";

/** Shorter values would blot out ordinary text, and protect nothing. */
const SHORTEST_SECRET = 4;

/** Longer values are looked for one by one: no runtime compiles a pattern of any size. */
const LONGEST_IN_PATTERN = 1_000;

const MASK = "[secret]";

/** Where a text was shortened, see `truncate`. */
const CUT = "…";

/**
 * Blots out secret values wherever they turn up: in answers, errors and log lines.
 *
 * Values are learnt as they are resolved, and found in either case: hosts come back in lower case. Those of fewer than four characters are
 * not tracked.
 *
 * @example
 * ```ts
 * import { Redactor } from "maestro";
 *
 * const redactor = new Redactor();
 * redactor.add("s3cr3t-token");
 * console.log(redactor.text("401: s3cr3t-token has expired")); // 401: [secret] has expired
 * ```
 */
export class Redactor {
  readonly #secrets = new Set<string>();
  #pattern: RegExp | undefined;
  #long: readonly string[] = [];

  /** Whether there is nothing to blot out yet. */
  get isEmpty(): boolean {
    return this.#secrets.size === 0;
  }

  /** Learns a value, and the forms in which it commonly travels (percent-encoded, inside JSON, base64). */
  add(secret: string): void {
    if (secret.length < SHORTEST_SECRET || this.#secrets.has(secret)) return;
    const inJson = JSON.stringify(secret).slice(1, -1);
    const forms = [secret, encodeURIComponent(secret.toWellFormed()), inJson, textToBase64(secret)];
    for (const form of forms) this.#secrets.add(form);
    this.#pattern = undefined;
  }

  /** The text with every known secret replaced by `[secret]`. */
  text(text: string): string {
    if (this.#secrets.size === 0) return text;
    this.#pattern ??= this.#compile();
    let clean = text;
    for (const secret of this.#long) clean = clean.replaceAll(secret, MASK);
    clean = clean.replace(this.#pattern, MASK);
    return clean.includes(CUT) ? this.#coverCuts(clean) : clean;
  }

  /** The value with every known secret replaced, in keys too; the same object where there is none to replace. */
  json<T extends JsonValue>(value: T): T {
    return this.#secrets.size === 0 ? value : this.#walk(value) as T;
  }

  /** What is left of a secret in front of a place where a text was shortened. */
  #coverCuts(text: string): string {
    return text.split(CUT).map((part, index, parts) => {
      const length = index === parts.length - 1 ? 0 : this.#longestBeginning(part);
      return length === 0 ? part : part.slice(0, -length) + MASK;
    }).join(CUT);
  }

  #longestBeginning(text: string): number {
    let longest = 0;
    for (const secret of this.#secrets) {
      const shortest = Math.max(SHORTEST_SECRET, longest + 1);
      for (let length = Math.min(secret.length - 1, text.length, LONGEST_IN_PATTERN); length >= shortest; length--) {
        if (!text.endsWith(secret.slice(0, length))) continue;
        longest = length;
        break;
      }
    }
    return longest;
  }

  /** The longest come first, so that a secret inside another does not leave the rest of that one. */
  #compile(): RegExp {
    const all = [...this.#secrets].sort((a, b) => b.length - a.length);
    this.#long = all.filter((secret) => secret.length > LONGEST_IN_PATTERN);
    const short = all.slice(this.#long.length);
    return new RegExp(short.length === 0 ? "(?!)" : short.map(escapeRegExp).join("|"), "gi");
  }

  #walk(value: JsonValue): JsonValue {
    if (typeof value === "string") return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.#walk(item));
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.text(key), this.#walk(item)]));
  }
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}
