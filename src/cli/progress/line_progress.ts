import type { Redactor } from "../../base/redact.ts";
import { plural } from "../../base/text.ts";
import { sentMethod } from "../../maestro.ts";
import type { OutputStream } from "../../runtime/runtime.ts";
import { printable } from "../printable.ts";
import { describeFailure } from "../report_run.ts";
import type { Entry, RunEvent, RunListener } from "../run_events.ts";
import { ChildEvents } from "./child_events.ts";
import { sleeper } from "./run_tree.ts";
import { formatTime } from "./tree_view.ts";

/** One line an event, for pipes and files. Each begins with the time since the run's start. */
export class LineProgress {
  readonly #stream: OutputStream;
  readonly #redactor: Redactor;
  readonly #startedAt = new Map<string, number>();
  readonly #undoing = new Map<string, string>();
  readonly #children = new ChildEvents();
  #runStartedAt = 0;

  constructor(stream: OutputStream, redactor: Redactor) {
    this.#stream = stream;
    this.#redactor = redactor;
  }

  /** Hears the run. What is past is taken in without a line. */
  readonly onEvent: RunListener = (event) => {
    const placed = this.#children.place(event);
    if (placed?.entry.type === "run_started") this.#runStartedAt = placed.time;
    const text = placed && this.#describe(placed);
    if (text === undefined || event.isPast === true) return;
    const time = `+${((event.time - this.#runStartedAt) / 1_000).toFixed(3)}s`;
    this.note(`${time.padStart(9)}  ${text}`);
  };

  /** Writes a line. */
  note(text: string): void {
    this.#stream.write(`${this.#redactor.text(printable(text))}\n`);
  }

  #describe({ entry, workflow, time, runId }: RunEvent): string | undefined {
    switch (entry.type) {
      case "run_started":
        return `${workflow} started, run ${runId}`;
      case "run_finished":
        return `${workflow} ${entry.status}${took(this.#runStartedAt, time)}`;
      case "rollback_started":
        return `rolling back ${plural(entry.steps, "step")} after ${describeFailure(entry.error)}`;
      case "cancel_requested":
        return entry.reason === "timeout" ? "the run's time is up" : "cancelling";
      case "log":
        return entry.step === "" ? entry.text : `${entry.step}: ${entry.text}`;
      case "signal_received":
        return `signal "${entry.name}" came`;
      case "update_received":
        return `update "${entry.name}" came`;
      case "run_terminated":
        return "terminated by a person";
      case "run_paused":
        return `${workflow} is paused: ${entry.pause.message}`;
      case "resume_requested":
        return "going on";
      case "run_recovered":
        return `taken over from a process that is gone; ${plural(entry.inFlight.length, "call")} in flight`;
      case "timer_set":
        return describeSleep(entry.timer, entry.due);
      default:
        return "step" in entry ? this.#describeStep(entry, time) : undefined;
    }
  }

  #describeStep(entry: StepEntry, time: number): string | undefined {
    const { step } = entry;
    switch (entry.type) {
      case "step_scheduled":
        this.#startedAt.set(step, time);
        if (entry.compensates !== undefined) this.#undoing.set(step, entry.compensates);
        return entry.compensates === undefined
          ? `${step}: calling ${entry.service} ${sentMethod(entry)}`
          : `${entry.compensates}: undoing with ${entry.service} ${sentMethod(entry)}`;
      case "attempt_failed":
        return entry.retryInMs === undefined
          ? undefined
          : `${this.#undoing.get(step) ?? step}: attempt ${entry.attempt} failed: ${describeFailure(entry.failure)}; ` +
            `next in ${formatTime(entry.retryInMs)}`;
      case "step_completed":
      case "step_failed":
      case "step_unknown":
      case "step_cancelled":
        return this.#describeOutcome(entry, time);
      case "step_skipped":
        return entry.kind === "compensation"
          ? `${step.replace(/\/compensate$/, "")}: undoing skipped`
          : `${step}: skipped`;
      case "block_opened":
        this.#startedAt.set(step, time);
        return undefined;
      case "block_closed":
        return entry.failure === undefined
          ? undefined
          : `${step}: ${entry.kind} ${entry.status}: ${describeFailure(entry.failure)}`;
      case "error_handled":
        return `${step}: error handled, going on`;
      default:
        return describeWaiting(entry);
    }
  }

  #describeOutcome(entry: Extract<Entry, { readonly attempts: number }>, time: number): string {
    const { step } = entry;
    const undone = this.#undoing.get(step);
    const start = this.#startedAt.get(step);
    this.#startedAt.delete(step);
    this.#undoing.delete(step);
    const duration = took(start, time);
    if (entry.type === "step_completed") return `${undone ?? step}: ${undone ? "undone" : "completed"}${duration}`;
    const status = entry.type.slice("step_".length);
    const what = undone === undefined ? `${step}: ${status}` : `${undone}: undoing ${status}`;
    return `${what}${duration}: ${describeFailure(entry.failure)}`;
  }
}

function describeSleep(timer: string, due: number): string | undefined {
  const step = sleeper(timer);
  return step === undefined ? undefined : `${step}: waiting until ${new Date(due).toISOString()}`;
}

function describeWaiting(entry: StepEntry): string | undefined {
  const { step } = entry;
  switch (entry.type) {
    case "signal_awaited":
      return `${step}: waiting for the signal "${entry.signal}"`;
    case "signal_refused":
      return `${step}: the signal "${entry.signal}" does not fit: ${entry.reason}`;
    case "child_scheduled":
      return entry.action === "undo"
        ? `${entry.compensates ?? step}: undoing run ${entry.runId}`
        : `${step}: starting run ${entry.runId} (${entry.workflow})`;
    case "child_finished":
      return `${step}: run ${entry.child.runId} ${entry.child.status}`;
    case "reconciled":
      return `${step}: asked, and it ${entry.isDone ? "took" : "did not take"} effect`;
    case "pivot_passed":
      return `${step}: the pivot is passed, nothing is undone any more`;
    default:
      return undefined;
  }
}

/** What tells of one step. */
type StepEntry = Exclude<Extract<Entry, { readonly step: unknown }>, { readonly type: "resume_requested" }>;

function took(start: number | undefined, end: number): string {
  return start === undefined ? "" : ` in ${formatTime(end - start)}`;
}
