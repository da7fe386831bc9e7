import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { base64Encode } from "@bufbuild/protobuf/wire";
import { Metadata } from "@grpc/grpc-js";
import type { JsonValue } from "../../../src/base/json.ts";
import type { ServiceClient } from "../../../src/engine/service.ts";
import { toBuffer } from "../../../src/runtime/buffer.ts";
import { type GrpcTestServer, startGrpcServer } from "../../servers/grpc_server.ts";
import { call, compileFixtures, failureOf, openClient, output, unary } from "./fixtures.ts";

describe("metadata", () => {
  let descriptors: string;
  let server: GrpcTestServer;
  let client: ServiceClient;
  let received: Record<string, unknown> = {};

  before(async () => {
    const set = await compileFixtures("shop/v1/shop.proto");
    descriptors = base64Encode(set);
    const handlers = {
      "shop.v1.Shop/CreateOrder": unary((_, stream) => {
        received = Object.fromEntries(
          Object.entries(stream.metadata.toJSON() as Record<string, unknown[]>).map(([name, values]) => [
            name,
            values.map((value) => value instanceof Uint8Array ? base64Encode(value) : value).join("|"),
          ]),
        );
        const headers = new Metadata();
        headers.set("x-served-by", "one");
        headers.add("x-many", "a");
        headers.add("x-many", "b");
        headers.set("x-raw-bin", toBuffer(new Uint8Array([0, 255])));
        stream.sendMetadata(headers);
        return { id: "o-1" };
      }),
      "shop.v1.Admin/Reset": unary(() => {
        const metadata = new Metadata();
        metadata.set("x-reason", "closed");
        throw Object.assign(new Error("none"), { code: 5, details: "nothing there", metadata });
      }),
    };
    server = await startGrpcServer({ descriptors: set, handlers });
    client = openClient(server.endpoint, { descriptors });
  });

  after(async () => {
    await client.close();
    server.stop();
  });

  const send = (...headers: Record<string, JsonValue>[]) => call(client, "CreateOrder", {}, { headers });

  it("call() sends the idempotency key, the trace and what is running", async () => {
    await output(send());
    assert.equal(received["idempotency-key"], "key-1");
    assert.equal(received["traceparent"], "00-0af7651916cd43dd8448eb211c80319c-8000000080000000-01");
    assert.equal(received["x-maestro-run-id"], "run-1");
    assert.equal(received["x-maestro-workflow"], "order");
    assert.equal(received["x-maestro-step-id"], "pay");
    assert.match(String(received["user-agent"]), /^maestro /);
  });

  it("call() lays the step's metadata over the service's, lower-cased; null removes", async () => {
    await output(send(
      { "X-Tenant": "a", "X-Gone": "x", Authorization: "Bearer abc", "x-bin": "AP8=" },
      { "x-tenant": "b", "x-gone": null, "Idempotency-Key": "mine", traceparent: null, "x-count": 5, "x-on": true },
    ));
    assert.equal(received["x-tenant"], "b");
    assert.equal(received["x-gone"], undefined);
    assert.equal(received["authorization"], "Bearer abc");
    assert.equal(received["x-bin"], "AP8=");
    assert.equal(received["idempotency-key"], "mine");
    assert.equal(received["traceparent"], undefined);
    assert.equal(received["x-count"], "5");
    assert.equal(received["x-on"], "true");
  });

  it("call() sends no idempotency key where the service wants none", async () => {
    const plain = openClient(server.endpoint, { descriptors, idempotencyHeader: false });
    await output(call(plain, "CreateOrder", {}));
    assert.equal(received["idempotency-key"], undefined);
    await plain.close();
  });

  it("call() encodes a workflow's name that headers cannot carry", async () => {
    await output(call(client, "CreateOrder", {}, {}, { workflow: "grüße 🚀", step: "each[12]/charge" }));
    assert.equal(received["x-maestro-workflow"], "gr%C3%BC%C3%9Fe %F0%9F%9A%80");
    assert.equal(received["x-maestro-step-id"], "each[12]/charge");
  });

  for (
    const [headers, message] of [
      [
        { "x-a": "line\nbreak" },
        'metadata["x-a"]: only printable ASCII is allowed; anything else needs a name in "-bin" and base64',
      ],
      [
        { "x-a": "grüße" },
        'metadata["x-a"]: only printable ASCII is allowed; anything else needs a name in "-bin" and base64',
      ],
      [{ "x-a-bin": "!" }, 'metadata["x-a-bin"]: expected base64 text, as the name ends in "-bin"'],
      [{ "x-a-bin": 5 }, 'metadata["x-a-bin"]: expected base64 text, as the name ends in "-bin"'],
      [{ x: ["a"] }, "metadata.x: expected text, a number or a boolean, got a list"],
      [{ "x y": "a" }, 'metadata["x y"]: a metadata name holds letters, digits, dots, dashes and underscores only'],
      [{ "grpc-timeout": "1S" }, 'metadata["grpc-timeout"]: this name is reserved by gRPC'],
      [{ Connection: "close" }, "metadata.connection: this name is reserved by gRPC"],
    ] as const
  ) {
    it(`call() refuses ${JSON.stringify(headers)}`, async () => {
      const result = await failureOf(send(headers as unknown as Record<string, JsonValue>));
      assert.equal(result.failure.code, "bad_input");
      assert.equal(result.failure.message, message);
      assert.equal(result.class, "permanent");
      assert.equal(result.mayHaveActed, false);
    });
  }

  it("call() gives everything that came back for response: full", async () => {
    const full = await output(call(client, "CreateOrder", {}, { response: "full" })) as Record<string, JsonValue>;
    assert.equal(full["code"], "OK");
    assert.equal((full["body"] as { id: string }).id, "o-1");
    const metadata = full["metadata"] as Record<string, string>;
    assert.equal(metadata["x-served-by"], "one");
    assert.equal(metadata["x-many"], "a, b");
    assert.equal(metadata["x-raw-bin"], "AP8=");
    assert.equal(typeof full["trailers"], "object");
  });

  it("call() completes with null for an expected code", async () => {
    assert.equal(await output(call(client, "Reset", {}, { expect: ["OK", "NOT_FOUND"] })), null);
    const full = await output(call(client, "Reset", {}, { expect: ["NOT_FOUND"], response: "full" }));
    const { code, message, trailers, body } = full as Record<string, JsonValue>;
    assert.deepEqual([code, message, body], ["NOT_FOUND", "nothing there", null]);
    assert.equal((trailers as Record<string, string>)["x-reason"], "closed");
  });

  it("call() fails for an OK that is not expected", async () => {
    const result = await failureOf(call(client, "CreateOrder", {}, { expect: ["NOT_FOUND"] }));
    assert.equal(result.failure.code, "OK");
    assert.equal(result.failure.message, 'Service "shop" answered OK, which "expect" does not list');
    assert.equal(result.class, "permanent");
  });
});
