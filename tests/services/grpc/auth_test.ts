import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import type { ServerUnaryCall } from "@grpc/grpc-js";
import type { AuthConfig, CallRequest, ServiceClient } from "../../../src/engine/service.ts";
import type { Authorizer } from "../../../src/services/auth.ts";
import { createGrpcAdapter } from "../../../src/services/grpc/adapter.ts";
import { type GrpcTestServer, startGrpcServer } from "../../servers/grpc_server.ts";
import { call, compileFixtures, failureOf, openClient, output, serviceConfig, unary } from "./fixtures.ts";

const OAUTH2: AuthConfig = { oauth2: { token_url: "http://127.0.0.1:1/", client_id: "id", client_secret: "secret" } };

describe("authorization of gRPC calls", () => {
  const seen: { calls: string[]; reflection: string[]; tokens: number } = { calls: [], reflection: [], tokens: 0 };
  let accepted = "Bearer token-1";
  let server: GrpcTestServer;

  // Gives a new token whenever the last one was refused.
  const authorizer: Authorizer = {
    authorize: (auth, { refused }) => {
      if ("basic" in auth) return Promise.resolve({ ok: true, header: "Basic abc" });
      if (seen.tokens === 0 || refused === `Bearer token-${seen.tokens}`) seen.tokens++;
      return Promise.resolve({ ok: true, header: `Bearer token-${seen.tokens}` });
    },
    close: () => {},
  };

  const guard = ({ metadata }: ServerUnaryCall<unknown, unknown>): void => {
    const header = String(metadata.get("authorization")[0] ?? "none");
    seen.calls.push(header);
    if (header !== accepted) throw Object.assign(new Error("no"), { code: 16, details: "who are you?" });
  };

  before(async () => {
    server = await startGrpcServer({
      descriptors: await compileFixtures("shop/v1/shop.proto"),
      handlers: {
        "shop.v1.Shop/CreateOrder": unary((_, stream) => {
          guard(stream);
          return { id: "o-1" };
        }),
      },
      interceptReflection: ({ metadata }) => {
        seen.reflection.push(String(metadata.get("authorization")[0] ?? "none"));
        return false;
      },
    });
  });

  after(() => server.stop());

  async function withClient(check: (client: ServiceClient) => Promise<void>): Promise<void> {
    seen.calls = [];
    seen.reflection = [];
    const adapter = createGrpcAdapter({ readFile: (path) => readFile(path), authorizer });
    const client = adapter.open(serviceConfig(server.endpoint));
    await check(client);
    await client.close();
  }

  const create = (client: ServiceClient, more: Partial<CallRequest>) => call(client, "CreateOrder", {}, more);

  it("call() carries the token, in reflection too, and renews one that is refused once", async () => {
    await withClient(async (client) => {
      await output(create(client, { auth: OAUTH2 }));
      accepted = "Bearer token-2";
      await output(create(client, { auth: OAUTH2 }));
      assert.deepEqual(seen.calls, ["Bearer token-1", "Bearer token-1", "Bearer token-2"]);
      assert.equal(seen.reflection[0], "Bearer token-1");
      accepted = "nothing";
      const result = await failureOf(create(client, { auth: OAUTH2 }));
      assert.equal(result.failure.code, "UNAUTHENTICATED");
      assert.equal(result.failure.message, "who are you?");
      assert.equal(seen.calls.length, 5);
    });
  });

  it("call() does not try again with a password", async () => {
    accepted = "nothing";
    await withClient(async (client) => {
      await failureOf(create(client, { auth: { basic: { user: "u", password: "p" } } }));
      assert.deepEqual(seen.calls, ["Basic abc"]);
    });
  });

  it("call() prefers a header of the workflow's own", async () => {
    accepted = "Bearer mine";
    await withClient(async (client) => {
      await output(create(client, { auth: OAUTH2, headers: [{ Authorization: "Bearer mine" }] }));
      assert.deepEqual(seen.calls, ["Bearer mine"]);
    });
  });

  it("call() refuses auth where nothing carries it out", async () => {
    const client = openClient(server.endpoint);
    const result = await failureOf(create(client, { auth: OAUTH2 }));
    assert.equal(result.failure.code, "bad_input");
    await client.close();
  });
});
