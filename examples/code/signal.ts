// A workflow waits for signals: one with a time limit, and one after the other.
import { createMaestro, createRuntime, signal, TimeoutError, workflow } from "maestro";

const line = signal<{ item: string; count: number }>("line");
const paid = signal<number>("paid");

const order = workflow("order", { version: "1" }, async (ctx, input: { patience: string }) => {
  let count = 0;
  for await (const added of ctx.stream(line)) {
    count += added.count;
    if (added.item === "that is all") break;
  }
  try {
    const amount = await ctx.receive(paid, { timeout: input.patience });
    return `${count} things for ${amount}`;
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    return `${count} things, not paid in time`;
  }
});

const maestro = createMaestro({ runtime: await createRuntime() });
// Starts the run unless it is there, and sends the signal: whoever comes first.
const options = { id: "order-1", input: { patience: "24h" }, signal: line, data: { item: "tea", count: 2 } };
const run = await maestro.signalWithStart(order, options);
await run.signal(line, { item: "that is all", count: 0 });
await run.signal(paid, 6);
console.log((await run.result()).output);

const late = await maestro.start(order, { input: { patience: "10ms" } });
await late.signal(line, { item: "that is all", count: 1 });
console.log((await late.result()).output);
await maestro.close();
