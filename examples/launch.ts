import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { commandOf, type Program } from "./catalogue.ts";

/** One call as a service logged it. */
export interface LoggedCall {
  readonly service: string;
  /** `POST /path` or the method's name. */
  readonly call: string;
  /** The idempotency key that came with it. */
  readonly key?: string | null;
  readonly input?: unknown;
  readonly status: string | number;
  /** When it was answered, in milliseconds since 1970, with fractions. */
  readonly at: number;
  /** Whatever else the service had to say. */
  readonly [more: string]: unknown;
}

/** How a program is started. */
export interface LaunchOptions {
  /** Port to listen on. @default 0, which takes a free one */
  readonly port?: number;
  /** Added to the environment. @default {} */
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each call as it is logged. @default nothing */
  readonly onCall?: (call: LoggedCall) => void;
}

/** A program that runs and listens. */
export interface RunningProgram {
  readonly program: Program;
  readonly port: number;
  /** What an `endpoint` of its protocol looks like. */
  readonly endpoint: string;
  /** All calls so far, in the order in which they were answered. */
  readonly calls: readonly LoggedCall[];
  /** Ends the process and waits until it is gone. */
  stop(): Promise<void>;
}

/**
 * Starts a program and waits until it listens.
 *
 * @throws {Error} When it ends before that.
 */
export async function launch(program: Program, options: LaunchOptions = {}): Promise<RunningProgram> {
  const [command, ...args] = commandOf(program);
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...options.env, PORT: String(options.port ?? 0) },
  });
  let complaints = "";
  child.stderr.on("data", (chunk: Uint8Array) => complaints += new TextDecoder().decode(chunk));
  const gone = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", (error) => {
      complaints += error.message;
      resolve();
    });
  });

  const calls: LoggedCall[] = [];
  const port = await Promise.race([
    listen(child, calls, options.onCall),
    gone.then(() => Promise.reject(new Error(`"${program.name}" did not start: ${complaints.trim()}`))),
  ]);
  return {
    program,
    port,
    endpoint: `${program.protocol === "http" ? "http://" : ""}127.0.0.1:${port}`,
    calls,
    async stop() {
      child.kill("SIGKILL");
      await gone;
    },
  };
}

/** Reads the program's lines for ever; resolves with the port once it listens. */
function listen(
  child: ChildProcessByStdio<null, Readable, Readable>,
  calls: LoggedCall[],
  onCall: ((call: LoggedCall) => void) | undefined,
): Promise<number> {
  return new Promise((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const port = /^listening on (\d+)$/.exec(line)?.[1];
      if (port !== undefined) return resolve(Number(port));
      const call = JSON.parse(line) as LoggedCall;
      calls.push(call);
      onCall?.(call);
    });
  });
}
