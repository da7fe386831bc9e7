import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { examplePath, EXAMPLES, missingFor, type Program, PROGRAMS } from "../../examples/catalogue.ts";
import { launch, type LoggedCall, type RunningProgram } from "../../examples/launch.ts";

/** What the command line said. */
export interface CliRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What became of an example. */
export interface ExampleRun extends CliRun {
  /** Every call that any of its services got, in the order in which they were answered. */
  readonly calls: readonly LoggedCall[];
}

/** How an example is run. */
export interface RunExampleOptions {
  /** The file with the input. @default "input.json" */
  readonly input?: string;
  /** Further arguments. @default [] */
  readonly args?: readonly string[];
  /** Secrets and other variables. @default {} */
  readonly env?: Readonly<Record<string, string>>;
}

/** Says why an example cannot run here; `undefined` when it can. `MAESTRO_TEST_POLYGLOT=required` turns that into an error. */
export function reasonToSkip(languages: readonly Program["language"][]): string | undefined {
  const reason = languages.map(missingFor).find((missing) => missing !== undefined);
  if (reason !== undefined && process.env["MAESTRO_TEST_POLYGLOT"] === "required") throw new Error(reason);
  return reason;
}

/** Runs Maestro's command line on the runtime that the test itself runs on. */
export function runCli(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliRun> {
  const [command, ...first] = entrypoint();
  const child = spawn(command, [...first, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1", MAESTRO_STORE: "memory:", ...env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => stdout += text);
  child.stderr.setEncoding("utf8").on("data", (text: string) => stderr += text);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}

function entrypoint(): [string, ...string[]] {
  const path = (runtime: string): string => fileURLToPath(new URL(`../../src/runtime/${runtime}.ts`, import.meta.url));
  if ("Deno" in globalThis) return [process.execPath, "run", "-A", "--no-check", path("deno")];
  if ("Bun" in globalThis) return [process.execPath, "--no-install", path("bun")];
  return [process.execPath, path("node")];
}

/** Starts the services of an example on free ports, executes its workflow, stops them, and says what happened. */
export async function runExample(name: string, options: RunExampleOptions = {}): Promise<ExampleRun> {
  const services = await startServices(Object.entries(EXAMPLES[name] ?? {}));
  try {
    const input = `@${examplePath(`${name}/${options.input ?? "input.json"}`)}`;
    const flags = [...services.endpointFlags, ...options.args ?? []];
    const run = await runCli(
      ["execute", examplePath(`${name}/workflow.yaml`), "--input", input, ...flags],
      options.env,
    );
    return { ...run, calls: await services.stop() };
  } finally {
    await services.stop();
  }
}

/** The services of an example that run. */
export interface RunningServices {
  /** `--endpoint name=address` for each. */
  readonly endpointFlags: readonly string[];
  /** Stops them and gives all calls that they got, in the order in which they were answered. */
  stop(): Promise<readonly LoggedCall[]>;
}

/** Asserts that the page of an example shows the result that it has: apart from ids, times and durations. */
export function assertShownIn(name: string, output: string): void {
  const page = readFileSync(examplePath(`${name}/README.md`), "utf8");
  const shown = /```json\n(.+?)\n```/s.exec(page)?.[1] ?? "";
  assert.deepEqual(JSON.parse(steady(output)), JSON.parse(steady(shown)));
}

/** Puts fixed values in place of those that differ from run to run. */
function steady(json: string): string {
  return json.replace(/-[0-9a-f]{8}"/g, '-id"').replace(/\d{4}-\d\d-\d\dT[^"]+/g, "time")
    .replace(/"seconds": ?[\d.]+/, '"seconds":0');
}

/** Starts programs on free ports: pairs of a service's name in the workflow and the program behind it. */
export async function startServices(behind: readonly (readonly [string, string])[]): Promise<RunningServices> {
  const running = new Map<string, RunningProgram>();
  const stop = async (): Promise<readonly LoggedCall[]> => {
    await Promise.all([...running.values()].map((program) => program.stop()));
    return [...running.values()].flatMap(({ calls }) => calls).sort((one, other) => one.at - other.at);
  };
  try {
    await Promise.all([...new Set(behind.map(([, program]) => program))].map(async (programName) => {
      const program = PROGRAMS[programName];
      if (program !== undefined) running.set(programName, await launch(program));
    }));
  } catch (error) {
    await stop();
    throw error;
  }
  const endpointFlags = behind.flatMap(([service, program]) => [
    "--endpoint",
    `${service}=${running.get(program)?.endpoint}`,
  ]);
  return { endpointFlags, stop };
}

/** `service call → status` of each call, for comparing sequences. */
export function summary(calls: readonly LoggedCall[]): string[] {
  return calls.map(({ service, call, status }) => `${service} ${call} → ${status}`);
}

/** The input of the n-th call of that name. */
export function inputOf(calls: readonly LoggedCall[], name: string, nth = 0): Record<string, unknown> {
  const call = calls.filter(({ call }) => call === name)[nth];
  if (call === undefined) throw new Error(`There is no call "${name}": ${summary(calls).join(", ")}`);
  return call.input as Record<string, unknown>;
}
