import type { Site } from "./source.ts";
import type { CalendarTime } from "./time_zone.ts";

const MONTHS: readonly string[] = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

const WEEKDAYS: readonly string[] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const FIELDS: Readonly<Record<string, (time: CalendarTime) => string>> = {
  yyyy: (time) => pad(time.year, 4),
  yy: (time) => pad(time.year % 100, 2),
  y: (time) => String(time.year),
  MMMM: (time) => MONTHS[time.month - 1]!,
  MMM: (time) => MONTHS[time.month - 1]!.slice(0, 3),
  MM: (time) => pad(time.month, 2),
  M: (time) => String(time.month),
  dd: (time) => pad(time.day, 2),
  d: (time) => String(time.day),
  EEEE: (time) => WEEKDAYS[time.weekday]!,
  EEE: (time) => WEEKDAYS[time.weekday]!.slice(0, 3),
  HH: (time) => pad(time.hour, 2),
  H: (time) => String(time.hour),
  hh: (time) => pad(time.hour % 12 || 12, 2),
  h: (time) => String(time.hour % 12 || 12),
  a: (time) => time.hour < 12 ? "AM" : "PM",
  mm: (time) => pad(time.minute, 2),
  m: (time) => String(time.minute),
  ss: (time) => pad(time.second, 2),
  s: (time) => String(time.second),
  SSS: (time) => pad(time.millisecond, 3),
  XXX: (time) => time.offset === 0 ? "Z" : offset(time.offset),
  xxx: (time) => offset(time.offset),
};

/** Writes a time by a pattern of Unicode's date fields (`yyyy-MM-dd HH:mm`); text in single quotes stays as it is. */
export function formatTime(time: CalendarTime, pattern: string, site: Site): string {
  return pattern.replace(/'((?:[^']|'')*)'|([A-Za-z])\2*/g, (field, quoted: string | undefined) => {
    if (quoted !== undefined) return quoted === "" ? "'" : quoted.replaceAll("''", "'");
    const write = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined;
    return write === undefined
      ? site.fail(`format() does not know "${field}" (it knows ${Object.keys(FIELDS).join(" ")})`)
      : write(time);
  });
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}

function offset(minutes: number): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${pad(Math.floor(size / 60), 2)}:${pad(size % 60, 2)}`;
}
