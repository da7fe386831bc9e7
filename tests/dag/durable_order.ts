import { appendFileSync, existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { dag } from "../../src/dag/create_dag.ts";
import type { Dag } from "../../src/dag/dag.ts";
import { createMaestro, type Maestro } from "../../src/maestro.ts";
import { createRuntime } from "../../src/runtime/create_runtime.ts";
import { openStorage } from "../../src/storage/open_storage.ts";

/** What runs are started with. */
export interface OrderInput {
  /** The node in which the process is killed, once. */
  readonly killedIn: string;
  /** The node that fails, once the process has been killed. */
  readonly failsIn?: string;
}

/** A DAG whose nodes write down each call, and one of which kills the process at its first attempt. */
export function durableOrder(log: string): Dag<OrderInput, { readonly total: number; readonly pay: string | null }> {
  const enter = ({ killedIn, failsIn }: OrderInput, name: string, key: string): void => {
    const isFirst = !existsSync(log) || !readFileSync(log, "utf8").includes(`${name} `);
    appendFileSync(log, `${name} ${key.slice(key.indexOf(":") + 1)}\n`);
    if (name === killedIn && isFirst) process.kill(process.pid, "SIGKILL");
    if (name === failsIn) throw Object.assign(new Error("refused"), { code: "E_REFUSED" });
  };
  return dag("durable_order", { version: "3" })
    .input<OrderInput>()
    .data<{ readonly total: number }>({ total: 0 })
    .node("price").action(({ input }, { data, idempotencyKey }) => {
      enter(input, "price", idempotencyKey);
      data.set("total", 42);
    }).compensate(({ input }, { idempotencyKey }) => enter(input, "undo_price", idempotencyKey))
    .node("stock").dependsOn("price").action(({ input }, { idempotencyKey }) => enter(input, "stock", idempotencyKey))
    .compensate(({ input }, { idempotencyKey }) => enter(input, "undo_stock", idempotencyKey))
    .node("pay").dependsOn("stock").action(({ input }, { data, idempotencyKey }) => {
      enter(input, "pay", idempotencyKey);
      return `paid ${data.get("total")}`;
    })
    .output(({ pay }, data) => ({ total: data.get("total"), pay }))
    .build();
}

/** A Maestro over a store on disk. */
export async function openMaestro(path: string): Promise<Maestro> {
  return createMaestro({ runtime: await createRuntime(), storage: await openStorage(`sqlite:${path}`) });
}

/** As a program: starts a run, and is killed in it. */
async function main(path: string, log: string, input: string): Promise<void> {
  const maestro = await openMaestro(path);
  const run = await maestro.start(durableOrder(log), { input: JSON.parse(input) as OrderInput, id: "r1" });
  await run.result();
  await maestro.close();
}

const [path, log, input] = process.argv.slice(2);
if (process.argv[1]?.endsWith("durable_order.ts") && path !== undefined) await main(path, log!, input!);
