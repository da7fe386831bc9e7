import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertShownIn, inputOf, runExample, summary } from "./run_example.ts";

const env = { MAESTRO_SECRET_MAIL_TOKEN: "mail-secret-7" };

describe("examples/user_onboarding", { timeout: 60_000 }, () => {
  it("onboards a user on a paid plan, with types kept", async () => {
    const run = await runExample("user_onboarding", { env });
    assert.equal(run.code, 0, run.stderr);
    const output = JSON.parse(run.stdout);
    assert.match(output.user_id, /^user-/);
    assert.equal(output.monthly_price, 60);
    assertShownIn("user_onboarding", run.stdout);
    assert.deepEqual(inputOf(run.calls, "StartSubscription"), {
      customer_id: output.customer_id,
      plan: "PLAN_PREMIUM",
      seats: 3,
      trial_days: 30,
    });
    assert.deepEqual(inputOf(run.calls, "POST /messages"), {
      to: "ada@example.com",
      subject: "Welcome, Ada!",
      data: {
        plan: "premium",
        links: [`https://example.com/start?user=${output.user_id}`, "https://example.com/help"],
      },
    });
    assert.doesNotMatch(run.stdout + run.stderr, /mail-secret-7/);
  });

  it("skips the subscription on the free plan, whose output is then null", async () => {
    const run = await runExample("user_onboarding", { env, args: ["--set", "plan=free"] });
    assert.equal(run.code, 0, run.stderr);
    const output = JSON.parse(run.stdout);
    assert.equal(output.list, "community");
    assert.equal(output.monthly_price, null);
    assert.ok(!run.calls.some(({ call }) => call === "StartSubscription"));
  });

  it("takes everything back when the plan does not allow that many seats", async () => {
    const run = await runExample("user_onboarding", { env, input: "input_too_many_seats.json" });
    assert.equal(run.code, 4, run.stderr);
    assert.match(run.stderr, /The plan allows 50 seats, not 80/);
    const [created, first, second, refused, ...undone] = summary(run.calls);
    assert.equal(created, "auth CreateUser → OK");
    assert.equal(refused, "billing StartSubscription → FAILED_PRECONDITION");
    const list = "mail PUT /lists/customers/members/eve%40example.com → 200";
    assert.deepEqual([first, second].sort(), ["billing CreateCustomer → OK", list]);
    const expected = ["mail DELETE /lists/customers/members/eve%40example.com → 204", "billing DeleteCustomer → OK"];
    // Maestro undoes in reverse order of completion, which is the order in which it heard the two answers.
    assert.deepEqual(undone.slice(0, 2).sort(), expected.sort());
    assert.deepEqual(undone.slice(2), ["auth DeleteUser → OK"]);
  });

  it("does not start without the secret", async () => {
    const run = await runExample("user_onboarding", { args: ["--quiet"] });
    assert.equal(run.code, 3, run.stderr);
    assert.match(run.stderr, /MAIL_TOKEN/);
    assert.deepEqual(run.calls, []);
  });
});
