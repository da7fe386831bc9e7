// A workflow that goes on for ever: it begins anew now and then, with a state of its own, so that its journal stays short.
import { createMaestro, createRuntime, signal, workflow } from "maestro";

interface Counter {
  readonly sum: number;
  readonly lives: number;
}

const add = signal<number>("add");

const counter = workflow("counter", { version: "1" }, async (ctx, { sum, lives }: Counter) => {
  let total = sum;
  for (let taken = 0; taken < 2; taken++) {
    const amount = await ctx.receive(add);
    if (amount === 0) return { total, lives };
    total += amount;
  }
  return ctx.continueAsNew({ sum: total, lives: lives + 1 });
});

const maestro = createMaestro({ runtime: await createRuntime() });
const run = await maestro.start(counter, { input: { sum: 0, lives: 1 } });
for (const amount of [1, 2, 3, 4, 5, 0]) await run.signal(add, amount);
const { status, output } = await run.result();
console.log(status, JSON.stringify(output));
await maestro.close();
