import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pause, refuse, runYaml, untilAborted } from "./run_yaml.ts";

describe("race", () => {
  it("gives the winner's output; the losers are cancelled and what they had completed is undone at once", async () => {
    const { result, methods } = await runYaml(
      `
      steps:
        - output: won
          race:
            - { service: svc, method: fast, output: f }
            - id: slow
              steps:
                - { service: svc, method: first, output: g, compensate: { method: undo_first } }
                - { service: svc, method: hang }
        - { service: svc, method: after }
      output: { won: "{{ .won }}", f: "{{ .f }}", g: "{{ .g }}", s: "{{ steps.slow.status }}" }
    `,
      { fast: () => pause(20).then(() => "fast"), hang: untilAborted },
    );
    assert.deepEqual(methods, ["fast", "first", "hang", "undo_first", "after"]);
    assert.equal(result.status, "completed");
    assert.deepEqual(result.output, { won: "fast", f: "fast", g: null, s: "cancelled" });
  });

  it("undoes its losers together, in the reverse order of completion", async () => {
    const { methods } = await runYaml(
      `
      steps:
        - race:
            - { service: svc, method: fast }
            - id: one
              steps:
                - { service: svc, method: a1, compensate: { method: undo_a1 } }
                - { service: svc, method: wait }
                - { service: svc, method: a2, compensate: { method: undo_a2 } }
                - { service: svc, method: hang }
            - id: two
              steps:
                - { service: svc, method: b1, compensate: { method: undo_b1 } }
                - { service: svc, method: hang }
    `,
      { fast: () => pause(30), wait: () => pause(5), hang: untilAborted },
    );
    assert.deepEqual(methods.slice(-3), ["undo_a2", "undo_b1", "undo_a1"]);
  });

  it("is not won by a step that fails or is skipped; it fails with the last error when every one failed", async () => {
    const won = await runYaml(
      `
      steps:
        - output: won
          race:
            - { service: svc, method: bad }
            - { service: svc, method: skipped, when: false }
            - { service: svc, method: slow }
    `,
      { bad: () => refuse("nope"), slow: () => pause(10).then(() => "slow") },
    );
    assert.deepEqual(won.result.output, { won: "slow" });
    const lost = await runYaml(
      `
      steps: [{ race: [{ service: svc, method: one }, { service: svc, method: two }] }]
    `,
      { one: () => pause(10).then(() => refuse("late")), two: () => refuse("early") },
    );
    assert.equal(lost.result.error?.code, "late");
  });

  it("that cannot undo a loser fails, and the run says what is left", async () => {
    const { result } = await runYaml(
      `
      steps:
        - race:
            - { service: svc, method: fast }
            - id: slow
              steps:
                - { id: made, service: svc, method: made, compensate: { method: undo, retry: { attempts: 1 } } }
                - { service: svc, method: hang }
    `,
      { fast: () => pause(15), hang: untilAborted, undo: () => refuse("locked") },
    );
    assert.equal(result.status, "compensation_failed");
    assert.deepEqual(result.rollback.unknown, ["step_1/slow/made"]);
  });
});

describe("timeouts", () => {
  it("of the run in the middle of a parallel block roll back what completed", async () => {
    const { result, methods } = await runYaml(
      `
      name: t
      version: "1"
      timeout: 40ms
      services: { svc: { type: function, endpoint: x } }
      steps:
        - { service: svc, method: a, compensate: { method: undo_a } }
        - parallel:
            - { service: svc, method: b, compensate: { method: undo_b } }
            - { service: svc, method: hang }
    `,
      { hang: untilAborted },
    );
    assert.deepEqual(methods, ["a", "b", "hang", "undo_b", "undo_a"]);
    assert.equal(result.cause, "timeout");
    assert.equal(result.status, "compensated");
  });

  it("of a step are not retried and run no longer than they say; the handler is not bound by them", async () => {
    const { result, methods } = await runYaml(
      `
      steps:
        - id: a
          service: svc
          method: hang
          timeout: 20ms
          retry: { attempts: 5 }
          output: a
          on_error: [{ service: svc, method: slow, output: rescued }]
    `,
      { hang: untilAborted, slow: () => pause(40).then(() => "fine") },
    );
    assert.deepEqual(methods, ["hang", "slow"]);
    assert.deepEqual(result.output, { a: "fine", rescued: "fine" });
  });
});
