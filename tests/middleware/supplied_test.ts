import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  dag,
  logging,
  MaestroError,
  Metrics,
  metrics,
  type Middleware,
  RetryableError,
  retrying,
  TerminalError,
  timeLimit,
  validating,
} from "../../mod.ts";
import { untilAborted } from "../dag/run_dag.ts";
import { ManualClock } from "../servers/manual_clock.ts";
import { runDocument, shop, withMaestro } from "./run_workflow.ts";

const OUTPUT = 'output: "{{ .r }}"\n';

function isUsage(error: unknown): boolean {
  return MaestroError.is(error, "usage");
}

describe("logging()", () => {
  it("tells how attempts begin and end, to those who listen to the run", async () => {
    const { lines } = await runDocument(shop("id: a, method: Do, retry: { attempts: 2, initial: 1ms }"), {
      middleware: [logging(undefined, { clock: new ManualClock() })],
      functions: {
        shop: {
          Do: (_input, { attempt }) => {
            if (attempt === 1) throw Object.assign(new Error("no room"), { code: "FULL" });
          },
        },
      },
    });
    assert.deepEqual(lines, [
      "a: attempt 1 started",
      "a: attempt 1 failed after 0ms: FULL: no room",
      "a: attempt 2 started",
      "a: attempt 2 completed in 0ms",
    ]);
  });

  it("gives a sink fields, without input and output", async () => {
    const told: unknown[] = [];
    await runDocument(shop("id: a, method: Do, input: { card: 4711 }"), {
      middleware: [logging((message, { run_id, ...fields }) => told.push([message, typeof run_id, fields]), {
        clock: new ManualClock(),
      })],
      functions: { shop: { Do: () => ({ card: 4711 }) } },
    });
    const fields = { workflow: "order", step_id: "a", service: "shop", method: "Do", attempt: 1 };
    assert.deepEqual(told, [
      ["attempt 1 started", "string", fields],
      ["attempt 1 completed in 0ms", "string", { ...fields, duration_ms: 0 }],
    ]);
  });
});

describe("retrying()", () => {
  it("tries again within one attempt, with the same key", async () => {
    const calls: unknown[] = [];
    const { status, output, steps } = await runDocument(`${shop("id: a, method: Do, output: r")}${OUTPUT}`, {
      middleware: [retrying({ attempts: 3, delay: 0 })],
      functions: {
        shop: {
          Do: (_input, { attempt, idempotencyKey }) => {
            calls.push([attempt, idempotencyKey]);
            if (calls.length < 3) throw new Error("again");
            return "third";
          },
        },
      },
    });
    assert.deepEqual([status, output, steps[0]?.attempts], ["completed", "third", 1]);
    assert.equal(new Set(calls.map((call) => JSON.stringify(call))).size, 1);
  });

  it("gives up for good errors and by its own condition; an earlier try that may have acted is not forgotten", async () => {
    const run = async (errors: readonly Error[], middleware: Middleware): Promise<unknown> => {
      let calls = 0;
      const { error, steps } = await runDocument(shop("id: a, method: Do"), {
        middleware: [middleware],
        functions: {
          shop: {
            Do: () => {
              throw errors[calls++] ?? new Error("too often");
            },
          },
        },
      });
      return [calls, error?.code, steps[0]?.status];
    };
    const no = new TerminalError("no");
    assert.deepEqual(await run([no], retrying({ delay: 0 })), [1, "terminal", "failed"]);
    assert.deepEqual(await run([new RetryableError("x"), no], retrying({ delay: 0 })), [2, "terminal", "failed"]);
    assert.deepEqual(await run([new Error("x"), no], retrying({ delay: 0 })), [2, "terminal", "unknown"]);
    assert.deepEqual(await run([new Error("x")], retrying({ when: () => false })), [1, "UNKNOWN", "unknown"]);
    assert.deepEqual(await run([], retrying({ attempts: 2, delay: 0 })), [2, "UNKNOWN", "unknown"]);
  });

  it("does not sleep past the end of its attempt", async () => {
    const { error, steps } = await runDocument(shop("id: a, method: Do, attempt_timeout: 20ms"), {
      middleware: [retrying({ delay: "1h" })],
      functions: {
        shop: {
          Do: () => {
            throw Object.assign(new Error("x"), { code: "FIRST" });
          },
        },
      },
    });
    assert.deepEqual([error?.code, steps[0]?.attempts], ["FIRST", 1]);
  });

  it("waits as long as the service asks for", async () => {
    const clock = new ManualClock();
    const waits: number[] = [];
    const after = clock.after.bind(clock);
    clock.after = (ms, callback) => {
      waits.push(ms);
      queueMicrotask(() => clock.advance(ms));
      return after(ms, callback);
    };
    let calls = 0;
    await runDocument(shop("id: a, method: Do"), {
      middleware: [retrying({ delay: 10, clock })],
      functions: {
        shop: {
          Do: () => {
            if (calls++ === 0) throw new RetryableError("later", { retryAfter: "3s" });
            if (calls === 2) throw new RetryableError("soon", { retryAfter: 1 });
          },
        },
      },
    });
    assert.deepEqual([calls, waits], [3, [3_000, 10]]);
  });

  it("refuses options that cannot be", () => {
    for (const attempts of [0, 1.5, Number.NaN]) assert.throws(() => retrying({ attempts }), isUsage);
    for (const delay of ["soon", -1]) assert.throws(() => retrying({ delay }), isUsage);
  });
});

