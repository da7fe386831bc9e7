import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { parseAttributes, writeAttributes } from "../../src/cli/attribute_flags.ts";
import { openSqlite } from "../../src/storage/sqlite/open_sqlite.ts";
import { createOwned, runRecord, worker } from "../../src/testing/storage_contract/samples.ts";
import { type CliResult, runCli } from "./run_cli.ts";
import { createScratchFolder } from "./scratch_folder.ts";

const folder = createScratchFolder();
const store = `sqlite:${folder.path}/runs.db`;

before(async () => {
  const storage = await openSqlite(`${folder.path}/runs.db`);
  for (
    const [id, attributes] of [
      ["order-1", { customer: "Ada", total: 3 }],
      ["order-2", { customer: "Ada", total: "3", urgent: true }],
      ["order-3", { customer: "Bo" }],
    ] as const
  ) {
    await createOwned(storage, { ...runRecord(id), attributes }, worker("w"));
  }
  await storage[Symbol.asyncDispose]();
});

after(() => folder.remove());

function maestro(...args: readonly string[]): Promise<CliResult> {
  return runCli([...args, "--store", store]);
}

async function listed(...flags: readonly string[]): Promise<readonly string[]> {
  const { runs } = JSON.parse((await maestro("runs", "list", "-o", "json", ...flags)).stdout);
  return runs.map(({ run_id }: { readonly run_id: string }) => run_id);
}

describe("maestro runs list --attribute", () => {
  it("lists the runs that have all of them, each with its type", async () => {
    assert.deepEqual(await listed("--attribute", "customer=Ada"), ["order-2", "order-1"]);
    assert.deepEqual(await listed("--attribute", "customer=Ada", "--attribute", "total=3"), ["order-1"]);
    assert.deepEqual(await listed("--attribute", 'total="3"'), ["order-2"]);
    assert.deepEqual(await listed("--attribute", "urgent=true"), ["order-2"]);
    assert.deepEqual(await listed("--attribute", "customer=ada"), []);
    assert.deepEqual(await listed("--text", "ada"), ["order-2", "order-1"]);
  });

  it("says how to get the next page", async () => {
    const { stderr } = await maestro("runs", "list", "--attribute", "customer=Ada", "--limit", "1");
    assert.match(stderr, /maestro runs list --attribute customer=Ada --limit 1 --cursor \d+ /);
  });

  it("refuses what no run can have", async () => {
    for (
      const [flags, code, message] of [
        [["--attribute", "customer"], 2, '--attribute "customer" must have the form name=value'],
        [["--attribute", "=Ada"], 2, '--attribute "=Ada" must have the form name=value'],
        [["--attribute", "a=1", "--attribute", "a=2"], 2, '--attribute names "a" twice: no run has two values'],
        [["--attribute", "a b=1"], 3, '"a b" is no name of an attribute'],
      ] as const
    ) {
      const result = await maestro("runs", "list", ...flags);
      assert.equal(result.code, code, result.stderr);
      assert.ok(result.stderr.includes(message), result.stderr);
    }
  });
});

describe("maestro runs show", () => {
  it("shows attributes as --attribute takes them", async () => {
    const page = await maestro("runs", "show", "order-2");
    assert.match(page.stdout, /\n {2}attributes {2}customer=Ada, total="3", urgent=true\n/);
    assert.doesNotMatch((await maestro("runs", "show", "order-3")).stdout, /total/);
    const { attributes } = JSON.parse((await maestro("runs", "show", "order-2", "-o", "json")).stdout);
    assert.deepEqual(attributes, { customer: "Ada", total: "3", urgent: true });
  });
});

describe("parseAttributes()", () => {
  it("reads what writeAttributes() wrote", () => {
    const value = fc.oneof(
      fc.string(),
      fc.boolean(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
      fc.constantFrom("1e5", "null", "[1]", "3.0", " 3", '"', "a=b", "12345678901234567890", "true"),
    );
    fc.assert(fc.property(fc.dictionary(fc.stringMatching(/^[A-Za-z_][\w.-]{0,9}$/), value), (attributes) => {
      assert.deepEqual({ ...parseAttributes(writeAttributes(attributes)) }, { ...attributes });
    }));
  });
});
