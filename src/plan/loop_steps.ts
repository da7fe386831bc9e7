import { jsonTypeName, type JsonValue } from "../base/json.ts";
import { failure, StepFailedError } from "../engine/failure.ts";
import { retryDelay } from "../engine/retry.ts";
import { runConcurrently } from "./concurrent_steps.ts";
import { evaluate, runSteps, type StepRun } from "./step_run.ts";
import { namesWithin } from "./names.ts";
import type { ForeachStep, RepeatStep } from "./plan.ts";

/** Runs the steps once for each item; gives the list of what each iteration collects, in the order of the items. */
export async function runForeach(step: ForeachStep, run: StepRun): Promise<JsonValue> {
  const items = evaluate("foreach", () => itemsOf(step.items.evaluate(run.frame)), run.path);
  run.context.note({ type: "items_counted", step: run.path, count: items.length });
  const { maxConcurrency, failFast, collect } = step;
  const results: JsonValue[] = new Array(items.length).fill(null);
  await run.context.withScope({}, async (context) => {
    await runConcurrently({ count: items.length, maxConcurrency, failFast }, context, async (index) => {
      const path = `${run.path}[${index}]`;
      const frame = run.frame.child({ locals: { [step.as]: items[index]!, index }, writesThrough: false });
      const last = await runSteps(step.steps, { ...run, context, frame, path });
      results[index] = collect === undefined ? last : evaluate("collect", () => collect.evaluate(frame), path);
    });
  });
  return results;
}

/** Runs the steps round after round until the condition holds. */
export async function runRepeat(step: RepeatStep, run: StepRun): Promise<JsonValue> {
  const { steps, until, every, max, collect } = step;
  const collected: JsonValue[] = [];
  for (const name of steps.flatMap(namesWithin)) run.frame.set(name, null);
  const jitter = run.context.random(`${run.path} every`);
  for (let round = 0; round < max; round++) {
    const path = `${run.path}[${round}]`;
    const frame = run.frame.child({ writesThrough: true });
    const last = await runSteps(steps, { ...run, frame, path });
    if (collect !== undefined) collected.push(evaluate("collect", () => collect.evaluate(frame), path));
    if (evaluate("until", () => until.holds(frame), run.path)) return collect === undefined ? last : collected;
    const delay = retryDelay(every, round + 1, jitter());
    if (delay > 0 && round + 1 < max) await run.context.sleep(`${path}!every`, delay);
  }
  const message = `\`until\` did not hold after ${max} rounds`;
  throw new StepFailedError(failure("repeat_exhausted", message, { step: run.path }));
}

function itemsOf(list: JsonValue): readonly JsonValue[] {
  if (list === null) return [];
  if (Array.isArray(list)) return list;
  throw new Error(`\`foreach\` needs a list: it got ${jsonTypeName(list)}`);
}
