import { roughDuration } from "./base/duration.ts";
import { plural } from "./base/text.ts";
import { isFinal } from "./engine/run.ts";
import type { Advice, Explanation } from "./explanation.ts";
import { explainPause } from "./explain_pause.ts";
import type { StepView } from "./plan/run_view.ts";
import type { RunDetails, Wait } from "./run_details.ts";
import { at, capped, distance, inFlight, list, MOST_TOLD, sentence, time, trimEnd } from "./run_words.ts";

export type { Explanation };

/** Options of `explainRun`. */
export interface ExplainOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Explanations of the children that it waits for, by run id. */
  readonly children?: ReadonlyMap<string, Explanation> | undefined;
}

/** Says why a run waits, is slow, failed or was paused, what would wake it, and which command helps. */
export function explainRun(details: RunDetails, options: ExplainOptions): Explanation {
  const { run } = details;
  if (isFinal(run.status)) return explainEnd(details);
  if (run.status === "paused") return explainPause(details);
  return explainProgress(details, options);
}

function explainEnd(details: RunDetails): Explanation {
  const { run, rollback, pivot } = details;
  const reasons: string[] = [];
  if (rollback.undone.length > 0) reasons.push(`Undone: ${list(rollback.undone)}.`);
  reasons.push(...notUndone(details), ...leftOpen(details));
  if (run.status === "failed") {
    reasons.push(
      pivot === null
        ? "Nothing was undone: no step that can be undone had completed."
        : `Nothing was undone: the run was past its pivot, step ${pivot}.`,
    );
  }
  reasons.push(...handled(details), ...slowSteps(details));
  return { summary: `${ending(details)}.`, reasons, wakes: [], commands: endAdvice(details) };
}

function ending(details: RunDetails): string {
  const { run } = details;
  const time = roughDuration((run.finishedAt ?? run.startedAt) - run.startedAt);
  if (run.status === "completed") return `It completed in ${time}`;
  const what = run.cause === "cancelled"
    ? `It was cancelled after ${time}`
    : run.cause === "timeout"
    ? `It ran out of time: ${sentence(run.error)}`
    : `It failed${at(details, run.error)}: ${sentence(run.error)}`;
  switch (run.status) {
    case "compensated":
      return `${what}; everything was undone`;
    case "compensation_failed":
      return `${what}; the rollback is incomplete, and a person must look at it`;
    case "cancelled":
      return `${what}; there was nothing to undo`;
    default:
      return what;
  }
}

function endAdvice({ run, steps }: RunDetails): readonly Advice[] {
  const advice: Advice[] = [];
  if (run.status === "compensation_failed") {
    advice.push({ args: ["runs", "compensate", run.id], effect: "tries the rest of the rollback again" });
  }
  const from = run.error?.step ?? steps.find(({ status }) => status === "failed" || status === "cancelled")?.id;
  if (run.status !== "completed" && from !== undefined) {
    const again = run.status === "compensated" ? "; what was undone is done again" : "";
    advice.push({
      args: ["runs", "rerun", run.id, "--from", from],
      effect: `starts a new run that begins at this step and takes over the outcomes before it${again}`,
    });
  }
  return advice;
}

function explainProgress(details: RunDetails, options: ExplainOptions): Explanation {
  const { run } = details;
  const isOrphan = run.owner === null;
  const reasons = [...undoing(details), ...inFlight(details)];
  // What was in flight when the process went is in flight no more.
  const waits = details.waits.filter((wait) => !isOrphan || (wait.kind !== "call" && wait.kind !== "retry"));
  reasons.push(...waits.slice(0, MOST_TOLD).flatMap((wait) => describeWait(wait, options)));
  if (waits.length > MOST_TOLD) reasons.push(`And ${waits.length - MOST_TOLD} more like these.`);
  reasons.push(...refused(details));
  if (run.mail > 0) {
    reasons.push(`${plural(run.mail, "message")} ${run.mail === 1 ? "lies" : "lie"} in its inbox, not yet taken.`);
  }
  reasons.push(...slowSteps(details, options.now));
  const wakes = isOrphan ? ["a person: no process runs it, and none takes it over by itself"] : [];
  return {
    summary: `${standing(details)}.`,
    reasons: [...reasons, news(details, options.now)],
    wakes: [...wakes, ...wakeups(details, waits)],
    commands: progressAdvice(details, options),
  };
}

