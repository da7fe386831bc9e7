import { asJson } from "../base/as_json.ts";
import type { JsonValue } from "../base/json.ts";
import type { AbortReason, CallContext } from "./service.ts";

/** Who has the attempt made, and hears of it. */
export interface AttemptOwner {
  /** Hears that a call is about to be sent. */
  attemptSent(): void;
  /** Hears a sign of life of an attempt. */
  attemptBeat(attempt: number, details: JsonValue | undefined): void;
}

/** What all attempts of a run share. */
export interface RunFacts {
  readonly runId: string;
  readonly workflow: string;
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** Numbers from 0 to 1, for jitter and span ids. */
  readonly random: () => number;
}

/** What stays the same over the attempts of a step. */
export interface AttemptFacts {
  readonly run: RunFacts;
  readonly idempotencyKey: string;
  readonly step: string;
  readonly isCompensation: boolean;
  readonly mattersIfSent: boolean;
  readonly attemptTimeoutMs: number;
  readonly deadline: number | undefined;
}

/**
 * The circumstances of one attempt, and the way to end it.
 *
 * Its signal and its trace context are made when they are first asked for: a function of the same process needs neither.
 */
export class AttemptContext implements CallContext {
  readonly attempt: number;
  readonly lastHeartbeat: JsonValue | undefined;
  onAbort: ((reason: AbortReason) => void) | undefined;
  redactHeartbeat: ((details: JsonValue) => JsonValue) | undefined;
  readonly #facts: AttemptFacts;
  readonly #owner: AttemptOwner | undefined;
  #controller: AbortController | undefined;
  #aborted: AbortReason | undefined;
  #traceparent: string | undefined;

  constructor(facts: AttemptFacts, attempt: number, owner?: AttemptOwner, lastHeartbeat?: JsonValue) {
    this.#facts = facts;
    this.attempt = attempt;
    this.#owner = owner;
    this.lastHeartbeat = lastHeartbeat;
  }

  get idempotencyKey(): string {
    return this.#facts.idempotencyKey;
  }

  get runId(): string {
    return this.#facts.run.runId;
  }

  get workflow(): string {
    return this.#facts.run.workflow;
  }

  get step(): string {
    return this.#facts.step;
  }

  get mattersIfSent(): boolean {
    return this.#facts.mattersIfSent;
  }

  get isCompensation(): boolean {
    return this.#facts.isCompensation;
  }

  get deadline(): number | undefined {
    return this.#facts.deadline;
  }

  get attemptTimeoutMs(): number {
    return this.#facts.attemptTimeoutMs;
  }

  get traceparent(): string {
    return this.#traceparent ??= `00-${this.#facts.run.traceId}-${this.#hex()}${this.#hex()}-01`;
  }

  get aborted(): AbortReason | undefined {
    return this.#aborted;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted);
    }
    return this.#controller.signal;
  }

  abort(reason: AbortReason): void {
    if (this.#aborted !== undefined) return;
    this.#aborted = reason;
    this.onAbort?.(reason);
    this.#controller?.abort(reason);
  }

  sent(): void {
    this.#owner?.attemptSent();
  }

  /** A function of its own, so that it can be taken out of the context. */
  get heartbeat(): (details?: JsonValue) => void {
    return (details) => {
      // Nobody waits for what a call that was cut off still tells.
      if (this.#aborted !== undefined) return;
      const told = details === undefined ? undefined : asJson(details);
      this.#owner?.attemptBeat(this.attempt, told === undefined ? told : this.redactHeartbeat?.(told) ?? told);
    };
  }

  fork(onSend: () => void): AttemptContext {
    const owner: AttemptOwner = {
      attemptSent: () => {
        this.sent();
        onSend();
      },
      attemptBeat: (_attempt, details) => this.heartbeat(details),
    };
    const fork = new AttemptContext(this.#facts, this.attempt, owner, this.lastHeartbeat);
    if (this.#aborted !== undefined) fork.abort(this.#aborted);
    return fork;
  }

  #hex(): string {
    return Math.floor(this.#facts.run.random() * 2 ** 32).toString(16).padStart(8, "0");
  }
}
