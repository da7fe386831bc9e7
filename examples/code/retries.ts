// Attempts of a step: how many, how far apart, for which errors, and how long each may take.
import { activity, createMaestro, createRuntime, RetryableError, StepFailedError, workflow } from "maestro";

const flaky = activity("flaky", (_input: void, { attempt }) => {
  if (attempt < 3) throw new RetryableError(`Attempt ${attempt} failed`);
  return attempt;
}, { retry: { attempts: 5, initial: "1ms", factor: 2, max: "1s", jitter: 0.2 } });

const slow = activity("slow", (_input: void, { attempt, signal }) => {
  if (attempt > 1) return "in time";
  return new Promise<string>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
});

const picky = activity("picky", () => {
  throw new RetryableError("There is no such page", { code: "not_found" });
}, { retry: { attempts: 5, initial: "1ms", neverOn: ["not_found"] } });

const retries = workflow("retries", { version: "1" }, async (ctx) => {
  const attempts = await ctx.run(flaky);
  const answer = await ctx.run(slow, undefined, { attemptTimeout: 20, retry: { attempts: 2, initial: "1ms" } });
  const tries = await ctx.run(picky).catch((error: unknown) => error instanceof StepFailedError ? error.attempts : -1);
  return `${attempts} attempts, ${answer}, ${tries} try`;
});

const maestro = createMaestro({ runtime: await createRuntime() });
console.log((await (await maestro.start(retries)).result()).output);
await maestro.close();
