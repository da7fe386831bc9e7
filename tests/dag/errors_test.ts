import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MaestroError } from "../../src/base/errors.ts";
import type { DagIssue } from "../../src/dag/check_nodes.ts";
import { dag } from "../../src/dag/create_dag.ts";
import type { DagOptions, NodeDefinition } from "../../src/dag/node_definition.ts";

const action = (): null => null;

function problems(nodes: readonly NodeDefinition[], options: Partial<DagOptions> = {}): readonly DagIssue[] {
  try {
    dag("d", { version: "1", ...options }).nodes(nodes).build();
    return [];
  } catch (error) {
    assert(MaestroError.is(error, "invalid_workflow"));
    return error.details?.["issues"] as readonly DagIssue[];
  }
}

function messages(...parameters: Parameters<typeof problems>): readonly string[] {
  return problems(...parameters).map(({ message }) => message);
}

describe("build()", () => {
  it("names the nodes of a cycle, in their order", () => {
    const nodes = [
      { name: "start", action },
      { name: "a", action, dependsOn: ["start", "b"] },
      { name: "b", action, dependsOn: ["c"] },
      { name: "c", action, requires: ["a"] },
    ];
    assert.deepEqual(problems(nodes), [{
      code: "dependency_cycle",
      message: "Nodes wait for each other: a → b → c → a",
      node: "a",
    }]);
  });

  it("names a node that depends on itself, and every ring that shares no node with another", () => {
    const nodes = [
      { name: "x", action, dependsOn: ["x"] },
      { name: "a", action, dependsOn: ["b"] },
      { name: "b", action, dependsOn: ["a"] },
      { name: "c", action, dependsOn: ["d"] },
      { name: "d", action, dependsOn: ["c"] },
    ];
    assert.deepEqual(messages(nodes), [
      'Node "x" depends on itself',
      "Nodes wait for each other: a → b → a",
      "Nodes wait for each other: c → d → c",
    ]);
  });

  it("names a duplicate with both places", () => {
    const nodes = ["a", "b", "a"].map((name) => ({ name, action }));
    assert.deepEqual(problems(nodes), [{
      code: "duplicate_node",
      message: 'The name "a" is given to two nodes: the 1st and the 3rd',
      node: "a",
    }]);
  });

  it("names an unknown dependency, and what was meant", () => {
    const nodes = [{ name: "validate", action }, { name: "pay", action, dependsOn: ["valdate"] }];
    assert.deepEqual(problems(nodes), [{
      code: "unknown_dependency",
      message: 'Node "pay" depends on "valdate", and there is no such node',
      hint: 'did you mean "validate"?',
      node: "pay",
    }]);
  });

  it("names everything at once", () => {
    const nodes = [
      { name: "a/b", action },
      { name: "input", action },
      { name: "none", action: undefined as unknown as NodeDefinition["action"] },
      {
        name: "c",
        action,
        timeout: "soon",
        attemptTimeout: 0,
        retry: { attempts: 0, factor: 0.5, jitter: 2, max: "-1s" },
      },
      { name: "d", action, dependsOn: ["e"], retry: 1.5 },
    ];
    assert.deepEqual(messages(nodes, { version: "", timeout: -1, maxConcurrency: 0 }), [
      "A DAG needs a version",
      "The timeout is -1, which is no length of time above zero",
      "maxConcurrency is 0, and must be a whole number above zero",
      '"a/b" cannot be the name of a node',
      'The name "input" has a meaning of its own',
      'The action of node "none" is no function',
      'The timeout of node "c" is "soon", which is no length of time above zero',
      'The attempt timeout of node "c" is 0, which is no length of time above zero',
      'The retry of node "c": attempts is 0, and must be a whole number above zero',
      'The retry of node "c": max is "-1s", which is no length of time above zero',
      'The retry of node "c": factor is 0.5, and must be 1 or more',
      'The retry of node "c": jitter is 2, and must be from 0 to 1',
      'The retry of node "d": attempts is 1.5, and must be a whole number above zero',
      'Node "d" depends on "e", and there is no such node',
    ]);
    assert.throws(() => dag("d", { version: "1" }).nodes(nodes.slice(0, 2)).build(), {
      message: `The DAG "d" has 2 problems:
  "a/b" cannot be the name of a node (a name is made of letters, digits and "_", "." or "-")
  The name "input" has a meaning of its own`,
    });
  });

  it("wants a node", () => {
    assert.deepEqual(messages([]), ["It has no nodes"]);
  });

  it("says the same a second time, and changes nothing", () => {
    const builder = dag("d", { version: "1" }).nodes([{ name: "a", action, dependsOn: ["b"] }]);
    const [first, second] = [0, 1].map(() => {
      try {
        return builder.build();
      } catch (error) {
        return String(error);
      }
    });
    assert.equal(first, second);
  });

  it("builds a chain of 20,000 nodes", () => {
    const nodes = Array.from({ length: 20_000 }, (_, index) => ({
      name: `n${index}`,
      action,
      dependsOn: index === 0 ? [] : [`n${index - 1}`],
    }));
    assert.equal(dag("long", { version: "1" }).nodes(nodes.toReversed()).build().nodes.length, 20_000);
    assert.equal(messages([...nodes.slice(1), { name: "n0", action, dependsOn: ["n19999"] }]).length, 1);
  });
});
