import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Answers, pause, refuse, runYaml, untilAborted } from "./run_yaml.ts";

/** Answers that count how many calls are under way at most. */
function counting(ms: number): { readonly answers: Answers; readonly peak: () => number } {
  let now = 0;
  let peak = 0;
  const work = async (input: unknown): Promise<unknown> => {
    peak = Math.max(peak, ++now);
    await pause(ms);
    now--;
    return input;
  };
  return { answers: { work }, peak: () => peak };
}

describe("parallel", () => {
  it("gives the outputs by name, and all that follows sees them", async () => {
    const { result } = await runYaml(`
      steps:
        - output: both
          parallel:
            - { service: svc, method: a, output: x }
            - { service: svc, method: b, output: y }
            - { service: svc, method: c }
      output: { both: "{{ .both }}", x: "{{ .x }}" }
    `);
    assert.deepEqual(result.output, { both: { x: "a", y: "b" }, x: "a" });
  });

  it("with fail_fast cancels the others and fails with the first error", async () => {
    const { result, methods } = await runYaml(
      `
      steps:
        - parallel:
            - { id: hang, service: svc, method: hang }
            - { id: bad, service: svc, method: bad }
            - steps: [{ service: svc, method: slow }, { service: svc, method: never }]
    `,
      { hang: untilAborted, bad: () => refuse("nope"), slow: () => pause(10) },
    );
    assert.deepEqual([result.error?.code, result.error?.step], ["nope", "step_1/bad"]);
    assert.ok(!methods.includes("never"));
    assert.equal(result.steps.find(({ id }) => id === "step_1/hang")?.status, "cancelled");
  });

  it("without fail_fast lets the others finish; details.errors has every error", async () => {
    const { result, methods } = await runYaml(
      `
      steps:
        - id: p
          fail_fast: false
          parallel:
            - { service: svc, method: bad1 }
            - { service: svc, method: slow, compensate: { method: undo } }
            - { service: svc, method: bad2 }
    `,
      { bad1: () => refuse("one"), bad2: () => refuse("two"), slow: () => pause(15) },
    );
    assert.equal(result.error?.code, "one");
    const { errors } = result.error!.details as { errors: { code: string }[] };
    assert.deepEqual(errors.map(({ code }) => code), ["one", "two"]);
    assert.equal(methods.at(-1), "undo");
  });

  it("never runs more than max_concurrency at a time", async () => {
    const { answers, peak } = counting(5);
    const children = Array.from({ length: 6 }, () => "      - { service: svc, method: work }").join("\n");
    await runYaml(`steps:\n  - max_concurrency: 2\n    parallel:\n${children}`, answers);
    assert.equal(peak(), 2);
  });

  it("is a handled error's end for on_error: what completed inside stays due", async () => {
    const { result, methods } = await runYaml(
      `
      steps:
        - id: p
          on_error: continue
          parallel:
            - { service: svc, method: a, compensate: { method: undo_a } }
            - steps: [{ service: svc, method: wait }, { service: svc, method: bad }]
        - { service: svc, method: b }
    `,
      { wait: () => pause(5), bad: () => refuse("nope") },
    );
    assert.equal(result.status, "completed");
    assert.deepEqual(methods, ["a", "wait", "bad", "b"]);
  });
});

describe("dag", () => {
  it("runs each step as soon as what it needs is done, declared or read", async () => {
    const order: string[] = [];
    const answer = (name: string, ms: number) => async () => {
      await pause(ms);
      order.push(name);
      return name;
    };
    const { result, calls } = await runYaml(
      `
      steps:
        - output: all
          dag:
            - { id: join, service: svc, method: join, input: { a: "{{ .a }}", b: "{{ .b }}" }, output: joined }
            - { id: a, service: svc, method: slow, output: a }
            - { id: b, service: svc, method: fast, output: b }
            - { id: after_b, service: svc, method: after, depends_on: [b] }
    `,
      { slow: answer("slow", 40), fast: answer("fast", 1), after: answer("after", 1), join: (input) => input },
    );
    assert.deepEqual(order, ["fast", "after", "slow"]);
    assert.deepEqual(calls.at(-1)?.input, { a: "slow", b: "fast" });
    assert.deepEqual(result.output, {
      all: { joined: { a: "slow", b: "fast" }, a: "slow", b: "fast" },
      joined: { a: "slow", b: "fast" },
      a: "slow",
      b: "fast",
    });
  });

  it("with fail_fast false skips what depends on a failure, and runs what depends on a skip or a handled error", async () => {
    const { result, methods } = await runYaml(
      `
      steps:
        - id: d
          fail_fast: false
          dag:
            - { id: bad, service: svc, method: bad }
            - { id: blocked, service: svc, method: blocked, depends_on: [bad] }
            - { id: deeper, service: svc, method: deeper, depends_on: [blocked] }
            - { id: skipped, service: svc, method: skipped, when: false }
            - { id: after_skip, service: svc, method: after_skip, depends_on: [skipped] }
            - { id: handled, service: svc, method: bad, on_error: continue }
            - { id: after_handled, service: svc, method: after_handled, depends_on: [handled] }
    `,
      { bad: () => refuse("nope") },
    );
    assert.deepEqual(methods.toSorted(), ["after_handled", "after_skip", "bad", "bad"]);
    assert.equal(result.error?.step, "d/bad");
    const status = Object.fromEntries(result.steps.map((step) => [step.id, step.status]));
    assert.deepEqual([status["d/blocked"], status["d/deeper"]], ["skipped", "skipped"]);
  });

  it("ends when the run is cancelled while steps wait for others", async () => {
    const { result } = await runYaml(
      `
      steps:
        - dag:
            - { id: a, service: svc, method: hang }
            - { id: b, service: svc, method: b, depends_on: [a] }
            - { id: c, service: svc, method: c, depends_on: [b] }
    `,
      { hang: untilAborted },
      { onStarted: (run) => setTimeout(() => run.cancel(), 10) },
    );
    assert.equal(result.status, "cancelled");
  });
});

