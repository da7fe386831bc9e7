const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  "µs": 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

const SHAPE = /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/;
const PART = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g;

/**
 * Reads a duration as Go writes it (`500ms`, `30s`, `1h30m`) and gives milliseconds.
 *
 * Strict: a bare number, a sign, spaces or an unknown unit give `undefined`; `0` alone is zero.
 *
 * @example
 * ```ts
 * import { parseDuration } from "maestro";
 *
 * console.log(parseDuration("1m30s"), parseDuration("soon")); // 90000 undefined
 * ```
 */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  if (!SHAPE.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(PART)) total += Number(amount) * UNIT_MS[unit ?? ""]!;
  return Number.isFinite(total) ? total : undefined;
}

/**
 * Writes milliseconds as a Go duration: `1500` is `1.5s`, `5400000` is `1h30m0s`, `250` is `250ms`.
 *
 * Exact to the nanosecond below an hour, to the microsecond from there on.
 *
 * @example
 * ```ts
 * import { formatDuration } from "maestro";
 *
 * console.log(formatDuration(90_000)); // 1m30s
 * ```
 */
export function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`;
  const nanoseconds = Math.round(ms * 1e6);
  if (nanoseconds === 0) return "0s";
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${nanoseconds / 1e3}µs`;
  if (nanoseconds < 1e9) return `${nanoseconds / 1e6}ms`;
  const digits = ms < 3_600_000 ? 9 : 6;
  const total = Number((ms / 1_000).toFixed(digits));
  const hours = Math.floor(total / 3_600);
  const minutes = Math.floor((total % 3_600) / 60);
  const seconds = `${Number((total % 60).toFixed(digits))}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

/** Writes milliseconds for people, in two units at most and cut off: `250ms`, `1.5s`, `3m12s`, `5h3m`, `12d4h`. */
export function roughDuration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))}ms`;
  if (ms < 60_000) return `${Math.floor(ms / 100) / 10}s`;
  const seconds = Math.floor(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours === 0) return join(minutes, "m", seconds % 60, "s");
  return hours < 48 ? join(hours, "h", minutes % 60, "m") : join(Math.floor(hours / 24), "d", hours % 24, "h");
}

function join(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return `${large}${largeUnit}${small === 0 ? "" : `${small}${smallUnit}`}`;
}
