import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { base64Encode } from "@bufbuild/protobuf/wire";
import type { ServerUnaryCall, ServerWritableStream } from "@grpc/grpc-js";
import type { ServiceClient } from "../../../src/engine/service.ts";
import { type GrpcTestServer, startGrpcServer } from "../../servers/grpc_server.ts";
import { call, compileFixtures, failureOf, openClient, output, unary } from "./fixtures.ts";

describe("limits of a call", () => {
  const seen: { calls: number; cancelled: number; deadline: unknown } = { calls: 0, cancelled: 0, deadline: undefined };
  let descriptors: string;
  let server: GrpcTestServer;
  let client: ServiceClient;

  const handlers = {
    // Never answers.
    "shop.v1.Shop/CreateOrder"(stream: ServerUnaryCall<unknown, unknown>) {
      seen.calls++;
      stream.on("cancelled", () => seen.cancelled++);
    },
    "shop.v1.Shop/GetOrder"(stream: ServerUnaryCall<unknown, unknown>) {
      stream.on("cancelled", () => seen.cancelled++);
    },
    "shop.v1.Admin/GetOrder": unary(({ id }: { id: string }, stream) => {
      seen.deadline = stream.getDeadline();
      return { id, customer: "x".repeat(Number(id) || 0) };
    }),
    // Sends one message, then nothing.
    "shop.v1.Shop/WatchOrders"(stream: ServerWritableStream<unknown, unknown>) {
      stream.on("cancelled", () => seen.cancelled++);
      stream.write({ id: "first" });
    },
  };

  before(async () => {
    const set = await compileFixtures("shop/v1/shop.proto");
    descriptors = base64Encode(set);
    server = await startGrpcServer({
      descriptors: set,
      handlers,
      serverOptions: { "grpc.max_receive_message_length": 11 * 1024 * 1024 },
    });
    client = openClient(server.endpoint, { descriptors, poolSize: 1 });
  });

  after(async () => {
    await client.close();
    server.stop();
  });

  async function until(condition: () => boolean): Promise<void> {
    for (let turn = 0; turn < 1_000 && !condition(); turn++) await sleep(2);
    assert.ok(condition());
  }

  const cancelledOnServer = (count: number): Promise<void> => until(() => seen.cancelled === count);

  /** A time-out leaves its connection, so the next call would have to connect within its own. */
  const connect = () => output(call(client, "shop.v1.Admin/GetOrder", { id: "1" }));

  it("call() ends at its time limit: timeout, unknown, and the server is told", async () => {
    await connect();
    const before = seen.cancelled;
    const result = await failureOf(call(client, "CreateOrder", {}, {}, { attemptTimeoutMs: 50 }));
    assert.equal(result.failure.code, "timeout");
    assert.equal(result.failure.message, "No answer within the time limit");
    assert.equal(result.class, "unknown");
    assert.equal(result.mayHaveActed, true);
    await cancelledOnServer(before + 1);
  });

  it("call() ends at the deadline when that is earlier", async () => {
    await connect();
    const before = seen.cancelled;
    const result = await failureOf(call(client, "CreateOrder", {}, {}, { deadline: Date.now() + 50 }));
    assert.equal(result.failure.code, "timeout");
    await cancelledOnServer(before + 1);
  });

  it("call() has not acted when a read-only method times out", async () => {
    await connect();
    const result = await failureOf(call(client, "shop.v1.Shop/GetOrder", {}, {}, { attemptTimeoutMs: 50 }));
    assert.equal(result.failure.code, "timeout");
    assert.equal(result.mayHaveActed, false);
  });

  it("call() sends nothing after the deadline or the abort", async () => {
    const before = seen.calls;
    const late = await failureOf(call(client, "CreateOrder", {}, {}, { deadline: Date.now() - 1 }));
    assert.equal(late.failure.code, "timeout");
    assert.equal(late.mayHaveActed, false);
    const aborted = await failureOf(call(client, "CreateOrder", {}, {}, { signal: AbortSignal.abort("cancelled") }));
    assert.equal(aborted.failure.code, "cancelled");
    assert.equal(aborted.mayHaveActed, false);
    assert.equal(seen.calls, before);
  });

  for (const reason of ["cancelled", "timeout"] as const) {
    it(`call() settles at once when the signal says "${reason}", and the server is told`, async () => {
      const controller = new AbortController();
      const before = { ...seen };
      const result = failureOf(call(client, "CreateOrder", {}, {}, { signal: controller.signal }));
      await until(() => seen.calls > before.calls);
      controller.abort(reason);
      const settled = await result;
      assert.equal(settled.failure.code, reason);
      assert.equal(settled.class, "unknown");
      assert.equal(settled.mayHaveActed, true);
      await cancelledOnServer(before.cancelled + 1);
    });
  }

  it("call() ends a stream that stops half-way at the time limit", async () => {
    await connect();
    const result = await failureOf(call(client, "WatchOrders", {}, {}, { attemptTimeoutMs: 60 }));
    assert.equal(result.failure.code, "timeout");
    assert.equal(result.class, "unknown");
  });

  it("call() sends the earlier limit as the deadline", async () => {
    const soon = Date.now() + 3_000;
    await output(call(client, "shop.v1.Admin/GetOrder", { id: "1" }, {}, { deadline: soon, attemptTimeoutMs: 60_000 }));
    const received = Number(seen.deadline);
    assert.ok(Math.abs(received - soon) < 1_000, `${received - soon}`);
  });

  it("call() goes on with limits of many years", async () => {
    const context = { attemptTimeoutMs: 1e12 };
    await output(call(client, "shop.v1.Admin/GetOrder", { id: "1" }, {}, context));
  });

  it("call() takes an answer of nearly ten mebibytes", async () => {
    const value = await output(call(client, "shop.v1.Admin/GetOrder", { id: String(10 * 1024 * 1024 - 100) }));
    assert.equal((value as { customer: string }).customer.length, 10 * 1024 * 1024 - 100);
  });

  it("call() gives up an answer larger than max_response: bad_response, not retried", async () => {
    const small = openClient(server.endpoint, { descriptors, maxResponse: 1_000 });
    const result = await failureOf(call(small, "shop.v1.Admin/GetOrder", { id: "2000" }));
    assert.equal(result.failure.code, "bad_response");
    assert.equal(result.failure.message, "The answer is larger than 1000 bytes");
    assert.equal(result.class, "unknown");
    assert.equal(result.retryable, false);
    assert.equal(result.mayHaveActed, true);
    await small.close();
  });

  it("call() refuses to send more than ten mebibytes", async () => {
    const result = await failureOf(call(client, "CreateOrder", { customer: "x".repeat(11 * 1024 * 1024) }));
    assert.equal(result.failure.code, "bad_input");
    assert.equal(result.failure.message, "input: the message is larger than 10 MiB");
  });
});