describe("foreach", () => {
  it("runs one iteration after the other and lists what each collects, in order", async () => {
    const { answers, peak } = counting(1);
    const { result } = await runYaml(
      `
      steps:
        - foreach: "{{ .input.items }}"
          as: thing
          output: list
          steps: [{ service: svc, method: work, input: { x: "{{ .thing }}" }, output: got }]
          collect: "{{ .index }}:{{ .got.x }}"
    `,
      answers,
      { input: { items: ["a", "b", "c"] } },
    );
    assert.deepEqual(result.output, { list: ["0:a", "1:b", "2:c"] });
    assert.equal(peak(), 1);
  });

  it("keeps the order of the items when it runs them at the same time, and never too many", async () => {
    const { answers, peak } = counting(2);
    const items = Array.from({ length: 40 }, (_, index) => index);
    const { result } = await runYaml(
      `
      steps:
        - foreach: "{{ .input.items }}"
          max_concurrency: 7
          output: list
          steps: [{ service: svc, method: work, input: "{{ .item }}" }]
    `,
      answers,
      { input: { items } },
    );
    assert.deepEqual(result.output, { list: items });
    assert.equal(peak(), 7);
  });

  it("over null runs nothing, over something else fails", async () => {
    const steps = `
      steps: [{ output: l, foreach: "{{ .input.items }}", steps: [{ service: svc, method: a }] }]
    `;
    assert.deepEqual((await runYaml(steps, {}, { input: { items: null } })).result.output, { l: [] });
    const { result } = await runYaml(steps, {}, { input: { items: "text" } });
    assert.equal(result.error?.code, "expression_error");
  });

  it("undoes every completed iteration, each with its own item, index and names", async () => {
    const { calls } = await runYaml(
      `
      steps:
        - id: each
          foreach: [x, y, z]
          steps:
            - service: svc
              method: make
              input: "{{ .item }}"
              output: made
              compensate: { method: undo, input: { item: "{{ .item }}", i: "{{ .index }}", made: "{{ .made }}", e: "{{ .error.code }}" } }
            - { when: "{{ .index == 2 }}", fail: { code: third, message: "" } }
    `,
      { make: (input) => `made ${input}` },
    );
    assert.deepEqual(calls.slice(3).map(({ input }) => input), [
      { item: "z", i: 2, made: "made z", e: "third" },
      { item: "y", i: 1, made: "made y", e: "third" },
      { item: "x", i: 0, made: "made x", e: "third" },
    ]);
    assert.equal(new Set(calls.map(({ key }) => key)).size, calls.length);
    assert.match(calls[0]!.key, /:each\[0\]\/made$/);
  });
});

describe("repeat", () => {
  it("runs rounds until the condition holds; names of the body hold the round before", async () => {
    let round = 0;
    const { result, calls } = await runYaml(
      `
      steps:
        - repeat: { until: "{{ .state.done }}", every: 1ms, max: 10 }
          output: last
          steps: [{ service: svc, method: poll, input: { before: "{{ .state }}" }, output: state }]
      output: { last: "{{ .last }}", state: "{{ .state }}" }
    `,
      { poll: () => ({ n: ++round, done: round === 3 }) },
    );
    assert.deepEqual(calls.map(({ input }) => (input as { before: { n: number } | null }).before?.n ?? null), [
      null,
      1,
      2,
    ]);
    assert.deepEqual(result.output, { last: { n: 3, done: true }, state: { n: 3, done: true } });
  });

  it("fails with repeat_exhausted after max rounds", async () => {
    const { result, methods } = await runYaml(`
      steps: [{ id: r, repeat: { until: false, max: 3 }, steps: [{ service: svc, method: a }] }]
    `);
    assert.equal(result.error?.code, "repeat_exhausted");
    assert.equal(methods.length, 3);
  });

  it("with collect lists the rounds, and each round is undone in its own scope", async () => {
    let round = 0;
    const { calls, result } = await runYaml(
      `
      steps:
        - id: r
          repeat: { until: "{{ .n == 2 }}", max: 5 }
          collect: "{{ .n }}"
          output: all
          steps: [{ service: svc, method: next, output: n, compensate: { method: undo, input: { n: "{{ .n }}" } } }]
        - { fail: { code: stop, message: "{{ .all }}" } }
    `,
      { next: () => ++round },
    );
    assert.equal(result.error?.message, "[1,2]");
    assert.deepEqual(calls.slice(2).map(({ input }) => input), [{ n: 2 }, { n: 1 }]);
  });
});
