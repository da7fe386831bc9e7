import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadWorkflow } from "../../src/load_workflow.ts";
import { findSignals, signalProblem } from "../../src/plan/signals.ts";
import { compileWorkflow } from "../../src/yaml/compile.ts";

describe("findSignals()", () => {
  it("finds every place that waits, in blocks, handlers and finally too", () => {
    const { plan, diagnostics } = compileWorkflow(
      "w.yaml",
      `name: w
steps:
  - { id: a, wait_for: { signal: approved, schema: { type: string } } }
  - parallel:
      - { id: b, wait_for: { signal: "go-{{ .input.id }}" }, on_error: [ { id: c, wait_for: { signal: fixed } } ] }
  - switch: [ { steps: [ { id: d, wait_for: { signal: approved } } ] } ]
finally:
  - { id: e, wait_for: { signal: seen } }
`,
    );
    assert.ok(plan, JSON.stringify(diagnostics));
    assert.deepEqual(findSignals(plan), [
      { step: "a", signal: "approved", schema: { type: "string" } },
      { step: "b", signal: undefined, schema: undefined },
      { step: "c", signal: "fixed", schema: undefined },
      { step: "d", signal: "approved", schema: undefined },
      { step: "e", signal: "seen", schema: undefined },
    ]);
  });
});

describe("signalProblem()", () => {
  it("says what of a payload does not fit", () => {
    const schema = { type: "object", required: ["by"], properties: { by: { type: "string" } } };
    assert.equal(signalProblem(schema, { by: "Ada" }), undefined);
    assert.equal(
      signalProblem(schema, { by: 5 }),
      'data.by: Instance type "number" is invalid. Expected "string"',
    );
    assert.equal(signalProblem(false, null), "data: the schema allows no value at all");
    assert.equal(signalProblem(undefined, [1]), undefined);
  });
});

describe("checks know the type of a signal from its schema", () => {
  const find = async (schema: string, expression: string): Promise<string[]> => {
    const text = `name: w
steps:
  - id: wait
    wait_for: { signal: approved, schema: ${schema} }
    output: approval
  - { log: "${expression}" }
`;
    const { diagnostics } = await loadWorkflow({ file: "w.yaml", text }, { readFile: () => Promise.reject() });
    return diagnostics.map(({ code, message }) => `${code} ${message}`);
  };
  const closed =
    "{ type: object, additionalProperties: false, properties: { by: { type: string }, n: { type: number } } }";
  const table: readonly [schema: string, expression: string, found: readonly string[]][] = [
    [closed, "{{ .approval.by }} {{ steps.wait.output.n + 1 }}", []],
    [closed, "{{ .approval.byy }}", ['unknown_field The signal has no field "byy"']],
    [closed, "{{ steps.wait.output.who }}", ['unknown_field The signal has no field "who"']],
    [closed.replace("additionalProperties: false, ", ""), "{{ .approval.more }}", []],
    ["{ type: array, items: { $ref: '#/$defs/a' }, $defs: { a: { type: string } } }", "{{ .approval[0].x }}", [
      'unknown_field "x" is read of a text, which has no members',
    ]],
    ["{ type: [object, 'null'] }", "{{ .approval.x }}", []],
    ["true", "{{ .approval.x }}", []],
    ["{ type: object, required: [by], properties: { by: { type: string } } }", "{{ .approval.by * 2 }}", [
      "expression_type Cannot multiply text by number",
    ]],
  ];
  for (const [schema, expression, found] of table) {
    it(`${schema} in ${expression}`, async () => assert.deepEqual(await find(schema, expression), found));
  }
});
