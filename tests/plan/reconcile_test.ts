import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { refuse, runYaml } from "./run_yaml.ts";

/** An answer that leaves the outcome unknown. */
const lose = (): never => refuse("lost");

describe("reconcile", () => {
  const charge = (more: string): string => `
    - id: charge
      service: svc
      method: charge
      input: { key: "{{ idempotency_key }}" }
      output: charge
      ${more}
      compensate:
        method: refund
        input: "{{ .charge.id }}"
        reconcile:
          method: find
          input: { key: "{{ idempotency_key }}", of: "{{ .input.order }}" }
          done: "{{ .answer.state == 'paid' }}"
          output: { id: "{{ .answer.charge }}", key: "{{ idempotency_key }}" }
  `;
  const input = { order: 7 };

  it("completes a step that took effect, with the output that it gives", async () => {
    const { result, calls } = await runYaml(
      `steps:${charge("retry: { attempts: 3 }")}`,
      { charge: lose, find: () => ({ state: "paid", charge: 42 }) },
      { input },
    );
    const [first, asked, ...others] = calls;
    assert.deepEqual([first?.method, asked?.method, others], ["charge", "find", []]);
    assert.deepEqual(asked?.input, { key: first?.key, of: 7 });
    assert.deepEqual(result.output, { charge: { id: 42, key: first?.key } });
    assert.equal(result.steps[0]?.status, "completed");
  });

  it("lets a step that did not take effect be tried again", async () => {
    let count = 0;
    const { result, methods } = await runYaml(
      `steps:${charge("retry: { attempts: 2 }")}`,
      { charge: () => ++count === 1 ? lose() : { id: 1 }, find: () => null },
      { input },
    );
    assert.deepEqual(methods, ["charge", "find", "charge"]);
    assert.deepEqual(result.output, { charge: { id: 1 } });
  });

  it("has nothing undone where the step did not take effect", async () => {
    const { result, methods } = await runYaml(
      `steps:${charge("")}`,
      { charge: lose, find: () => ({ state: "open" }) },
      {
        input,
      },
    );
    assert.deepEqual(methods, ["charge", "find"]);
    assert.deepEqual([result.status, result.rollback.unknown], ["failed", []]);
  });

  it("gives a compensation the output, where it is answered only before the undo", async () => {
    let count = 0;
    const find = (): unknown => ++count === 1 ? refuse("UNAVAILABLE") : { state: "paid", charge: 42 };
    const { result, calls, methods } = await runYaml(
      `steps:${charge("").replace("method: find", "method: find\n          retry: { attempts: 1 }")}`,
      { charge: lose, find },
      { input },
    );
    assert.deepEqual(methods, ["charge", "find", "find", "refund"]);
    assert.equal(calls.at(-1)?.input, 42);
    assert.deepEqual([result.status, result.rollback.undone], ["compensated", ["charge"]]);
  });

  it("leaves the step unknown where the question cannot be read", async () => {
    const { result } = await runYaml(
      `steps:${charge("").replace(".answer.state == 'paid'", ".answer.a.b")}`,
      { charge: lose, find: () => ({ a: 1 }) },
      { input },
    );
    assert.deepEqual([result.status, result.rollback.unknown], ["compensation_failed", ["charge"]]);
  });

  it("goes with a call that has no compensation, and answers with the answer", async () => {
    const { result } = await runYaml(
      `
      steps:
        - { service: svc, method: send, output: sent, reconcile: { method: find, done: answer != null } }
    `,
      { send: lose, find: () => ({ found: true }) },
    );
    assert.deepEqual(result.output, { sent: { found: true } });
  });
});

describe("at_most_once", () => {
  it("is not tried again where it may have taken effect", async () => {
    const { result, methods } = await runYaml(
      `steps: [ { id: pay, service: svc, method: pay, at_most_once: true, retry: { attempts: 3 } } ]`,
      { pay: lose },
    );
    assert.deepEqual(methods, ["pay"]);
    assert.deepEqual([result.error?.code, result.steps[0]?.status], ["lost", "unknown"]);
  });
});

describe("pivot", () => {
  const steps = `
    steps:
      - { service: svc, method: a, compensate: { method: undo_a } }
      - { id: ship, service: svc, method: ship, pivot: true }
      - { id: tell, service: svc, method: tell }
  `;

  it("pauses a run that fails after it, and nothing is undone", async () => {
    const { result, methods } = await runYaml(steps, { tell: () => refuse("no_paper") });
    assert.deepEqual(methods, ["a", "ship", "tell"]);
    assert.deepEqual([result.status, result.pause?.reason], ["paused", "past_pivot"]);
  });

  it("changes nothing where it surely was not reached", async () => {
    const { result, methods } = await runYaml(
      steps.replace("method: ship,", 'method: ship, input: "{{ .input.missing }}",'),
    );
    assert.deepEqual([result.status, methods], ["compensated", ["a", "undo_a"]]);
  });
});
