import type { JsonValue } from "../../base/json.ts";
import { failure } from "../../engine/failure.ts";
import type { AbortReason, FailedAttempt } from "../../engine/service.ts";
import { classify } from "./status.ts";

/** What is known of an attempt that failed. */
export interface FailedCall {
  readonly code: string;
  readonly message: string;
  /** Whether the request may have reached the server. */
  readonly wasSent: boolean;
  readonly isReadOnly: boolean;
  readonly noEffectOn: readonly string[];
  readonly details?: JsonValue | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** An attempt that failed before anything was sent, and would fail again. */
export function refused(code: string, message: string): FailedAttempt {
  return { ok: false, failure: failure(code, message), class: "permanent", mayHaveActed: false };
}

/** An attempt that ended with a gRPC code, sorted by the table. */
export function failed(call: FailedCall): FailedAttempt {
  const sorted = classify(call.code, call.wasSent, call.noEffectOn);
  return {
    ok: false,
    failure: failure(call.code, call.message, { details: call.details ?? null }),
    class: sorted,
    mayHaveActed: sorted === "unknown" && !call.isReadOnly,
    isReadOnly: call.isReadOnly,
    retryAfterMs: call.retryAfterMs,
  };
}

/** An attempt that we gave up ourselves: its time was over, or nobody wants its answer any more. */
export function cutShort(reason: AbortReason, wasSent: boolean, isReadOnly: boolean): FailedAttempt {
  const message = reason === "cancelled"
    ? "The call was cancelled"
    : wasSent
    ? "No answer within the time limit"
    : "No connection within the time limit";
  return {
    ok: false,
    failure: failure(reason, message),
    class: wasSent ? "unknown" : "transient",
    mayHaveActed: wasSent && !isReadOnly,
    isReadOnly,
  };
}

/** An attempt whose answer makes no sense. The service has acted, so there is no use in asking again. */
export function badResponse(message: string, isReadOnly: boolean): FailedAttempt {
  return {
    ok: false,
    failure: failure("bad_response", message),
    class: "unknown",
    mayHaveActed: !isReadOnly,
    isReadOnly,
    retryable: false,
  };
}
