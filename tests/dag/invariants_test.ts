// What must hold of every DAG, with up to 200 nodes. Crashes and rollbacks are in crash_test.ts, more random graphs in properties_test.ts.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { JsonValue } from "../../src/base/json.ts";
import { dag } from "../../src/dag/create_dag.ts";
import type { Dag } from "../../src/dag/dag.ts";
import type { NodeDefinition } from "../../src/dag/node_definition.ts";
import { NodeData } from "../../src/dag/workflow_data.ts";
import type { JournalTurn } from "../../src/engine/journal.ts";
import { openStorage } from "../../src/storage/open_storage.ts";
import { ManualClock } from "../servers/manual_clock.ts";
import { withScratch } from "../storage/scratch_store.ts";
import { randomGraph, type RandomNode, turns } from "./random_graph.ts";
import { assertOrder, pathOf, pathsOf } from "./node_paths.ts";
import { runDag, testMaestro } from "./run_dag.ts";

const V1 = { version: "1" };

describe("dependency execution order", () => {
  it("every node begins strictly after all its dependencies have completed, and every action is called exactly once", async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph(), async (nodes) => {
        const completed = new Set<string>();
        const definitions = nodes.map(({ name, dependsOn, delay }): NodeDefinition => ({
          name,
          dependsOn,
          action: async () => {
            for (const before of dependsOn) assert(completed.has(before), `${name} sees ${before} completed`);
            await turns(delay);
            assert(!completed.has(name));
            completed.add(name);
          },
        }));
        const { journal } = await runDag(dag("order", V1).nodes(definitions).build(), {});
        assert.equal(completed.size, nodes.length);
        const begun = pathsOf(journal, "step_scheduled");
        const ended = pathsOf(journal, "step_completed");
        assert.deepEqual([begun.length, new Set(begun).size, new Set(ended).size], Array(3).fill(nodes.length));
        assertOrder(nodes, journal);
      }),
      { numRuns: 15 },
    );
  });

  it("the nodes that run at a time reach the limit where they can, and never exceed it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 30 }),
        async (count, maxConcurrency) => {
          let running = 0;
          let most = 0;
          const definitions = Array.from({ length: count }, (_, index): NodeDefinition => ({
            name: `n${index}`,
            action: async () => {
              most = Math.max(most, ++running);
              await turns(1);
              running--;
            },
          }));
          await runDag(dag("wide", { ...V1, maxConcurrency }).nodes(definitions).build(), {});
          assert.equal(most, Math.min(count, maxConcurrency));
        },
      ),
      { numRuns: 15 },
    );
  });
});

describe("deterministic execution", () => {
  it("a graph gives the same outputs, and leaves every node in the same status, at every repeat", async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph({ hasTrouble: true }), async (nodes) => {
        const play = async (delayOf: (node: RandomNode) => number): Promise<unknown> => {
          const graph = troubled(nodes, { failFast: false, delayOf });
          const { result } = await runDag(graph, {});
          return [result.output, [...graph.states(result)].map(([name, { status, reason }]) => [name, status, reason])];
        };
        const first = await play(({ delay }) => delay);
        assert.deepEqual(await play(({ delay }) => delay), first);
        assert.deepEqual(await play(({ delay }) => 2 - delay), first);
      }),
      { numRuns: 8 },
    );
  });
});

describe("cancellation behaviour", () => {
  it("a run that is cancelled before its first node or in the middle ends cancelled, without an error of a node or a skipped one", async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph(), fc.nat({ max: 20 }), async (nodes, after) => {
        let started = 0;
        let cancel: () => void = () => undefined;
        const definitions = nodes.map(({ name, dependsOn }): NodeDefinition => ({
          name,
          dependsOn,
          action: async () => {
            if (++started === after) cancel();
            await turns(1);
          },
        }));
        const graph = dag("cancelled", { ...V1, maxConcurrency: 4 }).nodes(definitions).build();
        const { result } = await runDag(graph, {}, (run) => {
          cancel = () => run.cancel();
          if (after === 0) cancel();
        });
        const statuses = new Set([...graph.states(result).values()].map(({ status }) => status));
        if (result.status === "completed") assert.deepEqual([...statuses], ["completed"]);
        else {
          assert.deepEqual([result.status, result.cause, result.error?.code], ["cancelled", "cancelled", "cancelled"]);
          for (const status of statuses) assert(["completed", "cancelled"].includes(status), status);
        }
      }),
      { numRuns: 15 },
    );
  });
});

