import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertShownIn, inputOf, runExample, summary } from "./run_example.ts";

describe("examples/01_hello", { timeout: 60_000 }, () => {
  it("says hello", async () => {
    const run = await runExample("01_hello");
    assert.equal(run.code, 0, run.stderr);
    assertShownIn("01_hello", run.stdout);
    assert.equal(run.stdout, '{"text":"Buongiorno, Ada!"}\n');
    assert.deepEqual(inputOf(run.calls, "GET /greetings/it"), { name: "Ada" });
  });
});

describe("examples/seed_onboarding", { timeout: 60_000 }, () => {
  it("runs the workflow of the first README", async () => {
    const run = await runExample("seed_onboarding");
    assert.equal(run.code, 0, run.stderr);
    assertShownIn("seed_onboarding", run.stdout);
    const { user } = JSON.parse(run.stdout);
    assert.match(user.id, /^user-/);
    assert.equal(user.email, "user@example.com");
    assert.deepEqual(summary(run.calls), ["auth CreateUser → OK"]);
  });
});

describe("examples/foreach_thumbnails", { timeout: 60_000 }, () => {
  it("goes through a list, and over a broken item", async () => {
    const run = await runExample("foreach_thumbnails");
    assert.equal(run.code, 0, run.stderr);
    assertShownIn("foreach_thumbnails", run.stdout);
    const { thumbnails, broken } = JSON.parse(run.stdout);
    const small = ["dog", "owl", "fox", "hen"].map((name) => `/thumbnails/160/${name}.jpg`);
    assert.deepEqual(thumbnails, ["/thumbnails/640/cat.jpg", ...small]);
    assert.equal(broken, 1);
    assert.equal(new Set(run.calls.map(({ key }) => key)).size, 6, "each iteration has a key of its own");
  });
});

describe("examples/dag_report", { timeout: 60_000 }, () => {
  it("starts each step when what it reads is there", async () => {
    const run = await runExample("dag_report");
    assert.equal(run.code, 0, run.stderr);
    assertShownIn("dag_report", run.stdout);
    assert.deepEqual(JSON.parse(run.stdout), { report: "report-2026-10", profit: 23_300 });
    const [chart, report] = run.calls.slice(3);
    assert.deepEqual([chart?.call, report?.call], ["POST /charts", "POST /reports"]);
    assert.deepEqual(inputOf(run.calls, "POST /charts")["values"], [74_500, 93_125]);
  });
});

describe("examples/switch_complaint", { timeout: 60_000 }, () => {
  for (
    const [amount, customer, answer] of [
      [15, "c-2", "Dear Ada: You get 15 back."],
      [80, "c-2", "Dear Ada: Take THANKS-88, please."],
      [900, "c-2", "Dear Ada: A human looks at ticket 1."],
      [900, "c-1", "Dear Ada: You get 900 back."],
    ] as const
  ) {
    it(`answers a complaint about ${amount} of ${customer}`, async () => {
      if (amount === 80) assertShownIn("switch_complaint", JSON.stringify(answer));
      const args = ["--set", `amount=${amount}`, "--set", `customer=${customer}`];
      const run = await runExample("switch_complaint", { args });
      assert.equal(run.code, 0, run.stderr);
      assert.equal(JSON.parse(run.stdout), answer);
      assert.equal(run.calls.length, 2, "one branch only");
    });
  }
});

describe("examples/repeat_until_done", { timeout: 60_000 }, () => {
  it("asks until the job is finished", async () => {
    const run = await runExample("repeat_until_done");
    assert.equal(run.code, 0, run.stderr);
    assertShownIn("repeat_until_done", run.stdout);
    assert.deepEqual(JSON.parse(run.stdout), { rows: 1200, progress: [34, 68, 100] });
    const looks = run.calls.filter(({ call }) => call === "GET /jobs/job-1");
    assert.equal(new Set(looks.map(({ key }) => key)).size, 3, "each round has a key of its own");
  });
});

describe("examples/stream_sensors", { timeout: 60_000 }, () => {
  it("streams from, to and both ways", async () => {
    const run = await runExample("stream_sensors");
    assert.equal(run.code, 0, run.stderr);
    assertShownIn("stream_sensors", run.stdout);
    assert.deepEqual(JSON.parse(run.stdout), { average: 30, alarms: [32, 36, 40] });
    assert.equal(run.calls.filter(({ call }) => call === "Check").length, 6);
    assert.equal(run.calls.filter(({ call }) => call === "Watch").length, 1, "the server saw that nobody listens");
  });
});

describe("examples/error_handling", { timeout: 60_000 }, () => {
  it("goes on where a service is down", async () => {
    const run = await runExample("error_handling");
    assert.equal(run.code, 0, run.stderr);
    assertShownIn("error_handling", run.stdout);
    assert.deepEqual(JSON.parse(run.stdout), { dear: "customer", ticket: 1, problem: "http_503" });
    assert.deepEqual(summary(run.calls), [
      "support POST /translations → 503",
      "support POST /translations → 503",
      "support POST /tickets → 200",
      "support GET /customers/c-404 → 404",
    ]);
    assert.equal(run.calls[0]?.key, run.calls[1]?.key);
    assert.match(run.stderr, /No translation \(http_503\)/);
    assert.match(run.stderr, /polite_reply is completed/);
  });
});
