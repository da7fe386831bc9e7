// What surrounds the program where a run is started, here the tenant, surrounds the activities too, and those of child workflows.
import { AsyncLocalStorage } from "node:async_hooks";
import { activity, type ContextPropagator, createMaestro, createRuntime, workflow } from "maestro";

const tenant = new AsyncLocalStorage<string>();

const propagator: ContextPropagator = {
  capture: () => ({ tenant: tenant.getStore() ?? "nobody" }),
  restore: (context, run) => tenant.run(context["tenant"] ?? "nobody", run),
};

const whose = activity("whose", () => tenant.getStore());

const child = workflow("child", { version: "1" }, (ctx) => ctx.run(whose));
const parent = workflow("parent", { version: "1", children: [child] }, async (ctx) => [
  ctx.context["tenant"],
  await ctx.run(whose),
  await ctx.child(child, undefined),
]);

const maestro = createMaestro({ runtime: await createRuntime(), propagators: [propagator] });
const run = await tenant.run("acme", () => maestro.start(parent));
console.log((await run.result()).output?.join(" "));
await maestro.close();
