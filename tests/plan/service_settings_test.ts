import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JsonValue } from "../../src/base/json.ts";
import { Redactor } from "../../src/base/redact.ts";
import type { PlanService } from "../../src/plan/plan.ts";
import { evaluateSetting, ServiceConfigs, type SettingsValues } from "../../src/plan/service_settings.ts";
import { compileTemplate, type Template } from "../../src/expr/mod.ts";
import { compileWorkflow } from "../../src/yaml/compile.ts";

const { plan } = compileWorkflow(
  "test.yaml",
  `
name: test
services:
  fixed: { type: http, endpoint: "https://127.0.0.1:1", tls: { ca: ca.pem } }
  open: { type: http, endpoint: "{{ env.ADDRESS }}" }
steps:
  - { service: fixed, method: GET / }
  - { service: open, method: GET / }
`,
);

const service = (name: string): PlanService => plan!.services.get(name)!;

function values(env: Readonly<Record<string, string>>): SettingsValues {
  const secrets = { KEY: "hunter2" } as Readonly<Record<string, string>>;
  return {
    plan: plan!,
    input: null,
    runId: "run-1",
    startedAt: 0,
    env: (name) => env[name],
    envNames: ["ADDRESS"],
    secrets: (name) => secrets[name],
    secretNames: ["KEY"],
  };
}

function evaluator(env: Readonly<Record<string, string>> = {}): (template: Template) => JsonValue {
  return (template) => evaluateSetting(template, values(env), new Redactor());
}

describe("ServiceConfigs", () => {
  const configs = new ServiceConfigs({ resolvePath: (name) => `/flows/${name}`, descriptors: { open: "abc" } });

  it("resolve() gives the same object for the same settings, run after run", () => {
    const fixed = configs.resolve(service("fixed"), undefined, evaluator());
    assert.equal(fixed.tls?.ca, "/flows/ca.pem");
    assert.equal(configs.resolve(service("fixed"), undefined, () => assert.fail("evaluated again")), fixed);
    const open = configs.resolve(service("open"), undefined, evaluator({ ADDRESS: "http://a" }));
    assert.deepEqual([open.endpoint, open.descriptors], ["http://a", "abc"]);
    assert.equal(configs.resolve(service("open"), undefined, evaluator({ ADDRESS: "http://a" })), open);
    assert.equal(configs.resolve(service("open"), "http://a", evaluator()), open);
  });

  it("resolve() tells apart what differs", () => {
    const fixed = configs.resolve(service("fixed"), undefined, evaluator());
    const replaced = configs.resolve(service("fixed"), "http://b", evaluator());
    assert.deepEqual([fixed.endpoint, replaced.endpoint], ["https://127.0.0.1:1", "http://b"]);
    assert.equal(configs.resolve(service("fixed"), undefined, evaluator()), fixed);
    const first = configs.resolve(service("open"), undefined, evaluator({ ADDRESS: "http://a" }));
    const second = configs.resolve(service("open"), undefined, evaluator({ ADDRESS: "http://c" }));
    assert.notEqual(first, second);
  });
});

describe("evaluateSetting()", () => {
  it("teaches the redactor what became of a secret", () => {
    const redactor = new Redactor();
    const { template } = compileTemplate({ token: '{{ base64("me:" + secrets.KEY) }}', other: "{{ run.id }}" });
    const setting = evaluateSetting(template, values({}), redactor);
    assert.deepEqual(setting, { token: btoa("me:hunter2"), other: "run-1" });
    assert.deepEqual(redactor.json(setting), { token: "[secret]", other: "run-1" });
  });
});
