// Five ways to deal with errors: try again, give up in time, ask what went wrong, go another way, and stop asking for a while.
import { createMaestro, createRuntime, dag, type NodeMiddleware, RetryableError, TerminalError } from "maestro";

const BREAK_MS = 60_000;
const failures = new Map<string, { count: number; until: number }>();

/** After two failures of a node it is not called for a while. */
const breaker: NodeMiddleware = async (call, next) => {
  const { count, until } = failures.get(call.node) ?? { count: 0, until: 0 };
  if (Date.now() < until) throw new TerminalError(`${call.node} is out of order`, { code: "open" });
  try {
    return await next();
  } catch (error) {
    failures.set(call.node, { count: count + 1, until: count + 1 < 2 ? 0 : Date.now() + BREAK_MS });
    throw error;
  }
};

const handling = dag("error_handling", { version: "1", failFast: false })
  .node("retried").retry({ attempts: 3, initial: "1ms" }).action((_given, { attempt }) => {
    if (attempt < 3) throw new RetryableError("Not yet");
    return `at attempt ${attempt}`;
  })
  .node("timed").timeout(20).onError("continue")
  .action((_given, { signal }) =>
    new Promise<string>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
  )
  .node("picky").retry({ attempts: 3, initial: "1ms", neverOn: ["bad_input"] }).onError("continue").action(
    (): string => {
      throw new RetryableError("Three is no city", { code: "bad_input" });
    },
  )
  .node("first_choice").onError("continue").action((): string => {
    throw new TerminalError("The shop is closed");
  })
  .node("fallback").dependsOn("first_choice").when(({ first_choice: first }) => first === null).action(() =>
    "the market"
  )
  .node("guarded").use(breaker).retry({ attempts: 5, initial: "1ms" }).onError("continue").action((): string => {
    throw new RetryableError("Nobody answers");
  })
  .node("report").dependsOn("retried", "timed", "picky", "fallback", "guarded")
  .action(({ retried, timed, fallback }) => `${retried}; ${timed ?? "too slow"}; bought at ${fallback}`)
  .output(({ report }) => report)
  .build();

const maestro = createMaestro({ runtime: await createRuntime() });
const run = await maestro.start(handling, { input: {} });
const { status, output, steps } = await run.result();
console.log(status, output);
for (const { id, kind, status: outcome, attempts, error } of steps) {
  if (kind === "call") console.log(`  ${id}: ${outcome}, ${attempts}${error === null ? "" : `, ${error.code}`}`);
}
await maestro.close();
