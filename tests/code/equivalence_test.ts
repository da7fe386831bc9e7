import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { JsonObject, JsonValue } from "../../src/base/json.ts";
import { activity } from "../../src/code/activity.ts";
import { signal } from "../../src/code/message.ts";
import { type Workflow, workflow } from "../../src/code/workflow.ts";
import type { WorkflowContext } from "../../src/code/workflow_context.ts";
import {
  type FormGraph,
  type FormNode,
  type FormRun,
  functionsOf,
  load,
  playForm,
  runBuilt,
  runYaml,
  type Surroundings,
  yamlOf,
} from "../dag/graph_forms.ts";
import { randomGraph } from "../dag/random_graph.ts";
import { activitiesOf, codeOf } from "./code_graph.ts";

const V1 = { version: "1" };

function runCode(written: Workflow<JsonObject, JsonValue>): Promise<FormRun> {
  return playForm((maestro) => maestro.start(written, { input: { n: 1 }, id: "r1" }));
}

/**
 * Runs a graph in its three forms and compares them. The recorded input of a compensation has one shape in a DAG and another in code: the
 * document says it both ways, and is held against each of them.
 */
async function compare(graph: FormGraph, code: Workflow<JsonObject, JsonValue>): Promise<FormRun> {
  const functions = functionsOf(graph.nodes, graph.attempts > 1);
  const inCode = await runCode(code);
  const likeCode = await runYaml(yamlOf({ ...graph, undo: "code" }), { functions });
  const likeDag = await runYaml(yamlOf(graph), { functions });
  const built = await runBuilt(graph);
  assert.deepEqual(inCode.facts, likeCode.facts);
  assert.deepEqual(built.facts, likeDag.facts);
  assert.deepEqual([inCode.result, built.result], [likeCode.result, likeDag.result]);
  assert.deepEqual(inCode.result, built.result);
  return inCode;
}

describe("the same graph as a document, as a DAG and in code", () => {
  it("has the same results and journals at random, but for header and notes", async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph({ most: 16, hasTrouble: true }), fc.boolean(), async (nodes, failFast) => {
        const graph = { nodes, failFast, attempts: 1 };
        await compare(graph, codeOf(graph));
      }),
      { numRuns: 20 },
    );
  });

  it("is a chain", async () => {
    const { result } = await compareByHand([node("a"), node("b", ["a"]), node("c", ["b"])], async (call) => {
      const a = await call("a");
      const b = await call("b", { a });
      return { a, b, c: await call("c", { b }) };
    });
    assert.deepEqual([result.status, (result.output as JsonObject)["c"]], ["completed", { name: "c", seen: 2 }]);
  });

  it("is a diamond whose sides run at the same time", async () => {
    const nodes = [node("a"), node("b", ["a"]), node("c", ["a"]), node("d", ["b", "c"])];
    const { facts } = await compareByHand(nodes, async (call) => {
      const a = await call("a");
      const [b, c] = await Promise.all([call("b", { a }), call("c", { a })]);
      return { a, b, c, d: await call("d", { b, c }) };
    });
    const turn = facts.find((entries) => entries.some((entry) => "step" in entry && entry.step === "dag/b"))!;
    assert.deepEqual(scheduled(turn), ["dag/b", "dag/c"]);
  });

  it("tries again what fails twice", async () => {
    const nodes = [node("a"), node("b", ["a"], { fate: "flaky" })];
    const { facts, result } = await compareByHand(nodes, async (call) => {
      const a = await call("a");
      return { a, b: await call("b", { a }) };
    }, 3);
    const outcome = facts.flat().find(({ type, ...entry }) =>
      type === "step_completed" && "step" in entry && entry.step === "dag/b"
    );
    assert.deepEqual([result.status, (outcome as { readonly attempts?: number }).attempts], ["completed", 3]);
  });

  it("undoes in reverse order what was done when something fails", async () => {
    const undone = { canBeUndone: true };
    const nodes = [
      node("a", [], undone),
      node("b", ["a"], undone),
      node("c", ["b"]),
      node("d", ["c"], undone),
      node("e", ["d"], { fate: "fails" }),
    ];
    const { facts, result } = await compareByHand(nodes, async (call) => {
      const a = await call("a");
      const b = await call("b", { a });
      const c = await call("c", { b });
      const d = await call("d", { c });
      return await call("e", { d });
    });
    assert.deepEqual([result.status, result.error?.code], ["compensated", "E_NO"]);
    assert.deepEqual(scheduled(facts.flat()).slice(-3), ["dag/d/compensate", "dag/b/compensate", "dag/a/compensate"]);
  });

  it("leaves out what its condition excludes, and goes on without it", async () => {
    const nodes = [node("a"), node("b", ["a"], { fate: "skips" }), node("c", ["a", "b"])];
    const { facts, result } = await compareByHand(nodes, async (call, { n }) => {
      const a = await call("a");
      const b = (n as number) > 1 ? await call("b", { a }) : null;
      return { a, b, c: await call("c", { a, b }) };
    });
    assert.deepEqual(scheduled(facts.flat()), ["dag/a", "dag/c"]);
    assert.equal((result.output as JsonObject)["b"], null);
  });
});

/** Calls a node with what those that it waits for gave. */
type Call = (name: string, outputs?: JsonObject) => Promise<JsonValue>;

function node(name: string, dependsOn: readonly string[] = [], more: Partial<FormNode> = {}): FormNode {
  return { name, dependsOn, fate: "works", canBeUndone: false, ...more };
}

function scheduled(entries: FormRun["facts"][number]): readonly string[] {
  return entries.flatMap((entry) => entry.type === "step_scheduled" ? [entry.step] : []);
}

