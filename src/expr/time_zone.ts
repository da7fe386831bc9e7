/** A moment as a calendar and a clock show it in one place. */
export interface CalendarTime {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  /** From 1. */
  readonly day: number;
  /** From 0, Sunday. */
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
  /** How far the place is ahead of UTC, in minutes. */
  readonly offset: number;
}

const MAX_ZONES = 100;

const formats = new Map<string, Intl.DateTimeFormat | undefined>();

/**
 * Reads a moment (milliseconds since 1970) in a time zone: a name of the IANA database, or an offset such as `+02:00`.
 *
 * Without a zone in UTC. `undefined` where there is no such zone.
 */
export function readCalendar(ms: number, zone = "UTC"): CalendarTime | undefined {
  const offset = zone === "UTC" || zone === "Z" ? 0 : fixedOffset(zone) ?? namedOffset(ms, zone);
  if (offset === undefined) return undefined;
  const date = new Date(Math.floor(ms) + offset * 60_000);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    millisecond: date.getUTCMilliseconds(),
    offset,
  };
}

function fixedOffset(zone: string): number | undefined {
  const match = /^([+-])?(\d{2}):(\d{2})$/.exec(zone);
  if (match === null) return undefined;
  const [, sign, hours, minutes] = match;
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

function namedOffset(ms: number, zone: string): number | undefined {
  const format = formatFor(zone);
  if (format === undefined) return undefined;
  const parts = new Map(format.formatToParts(ms).map((part) => [part.type, Number(part.value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const local = Date.UTC(
    part("year"),
    part("month") - 1,
    part("day"),
    part("hour") % 24,
    part("minute"),
    part("second"),
  );
  return Math.round((local - Math.floor(ms / 1_000) * 1_000) / 60_000);
}

function formatFor(zone: string): Intl.DateTimeFormat | undefined {
  if (!formats.has(zone)) {
    if (formats.size >= MAX_ZONES) formats.delete(formats.keys().next().value!);
    formats.set(zone, makeFormat(zone));
  }
  return formats.get(zone);
}

function makeFormat(timeZone: string): Intl.DateTimeFormat | undefined {
  const numeric = "numeric";
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone,
      calendar: "gregory",
      hourCycle: "h23",
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    });
  } catch {
    return undefined;
  }
}
