import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  compileExpression,
  createMaestro,
  createRuntime,
  evaluateExpression,
  type Maestro,
  MaestroError,
  objectScope,
  preparePatterns,
  type RunEvent,
} from "../../mod.ts";

const ORDER = `
name: order
services:
  shop: { type: function, endpoint: local }
input_schema: { type: object, required: [item] }
steps:
  - { id: price, service: shop, method: Price, input: "{{ .input.item }}", output: price }
output: { item: "{{ .input.item }}", price: "{{ .price }}" }
`;

async function withMaestro(use: (maestro: Maestro, events: readonly RunEvent[]) => Promise<void>): Promise<void> {
  const events: RunEvent[] = [];
  const maestro = createMaestro({
    runtime: await createRuntime(),
    functions: { shop: { Price: (item) => item === "tea" ? 3 : 5 } },
    onEvent: (event) => events.push(event),
  });
  try {
    await use(maestro, events);
  } finally {
    await maestro.close();
  }
}

describe("the library", () => {
  it("createMaestro() runs workflows over a program's own functions", async () => {
    await withMaestro(async (maestro, events) => {
      const { workflow, diagnostics } = await maestro.load({ file: "order.yaml", text: ORDER });
      assert(workflow !== undefined, JSON.stringify(diagnostics));
      const runs = await Promise.all(["tea", "cake"].map((item) => maestro.start(workflow, { input: { item } })));
      const results = await Promise.all(runs.map((run) => run.result()));
      assert.deepEqual(results.map(({ status, output }) => [status, output]), [
        ["completed", { item: "tea", price: 3 }],
        ["completed", { item: "cake", price: 5 }],
      ]);
      assert.equal(events.filter(({ entry }) => entry.type === "run_finished").length, 2);
      const refused = await maestro.start(workflow, { input: {} }).catch((error: unknown) => error);
      assert(MaestroError.is(refused, "invalid_input"));
    });
  });

  it("load() gives diagnostics and no workflow for a document that is wrong", async () => {
    await withMaestro(async (maestro) => {
      const { workflow, diagnostics } = await maestro.load({ file: "a.yaml", text: "name: a\nstpes: []\n" });
      assert.equal(workflow, undefined);
      assert.deepEqual([diagnostics[0]?.file, diagnostics[0]?.line], ["a.yaml", 2]);
    });
  });

  it("expressions work alone", async () => {
    await preparePatterns("matches");
    assert.equal(evaluateExpression("order.total * 2", { order: { total: 21 } }), 42);
    assert.equal(evaluateExpression('name.matches("^a.c$")', { name: "abc" }), true);
    const { expression, issues } = compileExpression("items.filter(i, i > 1)");
    assert.deepEqual(issues, []);
    assert.deepEqual(expression.references.map(({ root }) => root), ["items"]);
    assert.deepEqual(expression.evaluate(objectScope({ items: [1, 2, 3] })), [2, 3]);
  });
});
