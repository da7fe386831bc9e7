// Three nodes in a row: each is given the output of the one before.
import { createMaestro, createRuntime, dag } from "maestro";

const pages: Readonly<Record<string, string>> = { "/news": "rain at noon, sun at four" };
const saved = new Map<string, readonly string[]>();

const simple = dag("fetch_process_save", { version: "1" })
  .input<{ path: string }>()
  .node("fetch").action(({ input }) => pages[input.path] ?? "")
  .node("process").dependsOn("fetch").action(({ fetch: text }) => text.split(", "))
  .node("save").dependsOn("process").action(({ input, process: lines }) => saved.set(input.path, lines).size)
  .output(({ process: lines }) => lines)
  .build();

const maestro = createMaestro({ runtime: await createRuntime() });
const run = await maestro.start(simple, { input: { path: "/news" } });
const { status, output } = await run.result();
console.log(status, output?.join(" | "), saved.size);
await maestro.close();
