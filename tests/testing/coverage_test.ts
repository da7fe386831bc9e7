import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RunEvent } from "../../src/engine/hooks.ts";
import { type Coverage, coverageOf } from "../../src/testing/coverage.ts";
import { createTester, fails, type Mocks, sequence } from "../../src/testing/mod.ts";
import { loadText } from "./load_text.ts";

const WORKFLOW = `
name: all_kinds
services: { s: { type: http, endpoint: "http://x" } }
steps:
  - { id: first, service: s, method: POST /first, when: "{{ .input.first }}", compensate: { method: POST /undo } }
  - id: choice
    switch:
      - { when: "{{ .input.choice == 1 }}", steps: [{ id: one, log: one }] }
      - { steps: [{ id: other, log: other }] }
  - { id: each, foreach: "{{ .input.items }}", steps: [{ id: item, service: s, method: POST /item }] }
  - { id: poll, repeat: { until: "{{ .state.done }}", every: 1s }, steps: [{ id: ask, service: s, method: GET /state, output: state }] }
  - { id: risky, service: s, method: POST /risky, on_error: [{ id: handled, log: handled }] }
finally:
  - { id: bye, log: bye }
`;

/** The coverage of runs with these inputs and mocks. */
async function cover(...runs: readonly (readonly [input: object, mocks?: Mocks])[]): Promise<Coverage> {
  const events: RunEvent[] = [];
  for (const [input, mocks] of runs) {
    const tester = createTester({
      mocks: { s: { done: true }, ...mocks },
      onEvent: (event) => void events.push(event),
    });
    const workflow = await loadText(tester, WORKFLOW);
    await (await tester.start(workflow, { input: { first: true, choice: 1, items: [], ...input } }))
      .result();
    await tester.close();
  }
  const tester = createTester();
  return coverageOf(await loadText(tester, WORKFLOW), events);
}

describe("coverageOf()", () => {
  it("counts nothing as reached that did not happen", async () => {
    const { steps, branches, compensations, missed } = await cover([{}]);
    assert.deepEqual(steps, { reached: 8, all: 11 });
    assert.deepEqual(branches, { reached: 3, all: 8 });
    assert.deepEqual(compensations, { reached: 0, all: 1 });
    assert.deepEqual(missed, [
      "step first: `when` does not hold",
      "step first: its compensation",
      "step choice: branch 2",
      "step choice/other",
      "step each: with items",
      "step each/item",
      "step poll: a second round",
      "step risky: `on_error`",
      "step risky!error/handled",
    ]);
  });

  it("counts all as reached when runs together have been everywhere", async () => {
    const { missed } = await cover(
      [{}],
      [
        { first: false, choice: 2, items: [1, 2] },
        { "s.POST /risky": fails({ code: "http_400" }), "steps.ask": sequence([{ done: false }, { done: true }]) },
      ],
      [{ items: [1] }, { "s.POST /item": fails({ code: "http_400" }) }],
    );
    assert.deepEqual(missed, []);
  });
});
