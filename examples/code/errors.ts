// What an error means: `TerminalError` is for good, `RetryableError` may pass, any other leaves it open whether there was an effect.
import {
  activity,
  createMaestro,
  createRuntime,
  RetryableError,
  StepFailedError,
  TerminalError,
  workflow,
} from "maestro";

const charge = activity("charge", (card: string, { attempt }) => {
  if (card === "expired") throw new TerminalError("The card has expired", { code: "card_expired", details: { card } });
  if (attempt < 3) throw new RetryableError("The card network is busy", { code: "busy" });
  return `paid at attempt ${attempt}`;
}, { retry: { attempts: 5, initial: "1ms" } });

const pay = workflow("pay", { version: "1" }, async (ctx, card: string) => {
  try {
    return await ctx.run(charge, card);
  } catch (error) {
    if (!(error instanceof StepFailedError) || error.failure.code !== "card_expired") throw error;
    return `asks for another card after ${error.attempts} attempt: ${error.failure.message}`;
  }
});
const strict = workflow("strict", { version: "1" }, (ctx, card: string) => ctx.run(charge, card));

const maestro = createMaestro({ runtime: await createRuntime() });
console.log((await (await maestro.start(pay, { input: "good" })).result()).output);
console.log((await (await maestro.start(pay, { input: "expired" })).result()).output);
const { status, error } = await (await maestro.start(strict, { input: "expired" })).result();
console.log(status, error?.code, error?.step, JSON.stringify(error?.details));
await maestro.close();
