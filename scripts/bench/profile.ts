// Runs one side of the calls benchmark alone, for a profiler: `bun --cpu-prof scripts/bench/profile.ts maestro grpc 1 2000`.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createHost } from "../../src/runtime/process.ts";
import { openGlue, openMaestro } from "./calls.ts";
import { orderWorkflow } from "./order_workflow.ts";
import { ordersDescriptorSet } from "./orders_descriptors.ts";
import { runMany } from "./rival.ts";
import { startServers } from "./servers.ts";
import { costOf } from "./stopwatch.ts";

const [side = "maestro", name = "grpc", concurrency = "1", runs = "2000"] = process.argv.slice(2);
const protocol = name === "http" ? "http" : "grpc";
const servers = await startServers();
const folder = await mkdtemp(join(tmpdir(), "maestro-bench-"));
await writeFile(join(folder, "orders.binpb"), await ordersDescriptorSet());
const runtime = await createHost(process.versions["bun"] === undefined ? "node" : "bun").runtime();
const rival = side === "glue"
  ? await openGlue(protocol, servers[protocol])
  : await openMaestro(runtime, join(folder, "workflow.yaml"), orderWorkflow(protocol, servers[protocol]));
await runMany(rival, Number(concurrency), 500);
const { wallMs, cpuMs } = await costOf(() => runMany(rival, Number(concurrency), Number(runs)));
const perRun = (milliseconds: number): string => (milliseconds * 1_000 / Number(runs)).toFixed(1);
console.log(
  `${side} ${protocol} ${concurrency}: ${perRun(wallMs)} µs a workflow, ${perRun(cpuMs)} µs of processor time`,
);
await rival.close();
servers.stop();
await rm(folder, { recursive: true });
