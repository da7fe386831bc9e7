import assert from "node:assert/strict";
import type { LoadedWorkflow } from "../../src/maestro.ts";
import type { Tester } from "../../src/testing/tester.ts";

/** Loads a workflow from its text. */
export async function loadText(tester: Tester, text: string, file = "test.yaml"): Promise<LoadedWorkflow> {
  const { workflow, diagnostics } = await (await tester.maestro()).load({ file, text });
  assert.ok(workflow, diagnostics.map(({ line, message }) => `${line}: ${message}`).join("\n"));
  return workflow;
}
