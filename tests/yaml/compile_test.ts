import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { childSteps, type Plan, type PlanStep } from "../../src/plan/plan.ts";
import { compileWorkflow } from "../../src/yaml/compile.ts";

const SERVICES = `services:
  web: { type: http, endpoint: "http://localhost", retry: { attempts: 3, initial: 2s, retry_on: [timeout] } }
  rpc: { type: grpc, endpoint: "localhost:1" }
`;

function compile(text: string): Plan {
  const { plan, diagnostics } = compileWorkflow("w.yaml", text);
  assert.ok(plan !== undefined, JSON.stringify(diagnostics));
  return plan;
}

function compileSteps(text: string): readonly PlanStep[] {
  return compile(`name: test\n${SERVICES}steps:\n${text}`).steps;
}

function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/yaml/valid/${name}.yaml`, import.meta.url), "utf8");
}

function idsWithin(steps: readonly PlanStep[]): string[] {
  return steps.flatMap((step) => [
    step.id,
    ...idsWithin(childSteps(step)),
    ...(Array.isArray(step.onError) ? idsWithin(step.onError) : []),
  ]);
}

describe("compileWorkflow() gives ids", () => {
  it("by output name, else by place, and lets given ids win", () => {
    const plan = compile(fixture("defaults"));
    assert.deepEqual(idsWithin(plan.steps), [
      "step_1-2",
      "named",
      "step_3",
      "step_3_1",
      "step_5",
      "step_3_3",
      "step_3_3_1_1",
      "step_3_3_2_1",
      "step_3_3_2_2",
      "step_3_3_2_2_1",
      "step_3_error_1",
      "step_1",
      "step_5-2",
    ]);
    assert.deepEqual(plan.finally.map(({ id }) => id), ["step_finally_1"]);
  });

  it("that are unique, also where branches set the same name", () => {
    const plan = compile(fixture("everything"));
    const ids = idsWithin([...plan.steps, ...plan.finally]);
    assert.equal(new Set(ids).size, ids.length);
  });
});

describe("compileWorkflow() fills in defaults", () => {
  it("of the document", () => {
    const plan = compile(fixture("defaults"));
    assert.equal(plan.version, "");
    assert.equal(plan.compensationOrder, "reverse");
    assert.equal(plan.output, undefined);
    assert.equal(plan.timeoutMs, undefined);
  });

  it("of services", () => {
    const web = compile(fixture("defaults")).services.get("web")!;
    assert.deepEqual(web.circuitBreaker, { failureRatio: 0.6, minCalls: 5, windowMs: 10_000, openForMs: 30_000 });
    assert.equal(web.idempotencyHeader, "Idempotency-Key");
    assert.equal(web.maxResponse, 10 * 1024 * 1024);
    assert.deepEqual(web.retry, {});
  });

  it("of blocks", () => {
    const [parallel, foreach, repeat] = compileSteps(
      `  - parallel: [ { log: a } ]\n  - { foreach: [1], steps: [ { log: a } ] }\n  - { repeat: { until: true }, steps: [ { log: a } ] }\n`,
    );
    assert.ok(
      parallel?.kind === "parallel" && parallel.maxConcurrency === Number.POSITIVE_INFINITY && parallel.failFast,
    );
    assert.ok(foreach?.kind === "foreach" && foreach.maxConcurrency === 1 && foreach.as === "item");
    assert.ok(repeat?.kind === "repeat" && repeat.max === 100 && repeat.every.initialMs === 0);
  });
});

describe("compileWorkflow() keeps values as they are written", () => {
  it("an unquoted version, with its zeros", () => {
    assert.equal(compile(fixture("everything")).version, "1.10");
    assert.equal(compile("name: a\nversion: 1.0\nsteps: [ { log: a } ]\n").version, "1.0");
  });

  it("durations in milliseconds, sizes in bytes", () => {
    const plan = compile(fixture("everything"));
    assert.equal(plan.timeoutMs, 5_400_000);
    assert.equal(plan.services.get("web")?.maxResponse, 20 * 1024 * 1024);
  });
});

describe("compileWorkflow() lays retries over each other key by key", () => {
  const [call] = compileSteps(`  - service: web
    method: POST /a
    retry: { backoff: linear, never_on: [http_500] }
    compensate: { method: DELETE /a, retry: { max: 5s } }
  - { service: rpc, method: Get }
`);
  assert.ok(call?.kind === "call");

  it("a step's over its service's", () => {
    assert.deepEqual(call.call.retry, {
      attempts: 3,
      backoff: "linear",
      initialMs: 2_000,
      factor: 2,
      maxMs: 30_000,
      jitter: 0.2,
      retryOn: ["timeout"],
      neverOn: ["http_500"],
    });
  });

  it("a compensation's over five attempts over its service's", () => {
    assert.equal(call.compensate?.call.retry.attempts, 5);
    assert.equal(call.compensate?.call.retry.initialMs, 2_000);
    assert.equal(call.compensate?.call.retry.maxMs, 5_000);
    assert.deepEqual(call.compensate?.call.retry.neverOn, []);
  });
});

describe("compileWorkflow() compiles calls", () => {
  it("with the compensation's service from the call", () => {
    const [call] = compileSteps(
      `  - { service: web, method: POST /a, compensate: { method: DELETE /a } }\n  - { service: rpc, method: Get }\n`,
    );
    assert.ok(call?.kind === "call");
    assert.equal(call.compensate?.call.service, "web");
    assert.equal(call.compensate?.onUnknown, false);
  });

  it("with metadata as headers", () => {
    const [call] = compileSteps(
      `  - { service: rpc, method: Get, metadata: { x-a: b } }\n  - { service: web, method: GET / }\n`,
    );
    assert.ok(call?.kind === "call" && call.call.request.isConstant);
    const scope = { lookup: () => undefined, now: () => 0, random: () => 0 };
    assert.deepEqual(call.call.request.evaluate(scope), { headers: { "x-a": "b" } });
  });
});

describe("compileWorkflow() finds the dependencies of a dag", () => {
  it("in what is declared and in what is read, at any depth", () => {
    const [dag] = compile(fixture("dag_of_blocks")).steps;
    assert.ok(dag?.kind === "dag");
    assert.deepEqual(dag.dependencies, [[1, 2], [2], []]);
  });
});

describe("compileWorkflow() names the files of a workflow", () => {
  it("with the service that they are for", () => {
    const { files } = compileWorkflow("w.yaml", fixture("everything"));
    assert.deepEqual(files.map(({ kind, service, file }) => ({ kind, service, file })), [
      { kind: "proto", service: "rpc", file: "protos/all.proto" },
    ]);
  });
});
