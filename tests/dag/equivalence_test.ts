import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type FormGraph, type FormRun, functionsOf, runBuilt, runYaml, sorted, yamlOf } from "./graph_forms.ts";
import { randomGraph } from "./random_graph.ts";

async function bothRuns(graph: FormGraph): Promise<{ readonly built: FormRun; readonly written: FormRun }> {
  return {
    built: await runBuilt(graph),
    written: await runYaml(yamlOf(graph), { functions: functionsOf(graph.nodes, graph.attempts > 1) }),
  };
}

describe("a DAG and a document that say the same", () => {
  it("have the same journal, turn by turn, but for header and notes", async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph({ most: 25, hasTrouble: true }), fc.boolean(), async (nodes, failFast) => {
        const { built, written } = await bothRuns({ nodes, failFast, attempts: 1 });
        assert.deepEqual(built.facts, written.facts);
      }),
      { numRuns: 25 },
    );
  });

  it("have the same with retries, but for the order of what waits for timers", async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph({ most: 15, hasTrouble: true }), async (nodes) => {
        const { built, written } = await bothRuns({ nodes, failFast: false, attempts: 2 });
        assert.deepEqual(sorted(built.facts), sorted(written.facts));
      }),
      { numRuns: 15 },
    );
  });
});
