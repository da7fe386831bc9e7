import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JsonValue } from "../../src/base/json.ts";
import {
  environmentOf,
  loadBundle,
  type LoadedWorkflow,
  type LoadResult,
  loadWorkflow,
} from "../../src/load_workflow.ts";

const MISSING = Object.assign(new Error("missing"), { code: "ENOENT" });

/** Loads the first of some files, which stand for a file system. */
async function load(files: Readonly<Record<string, string>>): Promise<LoadResult> {
  const [[file = "", text = ""] = []] = Object.entries(files);
  const readFile = (path: string): Promise<Uint8Array> =>
    path in files ? Promise.resolve(new TextEncoder().encode(files[path])) : Promise.reject(MISSING);
  return await loadWorkflow({ file, text }, { readFile });
}

async function mustLoad(files: Readonly<Record<string, string>>): Promise<LoadedWorkflow> {
  const { workflow, diagnostics } = await load(files);
  assert.ok(workflow !== undefined, JSON.stringify(diagnostics));
  return workflow;
}

/** What is found, as `file:line:column code message (hint)`. */
async function find(files: Readonly<Record<string, string>>): Promise<string[]> {
  const { workflow, diagnostics } = await load(files);
  assert.equal(workflow === undefined, diagnostics.some(({ severity }) => severity === "error"));
  return diagnostics.map(({ file, line, column, code, message, hint }) =>
    `${file}:${line}:${column} ${code} ${message}${hint === undefined ? "" : ` (${hint})`}`
  );
}

const parent = (...steps: string[]): string => `name: parent\nsteps:\n${steps.map((step) => `  - ${step}\n`).join("")}`;
const child = (name: string, step = "log: done"): string => `name: ${name}\nsteps: [ { ${step} } ]\n`;

describe("loadWorkflow() finds the workflows that steps start", () => {
  it("by name in the same folder, and by file", async () => {
    const { children, environment, file } = await mustLoad({
      "flows/a.yaml": parent("workflow: bill", "workflow: ./more/ship.yml", "workflow: tell", "workflow: bill"),
      "flows/bill.yaml": child("bill", 'log: "{{ env.BILL }}"'),
      "flows/more/ship.yml": child("ship it", "workflow: ../tell.yml"),
      "flows/tell.yml": child("tell", 'log: "{{ env.?TELL }} {{ env.BILL }}"'),
    });
    assert.equal(file, "flows/a.yaml");
    assert.deepEqual([...children].map(([name, { plan, file: at }]) => [name, plan.name, at]), [
      ["bill", "bill", "flows/bill.yaml"],
      ["./more/ship.yml", "ship it", "flows/more/ship.yml"],
      ["tell", "tell", "flows/tell.yml"],
    ]);
    assert.deepEqual(environment.env, [{ name: "BILL", isGuarded: false }, { name: "TELL", isGuarded: true }]);
  });

  it("and says what it tried where there is none", async () => {
    assert.deepEqual(await find({ "flows/a.yaml": parent("workflow: bill", "workflow: x/y.yaml") }), [
      'flows/a.yaml:3:15 unknown_workflow There is no workflow "bill": tried "flows/bill.yaml" (no such file) and ' +
      '"flows/bill.yml" (no such file) (a file of another name is written with its ending, such as bill_v2.yaml)',
      'flows/a.yaml:4:15 file_not_readable Cannot read "x/y.yaml": no such file (file names are relative to the workflow)',
    ]);
  });

  it("and wants a file found by name to hold that workflow", async () => {
    assert.deepEqual(await find({ "a.yaml": parent("workflow: bill"), "bill.yaml": child("charge") }), [
      'a.yaml:3:15 unknown_workflow There is no workflow "bill": "bill.yaml" holds the workflow "charge" ' +
      '(write "workflow: bill.yaml" if that is the one)',
    ]);
  });

  it("and reports their errors, not their warnings, in their own files", async () => {
    const { diagnostics, sources } = await load({
      "a.yaml": parent("workflow: bill", "workflow: bill.yaml"),
      "bill.yaml": 'name: bill\nsteps:\n  - set: { unused: 1 }\n  - log: "{{ .nothing }}"\noutput: 1\n',
    });
    assert.deepEqual(diagnostics.map(({ file, line, code }) => [file, line, code]), [["bill.yaml", 4, "unknown_name"]]);
    assert.deepEqual(sources.map(({ file }) => file), ["a.yaml", "bill.yaml"]);
  });

  it("and refuses workflows that start each other, however long the way", async () => {
    const found = await find({
      "./flows/a.yaml": parent("workflow: b"),
      "flows/b.yaml": child("b", "workflow: ./c.yaml"),
      "flows/c.yaml": child("c", "workflow: ../flows/a.yaml"),
      "flows/a.yaml": parent("workflow: b"),
    });
    assert.deepEqual(found, [
      "flows/c.yaml:2:22 workflow_cycle Workflows start each other without end: flows/a.yaml → flows/b.yaml → " +
      "flows/c.yaml → flows/a.yaml (to do something again and again, use repeat or foreach)",
    ]);
  });
});

