import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { dag } from "../../src/dag/create_dag.ts";
import type { NodeDefinition } from "../../src/dag/node_definition.ts";
import type { Entry, JournalTurn } from "../../src/engine/journal.ts";
import { MemoryStorage } from "../../src/storage/memory_storage.ts";
import { randomGraph, type RandomNode } from "./random_graph.ts";
import { runDag, testMaestro } from "./run_dag.ts";

/** Entries that replay ignores. */
const NOTES = new Set([
  "step_skipped",
  "block_opened",
  "block_closed",
  "attempt_started",
  "attempt_failed",
  "rollback_started",
]);

type Functions = Readonly<Record<string, (given: unknown, call: { readonly attempt: number }) => unknown>>;

/** A journal without its header and notes, turn by turn. */
function facts(journal: readonly JournalTurn[]): readonly (readonly Entry[])[] {
  const turns = journal.map(({ entries }) => entries.filter(({ type }) => type !== "run_started" && !NOTES.has(type)));
  return JSON.parse(JSON.stringify(turns));
}

async function runYaml(text: string, functions: Functions): Promise<readonly (readonly Entry[])[]> {
  const storage = new MemoryStorage();
  const maestro = testMaestro({ storage, functions: { shop: functions } });
  const { workflow, diagnostics } = await maestro.load({ file: "shop.yaml", text });
  assert(workflow !== undefined, JSON.stringify(diagnostics));
  const run = await maestro.start(workflow, { input: { n: 1 } });
  await run.result();
  const { turns: journal } = await storage.readJournal({ runId: run.id });
  await maestro.close();
  return facts(journal);
}

function yamlOf(nodes: readonly RandomNode[], failFast: boolean, attempts: number): string {
  const steps = nodes.map(({ name, dependsOn, fate, canBeUndone }) => {
    const given = ["input", ...dependsOn].map((other) => `${other}: "{{ .${other} }}"`);
    const error = 'error: "{{ .error }}"';
    return [
      `      - id: ${name}`,
      `        service: shop`,
      `        method: ${name}`,
      `        output: ${name}`,
      `        depends_on: [${dependsOn.join(", ")}]`,
      `        input: { ${given.join(", ")} }`,
      `        retry: { attempts: ${attempts}, initial: 1ms }`,
      fate === "skips" ? `        when: "{{ .input.n > 1 }}"` : "",
      canBeUndone
        ? `        compensate: { method: ${name}.compensate, input: { ${
          [...given, `${name}: "{{ .${name} }}"`, error].join(", ")
        } } }`
        : "",
    ].filter((line) => line !== "").join("\n");
  });
  return `name: shop
version: "1"
services: { shop: { type: function, endpoint: local, circuit_breaker: false } }
steps:
  - id: dag
    max_concurrency: 10
    fail_fast: ${failFast}
    dag:
${steps.join("\n")}
`;
}

function functionsOf(nodes: readonly RandomNode[], isFlaky: boolean): Functions {
  return Object.fromEntries(nodes.flatMap(({ name, fate }) => {
    const work = (given: unknown, { attempt }: { readonly attempt: number }): unknown => {
      if (fate === "fails") throw Object.assign(new Error(name), { code: "E_NO" });
      if (attempt === 1 && isFlaky && name.endsWith("3")) throw new Error("again");
      return { name, seen: Object.keys(given as object).length };
    };
    return [[name, work], [`${name}.compensate`, () => null]];
  }));
}

async function bothJournals(nodes: readonly RandomNode[], failFast: boolean, attempts: number): Promise<Both> {
  const functions = functionsOf(nodes, attempts > 1);
  const definitions = nodes.map(({ name, dependsOn, fate, canBeUndone }): NodeDefinition => ({
    name,
    dependsOn,
    action: functions[name]!,
    retry: { attempts, initial: "1ms" },
    ...(fate === "skips" ? { when: ({ input }) => (input as { readonly n: number }).n > 1 } : undefined),
    ...(canBeUndone ? { compensate: functions[`${name}.compensate`]! } : undefined),
  }));
  const graph = dag("shop", { version: "1", maxConcurrency: 10, failFast }).nodes(definitions).build();
  const { journal } = await runDag(graph, { n: 1 });
  return { built: facts(journal), written: await runYaml(yamlOf(nodes, failFast, attempts), functions) };
}

interface Both {
  readonly built: readonly (readonly Entry[])[];
  readonly written: readonly (readonly Entry[])[];
}

describe("a DAG and a document that say the same", () => {
  it("have the same journal, turn by turn, but for header and notes", async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph({ most: 25, hasTrouble: true }), fc.boolean(), async (nodes, failFast) => {
        const { built, written } = await bothJournals(nodes, failFast, 1);
        assert.deepEqual(built, written);
      }),
      { numRuns: 25 },
    );
  });

  it("have the same with retries, but for the order of what waits for timers", async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph({ most: 15, hasTrouble: true }), async (nodes) => {
        const { built, written } = await bothJournals(nodes, false, 2);
        assert.deepEqual(sorted(built), sorted(written));
      }),
      { numRuns: 15 },
    );
  });
});

/** All entries, in an order of their own. */
function sorted(turns: readonly (readonly Entry[])[]): readonly string[] {
  return turns.flat().map((entry) => JSON.stringify(entry)).sort();
}