describe("cycle detection", () => {
  it("a graph with a cycle is rejected, and runs nothing", () => {
    fc.assert(
      fc.property(randomGraph(), fc.nat(), fc.integer({ min: 1, max: 20 }), (nodes, start, length) => {
        const ring = Array.from({ length }, (_, index) => nodes[(start + index) % nodes.length]!.name);
        let calls = 0;
        const definitions = nodes.map(({ name, dependsOn }): NodeDefinition => {
          const place = ring.indexOf(name);
          const next = place === -1 ? [] : [ring[(place + 1) % Math.min(length, nodes.length)]!];
          return { name, dependsOn: [...new Set([...dependsOn, ...next])], action: () => ++calls };
        });
        assert.throws(
          () => dag("ring", V1).nodes(definitions).build(),
          ({ code, message }: { readonly code?: string; readonly message: string }) =>
            code === "invalid_workflow" && /wait for each other|depends on itself/.test(message),
        );
        assert.equal(calls, 0);
      }),
      { numRuns: 50 },
    );
  });
});

describe("workflow data operations", () => {
  const key = fc.constantFrom("a", "b", "c", "__proto__", "constructor");
  const operation = fc.oneof(
    fc.record({ verb: fc.constant("set" as const), key, value: fc.jsonValue() }),
    fc.record({ verb: fc.constant("delete" as const), key }),
    fc.record({ verb: fc.constant("restore" as const), from: fc.dictionary(key, fc.jsonValue()) }),
  );

  it("set, get, has, delete, snapshot and restore do what a map does, and the changes lead from the old values to the new", () => {
    fc.assert(
      fc.property(fc.dictionary(key, fc.jsonValue()), fc.array(operation), (initial, operations) => {
        const stored = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
        const model = new Map(Object.entries(stored(initial) as Record<string, JsonValue>));
        const data = new NodeData(() => new Map(model), true);
        data.has("a");
        const changed = new Map(model);
        for (const each of operations) {
          if (each.verb === "set") {
            data.set(each.key, each.value);
            model.set(each.key, stored(each.value) as JsonValue);
          } else if (each.verb === "delete") {
            data.delete(each.key);
            model.delete(each.key);
          } else {
            data.restore(each.from);
            model.clear();
            for (const [name, value] of Object.entries(each.from)) model.set(name, stored(value) as JsonValue);
          }
          for (const name of ["a", "b", "c", "__proto__", "constructor"]) {
            assert.deepEqual([data.has(name), data.get(name)], [model.has(name), model.get(name)]);
          }
        }
        assert.deepEqual(new Map(Object.entries(data.snapshot())), model);
        const { set, deleted = [] } = data.changes;
        for (const name of deleted) changed.delete(name);
        for (const [name, value] of Object.entries(set)) changed.set(name, value);
        assert.deepEqual(changed, model);
      }),
      { numRuns: 200 },
    );
  });

  it("typed data survives save and load: the second life of a run finds every value in its type and magnitude", async () => {
    const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.maxSafeInteger());
    const value = fc.oneof(fc.jsonValue(), number.map((own) => ({ list: [own], text: String(own) })));
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 200 }), async (values) => {
        // A negative zero is the one number that JSON has no word for.
        const expected = JSON.parse(JSON.stringify(values)) as JsonValue[];
        await withScratch(async (scratch) => {
          const url = `sqlite:${scratch.path()}`;
          const { promise: isReached, resolve: reach } = Promise.withResolvers<void>();
          const clock = new ManualClock();
          const first = testMaestro({ storage: await openStorage(url), clock });
          await first.start(valuesDag(values, reach), { input: {}, id: "r1" });
          await isReached;
          const closed = first.close();
          await turns(2);
          clock.advance(10_000);
          await closed;
          const second = testMaestro({ storage: await openStorage(url) });
          second.register(valuesDag([], () => undefined));
          const { output } = await (await second.resume("r1")).result();
          await second.close();
          assert.deepEqual(output, { given: expected, data: { all: expected } });
        });
      }),
      { numRuns: 8 },
    );
  });
});

