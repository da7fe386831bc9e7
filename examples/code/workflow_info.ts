// What a workflow knows of its own run, and what others find it by.
import { activity, createMaestro, createRuntime, workflow } from "maestro";

const note = activity("note", (_input: void, { step, attempt, runId }) => `${step}, attempt ${attempt}, of ${runId}`);

const inspect = workflow("inspect", { version: "7" }, async (ctx) => {
  const { name, version } = ctx.workflow;
  const before = ctx.journalLength;
  const noted = await ctx.run(note);
  ctx.setAttributes({ stage: "inspected" });
  const grows = ctx.journalLength > before;
  return [`${name} ${version} ${ctx.runId} ${JSON.stringify(ctx.context)} ${grows}`, noted];
});

const maestro = createMaestro({ runtime: await createRuntime() });
const run = await maestro.start(inspect, { id: "run-1", context: { by: "Ada" } });
console.log((await run.result()).output?.join("\n"));
console.log(JSON.stringify((await maestro.find("run-1"))?.attributes));
await maestro.close();