describe("timeLimit()", () => {
  it("is a failure and never a success, and ends what is inside", async () => {
    const reasons: unknown[] = [];
    const { status, error, steps } = await runDocument(shop("id: a, method: Do"), {
      middleware: [timeLimit("3ms")],
      functions: {
        shop: {
          Do: async (_input, { signal }) => {
            await untilAborted(signal).catch(() => reasons.push(signal.reason));
            return "too late";
          },
        },
      },
    });
    assert.deepEqual([status, error?.code, error?.message], ["failed", "timeout", "No answer within 3ms"]);
    assert.deepEqual([steps[0]?.status, reasons], ["unknown", ["timeout"]]);
  });

  it("gives each try its own time inside retrying(), and all of them one outside", async () => {
    const run = async (middleware: readonly Middleware[]): Promise<unknown> => {
      let calls = 0;
      const { error } = await runDocument(shop("id: a, method: Do"), {
        middleware,
        functions: {
          shop: {
            Do: (_input, { signal }) => {
              calls++;
              return untilAborted(signal);
            },
          },
        },
      });
      return [calls, error?.code];
    };
    assert.deepEqual(await run([retrying({ attempts: 3, delay: 0 }), timeLimit(2)]), [3, "timeout"]);
    assert.deepEqual(await run([timeLimit(2), retrying({ attempts: 3, delay: 0 })]), [1, "timeout"]);
  });

  it("leaves what is in time alone, and refuses what is no length of time", async () => {
    const { output } = await runDocument(`${shop("id: a, method: Do, output: r")}${OUTPUT}`, {
      middleware: [timeLimit("1m")],
      functions: { shop: { Do: () => "in time" } },
    });
    assert.equal(output, "in time");
    for (const limit of ["soon", -1, Number.NaN]) assert.throws(() => timeLimit(limit), isUsage);
  });
});

describe("validating()", () => {
  const run = async (middleware: Middleware): Promise<unknown> => {
    let calls = 0;
    const { error, steps } = await runDocument(shop("id: a, method: Do, input: { n: 1 }, retry: { attempts: 3 }"), {
      middleware: [middleware],
      functions: { shop: { Do: () => ++calls } },
    });
    return [calls, error?.code, error?.details, steps[0]?.status];
  };

  it("refuses an input before anything is sent", async () => {
    const schema = { type: "object", properties: { n: { type: "string" } } };
    const problems = ['input.n: Instance type "number" is invalid. Expected "string"'];
    assert.deepEqual(await run(validating({ input: schema })), [0, "invalid_input", problems, "failed"]);
    assert.deepEqual(await run(validating({ input: () => "n is too small" })), [
      0,
      "invalid_input",
      ["input: n is too small"],
      "failed",
    ]);
  });

  it("refuses an output, once, of a step of which nobody knows then what it did", async () => {
    const schema = { type: "string" };
    const problems = ['output: Instance type "number" is invalid. Expected "string"'];
    assert.deepEqual(await run(validating({ output: schema })), [1, "invalid_output", problems, "unknown"]);
    assert.deepEqual(await run(validating({ output: () => false })), [
      1,
      "invalid_output",
      ["output: it does not fit"],
      "unknown",
    ]);
  });

  it("lets pass what fits", async () => {
    const fits = validating({ input: { required: ["n"] }, output: (value) => value === 1 });
    assert.deepEqual(await run(fits), [1, undefined, undefined, "completed"]);
  });
});

