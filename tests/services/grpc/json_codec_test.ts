import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
import type { FileRegistry } from "@bufbuild/protobuf";
import fc from "fast-check";
import type { JsonObject, JsonValue } from "../../../src/base/json.ts";
import { readDescriptorSet } from "../../../src/services/grpc/descriptors.ts";
import { type Method, MethodTable } from "../../../src/services/grpc/methods.ts";
import { compileFixtures } from "./fixtures.ts";

/** One value of every kind that a message can hold, as an answer shows it. */
const EVERYTHING: JsonObject = {
  a_double: -1.5e300,
  a_float: 0.1,
  an_int32: -2147483648,
  an_int64: "-9223372036854775808",
  a_uint32: 4294967295,
  a_uint64: "18446744073709551615",
  a_sint32: -1,
  a_sint64: 9007199254740991,
  a_fixed32: 7,
  a_fixed64: 8,
  a_sfixed32: -9,
  a_sfixed64: -10,
  a_bool: true,
  a_string: "grüße 🚀",
  some_bytes: "AAH//w==",
  color: "COLOR_GREEN",
  inner: { name: "outer", child: { name: "inner", child: null } },
  many_int32: [1, -2],
  many_string: ["a", ""],
  many_inner: [{ name: "x", child: null }],
  many_color: ["COLOR_RED", 17],
  unpacked: [3, 4],
  many_int64: [1, "9007199254740993"],
  by_text: { a: "1", __proto__x: "2" },
  by_int32: { "-5": { name: "five", child: null } },
  by_bool: { true: "COLOR_RED", false: "COLOR_UNSPECIFIED" },
  by_int64: { "9007199254740993": 0.5 },
  values: { n: null, t: "x", l: [1, { a: true }] },
  text_choice: null,
  number_choice: 0,
  inner_choice: null,
  null_choice: null,
  wrapped_choice: null,
  color_choice: null,
  maybe_int32: 0,
  maybe_string: "",
  maybe_color: null,
  at: "2024-05-01T12:00:00.123456Z",
  lasted: "-1.500s",
  mask: "a.b,displayName",
  struct: { a: 1, b: [null, { c: "d" }] },
  value: ["mixed", 1, null],
  list: [1, "two", false],
  any: { "@type": "type.googleapis.com/everything.v1.Inner", name: "packed", child: null },
  empty: {},
  wrapped_string: "",
  wrapped_int64: "-9223372036854775808",
  wrapped_bool: false,
  wrapped_bytes: "",
  wrapped_many: ["a", ""],
  anys: [{ "@type": "type.googleapis.com/google.protobuf.Duration", value: "3s" }],
  null_value: null,
  wrapped_double: "NaN",
  wrapped_uint32: 4294967295,
  renamed_in_json: "r",
  as_text: 12,
};

