// One of any number of workers on one store: `node examples/code/scale/worker.ts sqlite:runs.db`. Ctrl-C lets it finish what it is at.
import process from "node:process";
import { createRuntime, createWorker, openStorage } from "maestro";
import { tally } from "./tally.ts";

const storage = await openStorage(process.argv[2] ?? "sqlite:runs.db");
const worker = createWorker({ runtime: await createRuntime(), storage, workflows: [tally], maxRuns: 10 });
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    await worker.close();
    process.exit(0);
  });
}
console.log("takes runs");
