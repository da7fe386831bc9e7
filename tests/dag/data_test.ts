import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dag } from "../../src/dag/create_dag.ts";
import { runDag } from "./run_dag.ts";

const V1 = { version: "1" };

describe("data()", () => {
  it("shares values between nodes, and gives what is left of them to the output", async () => {
    const order = dag("order", V1)
      .data<{ readonly total: number; readonly notes: readonly string[]; readonly code?: string }>({
        total: 0,
        notes: [],
      })
      .node("price").action((_given, { data }) => {
        data.set("total", 40);
        data.set("code", "X");
        return "priced";
      })
      .node("tax").dependsOn("price").action(({ price }, { data }) => {
        data.set("total", data.get("total") + 2);
        data.delete("code");
        return [price, data.has("code"), data.get("code") ?? null];
      })
      .output(({ tax }, data) => ({ tax, data: data.snapshot() }))
      .build();
    const { result, journal } = await runDag(order, {});
    assert.deepEqual(result.output, { tax: ["priced", false, null], data: { total: 42, notes: [] } });
    const outcomes = journal.flatMap(({ entries }) =>
      entries.flatMap((entry) => entry.type === "step_completed" ? entry.output : [])
    );
    assert.deepEqual(outcomes, [
      { output: "priced", data: { set: { total: 40, code: "X" } } },
      { output: ["priced", false, null], data: { set: { total: 42 }, deleted: ["code"] } },
    ]);
  });

  it("shows a node what those before it have set, whoever is faster", async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const race = dag("race", V1)
      .data<{ readonly by: string }>({ by: "nobody" })
      .node("first").action(async (_given, { data }) => {
        await released;
        data.set("by", "first");
      })
      .node("second").action((_given, { data }) => {
        data.set("by", "second");
      })
      .node("beside").dependsOn("second").action((_given, { data }) => {
        release();
        return data.get("by");
      })
      .node("apart").action((_given, { data }) => data.get("by"))
      .node("join").dependsOn("first", "second").action((_given, { data }) => data.get("by"))
      .build();
    const { result } = await runDag(race, {});
    assert.deepEqual(result.output, { first: null, second: null, beside: "second", apart: "nobody", join: "second" });
  });

  it("forgets what a failed attempt has set", async () => {
    const retried = dag("retried", V1)
      .data<{ readonly tries: readonly number[] }>({ tries: [] })
      .node("a").retry({ attempts: 3, initial: 1 }).action((_given, { attempt, data }) => {
        data.set("tries", [...data.get("tries"), attempt]);
        if (attempt < 3) throw new Error("again");
      })
      .output((_outputs, data) => data.get("tries"))
      .build();
    assert.deepEqual((await runDag(retried, {})).result.output, [3]);
  });

  it("takes a snapshot that nothing changes, and goes back to it", async () => {
    const saved = dag("saved", V1)
      .data<{ readonly list: number[]; readonly extra?: number }>({ list: [1] })
      .node("save").action((_given, { data }) => data.snapshot())
      .node("spoil").dependsOn("save").action((_given, { data }) => {
        data.get("list").push(9);
        data.set("list", [...data.get("list"), 2]);
        data.set("extra", 1);
      })
      .node("see").dependsOn("spoil").action((_given, { data }) => data.snapshot())
      .node("restore").dependsOn("save", "see").action(({ save }, { data }) => data.restore(save))
      .output(({ see }, data) => [see, data.snapshot()])
      .build();
    assert.deepEqual((await runDag(saved, {})).result.output, [{ list: [1, 2], extra: 1 }, { list: [1] }]);
  });

  it("keeps values as the journal does, and every name apart from the engine's", async () => {
    const kinds = dag("kinds", V1)
      .data<Record<string, unknown>>({ "__proto__x": 1 })
      .node("a").action((_given, { data }) => {
        data.set("date", new Date(0));
        data.set("status", { a: undefined });
        data.set("constructor", 2 ** 53);
      })
      .node("b").dependsOn("a").action((_given, { data }) => data.snapshot())
      .build();
    const { result } = await runDag(kinds, {});
    assert.deepEqual(result.output?.b, {
      "__proto__x": 1,
      date: new Date(0).toJSON(),
      status: {},
      constructor: 2 ** 53,
    });
  });

  it("is there for conditions and compensations, which cannot change it", async () => {
    const undone: unknown[] = [];
    const graph = dag("read", V1)
      .data<{ readonly id?: string }>({})
      .node("a").action((_given, { data }) => data.set("id", "i1"))
      .compensate((_given, { data }) => undone.push(data.get("id"), "set" in data))
      .node("b").dependsOn("a").when((_given, data) => data.has("id")).action(() => {
        throw new Error("no");
      })
      .build();
    await runDag(graph, {});
    assert.deepEqual(undone, ["i1", true]);
  });

  it("does not exist in a DAG that declares none", async () => {
    const none = dag("none", V1).nodes([{ name: "a", action: (_given, { data }) => data.set("x", 1) }]).build();
    const { result } = await runDag(none, {});
    assert.match(result.error?.message ?? "", /^The data cannot be changed here/);
  });
});
