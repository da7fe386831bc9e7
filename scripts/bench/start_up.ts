import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { ROOT } from "../command.ts";
import { mustRun } from "./must_run.ts";
import { oneCallWorkflow, type Protocol } from "./order_workflow.ts";
import { ordersDescriptorSet } from "./orders_descriptors.ts";
import { type Servers, startServers } from "./servers.ts";
import { type Spread, spreadOf } from "./spread.ts";

/** What a program of Maestro's binary takes from its start to its end, beside a bare program that does the same. */
export interface StartUpRow {
  readonly command: string;
  /** Milliseconds. */
  readonly maestro: Spread;
  readonly bare: Spread;
  /** Milliseconds between the two in the same round. */
  readonly difference: Spread;
}

/** A command and its arguments. */
type Command = readonly [string, ...string[]];

interface Pair {
  readonly command: string;
  readonly maestro: Command;
  readonly bare: Command;
}

const WARM_UPS = 3;

/** Starts the binary and bare programs, compiled with the same settings, in turns. Builds all of them first. */
export async function benchStartUp({ rounds }: { readonly rounds: number }): Promise<StartUpRow[]> {
  const folder = await mkdtemp(join(tmpdir(), "maestro-bench-"));
  const servers = await startServers();
  try {
    await mustRun("node", ["scripts/build.ts"]);
    await writeFile(join(folder, "orders.binpb"), await ordersDescriptorSet());
    const pairs = [
      {
        command: "version",
        maestro: [join(ROOT, "dist/maestro"), "version"],
        bare: [await compileBare("version", folder)],
      },
      await oneCall("http", servers, folder),
      await oneCall("grpc", servers, folder),
    ] satisfies Pair[];
    const rows: StartUpRow[] = [];
    for (const pair of pairs) rows.push(await compare(pair, rounds));
    return rows;
  } finally {
    servers.stop();
    await rm(folder, { recursive: true });
  }
}

async function oneCall(protocol: Protocol, servers: Servers, folder: string): Promise<Pair> {
  const endpoint = servers[protocol];
  const workflow = join(folder, `${protocol}.yaml`);
  await writeFile(workflow, oneCallWorkflow(protocol, endpoint));
  const bare = await compileBare(`${protocol}_call`, folder);
  const input = '{"id":"ord-7f3a"}';
  return {
    command: `execute, one ${protocol === "http" ? "HTTP" : "gRPC"} call`,
    maestro: [join(ROOT, "dist/maestro"), "execute", workflow, "--quiet", "--store", "memory:", "--input", input],
    bare: [bare, endpoint, input, ...(protocol === "grpc" ? [join(folder, "orders.binpb")] : [])],
  };
}

/** Compiles a program of `bare/` the way in which the binary is compiled. */
async function compileBare(name: string, folder: string): Promise<string> {
  const path = join(folder, `bare_${name}`);
  const settings = ["--minify", "--splitting", "--bytecode", "--format=esm"];
  await mustRun("bun", ["build", "--compile", ...settings, `--outfile=${path}`, `scripts/bench/bare/${name}.ts`]);
  return path;
}

async function compare({ command, maestro, bare }: Pair, rounds: number): Promise<StartUpRow> {
  const own: number[] = [];
  const other: number[] = [];
  for (let round = -WARM_UPS; round < rounds; round++) {
    const isMaestroFirst = round % 2 === 0;
    const first = await timeOf(isMaestroFirst ? maestro : bare);
    const second = await timeOf(isMaestroFirst ? bare : maestro);
    if (round < 0) continue;
    own.push(isMaestroFirst ? first : second);
    other.push(isMaestroFirst ? second : first);
  }
  const difference = spreadOf(own.map((milliseconds, round) => milliseconds - other[round]!));
  return { command, maestro: spreadOf(own), bare: spreadOf(other), difference };
}

/** Milliseconds from the start of a program to its end. Rejects where it fails or prints nothing. */
function timeOf([command, ...args]: Command): Promise<number> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(command, args, { cwd: tmpdir(), env: environment(), stdio: ["ignore", "pipe", "inherit"] });
    let hasPrinted = false;
    child.stdout.once("data", () => hasPrinted = true).resume();
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0 && hasPrinted) resolve(performance.now() - start);
      else reject(new Error(`${command} ended with ${code}`));
    });
  });
}

/** Nothing of the surroundings goes into a measured program. */
function environment(): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", HOME: tmpdir() };
}
