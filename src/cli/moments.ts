import { parseDuration } from "../base/duration.ts";
import { MaestroError } from "../base/errors.ts";

const DAY_MS = 86_400_000;
const DAYS = /^(\d+)d(.*)$/;
const RFC_3339 = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/i;

/** Reads a duration that may have days in front: `30d`, `1d12h`, `90m`; gives milliseconds, `undefined` for anything else. */
export function parseSpan(text: string): number | undefined {
  const [, days, rest = ""] = DAYS.exec(text) ?? [];
  if (days === undefined) return parseDuration(text);
  const more = rest === "" ? 0 : parseDuration(rest);
  return more === undefined ? undefined : Number(days) * DAY_MS + more;
}

/**
 * Reads a moment: RFC 3339 (a date alone is its first moment, UTC), or how long ago it was.
 *
 * @throws {MaestroError} `usage`, naming the flag.
 */
export function parseMoment(flag: string, text: string, now: number): number {
  const span = parseSpan(text);
  if (span !== undefined) return now - span;
  const time = RFC_3339.test(text) ? Date.parse(text.toUpperCase()) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new MaestroError("usage", `${flag} must be a time or a duration, but is "${text}"`, {
    hint: "write it as 2026-03-01T12:00:00Z, 2026-03-01, 2h or 7d",
  });
}
