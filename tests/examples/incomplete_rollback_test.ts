import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { examplePath, EXAMPLES } from "../../examples/catalogue.ts";
import { runCli, startServices, summary } from "./run_example.ts";

const INPUT = examplePath("order_processing/input_unreachable_city.json");

/** Runs the order to Atlantis with one piece of its workflow replaced. */
async function runChanged(
  piece: string,
  by: string,
): Promise<Awaited<ReturnType<typeof runCli>> & { calls: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), "maestro-rollback-"));
  const services = await startServices(Object.entries(EXAMPLES["order_processing"] ?? {}));
  try {
    const text = readFileSync(examplePath("order_processing/workflow.yaml"), "utf8");
    assert.ok(text.includes(piece));
    const file = join(folder, "workflow.yaml");
    writeFileSync(file, text.replace(piece, by).replaceAll("../../proto", examplePath("../proto")));
    const run = await runCli(["execute", file, "--input", `@${INPUT}`, ...services.endpointFlags]);
    return { ...run, calls: summary(await services.stop()).slice(5) };
  } finally {
    await services.stop();
    rmSync(folder, { recursive: true });
  }
}

describe("a rollback that is incomplete", { timeout: 60_000 }, () => {
  it("undoes the rest, and says what is left and why: the service refused", async () => {
    const run = await runChanged("DELETE /labels/{{ .label.id }}", "DELETE /labels/lost");
    assert.equal(run.code, 5, run.stderr);
    assert.match(run.stderr, /not undone +print_label \(http_404: .*There is no label/);
    assert.deepEqual(run.calls.slice(-3), [
      "carrier DELETE /labels/lost → 404",
      "payment Refund → OK",
      "inventory Release → OK",
    ]);
  });

  it("undoes the rest, and says what is left and why: an expression failed", async () => {
    const run = await runChanged("DELETE /labels/{{ .label.id }}", "DELETE /labels/{{ .label.number }}");
    assert.equal(run.code, 5, run.stderr);
    assert.match(run.stderr, /not undone +print_label \(expression_error: .*number/);
    assert.deepEqual(run.calls, ["payment Refund → OK", "inventory Release → OK"]);
  });
});
