// A workflow sends signals to the child that it has started, and the child to its parent.
import { createMaestro, createRuntime, signal, workflow } from "maestro";

const question = signal<{ from: string; text: string }>("question");
const answer = signal<string>("answer");

const oracle = workflow("oracle", { version: "1" }, async (ctx) => {
  const { from, text } = await ctx.receive(question);
  await ctx.signalRun(from, answer, `${text} Perhaps.`);
  return "has spoken";
});

const pilgrim = workflow("pilgrim", { version: "1", children: [oracle] }, async (ctx) => {
  const child = ctx.startChild(oracle, undefined);
  await child.signal(question, { from: ctx.runId, text: "Will it rain?" });
  const heard = await ctx.receive(answer);
  return `${heard} The oracle ${await child.result}.`;
});

const maestro = createMaestro({ runtime: await createRuntime() });
console.log((await (await maestro.start(pilgrim)).result()).output);
await maestro.close();
