import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dag } from "../../src/dag/create_dag.ts";
import type { NodeMiddleware } from "../../src/dag/node_action.ts";
import { runDag, testMaestro, untilAborted } from "./run_dag.ts";

const V1 = { version: "1" };

describe("dag()", () => {
  it("runs nodes over the outputs of those that they wait for", async () => {
    const order = dag("order", V1)
      .input<{ readonly count: number }>()
      .node("price").action(({ input }) => 3 * input.count)
      .node("stock").action(async () => ({ left: await Promise.resolve(5) }))
      .node("pay").dependsOn("price", "stock").action(({ price, stock }) => `${price} of ${stock.left}`)
      .build();
    const { result } = await runDag(order, { count: 2 });
    assert.deepEqual(result.output, { price: 6, stock: { left: 5 }, pay: "6 of 5" });
    assert.deepEqual(order.nodes, ["price", "stock", "pay"]);
  });

  it("starts a node as soon as its own dependencies are done, not when a level is", async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const pipeline = dag("pipeline", V1)
      .node("slow").action(() => released)
      .node("fast").action(() => null)
      .node("after_fast").dependsOn("fast").action(() => release())
      .build();
    const { result } = await runDag(pipeline, {});
    assert.equal(result.status, "completed");
  });

  it("gives outputs as the journal holds them", async () => {
    const dates = dag("dates", V1)
      .node("when").action(() => ({ at: new Date(0), none: undefined, list: [undefined, 1] }))
      .node("read").dependsOn("when").action(({ when }) => when.at.slice(0, 4) + String(when.list[0]))
      .build();
    const { result } = await runDag(dates, {});
    assert.deepEqual(result.output, { when: { at: new Date(0).toJSON(), list: [null, 1] }, read: "1970null" });
  });

  it("makes its output of all outputs", async () => {
    const sum = dag("sum", V1)
      .node("a").action(() => [3, 1, 2])
      .node("b").dependsOn("a").when(({ a }) => a.length > 5).action(() => 1)
      .output(({ a, b, input }) => ({ sorted: a.sort(), b, keys: Object.keys(input) }))
      .build();
    assert.deepEqual((await runDag(sum, { x: 1 })).result.output, { sorted: [1, 2, 3], b: null, keys: ["x"] });
  });

  it("gives each attempt a copy of its own, its number and the same key", async () => {
    const seen: unknown[] = [];
    const retried = dag("retried", V1)
      .node("list").action(() => [1])
      .node("try").dependsOn("list").retry({ attempts: 3, initial: "1ms" })
      .action(({ list }, { attempt, idempotencyKey, node, step, isCompensation }) => {
        list.push(2);
        seen.push([list.length, attempt, idempotencyKey.split(":")[1], node, step, isCompensation]);
        if (attempt < 3) throw new Error("again");
      })
      .build();
    const { result } = await runDag(retried, {});
    assert.equal(result.status, "completed");
    assert.deepEqual(seen, [1, 2, 3].map((attempt) => [2, attempt, "dag/try", "try", "dag/try", false]));
  });

  it("bounds how many nodes run at a time", async () => {
    let running = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 2));
      running--;
    };
    const nodes = Array.from({ length: 20 }, (_, index) => ({ name: `n${index}`, action: work }));
    const { result } = await runDag(dag("wide", { ...V1, maxConcurrency: 3 }).nodes(nodes).build(), {});
    assert.deepEqual([result.status, most], ["completed", 3]);
  });

  it("says lines to those who listen, and keeps them out of the journal", async () => {
    const talk = dag("talk", V1).node("a").action((_given, { log }) => log("hello")).build();
    const { events, journal } = await runDag(talk, {});
    assert.deepEqual(events.flatMap(({ entry }) => entry.type === "log" ? [[entry.step, entry.text]] : []), [
      ["dag/a", "hello"],
    ]);
    assert(!JSON.stringify(journal).includes("hello"));
  });

  it("leaves a builder as it is when something is added to it", async () => {
    const base = dag("base", V1).node("a").action(() => 1);
    const left = base.node("b").action(() => 2).build();
    const right = base.node("c").dependsOn("a").action(({ a }) => a + 2).build();
    assert.deepEqual([base.build().nodes, left.nodes, right.nodes], [["a"], ["a", "b"], ["a", "c"]]);
    assert.deepEqual((await runDag(right, {})).result.output, { a: 1, c: 3 });
  });

  it("checks the input against its schema, and fills in defaults", async () => {
    const schema = { type: "object", required: ["n"], properties: { n: { type: "number" }, m: { default: 7 } } };
    const checked = dag("checked", V1).input<{ n: number; m?: number }>(schema).node("a").action(({ input }) => input.m)
      .build();
    assert.deepEqual((await runDag(checked, { n: 1 })).result.output, { a: 7 });
    await assert.rejects(runDag(checked, {} as { n: number }), { code: "invalid_input" });
  });
});

