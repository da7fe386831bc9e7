// Activities need no registration: a workflow names the function itself. What they work with is handed to the function that makes them.
import { activity, createMaestro, createRuntime, workflow } from "maestro";

interface Warehouse {
  readonly stock: Map<string, number>;
}

function createActivities(warehouse: Warehouse) {
  return {
    count: activity("count", (item: string) => warehouse.stock.get(item) ?? 0),
    take: activity("take", (item: string) => {
      const left = (warehouse.stock.get(item) ?? 0) - 1;
      warehouse.stock.set(item, left);
      return left;
    }),
  };
}

const { count, take } = createActivities({ stock: new Map([["tea", 3]]) });

const order = workflow("order", { version: "1" }, async (ctx, item: string) => {
  const before = await ctx.run(count, item);
  const after = await ctx.run(take, item);
  return `${item}: ${before}, then ${after}`;
});

const maestro = createMaestro({ runtime: await createRuntime() });
const run = await maestro.start(order, { input: "tea" });
console.log((await run.result()).output);
await maestro.close();
