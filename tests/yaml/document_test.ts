import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { compileWorkflow } from "../../src/yaml/compile.ts";
import { parseDocument, type Place } from "../../src/yaml/document.ts";

function codesOf(text: string): string[] {
  return parseDocument("w.yaml", text).problems.map(({ line, column, code }) => `${line}:${column} ${code}`);
}

/** The text that a place leads to, with its line and column. */
function textAt(text: string, place: Place): string {
  const { source, locate } = parseDocument("w.yaml", text);
  const { start, end } = locate(place);
  const { line, column } = source.position(start);
  return `${line}:${column} ${source.text.slice(start, end)}`;
}

describe("parseDocument() reads values", () => {
  const read = (text: string): unknown => parseDocument("w.yaml", text).value;

  it("merges maps with <<, its own keys first, then the earlier ones", () => {
    const text = "a: &a { x: 1, y: 1 }\nb: &b { y: 2, z: 2 }\nc: { <<: [*a, *b], x: 0 }\n";
    assert.deepEqual((read(text) as { c: unknown }).c, { x: 0, y: 1, z: 2 });
  });

  it("keeps whole numbers that a double cannot hold as text", () => {
    assert.deepEqual(read("[9007199254740993, 9007199254740991, -9007199254740993, 1e3, 0x10]"), [
      "9007199254740993",
      9007199254740991,
      "-9007199254740993",
      1000,
      16,
    ]);
  });

  it("keeps words and dates of YAML 1.1 as text", () => {
    assert.deepEqual(read("[yes, no, on, 2024-01-01, 1_000, 12:30:00]"), [
      "yes",
      "no",
      "on",
      "2024-01-01",
      "1_000",
      "12:30:00",
    ]);
  });

  it("takes scalar keys as they are written", () => {
    assert.deepEqual(read("404: a\ntrue: b\n1.0: c\n"), { 404: "a", true: "b", "1.0": "c" });
  });

  it("sets __proto__ as data", () => {
    const value = read("__proto__: { polluted: true }\nx: 1\n") as object;
    assert.ok(Object.hasOwn(value, "__proto__"));
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  });

  it("gives the source of plain values", () => {
    const { sourceText } = parseDocument("w.yaml", 'version: 1.0\nother: "1.0"\n');
    assert.equal(sourceText(["version"]), "1.0");
    assert.equal(sourceText(["other"]), undefined);
  });

  it("reads an unquoted template as if it were quoted", () => {
    assert.deepEqual(read("a: {{ .x }}\nb: {{ .y }}-z\nc: [{{ .z }}, 1]\n"), {
      a: "{{ .x }}",
      b: "{{ .y }}-z",
      c: ["{{ .z }}", 1],
    });
  });
});

describe("parseDocument() finds problems", () => {
  it("finds all of them, each in its place", () => {
    assert.deepEqual(codesOf("a: @x\nb: {{ .y }}\nb: 2\nc: *none\nd: .inf\ne: !x y\n"), [
      "1:4 yaml_syntax",
      "6:4 unknown_tag",
      "2:4 unquoted_template",
      "3:1 duplicate_key",
      "4:4 yaml_syntax",
      "5:4 not_finite",
    ]);
  });

  it("does not take a template in a block of text for an unquoted one", () => {
    assert.deepEqual(codesOf("a: |\n  key: {{ .x }}-y\n  - {{ .z }}\n"), []);
    assert.deepEqual(codesOf("a: text {{ .x }} and {{ .y }}\n"), []);
  });

  for (const [name, unit] of Object.entries({ "[": "[", "- ": "- ", "{a: ": "{a: " })) {
    it(`reports ${JSON.stringify(name)} five thousand times over as too deep`, () => {
      const { problems } = parseDocument("w.yaml", unit.repeat(5_000));
      assert.ok(problems.some(({ code }) => code === "too_deep"), JSON.stringify(problems[0]));
    });
  }
});

