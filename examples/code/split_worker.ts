// Client and worker apart, as two processes would have them: the client starts runs and asks about them, the worker drives them.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { activity, createClient, createRuntime, createWorker, openStorage, query, signal, workflow } from "maestro";

const greet = activity("greet", (name: string) => `Hello ${name}`);
const named = signal<string>("named");
const guests = query<number>("guests");

const party = workflow("party", { version: "1" }, async (ctx, places: number) => {
  const greetings: string[] = [];
  ctx.onQuery(guests, () => greetings.length);
  while (greetings.length < places) greetings.push(await ctx.run(greet, await ctx.receive(named)));
  return greetings;
});

const folder = mkdtempSync(join(tmpdir(), "maestro-split-"));
const runtime = await createRuntime();
const open = () => openStorage(`sqlite:${join(folder, "runs.db")}`);

const client = createClient({ runtime, storage: await open() });
client.register(party);
const run = await client.start(party, { id: "party", input: 2 });
console.log("waits for a worker:", (await client.find("party"))?.status);

const worker = createWorker({ runtime, storage: await open(), workflows: [party] });
await run.signal(named, "Ada");
await run.signal(named, "Grace");
console.log((await run.result()).output?.join(", "));
console.log("guests:", await run.query(guests));

await worker.close();
await client.close();
rmSync(folder, { recursive: true });
