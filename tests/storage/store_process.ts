// A process that works with a store: `store_process.ts COMMAND PATH WORKER`. It writes a line for each thing that has happened.
import process from "node:process";
import { createInterface } from "node:readline";
import { MaestroError } from "../../src/base/errors.ts";
import type { Claim, Storage, WorkerRef } from "../../src/engine/storage.ts";
import { openStorage } from "../../src/storage/open_storage.ts";
import { commitRequest, createOwned, runRecord } from "../../src/testing/storage_contract/samples.ts";

/** Runs of each worker, and turns of each run. */
const RUNS = 10;
const TURNS = 10;

const [command, path = "", id = "", leaseMs = "30000"] = process.argv.slice(2);
const storage = await openStorage(`sqlite:${path}`);
const worker: WorkerRef = { id, leaseMs: Number(leaseMs) };

if (command === "work") await work();
else if (command === "own") await own();
else throw new Error(`No such command: ${command}`);

/** Brings many runs to their ends at once. */
async function work(): Promise<void> {
  await Promise.all(Array.from({ length: RUNS }, async (_, index) => {
    const claim = await createOwned(storage, runRecord(`${id}-${index}`), worker);
    for (let head = 1; head < TURNS; head++) await storage.commitTurn(commitRequest(claim, head));
    const change = { status: "completed", finishedAt: 1 } as const;
    await storage.commitTurn(commitRequest(claim, TURNS, { change, release: true }));
  }));
  await storage[Symbol.asyncDispose]();
}

/** Owns a run, tells of its mail, and commits a turn when it is told to, until it is killed. */
async function own(): Promise<void> {
  const claim = await createOwned(storage, runRecord(id), worker);
  storage.onWakeup?.(worker, () => void tellMail(storage));
  console.log("ready");
  for await (const _line of createInterface({ input: process.stdin })) console.log(await commit(claim));
}

async function commit(claim: Claim): Promise<string> {
  try {
    await storage.commitTurn(commitRequest(claim, 1));
    return "committed";
  } catch (error) {
    return MaestroError.is(error) ? error.code : String(error);
  }
}

async function tellMail(storage: Storage): Promise<void> {
  const { mail } = await storage.claimRuns({ worker, queues: [], limit: 1 });
  for (const message of mail) console.log(`mail ${message.id}`);
}
