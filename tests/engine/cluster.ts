import { MaestroError } from "../../src/base/errors.ts";
import type { JsonValue } from "../../src/base/json.ts";
import { systemClock } from "../../src/engine/clock.ts";
import type { ChildSpec, StepSpec, WorkflowDefinition } from "../../src/engine/context.ts";
import type { Entry, RunStarted } from "../../src/engine/journal.ts";
import type { RunExit } from "../../src/engine/run_exit.ts";
import type { OpenedRun } from "../../src/engine/opened_run.ts";
import type { RunRecord } from "../../src/engine/run.ts";
import type { AttemptResult, CallContext } from "../../src/engine/service.ts";
import type { CommitTurnRequest, Message, MessageBody, Storage, StoredRun } from "../../src/engine/storage.ts";
import { Worker, type WorkerOptions } from "../../src/engine/worker.ts";
import { drain } from "../../src/runtime/drain.ts";
import { MemoryStorage } from "../../src/storage/memory_storage.ts";
import { ok, type Respond } from "./harness.ts";

const LEASE_MS = 10_000;

const running = new Set<Process>();

/** Stops every process that the tests have started. */
export function stopProcesses(): void {
  for (const process of running) process.stop();
  running.clear();
}

/** A call as a service sees it. */
export interface Call {
  readonly step: string;
  readonly run: string;
  readonly key: string;
  readonly attempt: number;
  /** Which process made it. */
  readonly process: number;
}

/** Several processes on one store; time can be moved on. */
export class Cluster {
  readonly storage: MemoryStorage;
  readonly calls: Call[] = [];
  readonly definitions: Map<string, WorkflowDefinition>;
  respond: Respond;
  #offset = 0;
  #processes = 0;
  #ids = 0;

  constructor(definition: WorkflowDefinition, respond: Respond = () => ok(), more: readonly WorkflowDefinition[] = []) {
    this.storage = new MemoryStorage({ now: () => this.now() });
    this.definitions = new Map([definition, ...more].map((each) => [each.name, each]));
    this.respond = respond;
  }

  now(): number {
    return Date.now() + this.#offset;
  }

  /** Lets time pass for the store and every process; timers that are set already do not notice. */
  pass(ms: number): void {
    this.#offset += ms;
  }

  /** Starts a process. */
  process(options: Partial<WorkerOptions> = {}): Process {
    const process = new Process(this, this.#processes++, options);
    running.add(process);
    return process;
  }

  /** Kills a process and waits until the store counts it as dead. */
  kill(process: Process): void {
    process.stop();
    this.pass(LEASE_MS + 1);
  }

  /** Calls of a step, as its service has seen them. */
  callsOf(step: string): Call[] {
    return this.calls.filter((call) => call.step === step);
  }

  async find(runId = "run"): Promise<StoredRun> {
    const run = await this.storage.findRun({ runId });
    if (run === undefined) throw new Error(`no run ${runId}`);
    return run;
  }

  async entries(runId = "run"): Promise<Entry[]> {
    return (await this.storage.readJournal({ runId })).turns.flatMap(({ entries }) => entries);
  }

  /** Sends a message as a process would that owns nothing. */
  async send(
    body: MessageBody,
    { runId = "run", id = `message ${this.#ids++}` }: { readonly runId?: string; readonly id?: string } = {},
  ): Promise<void> {
    const message: Message = { runId, id, time: this.now(), ...body };
    await this.storage.deliver({ message });
  }

  nextId(): string {
    return `00000000-0000-7000-8000-${String(this.#ids++).padStart(12, "0")}`;
  }
}

/** One process. */
export class Process {
  readonly worker: Worker;
  isDead = false;
  /** Called before a commit reaches the store; may throw. */
  beforeCommit: (request: CommitTurnRequest) => void = () => undefined;
  /** Called when a commit is in the store and the process does not know it yet; may throw. */
  afterCommit: (request: CommitTurnRequest) => void = () => undefined;
  readonly #cluster: Cluster;
  readonly #number: number;
  readonly #timers = new Set<() => void>();
  readonly #exits = new Map<string, Promise<RunExit> | undefined>();

