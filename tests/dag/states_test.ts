import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Dag } from "../../src/dag/dag.ts";
import { dag } from "../../src/dag/create_dag.ts";
import type { RunResult } from "../../src/maestro.ts";
import { runDag, untilAborted } from "./run_dag.ts";

const V1 = { version: "1" };

function fail(code: string): never {
  throw Object.assign(new Error(code), { code });
}

/** `status`, and what it was skipped for. */
function statesOf<I, O>(graph: Dag<I, O>, result: RunResult<O>): Record<string, string> {
  const entries = [...graph.states(result)].map(([node, { status, reason, dependency }]) => [
    node,
    [status, reason, dependency].filter((word) => word !== null).join(" "),
  ]);
  return Object.fromEntries(entries);
}

describe("when()", () => {
  it("skips a node; those that depend on it are given null, those that require it are skipped", async () => {
    const graph = dag("when", V1)
      .input<{ readonly isPremium: boolean }>()
      .node("gift").when(({ input }) => input.isPremium).action(() => "book")
      .node("wrap").requires("gift").action(({ gift }) => gift.toUpperCase())
      .node("ship").dependsOn("gift", "wrap").action(({ gift, wrap }) => [gift, wrap])
      .build();
    const poor = await runDag(graph, { isPremium: false });
    assert.deepEqual(poor.result.output, { gift: null, wrap: null, ship: [null, null] });
    assert.deepEqual(statesOf(graph, poor.result), {
      gift: "skipped condition",
      wrap: "skipped dependency gift",
      ship: "completed",
    });
    assert.deepEqual((await runDag(graph, { isPremium: true })).result.output, {
      gift: "book",
      wrap: "BOOK",
      ship: ["book", "BOOK"],
    });
  });

  it("fails its node when it throws or gives no boolean", async () => {
    for (const when of [() => fail("x"), () => Promise.resolve(true) as unknown as boolean]) {
      const graph = dag("bad", V1).node("a").when(when).action(() => 1).build();
      const { result } = await runDag(graph, {});
      assert.deepEqual([result.status, result.error?.code, result.error?.step], [
        "failed",
        "expression_error",
        "dag/a",
      ]);
      assert.deepEqual(statesOf(graph, result), { a: "failed" });
    }
  });
});

describe("an error of a node", () => {
  it("skips what depends on it, with the reason, and cancels the others", async () => {
    const graph = dag("fast", V1)
      .node("bad").action(() => fail("E_BAD"))
      .node("next").dependsOn("bad").action(() => 1)
      .node("last").dependsOn("next").action(() => 1)
      .node("long").action((_given, { signal }) => untilAborted(signal))
      .node("after_long").dependsOn("long").action(() => 1)
      .build();
    const { result } = await runDag(graph, {});
    assert.deepEqual([result.status, result.error?.code, result.error?.step], ["failed", "E_BAD", "dag/bad"]);
    assert.deepEqual(statesOf(graph, result), {
      bad: "unknown",
      next: "skipped dependency bad",
      last: "skipped dependency next",
      long: "cancelled",
      after_long: "cancelled",
    });
  });

  it("lets the others finish first without failFast", async () => {
    const graph = dag("slow", { ...V1, failFast: false })
      .node("bad").action(() => fail("E_BAD"))
      .node("next").dependsOn("bad").action(() => 1)
      .node("good").action(() => 1)
      .node("after").dependsOn("good").action(() => 2)
      .node("join").dependsOn("after", "next").action(() => 3)
      .build();
    const { result } = await runDag(graph, {});
    assert.equal(result.error?.code, "E_BAD");
    assert.deepEqual(statesOf(graph, result), {
      bad: "unknown",
      next: "skipped dependency bad",
      good: "completed",
      after: "completed",
      join: "skipped dependency next",
    });
  });

  it("counts for nothing with onError", async () => {
    const graph = dag("forgiven", V1)
      .node("bad").onError("continue").action((): number => fail("E_BAD"))
      .node("next").dependsOn("bad").action(({ bad }) => bad ?? -1)
      .build();
    const { result } = await runDag(graph, {});
    assert.deepEqual([result.status, result.output], ["completed", { bad: null, next: -1 }]);
    assert.deepEqual(statesOf(graph, result), { bad: "unknown", next: "completed" });
  });

  it("is not retried where its code is in neverOn", async () => {
    let calls = 0;
    const graph = dag("never", V1)
      .node("a").retry({ attempts: 5, initial: 1, neverOn: ["E_NO"] }).action(() => {
        calls++;
        fail("E_NO");
      })
      .build();
    const { result } = await runDag(graph, {});
    assert.deepEqual([result.error?.code, calls], ["E_NO", 1]);
  });
});

