import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import process from "node:process";
import { examplePath } from "../../examples/catalogue.ts";
import { scriptArguments } from "../storage/script_arguments.ts";

/** A program of `examples/` in a process of its own. */
export interface ProgramProcess {
  readonly child: ChildProcessWithoutNullStreams;
  /** Settles when it has ended, with what it printed; with what it complained about, where it did not end well. */
  readonly ended: Promise<readonly string[]>;
}

/** Starts a program of `examples/`, on the runtime that this test runs on. It is killed after a minute. */
export function startProgram(file: string, args: readonly string[] = []): ProgramProcess {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, [...scriptArguments(), examplePath(file), ...args], {
    env: { ...env, NO_COLOR: "1" },
    timeout: 60_000,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => stdout += text);
  child.stderr.setEncoding("utf8").on("data", (text: string) => stderr += text);
  const ended = new Promise<readonly string[]>((resolve) => {
    child.once("close", (code) => resolve(code === 0 ? stdout.trimEnd().split("\n") : [`ended with ${code}`, stderr]));
  });
  return { child, ended };
}
