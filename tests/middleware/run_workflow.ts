import assert from "node:assert/strict";
import { type Maestro, MaestroError, type MaestroOptions, type RunEvent, type RunResult } from "../../mod.ts";
import { createMaestro, createRuntime } from "../../mod.ts";

/** A Maestro over memory, closed when the test has used it. */
export async function withMaestro<T>(
  options: Partial<MaestroOptions>,
  use: (maestro: Maestro) => Promise<T>,
): Promise<T> {
  const maestro = createMaestro({ runtime: await createRuntime(), ...options });
  try {
    return await use(maestro);
  } finally {
    await maestro.close();
  }
}

/** What a run came to, and the lines that middleware and actions told. */
export interface Ran extends RunResult {
  readonly lines: readonly string[];
}

/** Runs a document to its end. */
export async function runDocument(
  text: string,
  options: Partial<MaestroOptions>,
  onStarted?: (cancel: () => void) => void,
): Promise<Ran> {
  const lines: string[] = [];
  const onEvent = ({ entry }: RunEvent): void => {
    if (entry.type === "log") lines.push(`${entry.step}: ${entry.text}`);
  };
  return await withMaestro({ ...options, onEvent }, async (maestro) => {
    const { workflow, diagnostics } = await maestro.load({ file: "test.yaml", text });
    if (workflow === undefined) throw new MaestroError("invalid_workflow", JSON.stringify(diagnostics));
    const run = await maestro.start(workflow, { input: {} });
    onStarted?.(() => run.cancel());
    const result = await run.result();
    assert.notEqual(result.status, "paused");
    return { ...result, steps: result.steps, lines };
  });
}

/** A document whose steps call functions of the service `shop`. */
export function shop(...steps: readonly string[]): string {
  const list = steps.map((step) => `  - { service: shop, ${step} }\n`).join("");
  return `name: order\nservices:\n  shop: { type: function, endpoint: local }\nsteps:\n${list}`;
}
