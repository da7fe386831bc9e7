import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTester, fails, type Mocks, never, sequence, type Tester } from "../../src/testing/mod.ts";
import { dag } from "../../src/dag/create_dag.ts";
import { loadText } from "./load_text.ts";

const HOUR = 3_600_000;

const ORDER = `
name: order
services:
  shop: { type: http, endpoint: "http://{{ env.SHOP_HOST }}", headers: { Authorization: "Bearer {{ secrets.TOKEN }}" } }
steps:
  - { id: price, service: shop, method: "GET /prices/{{ .input.item }}", output: price, retry: { attempts: 4, initial: 10s, jitter: 0 } }
  - id: pay
    service: shop
    method: POST /payments
    input: { amount: "{{ .price.price }}" }
    output: payment
    attempt_timeout: 1m
    compensate: { method: POST /refunds, input: { payment: "{{ .payment.id }}" } }
  - { id: nap, sleep: 720h }
  - { id: approval, wait_for: { signal: approved }, output: approval }
  - { id: ship, service: shop, method: POST /parcels, output: parcel }
`;

const MOCKS: Mocks = {
  "shop.GET /prices/*": { price: 3 },
  "shop.POST /payments": { id: 7 },
  "shop.POST /refunds": null,
  "shop.POST /parcels": { parcel: 9 },
};

async function startOrder(mocks: Mocks): Promise<{ tester: Tester; run: Awaited<ReturnType<Tester["start"]>> }> {
  const tester = createTester({ mocks });
  const run = await tester.start(await loadText(tester, ORDER), { input: { item: "tea" } });
  return { tester, run };
}

describe("virtual time", () => {
  it("ends a wait of thirty days at once, and takes a signal at its time", async () => {
    const { tester, run } = await startOrder(MOCKS);
    tester.at("721h", (order) => order.signal("approved", { by: "Ann" }));
    const { status, output, startedAt, finishedAt } = await run.result();
    assert.equal(status, "completed");
    assert.deepEqual((output as Record<string, unknown>)["approval"], { by: "Ann" });
    assert.equal(finishedAt - startedAt, 721 * HOUR);
    assert.equal(tester.now() - startedAt, 721 * HOUR);
    await tester.close();
  });

  it("waits as long between tries as the retry policy says", async () => {
    const busy = fails({ code: "http_503" });
    const { tester } = await startOrder({ ...MOCKS, "shop.GET /prices/*": sequence([busy, busy, { price: 5 }]) });
    const start = tester.now();
    await tester.advance("1h");
    assert.deepEqual(tester.calls("steps.price").map(({ time }) => time - start), [0, 10_000, 30_000]);
    tester.expectCalls("steps.price", [{ error: "http_503" }, { error: "http_503" }, {
      attempt: 3,
      output: { price: 5 },
    }]);
    tester.expectCalls("shop.POST /payments", [{ input: { amount: 5 } }]);
    await tester.close();
  });

  it("cuts off a call that does not answer when its time is up", async () => {
    const { tester, run } = await startOrder({ ...MOCKS, "shop.POST /payments": never() });
    const { status, error, startedAt, finishedAt } = await run.result();
    assert.deepEqual([status, error?.code, error?.step], ["compensation_failed", "timeout", "pay"]);
    assert.equal(finishedAt - startedAt, 60_000);
    await tester.close();
  });

  it("advances step by step, and never further than it is told", async () => {
    const { tester } = await startOrder(MOCKS);
    const start = tester.now();
    await tester.settle();
    tester.expectCalls("steps.pay", 1);
    assert.equal(tester.now(), start);
    await tester.advance("10m");
    assert.equal(tester.now() - start, 600_000);
    await tester.close();
  });

  it("passes a year of polling in a moment", async () => {
    const tester = createTester({ mocks: { "jobs.GET /": { done: false } } });
    const workflow = await loadText(
      tester,
      `
name: poll
services: { jobs: { type: http, endpoint: "http://x" } }
steps:
  - repeat: { until: "{{ .job.done }}", every: 24h, max: 366 }
    steps: [{ service: jobs, method: GET /, output: job }]
    on_error: continue
`,
    );
    const run = await tester.start(workflow, { input: {} });
    const { status, startedAt, finishedAt } = await run.result();
    assert.equal(status, "completed");
    assert.equal(tester.calls("jobs").length, 366);
    assert.equal(finishedAt - startedAt, 365 * 24 * HOUR);
    await tester.close();
  });

  it("says what a run waits for that can never go on", async () => {
    const { tester, run } = await startOrder(MOCKS);
    await assert.rejects(
      run.result(),
      /can never go on: step "approval" waits for the signal "approved", which nobody sends/,
    );
    await tester.close();
  });

  it("says so after a while of real time when a call hangs", async () => {
    const tester = createTester({ mocks: { "shop.*": () => new Promise(() => undefined) }, realLimitMs: 30 });
    const run = await tester.start(await loadText(tester, ORDER), { input: { item: "tea" } });
    await assert.rejects(run.result(), /still under way: the call shop\.GET \/prices\/tea of step "price"/);
    await tester.close();
  });

  it("rolls back a run that is cancelled at some time", async () => {
    const { tester, run } = await startOrder(MOCKS);
    tester.after("1h", (order) => order.cancel());
    const { status, startedAt, finishedAt } = await run.result();
    assert.deepEqual([status, finishedAt - startedAt], ["compensated", HOUR]);
    tester.expectCompensated("pay");
    await tester.close();
  });

  it("tells whoever waits what went wrong at some time", async () => {
    const { tester, run } = await startOrder(MOCKS);
    tester.after("1h", (order) => order.signal("aproved"));
    await assert.rejects(run.result(), /No step of workflow "order" waits for a signal "aproved"/);
    await tester.close();
  });
});