describe("loadWorkflow() checks what children are given", () => {
  const bill = `name: bill
input_schema:
  type: object
  required: [amount, currency, by]
  additionalProperties: false
  properties: { amount: { type: number }, currency: { type: string, default: EUR }, by: { type: string } }
steps: [ { log: done } ]
`;

  it("by their schemas, as far as it is written out", async () => {
    const steps = ["workflow: bill", "{ workflow: bill, input: { amount: 5, by: ada } }"];
    steps.push(
      "{ workflow: bill, input: { amount: x, by: ada } }",
      '{ workflow: bill, input: { ammount: "{{ run.id }}" } }',
    );
    steps.push(
      '{ workflow: bill, input: { amount: "{{ .input.amount }}", by: ada } }',
      '{ workflow: bill, input: "{{ .input }}" }',
    );
    assert.deepEqual(
      (await find({ "a.yaml": parent(...steps), "bill.yaml": bill })).map((text) => text.split(" (")[0]),
      [
        'a.yaml:3:15 bad_child_input The input does not fit the schema of "bill": input: Instance does not have required property "amount"',
        'a.yaml:3:15 bad_child_input The input does not fit the schema of "bill": input: Instance does not have required property "by"',
        'a.yaml:5:30 bad_child_input The input does not fit the schema of "bill": input.amount: Instance type "string" is invalid. Expected "number"',
        'a.yaml:6:30 bad_child_input "bill" needs "amount" in its input',
        'a.yaml:6:30 bad_child_input "bill" needs "by" in its input',
        'a.yaml:6:32 bad_child_input The input schema of "bill" has no "ammount"',
      ],
    );
  });

  it("and warns of pivots, however deep, in what can be rolled back", async () => {
    const api = 'services: { api: { type: http, endpoint: "http://localhost" } }\n';
    const files = (first: string): Record<string, string> => ({
      "a.yaml": `${api}${parent(first, "workflow: b")}`,
      "b.yaml": child("b", "workflow: c"),
      "c.yaml": `${api}${child("c", "service: api, method: POST /pay, pivot: true")}`,
    });
    const undone = "{ service: api, method: POST /a, compensate: { method: DELETE /a } }";
    assert.deepEqual((await find(files(undone))).map((text) => text.split(" ", 2).join(" ")), [
      "a.yaml:5:15 pivot_in_child",
    ]);
    assert.deepEqual(await find(files("{ service: api, method: GET /a }")), []);
  });
});

describe("loadBundle()", () => {
  const files = {
    "flows/a.yaml": parent("workflow: bill", "workflow: sub/ship.yaml"),
    "flows/bill.yaml": child("bill", 'log: "{{ env.BILL }}"'),
    "flows/sub/ship.yaml": child("ship", 'log: "{{ env.SHIP }}"'),
  };

  it("gives the same workflow again without a file", async () => {
    const first = await mustLoad(files);
    const again = await loadBundle(first.bundle, { file: "/elsewhere/a.yaml" });
    assert.equal(again.hash, first.hash);
    assert.deepEqual(again.environment, first.environment);
    assert.deepEqual([...again.children.values()].map(({ hash, file }) => [hash, file]), [
      [first.children.get("bill")?.hash, "/elsewhere/bill.yaml"],
      [first.children.get("sub/ship.yaml")?.hash, "/elsewhere/sub/ship.yaml"],
    ]);
    const bill = first.children.get("bill")!;
    assert.equal((await loadBundle(bill.bundle, { file: "x.yaml" })).hash, bill.hash);
  });

  it("gives another hash where anything of a child differs", async () => {
    const [one, other] = [await mustLoad(files), await mustLoad({ ...files, "flows/bill.yaml": child("bill") })];
    assert.notEqual(one.hash, other.hash);
  });

  it("refuses a definition that this version cannot run", async () => {
    const bundle = (changes: Record<string, JsonValue>): string =>
      JSON.stringify({ format: 1, document: child("a"), descriptors: {}, ...changes });
    await assert.rejects(loadBundle(bundle({ format: 9 }), { file: "a.yaml" }), /format 9, and this version knows 1/);
    await assert.rejects(loadBundle(bundle({ document: "name: a" }), { file: "a.yaml" }), /has an error: .*"steps"/);
  });
});

describe("environmentOf()", () => {
  it("leaves out what only replaced endpoints read, in children too", async () => {
    const service = (name: string): string => `services: { api: { type: http, endpoint: "{{ env.${name} }}" } }\n`;
    const workflow = await mustLoad({
      "a.yaml": service("A") + parent("workflow: b", "{ service: api, method: GET / }"),
      "b.yaml": service("B") + child("b", "service: api, method: GET /"),
    });
    assert.deepEqual(environmentOf(workflow).env.map(({ name }) => name), ["A", "B"]);
    assert.deepEqual(environmentOf(workflow, { api: "http://localhost" }).env, []);
  });
});
