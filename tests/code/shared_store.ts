import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Client,
  createClient,
  createMaestro,
  createRuntime,
  createWorker,
  type Maestro,
  type MaestroOptions,
} from "../../mod.ts";
import { type Clock, systemClock } from "../../src/engine/clock.ts";
import type { JournalTurn } from "../../src/engine/journal.ts";
import type { Storage } from "../../src/engine/storage.ts";
import type { Registrable, Worker, WorkerOptions } from "../../src/maestro.ts";
import { MemoryStorage } from "../../src/storage/memory_storage.ts";
import { openStorage } from "../../src/storage/open_storage.ts";
import type { StoreKind } from "./lab.ts";

/** A memory that outlives those who use it. */
class SharedMemory extends MemoryStorage {
  override [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** One store with whoever talks to it: clients and workers apart, or a Maestro that is both. */
export class SharedStore {
  /** A connection for looking at what the store holds. */
  readonly storage: Storage;
  readonly #connect: () => Promise<Storage>;
  readonly #open: { close(): Promise<void> }[] = [];
  readonly #remove: () => void;

  private constructor(storage: Storage, connect: () => Promise<Storage>, remove: () => void) {
    this.storage = storage;
    this.#connect = connect;
    this.#remove = remove;
  }

  /** Opens a new one. */
  static async create(kind: StoreKind): Promise<SharedStore> {
    if (kind === "memory") {
      const storage = new SharedMemory();
      return new SharedStore(storage, () => Promise.resolve(storage), () => undefined);
    }
    const folder = mkdtempSync(join(tmpdir(), "maestro-shared-"));
    const connect = () => openStorage(`sqlite:${join(folder, "runs.db")}`);
    return new SharedStore(await connect(), connect, () => rmSync(folder, { recursive: true }));
  }

  /** Starts runs and drives none. */
  async client(): Promise<Client> {
    return this.#keep(createClient({ runtime: await createRuntime(), storage: await this.#connect() }));
  }

  /** Drives what it finds. */
  async worker(
    workflows: readonly Registrable[],
    options: Pick<WorkerOptions, "queues"> = {},
  ): Promise<Worker> {
    const storage = await this.#connect();
    return this.#keep(createWorker({ runtime: await createRuntime(), storage, workflows, ...options }));
  }

  /** Starts runs and drives them. */
  async maestro(options: Partial<MaestroOptions> = {}): Promise<Maestro> {
    return this.#keep(createMaestro({ runtime: await createRuntime(), storage: await this.#connect(), ...options }));
  }

  /** The journal of a run. */
  async turns(runId: string): Promise<readonly JournalTurn[]> {
    return (await this.storage.readJournal({ runId })).turns;
  }

  /** The kinds of entries of a run's journal. */
  async types(runId: string): Promise<readonly string[]> {
    return (await this.turns(runId)).flatMap(({ entries }) => entries.map(({ type }) => type));
  }

  /** Closes all of them, and removes what is on disk. */
  async close(): Promise<void> {
    for (const one of this.#open) await one.close();
    await this.storage[Symbol.asyncDispose]();
    this.#remove();
  }

  #keep<T extends { close(): Promise<void> }>(one: T): T {
    this.#open.push(one);
    return one;
  }
}

/** Runs a test with a store of its own. */
export async function withStore(kind: StoreKind, test: (store: SharedStore) => Promise<void>): Promise<void> {
  const store = await SharedStore.create(kind);
  try {
    await test(store);
  } finally {
    await store.close();
  }
}

/** Waits until something is so; fails after five seconds. */
export async function eventually(check: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 5_000;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`It has not come to pass: ${check}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A clock that is late by so many milliseconds. */
export function lateBy(ms: number): Clock {
  return { ...systemClock, now: () => Date.now() - ms };
}
