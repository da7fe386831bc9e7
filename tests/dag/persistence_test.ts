import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { dag } from "../../src/dag/create_dag.ts";
import { withScratch } from "../storage/scratch_store.ts";
import { scriptArguments } from "../storage/script_arguments.ts";
import { durableOrder, openMaestro, type OrderInput } from "./durable_order.ts";

const SCRIPT = fileURLToPath(new URL("durable_order.ts", import.meta.url));

/** Starts run `r1` in a process of its own, which is killed in the middle. */
async function runUntilKilled(path: string, log: string, input: OrderInput): Promise<void> {
  const child = spawn(process.execPath, [...scriptArguments(), SCRIPT, path, log, JSON.stringify(input)], {
    stdio: ["ignore", "ignore", "inherit"],
    timeout: 20_000,
  });
  const signal = await new Promise((resolve) => child.on("exit", (_code, signal) => resolve(signal)));
  assert.equal(signal, "SIGKILL");
}

function linesOf(log: string): readonly string[] {
  return readFileSync(log, "utf8").trim().split("\n");
}

describe("a run of a DAG whose process was killed", () => {
  it("goes on in another process that registers the DAG, with the same data and keys", async () => {
    await withScratch(async (scratch) => {
      const [path, log] = [scratch.path(), scratch.path("calls.log")];
      await runUntilKilled(path, log, { killedIn: "stock" });
      const order = durableOrder(log);
      const maestro = await openMaestro(path);
      try {
        maestro.register(order);
        const result = await (await maestro.resume("r1")).result();
        assert.deepEqual([result.status, result.output], ["completed", { total: 42, pay: "paid 42" }]);
        assert.deepEqual([...order.states(result).values()].map(({ status }) => status), Array(3).fill("completed"));
      } finally {
        await maestro.close();
      }
      assert.deepEqual(linesOf(log), ["price dag/price", "stock dag/stock", "stock dag/stock", "pay dag/pay"]);
    });
  });

  it("goes on with a rollback", async () => {
    await withScratch(async (scratch) => {
      const [path, log] = [scratch.path(), scratch.path("calls.log")];
      await runUntilKilled(path, log, { killedIn: "undo_stock", failsIn: "pay" });
      const maestro = await openMaestro(path);
      try {
        maestro.register(durableOrder(log));
        const { status, error, rollback } = await (await maestro.resume("r1")).result();
        assert.deepEqual([status, error?.code], ["compensated", "E_REFUSED"]);
        assert.deepEqual(rollback.undone, ["dag/stock", "dag/price"]);
      } finally {
        await maestro.close();
      }
      assert.deepEqual(linesOf(log).map((line) => line.split(" ")[0]), [
        ...["price", "stock", "pay", "undo_stock", "undo_stock", "undo_price"],
      ]);
    });
  });

  it("is paused where nobody has registered it, and goes on once somebody has", async () => {
    await withScratch(async (scratch) => {
      const [path, log] = [scratch.path(), scratch.path("calls.log")];
      await runUntilKilled(path, log, { killedIn: "price" });
      const stranger = await openMaestro(path);
      const paused = await (await stranger.resume("r1")).result();
      await stranger.close();
      assert.deepEqual([paused.status, paused.pause?.reason], ["paused", "missing_definition"]);
      assert.match(paused.pause?.message ?? "", /"durable_order", version "3", is code of a program/);
      const maestro = await openMaestro(path);
      try {
        maestro.register(durableOrder(log));
        assert.equal((await (await maestro.resume("r1")).result()).status, "completed");
      } finally {
        await maestro.close();
      }
    });
  });

  it("is paused rather than spoilt where the DAG has changed under the same version", async () => {
    await withScratch(async (scratch) => {
      const [path, log] = [scratch.path(), scratch.path("calls.log")];
      await runUntilKilled(path, log, { killedIn: "stock" });
      const maestro = await openMaestro(path);
      try {
        maestro.register(dag("durable_order", { version: "3" }).node("other").action(() => 1).build());
        const { status, pause } = await (await maestro.resume("r1")).result();
        assert.deepEqual([status, pause?.reason], ["paused", "non_determinism"]);
      } finally {
        await maestro.close();
      }
    });
  });
});

describe("start() with an id", () => {
  it("gives the run that has it, and goes on with it", async () => {
    await withScratch(async (scratch) => {
      const [path, log] = [scratch.path(), scratch.path("calls.log")];
      await runUntilKilled(path, log, { killedIn: "pay" });
      const maestro = await openMaestro(path);
      try {
        const run = await maestro.start(durableOrder(log), { input: { killedIn: "pay" }, id: "r1" });
        assert.deepEqual((await run.result()).output, { total: 42, pay: "paid 42" });
      } finally {
        await maestro.close();
      }
      assert.equal(linesOf(log).length, 4);
    });
  });
});
