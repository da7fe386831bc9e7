import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pause, refuse, runYaml, untilAborted } from "./run_yaml.ts";

describe("uuid()", () => {
  it("differs between iterations, handlers, compensations and steps, and is the same at every attempt", async () => {
    let attempts = 0;
    const { calls } = await runYaml(
      `
      steps:
        - { service: svc, method: make, input: "{{ uuid() }}", compensate: { method: undo, input: "{{ uuid() }}" } }
        - foreach: [1, 2, 3]
          steps: [{ service: svc, method: each, input: "{{ uuid() }}" }]
        - { id: flaky, service: svc, method: flaky, input: "{{ uuid() }}", retry: { attempts: 2 } }
        - { set: { a: "{{ uuid() }}", b: "{{ uuid() }}" } }
        - { service: svc, method: set, input: "{{ .a }}" }
        - { service: svc, method: set, input: "{{ .b }}" }
        - id: bad
          service: svc
          method: bad
          input: "{{ uuid() }}"
          on_error: [{ service: svc, method: handle, input: "{{ uuid() }}" }, { fail: "{{ .error }}" }]
    `,
      { flaky: () => ++attempts === 1 ? refuse("busy") : null, bad: () => refuse("no") },
    );
    const flaky = calls.filter(({ method }) => method === "flaky");
    assert.equal(flaky.length, 2);
    assert.equal(flaky[0]!.input, flaky[1]!.input);
    assert.equal(new Set(calls.map(({ input }) => input)).size, calls.length - 1);
  });
});

describe("a run that was cancelled", () => {
  it("starts nothing more, not even steps that call no service", async () => {
    const { result, events } = await runYaml(
      `
      steps:
        - { service: svc, method: slow, compensate: { method: undo } }
        - { log: "after" }
        - { return: done }
    `,
      { slow: () => pause(30) },
      { onStarted: (run) => setTimeout(() => run.cancel(), 10) },
    );
    assert.equal(result.status, "compensated");
    assert.deepEqual(events.filter(({ entry }) => entry.type === "log"), []);
    assert.deepEqual(result.steps.map(({ id }) => id), ["step_1"]);
  });
});

describe("internal keys", () => {
  it("never meet the ids of steps", async () => {
    const { result } = await runYaml(`
      name: t
      version: "1"
      timeout: 10s
      services: { svc: { type: function, endpoint: x } }
      steps:
        - { id: run, timeout: 5s, steps: [{ id: timeout, service: svc, method: a }] }
        - id: poll
          repeat: { until: "{{ .n == 'every' }}", every: 1ms, max: 2 }
          steps: [{ id: every, service: svc, method: every, output: n, when: "{{ .n == 'first' }}" }, { set: { m: 1 } }]
          on_error: continue
      finally:
        - { id: again, timeout: 5s, repeat: { until: true, every: 1ms }, steps: [{ id: every2, service: svc, method: b }] }
    `);
    assert.equal(result.status, "completed");
    assert.equal(result.steps.find(({ id }) => id === "poll")?.error?.code, "repeat_exhausted");
  });
});

describe("errors of expressions", () => {
  it("in a condition are seen on the step", async () => {
    const { result } = await runYaml(`
      steps: [{ id: a, service: svc, method: a, when: "{{ .input.n > 1 }}" }]
    `);
    assert.deepEqual(result.steps.map(({ id, status, error }) => [id, status, error?.code]), [
      ["a", "failed", "expression_error"],
    ]);
  });

  it("of a handler become the step's error, for expressions too", async () => {
    const { calls } = await runYaml(
      `
      steps:
        - id: outer
          on_error: [{ service: svc, method: tell, input: "{{ steps.a.error.code }}" }]
          steps: [{ id: a, service: svc, method: a, on_error: [{ service: svc, method: h }] }]
    `,
      { a: () => refuse("first"), h: () => refuse("second") },
    );
    assert.equal(calls.at(-1)?.input, "second");
  });
});

describe("return", () => {
  it("ends the run also where an item before it had failed", async () => {
    const { result } = await runYaml(
      `
      steps:
        - foreach: [1, 2, 3]
          fail_fast: false
          steps:
            - { service: svc, method: work, input: "{{ .item }}" }
            - { when: "{{ .item == 2 }}", return: "two" }
    `,
      { work: (item) => item === 1 ? refuse("no") : null },
    );
    assert.equal(result.status, "completed");
    assert.equal(result.output, "two");
  });
});

describe("a block's timeout", () => {
  it("does not touch what runs beside it", async () => {
    const { result, methods } = await runYaml(
      `
      steps:
        - fail_fast: false
          parallel:
            - { id: short, timeout: 10ms, on_error: continue, steps: [{ service: svc, method: hang }] }
            - { id: long, steps: [{ service: svc, method: work }, { service: svc, method: more }] }
    `,
      { hang: untilAborted, work: () => pause(30) },
    );
    assert.equal(result.status, "completed");
    assert.deepEqual(methods.toSorted(), ["hang", "more", "work"]);
  });
});