function standing({ run, waits }: RunDetails): string {
  if (run.owner !== null) return run.status === "compensating" ? "It is being undone" : doing(waits[0]);
  if (run.status === "pending") return "It has not begun: no process has taken it yet";
  if (run.status === "waiting") return "It waits, and no process is there to take it further";
  return "It was interrupted: the process that ran it is gone";
}

function doing(wait: Wait | undefined): string {
  switch (wait?.kind) {
    case undefined:
      return "It runs";
    case "signal":
      return `It waits for the signal "${wait.signal}"`;
    case "timer":
      return `It waits until ${time(wait.due)}`;
    case "child":
      return `It waits for the end of run ${wait.runId}`;
    case "retry":
      return `It will call ${target(wait)} again at ${time(wait.due ?? wait.since)}`;
    case "call":
      return `It calls ${target(wait)}`;
  }
}

function news({ run, lastTurnAt }: RunDetails, now: number): string {
  const age = roughDuration(now - (lastTurnAt ?? run.startedAt));
  return run.owner === null ? `Its last news is ${age} old.` : `A process is at it, and its last news is ${age} old.`;
}

function describeWait(wait: Wait, { now, children }: ExplainOptions): readonly string[] {
  const age = roughDuration(now - wait.since);
  switch (wait.kind) {
    case "signal":
      return [`Step ${wait.step} waits for the signal "${wait.signal}", for ${age} now.`];
    case "timer":
      return [`Step ${wait.step} waits until ${time(wait.due)}, ${distance(wait.due, now)}.`];
    case "child": {
      const child = children?.get(wait.runId);
      const more = child === undefined ? [] : [child.summary, ...child.reasons].map((line) => `That run: ${line}`);
      // Of a child that undoes itself the journal does not say which workflow it is.
      const workflow = wait.workflow === "" ? "" : ` (${wait.workflow})`;
      return [`Step ${wait.step} waits for the end of run ${wait.runId}${workflow}, for ${age} now.`, ...more];
    }
    case "retry": {
      const next = `tries ${target(wait)} again ${distance(wait.due ?? now, now)}`;
      return [`${name(wait)} ${next}; attempt ${wait.attempt} failed: ${sentence(wait.failure)}.`];
    }
    case "call": {
      const attempt = wait.attempt > 1 ? `, attempt ${wait.attempt}` : "";
      const last = wait.failure === null ? "" : `; the one before failed: ${sentence(wait.failure)}`;
      return [`${name(wait)} calls ${target(wait)}, for ${age} now${attempt}${last}.`];
    }
  }
}

type CallWait = Extract<Wait, { readonly kind: "call" | "retry" }>;

function name({ step, undoes }: CallWait): string {
  return undoes === null ? `Step ${step}` : `The undoing of step ${undoes}`;
}

function target({ service, method }: CallWait): string {
  return `${service} ${method}`;
}

function wakeups({ deadline, run }: RunDetails, waits: readonly Wait[]): string[] {
  const wakes = waits.slice(0, MOST_TOLD).map((wait) => {
    switch (wait.kind) {
      case "signal":
        return `the signal "${wait.signal}"`;
      case "timer":
        return `the time, at ${time(wait.due)}`;
      case "child":
        return `the end of run ${wait.runId}`;
      default:
        return wait.due === null
          ? `the answer of ${target(wait)}`
          : `the time of the next attempt, at ${time(wait.due)}`;
    }
  });
  if (deadline !== null && run.status !== "compensating") wakes.push(`the run's time limit, at ${time(deadline)}`);
  return [...new Set(wakes)];
}