describe("use()", () => {
  it("puts functions around actions and compensations, outermost first", async () => {
    const trace: string[] = [];
    const named = (name: string): NodeMiddleware => async (call, next) => {
      trace.push(`${name}(${call.node}${call.isCompensation ? "!" : ""}`);
      const output = await next();
      trace.push(")");
      return output;
    };
    const traced = dag("traced", V1)
      .use(named("A"), named("B"))
      .node("x").use(named("C")).use(named("D")).action(() => {
        trace.push("x");
      }).compensate(() => null)
      .node("y").dependsOn("x").action(() => {
        throw new Error("no");
      })
      .use(named("E"))
      .build();
    await runDag(traced, {});
    assert.equal(
      trace.join(""),
      "A(xB(xE(xC(xD(xx)))))" + "A(yB(yE(y" + "A(x!B(x!E(x!C(x!D(x!)))))",
    );
  });

  it("lets a function change the output, answer itself, and call again", async () => {
    let calls = 0;
    const twice: NodeMiddleware = async (_call, next) => `${await next()}${await next()}`;
    const cached: NodeMiddleware = ({ node, given }, next) => node === "b" ? given["a"] : next();
    const changed = dag("changed", V1).use(cached)
      .node("a").use(twice).action(() => ++calls)
      .node("b").dependsOn("a").action(() => "never")
      .build();
    assert.deepEqual((await runDag(changed, {})).result.output, { a: "12", b: "12" });
  });
});

describe("register()", () => {
  it("takes the same DAG again, and no other of its name and version", async () => {
    const make = (version: string) => dag("same", { version }).node("a").action(() => version).build();
    const maestro = testMaestro();
    const first = make("1");
    maestro.register(first);
    maestro.register(first);
    assert.throws(() => maestro.register(make("1")), { code: "usage" });
    const runs = await Promise.all([first, make("2")].map((one) => maestro.start(one, { input: {} })));
    const results = await Promise.all(runs.map((run) => run.result()));
    assert.deepEqual(results.map(({ output }) => output), [{ a: "1" }, { a: "2" }]);
    await maestro.close();
  });
});

describe("cancelling a run of a DAG", () => {
  it("reaches the actions, and starts nothing new", async () => {
    const started: string[] = [];
    const long = dag("long", V1)
      .node("first").action(() => started.push("first"))
      .node("wait").dependsOn("first").action((_given, { signal }) => {
        started.push("wait");
        return untilAborted(signal);
      })
      .node("never").dependsOn("wait").action(() => started.push("never"))
      .build();
    const { result } = await runDag(long, {}, (run) => {
      const timer = setInterval(() => {
        if (!started.includes("wait")) return;
        clearInterval(timer);
        run.cancel();
      }, 1);
    });
    assert.deepEqual(started, ["first", "wait"]);
    assert.deepEqual([result.status, result.cause], ["cancelled", "cancelled"]);
    const states = long.states(result);
    assert.deepEqual(long.nodes.map((node) => states.get(node)?.status), ["completed", "cancelled", "cancelled"]);
  });
});