/** Compares a graph with code that a person would write. */
function compareByHand(
  nodes: readonly FormNode[],
  run: (call: Call, input: JsonObject) => Promise<JsonValue>,
  attempts = 1,
): Promise<FormRun> {
  const graph = { nodes, failFast: true, attempts };
  const callNode = activitiesOf(graph);
  const code = workflow("shop", V1, async (ctx, input: JsonObject): Promise<JsonValue> => {
    const group = ctx.group("dag");
    return await run((name, outputs = {}) => callNode(group, name, { input, ...outputs }), input);
  });
  return compare(graph, code);
}

const HEAD = `name: shop
version: "1"
services: { shop: { type: function, endpoint: local, circuit_breaker: false } }
`;
const functions = { Price: (given: unknown) => ({ price: (given as { readonly n: number }).n * 2 }) };
const price = activity("Price", (given: { readonly n: number }) => ({ price: given.n * 2 }), { service: "shop" });
const approved = signal<{ by: string }>("approved");

describe("the same steps as a document and in code", () => {
  it("wait for a signal and then call", async () => {
    const act: Surroundings["act"] = async (maestro, run) => {
      for await (const { entry } of run.watch()) if (entry.type === "signal_awaited") break;
      await maestro.signal(run.id, { name: "approved", data: { by: "ada" }, id: "s1" });
    };
    const { result, facts } = await compareSteps(
      `${HEAD}steps:
  - { id: first, service: shop, method: Price, input: { n: "{{ .input.n }}" }, output: first }
  - { id: wait, wait_for: { signal: approved }, output: approval }
  - { id: then, service: shop, method: Price, input: { n: "{{ .first.price }}" }, output: second }
output: { by: "{{ .approval.by }}", price: "{{ .second.price }}" }
`,
      async (ctx, n) => {
        const first = await ctx.run(price, { n }, { id: "first" });
        const { by } = await ctx.receive(approved, { id: "wait" });
        const second = await ctx.run(price, { n: first.price }, { id: "then" });
        return { by, price: second.price };
      },
      { act },
    );
    assert.deepEqual(result.output, { by: "ada", price: 4 });
    assert.ok(facts.flat().some(({ type }) => type === "signal_awaited"));
  });

  it("sleep", async () => {
    const { facts } = await compareSteps(
      `${HEAD}steps: [{ id: sleep, sleep: 5ms }, { id: p, service: shop, method: Price, input: { n: 2 } }]\noutput: done\n`,
      async (ctx) => {
        await ctx.sleep("5ms");
        await ctx.run(price, { n: 2 }, { id: "p" });
        return "done";
      },
    );
    assert.ok(facts.flat().some((entry) => entry.type === "timer_fired" && entry.timer === "sleep!sleep"));
  });

  it("run side by side", async () => {
    const { result, facts } = await compareSteps(
      `${HEAD}steps:
  - id: both
    parallel:
      - { id: a, service: shop, method: Price, input: { n: 1 }, output: a }
      - { id: b, service: shop, method: Price, input: { n: 2 }, output: b }
output: ["{{ .a.price }}", "{{ .b.price }}"]
`,
      async (ctx) => {
        const both = ctx.group("both");
        const prices = await Promise.all([1, 2].map((n) => both.run(price, { n }, { id: n === 1 ? "a" : "b" })));
        return prices.map(({ price }) => price);
      },
    );
    assert.deepEqual(result.output, [2, 4]);
    assert.deepEqual(scheduled(facts[0]!), ["both/a", "both/b"]);
  });

  it("start the same child", async () => {
    const child = `${
      HEAD.replace("shop", "pricing")
    }steps: [{ id: p, service: shop, method: Price, input: { n: "{{ .input.n }}" }, output: p }]
output: "{{ .p.price }}"
`;
    const parent = `${HEAD}steps: [{ id: kid, workflow: pricing, input: { n: 4 }, output: total }]
output: { total: "{{ .total }}" }
`;
    const around = { functions, files: { "pricing.yaml": child } };
    const inYaml = await runYaml(parent, around);
    const inCode = await playForm(async (maestro) => {
      const pricing = await load(maestro, "pricing.yaml", child);
      const code = workflow("shop", { ...V1, children: [pricing] }, async (ctx, _: JsonObject) => {
        return { total: await ctx.child(pricing, { n: 4 }, { id: "kid" }) };
      });
      return await maestro.start(code, { input: { n: 1 }, id: "r1" });
    }, around);
    assertSame(inCode, inYaml);
    assert.deepEqual(inCode.result.output, { total: 8 });
    assert.ok(inCode.facts.flat().some(({ type }) => type === "child_finished"));
  });
});

/** Runs steps in both forms and compares them. */
async function compareSteps(
  text: string,
  run: (ctx: WorkflowContext, n: number) => Promise<JsonValue>,
  around: Surroundings = {},
): Promise<FormRun> {
  const inYaml = await runYaml(text, { functions, ...around });
  const code = workflow("shop", V1, (ctx, { n }: { readonly n: number }) => run(ctx, n));
  const inCode = await playForm((maestro) => maestro.start(code, { input: { n: 1 }, id: "r1" }), around);
  assertSame(inCode, inYaml);
  return inCode;
}

function assertSame(inCode: FormRun, inYaml: FormRun): void {
  assert.deepEqual(inCode.facts.map(timeless), inYaml.facts.map(timeless));
  assert.deepEqual(inCode.result, inYaml.result);
}

/** Without the times at which timers are due. */
function timeless(entries: FormRun["facts"][number]): readonly unknown[] {
  return entries.map((entry) => entry.type === "timer_set" ? { ...entry, due: undefined } : entry);
}
