// Timers are kept in the store: a run may sleep for milliseconds or for months, and its process may end meanwhile.
import { activity, createMaestro, createRuntime, TimeoutError, workflow } from "maestro";

const ask = activity(
  "ask",
  (_name: string, { signal }) =>
    new Promise<string>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
);

const reminder = workflow("reminder", { version: "1" }, async (ctx, name: string) => {
  const begun = ctx.now();
  await ctx.sleep("20ms");
  await ctx.sleepUntil(begun + 30);
  const hasWaited = ctx.now() - begun >= 30;
  // What belongs to a scope is cancelled when its time is up.
  const answer = await ctx.scope((inner) => inner.run(ask, name), { timeout: 20 }).catch((error: unknown) => {
    if (error instanceof TimeoutError) return "no answer";
    throw error;
  });
  return { hasWaited, answer };
});

const maestro = createMaestro({ runtime: await createRuntime() });
const run = await maestro.start(reminder, { input: "Ada" });
console.log(JSON.stringify((await run.result()).output));
await maestro.close();
