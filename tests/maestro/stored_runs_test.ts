import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { MaestroError } from "../../src/base/errors.ts";
import type { JsonValue } from "../../src/base/json.ts";
import { createMaestro, type Maestro, type MaestroOptions, type Migration } from "../../src/maestro.ts";
import { createRuntime } from "../../src/runtime/create_runtime.ts";
import { openStorage } from "../../src/storage/open_storage.ts";

const folder = mkdtempSync(join(tmpdir(), "maestro-stored-"));
after(() => rmSync(folder, { recursive: true }));

let stores = 0;

/** One store that several engines use, one after the other or at once, as processes do. */
class Shop {
  readonly file = join(folder, `${stores++}.db`);
  readonly calls: { readonly method: string; readonly input: JsonValue }[] = [];
  failing = new Set<string>();

  async open(options: Partial<MaestroOptions> = {}): Promise<Maestro> {
    const answer = (method: string) => (input: JsonValue): JsonValue => {
      this.calls.push({ method, input });
      if (this.failing.has(method)) throw Object.assign(new Error(`${method} fails`), { code: "INVALID_ARGUMENT" });
      return { did: method };
    };
    const methods = ["Reserve", "Release", "Ship", "Notify", "Left", "Right", "Last"];
    return createMaestro({
      runtime: await createRuntime(),
      storage: await openStorage(`sqlite:${this.file}`),
      functions: { shop: Object.fromEntries(methods.map((method) => [method, answer(method)])) },
      ...options,
    });
  }

  get methods(): string[] {
    return this.calls.map(({ method }) => method);
  }
}

const HEAD = "name: order\nservices:\n  shop: { type: function, endpoint: local }\nsteps:\n";
const RESERVE =
  '  - { id: reserve, service: shop, method: Reserve, output: r, compensate: { method: Release, input: { did: "{{ .r.did }}" }, retry: { attempts: 1 } } }\n';
const WAIT =
  "  - { id: approve, wait_for: { signal: approved, schema: { type: object, required: [by] } }, output: a }\n";
const SHIP = '  - { id: ship, service: shop, method: Ship, input: { by: "{{ .a.by }}" } }\n';

async function load(maestro: Maestro, text: string) {
  const { workflow, diagnostics } = await maestro.load({ file: "order.yaml", text });
  assert.ok(workflow, JSON.stringify(diagnostics));
  return workflow;
}

function isCode(code: MaestroError["code"]): (error: unknown) => boolean {
  return (error) => MaestroError.is(error, code);
}

describe("stored runs", () => {
  it("go on in another engine, without the file that they came from", async () => {
    const shop = new Shop();
    const first = await shop.open();
    await first.start(await load(first, HEAD + RESERVE + WAIT + SHIP), { input: {}, id: "one" });
    await first.close();
    const second = await shop.open();
    const run = await second.resume("one");
    assert.deepEqual((await second.signal("one", { name: "approved", data: { by: "Ada" } })).readers, ["approve"]);
    assert.equal((await run.result()).status, "completed");
    assert.deepEqual(shop.methods, ["Reserve", "Ship"]);
    await second.close();
  });

  it("refuse signals that nothing waits for, that do not fit, and that come too late", async () => {
    const shop = new Shop();
    const maestro = await shop.open();
    const run = await maestro.start(await load(maestro, HEAD + WAIT), { input: {}, id: "one" });
    await assert.rejects(maestro.signal("one", { name: "aproved", data: {} }), isCode("usage"));
    await assert.rejects(maestro.signal("one", { name: "approved", data: {} }), isCode("invalid_input"));
    await assert.rejects(maestro.signal("none", { name: "approved", data: {} }), isCode("run_not_found"));
    const signal = { name: "approved", data: { by: "Ada" }, id: "same" };
    assert.equal((await maestro.signal("one", signal)).isDuplicate, false);
    await run.result();
    await assert.rejects(maestro.signal("one", signal), isCode("run_ended"));
    await maestro.close();
  });

  it("are cancelled and rolled back by an engine that did not start them", async () => {
    const shop = new Shop();
    const first = await shop.open();
    await first.start(await load(first, HEAD + RESERVE + WAIT), { input: {}, id: "one" });
    await first.close();
    const second = await shop.open();
    const { status, cause } = await (await second.cancel("one")).result();
    assert.deepEqual([status, cause], ["compensated", "cancelled"]);
    assert.deepEqual(shop.calls.at(-1), { method: "Release", input: { did: "Reserve" } });
    await assert.rejects(second.cancel("one"), isCode("run_ended"));
    await second.close();
  });

  it("with an id are started once: the same input gives the same run, another one a conflict", async () => {
    const shop = new Shop();
    const maestro = await shop.open();
    const workflow = await load(maestro, HEAD + RESERVE);
    const first = await (await maestro.start(workflow, { input: { n: 1 }, id: "one" })).result();
    const again = await (await maestro.start(workflow, { input: { n: 1 }, id: "one" })).result();
    assert.deepEqual([again.startedAt, again.output], [first.startedAt, first.output]);
    assert.deepEqual(shop.methods, ["Reserve"]);
    await assert.rejects(maestro.start(workflow, { input: { n: 2 }, id: "one" }), isCode("run_conflict"));
    await maestro.close();
  });

  it("try again what a rollback has left", async () => {
    const shop = new Shop();
    shop.failing = new Set(["Ship", "Release"]);
    const maestro = await shop.open();
    const ship = "  - { id: ship, service: shop, method: Ship }\n";
    const run = await maestro.start(await load(maestro, HEAD + RESERVE + ship), { input: {}, id: "one" });
    assert.equal((await run.result()).status, "compensation_failed");
    shop.failing.clear();
    const { status, rollback } = await (await maestro.compensate("one")).result();
    assert.deepEqual([status, rollback.undone, rollback.notUndone], ["compensated", ["reserve"], []]);
    await assert.rejects(maestro.compensate("one"), isCode("run_ended"));
    await maestro.close();
  });

  it("hold no secret, and learn it again where they go on", async () => {
    const shop = new Shop();
    const secret = "s3cr3t-of-the-run";
    const secrets = (name: string): string | undefined => name === "TOKEN" ? secret : undefined;
    const ship = '  - { id: ship, service: shop, method: Ship, input: { token: "{{ secrets.TOKEN }}" } }\n';
    const first = await shop.open({ secrets });
    await first.start(await load(first, HEAD + ship + WAIT + ship.replaceAll("ship", "again")), {
      input: {},
      id: "one",
    });
    await first.close();
    const second = await shop.open({ secrets });
    const run = await second.resume("one");
    await second.signal("one", { name: "approved", data: { by: "Ada" } });
    await run.result();
    await second.close();
    assert.deepEqual(shop.calls.map(({ input }) => input), [{ token: secret }, { token: secret }]);
    for (const name of readdirSync(folder).filter((each) => join(folder, each).startsWith(shop.file))) {
      const path = join(folder, name);
      if (name.endsWith("-workers")) continue;
      assert.equal(readFileSync(path, "latin1").includes(secret), false, name);
    }
  });

  it("are paused where a secret is missing, and go on when it is there", async () => {
    const shop = new Shop();
    const secrets = (name: string): string | undefined => name === "TOKEN" ? "a secret" : undefined;
    const ship = '  - { id: ship, service: shop, method: Ship, input: { token: "{{ secrets.TOKEN }}" } }\n';
    const first = await shop.open({ secrets });
    await first.start(await load(first, HEAD + WAIT + ship), { input: {}, id: "one" });
    await first.close();
    const second = await shop.open();
    const paused = await (await second.resume("one")).result();
    assert.deepEqual([paused.status, paused.pause?.reason], ["paused", "missing_secret"]);
    assert.match(paused.pause!.message, /secrets\.TOKEN/);
    await second.close();
    const third = await shop.open({ secrets });
    const run = await third.resume("one");
    await third.signal("one", { name: "approved", data: { by: "Ada" } });
    assert.equal((await run.result()).status, "completed");
    await third.close();
  });
});

