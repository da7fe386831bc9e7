import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { loadWorkflow } from "../../src/load_workflow.ts";
import { readBytes } from "../../src/runtime/files.ts";

const folder = await mkdtemp(join(tmpdir(), "maestro-load-"));
after(() => rm(folder, { recursive: true }));
await writeFile(join(folder, "ca.pem"), "a certificate");

async function load(tls: string): Promise<string[]> {
  const text = `name: files
services:
  web: { type: http, endpoint: "https://localhost:1", tls: ${tls} }
steps:
  - { service: web, method: GET / }
`;
  const { diagnostics, workflow } = await loadWorkflow({ file: join(folder, "w.yaml"), text }, { readFile: readBytes });
  assert.equal(workflow === undefined, diagnostics.length > 0);
  return diagnostics.map(({ line, column, code, message }) => `${line}:${column} ${code} ${message}`);
}

describe("loadWorkflow() reads the files of TLS settings", () => {
  it("and reports each that is not there", async () => {
    assert.deepEqual(await load("{ ca: ca.pem, cert: none.crt, key: none.key }"), [
      '3:80 file_not_readable Cannot read "none.crt": no such file',
      '3:95 file_not_readable Cannot read "none.key": no such file',
    ]);
  });

  it("and is content where they are there, or known only when a run starts", async () => {
    assert.deepEqual(await load("{ ca: ca.pem, server_name: x }"), []);
    assert.deepEqual(await load('{ ca: "{{ env.CA }}" }'), []);
    assert.deepEqual(await load("true"), []);
  });
});
