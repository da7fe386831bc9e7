// A process must know the workflows whose runs it goes on with. Two versions of one stand side by side: each run keeps to its own.
import { createMaestro, createRuntime, openStorage, signal, workflow } from "maestro";

const go = signal("go");

const greetOld = workflow("greet", { version: "1" }, async (ctx, name: string) => {
  await ctx.receive(go);
  return `Good day, ${name}`;
});
const greetNew = workflow("greet", { version: "2" }, async (ctx, name: string) => {
  await ctx.receive(go);
  return `Hi ${name}`;
});

const maestro = createMaestro({ runtime: await createRuntime(), storage: await openStorage("memory:") });
maestro.register(greetOld, greetNew);
const before = await maestro.start(greetOld, { input: "Ada" });
const after = await maestro.start(greetNew, { input: "Ada" });
for (const run of [before, after]) {
  await run.signal(go);
  const { version, output } = await run.result();
  console.log(version, output);
}
try {
  maestro.register(workflow("greet", { version: "2" }, (_ctx, name: string) => `Hello ${name}`));
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
}
await maestro.close();
