import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JsonValue } from "../../src/base/json.ts";
import { type Played, runYaml } from "./run_yaml.ts";

/** How long each timer was to run, in milliseconds. */
function waits({ events }: Played): number[] {
  return events.flatMap(({ entry, time }) => entry.type === "timer_set" ? [entry.due - time] : []);
}

describe("sleep", () => {
  it("waits, and its output is null", async () => {
    const played = await runYaml(
      `
      steps:
        - { id: nap, sleep: 5ms, output: nothing }
        - { sleep: "{{ .input.n }}ms" }
        - { sleep: "{{ duration('3ms') }}" }
      output: { nothing: "{{ .nothing }}", status: "{{ steps.nap.status }}" }
    `,
      {},
      { input: { n: 4 } },
    );
    assert.deepEqual(played.result.output, { nothing: null, status: "completed" });
    assert.deepEqual(waits(played), [5, 4, 3]);
    assert.deepEqual(
      played.result.steps.map(({ kind, status }) => [kind, status]),
      Array(3).fill(["sleep", "completed"]),
    );
  });

  it("does not wait for what has passed, or is no time at all", async () => {
    const played = await runYaml(`
      steps:
        - { sleep: "0" }
        - { sleep: "{{ duration('-5m') }}" }
        - { sleep_until: 2020-01-31T12:00:00+01:00 }
        - { sleep_until: "{{ now() }}" }
    `);
    assert.equal(played.result.status, "completed");
    assert.deepEqual(waits(played), []);
  });

  it("until a time waits until then", async () => {
    const played = await runYaml(`
      steps:
        - { sleep_until: "{{ timestamp(run.started_at) + duration('20ms') }}" }
    `);
    assert.deepEqual(waits(played), [20]);
  });

  const wrong: readonly [step: string, message: RegExp][] = [
    ['sleep: "{{ .input.n }}"', /`sleep` needs a duration such as 10m: it got number 5$/],
    ['sleep: "{{ .input.text }}"', /`sleep` needs a duration such as 10m: it got text "soon"$/],
    ['sleep: "{{ .input.none }}"', /`sleep` needs a duration such as 10m: it got null$/],
    ['sleep: "{{ .input.long }}h"', /`sleep` leads too far into the future/],
    ['sleep_until: "{{ .input.text }}"', /`sleep_until` needs a time in RFC 3339, .*: it got text "soon"$/],
    ['sleep: "{{ .input.missing }}"', /^sleep: /],
  ];
  for (const [step, message] of wrong) {
    it(`fails with expression_error for ${step}`, async () => {
      const input = { n: 5, text: "soon", none: null, long: "99999999999999" };
      const { result } = await runYaml(`steps: [ { id: nap, ${step} } ]`, {}, { input });
      assert.equal(result.error?.code, "expression_error");
      assert.equal(result.error?.step, "nap");
      assert.match(result.error?.message ?? "", message);
    });
  }

  it("ends with the step's timeout, and with the cancellation of what is around it", async () => {
    const { result } = await runYaml(`
      steps:
        - { id: long, sleep: 1h, timeout: 5ms, on_error: continue }
        - race:
            - { id: longer, sleep: 2h }
            - { id: short, sleep: 5ms }
      output: { code: "{{ steps.long.error.code }}", longer: "{{ steps.longer.status }}" }
    `);
    assert.deepEqual(result.output, { code: "timeout", longer: "cancelled" });
  });
});

describe("wait_for", () => {
  const steps = `
    steps:
      - id: ask
        wait_for:
          signal: "approved-{{ .input.order }}"
          schema: { type: object, required: [by], properties: { by: { type: string } } }
        output: approval
    output: "{{ .approval.by }}"
  `;
  const send = (...data: readonly JsonValue[]) => ({
    input: { order: 7 },
    onStarted: async ({ id }: { readonly id: string }, maestro: Parameters<typeof forward>[0]) => {
      for (const one of data) await forward(maestro, id, one);
    },
  });

  it("gives the payload", async () => {
    const { result } = await runYaml(steps, {}, send({ by: "Ada" }));
    assert.deepEqual([result.status, result.output], ["completed", "Ada"]);
    assert.deepEqual(result.steps.map(({ kind, status, output }) => [kind, status, output]), [
      ["wait_for", "completed", { by: "Ada" }],
    ]);
  });

  it("takes signals that came before, the oldest first", async () => {
    const { result } = await runYaml(
      `
      steps:
        - { service: svc, method: work }
        - { wait_for: { signal: approved-7 }, output: first }
        - { wait_for: { signal: "approved-{{ 7 }}" }, output: second }
    `,
      { work: () => new Promise((resolve) => setTimeout(resolve, 30)) },
      send(1, 2),
    );
    assert.deepEqual(result.output, { first: 1, second: 2 });
  });

  it("waits on where a payload does not fit", async () => {
    const { result, events } = await runYaml(
      `
      steps:
        - { id: a, wait_for: { signal: approved-7, schema: { type: string } }, output: a }
        - { id: b, wait_for: { signal: approved-7, schema: { type: number } }, output: b }
    `,
      {},
      send(5, "yes", 6),
    );
    assert.deepEqual(result.output, { a: "yes", b: 6 });
    assert.deepEqual(events.flatMap(({ entry }) => entry.type === "signal_refused" ? [entry] : []), [{
      type: "signal_refused",
      step: "a",
      signal: "approved-7",
      reason: 'data: Instance type "number" is invalid. Expected "string"',
    }]);
  });

  it("gives up with the step's timeout", async () => {
    const { result } = await runYaml(`
      steps: [ { id: a, wait_for: { signal: approved }, timeout: 5ms, output: a } ]
    `);
    assert.deepEqual([result.error?.code, result.error?.step], ["timeout", "a"]);
  });

  it("needs a name that is text", async () => {
    const { result } = await runYaml(`steps: [ { id: ask, wait_for: { signal: "{{ .input.n }}" } } ]`, {}, {
      input: { n: 5 },
    });
    assert.deepEqual([result.error?.code, result.error?.message], [
      "expression_error",
      "`wait_for` needs the name of a signal: it got number 5",
    ]);
  });
});

async function forward(
  maestro: { signal(run: string, signal: { name: string; data: JsonValue }): Promise<unknown> },
  run: string,
  data: JsonValue,
): Promise<void> {
  await maestro.signal(run, { name: "approved-7", data });
}
