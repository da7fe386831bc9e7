import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { ClaimedRuns, Storage } from "../../src/engine/storage.ts";
import { SqliteConnection } from "../../src/runtime/sqlite.ts";
import { openStorage } from "../../src/storage/open_storage.ts";
import { runRecord, signal, turn, worker } from "../../src/testing/storage_contract/samples.ts";
import { type ScratchStore, withScratch } from "./scratch_store.ts";
import { scriptArguments } from "./script_arguments.ts";

const SCRIPT = fileURLToPath(new URL("store_process.ts", import.meta.url));

/** Another process with the store, on the runtime that this test runs on. It is killed after 20 s. */
class StoreProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #complaints: string[] = [];

  constructor(...args: readonly string[]) {
    this.child = spawn(process.execPath, [...scriptArguments(), SCRIPT, ...args], { timeout: 20_000 });
    this.child.stderr.setEncoding("utf8").on("data", (text: string) => this.#complaints.push(text));
    this.#lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /** What it has written on standard error. */
  get complaints(): string {
    return this.#complaints.join("");
  }

  /** The next line that it writes. */
  async line(): Promise<string | undefined> {
    const { value } = await this.#lines.next();
    return value as string | undefined;
  }

  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
    process.kill(this.child.pid!, name);
  }

  async ended(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      await new Promise((resolve) => this.child.on("close", resolve));
    }
    return this.child.exitCode;
  }
}

async function open(scratch: ScratchStore): Promise<Storage> {
  return scratch.keep(await openStorage(`sqlite:${scratch.path()}`));
}

function claim(storage: Storage, runId: string): Promise<ClaimedRuns> {
  return storage.claimRuns({ worker: worker("test"), queues: [], runIds: [runId], limit: 1 });
}

/** Claims a run as soon as it can be had. */
async function claimSoon(storage: Storage, runId: string): Promise<ClaimedRuns["runs"][number]> {
  for (let tries = 0; tries < 100; tries++) {
    const { runs: [run] } = await claim(storage, runId);
    if (run !== undefined) return run;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Run "${runId}" cannot be had`);
}

describe("several processes with one store", () => {
  it("make it at the same time, and write without an error and without losing anything", () =>
    withScratch(async (scratch) => {
      const processes = ["a", "b", "c", "d"].map((id) => new StoreProcess("work", scratch.path(), id));
      for (const child of processes) assert.deepEqual([await child.ended(), child.complaints], [0, ""]);
      const storage = await open(scratch);
      assert.deepEqual((await storage.stats()).runs, { completed: 40 });
      const expected = Array.from({ length: 11 }, (_, number) => turn(number));
      const { runs } = await storage.listRuns({ limit: 100 });
      for (const { id } of runs) assert.deepEqual((await storage.readJournal({ runId: id })).turns, expected, id);
      const connection = new SqliteConnection(scratch.path());
      assert.deepEqual({ ...connection.get("pragma integrity_check") }, { integrity_check: "ok" });
      connection.close();
    }));

  it("take the runs of one that was killed at once, and clean up after it", () =>
    withScratch(async (scratch) => {
      const storage = await open(scratch);
      const owner = new StoreProcess("own", scratch.path(), "owned");
      assert.equal(await owner.line(), "ready");
      assert.deepEqual((await claim(storage, "owned")).runs, []);
      assert.equal((await storage.findRun({ runId: "owned" }))?.owner, "owned");
      owner.signal("SIGKILL");
      await owner.ended();
      const run = await claimSoon(storage, "owned");
      assert.deepEqual([run.claim.token, run.head, run.crashes], [2, 1, 0]);
      await storage[Symbol.asyncDispose]();
      assert.deepEqual(readdirSync(`${scratch.path()}-workers`), []);
    }));

  it("see at once that one was killed", () =>
    withScratch(async (scratch) => {
      const storage = await open(scratch);
      const owner = new StoreProcess("own", scratch.path(), "owned");
      assert.equal(await owner.line(), "ready");
      owner.signal("SIGKILL");
      await owner.ended();
      assert.equal((await storage.findRun({ runId: "owned" }))?.owner, null);
    }));

  it("take the runs of one that was stopped when its lease is over, and it cannot write when it wakes up", () =>
    withScratch(async (scratch) => {
      const storage = await open(scratch);
      const owner = new StoreProcess("own", scratch.path(), "owned", "400");
      assert.equal(await owner.line(), "ready");
      owner.signal("SIGSTOP");
      const run = await claimSoon(storage, "owned");
      assert.equal(run.claim.token, 2);
      owner.signal("SIGCONT");
      owner.child.stdin.write("commit\n");
      assert.equal(await owner.line(), "claim_lost");
      assert.deepEqual((await storage.readJournal({ runId: "owned" })).turns, [turn(0)]);
      owner.signal("SIGKILL");
      await owner.ended();
    }));

  it("hear of mail that others send to their runs", () =>
    withScratch(async (scratch) => {
      const storage = await open(scratch);
      const owner = new StoreProcess("own", scratch.path(), "owned");
      assert.equal(await owner.line(), "ready");
      for (const id of ["m1", "m2"]) {
        const delivery = await storage.deliver({ message: signal("owned", id) });
        assert.equal(delivery?.run.owner, "owned");
        assert.equal(await owner.line(), "mail m1");
        if (id === "m2") assert.equal(await owner.line(), "mail m2");
      }
      owner.signal("SIGKILL");
      await owner.ended();
    }));

  it("wait for one that holds the lock", () =>
    withScratch(async (scratch) => {
      const storage = await open(scratch);
      const connection = new SqliteConnection(scratch.path());
      connection.exec("begin immediate");
      const creating = storage.createRun({
        run: runRecord("a"),
        definition: "",
        first: { turn: turn(0), turnId: "t" },
      });
      await new Promise((resolve) => setTimeout(resolve, 60));
      assert.equal(await storage.findRun({ runId: "a" }), undefined);
      connection.exec("commit");
      connection.close();
      await creating;
      assert.equal((await storage.findRun({ runId: "a" }))?.head, 1);
    }));
});
