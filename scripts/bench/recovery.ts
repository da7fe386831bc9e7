import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { ROOT } from "../command.ts";
import { mustRun } from "./must_run.ts";
import { recoverAll } from "./recoverer.ts";
import { type Spread, spreadOf } from "./spread.ts";
import { BareProgram, openTracedStore } from "./traced_store.ts";

/** How long it takes to go on after `kill -9`. Times are milliseconds. */
export interface RecoveryRow {
  readonly runs: number;
  /** From the start of a new process until every run has made its call again, and until all have ended. */
  readonly called: Spread;
  readonly ended: Spread;
  /** The statements of all that by a bare program. */
  readonly bare: Spread;
  /** From the start of `maestro runs resume ID`, one of these runs, until its service hears of it. */
  readonly resumed: Spread;
}

const RUNS = 10_000;
const SCRIPT = "scripts/bench/recovery_process.ts";

/** Kills a process with 10,000 runs, each with a step in flight, and recovers copies of what it leaves. Builds the binary first. */
export async function benchRecovery(
  { runtime, rounds }: { readonly runtime: Runtime; readonly rounds: number },
): Promise<RecoveryRow[]> {
  await mustRun("node", ["scripts/build.ts"]);
  const folder = await mkdtemp(join(tmpdir(), "maestro-bench-"));
  const service = await SilentService.start();
  try {
    const store = join(folder, "interrupted");
    const lastId = await interrupt(join(store, "runs.db"), service.endpoint);
    const copy = async (): Promise<string> => {
      await rm(join(folder, "copy"), { recursive: true, force: true });
      await cp(store, join(folder, "copy"), { recursive: true });
      return join(folder, "copy", "runs.db");
    };
    const { storage, statements } = await openTracedStore(await copy());
    await recoverAll({ runtime, storage }, RUNS);
    const times = { called: [] as number[], ended: [] as number[], bare: [] as number[], resumed: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      const { calledAt, endedAt } = JSON.parse(await mustRun("bun", [SCRIPT, "recover", await copy(), String(RUNS)]));
      times.called.push(calledAt);
      times.ended.push(endedAt);
      const bare = await BareProgram.open(await copy());
      const execute = bare.prepare(statements);
      times.bare.push(timeOf(execute));
      bare.close();
      times.resumed.push(await resume(await copy(), lastId, service));
    }
    return [{
      runs: RUNS,
      called: spreadOf(times.called),
      ended: spreadOf(times.ended),
      bare: spreadOf(times.bare),
      resumed: spreadOf(times.resumed),
    }];
  } finally {
    service.stop();
    await rm(folder, { recursive: true });
  }
}

/** Starts the runs in a process of its own and kills it; gives the id of the last run. */
async function interrupt(path: string, endpoint: string): Promise<string> {
  const args = [SCRIPT, "interrupt", path, String(RUNS), endpoint];
  const child = spawn("bun", args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([once(lines, "line"), once(lines, "close")]);
  if (first.length === 0) throw new Error("The runs did not start");
  child.kill("SIGKILL");
  await once(child, "close");
  return String(first[0]);
}

/** Milliseconds from the start of the command to the call. */
async function resume(path: string, runId: string, service: SilentService): Promise<number> {
  const start = performance.now();
  const called = service.nextCall();
  const args = ["runs", "resume", runId, "--quiet", "--store", `sqlite:${path}`];
  const child = spawn(join(ROOT, "dist/maestro"), args, {
    cwd: tmpdir(),
    env: { PATH: process.env["PATH"] ?? "", HOME: tmpdir() },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = once(child, "close");
  const { answer } = await called;
  const time = performance.now() - start;
  answer();
  const [code] = await ended;
  if (code !== 0) throw new Error(`maestro runs resume ended with ${code}`);
  return time;
}

function timeOf(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** A service that answers only when it is told to. */
class SilentService {
  readonly #server: Server;
  #onCall: ((response: ServerResponse) => void) | undefined;

  static async start(): Promise<SilentService> {
    const service = new SilentService();
    service.#server.listen(0, "127.0.0.1");
    await once(service.#server, "listening");
    return service;
  }

  private constructor() {
    this.#server = createServer((request, response) => {
      request.resume().once("end", () => this.#onCall?.(response));
    });
  }

  get endpoint(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves when the next call has arrived. */
  nextCall(): Promise<{ answer(): void }> {
    return new Promise((resolve) => {
      this.#onCall = (response) => {
        this.#onCall = undefined;
        resolve({ answer: () => response.writeHead(200, { "content-type": "application/json" }).end("{}") });
      };
    });
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
