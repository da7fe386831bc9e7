import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The root of the repository, without a slash at its end. */
export const ROOT: string = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");

/** What came of a command. */
export interface CommandResult {
  /** The exit code; 1 where a signal ended the command or it could not be started. */
  readonly code: number;
  /** stdout and stderr as they came. */
  readonly output: string;
  readonly milliseconds: number;
  readonly isTimedOut: boolean;
}

/** How a command is run. */
export interface CommandOptions {
  /** The working directory. @default the root of the repository */
  readonly cwd?: string | undefined;
  /** Laid over the environment; `undefined` removes a variable. @default nothing */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** After so many milliseconds the command and its children are killed. @default no limit */
  readonly timeoutMs?: number | undefined;
}

const running = new Set<number>();
/** Nothing that runs here writes for a terminal, asks for news, or shows its own stack. */
const QUIET = { NO_COLOR: "1", FORCE_COLOR: undefined, DENO_NO_UPDATE_CHECK: "1", RUST_BACKTRACE: "0" };
const isWindows = process.platform === "win32";

/**
 * Runs a command to its end and keeps what it prints.
 *
 * The folder of tools that npm installed comes first in the search path. The command leads a process group of its own,
 * which is killed as a whole when the time is up, or when this process is interrupted.
 */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const started = performance.now();
  const path = [join(ROOT, "node_modules", ".bin"), process.env["PATH"] ?? ""].join(delimiter);
  const child = spawn(command, args, {
    cwd: options.cwd ?? ROOT,
    env: { ...process.env, PATH: path, ...QUIET, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: !isWindows,
    shell: isWindows,
  });
  if (child.pid !== undefined) running.add(child.pid);
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => chunks.push(chunk));
  }
  let isTimedOut = false;
  const timer = options.timeoutMs === undefined ? undefined : setTimeout(() => {
    isTimedOut = true;
    killGroup(child.pid);
  }, options.timeoutMs);
  return new Promise((resolve) => {
    const settle = (code: number | null, note = ""): void => {
      clearTimeout(timer);
      if (child.pid !== undefined) running.delete(child.pid);
      const output = chunks.join("") + note;
      resolve({ code: code ?? 1, output, milliseconds: performance.now() - started, isTimedOut });
    };
    child.on("error", (error) => settle(1, `${command}: ${error.message}\n`));
    child.on("close", (code, signal) => settle(code, signal === null ? "" : `${command} was ended by ${signal}\n`));
  });
}

/** Calls `worker` for each item, at most `limit` at a time, and gives the results in the order of the items. */
export async function mapConcurrent<T, R>(
  items: readonly T[],
  limit: number,
  worker: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await worker(item, index);
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(limit, items.length)) }, lane));
  return results;
}

/** Writes milliseconds as people read them: `85 ms`, `4.2 s`, `3 m 05 s`. */
export function formatMilliseconds(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, "0")} s`;
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(isWindows ? pid : -pid, "SIGKILL");
  } catch {
    // The group is gone already.
  }
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    for (const pid of running) killGroup(pid);
    process.exit(signal === "SIGINT" ? 130 : 143);
  });
}
