import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertShownIn, inputOf, runExample, summary } from "./run_example.ts";

describe("examples/order_processing", { timeout: 60_000 }, () => {
  it("ships an order, and retries the busy card network with the same key", async () => {
    const run = await runExample("order_processing");
    assert.equal(run.code, 0, run.stderr);
    assert.deepEqual(JSON.parse(run.stdout), { order: "order-1", paid: 80, pickup: "tomorrow" });
    assertShownIn("order_processing", run.stdout);
    assert.deepEqual(summary(run.calls), [
      "inventory Reserve → OK",
      "payment Charge → RESOURCE_EXHAUSTED",
      "payment Charge → OK",
      "carrier POST /labels → 200",
      "carrier POST /pickups → 200",
    ]);
    const keys = run.calls.map(({ key }) => key);
    assert.equal(keys[1], keys[2], "both attempts carry one key");
    assert.equal(new Set(keys).size, 4, "each step has a key of its own");
    assert.deepEqual(inputOf(run.calls, "Charge"), { order_id: "order-1", card: "4242", amount: 80, currency: "EUR" });
  });

  it("undoes what was done, the last first, with the ids that the steps produced", async () => {
    const run = await runExample("order_processing", { input: "input_unreachable_city.json", args: ["-o", "json"] });
    assert.equal(run.code, 4, run.stderr);
    const result = JSON.parse(run.stdout);
    assert.equal(result.status, "compensated");
    assert.equal(result.error.code, "http_422");
    assert.equal(result.error.step, "book_pickup");

    const undone = run.calls.slice(5);
    const label = inputOf(run.calls, "POST /pickups")["label_id"];
    assert.deepEqual(summary(undone), [
      `carrier DELETE /labels/${label} → 204`,
      "payment Refund → OK",
      "inventory Release → OK",
    ]);
    const refund = inputOf(run.calls, "Refund");
    assert.match(String(refund["payment_id"]), /^pay-/);
    assert.equal(refund["amount"], 80);
    assert.match(String(refund["reason"]), /No van goes to Atlantis/);
    assert.match(String(inputOf(run.calls, "Release")["reservation_id"]), /^res-/);
    assert.equal(new Set(run.calls.map(({ key }) => key)).size, 7, "an undo call has a key of its own");
  });

  it("does not undo what did not happen", async () => {
    const run = await runExample("order_processing", { args: ["--set", "card=expired"] });
    assert.equal(run.code, 4, run.stderr);
    assert.equal(run.stdout, "");
    assert.match(run.stderr, /The card is declined/);
    assert.deepEqual(summary(run.calls), [
      "inventory Reserve → OK",
      "payment Charge → RESOURCE_EXHAUSTED",
      "payment Charge → FAILED_PRECONDITION",
      "inventory Release → OK",
    ]);
  });

  it("has nothing to undo when the first step fails", async () => {
    const run = await runExample("order_processing", { args: ["--set", 'items=[{"sku":"samovar","quantity":1}]'] });
    assert.equal(run.code, 1, run.stderr);
    assert.match(run.stderr, /0 of "samovar" left, 1 wanted/);
    assert.deepEqual(summary(run.calls), ["inventory Reserve → FAILED_PRECONDITION"]);
  });
});
