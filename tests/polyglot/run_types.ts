import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROGRAMS } from "../../examples/catalogue.ts";
import { launch, type RunningProgram } from "../../examples/launch.ts";
import { runCli } from "../examples/run_example.ts";

/** The programs that serve `everything.v1.TypesService`, by language. */
export const TYPES_PROGRAMS = { go: "types", python: "types_service" } as const;

/** An error of a run or step, as `-o json` gives it. */
export interface JsonError {
  readonly code: string;
  readonly message: string;
  readonly step: string | null;
  readonly details: readonly Readonly<Record<string, unknown>>[] | null;
}

/** What `-o json` says about a run, as far as these tests read it. */
export interface JsonRun {
  readonly exitCode: number | null;
  readonly status: string;
  readonly output: Readonly<Record<string, unknown>>;
  readonly error: JsonError | null;
  readonly steps: readonly { readonly id: string; readonly error: JsonError | null }[];
}

/** Starts a types service. */
export function launchTypes(
  language: keyof typeof TYPES_PROGRAMS,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningProgram> {
  return launch(PROGRAMS[TYPES_PROGRAMS[language]]!, { env });
}

/**
 * Executes a workflow whose one service, `types`, is at `endpoint`.
 *
 * `steps` is YAML, `service` what stands beside type and endpoint of the service.
 */
export async function executeSteps(
  endpoint: string,
  steps: string,
  { input = {}, service = "" }: { readonly input?: unknown; readonly service?: string } = {},
): Promise<JsonRun> {
  const folder = mkdtempSync(join(tmpdir(), "maestro-types-"));
  try {
    const head = `name: types\nservices:\n  types: { type: grpc, endpoint: "${endpoint}", ${service} }\n`;
    writeFileSync(join(folder, "workflow.yaml"), `${head}steps:\n${steps}`);
    writeFileSync(join(folder, "input.json"), JSON.stringify(input));
    const files = [join(folder, "workflow.yaml"), "--input", `@${join(folder, "input.json")}`];
    const run = await runCli(["execute", ...files, "-o", "json", "--quiet"]);
    assert.notEqual(run.stdout, "", run.stderr);
    return { exitCode: run.code, ...JSON.parse(run.stdout) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
