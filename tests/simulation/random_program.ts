import type { JsonObject } from "../../src/base/json.ts";
import { type LoadedWorkflow, loadWorkflow } from "../../src/load_workflow.ts";
import { Chance } from "./chance.ts";
import type { Program } from "./program.ts";
import { StepWriter } from "./step_writer.ts";

/** Writes the random program of a seed, and loads it as any other workflow. */
export async function randomProgram(seed: string): Promise<Program> {
  const chance = new Chance(`program ${seed}`);
  const writer = new StepWriter(chance);
  const documents: Record<string, JsonObject> = {};
  const children: string[] = [];
  const count = Number(chance.weighted({ "0": 5, "1": 4, "2": 1 }));
  while (children.length < count) {
    const name = `child${children.length}`;
    // A child may only start those that are there already: no workflow starts itself.
    documents[name] = document(name, writer, chance, children);
    children.push(name);
  }
  documents["main"] = document("main", writer, chance, children);
  const main = await load(documents);
  if (chance.happens(0.08)) writer.looseness.add("cancel");
  return {
    main,
    workflows: byHash(main),
    documents,
    scripts: writer.scripts,
    signals: writer.signals,
    compensated: writer.compensated,
    looseness: writer.looseness,
    cancelAt: writer.looseness.has("cancel") ? chance.between(0, 4_000) : undefined,
    pastPivot: chance.pick(["resume", "resume", "cancel"]),
    compensates: chance.happens(0.5),
  };
}

function document(name: string, writer: StepWriter, chance: Chance, children: readonly string[]): JsonObject {
  const isMain = name === "main";
  const limit = chance.happens(0.06) ? chance.pick(["500ms", "2s", "6s"]) : undefined;
  if (limit !== undefined) writer.looseness.add("timeout");
  const steps = writer.steps({
    workflow: name,
    children,
    depth: 0,
    isTop: true,
    mayPivot: isMain,
    size: isMain ? 4 : 2,
  });
  return {
    name,
    version: "1",
    ...(limit === undefined ? {} : { timeout: limit }),
    services: { svc: { type: "function", endpoint: "local", circuit_breaker: false } },
    steps,
    ...(chance.happens(0.3) ? { compensation: { order: "parallel" } } : {}),
    ...(chance.happens(0.2) ? { finally: [writer.plainCall()] } : {}),
  };
}

async function load(documents: Readonly<Record<string, JsonObject>>): Promise<LoadedWorkflow> {
  const encoder = new TextEncoder();
  const readFile = (path: string): Promise<Uint8Array> => {
    const text = documents[path.replace(/\.ya?ml$/, "")];
    if (text === undefined) return Promise.reject(Object.assign(new Error("no such file"), { code: "ENOENT" }));
    return Promise.resolve(encoder.encode(JSON.stringify(text)));
  };
  const source = { file: "main.yaml", text: JSON.stringify(documents["main"]) };
  const { workflow, diagnostics } = await loadWorkflow(source, { readFile });
  if (workflow !== undefined) return workflow;
  throw new Error(`${JSON.stringify(diagnostics, null, 2)}\n${JSON.stringify(documents, null, 2)}`);
}

function byHash(workflow: LoadedWorkflow, found = new Map<string, LoadedWorkflow>()): Map<string, LoadedWorkflow> {
  found.set(workflow.hash, workflow);
  for (const child of workflow.children.values()) byHash(child, found);
  return found;
}