describe("rerun()", () => {
  it("takes over all outcomes but those of the step and of what comes after it", async () => {
    const shop = new Shop();
    shop.failing = new Set(["Last"]);
    const maestro = await shop.open();
    const workflow = await load(
      maestro,
      `${HEAD}  - id: sides
    parallel:
      - { id: left, service: shop, method: Left, output: left }
      - { id: right, service: shop, method: Right }
  - { id: notify, service: shop, method: Notify }
  - { id: last, service: shop, method: Last, input: { left: "{{ .left.did }}" } }
`,
    );
    await (await maestro.start(workflow, { input: { n: 1 }, id: "one" })).result();
    shop.failing.clear();
    shop.calls.length = 0;
    const run = await maestro.rerun("one", { from: "last", id: "two" });
    assert.equal((await run.result()).status, "completed");
    assert.deepEqual(shop.calls, [{ method: "Last", input: { left: "Left" } }]);
    shop.calls.length = 0;
    await (await maestro.rerun("one", { from: "left" })).result();
    assert.deepEqual(shop.methods, ["Left", "Notify", "Last"]);
    await assert.rejects(maestro.rerun("one", { from: "lst" }), isCode("usage"));
    await maestro.close();
  });

  it("does again what the old run has undone", async () => {
    const shop = new Shop();
    shop.failing = new Set(["Last"]);
    const maestro = await shop.open();
    const workflow = await load(
      maestro,
      `${HEAD}  - { id: notify, service: shop, method: Notify }\n${RESERVE}  - { id: last, service: shop, method: Last }\n`,
    );
    assert.equal((await (await maestro.start(workflow, { input: {}, id: "one" })).result()).status, "compensated");
    shop.failing.clear();
    shop.calls.length = 0;
    await (await maestro.rerun("one", { from: "last" })).result();
    assert.deepEqual(shop.methods, ["Reserve", "Last"]);
    await maestro.close();
  });
});

describe("diff() and migrate()", () => {
  it("move the runs whose journals fit, and say of the others why not", async () => {
    const shop = new Shop();
    const first = await shop.open();
    const old = await load(first, HEAD + RESERVE + WAIT + SHIP);
    for (const id of ["one", "two"]) await first.start(old, { input: {}, id });
    await first.close();
    const second = await shop.open();
    const longer = await load(
      second,
      `${HEAD}${RESERVE}${WAIT}${SHIP}  - { id: notify, service: shop, method: Notify }\n`,
    );
    const other = await load(second, HEAD + RESERVE.replace("id: reserve", "id: book") + WAIT);
    const found: Migration[] = [];
    for await (const migration of second.diff(longer)) found.push(migration);
    assert.deepEqual(found.map(({ run, obstacle }) => [run.id, obstacle]), [["two", undefined], ["one", undefined]]);
    for await (const { obstacle } of second.diff(other)) assert.match(obstacle!, /reserve.*book/);
    await assert.rejects(second.migrate("one", other), isCode("usage"));
    await second.migrate("one", longer);
    assert.equal((await second.migrate("one", longer)).isSame, true);
    for (const id of ["one", "two"]) {
      const run = await second.resume(id);
      await second.signal(id, { name: "approved", data: { by: "Ada" } });
      assert.equal((await run.result()).status, "completed");
    }
    assert.deepEqual(shop.methods.filter((method) => method === "Notify"), ["Notify"], "only the run that was moved");
    await second.close();
  });
});
