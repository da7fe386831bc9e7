// Steps at the same time: start them, then await them, with whatever the language has for it.
import { setTimeout } from "node:timers/promises";
import { activity, createMaestro, createRuntime, workflow } from "maestro";

const price = activity("price", (item: string) => item.length);
const courier = activity("courier", ({ name, ms }: { name: string; ms: number }, { signal }) => {
  return setTimeout(ms, name, { signal });
});

const compare = workflow("compare", { version: "1" }, async (ctx) => {
  const [tea, cake] = await Promise.all([ctx.run(price, "tea"), ctx.run(price, "cake")]);
  const first = await Promise.race([
    ctx.run(courier, { name: "the van", ms: 10_000 }, { id: "van" }),
    ctx.run(courier, { name: "the bicycle", ms: 1 }, { id: "bicycle" }),
  ]);
  return `${tea + cake} in all, ${first} comes first`;
});

const maestro = createMaestro({ runtime: await createRuntime() });
const run = await maestro.start(compare);
console.log((await run.result()).output);
await maestro.close();
