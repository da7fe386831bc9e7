import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { MaestroError } from "../../src/base/errors.ts";
import type { DagIssue } from "../../src/dag/check_nodes.ts";
import { dag } from "../../src/dag/create_dag.ts";
import type { NodeState } from "../../src/dag/node_state.ts";
import type { NodeDefinition } from "../../src/dag/node_definition.ts";
import { Execution } from "../../src/engine/execution.ts";
import type { JournalTurn } from "../../src/engine/journal.ts";
import { interpretPlan } from "../../src/plan/interpret.ts";
import { sha256 } from "../../src/runtime/digest.ts";
import { drain } from "../../src/runtime/drain.ts";
import { randomGraph, type RandomNode, turns } from "./random_graph.ts";
import { runDag } from "./run_dag.ts";

const V1 = { version: "1" };

/** The sum of the outputs that a node is given, and one: the same whatever the order. */
function sum(given: Readonly<Record<string, unknown>>): number {
  return Object.values(given).reduce<number>(
    (total, value) => total + (typeof value === "number" ? value % 1e9 : 0),
    1,
  );
}

function expectedSums(nodes: readonly RandomNode[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { name, dependsOn } of nodes.toSorted((a, b) => Number(a.name.slice(1)) - Number(b.name.slice(1)))) {
    sums[name] = sum(Object.fromEntries(dependsOn.map((before) => [before, sums[before]])));
  }
  return sums;
}

describe("a random DAG", () => {
  it("calls every action once, after those of all its dependencies, and never more at a time than it may", async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph(), fc.integer({ min: 1, max: 20 }), async (nodes, maxConcurrency) => {
        const ended = new Set<string>();
        let running = 0;
        let most = 0;
        const definitions = nodes.map(({ name, dependsOn, delay }): NodeDefinition => ({
          name,
          dependsOn,
          action: async (given) => {
            most = Math.max(most, ++running);
            assert.deepEqual(Object.keys(given), ["input", ...dependsOn]);
            assert.deepEqual(dependsOn.filter((before) => !ended.has(before)), []);
            await turns(delay);
            assert(!ended.has(name));
            ended.add(name);
            running--;
            return sum(given);
          },
        }));
        const graph = dag("random", { ...V1, maxConcurrency }).nodes(definitions).build();
        const { result } = await runDag(graph, {});
        assert.equal(result.error, null);
        assert.equal(ended.size, nodes.length);
        assert(most <= maxConcurrency);
        // Whatever the order and the delays: the output is a function of the input.
        assert.deepEqual({ ...result.output }, expectedSums(nodes));
      }),
      { numRuns: 25 },
    );
  });

  it("has the same data at the end, whoever is faster", async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph({ most: 40 }), async (nodes) => {
        const play = async (delayOf: (node: RandomNode) => number): Promise<unknown> => {
          const definitions = nodes.map((node, index): NodeDefinition => ({
            name: node.name,
            dependsOn: node.dependsOn,
            action: async (_given, { data }) => {
              await turns(delayOf(node));
              const seen = data.get("last");
              data.set("last", node.name);
              data.set(`k${index % 5}`, [seen, node.name]);
              return seen;
            },
          }));
          const graph = dag("data", V1).data<Record<string, unknown>>({ last: "nobody" }).nodes(definitions)
            .output((outputs, data) => [outputs, data.snapshot()]).build();
          return (await runDag(graph, {})).result.output;
        };
        assert.deepEqual(await play(({ delay }) => delay), await play(({ delay }) => 2 - delay));
      }),
      { numRuns: 15 },
    );
  });

  it("is refused with a cycle that is there", () => {
    fc.assert(
      fc.property(randomGraph(), fc.nat(), fc.nat(), (nodes, first, second) => {
        const [from, to] = [nodes[first % nodes.length]!, nodes[second % nodes.length]!];
        const bent = nodes.map((node) => node === from ? { ...node, dependsOn: [...node.dependsOn, to.name] } : node);
        const edges = new Map(bent.map(({ name, dependsOn }) => [name, dependsOn]));
        const isCyclic = reaches(edges, to.name, from.name);
        const definitions = bent.map(({ name, dependsOn }) => ({ name, dependsOn, action: () => null }));
        try {
          dag("bent", V1).nodes(definitions).build();
          assert(!isCyclic);
        } catch (error) {
          assert(isCyclic && MaestroError.is(error, "invalid_workflow"));
          const [issue, ...others] = (error.details?.["issues"] ?? []) as readonly DagIssue[];
          assert.deepEqual([issue?.code, others], ["dependency_cycle", []]);
          const [, ring = ""] = /other: (.*)$/.exec(issue!.message) ?? [];
          const names = from === to ? [from.name, from.name] : ring.split(" → ");
          assert.equal(names[0], names.at(-1));
          for (const [index, name] of names.slice(1).entries()) assert(edges.get(names[index]!)!.includes(name));
        }
      }),
      { numRuns: 100 },
    );
  });

  it("starts nothing after it was cancelled, and tells of every node where it stands", async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph(), fc.nat({ max: 30 }), async (nodes, after) => {
        let started = 0;
        let cancel: () => void = () => undefined;
        const definitions = nodes.map(({ name, dependsOn, delay }): NodeDefinition => ({
          name,
          dependsOn,
          action: async (_given, { signal }) => {
            if (++started === after) cancel();
            await turns(delay + 1);
            signal.throwIfAborted();
          },
        }));
        const graph = dag("cancelled", { ...V1, maxConcurrency: 8 }).nodes(definitions).build();
        const { result, journal } = await runDag(graph, {}, (run) => {
          cancel = () => run.cancel();
          if (after === 0) run.cancel();
        });
        const types = journal.flatMap(({ entries }) => entries.map(({ type }) => type));
        const end = types.indexOf("cancel_requested");
        assert.equal(result.status, end === -1 ? "completed" : "cancelled");
        if (end !== -1) assert(!types.slice(end).includes("step_scheduled"));
        const states = graph.states(result);
        assert.equal(states.size, nodes.length);
        for (const { status } of states.values()) assert(["completed", "cancelled"].includes(status), status);
      }),
      { numRuns: 25 },
    );
  });
});

