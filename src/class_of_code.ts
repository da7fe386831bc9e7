import type { FailureClass } from "./engine/service.ts";
import { classify } from "./services/grpc/status.ts";
import { classOfStatus } from "./services/http/status.ts";

/** What is said of codes that are neither a status nor a gRPC code. Those that are not listed are permanent. */
const OWN: Readonly<Record<string, FailureClass>> = {
  connection_refused: "transient",
  connection_lost: "unknown",
  bad_response: "unknown",
  timeout: "unknown",
  outcome_unknown: "unknown",
};

/** What an error code says about the effect of a request that was sent, whatever service it comes from. */
export function classOfCode(code: string): FailureClass {
  const status = statusOfCode(code);
  if (status !== null) return classOfStatus(status);
  return OWN[code] ?? classify(code, true, []);
}

/** The HTTP status in a code such as `http_503`. */
export function statusOfCode(code: string): number | null {
  const found = /^http_(\d{3})$/.exec(code)?.[1];
  return found === undefined ? null : Number(found);
}
