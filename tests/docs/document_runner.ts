import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { type CommandResult, ROOT, runCommand } from "../../scripts/command.ts";
import type { Block } from "./blocks.ts";

/**
 * Runs the blocks of one document in their order, in a folder of their own that is removed by `close()`.
 *
 * `maestro` is there the program of this repository, on the runtime that the tests run on. Blocks leave nothing running.
 */
export class DocumentRunner {
  readonly #folder: string = mkdtempSync(join(tmpdir(), "maestro-docs-"));
  #lastOutput: string | undefined;

  constructor() {
    const bin = join(this.#folder, ".bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "maestro"), `#!/bin/sh\nexec ${runtimeCommand()} "$@"\n`, { mode: 0o755 });
  }

  /** Does what the block asks for. Gives the fault as text, or `undefined`. */
  async run(block: Block): Promise<string | undefined> {
    if (block.file !== undefined) writeFileSync(join(this.#folder, block.file), block.text);
    if (block.isOutput) return this.#compare(block.text);
    if (!block.isRun) return undefined;
    return block.language === "yaml" ? await this.#validate(block) : await this.#execute(block);
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #compare(text: string): string | undefined {
    if (this.#lastOutput === undefined) return "no block with output comes before it";
    if (this.#lastOutput.trim() === text.trim()) return undefined;
    return `the output is really:\n${this.#lastOutput}`;
  }

  async #validate(block: Block): Promise<string | undefined> {
    const name = block.file ?? "block.yaml";
    writeFileSync(join(this.#folder, name), block.text);
    const { code, output } = await this.#shell(`maestro validate ${name}`);
    return code === block.exit ? undefined : `"maestro validate" ends with ${code}:\n${output}`;
  }

  async #execute(block: Block): Promise<string | undefined> {
    const { code, output } = await this.#shell(`{ ${block.text}\n} 2>.stderr`);
    this.#lastOutput = output;
    if (code === block.exit) return undefined;
    const stderr = (await this.#shell("cat .stderr")).output;
    return `ends with ${code} and not ${block.exit}:\n${output}${stderr}`;
  }

  #shell(script: string): Promise<CommandResult> {
    const path = [join(this.#folder, ".bin"), join(ROOT, "node_modules", ".bin"), process.env["PATH"]].join(delimiter);
    const env = { PATH: path, MAESTRO_STORE: "memory:", NODE_TEST_CONTEXT: undefined };
    return runCommand("bash", ["-euo", "pipefail", "-c", script], { cwd: this.#folder, env, timeoutMs: 60_000 });
  }
}

function runtimeCommand(): string {
  const bin = join(ROOT, "node_modules", ".bin");
  const entry = (runtime: string): string => join(ROOT, "src", "runtime", `${runtime}.ts`);
  if ("Bun" in globalThis) return `"${bin}/bun" "${entry("bun")}"`;
  if ("Deno" in globalThis) return `"${bin}/deno" run -A --no-check "${entry("deno")}"`;
  return `"${bin}/node" "${entry("node")}"`;
}
