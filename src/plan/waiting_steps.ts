import { parseDuration } from "../base/duration.ts";
import { jsonTypeName, type JsonValue } from "../base/json.ts";
import { truncate } from "../base/text.ts";
import { readTime } from "../expr/mod.ts";
import type { SleepStep, WaitForStep } from "./plan.ts";
import { signalProblem } from "./signals.ts";
import { evaluate, type StepRun } from "./step_run.ts";

/** The last moment that a `Date` can hold. */
const LAST_TIME = 8.64e15;

/** Waits for a time. A duration that is not positive and a time that has passed are no wait at all. */
export async function runSleep(step: SleepStep, { context, frame, path }: StepRun): Promise<JsonValue> {
  const key = step.isUntil ? "sleep_until" : "sleep";
  const due = evaluate(key, () => {
    const value = step.time.evaluate(frame);
    const time = step.isUntil ? timeOf(value) : context.now() + durationOf(value);
    if (time > LAST_TIME) throw new Error(`\`${key}\` leads too far into the future: it got ${shown(value)}`);
    return Math.ceil(time);
  }, path);
  if (due > context.now()) await context.sleepUntil(`${path}!sleep`, due);
  return null;
}

function durationOf(value: JsonValue): number {
  if (typeof value === "string") {
    const isNegative = value.startsWith("-");
    const ms = parseDuration(isNegative ? value.slice(1) : value);
    if (ms !== undefined) return isNegative ? 0 : ms;
  }
  throw new Error(`\`sleep\` needs a duration such as 10m: it got ${shown(value)}`);
}

function timeOf(value: JsonValue): number {
  const ms = typeof value === "string" ? readTime(value) : undefined;
  if (ms !== undefined) return ms;
  throw new Error(`\`sleep_until\` needs a time in RFC 3339, such as 2030-01-31T12:00:00Z: it got ${shown(value)}`);
}

/** Waits for a signal; gives its payload. */
export function runWaitFor(step: WaitForStep, { context, frame, path }: StepRun): Promise<JsonValue> {
  const { schema } = step;
  const name = evaluate("wait_for.signal", () => {
    const value = step.signal.evaluate(frame);
    if (typeof value === "string" && value !== "") return value;
    throw new Error(`\`wait_for\` needs the name of a signal: it got ${shown(value)}`);
  }, path);
  return context.signal(path, name, schema === undefined ? undefined : (data) => signalProblem(schema, data));
}

function shown(value: JsonValue): string {
  if (value === null || typeof value === "object") return jsonTypeName(value);
  return `${jsonTypeName(value)} ${truncate(JSON.stringify(value), 60)}`;
}
