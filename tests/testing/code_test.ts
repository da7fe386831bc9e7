import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { activity, query, signal, update, workflow } from "../../mod.ts";
import { createTester, delayed, fails, sequence } from "../../src/testing/mod.ts";

const HOUR = 3_600_000;

const charge = activity("charge", (amount: number) => ({ receipt: `real ${amount}` }), {
  retry: { attempts: 3, initial: "1h", max: "10h", jitter: 0 },
  compensate: () => undefined,
});
const ship = activity("ship", (receipt: string) => `parcel for ${receipt}`);
const approved = signal<{ by: string }>("approved");
const stage = query<string>("stage");
const rename = update<string, string>("rename");

const order = workflow("order", { version: "1" }, async (ctx, { amount }: { readonly amount: number }) => {
  let now = "begun";
  let name = "order";
  ctx.onQuery(stage, () => `${name} ${now}`);
  ctx.onUpdate(rename, (wanted) => {
    if (wanted === "") throw new Error("a name has letters");
    name = wanted;
    return `now ${name}`;
  });
  const { receipt } = await ctx.run(charge, amount);
  now = "charged";
  await ctx.sleep("720h");
  const { by } = await ctx.receive(approved);
  return { parcel: await ctx.run(ship, receipt), by };
});

describe("a workflow in code", () => {
  it("runs with some activities mocked and the others as they are, in no time", async () => {
    const tester = createTester({ mocks: { charge: sequence([fails({ code: "http_503" }), { receipt: "mocked" }]) } });
    tester.at("800h", (run) => run.signal("approved", { by: "Ann" }));
    const run = await tester.start(order, { input: { amount: 3 } });
    const { status, output, startedAt, finishedAt } = await run.result();
    assert.deepEqual([status, output], ["completed", { parcel: "parcel for mocked", by: "Ann" }]);
    assert.equal(finishedAt - startedAt, 800 * HOUR);
    tester.expectCalls("charge", [{ input: 3, error: "http_503" }, { attempt: 2, output: { receipt: "mocked" } }]);
    tester.expectOrder("charge", "ship");
    await tester.close();
  });

  it("answers queries and updates at any time", async () => {
    const tester = createTester({ mocks: { charge: delayed("20s", { receipt: "late" }) } });
    const run = await tester.start(order, { input: { amount: 3 } });
    assert.equal(await run.query(stage), "order begun");
    await tester.advance("1h");
    assert.equal(await run.update(rename, "tea"), "now tea");
    assert.equal(await run.query(stage), "tea charged");
    await assert.rejects(run.update(rename, ""), /a name has letters/);
    await run.signal(approved, { by: "Ann" });
    assert.equal((await run.result()).status, "completed");
    await tester.close();
  });

  it("undoes what it had done when a mock fails", async () => {
    const tester = createTester({ mocks: { ship: fails({ code: "no_driver" }) } });
    const run = await tester.start(order, { input: { amount: 3 } });
    await run.signal(approved, { by: "Ann" });
    const { status, error } = await run.result();
    assert.deepEqual([status, error?.code], ["compensated", "no_driver"]);
    tester.expectCompensated("charge");
    await tester.close();
  });

  it("goes on in a new process after a crash", async () => {
    const tester = createTester();
    const run = await tester.start(order, { input: { amount: 3 } });
    await tester.advance("1h");
    tester.crash();
    const again = await tester.resume(run.id);
    await again.signal(approved, { by: "Ann" });
    const { output, startedAt, finishedAt } = await again.result();
    assert.deepEqual(output, { parcel: "parcel for real 3", by: "Ann" });
    assert.equal(finishedAt - startedAt, 720 * HOUR);
    tester.expectCalls("charge", 1);
    await tester.close();
  });

  it("is paused where it awaits something that is not durable, on every runtime", async () => {
    const ways: readonly (() => Promise<unknown>)[] = [
      () => new Promise((resolve) => setTimeout(resolve, 0)),
      () => new Promise((resolve) => setImmediate(resolve)),
      () => crypto.subtle.digest("SHA-256", new Uint8Array(64_000_000)),
    ];
    for (const [index, way] of ways.entries()) {
      const foreign = workflow(`foreign_${index}`, { version: "1" }, async (ctx) => {
        await way();
        await ctx.sleep("1h");
      });
      const tester = createTester();
      const { status, pause } = await (await tester.start(foreign)).result();
      assert.deepEqual([index, status, pause?.reason], [index, "paused", "foreign_await"]);
      await tester.close();
    }
  });
});
