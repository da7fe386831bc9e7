import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { base64Encode, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { Metadata } from "@grpc/grpc-js";
import type { ServiceClient } from "../../../src/engine/service.ts";
import { toBuffer } from "../../../src/runtime/buffer.ts";
import { GRPC_CODES } from "../../../src/base/grpc_codes.ts";
import { type GrpcTestServer, startGrpcServer } from "../../servers/grpc_server.ts";
import { call, compileFixtures, failureOf, openClient, unary } from "./fixtures.ts";

const TRANSIENT = new Set(["RESOURCE_EXHAUSTED", "ABORTED"]);
const UNKNOWN = new Set(["DEADLINE_EXCEEDED", "UNAVAILABLE", "INTERNAL", "UNKNOWN", "DATA_LOSS", "CANCELLED"]);

/** Writes a message by hand: each field is text, bytes, a number or a nested message. */
function message(...fields: readonly (readonly [number, string | number | Uint8Array])[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const [number, value] of fields) {
    if (typeof value === "number") writer.tag(number, WireType.Varint).int32(value);
    else if (typeof value === "string") writer.tag(number, WireType.LengthDelimited).string(value);
    else writer.tag(number, WireType.LengthDelimited).bytes(value);
  }
  return writer.finish();
}

const any = (type: string, value: Uint8Array) => message([1, `type.googleapis.com/${type}`], [2, value]);

const STATUS = message(
  [1, 3],
  [2, "bad request"],
  [3, any("google.rpc.BadRequest", message([1, message([1, "email"], [2, "is no address"])]))],
  [3, any("google.rpc.ErrorInfo", message([1, "TOO_MUCH"], [2, "shop"], [3, message([1, "limit"], [2, "5"])]))],
  [3, any("google.rpc.RetryInfo", message([1, message([1, 2], [2, 500_000_000])]))],
  [3, any("shop.v1.Item", message([1, "A-1"], [2, 3]))],
  [3, any("no.Such", new Uint8Array([1, 2]))],
  [3, any("shop.v1.Item", new Uint8Array([255]))],
);

describe("failures by the server's status", () => {
  let server: GrpcTestServer;
  let client: ServiceClient;
  let descriptors: string;

  before(async () => {
    const set = await compileFixtures("shop/v1/shop.proto");
    descriptors = base64Encode(set);
    const fail = unary(({ id = "", customer = "" }: { id?: string; customer?: string }) => {
      const metadata = new Metadata();
      if (customer !== "") metadata.set("grpc-status-details-bin", toBuffer(new Uint8Array(atobBytes(customer))));
      throw Object.assign(new Error("no"), { code: Number(id === "" ? 3 : id), details: "sorry", metadata });
    });
    const handlers = {
      "shop.v1.Shop/CreateOrder": fail,
      "shop.v1.Shop/GetOrder": fail,
      "shop.v1.Admin/Reset": fail,
    };
    server = await startGrpcServer({ descriptors: set, handlers });
    client = openClient(server.endpoint, { descriptors });
  });

  after(async () => {
    await client.close();
    server.stop();
  });

  for (const [number, code] of GRPC_CODES.entries()) {
    if (code === "OK") continue;
    const sorted = TRANSIENT.has(code) ? "transient" : UNKNOWN.has(code) ? "unknown" : "permanent";
    it(`call() sorts ${code} as ${sorted}`, async () => {
      const result = await failureOf(call(client, "Reset", { id: String(number) }));
      assert.equal(result.failure.code, code);
      assert.equal(result.failure.message, "sorry");
      assert.equal(result.failure.status, null);
      assert.equal(result.failure.details, null);
      assert.equal(result.class, sorted);
      assert.equal(result.mayHaveActed, sorted === "unknown");
      assert.equal(result.retryable, undefined);
    });
  }

  it("call() has not acted when the method is marked NO_SIDE_EFFECTS", async () => {
    const result = await failureOf(call(client, "shop.v1.Shop/GetOrder", { id: "13" }));
    assert.equal(result.class, "unknown");
    assert.equal(result.mayHaveActed, false);
  });

  it("call() takes the service's word for codes that have no effect", async () => {
    const sure = openClient(server.endpoint, { descriptors, noEffectOn: ["INTERNAL"] });
    const result = await failureOf(call(sure, "Reset", { id: "13" }));
    assert.equal(result.class, "permanent");
    assert.equal(result.mayHaveActed, false);
    await sure.close();
  });

  it("call() decodes google.rpc details, and waits as long as RetryInfo says", async () => {
    const result = await failureOf(call(client, "CreateOrder", { customer: base64Encode(STATUS) }));
    assert.equal(result.failure.code, "INVALID_ARGUMENT");
    assert.equal(result.retryAfterMs, 2_500);
    assert.deepEqual(result.failure.details, [
      {
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        field_violations: [{ field: "email", description: "is no address", reason: "", localized_message: null }],
      },
      {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        reason: "TOO_MUCH",
        domain: "shop",
        metadata: { limit: "5" },
      },
      { "@type": "type.googleapis.com/google.rpc.RetryInfo", retry_delay: "2.500s" },
      { "@type": "type.googleapis.com/shop.v1.Item", sku: "A-1", qty: 3 },
      { "@type": "type.googleapis.com/no.Such", value: "AQI=" },
    ]);
  });

  it("call() ignores details that are malformed", async () => {
    const result = await failureOf(call(client, "CreateOrder", { customer: "////" }));
    assert.equal(result.failure.code, "INVALID_ARGUMENT");
    assert.equal(result.failure.details, null);
  });
});

function atobBytes(text: string): number[] {
  return [...atob(text)].map((letter) => letter.charCodeAt(0));
}