describe("metrics()", () => {
  it("counts attempts and failures by workflow, step, service and method", async () => {
    const measured = new Metrics();
    await runDocument(
      `name: order\nservices:\n  shop: { type: function, endpoint: local }\nsteps:\n` +
        `  - { id: each, foreach: [1, 2, 3], steps: [{ id: pay, service: shop, method: Pay }] }\n` +
        `  - { id: ship, service: shop, method: Ship, on_error: continue }\n`,
      {
        middleware: [metrics(measured, { clock: new ManualClock() })],
        functions: {
          shop: {
            Pay: () => 1,
            Ship: () => {
              throw new TerminalError("no", { code: "NO_SHIP" });
            },
          },
        },
      },
    );
    const pay = { workflow: "order", step: "each[]/pay", service: "shop", method: "Pay" };
    const ship = { workflow: "order", step: "ship", service: "shop", method: "Ship" };
    const zero = { sum: 0, min: 0, max: 0 };
    assert.deepEqual(measured.snapshot(), [
      { name: "maestro_step_attempts_total", labels: pay, count: 3, ...zero },
      { name: "maestro_step_duration_seconds", labels: pay, count: 3, ...zero },
      { name: "maestro_step_failures_total", labels: { ...ship, code: "NO_SHIP" }, count: 1, ...zero },
      { name: "maestro_step_attempts_total", labels: ship, count: 1, ...zero },
      { name: "maestro_step_duration_seconds", labels: ship, count: 1, ...zero },
    ]);
  });

  it("keeps sum and extremes of what is observed", () => {
    const measured = new Metrics();
    for (const value of [3, -1, 5]) measured.observe("x", value, {});
    assert.deepEqual(measured.snapshot(), [{ name: "x", labels: {}, count: 3, sum: 7, min: -1, max: 5 }]);
  });
});

describe("supplied middleware", () => {
  it("stands around the nodes of a DAG, and around one of them", async () => {
    const measured = new Metrics();
    let calls = 0;
    const flaky = dag("flaky", { version: "1" })
      .use(metrics(measured), logging())
      .node("a").use(retrying({ attempts: 2, delay: 0 }), timeLimit("1m"), validating({ output: { type: "number" } }))
      .action(() => {
        if (calls++ === 0) throw new Error("again");
        return calls;
      })
      .node("b").dependsOn("a").use(validating({ input: { required: ["c"] } })).action(() => "never")
      .build();
    const result = await withMaestro({}, async (maestro) => (await maestro.start(flaky, { input: {} })).result());
    assert.deepEqual([result.error?.code, calls], ["invalid_input", 2]);
    const counted = measured.snapshot().filter(({ name }) => name === "maestro_step_attempts_total");
    assert.deepEqual(counted.map(({ labels, count }) => [labels["step"], labels["method"], count]), [
      ["dag/a", "a", 1],
      ["dag/b", "b", 1],
    ]);
  });

  it("leaves the output of a node unknown that does not fit, around a node too", async () => {
    const odd = dag("odd", { version: "1" }).node("a").use(validating({ output: { type: "string" } })).action(() => 1)
      .build();
    const { error, steps } = await withMaestro(
      {},
      async (maestro) => await (await maestro.start(odd, { input: {} })).result(),
    );
    assert.deepEqual([error?.code, steps.find(({ id }) => id === "dag/a")?.status], ["invalid_output", "unknown"]);
  });
});
