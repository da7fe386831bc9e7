import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { refuse, runYaml } from "./run_yaml.ts";

describe("a step", () => {
  it("whose `when` is false is skipped: its output is null and it is never undone", async () => {
    const { result, methods } = await runYaml(
      `
      steps:
        - { id: a, service: svc, method: a, when: "{{ .input.go }}", output: a, compensate: { method: undo_a } }
        - { id: b, service: svc, method: b, output: b, compensate: { method: undo_b } }
        - { fail: { code: stop, message: "a is {{ .a }}" } }
    `,
      {},
      { input: { go: false } },
    );
    assert.deepEqual(methods, ["b", "undo_b"]);
    assert.equal(result.error?.message, "a is null");
    assert.equal(result.steps.find(({ id }) => id === "a")?.status, "skipped");
    assert.equal(result.status, "compensated");
  });

  it("gives the default output of the run: every output name, null where it did not complete", async () => {
    const { result } = await runYaml(`
      steps:
        - { set: { hidden: 1 } }
        - { service: svc, method: a, output: a }
        - { service: svc, method: b, output: b, when: false }
        - foreach: [1, 2]
          output: list
          steps: [{ service: svc, method: c, output: local }]
    `);
    assert.deepEqual(result.output, { a: "a", b: null, list: ["c", "c"] });
  });

  it("reads through the output of a step that did not complete give null at any depth", async () => {
    const { result } = await runYaml(
      `
      steps:
        - { id: gone, service: svc, method: bad, output: x, on_error: continue }
      output:
        deep: "{{ .x.a.b[3].c }}"
        also: "{{ steps.gone.output.a }}"
        status: "{{ steps.gone.status }}"
        code: "{{ steps.gone.error.code }}"
        attempts: "{{ steps.gone.attempts }}"
    `,
      { bad: () => refuse("nope") },
    );
    assert.deepEqual(result.output, { deep: null, also: null, status: "unknown", code: "nope", attempts: 1 });
  });

  it("handles an error with steps that see it, and gives their output", async () => {
    const { result, methods } = await runYaml(
      `
      steps:
        - id: pay
          service: svc
          method: pay
          output: paid
          on_error:
            - { service: svc, method: notify, input: { code: "{{ .error.code }}", step: "{{ .error.step }}" }, output: told }
      output: { paid: "{{ .paid }}", told: "{{ .told }}" }
    `,
      { pay: () => refuse("card_declined"), notify: (input) => input },
    );
    assert.deepEqual(methods, ["pay", "notify"]);
    assert.deepEqual(result.output, {
      paid: { code: "card_declined", step: "pay" },
      told: { code: "card_declined", step: "pay" },
    });
    assert.deepEqual(result.steps.map(({ id }) => id), ["pay", "pay!error/told"]);
  });

  it("fails with the error of its handler, and `fail` passes the first one on", async () => {
    const failing = await runYaml(
      `
      steps:
        - { id: a, service: svc, method: a, on_error: [{ id: h, service: svc, method: h }] }
    `,
      { a: () => refuse("first"), h: () => refuse("second") },
    );
    assert.equal(failing.result.error?.code, "second");
    const passing = await runYaml(
      `
      steps:
        - { id: a, service: svc, method: a, on_error: [{ fail: "{{ .error }}" }] }
    `,
      { a: () => refuse("first") },
    );
    assert.equal(passing.result.error?.code, "first");
    assert.equal(passing.result.error?.step, "a");
  });

  it("is still undone later when it completed inside a block whose error was handled", async () => {
    const { methods } = await runYaml(
      `
      steps:
        - id: block
          on_error: continue
          steps:
            - { service: svc, method: a, compensate: { method: undo_a } }
            - { service: svc, method: bad }
        - { fail: { code: stop, message: stop } }
    `,
      { bad: () => refuse("nope") },
    );
    assert.deepEqual(methods, ["a", "bad", "undo_a"]);
  });

  it("with a method that the service does not have fails for good", async () => {
    const { result } = await runYaml(
      `
      name: t
      version: "1"
      services: { svc: { type: function, endpoint: x }, none: { type: function, endpoint: y } }
      steps: [{ service: none, method: gone, retry: { attempts: 3 } }]
    `,
    );
    assert.equal(result.error?.code, "no_such_method");
    assert.equal(result.steps[0]?.attempts, 1);
  });

  it("fails with expression_error when its input cannot be evaluated, and nothing is sent", async () => {
    const { result, methods } = await runYaml(`
      steps: [{ id: a, service: svc, method: a, input: { x: "{{ .input.missing }}" } }]
    `);
    assert.deepEqual(methods, []);
    assert.equal(result.error?.code, "expression_error");
    assert.equal(result.error?.step, "a");
    assert.match(result.error?.message ?? "", /^input\.x: .*input\.missing/);
    assert.equal(result.steps[0]?.status, "failed");
  });
});

