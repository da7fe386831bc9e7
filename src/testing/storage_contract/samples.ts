import type { JournalTurn, RunStarted } from "../../engine/journal.ts";
import type { RunRecord } from "../../engine/run.ts";
import type { Claim, CommitTurnRequest, CreateRunRequest, Message, Storage, WorkerRef } from "../../engine/storage.ts";

/** The queue of samples. */
export const QUEUE = "work";

/** How long a worker counts as alive. */
export const LEASE_MS = 30_000;

/** A worker with this id. */
export function worker(id: string): WorkerRef {
  return { id, leaseMs: LEASE_MS };
}

/** A run that is under way. */
export function runRecord(id: string, more: Partial<RunRecord> = {}): RunRecord {
  return {
    id,
    internalId: `internal-${id}`,
    workflow: "orders",
    version: "1",
    definition: "hash-1",
    queue: QUEUE,
    parent: null,
    root: id,
    durability: "sync",
    status: "running",
    cause: null,
    output: null,
    error: null,
    pause: null,
    wakeAt: null,
    startedAt: 1_000,
    finishedAt: null,
    attributes: {},
    ...more,
  };
}

/** What a run starts with. */
export function startedEntry(input: RunStarted["input"] = { from: "a person" }): RunStarted {
  return {
    type: "run_started",
    workflow: "orders",
    version: "1",
    definition: "hash-1",
    input,
    env: { REGION: "eu", EMPTY: null },
    seed: "seed",
    timeoutMs: null,
    endpoints: {},
  };
}

/** A turn that tells itself apart by its number. */
export function turn(number: number, text = `turn ${number}`): JournalTurn {
  return { time: 1_000 + number, entries: [{ type: "log", step: `step-${number}`, text }] };
}

/** A request to create a run; owned by a worker where one is given. */
export function createRequest(run: RunRecord, owner?: WorkerRef): CreateRunRequest {
  return {
    run,
    definition: `definition of ${run.definition}`,
    worker: owner,
    first: { turn: turn(0), turnId: `${run.id}.0` },
  };
}

/** Creates a run that nobody has begun. */
export async function createPending(storage: Storage, run: RunRecord): Promise<void> {
  await storage.createRun({
    run: { ...run, status: "pending" },
    definition: `definition of ${run.definition}`,
    first: { started: startedEntry() },
  });
}

/** Creates a run that a worker owns, its first turn in the journal. */
export async function createOwned(storage: Storage, run: RunRecord, owner: WorkerRef): Promise<Claim> {
  return (await storage.createRun(createRequest(run, owner)))!;
}

/** Reads all that a run's journal holds. */
export async function readTurns(storage: Storage, runId: string): Promise<readonly JournalTurn[]> {
  return (await storage.readJournal({ runId })).turns;
}

/** A commit of one turn. */
export function commitRequest(claim: Claim, head: number, more: Partial<CommitTurnRequest> = {}): CommitTurnRequest {
  return { claim, head, turnId: `${claim.runId}.${claim.token}.${head}`, turn: turn(head), change: {}, ...more };
}

/** Creates a run and gives it back to the store in a given state. */
export async function createParked(
  storage: Storage,
  run: RunRecord,
  change: CommitTurnRequest["change"],
  owner: WorkerRef = worker("parking"),
): Promise<void> {
  const claim = await createOwned(storage, run, owner);
  await storage.commitTurn(commitRequest(claim, 1, { change, release: true }));
}

/** A signal to a run. */
export function signal(runId: string, id: string, data: null | string = null): Message {
  return { runId, id, time: 5, kind: "signal", name: "paid", data };
}
