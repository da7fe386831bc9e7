import type { JsonValue } from "../base/json.ts";
import type { Scope } from "../expr/mod.ts";
import { stepsWithin } from "./check_references.ts";
import type { Plan } from "./plan.ts";
import { type JsonSchema, misfits } from "./schema_fit.ts";

/** A place where a workflow waits for a signal. */
export interface AwaitedSignal {
  /** Id of the step. */
  readonly step: string;
  /** The signal's name; `undefined` where a template gives it. */
  readonly signal: string | undefined;
  /** What the payload must fit; absent: anything does. */
  readonly schema: JsonSchema | undefined;
}

/** Finds every place of a plan that waits for a signal, nested steps, handlers and `finally` included, but not those of child workflows. */
export function findSignals(plan: Plan): readonly AwaitedSignal[] {
  return [...plan.steps, ...plan.finally].flatMap((top) => [...stepsWithin(top)]).flatMap((step) => {
    if (step.kind !== "wait_for") return [];
    const signal = step.signal.isConstant ? String(step.signal.evaluate(NOTHING)) : undefined;
    return [{ step: step.id, signal, schema: step.schema }];
  });
}

const NOTHING: Scope = { lookup: () => undefined, now: () => 0, random: () => 0 };

/** Says why a payload does not fit what a step waits for; `undefined` where it does. */
export function signalProblem(schema: JsonSchema | undefined, data: JsonValue): string | undefined {
  const problems = misfits(schema, data, "data");
  return problems.length === 0 ? undefined : problems.join("; ");
}
