import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ROOT, runCommand } from "../command.ts";

/** A Go program that carries out orders, each a line of JSON, and answers each with another. */
export interface GoProgram {
  /** Gives an order and waits for the answer. Throws where the program ends instead. */
  ask(order: unknown): Promise<unknown>;
  /** Lets it end. It ends with this process in any case. */
  stop(): void;
}

const BUILD_LIMIT_MS = 5 * 60_000;

/** Builds the program of a folder beside this file and starts it. Where that cannot be done, prints why and gives `undefined`. */
export async function startGoProgram(name: string, folder: string): Promise<GoProgram | undefined> {
  const path = join(folder, name);
  // Sums of modules that were never to be had are written down when they are.
  const { code, output } = await runCommand("go", ["build", "-mod=mod", "-o", path, "."], {
    cwd: join(ROOT, "scripts/bench", name),
    timeoutMs: BUILD_LIMIT_MS,
  });
  if (code !== 0) {
    console.error(`${name}: the program cannot be built, so there is nothing to compare with:\n${output.trimEnd()}`);
    return undefined;
  }
  const child = spawn(path, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  return {
    async ask(order) {
      const answer = Promise.race([once(lines, "line"), once(lines, "close")]);
      child.stdin.write(`${JSON.stringify(order)}\n`);
      const [line] = await answer;
      if (line === undefined) throw new Error(`${name} has ended`);
      return JSON.parse(String(line));
    },
    stop: () => child.stdin.end(),
  };
}
