// A workflow in code: activities called one after the other, a value of one in the next.
import { activity, createMaestro, createRuntime, workflow } from "maestro";

const add = activity("add", ({ a, b }: { a: number; b: number }) => a + b);
const show = activity("show", (sum: number) => `The sum is ${sum}`);

const simple = workflow("simple", { version: "1" }, async (ctx, input: { a: number; b: number }) => {
  const sum = await ctx.run(add, input);
  return await ctx.run(show, sum);
});

const maestro = createMaestro({ runtime: await createRuntime() });
const run = await maestro.start(simple, { input: { a: 35, b: 7 } });
const { status, output } = await run.result();
console.log(status, output);
await maestro.close();
