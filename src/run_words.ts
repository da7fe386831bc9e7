import { roughDuration } from "./base/duration.ts";
import type { Failure } from "./engine/failure.ts";
import { plural } from "./base/text.ts";
import type { RunDetails } from "./run_details.ts";

/** Things of one kind that are told one by one; the rest is a number. */
export const MOST_TOLD = 5;

/** Where a run failed, with what was called: ` at step pay (shop POST /pay, 3 attempts)`; empty where no step did. */
export function at({ steps }: RunDetails, error: Failure | null): string {
  if (error?.step == null) return "";
  const step = steps.find(({ id }) => id === error.step);
  if (step?.service == null) return ` at step ${error.step}`;
  const tries = step.attempts > 1 ? `, ${step.attempts} attempts` : "";
  return ` at step ${error.step} (${step.service} ${step.method}${tries})`;
}

/** `code: message`, without the period that may end it. */
export function sentence(error: Failure | null): string {
  if (error === null) return "no error was recorded";
  const { code, message } = error;
  return trimEnd(message.startsWith(`${code}:`) ? message : `${code}: ${message}`);
}

/** A text without the period that ends it. */
export function trimEnd(text: string): string {
  return text.replace(/[.\s]+$/, "");
}

/** The first few of some ids, and how many more there are. */
export function list(ids: readonly string[]): string {
  const more = ids.length - MOST_TOLD;
  return more > 0 ? `${ids.slice(0, MOST_TOLD).join(", ")} and ${more} more` : ids.join(", ");
}

/** The first few of some lines, and one that says how many more there are. */
export function capped(lines: readonly string[]): readonly string[] {
  const more = lines.length - MOST_TOLD;
  return more > 0 ? [...lines.slice(0, MOST_TOLD), `And ${more} more like these.`] : lines;
}

/** A time to the second, RFC 3339. */
export function time(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}

/** How far a time is from now: `in 4s`, or `due 3m ago`. */
export function distance(ms: number, now: number): string {
  return ms >= now ? `in ${roughDuration(ms - now)}` : `due ${roughDuration(now - ms)} ago`;
}

/** Says what happens to the calls that a process left in flight. */
export function inFlight({ waits, steps, run }: RunDetails): readonly string[] {
  if (run.owner !== null) return [];
  const left = waits.flatMap((wait) =>
    wait.kind === "call" || wait.kind === "retry" ? [`${wait.step} (${wait.service} ${wait.method})`] : []
  );
  if (left.length === 0) return [];
  const count = steps.filter(({ status }) => status === "completed").length;
  const kept = count === 0 ? "" : ` ${plural(count, "completed step")} ${count === 1 ? "is" : "are"} not called again.`;
  return [
    `In flight when it stopped: ${list(left)}. Such a call is sent again with the same idempotency key, ` +
    `unless its step says \`at_most_once\`.${kept}`,
  ];
}
