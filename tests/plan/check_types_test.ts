import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, it } from "node:test";
import type { ServiceTypes } from "../../src/engine/message_type.ts";
import { checkTypes } from "../../src/plan/check_types.ts";
import { compileProtoFiles } from "../../src/services/grpc/proto_files.ts";
import { serviceTypes } from "../../src/services/grpc/service_types.ts";
import { compileWorkflow } from "../../src/yaml/compile.ts";

async function typesOf(file: string): Promise<ServiceTypes> {
  const path = fileURLToPath(new URL(`../fixtures/proto/${file}`, import.meta.url));
  return serviceTypes(await compileProtoFiles([path], async (name) => new Uint8Array(await readFile(name))));
}

const TYPES: ReadonlyMap<string, ServiceTypes> = new Map([
  ["all", await typesOf("everything.proto")],
  ["shop", await typesOf("shop/v1/shop.proto")],
]);

/** What the type check says of steps: `line:column code message`, lines counted from the first step. */
function check(steps: string): string[] {
  const head = `name: types
services:
  all: { type: grpc, endpoint: "localhost:1" }
  shop: { type: grpc, endpoint: "localhost:2", grpc_service: shop.v1.Shop }
  web: { type: http, endpoint: "http://localhost" }
steps:
`;
  const { draft, diagnostics, diagnose } = compileWorkflow("w.yaml", head + steps);
  assert.deepEqual(diagnostics.filter(({ severity }) => severity === "error"), []);
  const lines = head.split("\n").length - 1;
  return diagnose(checkTypes(draft!, TYPES)).map(({ line, column, code, message }) =>
    `${line - lines}:${column} ${code} ${message}`
  );
}

describe("checkTypes() checks methods", () => {
  it("that exist", () => {
    assert.deepEqual(
      check("  - { service: all, method: Ecko }\n  - { service: shop, method: shop.v1.Shop/GetOder }\n"),
      [
        '1:29 unknown_method The service "all" has no method "Ecko"',
        '2:30 unknown_method The service "shop" has no method "shop.v1.Shop/GetOder"',
      ],
    );
  });

  it("that stream, or do not", () => {
    assert.deepEqual(
      check(
        "  - { service: shop, method: GetOrder, stream: { max: 2 } }\n  - { service: shop, method: ImportOrders, input: { customer: a } }\n",
      ),
      [
        "1:40 not_a_stream shop.v1.Shop/GetOrder answers with one message, not with a stream",
        "2:51 wrong_field_type shop.v1.Shop/ImportOrders takes a stream of messages",
      ],
    );
  });
});

describe("checkTypes() checks literal inputs", () => {
  const inputs: Readonly<Record<string, readonly string[]>> = {
    "{ a_string: x, aDouble: 1.5, an_int64: '5', color: COLOR_RED, at: '2024-01-01T00:00:00Z' }": [],
    "{ a_strng: x }": ['unknown_field everything.v1.All has no field "a_strng"'],
    "{ a_string: 5 }": ['wrong_field_type "a_string" must be a text, not 5'],
    "{ a_bool: 'true' }": ['wrong_field_type "a_bool" must be a boolean, not "true"'],
    "{ an_int32: 1.5 }": ['wrong_field_type "an_int32" must be a whole number, not 1.5'],
    "{ color: COLOR_BLUE }": ['unknown_enum_value everything.v1.Color has no value "COLOR_BLUE"'],
    "{ many_int32: 3 }": ['wrong_field_type "many_int32" must be a list of whole numbers, not 3'],
    "{ many_int32: [1, x] }": ['wrong_field_type This item must be a whole number, not "x"'],
    "{ inner: { child: { nam: x } } }": ['unknown_field everything.v1.Inner has no field "nam"'],
    "{ by_text: { a: 1 } }": ['wrong_field_type "a" must be a text, not 1'],
    "{ struct: { any: [thing] }, value: 5, any: { '@type': x } }": [],
    "{ text_choice: a, number_choice: 2 }": [
      'oneof_conflict "number_choice" and "text_choice" exclude each other: both belong to the oneof "choice"',
    ],
    "{ text_choice: a, number_choice: null }": [],
    "{ a_string: x, aString: y }": [
      'field_given_twice "aString" and "a_string" are the same field of everything.v1.All',
    ],
    "{ a_bool: 'is {{ .input.a }}' }": ["wrong_field_type This gives a text, where a boolean is expected"],
    "{ a_bool: '{{ .input.a }}' }": [],
  };
  for (const [input, expected] of Object.entries(inputs)) {
    it(input, () => {
      const found = check(`  - { service: all, method: Echo, input: ${input} }\n`);
      assert.deepEqual(found.map((line) => line.slice(line.indexOf(" ") + 1)), expected);
    });
  }
});

