import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertShownIn, inputOf, runExample, summary } from "./run_example.ts";

const env = { MAESTRO_SECRET_PLATFORM_KEY: "platform-secret-7" };

describe("examples/deployment_pipeline", { timeout: 60_000 }, () => {
  it("replaces the running version; verbs, paths, lists and braces come out as written", async () => {
    const run = await runExample("deployment_pipeline", { env });
    assert.equal(run.code, 0, run.stderr);
    assertShownIn("deployment_pipeline", run.stdout);
    const query = "avg:http.errors{service:checkout,env:staging} < 2";
    assert.deepEqual(JSON.parse(run.stdout), {
      image: "registry/checkout:1.5.0",
      replicas: 1,
      replaced: "1.4.0",
      query,
    });
    assert.deepEqual(inputOf(run.calls, "POST /builds")["labels"], ["staging", "v1.5.0", "deployment_pipeline"]);
    assert.equal(inputOf(run.calls, "POST /monitoring/query")["query"], query);
    assert.deepEqual(
      summary(run.calls).filter((call) => call.includes("/deployments/")),
      ["platform GET /deployments/staging/checkout → 200", "platform PUT /deployments/staging/checkout → 200"],
    );
    assert.deepEqual(inputOf(run.calls, "POST /channels/dev/messages"), {
      text: "checkout 1.5.0 on staging: completed",
      reason: null,
    });
    assert.doesNotMatch(run.stdout + run.stderr, /platform-secret-7/);
  });

  it("creates what did not run yet, bigger in production", async () => {
    const run = await runExample("deployment_pipeline", { env, args: ["--set", "environment=production"] });
    assert.equal(run.code, 0, run.stderr);
    assert.equal(JSON.parse(run.stdout).replaced, "nothing");
    assert.equal(inputOf(run.calls, "POST /deployments/production/checkout")["replicas"], 4);
    inputOf(run.calls, "POST /channels/releases/messages");
  });

  it("puts the old version back when the new one is ill, and says so", async () => {
    const run = await runExample("deployment_pipeline", { env, input: "input_unhealthy.json" });
    assert.equal(run.code, 4, run.stderr);
    assert.match(run.stderr, /unhealthy: checkout 2\.0\.0 answers with errors/);
    const put = "PUT /deployments/staging/checkout";
    assert.equal(inputOf(run.calls, put, 0)["version"], "2.0.0");
    assert.deepEqual(inputOf(run.calls, put, 1), { version: "1.4.0", image: "registry/checkout:1.4.0", replicas: 2 });
    assert.equal(run.calls.at(-1)?.call, "POST /channels/dev/messages");
    assert.deepEqual(inputOf(run.calls, "POST /channels/dev/messages"), {
      text: "checkout 2.0.0 on staging: compensated",
      reason: "checkout 2.0.0 answers with errors",
    });
  });

  it("removes what it created when the new version is ill", async () => {
    const args = ["--set", "environment=production"];
    const run = await runExample("deployment_pipeline", { env, input: "input_unhealthy.json", args });
    assert.equal(run.code, 4, run.stderr);
    assert.ok(summary(run.calls).includes("platform DELETE /deployments/production/checkout → 204"));
  });
});
