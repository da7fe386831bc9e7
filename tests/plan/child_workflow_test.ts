import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JsonObject } from "../../src/base/json.ts";
import { pause, refuse, runYaml } from "./run_yaml.ts";

describe("workflow", () => {
  it("gives the child's output, and its input the defaults of the child's schema", async () => {
    const { result, methods } = await runYaml(
      `
      steps:
        - { id: bill, workflow: bill, input: { amount: "{{ .input.amount }}" }, output: bill }
        - { service: svc, method: after, input: "{{ .bill }}" }
      output: { bill: "{{ .bill }}", attempts: "{{ steps.bill.attempts }}" }
    `,
      { charge: (input) => input },
      {
        input: { amount: 5 },
        children: {
          bill: `
            input_schema: { properties: { currency: { default: EUR } } }
            steps:
              - { service: svc, method: charge, input: "{{ .input }}", output: charged }
            output: { paid: "{{ .charged }}", by: "{{ workflow.name }}" }
          `,
        },
      },
    );
    assert.deepEqual(methods, ["charge", "after"]);
    const bill = { paid: { amount: 5, currency: "EUR" }, by: "bill" };
    assert.deepEqual(result.output, { bill, attempts: 1 });
    const [step] = result.steps;
    assert.deepEqual([step?.id, step?.kind, step?.status, step?.input, step?.output, step?.childRun], [
      "bill",
      "workflow",
      "completed",
      { amount: 5, currency: "EUR" },
      bill,
      `${result.runId}/bill`,
    ]);
  });

  it("fails with child_failed, after the child has undone itself", async () => {
    const { result, methods } = await runYaml(
      `
      steps:
        - { service: svc, method: first, compensate: { method: undo_first } }
        - { id: bill, workflow: bill }
    `,
      { bad: () => refuse("card_declined", "No money") },
      {
        children: {
          bill: `
            steps:
              - { service: svc, method: hold, compensate: { method: free } }
              - { id: pay, service: svc, method: bad }
          `,
        },
      },
    );
    assert.deepEqual(methods, ["first", "hold", "bad", "free", "undo_first"]);
    assert.equal(result.status, "compensated");
    assert.deepEqual([result.error?.code, result.error?.step], ["child_failed", "bill"]);
    const details = result.error?.details as JsonObject;
    assert.deepEqual([details["run_id"], details["status"]], [`${result.runId}/bill`, "compensated"]);
    assert.equal((details["error"] as JsonObject)["code"], "card_declined");
  });

  it("is undone as one step, in its own reverse order", async () => {
    const { result, methods } = await runYaml(
      `
      steps:
        - { id: bill, workflow: bill }
        - { service: svc, method: next, compensate: { method: undo_next } }
        - { fail: { code: stop, message: stop } }
    `,
      {},
      {
        children: {
          bill: `
            steps:
              - { service: svc, method: a, compensate: { method: undo_a } }
              - { service: svc, method: b, compensate: { method: undo_b } }
          `,
        },
      },
    );
    assert.deepEqual(methods, ["a", "b", "next", "undo_next", "undo_b", "undo_a"]);
    assert.deepEqual([result.status, result.rollback.undone], ["compensated", ["step_2", "bill"]]);
    assert.deepEqual(result.steps.map(({ id, status }) => [id, status]).slice(0, 2), [
      ["bill", "compensated"],
      ["step_2", "compensated"],
    ]);
  });

  it("is tried again in a new run, as its retry says", async () => {
    let count = 0;
    const flaky = { flaky: () => ++count < 3 ? refuse("not_now") : "done" };
    const children = { bill: "steps: [ { service: svc, method: flaky, input: '{{ idempotency_key }}', output: x } ]" };
    const { result, calls } = await runYaml(
      `
      steps:
        - { id: bill, workflow: bill, retry: { attempts: 5, initial: 1ms }, output: bill }
      output: "{{ steps.bill.attempts }}"
    `,
      flaky,
      { children },
    );
    assert.equal(result.output, 3);
    assert.equal(new Set(calls.map(({ key }) => key)).size, 3);
    assert.deepEqual(result.steps.map(({ id, attempts, childRun }) => [id, attempts, childRun]), [
      ["bill", 3, `${result.runId}/bill!3`],
    ]);
  });

  it("is not tried again where the policy, the limit, or what the child left behind speaks against it", async () => {
    const attempts = async (retry: string, more: string = "", compensate: string = ""): Promise<unknown> => {
      const { result } = await runYaml(
        `steps: [ { id: bill, workflow: bill, retry: ${retry}${more} } ]`,
        { bad: () => refuse("not_now"), undo: () => refuse("never") },
        {
          children: {
            bill: `
              steps:
                - { service: svc, method: a, compensate: { method: undo, retry: { attempts: 1 }${compensate} } }
                - { service: svc, method: bad }
            `,
          },
        },
      );
      assert.equal(result.error?.code, "child_failed");
      return result.steps[0]?.attempts;
    };
    const isUndone = ", when: false";
    assert.equal(await attempts("{ attempts: 2, initial: 1ms }", "", isUndone), 2);
    assert.equal(await attempts("{ attempts: 2, initial: 1ms, never_on: [child_failed] }", "", isUndone), 1);
    assert.equal(await attempts("{ attempts: 2, initial: 1h, max: 1h }", ", timeout: 5m", isUndone), 1);
    assert.equal(await attempts("{ attempts: 2, initial: 1ms }"), 1);
  });

  it("is cancelled by the step's timeout, and undoes itself", async () => {
    const { result, methods } = await runYaml(
      `
      steps:
        - { id: bill, workflow: bill, timeout: 30ms, on_error: [ { set: { code: "{{ .error.code }}" } } ] }
      output: "{{ .code }}"
    `,
      {},
      {
        children: {
          bill: `
            steps:
              - { service: svc, method: a, compensate: { method: undo_a } }
              - { sleep: 1h }
          `,
        },
      },
    );
    assert.deepEqual(methods, ["a", "undo_a"]);
    assert.equal(result.output, "timeout");
  });

  it("in iterations at the same time are runs of their own", async () => {
    const { result } = await runYaml(
      `
      steps:
        - foreach: [1, 2, 3]
          max_concurrency: 3
          steps: [ { workflow: double, input: { n: "{{ .item }}" }, output: twice } ]
          output: list
      output: "{{ .list }}"
    `,
      { work: (input) => pause(2).then(() => input) },
      {
        children: {
          double: `
            steps: [ { service: svc, method: work, input: "{{ .input.n * 2 }}", output: n } ]
            output: "{{ .n }}"
          `,
        },
      },
    );
    assert.deepEqual(result.output, [2, 4, 6]);
  });

  const strict = {
    bill: `
      input_schema: { type: object, required: [n], properties: { n: { type: number } } }
      steps: [ { service: svc, method: a } ]
    `,
  };

  it("fails with bad_input, and starts nothing, where the input does not fit", async () => {
    const fail = async (input: string): Promise<unknown> => {
      const { result, methods } = await runYaml(
        `steps: [ { id: bill, workflow: bill, input: ${input}, retry: { attempts: 3 } } ]`,
        {},
        { input: { n: "5", list: [] }, children: strict },
      );
      assert.deepEqual(methods, []);
      assert.equal(result.error?.code, "bad_input");
      return result.error?.message;
    };
    assert.equal(
      await fail('{ n: "{{ .input.n }}" }'),
      'The input does not fit the schema of "bill": input.n: Instance type "string" is invalid. Expected "number"',
    );
    assert.equal(await fail('"{{ .input.list }}"'), "The input of a workflow is a map, not list");
  });
});
