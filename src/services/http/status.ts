import type { JsonValue } from "../../base/json.ts";
import { truncate } from "../../base/text.ts";
import { failure } from "../../engine/failure.ts";
import type { AbortReason, FailedAttempt, FailureClass, ServiceConfig } from "../../engine/service.ts";
import type { FetchError } from "../../runtime/fetch.ts";

/** What a failure is about: the service's settings and the request as messages name it. */
export interface RequestName {
  readonly config: ServiceConfig;
  readonly verb: string;
  /** Without the query, which may hold a secret. */
  readonly path: string;
}

const MOST_SHOWN = 300;

/** Statuses after which the service surely has not acted and may later. */
const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429, 503]);

/** Statuses that say nothing about the effect. */
const UNKNOWN: ReadonlySet<number> = new Set([500, 502, 504]);

/** Sorts a status by what it says about the effect. */
export function classOfStatus(status: number): FailureClass {
  return TRANSIENT.has(status) ? "transient" : UNKNOWN.has(status) ? "unknown" : "permanent";
}

/** Tells whether a verb asks for nothing to be done. */
export function isSafeVerb(verb: string): boolean {
  return verb === "GET" || verb === "HEAD";
}

/** Sorts an answer whose status was not expected. `body` is decoded, `shown` is what the message quotes of it. */
export function statusFailure(
  request: RequestName,
  status: number,
  body: JsonValue,
  retryAfterMs: number | undefined,
  note?: string,
): FailedAttempt {
  const code = `http_${status}`;
  const usual = classOfStatus(status);
  const shown = note ??
    (body === null ? "" : `: ${truncate(typeof body === "string" ? body : JSON.stringify(body), MOST_SHOWN)}`);
  const message = `HTTP ${status} from ${request.verb} ${request.path}${shown}`;
  return sorted(request, code, message, usual, { status, details: body, retryAfterMs });
}

/** Sorts what went wrong on the wire. An abort is named by its reason. */
export function wireFailure(request: RequestName, error: FetchError, reason: AbortReason): FailedAttempt {
  const { origin } = new URL(request.config.endpoint);
  const what = `${request.verb} ${request.path}`;
  switch (error.code) {
    case "connection_refused":
      return sorted(request, error.code, `Cannot connect to ${origin}: ${error.message}`, "transient");
    case "tls_error":
      return sorted(request, error.code, `No TLS connection to ${origin}: ${error.message}`, "permanent");
    case "connection_lost":
      return sorted(request, error.code, `Connection lost during ${what}: ${error.message}`, "unknown");
    case "bad_response":
      return badResponse(request, error.message);
    case "too_large":
      return badResponse(request, `more than ${request.config.maxResponse} bytes`);
    case "bad_input":
      return badInput(`${what} cannot be sent: ${error.message}`);
    case "aborted":
      return aborted(request, reason, error.sent);
  }
}

/** Sorts an answer that cannot be read. Not retried: the same would come again. */
export function badResponse(request: RequestName, problem: string): FailedAttempt {
  const message = `Unreadable answer to ${request.verb} ${request.path}: ${problem}`;
  return { ...sorted(request, "bad_response", message, "unknown"), retryable: false };
}

/** A request that cannot be made; nothing was sent. */
export function badInput(message: string): FailedAttempt {
  return { ok: false, failure: failure("bad_input", message), class: "permanent", mayHaveActed: false };
}

function aborted(request: RequestName, reason: AbortReason, sent: boolean): FailedAttempt {
  const what = `${request.verb} ${request.path}`;
  const state = sent ? "was sent" : "was not sent";
  const message = reason === "timeout" ? `No answer in time: ${what} ${state}` : `Cancelled: ${what} ${state}`;
  return sorted(request, reason, message, sent ? "unknown" : "transient");
}

function sorted(
  request: RequestName,
  code: string,
  message: string,
  usual: FailureClass,
  more: { status?: number; details?: JsonValue; retryAfterMs?: number | undefined } = {},
): FailedAttempt {
  const effectless = request.config.noEffectOn.includes(code);
  return {
    ok: false,
    failure: failure(code, message, more),
    class: effectless ? "permanent" : usual,
    mayHaveActed: usual === "unknown" && !effectless && !isSafeVerb(request.verb),
    isReadOnly: isSafeVerb(request.verb),
    retryAfterMs: more.retryAfterMs,
  };
}

/** Reads `Retry-After`: seconds, or a date. Gives `undefined` for anything else; a date that has passed is 0. */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const date = /^[A-Z][a-z]+,? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
