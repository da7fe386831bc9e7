// What must hold of every DAG whose process dies, and of every rollback, with up to 200 nodes.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { dag } from "../../src/dag/create_dag.ts";
import type { Dag } from "../../src/dag/dag.ts";
import type { NodeDefinition } from "../../src/dag/node_definition.ts";
import type { JournalTurn } from "../../src/engine/journal.ts";
import type { RunResult } from "../../src/maestro.ts";
import { assertOrder, pathOf, pathsOf } from "./node_paths.ts";
import { randomGraph, type RandomNode, turns } from "./random_graph.ts";
import { runDag } from "./run_dag.ts";
import { type Death, liveTwice } from "./two_lives.ts";

const V1 = { version: "1" };

/** Somewhere in the life of a run, before or after a commit. */
const death: fc.Arbitrary<Death> = fc.record({ commits: fc.nat({ max: 60 }), arrives: fc.boolean() });

describe("a crash", () => {
  it("at any commit: the next life converges to the same end, and no completed node runs again", async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph(), death, async (nodes, where) => {
        const again = new Set<string>();
        const build = (life: string): Dag =>
          dag("crash", { ...V1, maxConcurrency: 10 }).nodes(nodes.map(({ name, dependsOn, delay }): NodeDefinition => ({
            name,
            dependsOn,
            action: async (given) => {
              await turns(delay);
              if (life === "second") again.add(pathOf(name));
              return Object.keys(given);
            },
          }))).build() as unknown as Dag;
        const { result, before, journal } = await liveTwice(build, where);
        assert.equal(result.status, "completed");
        const expected = Object.fromEntries(nodes.map(({ name, dependsOn }) => [name, ["input", ...dependsOn]]));
        assert.deepEqual({ ...result.output as object }, expected);
        const completed = pathsOf(before, "step_completed");
        for (const step of completed) assert(!again.has(step), `${step} runs again`);
        assert.equal(again.size, nodes.length - completed.length);
        assertOrder(nodes, journal);
      }),
      { numRuns: 20 },
    );
  });

  it("at any position of a rollback: the next life comes to the exact partition, and undoes nothing twice that was undone", async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph({ most: 80 }), death, fc.nat({ max: 5 }), async (nodes, where, stubborn) => {
        const again = new Set<string>();
        const build = (life: string): Dag =>
          failing(nodes, (name) => {
            if (life === "second") again.add(pathOf(name));
            if (Number(name.slice(1)) % 6 === stubborn) throw new Error("stays");
          });
        const { result, before, journal } = await liveTwice(build, where);
        for (const step of pathsOf(before, "step_completed")) {
          if (step.endsWith("/compensate")) assert(!again.has(step.slice(0, -"/compensate".length)), `${step} twice`);
        }
        assertPartition(nodes, journal, result);
      }),
      { numRuns: 20 },
    );
  });
});

describe("a rollback", () => {
  it("a node is undone strictly after every node that depends on it, and the partition is exact", async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph(), async (nodes) => {
        const undone = new Set<string>();
        const dependents = new Map<string, string[]>();
        for (const { name, dependsOn, canBeUndone } of nodes) {
          for (const before of dependsOn) {
            if (canBeUndone) dependents.set(before, [...dependents.get(before) ?? [], name]);
          }
        }
        const graph = failing(nodes, (name) => {
          for (const later of dependents.get(name) ?? []) assert(undone.has(later), `${name} before ${later}`);
          undone.add(name);
        });
        const { result, journal } = await runDag(graph, {});
        assert.equal(undone.size, nodes.filter(({ canBeUndone }) => canBeUndone).length);
        assertPartition(nodes, journal, result);
      }),
      { numRuns: 15 },
    );
  });
});

/** Everything completes but a last node that waits for all others. */
function failing(nodes: readonly RandomNode[], undo: (name: string) => void): Dag {
  const definitions = nodes.map(({ name, dependsOn, canBeUndone, delay }): NodeDefinition => ({
    name,
    dependsOn,
    action: () => turns(delay),
    ...(canBeUndone
      ? {
        compensate: async () => {
          await turns(delay);
          undo(name);
        },
        compensation: { retry: 1 },
      }
      : undefined),
  }));
  const last: NodeDefinition = {
    name: "last",
    dependsOn: nodes.map(({ name }) => name),
    action: () => {
      throw new Error("no");
    },
  };
  return dag("rollback", V1).nodes([...definitions, last]).build() as unknown as Dag;
}

/** Every node that completed and can be undone is undone, or is told of as one that could not be; the newest come first. */
function assertPartition(nodes: readonly RandomNode[], journal: readonly JournalTurn[], result: RunResult): void {
  const undoable = new Set(nodes.filter(({ canBeUndone }) => canBeUndone).map(({ name }) => pathOf(name)));
  const completed = pathsOf(journal, "step_completed").filter((step) => undoable.has(step));
  assert.equal(completed.length, undoable.size);
  const { undone, notUndone, unknown } = result.rollback;
  const left = new Set([...notUndone, ...unknown]);
  assert.deepEqual(undone, completed.toReversed().filter((step) => !left.has(step)));
  assert.equal(undone.length + notUndone.length + unknown.length, undoable.size);
  const status = undoable.size === 0 ? "failed" : left.size === 0 ? "compensated" : "compensation_failed";
  assert.equal(result.status, status);
}
