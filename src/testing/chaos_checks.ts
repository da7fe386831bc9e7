import { canonicalJson } from "../base/json.ts";
import { effectiveTurns } from "../engine/effective_turns.ts";
import { Execution } from "../engine/execution.ts";
import type { Entry, JournalTurn, RunFinished } from "../engine/journal.ts";
import { isFinal, type RunStatus } from "../engine/run.ts";
import type { StoredRun } from "../engine/storage.ts";
import type { LoadedWorkflow, RunResult } from "../maestro.ts";
import { stepsWithin } from "../plan/check_references.ts";
import type { Plan, PlanStep } from "../plan/plan.ts";
import { sha256 } from "../runtime/digest.ts";
import { checkRollback } from "./chaos_rollback.ts";
import type { ChaosWorld, Fault } from "./chaos_world.ts";

/** A run with its journal. */
export interface KeptRun {
  readonly run: StoredRun;
  readonly journal: readonly JournalTurn[];
}

/** What came of a run with faults. */
export interface Played {
  readonly world: ChaosWorld;
  readonly result: RunResult | undefined;
  /** Why it came to no end. */
  readonly error: string | undefined;
  /** All runs that are in the store. */
  readonly runs: readonly KeptRun[];
}

/** What is judged. */
export interface Judged {
  readonly played: Played;
  /** What comes of the run when nothing goes wrong on purpose. */
  readonly calm: Played;
  readonly faults: readonly Fault[];
  readonly workflow: LoadedWorkflow;
  readonly drain: () => Promise<void>;
}

/** Says everything that is not as it has to be. */
export async function judgeChaos(judged: Judged): Promise<readonly string[]> {
  const { played, workflow, drain } = judged;
  const { world, result, error, runs } = played;
  if (result === undefined) return [`it came to no end: ${error}`, ...world.problems];
  const problems = [...new Set(world.problems), ...checkEnd(judged, result)];
  const definitions = new Map(workflowsOf(workflow).map((one) => [one.hash, one]));
  for (const kept of runs) {
    const { run } = kept;
    const named = (problem: string): string => run.parent === null ? problem : `${run.workflow}: ${problem}`;
    const definition = definitions.get(run.definition);
    if (!isFinal(run.status) && result.status !== "paused") problems.push(named(`it is still ${run.status}`));
    if (definition === undefined) continue;
    problems.push(...checkRollback(kept, definition.plan, world).map(named));
    problems.push(...(await checkReplay(kept, definition, drain)).map(named));
  }
  return problems;
}

/** The end has to be that of the calm run, unless a fault makes another one legal. */
function checkEnd({ played, calm, faults, workflow }: Judged, result: RunResult): readonly string[] {
  const wanted = calm.result!;
  const entries = entriesOf(played);
  const isSettled = !isLoose(workflow, calm, faults) && faults.every((fault) => isMended(fault, entries, played));
  if (isSettled) {
    return endText(result) === endText(wanted) ? [] : [`it ended ${endText(result)} instead of ${endText(wanted)}`];
  }
  const legal = legalEnds({ faults, entries, wanted: wanted.status, workflow });
  return legal.has(result.status) ? [] : [`it ended ${result.status}, and may only end ${[...legal].join(" or ")}`];
}

function endText({ status, output, error }: RunResult): string {
  return status === "completed"
    ? `completed with ${canonicalJson(output)}`
    : `${status}${error ? `: ${error.code}` : ""}`;
}

/** Whether a fault leaves no trace: a crash always, a failed attempt where the step has completed in the end. */
function isMended(fault: Fault, entries: readonly Entry[], { world }: Played): boolean {
  if (fault.kind === "crash") return true;
  const step = fault.step.slice(fault.step.indexOf(" ") + 1);
  const wasTriedAgain = (world.called.get(fault.step)?.attempts ?? 0) > fault.attempts;
  return wasTriedAgain && entries.some((entry) => entry.type === "step_completed" && entry.step === step);
}

/**
 * What may make a run end otherwise although every step completed: races; calls that are not repeated, or only after a question that a
 * mock answers without knowing; waits whose time passes while attempts are repeated; attempts that fail anyway, of which a crash uses
 * one up.
 */
function isLoose(workflow: LoadedWorkflow, calm: Played, faults: readonly Fault[]): boolean {
  const steps = workflowsOf(workflow).flatMap(({ plan }) => allSteps(plan));
  const isDelayed = faults.some(({ kind }) => kind === "call");
  const hasLimit = workflowsOf(workflow).some(({ plan }) => plan.timeoutMs !== undefined) ||
    steps.some(({ timeoutMs }) => timeoutMs !== undefined);
  const failsAnyway = entriesOf(calm).some(({ type }) => type === "attempt_failed");
  const mayDiffer = (step: PlanStep): boolean =>
    step.kind === "race" || (step.kind === "call" && (step.atMostOnce || step.reconcile !== undefined));
  return steps.some(mayDiffer) || failsAnyway ||
    (isDelayed && (hasLimit || calm.result!.cause === "cancelled"));
}

function legalEnds({ faults, entries, wanted, workflow }: {
  readonly faults: readonly Fault[];
  readonly entries: readonly Entry[];
  readonly wanted: RunStatus;
  readonly workflow: LoadedWorkflow;
}): ReadonlySet<RunStatus> {
  const steps = workflowsOf(workflow).flatMap(({ plan }) => allSteps(plan));
  const legal = new Set<RunStatus>([wanted, "failed", "compensated"]);
  const isUndoFaulty = faults.some((fault) => fault.kind === "call" && fault.step.includes("/compensate"));
  if (isUndoFaulty || entries.some(({ type }) => type === "step_unknown")) legal.add("compensation_failed");
  const isHandled = entries.some(({ type }) => type === "error_handled") || steps.some(({ kind }) => kind === "race");
  if (isHandled) legal.add("completed");
  if (steps.some((step) => step.kind === "call" && step.isPivot)) legal.add("paused");
  return legal;
}

function entriesOf({ runs }: Played): readonly Entry[] {
  return runs.flatMap(({ journal }) => journal.flatMap(({ entries }) => entries));
}

function workflowsOf(workflow: LoadedWorkflow): readonly LoadedWorkflow[] {
  return [workflow, ...[...workflow.children.values()].flatMap(workflowsOf)];
}

function allSteps({ steps, finally: last }: Plan): readonly PlanStep[] {
  return [...steps, ...last].flatMap((step) => [...stepsWithin(step)]);
}

/** A journal that is replayed has to lead to the end that it tells of. */
async function checkReplay(
  { run, journal }: KeptRun,
  { definition }: LoadedWorkflow,
  drain: () => Promise<void>,
): Promise<readonly string[]> {
  const { id: runId, internalId } = run;
  const execution = new Execution({ runId, internalId, definition, drain, digest: sha256 });
  const { stuck, mismatch, finished } = await execution.replay(journal);
  if (stuck !== undefined) return [`its journal cannot be replayed: ${stuck} ${mismatch ?? ""}`];
  const end = effectiveTurns(journal).turns.flatMap(({ entries }) => entries)
    .findLast((entry): entry is RunFinished => entry.type === "run_finished");
  return end === undefined || canonicalJson(finished) === canonicalJson(end)
    ? []
    : [`its journal tells of the end ${end.status}, and leads to ${finished?.status ?? "none"} when it is replayed`];
}
