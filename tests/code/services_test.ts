import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import {
  activity,
  createMaestro,
  createRuntime,
  type LoadedWorkflow,
  type Maestro,
  StepFailedError,
  workflow,
} from "../../mod.ts";

interface Heard {
  readonly line: string;
  readonly key: string | undefined;
  readonly auth: string | undefined;
  readonly body: unknown;
}

const heard: Heard[] = [];
let isBusy = false;
let server: Server;
let maestro: Maestro;
let services: LoadedWorkflow;

/** A shop that refuses the first order when it is busy, and every parcel to Atlantis. */
function answer(line: string, body: unknown): readonly [number, unknown] {
  if (line === "POST /orders" && isBusy) {
    isBusy = false;
    return [503, { error: "busy" }];
  }
  if (line === "POST /parcels" && (body as { city?: string }).city === "Atlantis") return [422, { error: "no van" }];
  if (line === "POST /orders") return [200, { id: "o 1" }];
  return [200, { ok: true }];
}

before(async () => {
  server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => text += chunk).on("end", () => {
      const body: unknown = text === "" ? null : JSON.parse(text);
      const { "idempotency-key": key, authorization: auth } = request.headers;
      const line = `${request.method} ${request.url}`;
      heard.push({ line, key: key?.toString(), auth, body });
      const [status, value] = answer(line, body);
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  maestro = createMaestro({ runtime: await createRuntime(), secrets: () => "s3cret" });
  const { workflow: document, diagnostics } = await maestro.load({
    file: "services.yaml",
    text: `
name: services
version: "1"
services:
  shop:
    type: http
    endpoint: "http://127.0.0.1:${port}"
    retry: { attempts: 3, initial: 1ms }
    headers: { authorization: "Bearer {{ secrets.SHOP }}" }
steps: [{ service: shop, method: GET /health }]
`,
  });
  assert(document !== undefined, JSON.stringify(diagnostics));
  services = document;
});

after(async () => {
  await maestro.close();
  server.close();
});

const OPTIONS = {
  version: "1",
  get services() {
    return services;
  },
};

describe("WorkflowContext.call()", () => {
  it("calls a service of a document, with its retries, secrets and idempotency key", async () => {
    const order = workflow("order", OPTIONS, async (ctx, input: { item: string }) => {
      const { id } = await ctx.call<{ id: string }>("shop", "POST /orders", { input });
      await ctx.call("shop", `GET /orders/${encodeURIComponent(id)}`, { input: { full: true } });
      return id;
    });
    isBusy = true;
    heard.length = 0;
    const run = await maestro.start(order, { input: { item: "tea" } });
    const { status, output, steps } = await run.result();
    assert.equal(status, "completed");
    assert.equal(output, "o 1");
    assert.deepEqual(heard.map(({ line }) => line), ["POST /orders", "POST /orders", "GET /orders/o%201?full=true"]);
    assert.deepEqual(heard[0]?.body, { item: "tea" });
    assert(heard[0]?.key !== undefined && heard[0].key === heard[1]?.key, "both attempts carry one key");
    assert.notEqual(heard[2]?.key, heard[0].key);
    assert.equal(heard[0].auth, "Bearer s3cret");
    assert.deepEqual(steps.map(({ id, attempts }) => [id, attempts]), [["shop", 2], ["shop[1]", 1]]);
  });

  it("undoes calls, newest first, when the run fails later", async () => {
    const parcel = workflow("parcel", OPTIONS, async (ctx, city: string) => {
      await ctx.call<{ id: string }>("shop", "POST /orders", {
        id: "book",
        compensate: ({ output }) => ({ method: `DELETE /orders/${encodeURIComponent(output?.id ?? "")}` }),
      });
      await ctx.call("shop", "POST /labels", {
        id: "label",
        compensate: ({ error }) => ({ method: "POST /void", input: { why: error.code } }),
      });
      try {
        await ctx.call("shop", "POST /parcels", { input: { city } });
      } catch (thrown) {
        assert(thrown instanceof StepFailedError);
        assert.equal(thrown.failure.status, 422);
        throw thrown;
      }
    });
    heard.length = 0;
    const run = await maestro.start(parcel, { input: "Atlantis" });
    const { status, error, rollback } = await run.result();
    assert.equal(status, "compensated");
    assert.equal(error?.code, "http_422");
    assert.deepEqual(rollback.undone, ["label", "book"]);
    assert.deepEqual(heard.slice(3).map(({ line, body }) => [line, body]), [
      ["POST /void", { why: "http_422" }],
      ["DELETE /orders/o%201", null],
    ]);
  });

  it("names the services that there are", async () => {
    const lost = workflow("lost", OPTIONS, (ctx) => ctx.call("shpo", "GET /"));
    const { error } = await (await maestro.start(lost)).result();
    assert.match(error?.message ?? "", /calls the service "shpo"/);
  });
});

describe("durability: async", () => {
  it("makes what is sent a part of each step's idempotency key", async () => {
    const careful = workflow("careful", { version: "1", durability: "async" }, async (ctx, input: string) => {
      const key = (id: string) => ctx.step(id, ({ idempotencyKey }) => idempotencyKey);
      const echoed = activity("echo", (_: string, { idempotencyKey }) => idempotencyKey);
      return [await key("a"), await key("b"), await ctx.run(echoed, input)];
    });
    const keys = async (input: string): Promise<readonly string[]> => {
      const { output } = await (await maestro.start(careful, { input })).result();
      return (output ?? []).map((key) => key.slice(key.lastIndexOf(":")));
    };
    const [first, second] = [await keys("x"), await keys("y")];
    for (const hash of first) assert.match(hash, /^:[0-9a-f]{16}$/);
    assert.equal(first[0], second[0], "the same is sent");
    assert.notEqual(first[2], second[2], "something else is sent");
  });
});
