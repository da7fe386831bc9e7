import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The path of a program that uses Maestro as its users do. */
export function consumerPath(name: string): string {
  return fileURLToPath(new URL(`consumer/${name}`, import.meta.url));
}

/** What `front_ends.ts` prints where all is well. */
export const FRONT_ENDS_OUTPUT =
  'in_code completed {"doubled":4}\nas_graph completed {"sum":5}\nin_yaml completed {"price":6}\n';

/** What `tools.ts` prints where all is well. */
export const TOOLS_OUTPUT = '{"price":3} 2\ntrue 0\n';

/** How a program ended, and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program in a folder, on the runtime that this test runs on. It is killed after a minute. */
export function runProgram(folder: string, args: readonly string[]): Promise<Ended> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child: ChildProcess = spawn(process.execPath, [...runtimeArguments(), ...args], {
    cwd: folder,
    env: { ...env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    timeout: 60_000,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => stdout += text);
  child.stderr?.setEncoding("utf8").on("data", (text: string) => stderr += text);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}

function runtimeArguments(): readonly string[] {
  if (process.versions["bun"] !== undefined) return ["--no-install"];
  if (process.versions["deno"] !== undefined) return ["run", "-A", "--no-check"];
  return ["--no-warnings"];
}

/** A server on a free port of this machine. */
export interface LocalServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves texts by path; each with the type of JavaScript or of JSON. */
export async function serve(read: (path: string) => string | undefined): Promise<LocalServer> {
  const server: Server = createServer((request, response) => {
    const path = request.url ?? "";
    const text = read(path);
    const types = { js: "text/javascript", ts: "text/typescript" };
    const type = path.endsWith(".js") ? types.js : path.endsWith(".ts") ? types.ts : "application/json";
    response.writeHead(text === undefined ? 404 : 200, { "content-type": type }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The service that the programs ask for prices. */
export function servePrices(): Promise<LocalServer> {
  return serve((path) => path === "/price/tea" ? '{"price":3}' : undefined);
}
