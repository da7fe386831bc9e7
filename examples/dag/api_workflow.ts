// Calls of an API, five nodes, with what may go wrong with them: `node examples/dag/api_workflow.ts [busy | denied | slow | down]`.
import process from "node:process";
import { createMaestro, createRuntime, dag, RetryableError, TerminalError } from "maestro";

const trouble = process.argv[2];

/** Stands for a request over the network. */
async function request<T>(
  path: string,
  answer: T,
  { attempt, signal }: { attempt: number; signal: AbortSignal },
): Promise<T> {
  if (trouble === "busy" && path === "/profile" && attempt < 3) {
    throw new RetryableError("Too many requests", { code: "busy" });
  }
  if (trouble === "denied" && path === "/login") throw new TerminalError("Wrong password", { code: "denied" });
  if (trouble === "down" && path === "/orders") throw new RetryableError("Nobody answers", { code: "down" });
  if (trouble === "slow" && path === "/tips") {
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  }
  return answer;
}

const retry = { attempts: 3, initial: "1ms" };
const workflow = dag("api_workflow", { version: "1", timeout: "10s" })
  .input<{ user: string }>()
  .node("login").action(({ input }, call) => request("/login", `token of ${input.user}`, call))
  .node("profile").dependsOn("login").retry(retry).action((_given, call) => request("/profile", { name: "Ada" }, call))
  .node("orders").dependsOn("login").retry(retry).action((_given, call) => request("/orders", ["tea", "cake"], call))
  .node("tips").dependsOn("login").timeout(20).onError("continue").action((_given, call) =>
    request("/tips", "a pot", call)
  )
  .node("page").dependsOn("profile", "orders", "tips")
  .action(({ profile, orders, tips }) => `${profile.name}: ${orders.join(", ")}; ${tips ?? "no tip today"}`)
  .output(({ page }) => page)
  .build();

const maestro = createMaestro({ runtime: await createRuntime() });
const run = await maestro.start(workflow, { input: { user: "ada" } });
const { status, output, error, steps } = await run.result();
console.log(status, output ?? `${error?.code} in ${error?.step}`);
for (const { id, kind, status: outcome, attempts } of steps) {
  if (kind === "call") console.log(`  ${id}: ${outcome}, ${attempts}`);
}
await maestro.close();