describe("JSON of messages", () => {
  let registry: FileRegistry;
  let echo: Method;

  function method(name: string): Method {
    const found = new MethodTable(registry).prepare(name);
    if ("problem" in found) throw new Error(found.problem);
    return found;
  }

  before(async () => {
    registry = readDescriptorSet(await compileFixtures("everything.proto", "legacy.proto", "modern.proto"));
    echo = method("everything.v1.Everything/Echo");
  });

  const roundTrip = (input: JsonValue): JsonObject => echo.decode(echo.encode(input)) as JsonObject;

  it("encode() and decode() keep a value of every type", () => {
    assert.deepEqual(roundTrip(EVERYTHING), EVERYTHING);
  });

  it("encode() writes what protobuf-es writes", () => {
    const desc = registry.getMessage("everything.v1.All")!;
    const present = Object.fromEntries(Object.entries(EVERYTHING).filter(([, value]) => value !== null));
    assert.deepEqual(echo.encode(present), toBinary(desc, fromJson(desc, present as never, { registry })));
  });

  it("decode() gives defaults without presence and null with presence", () => {
    const empty = roundTrip({});
    assert.equal(empty["an_int64"], 0);
    assert.equal(empty["color"], "COLOR_UNSPECIFIED");
    assert.equal(empty["some_bytes"], "");
    assert.deepEqual(empty["many_int32"], []);
    assert.deepEqual(empty["by_text"], {});
    for (const name of ["inner", "text_choice", "maybe_int32", "at", "any", "struct", "value", "wrapped_string"]) {
      assert.equal(empty[name], null, name);
    }
  });

  it("encode() takes JSON names, original names, and null for unset", () => {
    assert.deepEqual(roundTrip({ anInt32: 5, otherName: "x", inner: null, many_int32: null, by_text: null }), {
      ...roundTrip({}),
      an_int32: 5,
      renamed_in_json: "x",
    });
  });

  it("encode() takes numbers as text, enum numbers, both alphabets of base64, and both forms of masks", () => {
    const input = {
      an_int32: "-7",
      a_uint64: "1e3",
      a_double: "1.5",
      a_float: "Infinity",
      color: 2,
      some_bytes: "__79",
      mask: "display_name",
      wrapped_int64: "5",
      any: { "@type": "everything.v1.Inner", name: "n" },
    };
    const output = roundTrip(input);
    assert.equal(output["an_int32"], -7);
    assert.equal(output["a_uint64"], 1000);
    assert.equal(output["a_double"], 1.5);
    assert.equal(output["a_float"], "Infinity");
    assert.equal(output["color"], "COLOR_GREEN");
    assert.equal(output["some_bytes"], "//79");
    assert.equal(output["mask"], "displayName");
    assert.equal(output["wrapped_int64"], 5);
    assert.equal((output["any"] as JsonObject)["@type"], "type.googleapis.com/everything.v1.Inner");
  });

  it("encode() takes null for unset even where null is a value, and the names of null values", () => {
    const desc = registry.getMessage("everything.v1.All")!;
    const seen = (input: JsonValue): JsonValue => toJson(desc, fromBinary(desc, echo.encode(input))) as JsonValue;
    assert.deepEqual(seen({ value: null, null_choice: null }), {});
    assert.deepEqual(seen({ null_choice: "NULL_VALUE", list: [null] }), { nullChoice: null, list: [null] });
  });

  it("decode() keeps the bytes of an Any whose type is unknown", () => {
    const desc = registry.getMessage("everything.v1.All")!;
    const bytes = toBinary(desc, fromJson(desc, {}));
    assert.equal((echo.decode(bytes) as JsonObject)["any"], null);
    const unknown = fromBinary(desc, bytes) as unknown as { any: object };
    unknown.any = { $typeName: "google.protobuf.Any", typeUrl: "x/no.Such", value: new Uint8Array([1, 2]) };
    assert.deepEqual((echo.decode(toBinary(desc, unknown as never)) as JsonObject)["any"], {
      "@type": "x/no.Such",
      value: "AQI=",
    });
  });

  it("encode() and decode() know methods whose messages are well-known types", () => {
    const text = method("EchoText");
    assert.equal(text.decode(text.encode("hello")), "hello");
    assert.equal(text.decode(text.encode(null)), "");
    const value = method("EchoValue");
    assert.deepEqual(value.decode(value.encode([1, null])), [1, null]);
    assert.deepEqual(method("Nothing").decode(method("Nothing").encode(null)), {});
  });

  it("encode() and decode() know proto2: required, defaults, groups, closed enums", () => {
    const legacy = method("legacy.Legacy/Echo");
    assert.deepEqual(legacy.decode(legacy.encode({ id: "x", part: [{ name: "p" }] })), {
      id: "x",
      count: null,
      level: null,
      part: [{ name: "p" }],
      text: null,
      numbers: [],
    });
    assert.throws(() => legacy.encode({}), /the required field "id" is missing/);
    assert.throws(() => legacy.encode({ id: "x", level: 9 }), /no value of enum legacy.Level has the number 9/);
  });

  it("encode() and decode() know edition 2023", () => {
    const modern = method("modern.Modern/Echo");
    const input = {
      explicit: "",
      implicit: 0,
      delimited: { explicit: null, implicit: 1, delimited: null, numbers: [] },
      numbers: [1],
    };
    assert.deepEqual(modern.decode(modern.encode(input)), input);
  });

  it("encode() and decode() keep any 64-bit integer and any double", () => {
    fc.assert(fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.double(), (long, double) => {
      const expected = Number.isSafeInteger(Number(long)) ? Number(long) : String(long);
      const output = roundTrip({ an_int64: String(long), a_double: Number.isFinite(double) ? double : String(double) });
      assert.equal(output["an_int64"], expected);
      assert.equal(Number(output["a_double"]), double);
    }));
  });

  it("encode() and decode() keep any 32-bit float by its shortest text", () => {
    fc.assert(fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (float) => {
      assert.equal(Math.fround(roundTrip({ a_float: float })["a_float"] as number), float);
    }));
  });
});
