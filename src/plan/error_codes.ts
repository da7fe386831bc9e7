import { GRPC_CODES } from "../base/grpc_codes.ts";

/** Codes of gRPC by name, except `OK`, which is no error. */
export const GRPC_ERROR_CODES: readonly string[] = GRPC_CODES.slice(1);

/** Codes that Maestro itself gives to errors of steps. */
export const OWN_CODES: readonly string[] = [
  "timeout",
  "heartbeat_timeout",
  "connection_refused",
  "connection_lost",
  "tls_error",
  "circuit_open",
  "no_such_method",
  "bad_input",
  "bad_response",
  "expression_error",
  "repeat_exhausted",
  "child_failed",
  "outcome_unknown",
  "cancelled",
];

/** Classes of outcomes, which lists of codes may name too. */
export const OUTCOME_CLASSES: readonly string[] = ["transient", "unknown", "permanent"];

/** Tells whether a code is one that Maestro or a protocol gives, so that a `fail` step may not use it. */
export function isBuiltInCode(code: string): boolean {
  return OWN_CODES.includes(code) || GRPC_ERROR_CODES.includes(code) || /^http_[1-5]\d\d$/.test(code);
}
