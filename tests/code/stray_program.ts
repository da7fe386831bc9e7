import process from "node:process";
import { activity } from "../../src/code/activity.ts";
import { workflow } from "../../src/code/workflow.ts";
import { createMaestro } from "../../src/maestro.ts";
import { createRuntime } from "../../src/runtime/create_runtime.ts";

const failing = activity("failing", () => {
  throw new Error("boom");
});

/** A branch that nobody awaits yet rejects, with an error of the engine's or of the program's own. */
const branches = workflow("branches", { version: "1" }, async (ctx, isOwn: boolean) => {
  const branch = async (): Promise<void> => {
    await ctx.run(failing).catch((error) => {
      throw isOwn ? new Error("mine") : error;
    });
  };
  const one = branch();
  const any = Promise.any([ctx.run(failing), ctx.run(failing)]);
  await ctx.sleep(30);
  return [await one.catch((error) => error.message), await any.catch((error) => error.name)];
});

/** Asks for something long after its turn. */
const foreign = workflow("foreign", { version: "1" }, async (ctx) => {
  void (async () => {
    await new Promise((resolve) => setTimeout(resolve, 10));
    await ctx.run(failing);
  })();
  await ctx.sleep("1h");
});

/** As a program: runs workflows with stray rejections, then leaves one of its own. */
async function main(plan: readonly string[]): Promise<void> {
  const maestro = createMaestro({ runtime: await createRuntime() });
  if (plan.includes("listener")) process.on("unhandledRejection", (reason) => console.log("heard", String(reason)));
  if (plan.includes("run")) {
    const { output } = await (await maestro.start(branches, { input: plan.includes("own") })).result();
    console.log(JSON.stringify(output));
    const { pause } = await (await maestro.start(foreign)).result();
    console.log(pause?.reason);
  }
  if (plan.includes("foreign")) void Promise.reject(new Error("of the program"));
  await new Promise((resolve) => setTimeout(resolve, 50));
  console.log("goes on");
  await maestro.close();
}

await main(process.argv.slice(2));
