import { Redactor } from "../../src/base/redact.ts";
import type { JsonObject } from "../../src/base/json.ts";
import type { RunStarted } from "../../src/engine/journal.ts";
import type { OpenedRun } from "../../src/engine/opened_run.ts";
import type { RunRecord } from "../../src/engine/run.ts";
import type { Storage } from "../../src/engine/storage.ts";
import { Worker } from "../../src/engine/worker.ts";
import type { LoadedWorkflow } from "../../src/load_workflow.ts";
import { RunOpener } from "../../src/run_opener.ts";
import { drain } from "../../src/runtime/drain.ts";
import { createFetch } from "../../src/runtime/fetch_client.ts";
import { ServiceConnections } from "../../src/service_connections.ts";
import type { Chance } from "./chance.ts";
import { type FaultProfile, type Faults, NO_FAULTS } from "./faults.ts";
import { FaultyStorage } from "./faulty_storage.ts";
import type { Program } from "./program.ts";
import { EPOCH, SimProcess } from "./sim_process.ts";
import type { VirtualTime } from "./virtual_time.ts";
import type { WatchedStorage } from "./watched_storage.ts";
import type { World } from "./world.ts";

/** What the processes of a simulation share. */
export interface ClusterOptions {
  readonly program: Program;
  readonly profile: FaultProfile;
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly store: WatchedStorage;
  readonly faults: Faults;
  readonly world: World;
  /** Stands between a process and the network to its store. */
  readonly wrapStore: ((storage: Storage) => Storage) | undefined;
  readonly tell: (text: string) => void;
}

/** A process with the worker in it. */
export interface Member {
  readonly process: SimProcess;
  readonly worker: Worker;
}

/** How many processes there are at a time. */
const SIZE = 2;
const NO_VALUES = { env: () => undefined, secrets: () => undefined };

/** The processes that share a store: each that crashes is followed by another. */
export class Cluster {
  readonly leaseMs: number;
  readonly members: Member[] = [];
  readonly #options: ClusterOptions;
  readonly #maxWaiting: number;
  #count = 0;

  constructor(options: ClusterOptions) {
    this.#options = options;
    const { chance, profile } = options;
    // Where nobody dies, nothing may wait for a lease to run out.
    this.leaseMs = profile === NO_FAULTS ? 1e9 : chance.pick([2_000, 3_000, 10_000]);
    this.#maxWaiting = chance.pick([0, 1, 10_000]);
  }

  /** Starts the processes, and plans what happens to them. */
  start(): void {
    const { time, chance, profile } = this.#options;
    for (let index = 0; index < SIZE; index++) this.#begin();
    const plan = (times: number, what: (member: Member) => void): void => {
      for (let count = 0; count < times; count++) {
        time.after(chance.delay(1, 8_000), () => what(chance.pick(this.members)));
      }
    };
    plan(profile.kills, ({ process }) => process.crash());
    plan(profile.pauses, ({ process }) => this.#pause(process));
    plan(profile.jumps, ({ process }) => this.#jump(process));
    plan(profile.stops, (member) => this.#stop(member));
    plan(profile.outages, () => this.#lose());
  }

  /** Makes what a new run of the program starts with. */
  prepare(workflow: LoadedWorkflow, runId: string, internalId: string): { run: RunRecord; started: RunStarted } {
    return this.#opener(() => "").prepare(workflow, this.#request(runId, internalId, {}));
  }

  /** Opens a run in a process. */
  opened(
    workflow: LoadedWorkflow,
    { id }: Pick<RunRecord, "id">,
    { process }: Pick<Member, "process">,
    createId: () => string,
  ): OpenedRun {
    return {
      definition: workflow.definition,
      bundle: workflow.bundle,
      caller: this.#options.world.caller(process),
      prepareChild: (spec, runId) => {
        const child = this.#options.program.workflows.get(spec.definition)!;
        const parent = { id, root: "run", durability: "sync", step: spec.step } as const;
        const request = this.#request(runId, createId(), spec.input as JsonObject);
        return this.#opener(createId).prepare(child, { ...request, parent });
      },
    };
  }

  #request(id: string, internalId: string, input: JsonObject) {
    const endpoints = {};
    return {
      id,
      internalId,
      input,
      queue: "default",
      timeoutMs: undefined,
      endpoints,
      files: undefined,
      values: NO_VALUES,
    };
  }

  #opener(createId: () => string): RunOpener {
    const { store, time } = this.#options;
    return new RunOpener({
      storage: store.inner,
      connections: CONNECTIONS,
      createId,
      now: () => EPOCH + time.now,
      values: () => Promise.resolve(NO_VALUES),
      onEvent: undefined,
      registered: new Map(),
      signal: () => Promise.resolve(),
    });
  }

  #begin(): void {
    const { program, profile, time, chance, store, faults, wrapStore, tell } = this.#options;
    const name = `p${this.#count++}`;
    const skew = profile.skewMs === 0 ? 0 : chance.between(-profile.skewMs, profile.skewMs);
    const process = new SimProcess(name, time, skew);
    const network = new FaultyStorage({ store, process, time, chance: chance.fork(), faults, tell });
    const storage = wrapStore === undefined ? network : wrapStore(network);
    let ids = 0;
    const createId = (): string => `${name}.${ids++}`;
    const own = chance.fork();
    const worker = new Worker({
      storage,
      clock: process,
      random: own.next,
      createId,
      digest: (text) => text,
      drain,
      queues: ["default"],
      leaseMs: this.leaseMs,
      maxWaiting: this.#maxWaiting,
      open: (run) =>
        new Promise((resolve) => {
          const workflow = program.workflows.get(run.definition)!;
          process.after(chance.delay(0, 10), () => resolve(this.opened(workflow, run, { process }, createId)));
        }),
    });
    const member = { process, worker };
    this.members.push(member);
    tell(`${name} starts`);
    process.onCrash = () => {
      tell(`${name} crashes`);
      this.members.splice(this.members.indexOf(member), 1);
      // Somebody is always left, or else comes soon.
      time.after(chance.delay(10, 5_000), () => this.#begin());
      if (this.members.length === 0) this.#begin();
    };
    worker.listen();
  }

  #pause(process: SimProcess): void {
    const { chance, tell } = this.#options;
    const ms = chance.delay(100, 3 * this.leaseMs);
    tell(`${process.name} stops for ${ms} ms`);
    process.pause(ms);
  }

  /** As a process stops that was asked to: it lets go of its runs first. */
  #stop({ process, worker }: Member): void {
    this.#options.tell(`${process.name} is stopped`);
    process.after(0, () => void worker.suspend().then(() => process.crash()));
  }

  /** Nobody reaches the store for a while. */
  #lose(): void {
    const { chance, time, faults, tell } = this.#options;
    const ms = chance.between(5_000, 40_000);
    tell(`the store cannot be reached for ${ms} ms`);
    faults.isOut = true;
    time.after(ms, () => faults.isOut = false);
  }

  #jump(process: SimProcess): void {
    const { chance, tell } = this.#options;
    const ms = chance.pick([1, -1]) * chance.delay(10, 20_000);
    tell(`the clock of ${process.name} jumps by ${ms} ms`);
    process.jump(ms);
  }
}

/** Never asked for anything: services are the world's. */
const CONNECTIONS = new ServiceConnections({
  runtime: { name: "bun", fetch: createFetch, drain, readFile: () => Promise.reject(new Error("no files")) },
  functions: {},
  redactor: new Redactor(),
  clock: { now: () => 0, after: () => () => undefined },
});
