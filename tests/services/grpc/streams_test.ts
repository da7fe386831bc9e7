import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { sendUnaryData, ServerDuplexStream, ServerReadableStream, ServerWritableStream } from "@grpc/grpc-js";
import type { JsonObject, JsonValue } from "../../../src/base/json.ts";
import type { ServiceClient } from "../../../src/engine/service.ts";
import { type GrpcTestServer, startGrpcServer } from "../../servers/grpc_server.ts";
import { call, compileFixtures, failureOf, openClient, output, unary } from "./fixtures.ts";

interface Offer {
  readonly price?: number;
}

/** What the server has seen of the calls that went wrong. */
const seen = { cancelled: 0 };

const handlers = {
  "shop.v1.Shop/GetOrder": unary(({ id }: { id: string }) => ({ id })),
  // Sends `count` orders, or goes on until nobody listens.
  async "shop.v1.Shop/WatchOrders"(stream: ServerWritableStream<{ count?: number }, unknown>) {
    const { count = Infinity } = stream.request;
    stream.setMaxListeners(0);
    stream.on("cancelled", () => seen.cancelled++);
    for (let index = 0; index < count && !stream.cancelled; index++) {
      if (!stream.write({ id: `o-${index}`, customer: "x".repeat(100) })) await drained(stream);
      if (index % 50 === 0) await sleep(0);
    }
    stream.end();
  },
  "shop.v1.Shop/ImportOrders"(stream: ServerReadableStream<unknown, unknown>, reply: sendUnaryData<unknown>) {
    let imported = 0;
    stream.on("data", () => imported++);
    stream.on("end", () => reply(null, { imported }));
  },
  // Answers each offer with a lower one; a negative price breaks the stream.
  "shop.v1.Shop/Negotiate"(stream: ServerDuplexStream<Offer, unknown>) {
    stream.on("data", ({ price = 0 }: Offer) => {
      if (price < 0) stream.emit("error", { code: 9, details: "no such price" });
      else stream.write({ price: price - 1 });
    });
    stream.on("end", () => stream.end());
    stream.on("error", () => {});
  },
};

function drained(stream: ServerWritableStream<unknown, unknown>): Promise<void> {
  return new Promise((resolve) => {
    stream.once("drain", resolve);
    stream.once("cancelled", () => resolve());
  });
}

describe("streams", () => {
  let server: GrpcTestServer;
  let client: ServiceClient;

  before(async () => {
    server = await startGrpcServer({ descriptors: await compileFixtures("shop/v1/shop.proto"), handlers });
    client = openClient(server.endpoint, { poolSize: 1 });
  });

  after(async () => {
    await client.close();
    server.stop();
  });

  const ids = (value: JsonValue): unknown[] => (value as unknown as { id: string }[]).map(({ id }) => id);

  it("call() gives a server stream as a list", async () => {
    assert.deepEqual(ids(await output(call(client, "WatchOrders", { count: 3 }))), ["o-0", "o-1", "o-2"]);
  });

  it("call() gives an empty list for an empty stream", async () => {
    assert.deepEqual(await output(call(client, "Negotiate", [])), []);
  });

  it("call() closes a stream at its maximum, and the server notices", async () => {
    const before = seen.cancelled;
    assert.equal(ids(await output(call(client, "WatchOrders", {}, { streamMax: 5 }))).length, 5);
    for (let turn = 0; turn < 50 && seen.cancelled === before; turn++) await sleep(2);
    assert.equal(seen.cancelled, before + 1);
  });

  it("call() takes ten thousand messages where no maximum is given", async () => {
    assert.equal(ids(await output(call(client, "WatchOrders", {}))).length, 10_000);
  });

  it("call() closes a stream when its condition holds", async () => {
    const indexes: number[] = [];
    const streamUntil = (item: JsonValue, index: number): boolean => {
      indexes.push(index);
      return (item as JsonObject)["id"] === "o-2";
    };
    assert.deepEqual(ids(await output(call(client, "WatchOrders", {}, { streamUntil }))), ["o-0", "o-1", "o-2"]);
    assert.deepEqual(indexes, [0, 1, 2]);
  });

  it("call() fails when the condition throws", async () => {
    const streamUntil = (): boolean => {
      throw new Error("no such key");
    };
    const result = await failureOf(call(client, "WatchOrders", {}, { streamUntil }));
    assert.equal(result.failure.code, "expression_error");
    assert.equal(result.failure.message, "no such key");
    assert.equal(result.class, "permanent");
  });

  it("call() goes on after a busy stream was cut, on the same service", async () => {
    for (let round = 0; round < 3; round++) {
      await output(call(client, "WatchOrders", {}, { streamMax: 20 }));
      assert.deepEqual((await output(call(client, "shop.v1.Shop/GetOrder", { id: "a" })) as JsonObject)["id"], "a");
    }
  });

  it("call() feeds a client stream with a list", async () => {
    const input = Array.from({ length: 300 }, (_, index) => ({ customer: `c-${index}` }));
    assert.deepEqual(await output(call(client, "ImportOrders", input)), { imported: 300 });
    assert.deepEqual(await output(call(client, "ImportOrders", [])), { imported: 0 });
  });

  it("call() feeds a client stream with more than fits into the buffers", async () => {
    const input = Array.from({ length: 40 }, () => ({ customer: "c".repeat(200_000) }));
    assert.deepEqual(await output(call(client, "ImportOrders", input)), { imported: 40 });
  });

  it("call() refuses a client stream without a list, and a list without a stream", async () => {
    const single = await failureOf(call(client, "ImportOrders", { customer: "x" }));
    assert.equal(single.failure.message, "input: expected a list, whose items feed the client stream, got a map");
    const item = await failureOf(call(client, "ImportOrders", [{}, { customer: 5 }]));
    assert.equal(item.failure.message, "input[1].customer: expected text, got 5");
    const list = await failureOf(call(client, "shop.v1.Shop/GetOrder", [{ id: "a" }]));
    assert.equal(list.failure.message, "input: expected a map, got a list");
    for (const result of [single, item, list]) {
      assert.equal(result.failure.code, "bad_input");
      assert.equal(result.class, "permanent");
      assert.equal(result.mayHaveActed, false);
    }
  });

  it("call() speaks both ways", async () => {
    const input = [{ price: 10 }, { price: 5.5 }];
    assert.deepEqual(await output(call(client, "Negotiate", input)), [{ price: 9 }, { price: 4.5 }]);
  });

  it("call() fails when a stream breaks after some messages", async () => {
    const result = await failureOf(call(client, "Negotiate", [{ price: 10 }, { price: -1 }]));
    assert.equal(result.failure.code, "FAILED_PRECONDITION");
    assert.equal(result.failure.message, "no such price");
  });
});
