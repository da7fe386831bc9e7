import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { examplePath } from "../../examples/catalogue.ts";
import type { RunningProgram } from "../../examples/launch.ts";
import { reasonToSkip } from "../examples/run_example.ts";
import { executeSteps, launchTypes } from "./run_types.ts";

const skip = reasonToSkip(["go"]) ?? false;
const STEPS = `
  - { service: types, method: Sum, input: [{ value: 20 }, { value: 22 }], output: sum }
`;

describe("mutual TLS with Go", { timeout: 60_000 }, () => {
  let folder = "";
  let service: RunningProgram;

  before(async () => {
    if (skip !== false) return;
    folder = mkdtempSync(join(tmpdir(), "maestro-tls-"));
    const made = spawnSync(examplePath("services/go/bin/certificates"), [folder], { encoding: "utf8" });
    assert.equal(made.status, 0, made.stderr);
    const file = (name: string): string => join(folder, name);
    service = await launchTypes("go", {
      TLS_CERT: file("server.pem"),
      TLS_KEY: file("server.key"),
      TLS_CA: file("ca.pem"),
    });
  });

  after(async () => {
    if (skip !== false) return;
    await service.stop();
    rmSync(folder, { recursive: true });
  });

  it("works with the certificate that the server asks for, reflection too", { skip }, async () => {
    // A relative path starts at the workflow, which lies beside this folder.
    const tls = `tls: { ca: ../${basename(folder)}/ca.pem, cert: ${folder}/client.pem, key: ${folder}/client.key }`;
    const run = await executeSteps(service.endpoint, STEPS, { service: tls });
    assert.equal(run.exitCode, 0, run.error?.message);
    assert.deepEqual(run.output, { sum: { value: 42 } });
  });

  for (
    const [what, tls, error] of [
      [
        "without a certificate",
        "tls: { ca: CA }",
        /^(?:tls_error|UNAVAILABLE): .*it may want another client certificate/,
      ],
      ["without the server's authority", "tls: true", /^tls_error: .*unable to verify the first certificate/],
      ["in plain text", "", /^UNAVAILABLE: .*if the service uses TLS, give "tls:"/],
    ] as const
  ) {
    it(`fails ${what}, and says why`, { skip }, async () => {
      const run = await executeSteps(service.endpoint, STEPS, { service: tls.replace("CA", `${folder}/ca.pem`) });
      assert.equal(run.exitCode, 1);
      assert.match(`${run.error?.code}: ${run.error?.message}`, error);
    });
  }

  it("fails when the server is not who it should be", { skip }, async () => {
    const files = `ca: ${folder}/ca.pem, cert: ${folder}/client.pem, key: ${folder}/client.key`;
    const run = await executeSteps(service.endpoint, STEPS, { service: `tls: { ${files}, server_name: else.where }` });
    assert.equal(run.exitCode, 1);
    assert.equal(run.error?.code, "tls_error");
  });
});
