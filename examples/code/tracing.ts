// What happened when: the events of a run, as they come and again from its journal, make up a trace.
import { activity, createMaestro, createRuntime, type RunEvent, workflow } from "maestro";

const price = activity("price", (item: string) => item.length);
const pack = activity("pack", (item: string) => `a box of ${item}`);

const order = workflow("order", { version: "1" }, async (ctx, item: string) => {
  await ctx.run(price, item);
  await ctx.sleep(2);
  return await ctx.run(pack, item);
});

/** A step's time, from when it was asked for to when it was done. */
const begun = new Map<string, number>();
function span({ time, traceId, entry }: RunEvent): string | undefined {
  if (entry.type === "step_scheduled") begun.set(entry.step, time);
  if (entry.type !== "step_completed") return undefined;
  const isTimed = time >= (begun.get(entry.step) ?? Infinity);
  return `${entry.step} ${isTimed ? "timed" : "untimed"} ${/^[0-9a-f]{32}$/.test(traceId ?? "") ? "in a trace" : ""}`;
}

const live: string[] = [];
const maestro = createMaestro({
  runtime: await createRuntime(),
  onEvent: (event) => {
    const text = span(event);
    if (text !== undefined) live.push(text);
  },
});
const run = await maestro.start(order, { input: "tea" });
await run.result();
console.log(live.join("\n"));
const types = new Set<string>();
for await (const { entry } of run.watch()) types.add(entry.type);
console.log(types.has("run_started"), types.has("step_completed"), types.has("run_finished"));
await maestro.close();
