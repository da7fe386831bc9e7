import type { JsonValue } from "../../base/json.ts";
import { parseJson } from "../../base/parse_json.ts";

/** Parses the JSON of an answer; what is wrong with it is said in words. */
export function parseAnswer(
  text: string,
): { readonly ok: true; readonly body: JsonValue } | { readonly ok: false; readonly problem: string } {
  try {
    return { ok: true, body: parseJson(text) };
  } catch (error) {
    return { ok: false, problem: `invalid JSON (${error instanceof Error ? error.message : String(error)})` };
  }
}
