import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "../command.ts";

/** The services of the benchmarks, running. */
export interface Servers {
  /** `127.0.0.1:port` by protocol. */
  readonly http: string;
  readonly grpc: string;
  /** Ends them. They end with this process in any case. */
  stop(): void;
}

/** Starts the services in a process of their own, so that only the callers are measured. */
export async function startServers(): Promise<Servers> {
  const node = join(ROOT, "node_modules", ".bin", "node");
  const child = spawn(node, [join(ROOT, "scripts/bench/server.ts")], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([once(lines, "line"), once(lines, "close")]);
  if (first.length === 0) throw new Error("The servers did not start");
  const addresses = JSON.parse(String(first[0])) as Pick<Servers, "http" | "grpc">;
  return { ...addresses, stop: () => child.stdin.end() };
}
