import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { FileRegistry } from "@bufbuild/protobuf";
import { Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import type { JsonObject } from "../../../src/base/json.ts";
import type { ServiceClient } from "../../../src/engine/service.ts";
import { createGrpcAdapter } from "../../../src/services/grpc/adapter.ts";
import { readDescriptorSet } from "../../../src/services/grpc/descriptors.ts";
import { addReflection } from "../../servers/grpc_reflection.ts";
import { startGrpcServer } from "../../servers/grpc_server.ts";
import { callContext } from "../../servers/call_context.ts";
import { call, compileFixtures, failureOf, openClient, output, serviceConfig, unary } from "./fixtures.ts";

const handlers = {
  "shop.v1.Shop/CreateOrder": unary(() => ({ id: "o-1" })),
  "shop.v1.Admin/Reset": unary(() => ({ id: "reset" })),
};

describe("server reflection", () => {
  let set: Uint8Array;
  const closing: (() => unknown)[] = [];

  before(async () => {
    set = await compileFixtures("shop/v1/shop.proto");
  });

  after(async () => {
    for (const close of closing.reverse()) await close();
  });

  async function start(options: Partial<Parameters<typeof startGrpcServer>[0]> = {}): Promise<string> {
    const server = await startGrpcServer({ descriptors: set, handlers, ...options });
    closing.push(() => server.stop());
    return server.endpoint;
  }

  function open(endpoint: string): ServiceClient {
    const client = openClient(endpoint);
    closing.push(() => client.close());
    return client;
  }

  it("call() falls back to v1alpha", async () => {
    const client = open(await start({ reflection: ["v1alpha"] }));
    assert.equal((await output(call(client, "CreateOrder", {})) as JsonObject)["id"], "o-1");
  });

  it("call() names the remedy where a server has no reflection", async () => {
    const result = await failureOf(call(open(await start({ reflection: [] })), "CreateOrder", {}));
    assert.equal(result.failure.code, "UNIMPLEMENTED");
    assert.equal(
      result.failure.message,
      'Service "shop" does not offer server reflection; give its "proto:" files or a "descriptor_set:"',
    );
    assert.equal(result.class, "permanent");
    assert.equal(result.mayHaveActed, false);
  });

  it("call() takes bare and full names, and names the service where a bare one is ambiguous", async () => {
    const endpoint = await start();
    const client = open(endpoint);
    await output(call(client, "shop.v1.Shop/CreateOrder", {}));
    await output(call(client, "Reset", {}));
    const ambiguous = await failureOf(call(client, "GetOrder", {}));
    assert.equal(ambiguous.failure.code, "no_such_method");
    assert.equal(
      ambiguous.failure.message,
      'Method "GetOrder" is ambiguous in service "shop": shop.v1.Shop/GetOrder, shop.v1.Admin/GetOrder; ' +
        'give its full name or "grpc_service:"',
    );
    const chosen = createGrpcAdapter({ readFile: () => Promise.reject(new Error("no files")) })
      .open(serviceConfig(endpoint, { grpcService: "shop.v1.Admin" }));
    closing.push(() => chosen.close());
    assert.equal((await failureOf(call(chosen, "GetOrder", {}))).failure.code, "UNIMPLEMENTED");
    assert.match((await failureOf(call(chosen, "CreateOrder", {}))).failure.message, /has no method "CreateOrder"/);
  });

  for (
    const [method, hint] of [
      ["CreateOrdr", 'did you mean "CreateOrder"?'],
      ["shop.v1.Shop/Reset", 'did you mean "shop.v1.Admin/Reset"?'],
      ["shop.v2.Shop/CreateOrder", 'did you mean "shop.v1.Shop/CreateOrder"?'],
      ["Fly", "it has CreateOrder, GetOrder, WatchOrders, ImportOrders, Negotiate, Reset"],
    ] as const
  ) {
    it(`call() has a hint for the unknown method ${method}`, async () => {
      const result = await failureOf(call(open(await start()), method, {}));
      assert.equal(result.failure.code, "no_such_method");
      assert.equal(result.failure.message, `Service "shop" has no method "${method}"; ${hint}`);
      assert.equal(result.class, "permanent");
    });
  }

  /** A server that counts how often it is asked, and whose descriptors can be exchanged. */
  async function countingServer(): Promise<{
    endpoint: string;
    questions: number;
    registry: FileRegistry;
    fail: boolean;
    metadata: unknown;
  }> {
    const state = {
      endpoint: "",
      questions: 0,
      registry: readDescriptorSet(set),
      fail: false,
      metadata: undefined as unknown,
    };
    const { server, endpoint } = await startGrpcServer({ descriptors: set, handlers, reflection: [] });
    closing.push(() => server.forceShutdown());
    addReflection(server, "v1", () => state.registry, (stream: ServerDuplexStream<unknown, unknown>) => {
      state.questions++;
      state.metadata = stream.metadata.getMap();
      if (state.fail) stream.emit("error", { code: 14, details: "warming up" });
      return state.fail;
    });
    state.endpoint = endpoint;
    return state;
  }

  it("call() asks once for all concurrent first calls, with the metadata of the call", async () => {
    const server = await countingServer();
    const client = open(server.endpoint);
    const headers = [{ authorization: "Bearer abc", "x-tenant": 5 }];
    await Promise.all(Array.from({ length: 10 }, () => output(call(client, "CreateOrder", {}, { headers }))));
    await output(call(client, "Reset", {}, { headers }));
    // One exchange lists the services, one gets their files, one the imports.
    assert.equal(server.questions, 3);
    const metadata = server.metadata as Record<string, string>;
    assert.equal(metadata["authorization"], "Bearer abc");
    assert.equal(metadata["x-tenant"], "5");
    assert.equal(metadata["idempotency-key"], undefined);
  });

  it("call() asks again after a failure", async () => {
    const server = await countingServer();
    const client = open(server.endpoint);
    server.fail = true;
    const failed = await failureOf(call(client, "CreateOrder", {}));
    assert.equal(failed.failure.code, "UNAVAILABLE");
    assert.equal(failed.failure.message, 'Server reflection of service "shop" failed: warming up');
    assert.equal(failed.class, "transient");
    assert.equal(failed.mayHaveActed, false);
    server.fail = false;
    await output(call(client, "CreateOrder", {}));
  });

  it("call() does not fail with a call that was cancelled while it asked for all", async () => {
    const server = await countingServer();
    const client = open(server.endpoint);
    const controller = new AbortController();
    const first = call(client, "CreateOrder", {}, {}, { signal: controller.signal });
    const second = call(client, "CreateOrder", {});
    await Promise.resolve();
    controller.abort("cancelled");
    assert.equal((await failureOf(first)).failure.code, "cancelled");
    await output(second);
  });

  it("call() learns the methods and fields of a server that was deployed anew", async () => {
    const server = await countingServer();
    let now = 1_000_000;
    const adapter = createGrpcAdapter({ readFile: () => Promise.reject(new Error("no files")), now: () => now });
    const client = adapter.open(serviceConfig(server.endpoint));
    closing.push(() => client.close());
    const whole = server.registry;
    const request = { method: "Reset", headers: [], input: {} };
    const hidden = readDescriptorSet(await compileFixtures("crm/v1/crm.proto"));
    server.registry = hidden;
    const missing = await client.call(request, callContext());
    assert.equal(missing.ok, false);
    server.registry = whole;
    assert.equal((await client.call(request, callContext())).ok, false);
    now += 10_000;
    assert.equal((await client.call(request, callContext())).ok, true);
  });

  it("call() says that a server lists no services", async () => {
    const server = new Server();
    addReflection(server, "v1", () => {
      throw new Error("unreachable");
    }, (stream) => {
      stream.sendMetadata(stream.metadata);
      stream.end();
      return true;
    });
    const port = await new Promise<number>((resolve) =>
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (_, bound) => resolve(bound))
    );
    closing.push(() => server.forceShutdown());
    const result = await failureOf(call(open(`127.0.0.1:${port}`), "CreateOrder", {}));
    assert.equal(result.failure.code, "no_such_method");
    assert.equal(result.failure.message, 'Service "shop" has no method "CreateOrder"; it has no methods');
  });
});
