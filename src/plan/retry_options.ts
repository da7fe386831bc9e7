import { parseDuration } from "../base/duration.ts";
import type { RetryLayer } from "./retry_layers.ts";

/** A length of time: milliseconds, or text such as `500ms`, `30s`, `1h30m`. */
export type Duration = number | string;

/** When and how often a step is tried again. */
export interface RetryOptions {
  /** All tries, the first one included. @default 1 */
  readonly attempts?: number | undefined;
  /** How the delay grows. @default "exponential" */
  readonly backoff?: "exponential" | "linear" | "constant" | undefined;
  /** The first delay. @default "1s" */
  readonly initial?: Duration | undefined;
  /** What an exponential delay is multiplied by. @default 2 */
  readonly factor?: number | undefined;
  /** The longest delay. @default "30s" */
  readonly max?: Duration | undefined;
  /** Share of the delay by which it may vary either way. @default 0.2 */
  readonly jitter?: number | undefined;
  /** Codes of errors that are retried beside the usual ones. @default none */
  readonly retryOn?: readonly string[] | undefined;
  /** Codes of errors that are not retried; wins. An error's code is its `code`, else `UNKNOWN`. @default none */
  readonly neverOn?: readonly string[] | undefined;
}

/** Reads a length of time. `undefined` where it is none, or not above zero. */
export function milliseconds(value: Duration): number | undefined {
  const ms = typeof value === "number" ? value : parseDuration(value);
  return ms !== undefined && ms > 0 && Number.isFinite(ms) ? ms : undefined;
}

/** Reads a length of time that may be absent, and has been checked. */
export function limit(duration: Duration | undefined): number | undefined {
  return duration === undefined ? undefined : milliseconds(duration);
}

/** What a program says of retries, in the form in which the layers of a policy are laid over each other. */
export function retryLayer(retry: RetryOptions | number = {}): RetryLayer {
  if (typeof retry === "number") return { attempts: retry };
  const { initial, max, ...same } = retry;
  const layer = { ...same, initialMs: limit(initial), maxMs: limit(max) };
  return Object.fromEntries(Object.entries(layer).filter(([, value]) => value !== undefined));
}
