import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../src/engine/clock.ts";
import type { Entry } from "../../src/engine/journal.ts";
import type { Storage } from "../../src/engine/storage.ts";
import { createMaestro, type Maestro, type MaestroOptions, type Registrable } from "../../src/maestro.ts";
import { createRuntime } from "../../src/runtime/create_runtime.ts";
import { MemoryStorage } from "../../src/storage/memory_storage.ts";
import { openStorage } from "../../src/storage/open_storage.ts";

/** Where the runs of a lab live. */
export type StoreKind = "memory" | "sqlite";

/** By how much the time jumps at a crash in memory: every lease has run out then. */
const CRASH_MS = 60_000;

/** When a process is to die: at which of its writes, and whether the store has that one then. */
export interface Death {
  readonly write: number;
  readonly isWritten: boolean;
}

/** What is special about a process. */
interface ProcessOptions {
  readonly death?: Death | undefined;
  /** What it has in place of the store. @default the store itself */
  readonly around?: ((storage: Storage) => Storage) | undefined;
}

/** One store, and the processes that use it, one after the other or at once. */
export class Lab {
  readonly kind: StoreKind;
  readonly #memory = new MemoryStorage({ now: () => this.now() });
  readonly #processes: LabProcess[] = [];
  #folder: string | undefined;
  #ahead = 0;

  constructor(kind: StoreKind = "memory") {
    this.kind = kind;
  }

  /** The time of all processes. */
  now(): number {
    return Date.now() + this.#ahead;
  }

  /** Starts a process that knows these definitions. */
  async open(
    definitions: readonly Registrable[] = [],
    { death, around = (storage) => storage, ...options }: Partial<MaestroOptions> & ProcessOptions = {},
  ): Promise<LabProcess> {
    const clock = new LabClock(() => this.now());
    const store = new MortalStorage(await this.#openStore(), death);
    const maestro = createMaestro({ runtime: await createRuntime(), clock, storage: around(store), ...options });
    maestro.register(...definitions);
    const process = new LabProcess(maestro, store, clock, () => {
      if (this.kind === "memory") this.#ahead += CRASH_MS;
    });
    this.#processes.push(process);
    return process;
  }

  /** The entries of a run's journal. */
  async journal(runId: string): Promise<readonly Entry[]> {
    const store = await this.#openStore();
    const { turns } = await store.readJournal({ runId });
    if (this.kind === "sqlite") await store[Symbol.asyncDispose]();
    return turns.flatMap(({ entries }) => entries);
  }

  /** Ends every process and removes what is on disk. */
  async close(): Promise<void> {
    for (const process of this.#processes) await process.close();
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true });
  }

  async #openStore(): Promise<Storage> {
    if (this.kind === "memory") return this.#memory;
    this.#folder ??= mkdtempSync(join(tmpdir(), "maestro-code-"));
    return await openStorage(`sqlite:${join(this.#folder, "runs.db")}`);
  }
}

/** A process of a lab. */
export class LabProcess {
  readonly maestro: Maestro;
  /** Settles when it has died. */
  readonly died: Promise<void>;
  readonly #store: MortalStorage;
  readonly #clock: LabClock;
  readonly #onCrash: () => void;
  #isOver = false;

  constructor(maestro: Maestro, store: MortalStorage, clock: LabClock, onCrash: () => void) {
    this.maestro = maestro;
    this.#store = store;
    this.#clock = clock;
    this.#onCrash = onCrash;
    this.died = store.died.then(() => this.crash());
  }

  /** Dies as a process does that is killed: nothing more of it reaches the store, and it lets go of nothing. */
  async crash(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#clock.stop();
    await this.#store.die();
    this.#onCrash();
  }

  /** Stops in good order. */
  async close(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#store.spare();
    await this.maestro.close();
  }
}

/** The machine's time, whose timers end with their process. */
class LabClock implements Clock {
  readonly now: () => number;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #isStopped = false;

  constructor(now: () => number) {
    this.now = now;
  }

