import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, describe, it } from "node:test";
import type { MessageType, MethodType, ServiceTypes } from "../../../src/engine/message_type.ts";
import { reflectServiceTypes, serviceTypes } from "../../../src/services/grpc/service_types.ts";
import { startGrpcServer } from "../../servers/grpc_server.ts";
import { compileFixtures, serviceConfig } from "./fixtures.ts";

describe("types of a service", () => {
  let types: ServiceTypes;

  before(async () => {
    types = serviceTypes(await compileFixtures("shop/v1/shop.proto", "everything.proto"));
  });

  function method(name: string, service?: string): MethodType {
    const found = types.findMethod(name, service);
    if ("problem" in found) throw new Error(found.problem);
    return found;
  }

  it("serviceTypes() lists the methods", () => {
    assert.ok(types.methods.includes("shop.v1.Shop/CreateOrder"));
    assert.ok(types.methods.includes("everything.v1.Everything/Echo"));
  });

  it("findMethod() knows streams and read-only methods", () => {
    const { name, clientStreaming, serverStreaming, isReadOnly } = method("Negotiate");
    assert.deepEqual([name, clientStreaming, serverStreaming, isReadOnly], [
      "shop.v1.Shop/Negotiate",
      true,
      true,
      false,
    ]);
    assert.equal(method("GetOrder", "shop.v1.Shop").isReadOnly, true);
  });

  it("findMethod() says why it finds none", () => {
    assert.deepEqual(types.findMethod("GetOrder"), {
      problem: "ambiguous",
      candidates: ["shop.v1.Shop/GetOrder", "shop.v1.Admin/GetOrder"],
    });
    assert.deepEqual(types.findMethod("Nope"), { problem: "not_found", candidates: types.methods });
    assert.deepEqual(types.findMethod("Nope", "shop.v1.Admin"), {
      problem: "not_found",
      candidates: ["shop.v1.Admin/GetOrder", "shop.v1.Admin/Reset"],
    });
  });

  it("findField() describes fields of every kind", () => {
    const all = method("Echo").input as MessageType;
    assert.equal(all.name, "everything.v1.All");
    const described = (name: string): unknown => {
      const { type, nullable, oneof } = all.findField(name)!;
      const kind = type.kind === "message" ? type.name : type.kind === "scalar" ? type.type : type.kind;
      return [kind, nullable, oneof];
    };
    assert.deepEqual(described("a_double"), ["number", false, undefined]);
    assert.deepEqual(described("an_int32"), ["integer", false, undefined]);
    assert.deepEqual(described("a_sfixed64"), ["int64", false, undefined]);
    assert.deepEqual(described("some_bytes"), ["bytes", false, undefined]);
    assert.deepEqual(described("color"), ["enum", false, undefined]);
    assert.deepEqual(described("inner"), ["everything.v1.Inner", true, undefined]);
    assert.deepEqual(described("many_inner"), ["list", false, undefined]);
    assert.deepEqual(described("by_int32"), ["map", false, undefined]);
    assert.deepEqual(described("text_choice"), ["text", true, "choice"]);
    assert.deepEqual(described("maybe_int32"), ["integer", true, undefined]);
    assert.deepEqual(described("at"), ["text", true, undefined]);
    assert.deepEqual(described("struct"), ["map", true, undefined]);
    assert.deepEqual(described("any"), ["map", true, undefined]);
    assert.deepEqual(described("list"), ["list", true, undefined]);
    assert.deepEqual(described("wrapped_int64"), ["int64", true, undefined]);
    assert.deepEqual(described("otherName"), ["text", false, undefined]);
    assert.equal(all.findField("otherName")!.name, "renamed_in_json");
    assert.equal(all.findField("nope"), undefined);
    const color = all.findField("color")!.type;
    assert.deepEqual(color, {
      kind: "enum",
      name: "everything.v1.Color",
      values: ["COLOR_UNSPECIFIED", "COLOR_RED", "COLOR_GREEN"],
    });
  });

  it("findField() follows messages that contain themselves", () => {
    const inner = (method("Echo").input as MessageType).findField("inner")!.type as MessageType;
    assert.equal(inner.findField("child")!.type, inner);
  });

  it("reflectServiceTypes() asks a running server", async () => {
    const server = await startGrpcServer({ descriptors: await compileFixtures("shop/v1/shop.proto"), handlers: {} });
    const options = { readFile: (path: string) => readFile(path) };
    const live = await reflectServiceTypes(serviceConfig(server.endpoint), options);
    server.stop();
    assert.ok(live.methods.includes("shop.v1.Shop/CreateOrder"));
    await assert.rejects(
      reflectServiceTypes(serviceConfig(server.endpoint), options),
      /^Error: Cannot connect to 127\.0\.0\.1:\d+: connect ECONNREFUSED/,
    );
  });
});
