// Queues: who runs what. A worker takes runs of its own queues alone.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { activity, createClient, createRuntime, createWorker, openStorage, workflow } from "maestro";

/** A workflow that tells which worker runs it. */
function renderOn(worker: string) {
  const render = activity("render", (film: string) => `${film} on the ${worker} worker`);
  return workflow("film", { version: "1" }, (ctx, film: string) => ctx.run(render, film));
}

const folder = mkdtempSync(join(tmpdir(), "maestro-queues-"));
const runtime = await createRuntime();
const open = () => openStorage(`sqlite:${join(folder, "runs.db")}`);

const small = createWorker({ runtime, storage: await open(), workflows: [renderOn("small")] });
const large = createWorker({
  runtime,
  storage: await open(),
  workflows: [renderOn("large")],
  queues: ["gpu", "night"],
});
const client = createClient({ runtime, storage: await open() });

const film = renderOn("no");
const runs = await Promise.all([
  client.start(film, { input: "a trailer" }),
  client.start(film, { input: "a film", queue: "gpu" }),
  client.start(film, { input: "a series", queue: "night" }),
]);
for (const { output } of await Promise.all(runs.map((run) => run.result()))) console.log(output);

await Promise.all([small.close(), large.close()]);
await client.close();
rmSync(folder, { recursive: true });
