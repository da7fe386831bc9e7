import { didYouMean } from "../base/text.ts";
import { GRPC_ERROR_CODES, isBuiltInCode, OUTCOME_CLASSES, OWN_CODES } from "../plan/error_codes.ts";
import type { Compilation } from "./compilation.ts";
import type { Fields } from "./fields.ts";

const KNOWN: readonly string[] = [...OWN_CODES, ...GRPC_ERROR_CODES, ...OUTCOME_CLASSES, "http_5xx"];

/** Checks a list of codes against the closed list: `retry_on`, `never_on`, `no_effect_on`. */
export function checkErrorCodes(compilation: Compilation, fields: Fields, key: string): void {
  const isRetry = key !== "no_effect_on";
  fields.list(key)?.forEach((code, index) => {
    const path = [...fields.at(key), index];
    if (typeof code !== "string" || isBuiltInCode(code) || code === "http_5xx") return;
    if (isRetry && OUTCOME_CLASSES.includes(code)) return;
    compilation.error("unknown_error_code", `"${code}" is no error code`, path, { hint: codeHint(code, isRetry) });
  });
}

/** Checks the code that a `fail` step gives: it must be one of the workflow's own. */
export function checkOwnCode(compilation: Compilation, fields: Fields): void {
  const code = fields.text("code");
  if (code === undefined || !isBuiltInCode(code)) return;
  compilation.error("reserved_error_code", `The code "${code}" is one that Maestro gives itself`, fields.at("code"), {
    hint: "choose a code of your own, such as out_of_stock",
  });
}

function codeHint(code: string, isRetry: boolean): string {
  if (/^\d{3}$/.test(code)) return `write "http_${code}"`;
  const [, status] = /^h[a-z]*[_ -]?([1-5]\d\d)$/i.exec(code) ?? [];
  if (status !== undefined) return `did you mean "http_${status}"?`;
  if (/^http_\d+$/.test(code)) return "statuses are from 100 to 599";
  if (/^\dxx$/.test(code)) {
    return code === "5xx" ? 'write "http_5xx"' : "list the statuses one by one, such as http_429";
  }
  if (!isRetry && OUTCOME_CLASSES.includes(code)) return "classes stand in retry_on and never_on only";
  const upper = code.toUpperCase().replaceAll(/[\s-]/g, "_");
  if (GRPC_ERROR_CODES.includes(upper)) return `did you mean "${upper}"?`;
  return didYouMean(code, KNOWN) ??
    "a code is http_<status>, a gRPC code such as UNAVAILABLE, or one of Maestro's own such as timeout";
}
