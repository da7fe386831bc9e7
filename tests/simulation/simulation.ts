import { Beats } from "./beats.ts";
import type { JournalTurn } from "../../src/engine/journal.ts";
import { readTurns } from "../../src/engine/recovered.ts";
import type { Storage, StoredRun } from "../../src/engine/storage.ts";
import { MemoryStorage } from "../../src/storage/memory_storage.ts";
import { Chance } from "./chance.ts";
import { Cluster } from "./cluster.ts";
import { type FaultProfile, Faults } from "./faults.ts";
import { People } from "./people.ts";
import type { Program } from "./program.ts";
import { EPOCH } from "./sim_process.ts";
import { type Stop, VirtualTime } from "./virtual_time.ts";
import { WatchedStorage } from "./watched_storage.ts";
import { type Call, World } from "./world.ts";

/** The id of a simulation's root run. */
export const ROOT_RUN = "run";

/** For so long everything may take, in milliseconds of virtual time. */
const LIMIT_MS = 600_000;

/** How a program is simulated. */
export interface SimulationOptions {
  readonly program: Program;
  readonly profile: FaultProfile;
  readonly seed: string;
  /** The store that is tested. @default memory */
  readonly openStore?: ((now: () => number) => Storage | Promise<Storage>) | undefined;
  /** Whether the store works on something. @default never: what it is asked for it has done when all promises have had their turn */
  readonly isBusy?: (() => boolean) | undefined;
  /** Whether what sends messages to runs may crash too. @default false */
  readonly mayLoseSenders?: boolean | undefined;
  /** Whether calls tell how far they are. @default false */
  readonly mayBeat?: boolean | undefined;
  /** Stands between a process and the network to its store. @default nothing */
  readonly wrapStore?: ((storage: Storage) => Storage) | undefined;
}

/** What a simulation came to. */
export interface Simulated {
  readonly stop: Stop;
  readonly endedAt: number;
  readonly runs: readonly { readonly run: StoredRun; readonly journal: readonly JournalTurn[] }[];
  readonly world: World;
  readonly store: WatchedStorage;
  /** What calls told of how far they were. */
  readonly beats: Beats;
  /** What was seen to be wrong while it went on. */
  readonly faults: readonly string[];
  /** Runs and steps that were called for by a process that no longer owned the run. */
  readonly lateCalls: ReadonlySet<string>;
  /** What happened, for whoever looks for the cause. */
  readonly log: readonly string[];
}

/** Plays a program to its end on a virtual clock. */
export async function simulate(options: SimulationOptions): Promise<Simulated> {
  const { program, profile, seed, openStore, isBusy, wrapStore, mayLoseSenders = false, mayBeat = false } = options;
  const chance = new Chance(seed);
  const time = new VirtualTime(isBusy);
  const log: string[] = [];
  const tell = (text: string): void => void log.push(`${String(time.now).padStart(6)} ${text}`);
  let forgotten = 0;
  const now = (): number => EPOCH + time.now + forgotten;
  const store = new WatchedStorage(await openStore?.(now) ?? new MemoryStorage({ now }));
  const lateCalls = new Set<string>();
  const faults = new Faults(profile, chance.fork("faults"));
  const beats = new Beats(chance.fork("beats"), store);
  const world = new World({
    beats: mayBeat ? beats : undefined,
    time,
    chance: chance.fork("world"),
    scripts: program.scripts,
    slowestMs: 200,
    onCall: (call) => {
      tell(`${call.process.name} calls ${call.runId} ${call.step}`);
      if (isLate(call, store)) lateCalls.add(`${call.runId} ${call.step}`);
      checkCall(call, store, profile.forgets > 0);
    },
  });
  const common = { program, time, store, world, tell };
  const cluster = new Cluster({ ...common, profile, chance: chance.fork("cluster"), faults, wrapStore });
  const people = new People({ ...common, chance: chance.fork("people"), cluster, mayLoseSenders });
  cluster.start();
  for (let count = profile.forgets; count > 0; count--) {
    // The store's clock runs ahead of every lease, as after a long stop of the store.
    time.after(chance.between(10, 4_000), () => {
      forgotten += cluster.leaseMs + 1;
      tell("the store forgets every worker");
    });
  }
  people.start(ROOT_RUN);
  const stop = await time.run(() => people.isDone, LIMIT_MS);
  const runs: { run: StoredRun; journal: readonly JournalTurn[] }[] = [];
  for (const runId of store.runs.keys()) {
    runs.push({ run: (await store.find(runId))!, journal: await readTurns(store.inner, runId) });
  }
  return { stop, endedAt: time.now, runs, world, beats, store, faults: store.faults, lateCalls, log };
}

/** What must hold of every call at the moment when it is made. */
function checkCall({ runId, step, process, wasQueued }: Call, store: WatchedStorage, mayBeLate: boolean): void {
  const watched = store.runs.get(runId);
  const asked = step.replace(/\/reconcile$/, "");
  if (watched === undefined) return void store.faults.push(`run ${runId} is called for before it exists`);
  const isScheduled = watched.scheduled.has(step) || watched.scheduled.has(asked);
  if (!isScheduled) store.faults.push(`${step} of run ${runId} was called before the store knew of it`);
  const isOwner = watched.claimer?.startsWith(`${process.name}.`) === true;
  if (!isOwner && !mayBeLate && !wasQueued) {
    store.faults.push(`${process.name} called ${step} of run ${runId}, which ${watched.claimer} owns`);
  }
  if (isOwner && watched.completed.has(step)) {
    store.faults.push(`${step} of run ${runId} was called after it had completed`);
  }
}

/** Whether the run has been claimed by another process than the one that calls. */
function isLate({ runId, process }: Pick<Call, "runId" | "process">, store: WatchedStorage): boolean {
  return store.runs.get(runId)?.claimer?.startsWith(`${process.name}.`) !== true;
}
