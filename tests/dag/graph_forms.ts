import assert from "node:assert/strict";
import type { JsonValue } from "../../src/base/json.ts";
import { dag } from "../../src/dag/create_dag.ts";
import type { NodeDefinition } from "../../src/dag/node_definition.ts";
import { RetryableError } from "../../src/engine/author_errors.ts";
import type { Entry, JournalTurn } from "../../src/engine/journal.ts";
import type { LoadedWorkflow } from "../../src/load_workflow.ts";
import type { Maestro, RunHandle, RunResult } from "../../src/maestro.ts";
import { MemoryStorage } from "../../src/storage/memory_storage.ts";
import type { RandomNode } from "./random_graph.ts";
import { runDag, testMaestro } from "./run_dag.ts";

/** A node that can be written in each of the forms. */
export interface FormNode extends Pick<RandomNode, "name" | "dependsOn" | "canBeUndone"> {
  /** What becomes of it; what is flaky works at its third attempt. */
  readonly fate: RandomNode["fate"] | "flaky";
}

/** A graph that can be written in each of the forms. */
export interface FormGraph {
  readonly nodes: readonly FormNode[];
  readonly failFast: boolean;
  /** How often each node is tried. */
  readonly attempts: number;
  /** In whose shape the document hands to compensations what they need. @default "dag" */
  readonly undo?: "dag" | "code" | undefined;
}

/** What nodes do: by method. */
export type Functions = Readonly<Record<string, (given: unknown, call: { readonly attempt: number }) => unknown>>;

/** What a run came to, in one of the forms. */
export interface FormRun {
  readonly result: Pick<RunResult, "status" | "output" | "error" | "rollback">;
  readonly facts: readonly (readonly Entry[])[];
}

/** Entries that replay ignores. */
const NOTES = new Set([
  "step_skipped",
  "block_opened",
  "block_closed",
  "attempt_started",
  "attempt_failed",
  "rollback_started",
]);

/** A journal without its header and notes, turn by turn. */
function facts(journal: readonly JournalTurn[]): readonly (readonly Entry[])[] {
  const turns = journal.map(({ entries }) => entries.filter(({ type }) => type !== "run_started" && !NOTES.has(type)));
  return JSON.parse(JSON.stringify(turns.filter((entries) => entries.length > 0)));
}

/** What is there, and what is done, while a run is under way. */
export interface Surroundings {
  readonly functions?: Functions | undefined;
  /** The texts of documents that others start, by file. */
  readonly files?: Readonly<Record<string, string>> | undefined;
  readonly act?: ((maestro: Maestro, run: RunHandle<unknown>) => Promise<void>) | undefined;
}

/** Starts a run in a Maestro of its own and follows it to its end. */
export async function playForm(
  start: (maestro: Maestro) => Promise<RunHandle>,
  { functions = {}, files, act }: Surroundings = {},
): Promise<FormRun> {
  const storage = new MemoryStorage();
  const maestro = testMaestro({ storage, functions: { shop: functions } }, files);
  try {
    const run = await start(maestro);
    await act?.(maestro, run);
    const { status, output, error, rollback } = await run.result();
    const { turns } = await storage.readJournal({ runId: run.id });
    return { result: { status, output, error, rollback }, facts: facts(turns) };
  } finally {
    await maestro.close();
  }
}

/** Runs a document. */
export function runYaml(text: string, around: Surroundings): Promise<FormRun> {
  return playForm(async (maestro) => {
    return await maestro.start(await load(maestro, "shop.yaml", text), { input: { n: 1 }, id: "r1" });
  }, around);
}

/** Loads a document, which must be sound. */
export async function load(maestro: Maestro, file: string, text: string): Promise<LoadedWorkflow> {
  const { workflow, diagnostics } = await maestro.load({ file, text });
  assert(workflow !== undefined, JSON.stringify(diagnostics));
  return workflow;
}

/** Runs a graph that the builder makes. */
export async function runBuilt({ nodes, failFast, attempts }: FormGraph): Promise<FormRun> {
  const functions = functionsOf(nodes, attempts > 1);
  const definitions = nodes.map(({ name, dependsOn, fate, canBeUndone }): NodeDefinition => ({
    name,
    dependsOn,
    action: functions[name]!,
    retry: { attempts, initial: "1ms" },
    ...(fate === "skips" ? { when: ({ input }) => (input as { readonly n: number }).n > 1 } : undefined),
    ...(canBeUndone ? { compensate: functions[`${name}.compensate`]! } : undefined),
  }));
  const graph = dag("shop", { version: "1", maxConcurrency: 100, failFast }).nodes(definitions).build();
  const { result: { status, output, error, rollback }, journal } = await runDag(graph, { n: 1 });
  return { result: { status, output: output as JsonValue, error, rollback }, facts: facts(journal) };
}

/** The document that says what the graph does. */
export function yamlOf({ nodes, failFast, attempts, undo = "dag" }: FormGraph): string {
  const steps = nodes.map(({ name, dependsOn, fate, canBeUndone }) => {
    const given = ["input", ...dependsOn].map((other) => `${other}: "{{ .${other} }}"`).join(", ");
    const toUndo = undo === "dag"
      ? `${given}, ${name}: "{{ .${name} }}"`
      : `input: { ${given} }, output: "{{ .${name} }}"`;
    return [
      `      - id: ${name}`,
      `        service: shop`,
      `        method: ${name}`,
      `        output: ${name}`,
      `        depends_on: [${dependsOn.join(", ")}]`,
      `        input: { ${given} }`,
      `        retry: { attempts: ${attempts}, initial: 1ms }`,
      fate === "skips" ? `        when: "{{ .input.n > 1 }}"` : "",
      canBeUndone
        ? `        compensate: { method: ${name}.compensate, input: { ${toUndo}, error: "{{ .error }}" } }`
        : "",
    ].filter((line) => line !== "").join("\n");
  });
  return `name: shop
version: "1"
services: { shop: { type: function, endpoint: local, circuit_breaker: false } }
steps:
  - id: dag
    max_concurrency: 100
    fail_fast: ${failFast}
    dag:
${steps.join("\n")}
`;
}

/** What the nodes do. */
export function functionsOf(nodes: readonly FormNode[], isFlaky: boolean): Functions {
  return Object.fromEntries(nodes.flatMap(({ name, fate }) => {
    const work = (given: unknown, { attempt }: { readonly attempt: number }): unknown => {
      if (fate === "fails") throw Object.assign(new Error(name), { code: "E_NO" });
      if (fate === "flaky" && attempt < 3) throw new RetryableError("again");
      if (attempt === 1 && isFlaky && name.endsWith("3")) throw new Error("again");
      return { name, seen: Object.keys(given as object).length };
    };
    return [[name, work], [`${name}.compensate`, () => null]];
  }));
}

/** All entries, in an order of their own: what waits for timers comes in any. */
export function sorted(turns: readonly (readonly Entry[])[]): readonly string[] {
  return turns.flat().map((entry) => JSON.stringify(entry)).sort();
}
