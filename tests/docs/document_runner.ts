import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { EXAMPLES, PROGRAMS } from "../../examples/catalogue.ts";
import { launch, type RunningProgram } from "../../examples/launch.ts";
import { type CommandResult, ROOT, runCommand } from "../../scripts/command.ts";
import { loadWorkflow } from "../../src/load_workflow.ts";
import type { Block } from "./blocks.ts";

/**
 * Runs the blocks of one document in their order, in a folder of their own that is removed by `close()`.
 *
 * `maestro` is there the program of this repository, on the runtime that the tests run on, `examples` and `proto` are its folders, and
 * TypeScript imports its library as "maestro".
 * Blocks leave nothing running.
 */
export class DocumentRunner {
  readonly #folder: string = mkdtempSync(join(tmpdir(), "maestro-docs-"));
  #lastOutput: string | undefined;
  #lastStderr: string | undefined;

  constructor() {
    for (const shared of ["examples", "proto"]) symlinkSync(join(ROOT, shared), join(this.#folder, shared));
    mkdirSync(join(this.#folder, "node_modules"));
    symlinkSync(ROOT, join(this.#folder, "node_modules", "maestro"));
    const bin = join(this.#folder, ".bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "maestro"), `#!/bin/sh\nexec ${runtimeCommand()} "$@"\n`, { mode: 0o755 });
  }

  /** Does what the block asks for. Gives the fault as text, or `undefined`. */
  async run(block: Block): Promise<string | undefined> {
    if (block.file !== undefined) writeFileSync(join(this.#folder, block.file), block.text);
    if (block.isOutput) {
      return compare(
        "output",
        this.#lastOutput,
        block.text,
        block.language === "json" ? compactJson : (text) => text.trim(),
      );
    }
    if (block.isStderr) return compare("standard error", this.#lastStderr, block.text, withoutTimes);
    if (!block.isRun) return undefined;
    return block.language === "yaml" ? await this.#validate(block) : await this.#execute(block);
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** As `maestro validate` does, but without a process of its own. */
  async #validate(block: Block): Promise<string | undefined> {
    const file = join(this.#folder, block.file ?? "block.yaml");
    const { diagnostics } = await loadWorkflow({ file, text: block.text }, { readFile: (path) => readFile(path) });
    const isValid = diagnostics.every(({ severity }) => severity !== "error");
    if (isValid === (block.exit === 0)) return undefined;
    return diagnostics.map(({ line, message }) => `${line}: ${message}`).join("\n") || "there is nothing wrong in it";
  }

  async #execute(block: Block): Promise<string | undefined> {
    const stderr = join(this.#folder, `.stderr_${block.line}`);
    const services = await startServices(block.services);
    try {
      const endpoints = services.map(({ name, running }) => `${name}=${running.endpoint}`).join(",");
      const { code, output } = await this.#shell(`{ ${block.text}\n} 2>"${stderr}"`, endpoints);
      this.#lastOutput = output;
      this.#lastStderr = readFileSync(stderr, "utf8");
      if (code === block.exit) return undefined;
      return `ends with ${code} and not ${block.exit}:\n${output}${this.#lastStderr}`;
    } finally {
      await Promise.all(services.map(({ running }) => running.stop()));
    }
  }

  #shell(script: string, endpoints?: string): Promise<CommandResult> {
    const path = [join(this.#folder, ".bin"), join(ROOT, "node_modules", ".bin"), process.env["PATH"]].join(delimiter);
    const env = {
      PATH: path,
      MAESTRO_ENDPOINT: endpoints,
      MAESTRO_STORE: "",
      XDG_STATE_HOME: join(this.#folder, ".state"),
      NODE_TEST_CONTEXT: undefined,
    };
    return runCommand("bash", ["-euo", "pipefail", "-c", script], { cwd: this.#folder, env, timeoutMs: 60_000 });
  }
}

function compare(
  what: string,
  found: string | undefined,
  text: string,
  clean: (text: string) => string,
): string | undefined {
  if (found === undefined) return "no block with output comes before it";
  return clean(found) === clean(text) ? undefined : `the ${what} is really:\n${found}`;
}

/** JSON without white space, which the formatter of documents adds. */
function compactJson(text: string): string {
  return JSON.stringify(JSON.parse(text));
}

/** What a shell says of a program that was killed. */
const KILLED = /^\S*bash: line \d+: +\d+ Killed .*\n/gm;

/** A text in which all times, all ids of runs and those that the example services give are the same; the shell's own words left out. */
function withoutTimes(text: string): string {
  return text.replace(KILLED, "").trim().replace(/^ +(?=\+)/gm, "").replace(/\b\d+(\.\d+)?m?s\b/g, "TIME")
    .replace(/\b[0-9a-f]{8}((-[0-9a-f]{4}){3}-[0-9a-f]{12})?\b/g, "ID");
}

/** Starts services of an example, as `with=` names them, each on a free port. */
async function startServices(
  wanted: string | undefined,
): Promise<{ readonly name: string; readonly running: RunningProgram }[]> {
  if (wanted === undefined) return [];
  const [example = "", list] = wanted.split(":");
  const programs = EXAMPLES[example] ?? {};
  const names = list?.split(",") ?? Object.keys(programs);
  return await Promise.all(names.map(async (name) => {
    const program = PROGRAMS[programs[name] ?? ""];
    if (program === undefined) throw new Error(`The example "${example}" has no service "${name}"`);
    return { name, running: await launch(program) };
  }));
}

function runtimeCommand(): string {
  const bin = join(ROOT, "node_modules", ".bin");
  const entry = (runtime: string): string => join(ROOT, "src", "runtime", `${runtime}.ts`);
  if ("Bun" in globalThis) return `"${bin}/bun" "${entry("bun")}"`;
  if ("Deno" in globalThis) return `"${bin}/deno" run -A --no-check "${entry("deno")}"`;
  return `"${bin}/node" "${entry("node")}"`;
}
