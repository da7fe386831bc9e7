import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { CliResult } from "./run_cli.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A command in a process of its own. */
export interface CliProcess {
  readonly child: ChildProcessWithoutNullStreams;
  /** Sends it a signal. */
  signal(name: "SIGINT" | "SIGTERM" | "SIGKILL"): void;
  /** Settles when the process has ended. */
  readonly ended: Promise<CliResult>;
}

/**
 * Starts the command line as its users do, on the runtime that this test runs on. It is killed after a minute. Runs are kept in memory
 * unless `env` says otherwise.
 */
export function spawnCli(args: readonly string[], env: Readonly<Record<string, string>> = {}): CliProcess {
  const child = spawn(process.execPath, [...entryArguments(), ...args], {
    env: { ...process.env, NO_COLOR: "1", MAESTRO_STORE: "memory:", ...env },
    timeout: 60_000,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => stdout += text);
  child.stderr.setEncoding("utf8").on("data", (text: string) => stderr += text);
  // A command that ends without reading its input is no fault.
  child.stdin.on("error", () => undefined);
  const ended = new Promise<CliResult>((resolve) => {
    child.on("close", (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
  // After `child.kill()` Deno reports the signal as the end, whatever the process answers.
  return { child, signal: (name) => void process.kill(child.pid!, name), ended };
}

/** What stands before the arguments of the command line on the runtime that this test runs on. */
export function entryArguments(): readonly string[] {
  if (process.versions["bun"] !== undefined) return ["--no-install", join(ROOT, "src/runtime/bun.ts")];
  if (process.versions["deno"] !== undefined) return ["run", "-A", "--no-check", join(ROOT, "src/runtime/deno.ts")];
  return [join(ROOT, "src/runtime/node.ts")];
}
