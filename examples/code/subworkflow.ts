// Child workflows: runs of their own, with an id and a journal, whose output or failure comes back to the parent.
import { activity, ChildRunFailedError, createMaestro, createRuntime, workflow } from "maestro";

const print = activity("print", (item: string) => {
  if (item === "") throw new Error("There is nothing to print");
  return `label for ${item}`;
});

const label = workflow("label", { version: "1" }, (ctx, item: string) => ctx.run(print, item));

const parcels = workflow("parcels", { version: "1", children: [label] }, async (ctx, items: readonly string[]) => {
  const labels = await Promise.all(items.map((item) =>
    ctx.child(label, item).catch((error: unknown) => {
      if (error instanceof ChildRunFailedError) return "no label";
      throw error;
    })
  ));
  return labels.join(", ");
});

const maestro = createMaestro({ runtime: await createRuntime() });
const run = await maestro.start(parcels, { id: "monday", input: ["tea", "cake", ""] });
console.log((await run.result()).output);
const children: string[] = [];
for await (const child of maestro.list({ parent: run.id })) children.push(`${child.workflow} ${child.status}`);
console.log(children.sort().join(", "));
await maestro.close();
