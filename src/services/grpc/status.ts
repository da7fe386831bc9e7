import { GRPC_CODES } from "../../base/grpc_codes.ts";
import type { FailureClass } from "../../engine/service.ts";

/** Numbers of the codes that the adapter itself decides about. */
export const OK = 0;
export const RESOURCE_EXHAUSTED = 8;
export const UNIMPLEMENTED = 12;
export const UNAVAILABLE = 14;

/** What each code says about the effect of a request that was sent. Codes that are not listed are permanent. */
const CLASSES: Readonly<Record<string, FailureClass>> = {
  RESOURCE_EXHAUSTED: "transient",
  ABORTED: "transient",
  DEADLINE_EXCEEDED: "unknown",
  UNAVAILABLE: "unknown",
  INTERNAL: "unknown",
  UNKNOWN: "unknown",
  DATA_LOSS: "unknown",
  CANCELLED: "unknown",
};

/** The name of a status code; numbers that gRPC does not define count as `UNKNOWN`, as its specification asks. */
export function codeName(code: number): string {
  return GRPC_CODES[code] ?? "UNKNOWN";
}

/**
 * Sorts the failure of one attempt, section 2 of the language.
 *
 * What surely was not sent had no effect. Codes of `no_effect_on` turn unknown into permanent.
 */
export function classify(code: string, wasSent: boolean, noEffectOn: readonly string[]): FailureClass {
  const sorted = CLASSES[code] ?? "permanent";
  if (sorted !== "unknown") return sorted;
  if (!wasSent) return "transient";
  return noEffectOn.includes(code) ? "permanent" : "unknown";
}
