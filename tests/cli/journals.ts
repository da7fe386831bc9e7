import type { Failure } from "../../src/engine/failure.ts";
import type { Entry, JournalTurn, RunStarted } from "../../src/engine/journal.ts";
import { foldRun, type RunDetails } from "../../src/run_details.ts";
import type { StoredRun } from "../../src/run_store.ts";

/** When every run of these tests began. */
export const STARTED: number = Date.UTC(2026, 2, 1, 12);

/** A run of an order, as a store gives it. */
export function storedRun(change: Partial<StoredRun> = {}): StoredRun {
  return {
    id: "0195-order",
    internalId: "0195-order",
    workflow: "order",
    version: "1.0",
    definition: "abc",
    queue: "local",
    parent: null,
    root: change.id ?? "0195-order",
    durability: "sync",
    status: "running",
    cause: null,
    output: null,
    error: null,
    pause: null,
    wakeAt: null,
    startedAt: STARTED,
    finishedAt: null,
    attributes: {},
    head: 1,
    owner: "worker",
    mail: 0,
    ...change,
  };
}

/** A turn: how many milliseconds after the start, and its entries. */
export type Turn = readonly [afterMs: number, ...entries: Entry[]];

/** A journal of these turns. */
export function journal(...turns: readonly Turn[]): JournalTurn[] {
  return turns.map(([afterMs, ...entries]) => ({ time: STARTED + afterMs, entries }));
}

/** The first entry of a journal. */
export const started: RunStarted = {
  type: "run_started",
  workflow: "order",
  version: "1.0",
  definition: "abc",
  input: { order: "A1" },
  env: {},
  seed: "seed",
  timeoutMs: null,
  endpoints: {},
};

/** A call that was asked for. */
export function call(step: string, more: { readonly undoes?: string; readonly input?: unknown } = {}): Entry {
  const { undoes, input } = more;
  return {
    type: "step_scheduled",
    step,
    service: "shop",
    method: undoes === undefined ? `POST /${step}` : `DELETE /${undoes}`,
    request: input === undefined ? {} as never : { method: `POST /${step}`, request: { input } } as never,
    ...(undoes === undefined ? {} : { compensates: undoes }),
  };
}

/** A call that completed. */
export function completed(step: string, output: unknown = null, attempts = 1): Entry {
  return { type: "step_completed", step, output: output as never, attempts };
}

/** An error. */
export function failed(code: string, message: string, step: string | null = null): Failure {
  return { code, message, step, status: null, details: null };
}

/** All that a run's journal tells. */
export function details(run: Partial<StoredRun>, ...turns: readonly Turn[]): RunDetails {
  const entries = journal([0, started], ...turns);
  return foldRun(storedRun({ head: entries.length, ...run }), entries);
}
