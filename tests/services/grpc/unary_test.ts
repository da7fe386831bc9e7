import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { base64Encode } from "@bufbuild/protobuf/wire";
import type { sendUnaryData, ServerUnaryCall } from "@grpc/grpc-js";
import type { ServiceClient } from "../../../src/engine/service.ts";
import { type GrpcTestServer, startGrpcServer } from "../../servers/grpc_server.ts";
import { call, compileFixtures, failureOf, openClient, output } from "./fixtures.ts";

interface CreateOrder {
  readonly customer?: string;
  readonly items?: readonly unknown[];
}

const ORDER = {
  id: "o-1",
  customer: "Ada",
  items: [{ sku: "A-1", qty: 2 }],
  state: "STATE_OPEN",
  created_at: "2024-05-01T12:00:00Z",
  total_cents: 1999,
};

const handlers = {
  "shop.v1.Shop/CreateOrder": (
    { request }: ServerUnaryCall<CreateOrder, unknown>,
    reply: sendUnaryData<unknown>,
  ) => reply(null, { ...ORDER, customer: request.customer ?? "", items: request.items ?? [] }),
  "shop.v1.Shop/GetOrder": (
    { request }: ServerUnaryCall<{ id: string }, unknown>,
    reply: sendUnaryData<unknown>,
  ) => reply({ code: 5, details: `no order ${request.id}` }),
};

describe("unary calls", () => {
  let descriptors: Uint8Array;
  let server: GrpcTestServer;
  const clients: ServiceClient[] = [];
  const open = (...args: Parameters<typeof openClient>): ServiceClient => {
    const client = openClient(...args);
    clients.push(client);
    return client;
  };

  before(async () => {
    descriptors = await compileFixtures("shop/v1/shop.proto");
    server = await startGrpcServer({ descriptors, handlers });
  });

  after(async () => {
    await Promise.all(clients.map((client) => client.close()));
    server.stop();
  });

  const input = { customer: "Ada", items: [{ sku: "A-1", qty: 2 }] };

  it("call() finds the method by reflection", async () => {
    assert.deepEqual(await output(call(open(server.endpoint), "CreateOrder", input)), ORDER);
  });

  it("call() finds the method by descriptors", async () => {
    const client = open(server.endpoint, { descriptors: base64Encode(descriptors) });
    assert.deepEqual(await output(call(client, "shop.v1.Shop/CreateOrder", input)), ORDER);
  });

  it("call() gives the server's code and message", async () => {
    const result = await failureOf(call(open(server.endpoint), "shop.v1.Shop/GetOrder", { id: "o-2" }));
    assert.equal(result.failure.code, "NOT_FOUND");
    assert.equal(result.failure.message, "no order o-2");
    assert.equal(result.class, "permanent");
    assert.equal(result.mayHaveActed, false);
  });
});