describe("parseDocument() locates values", () => {
  const text = [
    "plain: one {{ .bad }} two",
    'double: "\\u00e4\\n {{ .bad }}"',
    "single: 'it''s {{ .bad }}'",
    "literal: |",
    "  first",
    "    {{ .bad }}",
    "folded: >-",
    "  first",
    "  second {{ .bad }}",
    "base: &base",
    "  inner: x {{ .bad }}",
    "alias: *base",
    "merged: { <<: *base, own: [a, {b: c}] }",
    "empty:",
  ].join("\n");
  const decoded = parseDocument("w.yaml", text).value as Record<string, string>;
  const spanIn = (value: string): Place["span"] => ({ start: value.indexOf(".bad"), end: value.indexOf(".bad") + 4 });

  const scalars: Readonly<Record<string, string>> = {
    plain: "1:15",
    double: "2:22",
    single: "3:19",
    literal: "6:8",
    folded: "9:13",
  };
  for (const [key, place] of Object.entries(scalars)) {
    it(`finds a span in a ${key} text`, () => {
      assert.equal(textAt(text, { path: [key], span: spanIn(decoded[key]!) }), `${place} .bad`);
    });
  }

  it("leads through aliases and merged keys to where the value is written", () => {
    const span = spanIn("x {{ .bad }}");
    assert.equal(textAt(text, { path: ["alias", "inner"], span }), "11:15 .bad");
    assert.equal(textAt(text, { path: ["merged", "inner"], span }), "11:15 .bad");
  });

  it("finds keys, items and members of flow collections", () => {
    assert.equal(textAt(text, { path: ["merged", "own"], onKey: true }), "13:22 own");
    assert.equal(textAt(text, { path: ["merged", "own", 1, "b"] }), "13:35 c");
  });

  it("falls back on the key of an empty value, and on what is around a value that does not exist", () => {
    assert.equal(textAt(text, { path: ["empty"] }), "14:1 empty");
    assert.equal(textAt(text, { path: ["base", "nothing", "there"] }), "11:3 inner");
    assert.equal(textAt(text, { path: [] }), "1:1 plain");
  });
});

describe("compileWorkflow() never throws", () => {
  const pieces = fc.constantFrom(
    "name: x\n",
    "steps:\n",
    "  - ",
    "log: ",
    "{{ .x }}",
    "{{",
    "}}",
    "'",
    '"',
    "[",
    "]",
    "{",
    "}",
    ":",
    ": ",
    "&a ",
    "*a",
    "<<: *a",
    "\t",
    "\n",
    "\r\n",
    "|",
    ">\n",
    "  ",
    "- ",
    "? ",
    "!tag ",
    "#",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "\uFEFF",
    "\0",
    "😀",
    "service: a\n",
    "parallel:\n",
    "input: ",
    "input_schema: ",
    "$ref: '#'",
    "retry: ",
    "on_error: ",
    "null",
    "1e999",
    "__proto__: ",
    "\\",
    "@",
    "`",
    ",",
  );

  it("whatever the text is", () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const { diagnostics, source } = compileWorkflow("w.yaml", parts.join(""));
        for (const { line, column, endLine, endColumn } of diagnostics) {
          assert.ok(line >= 1 && line <= source.lineCount && endLine >= line && endLine <= source.lineCount);
          assert.ok(column >= 1 && column <= source.line(line).length + 2 && endColumn >= 1);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("for maps whose keys are those of every object", () => {
    const odd = { toString: "", constructor: 1, __proto__x: [] };
    const document = {
      name: odd,
      version: odd,
      services: { s: { type: odd, endpoint: odd, timeout: odd, retry: odd, no_effect_on: [odd] } },
      steps: [{ id: odd, service: "s", method: odd, expect: [odd], when: odd, retry: { retry_on: [odd] } }],
      input_schema: { type: [odd], properties: odd },
    };
    assert.equal(compileWorkflow("odd.yaml", JSON.stringify(document)).plan, undefined);
  });

  it("whatever the values of a workflow are", () => {
    const step = fc.dictionary(
      fc.constantFrom(
        "id",
        "service",
        "method",
        "input",
        "parallel",
        "dag",
        "steps",
        "foreach",
        "switch",
        "repeat",
        "set",
        "fail",
        "compensate",
        "on_error",
        "output",
        "when",
        "retry",
        "expect",
        "depends_on",
        "stream",
      ),
      fc.jsonValue({ maxDepth: 3 }),
    );
    const workflow = fc.record({
      name: fc.jsonValue(),
      services: fc.jsonValue(),
      steps: fc.array(step),
      output: fc.jsonValue(),
      input_schema: fc.jsonValue(),
    });
    fc.assert(
      fc.property(workflow, (value) => {
        compileWorkflow("w.yaml", JSON.stringify(value));
      }),
      { numRuns: 150 },
    );
  });
});