  constructor(cluster: Cluster, number: number, options: Partial<WorkerOptions>) {
    this.#cluster = cluster;
    this.#number = number;
    this.worker = new Worker({
      storage: this.#gate(cluster.storage),
      clock: { now: () => cluster.now(), after: (ms, callback) => this.#after(ms, callback) },
      random: () => 0.5,
      createId: () => cluster.nextId(),
      digest: (text) => text,
      drain,
      open: (run) => Promise.resolve(this.#open(run)),
      leaseMs: LEASE_MS,
      ...options,
    });
  }

  /** Lets nothing more happen here by itself. */
  stop(): void {
    this.isDead = true;
    for (const cancel of this.#timers) cancel();
  }

  #after(ms: number, callback: () => void): () => void {
    if (this.isDead) return () => undefined;
    const cancel = systemClock.after(ms, () => {
      this.#timers.delete(cancel);
      if (!this.isDead) callback();
    });
    this.#timers.add(cancel);
    return () => {
      this.#timers.delete(cancel);
      cancel();
    };
  }

  /** Starts a run of the first definition and gives how it leaves the process. */
  async start(
    input: JsonValue = null,
    { id = "run", queue = "local" }: { readonly id?: string; readonly queue?: string } = {},
  ): Promise<{ readonly exit: Promise<RunExit> }> {
    const [definition] = this.#cluster.definitions.values();
    const { run, started } = this.#prepare(definition!, { id, input, queue, parent: null });
    const live = await this.worker.start({ run, opened: this.#open(run), started });
    return { exit: live.ended };
  }

  /** Takes a run over and gives how it leaves the process; `undefined`: somebody owns it. */
  async claim(runId = "run"): Promise<RunExit | undefined> {
    this.#exits.delete(runId);
    await this.worker.claim([runId]);
    const exit = await this.#exits.get(runId);
    if (exit !== undefined) return exit;
    // A run that is refused is paused before anything of it is opened.
    const { pause } = await this.#cluster.find(runId);
    return pause === null ? undefined : { kind: "paused", pause };
  }

  #prepare(
    definition: WorkflowDefinition,
    { id, input, queue, parent }: { id: string; input: JsonValue; queue: string; parent: RunRecord["parent"] },
  ): { readonly run: RunRecord; readonly started: RunStarted } {
    const { name, version, timeoutMs } = definition;
    const run: RunRecord = {
      id,
      internalId: this.#cluster.nextId(),
      workflow: name,
      version,
      definition: name,
      queue,
      parent,
      root: parent === null ? id : parent.runId,
      durability: "sync",
      status: parent === null ? "running" : "pending",
      cause: null,
      output: null,
      error: null,
      pause: null,
      wakeAt: null,
      startedAt: this.#cluster.now(),
      finishedAt: null,
      attributes: {},
    };
    const started: RunStarted = {
      type: "run_started",
      workflow: name,
      version,
      definition: name,
      input,
      env: {},
      seed: run.internalId,
      timeoutMs: timeoutMs ?? null,
      endpoints: {},
    };
    return { run, started };
  }

  #open(run: RunRecord): OpenedRun {
    const definition = this.#cluster.definitions.get(run.workflow)!;
    this.#exits.set(run.id, this.worker.live(run.id)?.ended);
    return {
      definition,
      bundle: run.workflow,
      caller: { call: (spec, context) => this.#call(run, spec, context) },
      prepareChild: (spec: ChildSpec, runId) =>
        this.#prepare(this.#cluster.definitions.get(spec.workflow)!, {
          id: runId,
          input: spec.input,
          queue: run.queue,
          parent: { runId: run.id, step: spec.step },
        }),
    };
  }

  async #call(run: RunRecord, spec: StepSpec, context: CallContext): Promise<AttemptResult> {
    if (this.isDead) return await new Promise(() => undefined);
    const { step } = spec;
    this.#cluster.calls.push({
      step,
      run: run.id,
      key: context.idempotencyKey,
      attempt: context.attempt,
      process: this.#number,
    });
    context.sent();
    const result = await this.#cluster.respond(spec, context);
    return this.isDead ? await new Promise(() => undefined) : result;
  }

  #gate(storage: MemoryStorage): Storage {
    const alive = <T>(call: () => Promise<T>): Promise<T> => this.isDead ? new Promise(() => undefined) : call();
    return {
      migrate: () => storage.migrate(),
      createRun: (request) => alive(() => storage.createRun(request)),
      findRun: (request) => alive(() => storage.findRun(request)),
      listRuns: (request) => alive(() => storage.listRuns(request)),
      deleteRuns: (request) => alive(() => storage.deleteRuns(request)),
      claimRuns: (request) => alive(() => storage.claimRuns(request)),
      renewWorker: (request) => alive(() => storage.renewWorker(request)),
      readJournal: (request) => alive(() => storage.readJournal(request)),
      readPending: (request) => alive(() => storage.readPending(request)),
      readDefinition: (request) => alive(() => storage.readDefinition(request)),
      commitTurn: (request) =>
        alive(async () => {
          this.beforeCommit(request);
          if (this.isDead) return await new Promise(() => undefined);
          await storage.commitTurn(request);
          this.afterCommit(request);
          if (this.isDead) return await new Promise(() => undefined);
        }),
      deliver: (request) => alive(() => storage.deliver(request)),
      stats: () => storage.stats(),
      onWakeup: (worker, listener) => storage.onWakeup(worker, () => this.isDead || listener()),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
}

/** The error of a store that cannot be reached. */
export function unavailable(): MaestroError {
  return new MaestroError("store_unavailable", "The store is away");
}

/** Whether a commit holds an entry. */
export function holds({ turn }: CommitTurnRequest, type: Entry["type"], step?: string): boolean {
  return turn?.entries.some((entry) =>
    entry.type === type && (step === undefined || ("step" in entry && entry.step === step))
  ) === true;
}

/** Waits for something that happens elsewhere. */
export async function waitFor(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 1));
}