describe("timeout()", () => {
  it("is a failure, and reaches the action", async () => {
    let reason: unknown;
    const graph = dag("late", V1)
      .node("a").timeout("5ms").action((_given, { signal }) =>
        untilAborted(signal).finally(() => reason = signal.reason)
      )
      .node("b").dependsOn("a").action(() => 1)
      .build();
    const { result } = await runDag(graph, {});
    assert.deepEqual([result.status, reason], ["failed", "timeout"]);
    assert.deepEqual(statesOf(graph, result), { a: "unknown", b: "skipped dependency a" });
  });

  it("bounds attempts one by one with attemptTimeout()", async () => {
    const graph = dag("attempts", V1)
      .node("a").retry({ attempts: 2, initial: 1 }).attemptTimeout(5)
      .action((_given, { attempt, signal }) => attempt === 1 ? untilAborted(signal) : attempt)
      .build();
    assert.deepEqual((await runDag(graph, {})).result.output, { a: 2 });
  });

  it("ends the run where it is the DAG's", async () => {
    const graph = dag("run", { ...V1, timeout: "5ms" })
      .node("a").action((_given, { signal }) => untilAborted(signal))
      .node("b").dependsOn("a").action(() => 1)
      .build();
    const { result } = await runDag(graph, {});
    assert.deepEqual([result.status, result.cause], ["failed", "timeout"]);
    assert.equal(statesOf(graph, result)["b"], "cancelled");
  });
});

describe("compensate()", () => {
  it("undoes what had completed, newest first, with what the node was given, its output and the error", async () => {
    const undone: unknown[] = [];
    const graph = dag("saga", V1)
      .input<{ readonly n: number }>()
      .node("a").action(({ input }) => input.n + 1).compensate(({ a, error }, { isCompensation }) => {
        undone.push(["a", a, error?.["code"], isCompensation]);
      })
      .node("b").dependsOn("a").action(({ a }) => a + 1).compensate(({ a, b, input }, { step }) => {
        undone.push(["b", a, b, input.n, step]);
      }, { retry: 2 })
      .node("c").dependsOn("b").action(() => fail("E_C")).compensate(() => undone.push("c"))
      .build();
    const { result } = await runDag(graph, { n: 1 });
    assert.deepEqual(undone, [["b", 2, 3, 1, "dag/b/compensate"], ["a", 2, "E_C", true]]);
    assert.deepEqual(result.rollback, { undone: ["dag/b", "dag/a"], notUndone: [], unknown: ["dag/c"] });
    assert.deepEqual(statesOf(graph, result), { a: "compensated", b: "compensated", c: "unknown" });
  });

  it("also undoes a node of unknown outcome with onUnknown", async () => {
    const undone: unknown[] = [];
    const graph = dag("unknown", V1)
      .node("a").action((): string => fail("E_A")).compensate(({ a }) => undone.push(a), { onUnknown: true })
      .build();
    const { result } = await runDag(graph, {});
    assert.deepEqual([undone, result.rollback.undone], [[null], ["dag/a"]]);
  });
});
