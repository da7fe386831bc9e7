import { formatDuration } from "../base/duration.ts";
import type { JsonValue } from "../base/json.ts";
import type { RunEnd, StepSuccess, WorkflowContext, WorkflowDefinition, WorkflowFunctions } from "../engine/context.ts";
import { CancelledError, type Failure, failure, StepFailedError, toFailure } from "../engine/failure.ts";
import { ABSENT, type Condition } from "../expr/mod.ts";
import { runCall } from "./call_step.ts";
import { runChild } from "./child_step.ts";
import { runParallel } from "./concurrent_steps.ts";
import { runDag } from "./dag_step.ts";
import { errorValue, Frame, type StepRecord } from "./frame.ts";
import { runForeach, runRepeat } from "./loop_steps.ts";
import { collectNames, type PlanNames } from "./names.ts";
import type { BlockStep, ChildWorkflows, Plan, PlanStep, WorkflowStep } from "./plan.ts";
import { runRace } from "./race_step.ts";
import { evaluate, noteRefusal, present, runSteps, settle, skip, type StepEnd, type StepRun } from "./step_run.ts";
import { ReturnSignal, runFail, runLog, runReturn, runSet, runSwitch } from "./small_steps.ts";
import { runSleep, runWaitFor } from "./waiting_steps.ts";

/**
 * Makes the workflow that walks a plan: what YAML and the DAG builder run as. `children` are the workflows that its steps start, `names`
 * those that they set.
 */
export function interpretPlan(
  plan: Plan,
  children: ChildWorkflows = new Map(),
  names: PlanNames = collectNames(plan),
): WorkflowDefinition {
  return {
    name: plan.name,
    version: plan.version,
    timeoutMs: plan.timeoutMs,
    compensationOrder: plan.compensationOrder,
    instantiate: () => new PlanRun(plan, children, names),
  };
}

class PlanRun implements WorkflowFunctions {
  readonly #plan: Plan;
  readonly #children: ChildWorkflows;
  readonly #names: PlanNames;
  #frame: Frame | undefined;

  constructor(plan: Plan, children: ChildWorkflows, names: PlanNames) {
    this.#plan = plan;
    this.#children = children;
    this.#names = names;
  }

