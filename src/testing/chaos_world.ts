import type { JsonValue } from "../base/json.ts";
import { AttemptError } from "../engine/attempt_error.ts";
import { failure } from "../engine/failure.ts";
import type { Entry } from "../engine/journal.ts";
import type { StepCall } from "../engine/middleware.ts";
import type { CommitTurnRequest, CreateRunRequest } from "../engine/storage.ts";
import type { Death } from "./process.ts";
import type { TesterFaults } from "./tester_options.ts";

/** Something that goes wrong on purpose. */
export type Fault =
  /** The first attempts of a step fail: before they take effect, or after, their answers lost. */
  | { readonly kind: "call"; readonly step: string; readonly attempts: number; readonly when: "before" | "after" }
  /** The process dies at a write: before it reaches the store, or after. */
  | { readonly kind: "crash"; readonly write: number; readonly when: "before" | "after" };

/** What a service has done. */
interface Effect {
  readonly runId: string;
  readonly step: string;
  readonly output: JsonValue;
}

/** A step of the steps that were called. */
export interface CalledStep {
  /** `workflow step`: the same in every run of a case. */
  readonly name: string;
  readonly isCompensation: boolean;
  /** The last attempt that was made. */
  readonly attempts: number;
}

/**
 * The services of a run, and what goes wrong with them and with the process.
 *
 * A service does what it is asked for once for each idempotency key: asked again, it gives the same answer.
 */
export class ChaosWorld implements TesterFaults {
  /** What was wrong while it went on. */
  readonly problems: string[] = [];
  /** What was written, by number. */
  readonly writes: string[] = [];
  readonly called: Map<string, CalledStep> = new Map();
  readonly #faults: readonly Fault[];
  readonly #effects = new Map<string, Effect>();
  /** Keys by `runId step`. */
  readonly #keys = new Map<string, string>();
  /** `runId step` of what has completed, as the store knows it. */
  readonly #completed = new Set<string>();
  #onDeath: (() => void) | undefined;

  constructor(faults: readonly Fault[]) {
    this.#faults = faults;
  }

  /** Resolves when the process dies next. */
  death(): Promise<"died"> {
    return new Promise((resolve) => this.#onDeath = () => resolve("died"));
  }

  /** Whether a step of a run, or its undoing, has taken effect. */
  hasDone(runId: string, step: string): boolean {
    return [...this.#effects.values()].some((effect) => effect.runId === runId && effect.step === step);
  }

  onDeath(): void {
    this.#onDeath?.();
  }

  onWrite(request: CreateRunRequest | CommitTurnRequest, number: number): Death {
    this.writes[number] = describeWrite(request);
    const death = this.#faults.find((fault) => fault.kind === "crash" && fault.write === number)?.when;
    if (death !== "before") this.#note(request);
    return death;
  }

  async onCall(call: StepCall, answer: () => unknown): Promise<unknown> {
    const { runId, step, attempt, idempotencyKey, isCompensation } = call;
    const place = `${runId} ${step}`;
    const name = `${call.workflow} ${step}`;
    const attempts = Math.max(attempt, this.called.get(name)?.attempts ?? 0);
    this.called.set(name, { name, isCompensation, attempts });
    if (this.#completed.has(place)) this.problems.push(`${step} was called again after it had completed`);
    const key = this.#keys.get(place) ?? idempotencyKey;
    if (key !== idempotencyKey) this.problems.push(`${step} was called with more than one idempotency key`);
    this.#keys.set(place, idempotencyKey);
    const fault = this.#faults.find((one) => one.kind === "call" && one.step === name && attempt <= one.attempts);
    if (fault?.when === "before") throw refused(call);
    const output = this.#effects.get(idempotencyKey)?.output ?? await answer() as JsonValue;
    this.#effects.set(idempotencyKey, { runId, step, output });
    if (fault?.when === "after") throw lost(call);
    return output;
  }

  #note(request: CreateRunRequest | CommitTurnRequest): void {
    const { runId, entries } = turnOf(request);
    for (const entry of entries) if (entry.type === "step_completed") this.#completed.add(`${runId} ${entry.step}`);
  }
}

function turnOf(request: CreateRunRequest | CommitTurnRequest): { runId: string; entries: readonly Entry[] } {
  if ("claim" in request) return { runId: request.claim.runId, entries: request.turn?.entries ?? [] };
  const { run, first } = request;
  return { runId: run.id, entries: "turn" in first ? first.turn.entries : [first.started] };
}

/** What a write says, in a few words. */
function describeWrite(request: CreateRunRequest | CommitTurnRequest): string {
  const { entries } = turnOf(request);
  const told = entries.filter(({ type }) => TOLD.has(type))
    .map((entry) => "step" in entry ? `${entry.type} ${entry.step}` : entry.type);
  return told.length === 0 ? "the end of its claim" : told.join(", ");
}

const TOLD: ReadonlySet<Entry["type"]> = new Set(
  [
    "run_started",
    "step_scheduled",
    "step_completed",
    "step_failed",
    "step_unknown",
    "step_cancelled",
    "timer_fired",
    "signal_received",
    "child_scheduled",
    "child_finished",
    "cancel_requested",
    "rollback_started",
    "run_finished",
    "run_paused",
  ] as const,
);

function refused({ service }: StepCall): AttemptError {
  const reason = failure("connection_refused", `Chaos: cannot connect to ${service}`);
  return new AttemptError({ ok: false, failure: reason, class: "transient", mayHaveActed: false });
}

function lost({ service, method }: StepCall): AttemptError {
  const isReadOnly = /^(GET|HEAD) /.test(method);
  const reason = failure("connection_lost", `Chaos: the answer of ${service} was lost`);
  return new AttemptError({ ok: false, failure: reason, class: "unknown", mayHaveActed: !isReadOnly, isReadOnly });
}