describe("mocks", () => {
  it("name what is called and not mocked", async () => {
    const { tester, run } = await startOrder({ "shop.GET /prices/*": { price: 3 }, "shop.POST /refunds": null });
    await assert.rejects(run.result(), (error: Error & { hint?: string }) => {
      assert.match(error.message, /Step "pay" calls shop\.POST \/payments, for which there is no mock/);
      assert.match(error.hint ?? "", /mock it as "shop\.POST \/payments", "shop" or "steps\.pay"/);
      return true;
    });
    await tester.close();
  });

  it("give the same ids, keys and random numbers for the same seed", async () => {
    const seen: unknown[] = [];
    for (const seed of ["one", "one", "two"]) {
      const tester = createTester({ seed, mocks: { shop: (input) => input } });
      const workflow = await loadText(
        tester,
        `
name: chance
services: { shop: { type: http, endpoint: "http://x" } }
steps: [{ id: a, service: shop, method: POST /, input: { id: "{{ uuid() }}" }, output: a }]
`,
      );
      const run = await tester.start(workflow, { input: {} });
      seen.push([run.id, (await run.result()).output, tester.calls()[0]?.idempotencyKey]);
      await tester.close();
    }
    assert.deepEqual(seen[0], seen[1]);
    assert.notDeepEqual(seen[0], seen[2]);
  });

  it("prefer the most exact name", async () => {
    const { tester, run } = await startOrder({
      ...MOCKS,
      shop: "any",
      "POST /parcels": "method",
      "steps.ship": "step",
    });
    tester.after("721h", (order) => order.signal("approved"));
    const { output } = await run.result();
    assert.equal((output as Record<string, unknown>)["parcel"], "step");
    await tester.close();
  });

  it("stand in for the nodes of a graph; the others do what they do", async () => {
    const undone: string[] = [];
    const order = dag("order", { version: "1" })
      .node("reserve").action(() => "reserved").compensate(({ reserve }) => void undone.push(reserve))
      .node("pay").dependsOn("reserve").retry({ attempts: 3, initial: "1h", max: "2h", jitter: 0 }).action(() => "paid")
      .output(({ pay }) => pay)
      .build();
    const tester = createTester({ mocks: { pay: fails({ code: "no_money", class: "transient" }) } });
    const run = await tester.start(order, { input: {} });
    const { status, error, startedAt, finishedAt } = await run.result();
    assert.deepEqual([status, error?.code, undone], ["compensated", "no_money", ["reserved"]]);
    assert.equal(finishedAt - startedAt, 3 * HOUR);
    tester.expectCalls("pay", 3);
    tester.expectOrder("reserve", "pay", "reserve.compensate");
    await tester.close();
  });
});

describe("expectations", () => {
  it("say what came instead", async () => {
    const { tester } = await startOrder(MOCKS);
    await tester.settle();
    assert.throws(
      () => tester.expectCalls("steps.pay", [{ input: { amount: 4, tip: 1 } }]),
      {
        message:
          /call 1: input\.amount should be 4, but is 3; input\.tip should be 1, but is missing\n {2}pay: shop\.POST/,
      },
    );
    assert.throws(() => tester.expectCalls("steps.ship", 1), {
      message: "steps.ship: 1 call expected, but there was none",
    });
    assert.throws(() => tester.expectOrder("steps.pay", "steps.price"), { message: /^steps\.price came too early/ });
    assert.throws(() => tester.expectCompensated("pay"), { message: "pay should have been undone, but nothing was" });
    await tester.close();
  });
});
