import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertShownIn, inputOf, reasonToSkip, runExample, summary } from "../examples/run_example.ts";

const skip = reasonToSkip(["go", "python", "java"]) ?? false;
const env = { MAESTRO_SECRET_MAIL_TOKEN: "m", MAESTRO_SECRET_ARCHIVE_TOKEN: "a", TENANT: "acme" };

describe("examples/seed_polyglot", { timeout: 60_000 }, () => {
  it("runs the workflow of the second README over Go, Python, Node and Java", { skip }, async () => {
    const run = await runExample("seed_polyglot");
    assert.equal(run.code, 0, run.stderr);
    assertShownIn("seed_polyglot", run.stdout);
    assert.deepEqual(JSON.parse(run.stdout), { id: "submission-1", status: "accepted" });
    const submitted = inputOf(run.calls, "POST /submit");
    assert.deepEqual(submitted["enrichment"], { id: "doc-1", source: "archive", related: 3 });
    const analysis = submitted["analysis"] as Record<string, unknown>;
    assert.equal(analysis["sentiment"], "positive");
    assert.equal(analysis["confidence"], 0.95);
  });

  it("skips the submission when the analysis is not sure", { skip }, async () => {
    const run = await runExample("seed_polyglot", { args: ["--set", "payload=a text about nothing"] });
    assert.equal(run.code, 0, run.stderr);
    assert.deepEqual(JSON.parse(run.stdout), { id: null, status: null });
    assert.ok(!run.calls.some(({ service }) => service === "legacy"), "what is skipped is neither called nor undone");
  });

  it("fails with the service's own words", { skip }, async () => {
    const run = await runExample("seed_polyglot", { args: ["--set", "payload= "] });
    assert.equal(run.code, 1, run.stderr);
    assert.match(run.stderr, /INVALID_ARGUMENT: There is nothing to process/);
  });
});

describe("examples/loan_application", { timeout: 60_000 }, () => {
  it("pays out a loan", { skip }, async () => {
    const run = await runExample("loan_application", { env });
    assert.equal(run.code, 0, run.stderr);
    assertShownIn("loan_application", run.stdout);
    const output = JSON.parse(run.stdout);
    assert.equal(output.monthly_payment, 275.27);
    assert.match(output.valid_until, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.equal(output.payout, "payout-account-1");
    const payouts = run.calls.filter(({ call }) => call === "PayOut");
    assert.deepEqual(payouts.map(({ status }) => status), ["RESOURCE_EXHAUSTED", "OK"]);
    assert.equal(payouts[0]?.key, payouts[1]?.key);
  });

  it("undoes in four languages what was done in four languages", { skip }, async () => {
    const run = await runExample("loan_application", { env, input: "input_above_limit.json" });
    assert.equal(run.code, 4, run.stderr);
    assert.match(run.stderr, /OUT_OF_RANGE: No more than 50000/);
    assert.deepEqual(summary(run.calls), [
      "rates LockRate → OK",
      "risk Assess → OK",
      "ledger OpenAccount → OK",
      "mail PUT /lists/borrowers/members/bob%40example.com → 200",
      "ledger PayOut → RESOURCE_EXHAUSTED",
      "ledger PayOut → OUT_OF_RANGE",
      "mail DELETE /lists/borrowers/members/bob%40example.com → 204",
      "ledger CloseAccount → OK",
      "risk Withdraw → OK",
      "rates ReleaseRate → OK",
    ]);
    assert.deepEqual(inputOf(run.calls, "ReleaseRate"), { id: "lock-1" });
    assert.deepEqual(inputOf(run.calls, "Withdraw"), { id: "assessment-1" });
    assert.deepEqual(inputOf(run.calls, "CloseAccount"), { id: "account-1" });
  });

  it("gives up what it decided itself in the same way", { skip }, async () => {
    const run = await runExample("loan_application", { env, args: ["--set", "monthly_income=400"] });
    assert.equal(run.code, 4, run.stderr);
    assert.match(run.stderr, /too_risky: Score 31: the payment is more than a third of the income/);
    assert.deepEqual(summary(run.calls).slice(2), ["risk Withdraw → OK", "rates ReleaseRate → OK"]);
  });
});

describe("examples/document_analysis", { timeout: 60_000 }, () => {
  it("reads a document and files it", { skip }, async () => {
    const run = await runExample("document_analysis", { env });
    assert.equal(run.code, 0, run.stderr);
    assertShownIn("document_analysis", run.stdout);
    const { seconds, ...output } = JSON.parse(run.stdout);
    assert.equal(typeof seconds, "number");
    const card = {
      language: "en",
      people: ["Grace Hopper"],
      amounts: ["€1,200"],
      summary: "Dear Grace Hopper, the compiler of the second …",
    };
    assert.deepEqual(output, { path: "/documents/march-invoice", card, notified: true });
    assert.deepEqual(inputOf(run.calls, "PUT /documents/march-invoice"), { shelf: "invoices", card });
    assert.equal(inputOf(run.calls, "POST /messages")["subject"], "march-invoice mentions Grace Hopper");
  });

  it("takes null for what was skipped", { skip }, async () => {
    const run = await runExample("document_analysis", { env, args: ["--set", "text=Oh no"] });
    assert.equal(run.code, 0, run.stderr);
    const { card, notified } = JSON.parse(run.stdout);
    assert.deepEqual(card, { language: "unknown", people: [], amounts: [], summary: "Oh no" });
    assert.equal(notified, false);
  });

  it("has nothing to undo when the archive refuses", { skip }, async () => {
    const run = await runExample("document_analysis", { env, input: "input_flooded_cellar.json" });
    assert.equal(run.code, 1, run.stderr);
    assert.match(run.stderr, /http_409.*The cellar is under water/);
  });
});
