// A process of the recovery benchmark. `interrupt PATH RUNS ENDPOINT` starts runs in a store, prints the id of the last, which calls an
// HTTP service, once all of them wait for an answer, and then waits to be killed. `recover PATH RUNS` drives all but that one to their
// ends and prints when the last call was made and when the last run had ended, in milliseconds since the process began.
import process from "node:process";
import { createMaestro } from "../../src/maestro.ts";
import { createHost } from "../../src/runtime/process.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { openStorage } from "../../src/storage/open_storage.ts";
import { oneCallWorkflow } from "./order_workflow.ts";
import { INTERRUPTED_WORKFLOW, openRecoverer, recoverAll } from "./recoverer.ts";
import { loadText, repeatWork } from "./rival.ts";

const LONGEST_LIFE_MS = 2 * 60_000;
const CONCURRENCY = 500;

const [mode, path = "", count = "1", endpoint = ""] = process.argv.slice(2);
const runtime = await createHost(process.versions["bun"] === undefined ? "node" : "bun").runtime();
const runs = Number(count);
setTimeout(() => process.exit(1), LONGEST_LIFE_MS).unref();
if (mode === "recover") {
  console.log(JSON.stringify(await recoverAll({ runtime, storage: await openStorage(`sqlite:${path}`) }, runs)));
  process.exit(0);
}
await startMany(runtime);
console.log(await startOne(runtime));

async function startMany(runtime: Runtime): Promise<void> {
  let calls = 0;
  const { promise: allCalled, resolve } = Promise.withResolvers<void>();
  const charge = (): Promise<never> => {
    if (++calls === runs) resolve();
    return new Promise(() => undefined);
  };
  const maestro = openRecoverer({ runtime, storage: await openStorage(`sqlite:${path}`), charge });
  const workflow = await loadText(maestro, INTERRUPTED_WORKFLOW);
  await repeatWork(runs, CONCURRENCY, () => maestro.start(workflow, { input: { customer: "cus-20417" } }));
  await allCalled;
}

async function startOne(runtime: Runtime): Promise<string> {
  const maestro = createMaestro({ runtime, storage: await openStorage(`sqlite:${path}`) });
  const workflow = await loadText(maestro, oneCallWorkflow("http", endpoint));
  const { id } = await maestro.start(workflow, { input: { id: "ord-7f3a" } });
  return id;
}
