import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import fc from "fast-check";
import { MaestroError } from "../../src/base/errors.ts";
import { parseJson } from "../../src/base/parse_json.ts";
import { parseJsonText } from "../../src/cli/json_text.ts";
import { parseKeyValues } from "../../src/cli/key_value_file.ts";
import { golden } from "./golden.ts";
import { runCli } from "./run_cli.ts";
import { createScratchFolder } from "./scratch_folder.ts";

const folder = createScratchFolder();
after(() => folder.remove());

const echo = folder.write(
  "echo.yaml",
  'name: echo\nsteps:\n  - { set: { seen: "{{ .input }}" } }\noutput: "{{ .input }}"\n',
);

async function inputOf(args: readonly string[], stdin = ""): Promise<unknown> {
  const { code, stdout, stderr } = await runCli(["execute", echo, "--quiet", ...args], { stdin });
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

describe("the input", () => {
  it("is an empty object unless given", async () => {
    assert.deepEqual(await inputOf([]), {});
  });

  it("comes from the flag, a file or standard input", async () => {
    const file = folder.write("input.json", '\uFEFF{"a":1}\n');
    assert.deepEqual(await inputOf(["--input", '{"a":1}']), { a: 1 });
    assert.deepEqual(await inputOf(["--input", `@${file}`]), { a: 1 });
    assert.deepEqual(await inputOf(["--input=-"], '{"a":1}'), { a: 1 });
  });

  it("is changed by --set, whose values are JSON if they parse", async () => {
    const args = ["--input", '{"user":{"name":"Ada"},"list":[1,2]}'];
    for (
      const set of ["user.age=30", "note=a=b", 'tags=["x"]', "ok=true", "list.1=9", "list.2=z", "deep.er.est=null"]
    ) {
      args.push("--set", set);
    }
    assert.deepEqual(await inputOf(args), {
      user: { name: "Ada", age: 30 },
      list: [1, 9, "z"],
      note: "a=b",
      tags: ["x"],
      ok: true,
      deep: { er: { est: null } },
    });
  });

  it("keeps whole numbers beyond 2^53 as text", async () => {
    const args = ["--input", '{"a":9007199254740993,"b":1.5}', "--set", "c=12345678901234567890"];
    assert.deepEqual(await inputOf(args), { a: "9007199254740993", b: 1.5, c: "12345678901234567890" });
  });

  it("may set a member called __proto__ without reaching a prototype", async () => {
    const { code } = await runCli(["execute", echo, "--quiet", "--set", "__proto__.polluted=1"]);
    assert.equal(code, 0);
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  });

  it("says where JSON is broken", async () => {
    const broken = [
      "",
      "{",
      '{"a":}',
      '{"a" 1}',
      '{"a":1 "b":2}',
      "{a:1}",
      '{"a":1,}',
      '["x" "y"]',
      '{"a":"\t"}',
      '{"a":"\\q"}',
      '{"a":"open',
      '{"a":01}',
      '{"a":tru}',
      '{"a":1} x',
      `{"long":"${"x".repeat(150)}", oops}`,
      '{\n  "a": 1,\n  "b": ?\n}',
    ];
    let text = "";
    for (const input of broken) {
      const { code, stdout, stderr } = await runCli(["execute", echo, "--input", input]);
      assert.deepEqual({ input, code, stdout }, { input, code: 3, stdout: "" });
      text += `${stderr}\n`;
    }
    golden("broken_json.txt", text);
  });

  it("must be an object", async () => {
    for (const input of ["[1]", '"text"', "1", "null"]) {
      const { code, stderr } = await runCli(["execute", echo, "--input", input]);
      assert.equal(code, 3);
      assert.match(stderr, /error\[invalid_input\] The input must be an object/);
    }
  });
});

describe("parseJsonText()", () => {
  it("refuses exactly what JSON.parse refuses, always with a place", () => {
    fc.assert(fc.property(fc.json(), fc.nat(), fc.constantFrom("", ",", '"', "}", "x", "\\", " "), (json, at, junk) => {
      const place = at % (json.length + 1);
      const text = json.slice(0, place) + junk + json.slice(place + 1);
      let expected: unknown;
      try {
        expected = parseJson(text);
      } catch {
        assert.throws(() => parseJsonText(text, "it"), (error) => {
          assert.ok(MaestroError.is(error, "invalid_input"));
          assert.match(error.message, /^it is not valid JSON: .* at line \d+, column \d+\n {2}/);
          assert.doesNotMatch(error.message, /unreadable/);
          return true;
        });
        return;
      }
      assert.deepEqual(parseJsonText(text, "it"), expected);
    }));
  });
});

describe("parseKeyValues()", () => {
  it("reads comments, quotes, export and lines of any ending", () => {
    const text = [
      "\uFEFF# comment",
      "A=1",
      "export B = two words # comment",
      'C="a \\"quoted\\"\\n#line"   # comment',
      "D='literal \\n #'",
      "E=",
      "F=a#b",
      'G="first',
      'second"',
      'H="it\'s"',
      "A=again",
    ].join("\r\n");
    assert.deepEqual(Object.fromEntries(parseKeyValues(text, "f")), {
      A: "again",
      B: "two words",
      C: 'a "quoted"\n#line',
      D: "literal \\n #",
      E: "",
      F: "a#b",
      G: "first\nsecond",
      H: "it's",
    });
  });

  it("names the line of a mistake and never its value", () => {
    const mistakes: readonly (readonly [text: string, line: number])[] = [
      ["A=1\nhunter2", 2],
      ["A=1\n\n\n1B=hunter2", 4],
      ['A="x\ny"\nB="hunter2', 3],
      ["A='hunter2", 1],
      ['A="hunter2" hunter2', 1],
    ];
    for (const [text, line] of mistakes) {
      assert.throws(() => parseKeyValues(text, "s.env"), (error) => {
        assert.ok(MaestroError.is(error, "invalid_input"));
        assert.match(error.message, new RegExp(`^s\\.env:${line}: `));
        assert.doesNotMatch(error.message, /hunter2/);
        return true;
      });
    }
  });
});
