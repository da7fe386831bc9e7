import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Block, readBlocks } from "./blocks.ts";
import { DocumentRunner } from "./document_runner.ts";

describe("readBlocks()", () => {
  it("reads what a block asks for", () => {
    const [first, second] = readBlocks(
      "Text\n\n```yaml run file=a.yaml\na: 1\n```\n\n- item\n  ```bash run exit=4\n  x\n  ```\n",
    );
    assert.deepEqual(first, block("yaml", "a: 1\n", { line: 3, isRun: true, file: "a.yaml" }));
    assert.deepEqual(second, block("bash", "x\n", { line: 8, isRun: true, exit: 4 }));
  });

  it("reads whose services a block needs, and what it compares", () => {
    const [first, second] = readBlocks("```sh run with=order_processing\nx\n```\n\n```text stderr\ny\n```\n");
    assert.deepEqual(first, block("sh", "x\n", { isRun: true, services: "order_processing" }));
    assert.deepEqual(second, block("text", "y\n", { line: 5, isStderr: true }));
  });

  it("does not end a block at a shorter fence", () => {
    assert.equal(readBlocks("````md\n```yaml\n```\n````\n")[0]?.text, "```yaml\n```\n");
  });

  it("refuses words that it does not know", () => {
    assert.throws(() => readBlocks("```bash runn\n```\n"), /cannot be "runn"/);
    assert.throws(() => readBlocks("```json run\n```\n"), /only bash, sh and yaml/);
    assert.throws(() => readBlocks("```bash\n"), /has no end/);
  });
});

describe("DocumentRunner", () => {
  it("lets the services of an example listen while a block runs", async () => {
    const runner = new DocumentRunner();
    const script = 'maestro execute examples/01_hello/workflow.yaml --input \'{"name":"Ada","language":"it"}\'\n';
    try {
      assert.equal(await runner.run(block("bash", script, { isRun: true, services: "01_hello" })), undefined);
      assert.equal(await runner.run(block("json", '{"text":"Buongiorno, Ada!"}\n', { isOutput: true })), undefined);
    } finally {
      runner.close();
    }
  });

  it("compares outputs and exit codes", async () => {
    const runner = new DocumentRunner();
    try {
      assert.equal(await runner.run(block("json", "{}\n", { file: "a.json" })), undefined);
      const script = "cat a.json; echo '  +0.019s  told in 1.5s' >&2\n";
      assert.equal(await runner.run(block("bash", script, { isRun: true })), undefined);
      assert.equal(await runner.run(block("text", "+0.2s  told in 12ms\n", { isStderr: true })), undefined);
      assert.match(await runner.run(block("text", "tells\n", { isStderr: true })) ?? "", /is really:\n {2}\+0\.019s/);
      assert.equal(await runner.run(block("json", "{}\n", { isOutput: true })), undefined);
      assert.match(await runner.run(block("json", "[]\n", { isOutput: true })) ?? "", /is really:\n\{\}/);
      assert.match(
        await runner.run(block("bash", "echo why >&2; exit 4\n", { isRun: true })) ?? "",
        /ends with 4.*\nwhy/,
      );
      assert.equal(await runner.run(block("bash", "exit 4\n", { isRun: true, exit: 4 })), undefined);
      assert.match(await runner.run(block("bash", "false\ntrue\n", { isRun: true })) ?? "", /ends with 1/);
    } finally {
      runner.close();
    }
  });
});

function block(language: string, text: string, rest: Partial<Block>): Block {
  return {
    line: 1,
    language,
    text,
    isRun: false,
    isOutput: false,
    isStderr: false,
    file: undefined,
    services: undefined,
    exit: 0,
    ...rest,
  };
}