  after(delayMs: number, callback: () => void): () => void {
    if (this.#isStopped) return () => undefined;
    const due = this.now() + delayMs;
    let timer: ReturnType<typeof setTimeout>;
    const arm = (): void => {
      const left = due - this.now();
      timer = setTimeout(() => {
        this.#timers.delete(timer);
        if (due > this.now()) arm();
        else if (!this.#isStopped) callback();
      }, Math.min(Math.max(0, left), 30_000));
      this.#timers.add(timer);
    };
    arm();
    return () => {
      clearTimeout(timer);
      this.#timers.delete(timer);
    };
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}

/** A process's way to the store, which ends with the process. */
class MortalStorage implements Storage {
  readonly #inner: Storage;
  #death: Death | undefined;
  readonly #isShared: boolean;
  readonly #fall = Promise.withResolvers<void>();
  #isDead = false;
  #writes = 0;
  #stopListening: (() => void) | undefined;

  constructor(inner: Storage, death: Death | undefined) {
    this.#inner = inner;
    this.#death = death;
    this.#isShared = inner instanceof MemoryStorage;
  }

  get died(): Promise<void> {
    return this.#fall.promise;
  }

  migrate: Storage["migrate"] = () => this.#send(() => this.#inner.migrate());
  createRun: Storage["createRun"] = (request) => this.#write(() => this.#inner.createRun(request));
  findRun: Storage["findRun"] = (request) => this.#send(() => this.#inner.findRun(request));
  listRuns: Storage["listRuns"] = (request) => this.#send(() => this.#inner.listRuns(request));
  deleteRuns: Storage["deleteRuns"] = (request) => this.#send(() => this.#inner.deleteRuns(request));
  claimRuns: Storage["claimRuns"] = (request) => this.#send(() => this.#inner.claimRuns(request));
  renewWorker: Storage["renewWorker"] = (request) => this.#send(() => this.#inner.renewWorker(request));
  readJournal: Storage["readJournal"] = (request) => this.#send(() => this.#inner.readJournal(request));
  readPending: Storage["readPending"] = (request) => this.#send(() => this.#inner.readPending(request));
  readDefinition: Storage["readDefinition"] = (request) => this.#send(() => this.#inner.readDefinition(request));
  commitTurn: Storage["commitTurn"] = (request) => this.#write(() => this.#inner.commitTurn(request));
  deliver: Storage["deliver"] = (request) => this.#send(() => this.#inner.deliver(request));
  stats: Storage["stats"] = () => this.#send(() => this.#inner.stats());

  onWakeup: NonNullable<Storage["onWakeup"]> = (worker, listener) => {
    this.#stopListening = this.#inner.onWakeup?.(worker, () => {
      if (!this.#isDead) listener();
    });
    return () => this.#stopListening?.();
  };

  /** It need not die any more. */
  spare(): void {
    this.#death = undefined;
  }

  /** What is said after this is never heard. */
  async die(): Promise<void> {
    this.#isDead = true;
    this.#stopListening?.();
    if (!this.#isShared) await this.#inner[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isDead && !this.#isShared) await this.#inner[Symbol.asyncDispose]();
  }

  #send<T>(request: () => Promise<T>): Promise<T> {
    return this.#isDead ? new Promise(() => undefined) : request();
  }

  async #write<T>(request: () => Promise<T>): Promise<T> {
    const isLast = !this.#isDead && this.#death?.write === this.#writes++;
    if (!isLast) return await this.#send(request);
    if (this.#death?.isWritten === true) await request();
    this.#isDead = true;
    this.#fall.resolve();
    return await new Promise(() => undefined);
  }
}

/** Runs a test with a lab of its own. */
export async function withLab(test: (lab: Lab) => Promise<void>, kind: StoreKind = "memory"): Promise<void> {
  const lab = new Lab(kind);
  try {
    await test(lab);
  } finally {
    await lab.close();
  }
}

/** The stores that a test is run with. */
export const STORES: readonly StoreKind[] = ["memory", "sqlite"];
