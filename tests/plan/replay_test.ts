import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JournalTurn } from "../../src/engine/journal.ts";
import { Execution } from "../../src/engine/execution.ts";
import { createMaestro, type LoadedWorkflow, type RunHandle } from "../../src/maestro.ts";
import { sha256 } from "../../src/runtime/digest.ts";
import { drain } from "../../src/runtime/drain.ts";
import { createFetch } from "../../src/runtime/fetch_client.ts";
import { MemoryStorage } from "../../src/storage/memory_storage.ts";
import { pause, refuse } from "./run_yaml.ts";

/** Every kind of block, with failures, time limits, undoing and randomness in it. */
const WORKFLOW = `
name: everything
version: "1"
timeout: 150ms
services:
  svc: { type: function, endpoint: local, circuit_breaker: false, retry: { initial: 1ms } }
steps:
  - { id: first, service: svc, method: work, output: a, input: { u: "{{ uuid() }}", t: "{{ timestamp }}" },
      compensate: { method: undo, input: "{{ .a.id }}" } }
  - id: r
    race:
      - id: r1
        steps: [{ service: svc, method: work, compensate: { method: undo } }, { service: svc, method: work }]
      - { id: r2, service: svc, method: work, compensate: { method: undo } }
      - { id: r3, service: svc, method: flaky }
  - id: p
    parallel:
      - id: f
        foreach: [1, 2, 3, 4, 5]
        max_concurrency: 3
        steps:
          - { id: fa, service: svc, method: work, output: fa,
              compensate: { method: undo, input: "{{ .fa.id }} {{ uuid() }}" } }
          - { id: fb, service: svc, method: flaky, on_error: continue }
      - id: rep
        repeat: { until: "{{ .z.id > 1000000 }}", every: { backoff: exponential, initial: 2ms, jitter: 0.5 }, max: 4 }
        on_error: continue
        steps: [{ id: z1, service: svc, method: work, output: z, compensate: { method: undo } }]
      - id: g
        timeout: 12ms
        on_error: [{ id: h, service: svc, method: work }]
        steps:
          - { id: g1, service: svc, method: work, compensate: { method: undo } }
          - { id: g2, service: svc, method: work, compensate: { method: undo } }
      - { id: nap, sleep: "{{ int(input.nap) }}ms" }
      - { id: ask, wait_for: { signal: go, schema: { type: number } }, timeout: 9ms, on_error: continue }
      - { id: c, workflow: child, retry: { attempts: 3, initial: 1ms }, on_error: continue }
  - id: d
    dag:
      - { id: d1, service: svc, method: work, output: o1 }
      - { id: d2, service: svc, method: work, input: "{{ .o1 }}" }
      - { id: d3, service: svc, method: flaky, depends_on: [d1] }
  - { id: last, when: "{{ .input.fails }}", service: svc, method: fail }
finally:
  - { id: fin, service: svc, method: work, input: "{{ steps.first.attempts }}" }
`;

const CHILD = `
name: child
services: { svc: { type: function, endpoint: local, circuit_breaker: false } }
steps:
  - { service: svc, method: work, compensate: { method: undo } }
  - { service: svc, method: flaky }
`;

let count = 0;
const functions = {
  svc: {
    work: async (input: unknown) => {
      await pause(Math.random() * 8);
      return { id: ++count, input };
    },
    flaky: () => Math.random() < 0.3 ? refuse("flaky") : null,
    fail: () => refuse("no"),
    undo: () => pause(Math.random() * 3),
  },
};

async function replay(
  workflow: LoadedWorkflow,
  runId: string,
  turns: readonly JournalTurn[],
): ReturnType<Execution["replay"]> {
  const execution = new Execution({
    runId,
    internalId: runId,
    definition: workflow.definition,
    drain,
    digest: sha256,
  });
  return await execution.replay(JSON.parse(JSON.stringify(turns)));
}

describe("replaying a plan", () => {
  it("gives the same end, and no prefix of its journal asks for anything else", async () => {
    const storage = new MemoryStorage();
    const readFile = (): Promise<Uint8Array> => Promise.resolve(new TextEncoder().encode(CHILD));
    const maestro = createMaestro({
      runtime: { name: "node", fetch: createFetch, drain, readFile },
      functions,
      storage,
    });
    const { workflow, diagnostics } = await maestro.load({ file: "t.yaml", text: WORKFLOW });
    assert.ok(workflow, JSON.stringify(diagnostics));
    for (let round = 0; round < 12; round++) {
      const run: RunHandle = await maestro.start(workflow, { input: { fails: round % 3 === 1, nap: round } });
      if (round % 2 === 1) {
        await maestro.signal(run.id, { name: "go", data: round % 4 === 1 ? round : "no" }).catch(tooLate);
      }
      if (round % 3 === 2) setTimeout(() => run.cancel(), Math.random() * 60);
      const { status } = await run.result();
      const { turns: journal } = await storage.readJournal({ runId: run.id });
      const end = await replay(workflow, run.id, journal);
      assert.deepEqual([end.stuck, end.finished?.status], [undefined, status]);
      const recorded = journal.at(-1)?.entries.at(-1);
      assert.deepEqual(JSON.parse(JSON.stringify(end.finished)), JSON.parse(JSON.stringify(recorded)));
      for (let cut = 1; cut < journal.length; cut += 3) {
        const turn = await replay(workflow, run.id, journal.slice(0, cut));
        assert.equal(turn.stuck, undefined, `${cut} of ${journal.length} turns`);
      }
    }
    await maestro.close();
  });
});

/** Data that fits no step is refused at once, and so is what comes after the end. */
function tooLate(thrown: unknown): void {
  assert.ok(thrown instanceof Error && thrown.name === "MaestroError", String(thrown));
}
