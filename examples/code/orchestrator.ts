// Client and worker in one: `createMaestro` starts runs and drives them. `split_worker.ts` has them apart.
import { createMaestro, createRuntime, openStorage, query, signal, workflow } from "maestro";

const progress = query<{ done: number; of: number }>("progress");
const packed = signal<string>("packed");

const parcel = workflow("parcel", { version: "1" }, async (ctx, items: readonly string[]) => {
  const done: string[] = [];
  ctx.onQuery(progress, () => ({ done: done.length, of: items.length }));
  while (done.length < items.length) done.push(await ctx.receive(packed));
  return done;
});

const maestro = createMaestro({ runtime: await createRuntime(), storage: await openStorage("memory:") });
const run = await maestro.start(parcel, { id: "parcel-1", input: ["tea", "cake"], attributes: { city: "Bern" } });
await run.signal(packed, "tea");
console.log(JSON.stringify(await run.query(progress)));
for await (const { id, status } of maestro.list({ attributes: { city: "Bern" } })) console.log(id, status);
await run.signal(packed, "cake");
console.log((await run.result()).output?.join(", "));
await maestro.close();