  async run(context: WorkflowContext, input: JsonValue): Promise<JsonValue> {
    const { declared, stepIds, outputs } = this.#names;
    let series: (() => number) | undefined;
    const random = (): number => (series ??= context.random("expressions"))();
    const frame = this.#frame = new Frame({ context, input, declared, stepIds, random });
    const { steps, output } = this.#plan;
    try {
      await runSteps(steps, this.#stepRun(context, frame, ""));
    } catch (thrown) {
      if (thrown instanceof ReturnSignal) return thrown.value;
      throw thrown;
    }
    if (output !== undefined) return evaluate("output", () => output.evaluate(frame), null);
    return Object.fromEntries(outputs.map((name) => [name, present(frame.lookup(name))]));
  }

  async finally(context: WorkflowContext, end: RunEnd): Promise<void> {
    if (this.#plan.finally.length === 0) return;
    const outer = this.#frame!;
    const run = { id: context.runId, started_at: new Date(context.startedAt).toISOString(), status: end.status };
    const frame = new Frame({ ...outer.run, context }, outer, {
      locals: { error: errorValue(end.error), run },
      writesThrough: true,
    });
    for (const step of this.#plan.finally) {
      try {
        await runStep(step, this.#stepRun(context, frame, "finally"));
      } catch (thrown) {
        // Each step runs even if one before failed. Its failure is in the journal already; any other error is a fault of ours.
        if (!(thrown instanceof StepFailedError)) {
          noteRefusal(step.kind, thrown, { context, path: `finally/${step.id}` });
        }
      }
    }
  }

  #stepRun(context: WorkflowContext, frame: Frame, path: string): StepRun {
    return { plan: this.#plan, children: this.#children, context, frame, path, runStep };
  }
}

async function runStep(step: PlanStep, block: StepRun): Promise<StepEnd> {
  const path = block.path === "" ? step.id : `${block.path}/${step.id}`;
  const { context, frame } = block;
  const run: StepRun = { plan: block.plan, children: block.children, context, frame, path, runStep };
  if (context.scope.cause !== undefined) throw new CancelledError(context.scope.cause);
  try {
    if (step.when !== undefined && !holds(step.when, step, run)) return skip(step, run, "condition");
    const { output, attempts } = await perform(step, run);
    settle(step, frame, { status: "completed", output, failure: null, attempts });
    return { status: "completed", output };
  } catch (thrown) {
    if (!(thrown instanceof StepFailedError)) {
      if (thrown instanceof CancelledError) settle(step, frame, CANCELLED);
      throw thrown;
    }
    return await handle(step, run, thrown);
  }
}

/** A condition that fails leaves no outcome in the journal, so people are told by a note. */
function holds(when: Condition, step: PlanStep, run: StepRun): boolean {
  try {
    return evaluate("when", () => when.holds(run.frame), run.path);
  } catch (thrown) {
    noteRefusal(step.kind, thrown, run);
    throw thrown;
  }
}

function perform(step: PlanStep, run: StepRun): Promise<StepSuccess> {
  return step.kind === "call" ? runCall(step, run) : performNoted(step, run);
}

async function performNoted(step: BlockStep, run: StepRun): Promise<StepSuccess> {
  const { context, path } = run;
  context.note({ type: "block_opened", step: path, kind: step.kind });
  try {
    const success = step.timeoutMs === undefined
      ? await performBlock(step, run)
      : await performWithin(step, run, step.timeoutMs);
    context.note({ type: "block_closed", step: path, kind: step.kind, status: "completed" });
    return success;
  } catch (thrown) {
    if (thrown instanceof ReturnSignal) {
      context.note({ type: "block_closed", step: path, kind: step.kind, status: "completed" });
      throw thrown;
    }
    const isCancelled = thrown instanceof CancelledError;
    const status = isCancelled ? "cancelled" : isUnknown(thrown) ? "unknown" : "failed";
    context.note({ type: "block_closed", step: path, kind: step.kind, status, failure: toFailure(thrown) });
    throw thrown;
  }
}

async function performWithin(step: BlockStep, run: StepRun, timeoutMs: number): Promise<StepSuccess> {
  const { context, path } = run;
  return await context.withScope({ timer: `${path}!timeout`, timeoutMs }, async (inner) => {
    const timedOut = (): boolean => inner.scope.cause === "timeout" && context.scope.cause === undefined;
    let success: StepSuccess;
    try {
      success = await performBlock(step, { ...run, context: inner });
    } catch (thrown) {
      if (timedOut()) throw timeoutError(step, path);
      throw thrown;
    }
    if (timedOut()) throw timeoutError(step, path);
    return success;
  });
}

async function performBlock(step: BlockStep, run: StepRun): Promise<StepSuccess> {
  if (step.kind === "workflow") return await runChild(step, run);
  return { output: await outputOf(step, run), attempts: 1 };
}

function outputOf(step: Exclude<BlockStep, WorkflowStep>, run: StepRun): Promise<JsonValue> | JsonValue {
  switch (step.kind) {
    case "parallel":
      return runParallel(step, run);
    case "dag":
      return runDag(step, run);
    case "group":
      return runSteps(step.steps, run);
    case "foreach":
      return runForeach(step, run);
    case "switch":
      return runSwitch(step, run);
    case "repeat":
      return runRepeat(step, run);
    case "race":
      return runRace(step, run);
    case "set":
      return runSet(step, run);
    case "sleep":
      return runSleep(step, run);
    case "wait_for":
      return runWaitFor(step, run);
    case "return":
      return runReturn(step, run);
    case "fail":
      return runFail(step, run);
    case "log":
      return runLog(step, run);
  }
}

const CANCELLED: StepRecord = { status: "cancelled", output: ABSENT, failure: null, attempts: 0 };

async function handle(step: PlanStep, run: StepRun, thrown: StepFailedError): Promise<StepEnd> {
  const { context, frame, path } = run;
  const reason: Failure = thrown.failure.step === null ? { ...thrown.failure, step: path } : thrown.failure;
  const status = thrown.isUnknown ? "unknown" : "failed";
  const record: StepRecord = { status, output: ABSENT, failure: reason, attempts: thrown.attempts };
  settle(step, frame, record);
  if (step.onError === undefined || context.scope.cause !== undefined) {
    throw reason === thrown.failure ? thrown : new StepFailedError(reason, thrown.isUnknown, thrown.attempts);
  }
  let output: JsonValue = null;
  if (step.onError !== "continue") {
    const inner = frame.child({ locals: { error: errorValue(reason) }, writesThrough: true });
    try {
      output = await runSteps(step.onError, { ...run, frame: inner, path: `${path}!error` });
    } catch (failed) {
      if (failed instanceof StepFailedError) settle(step, frame, { ...record, failure: failed.failure });
      throw failed;
    }
    settle(step, frame, { ...record, output });
  }
  context.note({ type: "error_handled", step: path });
  context.settleUnknown(path);
  return { status: "handled", output };
}

function timeoutError(step: PlanStep, path: string): StepFailedError {
  const limit = formatDuration(step.timeoutMs ?? 0);
  return new StepFailedError(
    failure("timeout", `Step "${step.id}" took longer than its timeout of ${limit}`, { step: path }),
  );
}

function isUnknown(thrown: unknown): boolean {
  return thrown instanceof StepFailedError && thrown.isUnknown;
}
