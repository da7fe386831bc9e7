import { createCli } from "../../src/cli/cli.ts";
import { runCommandLine } from "../../src/cli/command_line.ts";
import { files } from "../../src/runtime/files.ts";
import { createHost } from "../../src/runtime/process.ts";
import type { Host, OutputStream } from "../../src/runtime/runtime.ts";

/** What a command left behind. */
export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The surroundings of a command; what is not given is empty. */
export interface CliOptions {
  /** Runs are kept in memory unless `MAESTRO_STORE` says otherwise; empty, it leaves the choice to the command. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

const DEFAULTS: Readonly<Record<string, string>> = { MAESTRO_STORE: "memory:" };

/** Runs a command of the command line inside this process, with an environment and streams of its own. */
export async function runCli(args: readonly string[], { env = {}, stdin = "" }: CliOptions = {}): Promise<CliResult> {
  const stdout = collect();
  const stderr = collect();
  const real = createHost("node");
  const host: Host = {
    ...real,
    args,
    stdin: { isTerminal: false, readText: () => Promise.resolve(stdin) },
    stdout: stdout.stream,
    stderr: stderr.stream,
    files,
    env: (name) => env[name] ?? DEFAULTS[name],
    exit: (code) => {
      throw new Error(`exit ${code}`);
    },
  };
  const code = await runCommandLine(createCli(host), args);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function collect(): { readonly stream: OutputStream; text(): string } {
  let all = "";
  return {
    stream: {
      isTerminal: false,
      size: () => ({ columns: 80, rows: 24 }),
      write: (text) => {
        all += text;
      },
    },
    text: () => all,
  };
}
