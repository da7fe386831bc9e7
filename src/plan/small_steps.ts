import { isJsonObject, type JsonObject, jsonTypeName, type JsonValue } from "../base/json.ts";
import { failure, StepFailedError } from "../engine/failure.ts";
import { evaluate, runSteps, type StepRun } from "./step_run.ts";
import type { FailStep, LogStep, ReturnStep, SetStep, SwitchStep } from "./plan.ts";

/** Thrown by a `return` step and caught where the run ends: no handler of a step sees it. */
export class ReturnSignal {
  readonly value: JsonValue;

  constructor(value: JsonValue) {
    this.value = value;
  }
}

/** Sets names to values, each evaluated before any is set. */
export function runSet(step: SetStep, { frame, path }: StepRun): JsonValue {
  const values = evaluate("set", () => step.values.evaluate(frame), path) as JsonObject;
  for (const name of step.names) frame.set(name, values[name] ?? null);
  return values;
}

/** Ends the run completed. */
export function runReturn(step: ReturnStep, { frame, path }: StepRun): never {
  throw new ReturnSignal(evaluate("return", () => step.value.evaluate(frame), path));
}

/** Fails with the given error; an error that is passed on keeps its step, status and details. */
export function runFail(step: FailStep, { frame, path }: StepRun): never {
  const error = evaluate("fail", () => step.error.evaluate(frame), path);
  if (!isJsonObject(error) || typeof error["code"] !== "string") {
    const message = `\`fail\` needs a map with code and message: it got ${jsonTypeName(error)}`;
    throw new StepFailedError(failure("expression_error", message, { step: path }));
  }
  const { code, message, step: origin, status, details } = error;
  throw new StepFailedError({
    code,
    message: typeof message === "string" ? message : JSON.stringify(message ?? ""),
    step: typeof origin === "string" ? origin : path,
    status: typeof status === "number" ? status : null,
    details: details ?? null,
  });
}

/** Writes a log line. */
export function runLog(step: LogStep, { context, frame, path }: StepRun): JsonValue {
  const text = evaluate("log", () => step.text.evaluate(frame), path);
  context.note({ type: "log", step: path, text: typeof text === "string" ? text : JSON.stringify(text) });
  return null;
}

/** Runs the first branch whose condition holds; null if there is none. */
export async function runSwitch(step: SwitchStep, run: StepRun): Promise<JsonValue> {
  const index = step.branches.findIndex(({ when }) => {
    return when === undefined || evaluate("when", () => when.holds(run.frame), run.path);
  });
  if (index < 0) return null;
  run.context.note({ type: "branch_taken", step: run.path, branch: index });
  return await runSteps(step.branches[index]!.steps, run);
}
