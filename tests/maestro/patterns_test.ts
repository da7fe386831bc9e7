import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { objectScope } from "../../src/expr/mod.ts";
import { loadWorkflow } from "../../src/load_workflow.ts";

async function outputOf(output: string): Promise<unknown> {
  const text = `name: x\nsteps:\n  - { log: hello }\noutput: ${output}\n`;
  const { workflow, diagnostics } = await loadWorkflow({ file: "w.yaml", text }, { readFile: () => Promise.reject() });
  assert.deepEqual(diagnostics.map(({ message }) => message), []);
  return workflow!.plan.output!.evaluate(objectScope({ input: { a: "xyz" } }));
}

describe("loading a workflow", () => {
  it("brings regular expressions along however their function is written", async () => {
    assert.equal(await outputOf("\"{{ .input.a.\\x6datches('^x') }}\""), true);
    assert.equal(await outputOf("\"{{ .input.a.matches('^y') }}\""), false);
  });
});