/** The first life comes to `wait` and no further; the second gives what that finds. */
function valuesDag(values: readonly unknown[], onReached: () => void): Dag<object, unknown> {
  return dag("values", V1)
    .input<object>()
    .data<Record<string, unknown>>({})
    .node("make").action((_given, { data }) => {
      data.set("all", values);
      return values as JsonValue;
    })
    .node("wait").dependsOn("make").action(async ({ make }, { data, signal }) => {
      if (values.length > 0) {
        onReached();
        await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("ended"))));
      }
      return { given: make, data: data.snapshot() as Record<string, JsonValue> };
    })
    .output(({ wait }) => wait)
    .build() as unknown as Dag<object, unknown>;
}

describe("node status transitions", () => {
  it("statuses are total, every node goes through legal ones only, and is skipped exactly where something keeps it from running", async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph({ hasTrouble: true }), fc.boolean(), async (nodes, failFast) => {
        const graph = troubled(nodes, { failFast });
        const { result, journal } = await runDag(graph, {});
        assertTransitions(nodes, journal);
        const states = graph.states(result);
        assert.deepEqual([...states.keys()].sort(), nodes.map(({ name }) => name).sort());
        for (const { name, dependsOn, fate } of nodes) {
          const { status, reason } = states.get(name)!;
          const isBlocked = dependsOn.some((before) => {
            const state = states.get(before)!;
            return state.status === "unknown" || state.reason === "dependency";
          });
          // A failed node blocks those that depend on it, at first hand or not, and nothing else does.
          assert.equal(reason === "dependency", isBlocked, name);
          if (reason === "condition") assert.equal(fate, "skips");
          assert.equal(status === "skipped", reason !== null);
          if (status === "cancelled") assert(failFast && result.cause === "error");
        }
      }),
      { numRuns: 15 },
    );
  });
});

/** Asked for once, then one outcome, then at most one undoing of what may have had an effect; skipped ones are never asked for. */
function assertTransitions(nodes: readonly RandomNode[], journal: readonly JournalTurn[]): void {
  const known = new Set(nodes.map(({ name }) => pathOf(name)));
  const status = new Map<string, string>();
  const move = (step: string, from: readonly string[], to: string): void => {
    assert(known.has(step), step);
    const before = status.get(step) ?? "pending";
    assert(from.includes(before), `${step} goes from ${before} to ${to}`);
    status.set(step, to);
  };
  for (const entry of journal.flatMap(({ entries }) => entries)) {
    if (entry.type === "step_scheduled") {
      if (entry.compensates === undefined) move(entry.step, ["pending"], "running");
      else move(entry.compensates, ["completed"], "compensating");
    } else if (entry.type === "step_completed") {
      const undone = /^(.*)\/compensate$/.exec(entry.step)?.[1];
      if (undone === undefined) move(entry.step, ["running"], "completed");
      else move(undone, ["compensating"], "compensated");
    } else if (entry.type === "step_unknown" || entry.type === "step_failed" || entry.type === "step_cancelled") {
      move(entry.step, ["running"], entry.type);
    } else if (entry.type === "step_skipped") move(entry.step, ["pending"], "skipped");
  }
  for (const last of status.values()) assert(!["running", "compensating"].includes(last), last);
}

/** Nodes that work, fail or are skipped, as they are meant to. */
function troubled(
  nodes: readonly RandomNode[],
  { failFast, delayOf = ({ delay }) => delay }: {
    readonly failFast: boolean;
    readonly delayOf?: (node: RandomNode) => number;
  },
): Dag {
  const definitions = nodes.map((node): NodeDefinition => ({
    name: node.name,
    dependsOn: node.dependsOn,
    ...(node.fate === "skips" ? { when: () => false } : undefined),
    ...(node.canBeUndone ? { compensate: () => turns(delayOf(node)) } : undefined),
    action: async () => {
      await turns(delayOf(node));
      if (node.fate === "fails") throw new Error("no");
      return node.name;
    },
  }));
  return dag("troubled", { ...V1, failFast }).nodes(definitions).build() as unknown as Dag;
}