describe("set, return, fail, log, switch, group", () => {
  it("set gives names to later steps, types kept", async () => {
    const { result } = await runYaml(
      `
      steps:
        - { set: { n: "{{ .input.x + 1 }}", list: ["{{ .input.x }}", two] } }
      output: { n: "{{ .n }}", list: "{{ .list }}", text: "n={{ .n }}" }
    `,
      {},
      { input: { x: 1 } },
    );
    assert.deepEqual(result.output, { n: 2, list: [1, "two"], text: "n=2" });
  });

  it("return ends the run completed: nothing is undone, later steps do not run", async () => {
    const { result, methods } = await runYaml(`
      steps:
        - { service: svc, method: a, compensate: { method: undo } }
        - { when: true, return: { early: true } }
        - { service: svc, method: b }
    `);
    assert.deepEqual(methods, ["a"]);
    assert.equal(result.status, "completed");
    assert.deepEqual(result.output, { early: true });
  });

  it("return passes handlers of errors around it by", async () => {
    const { result } = await runYaml(`
      steps:
        - on_error: continue
          steps: [{ return: 1 }]
        - { return: 2 }
    `);
    assert.equal(result.output, 1);
  });

  it("fail fails the run with its code and message", async () => {
    const { result } = await runYaml(
      `
      steps: [{ id: no, fail: { code: out_of_stock, message: "no {{ .input.item }}" } }]
    `,
      {},
      { input: { item: "tea" } },
    );
    assert.equal(result.status, "failed");
    assert.deepEqual([result.error?.code, result.error?.message, result.error?.step], ["out_of_stock", "no tea", "no"]);
  });

  it("log tells its text", async () => {
    const { events } = await runYaml(
      `
      steps: [{ log: "hello {{ .input.who }}" }]
    `,
      {},
      { input: { who: "you" } },
    );
    const [log] = events.map(({ entry }) => entry).filter((entry) => entry.type === "log");
    assert.equal(log?.text, "hello you");
  });

  it("switch takes the first branch that holds, else the one without a condition, else none", async () => {
    const steps = `
      steps:
        - id: s
          output: got
          switch:
            - { when: "{{ .input.n > 10 }}", steps: [{ service: svc, method: big }] }
            - { when: "{{ .input.n > 5 }}", steps: [{ service: svc, method: middle }] }
            - { steps: [{ service: svc, method: small }] }
    `;
    for (const [n, expected] of [[11, "big"], [6, "middle"], [1, "small"]] as const) {
      const { result, methods } = await runYaml(steps, {}, { input: { n } });
      assert.deepEqual(methods, [expected]);
      assert.deepEqual(result.output, { got: expected });
    }
    const none = await runYaml(`
      steps: [{ output: got, switch: [{ when: false, steps: [{ service: svc, method: a }] }] }]
    `);
    assert.deepEqual(none.result.output, { got: null });
  });

  it("a group gives its last step's output, and its timeout bounds all of it", async () => {
    const { result } = await runYaml(`
      steps: [{ output: g, steps: [{ service: svc, method: a }, { service: svc, method: b }] }]
    `);
    assert.deepEqual(result.output, { g: "b" });
    const late = await runYaml(
      `
      steps:
        - { service: svc, method: first, compensate: { method: undo } }
        - id: g
          timeout: 20ms
          steps: [{ service: svc, method: hang }, { service: svc, method: never }]
    `,
      { hang: (_input, { signal }) => new Promise((resolve) => signal.addEventListener("abort", resolve)) },
    );
    assert.deepEqual(late.methods, ["first", "hang", "undo"]);
    assert.deepEqual([late.result.error?.code, late.result.error?.step], ["timeout", "g"]);
    assert.equal(late.result.cause, "error");
  });
});

describe("finally", () => {
  it("runs after the rollback, sees the error and the status, and changes neither", async () => {
    const { result, calls } = await runYaml(
      `
      steps:
        - { service: svc, method: a, output: a, compensate: { method: undo } }
        - { service: svc, method: bad }
      finally:
        - { service: svc, method: broken }
        - { id: tell, service: svc, method: tell, input: { s: "{{ run.status }}", c: "{{ .error.code }}", a: "{{ .a }}" } }
    `,
      { bad: () => refuse("nope"), broken: () => refuse("worse") },
    );
    assert.deepEqual(calls.map(({ method }) => method), ["a", "bad", "undo", "broken", "tell"]);
    assert.deepEqual(calls.at(-1)?.input, { s: "compensated", c: "nope", a: "a" });
    assert.equal(result.status, "compensated");
    assert.equal(result.error?.code, "nope");
    assert.ok(result.steps.some(({ id }) => id === "finally/tell"));
  });

  it("runs after success, with no error, and after a cancellation", async () => {
    const steps = `
      steps: [{ service: svc, method: work }]
      finally: [{ service: svc, method: tell, input: { s: "{{ run.status }}", e: "{{ .error }}" } }]
    `;
    const fine = await runYaml(steps);
    assert.deepEqual(fine.calls.at(-1)?.input, { s: "completed", e: null });
    const hang = (_input: unknown, { signal }: { signal: AbortSignal }): Promise<unknown> =>
      new Promise((resolve) => signal.addEventListener("abort", resolve));
    const cancelled = await runYaml(steps, { work: hang }, { onStarted: (run) => setTimeout(() => run.cancel(), 10) });
    assert.deepEqual(cancelled.calls.at(-1)?.input, { s: "cancelled", e: { ...cancelled.result.error } });
    assert.equal(cancelled.result.status, "cancelled");
  });
});