describe("a random DAG with errors", () => {
  it("ends every node in the state that its dependencies leave it, and replays", async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph({ most: 80, hasTrouble: true }), fc.boolean(), async (nodes, failFast) => {
        const graph = dag("troubled", { ...V1, failFast }).nodes(nodes.map(definitionOf)).build();
        const { result, journal } = await runDag(graph, {});
        const states = graph.states(result);
        const hasFailed = [...states.values()].some(({ status }) => status === "unknown");
        assert.equal(result.cause, hasFailed ? "error" : null);
        for (const node of nodes) assertState(node, states, failFast && hasFailed);
        assert.deepEqual(result.rollback.undone, hasFailed ? undoOrder(nodes, journal) : []);
        await assertReplays(graph.plan, journal);
      }),
      { numRuns: 25 },
    );
  });
});

function assertState(node: RandomNode, states: ReadonlyMap<string, NodeState>, mayBeCancelled: boolean): void {
  const { name, dependsOn, fate } = node;
  const { status, reason, dependency } = states.get(name)!;
  const blockers = dependsOn.filter((before) => {
    const state = states.get(before)!;
    return state.status === "unknown" || state.reason === "dependency";
  });
  if (blockers.length > 0) {
    assert.deepEqual([status, reason, dependency], ["skipped", "dependency", blockers[0]]);
  } else if (status === "cancelled") {
    assert(mayBeCancelled);
  } else if (fate === "skips") {
    assert.deepEqual([status, reason], ["skipped", "condition"]);
  } else {
    assert((fate === "fails" ? ["unknown"] : ["completed", "compensated"]).includes(status), status);
  }
}

function definitionOf({ name, dependsOn, fate, canBeUndone, delay }: RandomNode): NodeDefinition {
  return {
    name,
    dependsOn,
    ...(fate === "skips" ? { when: () => false } : undefined),
    ...(canBeUndone ? { compensate: () => turns(delay) } : undefined),
    action: async () => {
      await turns(delay);
      if (fate === "fails") throw new Error("no");
    },
  };
}

/** What can be undone and had completed, newest first. */
function undoOrder(nodes: readonly RandomNode[], journal: readonly JournalTurn[]): string[] {
  const undoable = new Set(nodes.filter(({ canBeUndone }) => canBeUndone).map(({ name }) => `dag/${name}`));
  const completed = journal.flatMap(({ entries }) =>
    entries.flatMap((entry) => entry.type === "step_completed" && undoable.has(entry.step) ? entry.step : [])
  );
  return completed.reverse();
}

async function assertReplays(
  plan: Parameters<typeof interpretPlan>[0],
  journal: readonly JournalTurn[],
): Promise<void> {
  const end = journal.at(-1)?.entries.at(-1);
  for (let length = journal.length; length > 0; length -= 1 + (length >> 2)) {
    const execution = new Execution({
      runId: "r",
      internalId: "r",
      definition: interpretPlan(plan),
      drain,
      digest: sha256,
    });
    const turn = await execution.replay(JSON.parse(JSON.stringify(journal.slice(0, length))));
    assert.equal(turn.stuck, undefined);
    if (length === journal.length) {
      assert.deepEqual(JSON.parse(JSON.stringify(turn.finished)), JSON.parse(JSON.stringify(end)));
    }
  }
}

function reaches(edges: ReadonlyMap<string, readonly string[]>, from: string, to: string): boolean {
  const found = new Set([from]);
  for (const name of found) for (const next of edges.get(name)!) found.add(next);
  return found.has(to);
}
