import type { JsonValue } from "../base/json.ts";
import type { StepCall } from "../engine/middleware.ts";
import { exactness } from "./call_name.ts";

/** What a call came to. */
export type CallOutcome =
  | { readonly status: "running" }
  | { readonly status: "completed"; readonly output: JsonValue }
  | { readonly status: "failed"; readonly code: string; readonly message: string };

/** One call of a service, an activity or a node: one attempt of a step. */
export interface TestCall {
  /** The run that it belongs to. */
  readonly runId: string;
  /** The name of that run's workflow. */
  readonly workflow: string;
  /** The step's path. */
  readonly step: string;
  /** The service that is called: of a DAG its name. */
  readonly service: string;
  /** The method as it is sent: of a DAG the node. */
  readonly method: string;
  /** What is sent, secrets left out. */
  readonly input: JsonValue;
  /** Counts from 1. */
  readonly attempt: number;
  /** The same at every attempt of a step, and of no other step. */
  readonly idempotencyKey: string;
  /** Whether the call undoes a step. */
  readonly isCompensation: boolean;
  /** When it was made: virtual milliseconds since the Unix epoch. */
  readonly time: number;
  /** Name of the mock that answers it; null: it is made. */
  readonly mock: string | null;
  /** What it came to. */
  readonly outcome: CallOutcome;
}

/** The same while it is under way. */
export type OpenCall = { -readonly [Key in keyof TestCall]: TestCall[Key] };

/** Every call that a tester has seen, in the order in which they were made. */
export class CallLog {
  readonly #calls: OpenCall[] = [];

  /** Notes that a call is made. */
  add(call: StepCall, time: number, mock: string | null): OpenCall {
    const { runId, workflow, step, service, method, input, attempt, idempotencyKey, isCompensation } = call;
    const named = { runId, workflow, step, service, method, input, attempt, idempotencyKey, isCompensation };
    const open: OpenCall = { ...named, time, mock, outcome: { status: "running" } };
    this.#calls.push(open);
    return open;
  }

  /** Those that a name means, as names of mocks do; without one all. */
  find(name?: string): readonly TestCall[] {
    return name === undefined ? [...this.#calls] : this.#calls.filter((call) => exactness(name, call) > 0);
  }
}
