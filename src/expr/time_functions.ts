import { parseDuration } from "../base/duration.ts";
import type { FunctionSpec } from "./function_spec.ts";
import { KIND } from "./kind.ts";
import type { Site } from "./source.ts";
import { formatTime } from "./time_format.ts";
import { type CalendarTime, readCalendar } from "./time_zone.ts";
import { Duration, Timestamp, type Value } from "./value.ts";

const { text: TEXT, number: NUMBER, timestamp: TIMESTAMP, duration: DURATION } = KIND;

const RFC3339 = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

/** Functions that make and write times. */
export const TIME_FUNCTIONS: readonly FunctionSpec[] = [
  { name: "now", takes: [], gives: TIMESTAMP, call: (_args, _site, frame) => new Timestamp(frame.scope.now()) },
  {
    name: "timestamp",
    takes: [TEXT | NUMBER | TIMESTAMP],
    gives: TIMESTAMP,
    call: ([value], site) => toTimestamp(value!, "timestamp()", site),
  },
  {
    name: "duration",
    takes: [TEXT | DURATION],
    gives: DURATION,
    call: ([value], site) => value instanceof Duration ? value : toDuration(value as string, site),
  },
  {
    name: "format",
    takes: [TIMESTAMP | TEXT, TEXT, TEXT],
    optional: 1,
    gives: TEXT,
    call: ([time, pattern, zone], site, frame) => {
      frame.charge(zone === undefined ? 20 : 200, site);
      if ((pattern as string).length > 200) site.fail("The pattern of format() is too long");
      const { ms } = toTimestamp(time!, "format()", site);
      return formatTime(calendar(ms, zone, site), pattern as string, site);
    },
  },
];

/** The getters of timestamps, with an optional time zone, and of durations. Months and days count as in CEL. */
export const TIME_METHODS: readonly FunctionSpec[] = [
  getter("getFullYear", (time) => time.year),
  getter("getMonth", (time) => time.month - 1),
  getter("getDate", (time) => time.day),
  getter("getDayOfMonth", (time) => time.day - 1),
  getter("getDayOfWeek", (time) => time.weekday),
  getter("getDayOfYear", dayOfYear),
  getter("getHours", (time) => time.hour, (ms) => ms / 3_600_000),
  getter("getMinutes", (time) => time.minute, (ms) => ms / 60_000),
  getter("getSeconds", (time) => time.second, (ms) => ms / 1_000),
  getter("getMilliseconds", (time) => time.millisecond, (ms) => ms),
];

function getter(
  name: string,
  read: (time: CalendarTime) => number,
  readDuration?: (ms: number) => number,
): FunctionSpec {
  return {
    name,
    takes: [readDuration === undefined ? TIMESTAMP : TIMESTAMP | DURATION, TEXT],
    optional: 1,
    gives: NUMBER,
    call: ([value, zone], site, frame) => {
      if (value instanceof Duration) return Math.trunc(readDuration!(value.ms)) + 0;
      frame.charge(zone === undefined ? 1 : 200, site);
      return read(calendar((value as Timestamp).ms, zone, site));
    },
  };
}

function calendar(ms: number, zone: Value | undefined, site: Site): CalendarTime {
  return readCalendar(ms, zone as string | undefined) ?? site.fail("There is no such time zone", zone as string);
}

function toTimestamp(value: Value, name: string, site: Site): Timestamp {
  if (value instanceof Timestamp) return value;
  const ms = typeof value === "number" ? value * 1_000 : readTime(value as string);
  if (ms === undefined) {
    return site.fail(`${name} needs a time in RFC 3339, such as 2026-01-31T12:00:00Z`, value as string);
  }
  if (ms < -62_135_596_800_000 || ms > 253_402_300_799_999) site.fail("The time is out of range");
  return new Timestamp(ms);
}

/** Reads a time in RFC 3339 and gives milliseconds since the epoch; `undefined` for any other text, and for days that are none. */
export function readTime(text: string): number | undefined {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const [, date, time, fraction, zone] = match as unknown as [string, string, string, string | undefined, string];
  const base = Date.parse(`${date}T${time}Z`);
  // Date.parse accepts the 30th of February and moves it on.
  if (Number.isNaN(base) || new Date(base).toISOString().slice(0, 10) !== date) return undefined;
  const shift = zone.toUpperCase() === "Z" ? 0 : offsetOf(zone);
  return shift === undefined ? undefined : base - shift + Math.round(Number(fraction ?? 0) * 1e6) / 1e3;
}

function offsetOf(zone: string): number | undefined {
  const [hours, minutes] = zone.slice(1).split(":").map(Number) as [number, number];
  if (hours > 23 || minutes > 59) return undefined;
  return (zone[0] === "-" ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

function toDuration(text: string, site: Site): Duration {
  const sign = text.startsWith("-") ? -1 : 1;
  const ms = text.length > 100 ? undefined : parseDuration(/^[+-]/.test(text) ? text.slice(1) : text);
  return ms === undefined ? site.fail("duration() needs a text such as 1h30m", text) : new Duration(sign * ms);
}

function dayOfYear(time: CalendarTime): number {
  return Math.round((Date.UTC(time.year, time.month - 1, time.day) - Date.UTC(time.year, 0, 1)) / 86_400_000);
}
