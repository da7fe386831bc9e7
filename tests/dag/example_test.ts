import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { scriptArguments } from "../storage/script_arguments.ts";

const SCRIPT = fileURLToPath(new URL("../../examples/dag_order/order.ts", import.meta.url));

async function linesOf(...parameters: readonly string[]): Promise<readonly string[]> {
  const child = spawn(process.execPath, [...scriptArguments(), SCRIPT, ...parameters], { timeout: 60_000 });
  const chunks: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => chunks.push(text));
  child.stderr.resume();
  const code = await new Promise((resolve) => child.on("close", resolve));
  assert.equal(code, 0);
  return chunks.join("").trim().split("\n");
}

describe("examples/dag_order", () => {
  it("confirms an order", async () => {
    assert.equal(
      (await linesOf()).at(-1),
      'completed {"mail":"invoice over 11, tomorrow, with a pen","total":11}',
    );
  });

  it("undoes an order that cannot be shipped", async () => {
    assert.deepEqual((await linesOf("bad")).slice(-9), [
      "undo allocate_inventory",
      "  frees 2 shelves",
      "undo process_payment",
      "  gives 11 back",
      'compensated "nobody delivers there"',
      "process_payment: compensated",
      "allocate_inventory: compensated",
      "schedule_shipment: unknown",
      "send_confirmation: skipped for schedule_shipment",
    ]);
  });
});
