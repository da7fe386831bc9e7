import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { GrpcOrderClient } from "./grpc_glue.ts";
import { HttpOrderClient } from "./http_glue.ts";
import { type Inputs, type OrderClient, placeOrder } from "./order_glue.ts";
import { INPUT, orderWorkflow, OUTPUT, type Protocol } from "./order_workflow.ts";
import { ordersDescriptorSet, ordersService } from "./orders_descriptors.ts";
import { openRunner, type Rival, runMany } from "./rival.ts";
import { startServers } from "./servers.ts";
import { type Spread, spreadOf } from "./spread.ts";
import { type Cost, costOf } from "./stopwatch.ts";

/** What the 5-call workflow came to over one protocol, so many at a time. */
export interface CallsRow {
  readonly protocol: Protocol;
  readonly concurrency: number;
  /** Workflows a second. */
  readonly maestro: Spread;
  readonly glue: Spread;
  /** Maestro's throughput by the glue code's of the same round. */
  readonly ratio: Spread;
  /** The glue code's processor time by Maestro's of the same round. */
  readonly cpuRatio: Spread;
}

/** Options of `benchCalls`. */
export interface CallsOptions {
  readonly runtime: Runtime;
  readonly rounds: number;
}

type OpenRival = () => Promise<Rival>;

const CASES = (["grpc", "http"] as const).flatMap((protocol) => [
  { protocol, concurrency: 1, runs: 250 },
  { protocol, concurrency: 50, runs: 1_000 },
]);

/** Runs of each side before the first round of a case: until the code is compiled as well as it will be, both get faster. */
const WARM_UP_RUNS = 4_000;

/**
 * Runs the same 5-call workflow by Maestro and by hand-written glue code.
 *
 * Both are run until their code is compiled, then measured in rounds, in turns the first. Each stays open, as in a long-lived process.
 */
export async function benchCalls({ runtime, rounds }: CallsOptions): Promise<CallsRow[]> {
  const servers = await startServers();
  const folder = await mkdtemp(join(tmpdir(), "maestro-bench-"));
  try {
    await writeFile(join(folder, "orders.binpb"), await ordersDescriptorSet());
    const rows: CallsRow[] = [];
    for (const each of CASES) {
      const endpoint = servers[each.protocol];
      const file = join(folder, "workflow.yaml");
      const maestro = (): Promise<Rival> => openMaestro(runtime, file, orderWorkflow(each.protocol, endpoint));
      rows.push(await compare({ ...each, rounds }, maestro, () => openGlue(each.protocol, endpoint)));
    }
    return rows;
  } finally {
    servers.stop();
    await rm(folder, { recursive: true });
  }
}

interface Comparison {
  readonly protocol: Protocol;
  readonly concurrency: number;
  readonly runs: number;
  readonly rounds: number;
}

async function compare(options: Comparison, openMaestro: OpenRival, openGlue: OpenRival): Promise<CallsRow> {
  const { protocol, concurrency, runs, rounds } = options;
  const rivals = { maestro: await openMaestro(), glue: await openGlue() };
  const costs = { maestro: [] as Cost[], glue: [] as Cost[] };
  for (const rival of Object.values(rivals)) await runMany(rival, 10, WARM_UP_RUNS);
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? ["maestro", "glue"] as const : ["glue", "maestro"] as const) {
      await runMany(rivals[name], concurrency, concurrency * 2);
      costs[name].push(await costOf(() => runMany(rivals[name], concurrency, runs)));
    }
  }
  for (const rival of Object.values(rivals)) await rival.close();
  const { maestro, glue } = costs;
  const perSecond = ({ wallMs }: Cost): number => runs / wallMs * 1_000;
  return {
    protocol,
    concurrency,
    maestro: spreadOf(maestro.map(perSecond)),
    glue: spreadOf(glue.map(perSecond)),
    ratio: spreadOf(maestro.map((cost, round) => glue[round]!.wallMs / cost.wallMs)),
    cpuRatio: spreadOf(maestro.map((cost, round) => glue[round]!.cpuMs / cost.cpuMs)),
  };
}

/** Maestro with the 5-call workflow. */
export function openMaestro(runtime: Runtime, file: string, text: string): Promise<Rival> {
  return openRunner({ runtime: { ...runtime, readFile }, file, text, input: INPUT, output: OUTPUT });
}

/** The glue code over one protocol. */
export async function openGlue(protocol: Protocol, endpoint: string): Promise<Rival> {
  const client: OrderClient = protocol === "http"
    ? new HttpOrderClient(endpoint)
    : new GrpcOrderClient(endpoint, await ordersService());
  const input = INPUT as unknown as Inputs["CreateOrder"];
  assert.deepEqual(await placeOrder(client, input), OUTPUT);
  return {
    async run() {
      await placeOrder(client, input);
    },
    async close() {
      await Promise.resolve();
      client.close();
    },
  };
}
