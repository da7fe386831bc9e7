import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CommitTurnRequest, Storage } from "../../src/engine/storage.ts";
import { createRuntime } from "../../src/runtime/create_runtime.ts";
import { type ChaosReport, runChaos } from "../../src/testing/chaos.ts";
import { createTester } from "../../src/testing/mod.ts";
import { readTestFile } from "../../src/testing/read_test_file.ts";
import { loadText } from "./load_text.ts";

const WORKFLOW = `
name: order
services: { shop: { type: http, endpoint: "http://x", retry: { attempts: 2, initial: 1s } } }
steps:
  - { id: reserve, service: shop, method: POST /reserve, compensate: { method: POST /release } }
  - { id: pay, service: shop, method: POST /pay, compensate: { method: POST /refund } }
  - { id: approval, wait_for: { signal: approved } }
  - foreach: [1, 2]
    id: each
    steps: [{ id: pack, service: shop, method: POST /pack, compensate: { method: POST /unpack } }]
  - { id: ship, service: shop, method: POST /ship }
`;

/** As much of it as a planted fault needs. */
const SHORT = WORKFLOW.replace(/ {2}- foreach[\s\S]*?(?= {2}- \{ id: ship)/, "");

const CASE = `
workflow: w
mocks: { shop: { returns: { ok: true } } }
cases: [{ name: order, signals: [{ at: 1h, name: approved }] }]
`;

interface Shaken {
  readonly workflow?: string;
  readonly test?: string;
  readonly wrapStorage?: (storage: Storage) => Storage;
}

async function shake({ workflow = SHORT, test = CASE, wrapStorage }: Shaken): Promise<ChaosReport> {
  const runtime = await createRuntime();
  const { tests, diagnostics } = readTestFile("case.test.yaml", test);
  assert.ok(tests, diagnostics[0]?.message);
  const loaded = await loadText(createTester({ runtime }), workflow);
  return await runChaos(tests.cases[0]!, { workflow: loaded, runtime, wrapStorage });
}

/** A store with some methods of its own. */
function withMethods(storage: Storage, own: Partial<Storage>): Storage {
  return new Proxy(storage, {
    get: (target, name) => {
      const method = own[name as keyof Storage] ?? target[name as keyof Storage];
      return typeof method === "function" ? method.bind(target) : method;
    },
  });
}

function problemsOf({ violations }: ChaosReport): string {
  return violations.map(({ fault, problems }) => `${fault}: ${problems.join("; ")}`).join("\n");
}

describe("chaos", () => {
  it("finds nothing wrong with a sound workflow, whatever call fails and wherever it crashes", async () => {
    const report = await shake({ workflow: WORKFLOW });
    assert.equal(problemsOf(report), "");
    assert.ok(report.faults > 80, `${report.faults} faults`);
  });

  it("finds nothing wrong where calls are made side by side, errors are handled, and children are started", async () => {
    for (
      const steps of [
        `- parallel: [{ id: a, service: s, method: POST /a, compensate: { method: POST /x } }, { id: b, service: s, method: POST /b, compensate: { method: POST /y } }]\n- { service: s, method: POST /c }`,
        `- { id: a, service: s, method: POST /a, on_error: [{ id: b, service: s, method: POST /b, compensate: { method: POST /y } }] }\n- { service: s, method: POST /c }`,
        `- { id: a, service: s, method: POST /a, compensate: { method: POST /x, on_unknown: true } }\n- { service: s, method: GET /c }`,
        `- race: [{ id: a, service: s, method: POST /a, compensate: { method: POST /x } }, { id: b, service: s, method: POST /b, compensate: { method: POST /y } }]\n- { service: s, method: POST /c }`,
        `- { id: a, service: s, method: POST /a, compensate: { method: POST /x } }\n- { id: p, service: s, method: POST /p, pivot: true }\n- { service: s, method: POST /c }`,
      ]
    ) {
      const workflow = `name: w\ndurability: none\nservices: { s: { type: http, endpoint: "http://x" } }\nsteps:\n${
        steps.replaceAll(/^/gm, "  ")
      }\n`;
      const report = await shake({ workflow, test: CASE.replace("shop", "s").replace(/signals.*\]/, "seed: 1 }]") });
      assert.equal(problemsOf(report), "", steps);
    }
  });

  it("finds a compensation that cannot work", async () => {
    const test = CASE.replace("cases", "  # nobody had tried it\ncases").replace(
      "mocks: { shop:",
      "mocks: { shop.POST /refund: { fails: { code: http_422 } }, shop:",
    );
    const report = await shake({ test });
    assert.match(problemsOf(report), /ship fails .*: it ended compensation_failed, and may only end/);
  });

  it("finds a store that forgets a turn that it has acknowledged", async () => {
    const report = await shake({
      wrapStorage: (storage) => {
        let hasForgotten = false;
        return withMethods(storage, {
          commitTurn: (request: CommitTurnRequest) => {
            const entries = request.turn?.entries ?? [];
            const isHit = entries.some((entry) => entry.type === "step_completed" && entry.step === "pay");
            if (!isHit || hasForgotten) return storage.commitTurn(request);
            hasForgotten = true;
            return Promise.resolve();
          },
        });
      },
    });
    assert.match(problemsOf(report), /pay was called again after it had completed/);
  });

  it("finds idempotency keys that do not survive a crash", async () => {
    const report = await shake({
      wrapStorage: (storage) =>
        withMethods(storage, {
          claimRuns: async (request) => {
            const claimed = await storage.claimRuns(request);
            const runs = claimed.runs.map((one) => ({ ...one, run: { ...one.run, internalId: `${one.claim.token}` } }));
            return { ...claimed, runs };
          },
        }),
    });
    assert.match(problemsOf(report), /crash before write 2 .*: reserve was called with more than one idempotency key/);
  });

  it("finds a rollback that loses what it has to undo", async () => {
    const report = await shake({
      wrapStorage: (storage) =>
        withMethods(storage, {
          readJournal: async (request) => {
            const page = await storage.readJournal(request);
            const turns = page.turns.map((turn) => ({
              ...turn,
              entries: turn.entries.map((entry) =>
                entry.type === "run_finished" && entry.status === "compensated"
                  ? { ...entry, status: "failed" as const }
                  : entry
              ),
            }));
            return { ...page, turns };
          },
        }),
    });
    assert.match(
      problemsOf(report),
      /its journal tells of the end failed, and leads to compensated when it is replayed/,
    );
  });

  it("tells of a case that does not end even when nothing goes wrong", async () => {
    const report = await shake({ test: CASE.replace(/signals.*\]/, "seed: 1 }]") });
    assert.equal(report.faults, 0);
    assert.match(
      problemsOf(report),
      /^nothing went wrong on purpose: it came to no end: .*waits for the signal "approved"/,
    );
  });
});

describe("a crash", () => {
  it("leaves a run that a new process goes on with", async () => {
    const tester = createTester({ mocks: { "shop.POST /pay": () => new Promise(() => undefined), shop: null } });
    const run = await tester.start(await loadText(tester, WORKFLOW), { input: {} });
    await Promise.all([assert.rejects(run.result(), /The process has crashed/), crashSoon()]);
    const again = await tester.resume(run.id);
    tester.after("1h", (order) => order.signal("approved"));
    void again.result().catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 20));
    tester.expectCalls("steps.reserve", 1);
    const [first, second] = tester.calls("steps.pay");
    assert.equal(first?.idempotencyKey, second?.idempotencyKey);
    assert.equal(second?.attempt, 2);
    await tester.close();

    async function crashSoon(): Promise<void> {
      await new Promise((resolve) => setTimeout(resolve, 20));
      tester.crash();
    }
  });
});
