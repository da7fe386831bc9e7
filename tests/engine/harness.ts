import type { JsonValue } from "../../src/base/json.ts";
import { systemClock } from "../../src/engine/clock.ts";
import type { StepSpec, WorkflowContext, WorkflowDefinition } from "../../src/engine/context.ts";
import { Execution } from "../../src/engine/execution.ts";
import { failure } from "../../src/engine/failure.ts";
import type { Fact, JournalTurn, RunFinished, RunStarted, StepOutcome } from "../../src/engine/journal.ts";
import { DEFAULT_RETRY } from "../../src/engine/retry.ts";
import type { AttemptResult, CallContext } from "../../src/engine/service.ts";
import type { StepCaller } from "../../src/engine/step_runner.ts";
import type { LiveRun } from "../../src/engine/live_run.ts";
import type { OpenedRun } from "../../src/engine/opened_run.ts";
import type { Turn } from "../../src/engine/turn.ts";
import { Worker, type WorkerOptions } from "../../src/engine/worker.ts";
import { drain } from "../../src/runtime/drain.ts";
import { MemoryStorage } from "../../src/storage/memory_storage.ts";

/** A workflow in the kernel's own language, from its function alone. */
export function define(
  run: (context: WorkflowContext, input: JsonValue) => Promise<JsonValue>,
  more: Partial<WorkflowDefinition> = {},
): WorkflowDefinition {
  return {
    name: "test",
    version: "1",
    timeoutMs: undefined,
    compensationOrder: "reverse",
    instantiate: () => ({ run }),
    ...more,
  };
}

/** A step with nothing special about it. */
export function step(path: string, more: Partial<StepSpec> = {}): StepSpec {
  return {
    step: path,
    service: "svc",
    method: "Do",
    request: null,
    retry: DEFAULT_RETRY,
    timeoutMs: undefined,
    attemptTimeoutMs: 1_000,
    local: undefined,
    ...more,
  };
}

/** A step that a step of the same name plus `/compensate` undoes. */
export function undoable(path: string, more: Partial<StepSpec> = {}, onUnknown = false): StepSpec {
  return step(path, {
    compensation: { onUnknown, prepare: () => step(`${path}/compensate`, { compensates: path }) },
    ...more,
  });
}

export function completed(path: string, output: JsonValue = null): StepOutcome {
  return { type: "step_completed", step: path, output, attempts: 1 };
}

export function failed(path: string, code = "boom"): StepOutcome {
  return { type: "step_failed", step: path, failure: failure(code, code), attempts: 1 };
}

const STARTED: RunStarted = {
  type: "run_started",
  workflow: "test",
  version: "1",
  definition: "",
  input: null,
  env: {},
  seed: "seed",
  timeoutMs: null,
  endpoints: {},
};

/** An execution that is driven by hand, with the turns that it gave so far. */
export class Driver {
  readonly execution: Execution;
  readonly turns: Turn[] = [];
  #time = 0;

  constructor(definition: WorkflowDefinition) {
    this.execution = new Execution({ runId: "r", internalId: "i", definition, drain, digest: (text) => text });
  }

  async start(): Promise<Turn> {
    const timeoutMs = this.execution.options.definition.timeoutMs ?? null;
    return this.#keep(await this.execution.start({ ...STARTED, timeoutMs }, this.#time));
  }

  async advance(...facts: Fact[]): Promise<Turn> {
    return this.#keep(await this.execution.advance(facts, ++this.#time));
  }

  get journal(): JournalTurn[] {
    return this.turns.filter(({ entries }) => entries.length > 0).map(({ time, entries }) => ({ time, entries }));
  }

  #keep(turn: Turn): Turn {
    this.turns.push(turn);
    return turn;
  }
}

/** Names of the steps that a turn starts. */
export function starts(turn: Turn): string[] {
  return turn.starts.map((spec) => spec.step);
}

export type Respond = (spec: StepSpec, context: CallContext) => Promise<AttemptResult> | AttemptResult;

/** An attempt that went well. */
export function ok(output: JsonValue = null): AttemptResult {
  return { ok: true, output };
}

export function broken(
  code: string,
  kind: "transient" | "unknown" | "permanent" = "permanent",
  mayHaveActed: boolean = kind === "unknown",
): AttemptResult {
  return { ok: false, failure: failure(code, code), class: kind, mayHaveActed };
}

/** What a run on a real worker with memory storage came to, and the calls that it made. */
export interface Played {
  readonly finished: RunFinished;
  readonly calls: readonly string[];
  readonly journal: readonly JournalTurn[];
}

export interface PlayOptions extends Partial<WorkerOptions> {
  readonly input?: JsonValue;
  readonly onStarted?: (live: LiveRun) => void;
}

/** Runs a workflow to its end. */
export async function play(
  definition: WorkflowDefinition,
  respond: Respond,
  options: PlayOptions = {},
): Promise<Played> {
  const storage = options.storage ?? new MemoryStorage();
  const calls: string[] = [];
  const caller: StepCaller = {
    async call(spec, context) {
      calls.push(spec.step);
      context.sent();
      return await respond(spec, context);
    },
  };
  let id = 0;
  const opened: OpenedRun = {
    definition,
    bundle: "",
    caller,
    prepareChild: () => {
      throw new Error("This workflow has no children");
    },
  };
  const worker = new Worker({
    storage,
    clock: systemClock,
    random: () => 0.5,
    createId: () => String(id++),
    digest: (text) => text,
    drain,
    open: () => Promise.resolve(opened),
    ...options,
  });
  const live = await worker.start({
    run: {
      id: "run",
      internalId: "00000000-0000-7000-8000-000000000000",
      workflow: "test",
      version: "1",
      definition: "",
      status: "running",
      cause: null,
      output: null,
      error: null,
      queue: "local",
      parent: null,
      root: "",
      durability: "sync",
      pause: null,
      wakeAt: null,
      startedAt: 0,
      finishedAt: null,
      attributes: {},
    },
    opened,
    started: { ...STARTED, input: options.input ?? null, timeoutMs: definition.timeoutMs ?? null },
  });
  options.onStarted?.(live);
  const exit = await live.ended;
  if (exit.kind !== "finished") throw new Error(`The run has not finished: ${exit.kind}`);
  const { finished } = exit;
  return { finished, calls, journal: (await storage.readJournal({ runId: "run" })).turns };
}

/** Resolves when an attempt is aborted, as an adapter that listens would. */
export function untilAborted({ signal }: CallContext): Promise<AttemptResult> {
  return new Promise((resolve) => {
    const settle = (): void => resolve(broken(String(signal.reason), "unknown"));
    if (signal.aborted) settle();
    else signal.addEventListener("abort", settle);
  });
}
