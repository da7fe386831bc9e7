import { copyJson, type JsonValue } from "../base/json.ts";
import type { StepSpec } from "../engine/context.ts";
import type { CallContext } from "../engine/service.ts";
import type { RecordedCall } from "../plan/call_step.ts";
import type { ActivityCall } from "./activity.ts";

/** What the code hands to the caller of a step beside what the journal keeps. */
export type LocalWork = (input: JsonValue, call: ActivityCall, program: Program) => unknown;

/** What a step may need of the program that it runs in. */
export interface Program {
  /** What was propagated to the run. */
  readonly context: Readonly<Record<string, string>>;
  /** Tells people a line of a step. */
  readonly log: (step: string, text: string) => void;
  /** Puts a signal into another run's inbox; a second one with the same id is dropped. */
  readonly signal: (
    runId: string,
    signal: { readonly name: string; readonly data: JsonValue; readonly id: string },
  ) => Promise<void>;
}

/** Does what a step of a workflow in code asks for. May throw, or give a promise. */
export function performWork(
  { request, local }: Pick<StepSpec, "request" | "local">,
  facts: CallContext,
  program: Program,
): unknown {
  const { request: { input } } = request as unknown as RecordedCall;
  return (local as LocalWork)(copyJson(input ?? null), new LocalCall(facts, program), program);
}

/** One call. What is not asked for is not made: a signal costs more than the rest of a call. */
class LocalCall implements ActivityCall {
  readonly #facts: CallContext;
  readonly #program: Program;

  constructor(facts: CallContext, program: Program) {
    this.#facts = facts;
    this.#program = program;
  }

  get step(): string {
    return this.#facts.step;
  }

  get attempt(): number {
    return this.#facts.attempt;
  }

  get signal(): AbortSignal {
    return this.#facts.signal;
  }

  get idempotencyKey(): string {
    return this.#facts.idempotencyKey;
  }

  get runId(): string {
    return this.#facts.runId;
  }

  get isCompensation(): boolean {
    return this.#facts.isCompensation;
  }

  get context(): Readonly<Record<string, string>> {
    return this.#program.context;
  }

  get lastHeartbeat(): JsonValue | undefined {
    return this.#facts.lastHeartbeat;
  }

  /** A function of its own, so that it can be taken out of the call. */
  get heartbeat(): (details?: JsonValue) => void {
    return (details) => this.#facts.heartbeat(details);
  }

  get log(): (text: string) => void {
    return (text) => this.#program.log(this.#facts.step, text);
  }
}