function progressAdvice({ run, waits }: RunDetails, { children }: ExplainOptions): readonly Advice[] {
  const advice: Advice[] = [];
  for (const wait of waits.slice(0, MOST_TOLD)) {
    if (wait.kind === "signal") {
      advice.push({
        args: ["runs", "signal", run.id, wait.signal, "--data", "JSON"],
        effect: `sends what step ${wait.step} waits for`,
      });
    } else if (wait.kind === "child") {
      const inner = children?.get(wait.runId)?.commands ?? [];
      advice.push(...inner.filter(({ args }) => args[1] === "signal" || args[1] === "resume"));
    }
  }
  if (run.owner === null) {
    advice.push({ args: ["runs", "resume", run.id], effect: "goes on with it here, and follows it to its end" });
  } else {
    advice.push({ args: ["runs", "logs", run.id, "--follow"], effect: "shows what happens in it" });
  }
  if (run.status !== "compensating") {
    advice.push({ args: ["runs", "cancel", run.id], effect: "ends it, and undoes what it has done" });
  }
  return advice;
}

function undoing({ run, rollback, rollbackReason }: RunDetails): readonly string[] {
  if (run.status !== "compensating" || rollbackReason === null) return [];
  const done = rollback.undone.length === 0 ? "nothing is undone yet" : `undone so far: ${list(rollback.undone)}`;
  return [`It is being undone because of ${sentence(rollbackReason)}; ${done}.`];
}

function refused({ refusals }: RunDetails): readonly string[] {
  return refusals.slice(-MOST_TOLD).map(({ step, signal, reason }) =>
    `A signal "${signal}" did not fit what step ${step} waits for: ${trimEnd(reason)}.`
  );
}

function notUndone({ rollback, steps }: RunDetails): readonly string[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const failed = rollback.notUndone.map((id) => {
    const error = byId.get(id)?.compensation?.error;
    return `Step ${id} is not undone${error == null ? "" : `: ${sentence(error)}`}.`;
  });
  const unknown = rollback.unknown.map((id) => {
    const step = byId.get(id);
    const error = step?.compensation?.error ?? step?.error;
    const what = step?.compensation == null ? `step ${id} took effect` : `the undoing of step ${id} took effect`;
    return `Nobody knows whether ${what}${error == null ? "" : `: ${sentence(error)}`}.`;
  });
  return [...capped(failed), ...capped(unknown)];
}

function leftOpen({ rollback, steps }: RunDetails): readonly string[] {
  const open = steps.filter(({ id, status, compensation }) =>
    status === "unknown" && compensation === null && !rollback.unknown.includes(id) && !rollback.notUndone.includes(id)
  );
  return capped(
    open.map(({ id, error }) =>
      `Step ${id} may have taken effect, and nothing undoes it${error === null ? "" : `: ${sentence(error)}`}.`
    ),
  );
}

/** Steps that failed without failing the run. */
function handled({ run, steps }: RunDetails): readonly string[] {
  if (run.status !== "completed") return [];
  const failed = steps.filter(({ kind, status }) => kind === "call" && status === "failed");
  return capped(failed.map(({ id, error }) => `Step ${id} failed and its error was handled: ${sentence(error)}.`));
}

/** A step is slow where it took this long, and this share of the whole. */
const SLOW_MS = 1_000;
const SLOW_SHARE = 0.25;

function slowSteps({ run, steps }: RunDetails, now?: number): readonly string[] {
  const end = run.finishedAt ?? now ?? run.startedAt;
  const total = end - run.startedAt;
  const took = (step: StepView): number => step.finishedAt === null ? 0 : step.finishedAt - (step.startedAt ?? end);
  const leaves = steps.filter((step) =>
    took(step) >= Math.max(SLOW_MS, total * SLOW_SHARE) && !steps.some(({ id }) => isInside(id, step.id))
  );
  return leaves.sort((a, b) => took(b) - took(a)).slice(0, 3).map((step) => {
    const tries = step.attempts > 1 ? `, in ${step.attempts} attempts` : "";
    return `Step ${step.id} took ${roughDuration(took(step))} of ${roughDuration(total)}${tries}.`;
  });
}

function isInside(id: string, block: string): boolean {
  return id.length > block.length && id.startsWith(block) && "/[!".includes(id[block.length]!);
}
