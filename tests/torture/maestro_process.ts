import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import type { JsonValue } from "../../src/base/json.ts";

/** A command in a process of its own, with all that became of it. */
export interface MaestroProcess {
  /** From 1; its requests carry it. */
  readonly number: number;
  readonly args: readonly string[];
  readonly startedAt: number;
  /** The signals that it was sent, and when. */
  readonly signals: { readonly name: NodeJS.Signals; readonly at: number }[];
  /** Absent while it lives. */
  end?: ProcessEnd;
  readonly ended: Promise<ProcessEnd>;
  /** Sends a signal unless it has ended; tells whether it did. */
  signal(name: NodeJS.Signals): boolean;
}

/** How a process ended. */
export interface ProcessEnd {
  readonly at: number;
  /** The exit code; null where a signal ended it. */
  readonly code: number | null;
  readonly killedBy: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the compiled program, again and again. */
export class MaestroProcesses {
  readonly all: MaestroProcess[] = [];
  readonly #program: string;
  readonly #folder: string;

  /** `folder` is where the program is started; the store is in it. */
  constructor(program: string, folder: string) {
    this.#program = program;
    this.#folder = folder;
    // A process that is stopped would stay for ever.
    process.once("exit", () => this.killAll());
  }

  killAll(): void {
    for (const started of this.all) started.signal("SIGKILL");
  }

  start(args: readonly string[]): MaestroProcess {
    const number = this.all.length + 1;
    const child = spawn(this.#program, args, {
      cwd: this.#folder,
      env: {
        HOME: this.#folder,
        NO_COLOR: "1",
        MAESTRO_STORE: "sqlite:store/maestro.db",
        TORTURE_PROCESS: String(number),
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const started = new StartedProcess(number, args, child);
    this.all.push(started);
    return started;
  }

  /** Runs a command to its end, unharmed; rejects where it fails, unless a stalled process may be the reason: then it tries again. */
  async json(args: readonly string[]): Promise<JsonValue> {
    for (;;) {
      const started = this.start([...args, "-o", "json"]);
      const { code, stdout, stderr } = await started.ended;
      if (code === 0) return JSON.parse(stdout) as JsonValue;
      if (!isLockedOut(started, this.all)) throw new Error(`maestro ${args.join(" ")} ended with ${code}: ${stderr}`);
    }
  }
}

class StartedProcess implements MaestroProcess {
  readonly number: number;
  readonly args: readonly string[];
  readonly startedAt: number = Date.now();
  readonly signals: { readonly name: NodeJS.Signals; readonly at: number }[] = [];
  end?: ProcessEnd;
  readonly ended: Promise<ProcessEnd>;
  readonly #child: ChildProcess;

  constructor(number: number, args: readonly string[], child: ChildProcess) {
    this.number = number;
    this.args = args;
    this.#child = child;
    let stdout = "";
    let stderr = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => stdout += text);
    child.stderr?.setEncoding("utf8").on("data", (text: string) => stderr += text);
    this.ended = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, killedBy) => {
        this.end = { at: Date.now(), code: killedBy === null ? code : null, killedBy, stdout, stderr };
        resolve(this.end);
      });
    });
  }

  signal(name: NodeJS.Signals): boolean {
    if (this.end !== undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return false;
    const isSent = this.#child.kill(name);
    if (isSent) this.signals.push({ name, at: Date.now() });
    return isSent;
  }
}

/** Processes wait for so long for the lock of the store, in milliseconds; the margin is for those that are slow to begin. */
const LOCK_PATIENCE_MS = 25_000;

/** Whether a process gave up because another one was stopped for long while it held the lock of the store. */
export function isLockedOut({ startedAt, end }: MaestroProcess, all: readonly MaestroProcess[]): boolean {
  if (end?.code !== 7 || !end.stderr.includes("held its lock for too long")) return false;
  return all.some(({ signals }) => {
    const from = signals.find(({ name }) => name === "SIGSTOP")?.at ?? Infinity;
    const to = signals.find(({ name }) => name === "SIGCONT")?.at ?? Infinity;
    return Math.min(to, end.at) - Math.max(from, startedAt) > LOCK_PATIENCE_MS;
  });
}
