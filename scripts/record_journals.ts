/**
 * Records the journals that `tests/journals` replays: `node scripts/record_journals.ts v1`.
 *
 * A folder that has been released is never recorded again: journals of every version are replayed for ever.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import type { JsonValue } from "../src/base/json.ts";
import { encodeTurn } from "../src/engine/journal_format.ts";
import { createMaestro } from "../src/maestro.ts";
import { createRuntime } from "../src/runtime/create_runtime.ts";
import { MemoryStorage } from "../src/storage/memory_storage.ts";
import { RECORDED, type RecordedWorkflow } from "../tests/journals/workflows.ts";

const [version = "v1"] = process.argv.slice(2);
const folder = new URL(`../tests/journals/${version}/`, import.meta.url);
mkdirSync(folder, { recursive: true });
for (const workflow of RECORDED) await record(workflow);

async function record(
  { name, text, children = {}, input = {}, failing = [], signals = [], isCancelled }: RecordedWorkflow,
): Promise<void> {
  const storage = new MemoryStorage();
  const readFile = (path: string): Promise<Uint8Array> => {
    const child = children[path.slice(path.lastIndexOf("/") + 1)];
    if (child === undefined) return Promise.reject(Object.assign(new Error("no such file"), { code: "ENOENT" }));
    return Promise.resolve(new TextEncoder().encode(child));
  };
  const answer = (method: string): () => JsonValue => () => {
    if (failing.includes(method)) throw Object.assign(new Error(`${method} fails`), { code: "INVALID_ARGUMENT" });
    return { did: method };
  };
  const texts = [text, ...Object.values(children)].join("");
  const methods = [...texts.matchAll(/method: (\w+)/g)].map(([, method]) => method!);
  const maestro = createMaestro({
    runtime: { ...(await createRuntime()), readFile },
    storage,
    functions: { svc: Object.fromEntries(methods.map((method) => [method, answer(method)])) },
  });
  const { workflow, diagnostics } = await maestro.load({ file: `${name}.yaml`, text });
  if (workflow === undefined) throw new Error(JSON.stringify(diagnostics));
  const run = await maestro.start(workflow, { input, id: name });
  for (const signal of signals) await maestro.signal(name, signal);
  if (isCancelled === true) await maestro.cancel(name);
  await run.result();
  const { runs } = await storage.listRuns({ limit: 100 });
  for (const { id, internalId, status, definition } of runs) {
    const turns = (await storage.readJournal({ runId: id })).turns.map((turn) => encodeTurn(turn));
    const bundle = await storage.readDefinition({ hash: definition });
    const file = new URL(`${id.replaceAll("/", "_")}.json`, folder);
    writeFileSync(file, `${JSON.stringify({ id, internalId, status, bundle, turns }, null, 1)}\n`);
  }
  await maestro.close();
}
