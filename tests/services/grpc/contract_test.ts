import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { base64Encode } from "@bufbuild/protobuf/wire";
import type { ServiceClient } from "../../../src/engine/service.ts";
import { compileProtoFiles } from "../../../src/services/grpc/proto_files.ts";
import { parseEndpoint } from "../../../src/services/grpc/endpoint.ts";
import { startGrpcServer } from "../../servers/grpc_server.ts";
import { call, failureOf, openClient, output, unary } from "./fixtures.ts";

/** Compiles one file that is given as text. */
function compileText(text: string): Promise<Uint8Array> {
  const source = `syntax = "proto3";\npackage users.v1;\n${text}`;
  return compileProtoFiles(["users.proto"], () => Promise.resolve(new TextEncoder().encode(source)));
}

const SERVICE = "service Users { rpc Create(User) returns (User); }";

describe("a service that has changed", () => {
  /** Calls a server of one contract with the descriptors of another. */
  async function withContracts(
    servers: string,
    clients: string,
    check: (client: ServiceClient) => Promise<void>,
    answer: (request: unknown) => unknown = (request) => request,
  ): Promise<void> {
    const descriptors = await compileText(servers);
    const server = await startGrpcServer({ descriptors, handlers: { "users.v1.Users/Create": unary(answer) } });
    const client = openClient(server.endpoint, {
      descriptors: base64Encode(await compileText(clients)),
      name: "users",
    });
    await check(client);
    await client.close();
    server.stop();
  }

  it("call() says that a field is not there (any more), and which one is meant", async () => {
    const contract = `${SERVICE}\nmessage User { string email_address = 1; }`;
    await withContracts(contract, contract, async (client) => {
      const result = await failureOf(call(client, "Create", { email_adress: "a@b.c" }));
      assert.equal(result.failure.code, "bad_input");
      assert.equal(
        result.failure.message,
        'input: users.v1.User has no field "email_adress"; did you mean "email_address"?',
      );
      assert.equal(result.mayHaveActed, false);
    });
  });

  it("call() goes on where only the name of a field has changed", async () => {
    const before = `${SERVICE}\nmessage User { string email = 1; }`;
    const after = `${SERVICE}\nmessage User { string email_address = 1; string name = 2; }`;
    await withContracts(after, before, async (client) => {
      assert.deepEqual(await output(call(client, "Create", { email: "a@b.c" })), { email: "a@b.c" });
    });
  });

  it("call() says that an answer does not fit the descriptors", async () => {
    const before = `${SERVICE}\nmessage Part { int32 x = 1; }\nmessage User { Part part = 1; }`;
    const after = `${SERVICE}\nmessage User { string name = 1; }`;
    await withContracts(after, before, async (client) => {
      const result = await failureOf(call(client, "Create", {}));
      assert.equal(result.failure.code, "bad_response");
      assert.match(
        result.failure.message,
        /^The answer does not fit the descriptors of users\.v1\.Users\/Create: answer: /,
      );
      assert.equal(result.class, "unknown");
      assert.equal(result.retryable, false);
      assert.equal(result.mayHaveActed, true);
    }, () => ({ name: "~~~~" }));
  });

  it("call() passes on that the server does not know the method", async () => {
    const before =
      "service Users { rpc Create(User) returns (User); rpc Delete(User) returns (User); }\nmessage User {}";
    await withContracts(`${SERVICE}\nmessage User {}`, before, async (client) => {
      const result = await failureOf(call(client, "Delete", {}));
      assert.equal(result.failure.code, "UNIMPLEMENTED");
      assert.equal(result.class, "permanent");
    });
  });

  it("call() says that the given descriptors are none", async () => {
    const client = openClient("127.0.0.1:1", { descriptors: base64Encode(new TextEncoder().encode("nothing")) });
    const result = await failureOf(call(client, "Create", {}));
    assert.equal(result.failure.code, "bad_input");
    assert.equal(result.failure.message, 'Service "shop": these bytes are no FileDescriptorSet');
  });
});

describe("endpoints", () => {
  for (
    const [endpoint, address, host, isTls] of [
      ["auth:50051", "auth:50051", "auth", false],
      [" auth:50051 ", "auth:50051", "auth", false],
      ["[::1]:50051", "[::1]:50051", "::1", false],
      ["dns:///auth.internal:50051", "dns:///auth.internal:50051", "auth.internal", false],
      ["dns:auth:50051", "dns:auth:50051", "auth", false],
      ["unix:/run/auth.sock", "unix:/run/auth.sock", "localhost", false],
      ["unix:///run/auth.sock", "unix:///run/auth.sock", "localhost", false],
      ["http://auth:50051", "auth:50051", "auth", false],
      ["https://auth:50051/", "auth:50051", "auth", true],
      ["https://auth.example.org", "auth.example.org:443", "auth.example.org", true],
      ["http://[::1]:50051", "[::1]:50051", "::1", false],
    ] as const
  ) {
    it(`parseEndpoint() reads "${endpoint}"`, () => {
      assert.deepEqual(parseEndpoint(endpoint), { address, host, isTls });
    });
  }

  for (const endpoint of ["", "http://auth:50051/v1", "tcp://auth:50051", "https://"]) {
    it(`parseEndpoint() refuses "${endpoint}"`, () => {
      assert.throws(
        () => parseEndpoint(endpoint),
        /^Error: (the endpoint is empty|a gRPC endpoint is a host and a port)/,
      );
    });
  }
});
