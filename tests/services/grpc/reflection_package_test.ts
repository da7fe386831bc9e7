import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { loadPackageDefinition, Server, ServerCredentials, type ServiceClientConstructor } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { ReflectionService } from "@grpc/reflection";
import type { ServiceClient } from "../../../src/engine/service.ts";
import { call, openClient, output, PROTO_FOLDER, unary } from "./fixtures.ts";

/** A service as most people write one for Node: proto-loader, and reflection by `@grpc/reflection`. */
async function startLoadedServer(): Promise<{ server: Server; endpoint: string }> {
  const files = ["crm/v1/crm.proto", "everything.proto", "legacy.proto"].map((name) => `${PROTO_FOLDER}/${name}`);
  const definition = loadSync(files, { includeDirs: [PROTO_FOLDER], keepCase: true, longs: String, enums: String });
  const server = new Server();
  new ReflectionService(definition).addToServer(server);
  const packages = loadPackageDefinition(definition) as unknown as {
    readonly crm: { readonly v1: { readonly Crm: ServiceClientConstructor } };
    readonly legacy: { readonly Legacy: ServiceClientConstructor };
  };
  server.addService(packages.crm.v1.Crm.service, {
    Find: unary(({ name }: { name: string }) => ({
      name,
      address: { city_name: "Oslo" },
      tier: "TIER_GOLD",
      balance: { currency_code: "NOK", units: "9007199254740993" },
      others: { home: { city_name: "Bergen" } },
      email: "ada@example.org",
    })),
  });
  server.addService(packages.legacy.Legacy.service, { Echo: unary((request) => request) });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return { server, endpoint: `127.0.0.1:${port}` };
}

describe("servers of @grpc/reflection", () => {
  let server: Server;
  let client: ServiceClient;

  before(async () => {
    const started = await startLoadedServer();
    server = started.server;
    client = openClient(started.endpoint);
  });

  after(async () => {
    await client.close();
    server.forceShutdown();
  });

  it("call() repairs their descriptors", async () => {
    assert.deepEqual(await output(call(client, "Find", { name: "Ada" })), {
      name: "Ada",
      address: { city_name: "Oslo" },
      tier: "TIER_GOLD",
      balance: { currency_code: "NOK", units: "9007199254740993" },
      others: { home: { city_name: "Bergen" } },
      since: null,
      extra: null,
      age: null,
      email: "ada@example.org",
      phone: null,
    });
  });

  it("call() tells proto2 by what only proto2 has", async () => {
    const answer = await output(
      call(client, "legacy.Legacy/Echo", { id: "x", part: [{ name: "p" }], numbers: [1, 2] }),
    );
    assert.deepEqual((answer as { part: unknown }).part, [{ name: "p" }]);
    assert.deepEqual((answer as { numbers: unknown }).numbers, [1, 2]);
  });
});
