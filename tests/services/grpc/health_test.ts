import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { base64Encode } from "@bufbuild/protobuf/wire";
import { addHealth } from "../../servers/grpc_health.ts";
import { startGrpcServer } from "../../servers/grpc_server.ts";
import { call, compileFixtures, failureOf, openClient, output } from "./fixtures.ts";

describe("the health service of the tests", () => {
  it("call() asks it as any other service", async () => {
    const descriptors = await compileFixtures("health.proto");
    const { server, endpoint, stop } = await startGrpcServer({ descriptors, handlers: {} });
    addHealth(server, (service) => service === "" ? true : service === "shop" ? false : undefined);
    const client = openClient(endpoint, { descriptors: base64Encode(descriptors) });
    assert.deepEqual(await output(call(client, "Check")), { status: "SERVING" });
    assert.deepEqual(await output(call(client, "Check", { service: "shop" })), { status: "NOT_SERVING" });
    assert.equal((await failureOf(call(client, "Check", { service: "x" }))).failure.code, "NOT_FOUND");
    await client.close();
    stop();
  });
});