describe("checkTypes() follows what expressions read", () => {
  const order = "  - { id: get, service: shop, method: GetOrder, input: { id: a }, output: order }\n";
  const reads: Readonly<Record<string, string | undefined>> = {
    "{{ .order.custmer }}": 'shop.v1.Order has no field "custmer"',
    "{{ .order.createdAt }}": 'shop.v1.Order has no field "createdAt"',
    "{{ .order.created_at }}": undefined,
    "{{ .order.items[0].sku }}": undefined,
    "{{ .order.items[0].skoo }}": 'shop.v1.Item has no field "skoo"',
    "{{ .order.items.sku }}": '"sku" is read of a list of shop.v1.Item',
    "{{ .order.id.length }}": '"length" is read of a text, which has no members',
    "{{ steps.get.output.stat }}": 'shop.v1.Order has no field "stat"',
    "{{ steps.get.error.code }}": undefined,
    "{{ .order.items.map(i, i.anything) }}": undefined,
  };
  for (const [template, message] of Object.entries(reads)) {
    it(template, () => {
      const found = check(`${order}  - log: "${template}"\n`);
      const column = `  - log: "`.length + template.search(/[a-z]/) + 1;
      assert.deepEqual(found, message === undefined ? [] : [`2:${column} unknown_field ${message}`]);
    });
  }

  it("into items, collected lists and blocks", () => {
    assert.deepEqual(
      check(`${order}  - foreach: "{{ .order.items }}"
    as: line
    steps: [ { log: "{{ .line.quantity }}" } ]
    collect: "{{ .line }}"
    output: lines
  - log: "{{ .lines[0].prize }}"
  - parallel: [ { service: shop, method: GetOrder, output: other } ]
    output: both
  - log: "{{ .both.otter }} {{ .both.other.totl_cents }}"
`),
      [
        '4:26 unknown_field shop.v1.Item has no field "quantity"',
        '7:15 unknown_field shop.v1.Item has no field "prize"',
        '10:15 unknown_field The output of "both" has no field "otter"',
        '10:33 unknown_field shop.v1.Order has no field "totl_cents"',
      ],
    );
  });

  it("through streams and full responses", () => {
    assert.deepEqual(
      check(`  - { service: shop, method: WatchOrders, output: all, stream: { until: "{{ .item.staet == 'x' }}" } }
  - { service: shop, method: GetOrder, output: full, response: full }
  - log: "{{ .all.id }} {{ .all[0].id }} {{ .full.body.idd }} {{ .full.metadata.anything }} {{ .full.boddy }}"
`).map((line) => line.slice(line.indexOf(" ") + 1)),
      [
        'unknown_field shop.v1.Order has no field "staet"',
        'unknown_field "id" is read of a list of shop.v1.Order',
        'unknown_field shop.v1.Order has no field "idd"',
        'unknown_field A full response has no field "boddy"',
      ],
    );
  });

  it("into compensations, and from there into inputs", () => {
    assert.deepEqual(
      check(`  - service: shop
    method: CreateOrder
    output: made
    compensate: { service: shop, method: GetOrder, input: { id: "{{ .made.idd }}" } }
  - { service: shop, method: GetOrder, input: { id: "{{ .made.items }}" } }
`),
      [
        '4:70 unknown_field shop.v1.Order has no field "idd"',
        "5:53 wrong_field_type This gives a list of shop.v1.Item, where a text is expected",
      ],
    );
  });

  it("not at all where nothing is known of the service", () => {
    assert.deepEqual(
      check(`  - { service: web, method: GET /, output: page }\n  - log: "{{ .page.anything.at.all }}"\n`),
      [],
    );
  });
});
