import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { JsonValue } from "../../../src/base/json.ts";
import { BadValue } from "../../../src/services/grpc/bad_value.ts";
import { readDescriptorSet } from "../../../src/services/grpc/descriptors.ts";
import { type Method, MethodTable } from "../../../src/services/grpc/methods.ts";
import { compileFixtures } from "./fixtures.ts";

const DEEP = Array.from({ length: 120 }).reduce<JsonValue>((child) => ({ child }), {});

/** Input that does not fit, and what is said about it. */
const CASES: readonly (readonly [input: JsonValue, message: string])[] = [
  [[], "input: expected a map, got a list"],
  ["x", 'input: expected a map, got "x"'],
  [{ a_sting: "x" }, 'input: everything.v1.All has no field "a_sting"; did you mean "a_string"?'],
  [
    { inner: { child: { nam: "x" } } },
    'input.inner.child: everything.v1.Inner has no field "nam"; did you mean "name"?',
  ],
  [{ "odd key": 1 }, 'input: everything.v1.All has no field "odd key"'],
  [{ an_int32: 1.5 }, "input.an_int32: expected an integer, got 1.5"],
  [{ many_int32: [1, 2.5] }, "input.many_int32[1]: expected an integer, got 2.5"],
  [{ an_int32: 2147483648 }, "input.an_int32: expected an integer from -2^31 to 2^31 - 1, got 2147483648"],
  [{ a_uint32: -1 }, "input.a_uint32: expected an integer from 0 to 2^32 - 1, got -1"],
  [{ a_uint64: "-1" }, 'input.a_uint64: expected an integer from 0 to 2^64 - 1, got "-1"'],
  [
    { an_int64: "9223372036854775808" },
    'input.an_int64: expected an integer from -2^63 to 2^63 - 1, got "9223372036854775808"',
  ],
  [{ an_int64: 9007199254740992 }, "input.an_int64: expected a whole number beyond 2^53 as text, got 9007199254740992"],
  [{ an_int64: 5.5 }, "input.an_int64: expected an integer, got 5.5"],
  [{ an_int64: "0x10" }, 'input.an_int64: expected an integer, got "0x10"'],
  [{ an_int32: "" }, 'input.an_int32: expected an integer, got ""'],
  [{ an_int32: true }, "input.an_int32: expected an integer, got true"],
  [{ a_double: "abc" }, 'input.a_double: expected a number, "NaN", "Infinity" or "-Infinity", got "abc"'],
  [{ a_float: 1e39 }, "input.a_float: expected a number that fits a 32-bit float, got 1e+39"],
  [{ a_string: 5 }, "input.a_string: expected text, got 5"],
  [{ a_string: "\ud800" }, "input.a_string: text holds half of a surrogate pair, which UTF-8 cannot carry"],
  [{ a_bool: "true" }, 'input.a_bool: expected true or false, got "true"'],
  [{ some_bytes: "!!" }, 'input.some_bytes: expected base64 text, got "!!"'],
  [
    { color: "COLOR_GREE" },
    'input.color: no value of enum everything.v1.Color is called "COLOR_GREE"; did you mean "COLOR_GREEN"?',
  ],
  [{ color: 1.5 }, "input.color: expected the name or number of an enum value, got 1.5"],
  [{ color: 3e9 }, "input.color: no value of enum everything.v1.Color has the number 3000000000"],
  [{ inner: "x" }, 'input.inner: expected a map, got "x"'],
  [{ many_string: "x" }, 'input.many_string: expected a list, got "x"'],
  [{ many_string: [null] }, "input.many_string[0]: expected text, got null"],
  [{ by_text: [] }, "input.by_text: expected a map, got a list"],
  [{ by_text: { a: 1 } }, "input.by_text.a: expected text, got 1"],
  [{ by_int32: { x: {} } }, 'input.by_int32.x: expected an integer, got "x"'],
  [{ by_bool: { yes: 1 } }, 'input.by_bool.yes: expected true or false, got "yes"'],
  [{ by_text: { "a b": 1 } }, 'input.by_text["a b"]: expected text, got 1'],
  [
    { text_choice: "x", number_choice: 1 },
    'input: "text_choice" and "number_choice" exclude each other (oneof "choice")',
  ],
  [{ an_int32: 1, anInt32: 2 }, 'input: "anInt32" and "an_int32" are the same field; give one of them'],
  [{ at: "yesterday" }, 'input.at: expected an RFC 3339 time such as "2024-05-01T12:00:00Z", got "yesterday"'],
  [{ at: 5 }, 'input.at: expected an RFC 3339 time such as "2024-05-01T12:00:00Z", got 5'],
  [{ lasted: "1m" }, 'input.lasted: expected a number of seconds as text, such as "1.5s", got "1m"'],
  [{ mask: ["a"] }, 'input.mask: expected field paths as text, such as "user.displayName,photo", got a list'],
  [{ struct: [1] }, "input.struct: expected a map, got a list"],
  [{ list: { a: 1 } }, "input.list: expected a list, got a map"],
  [{ wrapped_int64: "x" }, 'input.wrapped_int64: expected an integer, got "x"'],
  [{ wrapped_many: [5] }, "input.wrapped_many[0]: expected text, got 5"],
  [{ any: { name: "x" } }, 'input.any: "@type" has to name the type of the message'],
  [
    { any: { "@type": "x/everything.v1.Iner" } },
    'input.any["@type"]: no message type "everything.v1.Iner"; did you mean "everything.v1.Inner"?',
  ],
  [{ any: { "@type": "x/everything.v1.Inner", name: 5 } }, "input.any.name: expected text, got 5"],
  [
    { any: { "@type": "x/google.protobuf.Duration" } },
    'input.any: "value" is missing beside "@type": "x/google.protobuf.Duration"',
  ],
  [{ inner: DEEP }, `input.inner${".child".repeat(100)}: nested deeper than 100 levels`],
];

describe("input that does not fit", () => {
  let echo: Method;

  before(async () => {
    const found = new MethodTable(readDescriptorSet(await compileFixtures("everything.proto"))).prepare("Echo");
    if ("problem" in found) throw new Error(found.problem);
    echo = found;
  });

  for (const [input, message] of CASES) {
    it(`encode() says "${message.slice(0, 100)}"`, () => {
      assert.throws(() => echo.encode(input), (error) => {
        assert.ok(error instanceof BadValue, String(error));
        assert.equal(error.describe("input"), message);
        return true;
      });
    });
  }
});
