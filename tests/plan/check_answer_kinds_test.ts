import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { checkTypes } from "../../src/plan/check_types.ts";
import { compileProtoFiles } from "../../src/services/grpc/proto_files.ts";
import { serviceTypes } from "../../src/services/grpc/service_types.ts";
import { compileWorkflow } from "../../src/yaml/compile.ts";

const PROTO = fileURLToPath(new URL("../fixtures/proto/everything.proto", import.meta.url));
const TYPES = new Map([
  ["all", serviceTypes(await compileProtoFiles([PROTO], async (name) => new Uint8Array(await readFile(name))))],
]);

const HEAD = `name: kinds
input_schema: { type: object, properties: { age: { type: integer }, who: { type: string } } }
services: { all: { type: grpc, endpoint: "localhost:1" } }
steps:
  - { id: get, service: all, method: Echo, output: r }
`;

/** Everything that is found in a step behind a call of `Echo`, whose answer is "r": column, code, message. */
function check(step: string): string[] {
  const { draft, diagnostics, diagnose } = compileWorkflow("w.yaml", `${HEAD}  - ${step}\n`);
  return [...diagnostics.filter(({ severity }) => severity === "error"), ...diagnose(checkTypes(draft!, TYPES))].map(
    ({ column, code, message }) => `${column} ${code} ${message}`,
  );
}

describe("checkTypes() checks expressions with the types of answers", () => {
  const steps: Readonly<Record<string, readonly string[]>> = {
    'log: "{{ .r.a_string + 1 }}"': ["15 expression_type Cannot add text and number"],
    "log: \"{{ steps.get.output.an_int32 + 'a' }}\"": ["14 expression_type Cannot add number and text"],
    'log: "so {{ .r.inner.name * 2 }}"': ["18 expression_type Cannot multiply text by number"],
    'log: "{{ .r.a_bool == 5 }}"': ["15 expression_type This is always false: boolean never equals number"],
    '{ foreach: "{{ .r }}", steps: [ { log: x } ] }': ['16 not_a_list "foreach" goes over a list, but this is map'],
    '{ foreach: "{{ .r.many_int32 }}", steps: [ { log: x, when: "{{ .item }}" } ] }': [
      "67 expression_type A condition needs a boolean, not number",
    ],
    '{ log: x, when: "{{ .r.an_int32 }}" }': ["24 expression_type A condition needs a boolean, not number"],
    '{ log: x, when: "r.a_string && true" }': ['22 expression_type "&&" needs a boolean, not text'],
    '{ service: all, method: Echo, compensate: { method: Echo, when: "{{ .r.color }}" } }': [
      "72 expression_type A condition needs a boolean, not text",
    ],
    '{ service: all, method: Echo, input: { a_string: "{{ .r.an_int32 + 1 }}" } }': [
      "54 wrong_field_type This gives a number, where a text is expected",
    ],
    '{ service: all, method: Echo, input: { a_string: "{{ .input.age }}", a_bool: "{{ .input.who }}" } }': [
      "54 wrong_field_type This gives a number, where a text is expected",
      "82 wrong_field_type This gives a text, where a boolean is expected",
    ],
  };
  for (const [step, expected] of Object.entries(steps)) {
    it(step, () => assert.deepEqual(check(step), expected));
  }
});

describe("checkTypes() leaves alone what may fit", () => {
  const steps = [
    'log: "{{ .r.an_int64 + 1 }}"',
    "log: \"{{ .r.an_int64 + 'a' }}\"",
    'log: "{{ .r.maybe_int32 + 1 }}"',
    'log: "{{ .r.struct.any.thing + 1 }} {{ .r.value + 1 }}"',
    '{ log: x, when: "{{ .r.a_bool }}" }',
    "{ log: x, when: \"{{ .r.inner == null || .r.inner.name == 'x' }}\" }",
    '{ foreach: "{{ .r.many_int32 }}", steps: [ { log: "{{ .item + 1 }}" } ] }',
    '{ service: all, method: Echo, input: { an_int32: "{{ .r.a_string }}", at: "{{ .r.at }}" } }',
  ];
  for (const step of steps) it(step, () => assert.deepEqual(check(step), []));

  it("what the input schema alone tells is told once", () => {
    assert.deepEqual(check("log: \"{{ (.input.age + 'a') + .r.a_string }}\"").length, 1);
  });
});

describe("checkTypes() checks literals of types with a form of their own", () => {
  const inputs: Readonly<Record<string, string | undefined>> = {
    "{ at: yesterday }": '"at" must be an RFC 3339 time such as 2024-05-01T12:00:00Z, not "yesterday"',
    "{ at: '2024-05-01T12:00:00.5+02:00' }": undefined,
    "{ lasted: 5m }": '"lasted" must be a number of seconds such as 1.5s, not "5m"',
    "{ lasted: -1.5s }": undefined,
    "{ mask: [name] }": '"mask" must be field paths such as user.name,photo, not a list',
    "{ mask: 'inner.name,color' }": undefined,
    "{ struct: 5 }": '"struct" must be a map of any value, not 5',
    "{ an_int32: 3000000000 }": '"an_int32" must be a whole number from -2^31 to 2^31 - 1, not 3000000000',
    "{ an_int32: -2147483648 }": undefined,
    "{ a_uint32: -1 }": '"a_uint32" must be a whole number from 0 to 2^32 - 1, not -1',
    "{ an_int64: '9223372036854775808' }":
      '"an_int64" must be a whole number from -2^63 to 2^63 - 1, not "9223372036854775808"',
    "{ an_int64: '9223372036854775807' }": undefined,
  };
  for (const [input, message] of Object.entries(inputs)) {
    it(input, () => {
      const found = check(`{ service: all, method: Echo, input: ${input} }`);
      assert.deepEqual(
        found.map((line) => line.replace(/^\d+ wrong_field_type /, "")),
        message === undefined ? [] : [message],
      );
    });
  }
});
