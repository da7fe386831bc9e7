// Shows what Maestro does, in three runs of one workflow with real services: one that goes well, one that is rolled back, and one whose
// program is killed half-way and resumed. `npm run demo`
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { styleText } from "node:util";
import { commandOf, EXAMPLES, type Program, PROGRAMS } from "../examples/catalogue.ts";
import { ROOT } from "./command.ts";
import { launch, type LoggedCall, type RunningProgram } from "../examples/launch.ts";

const EXAMPLE = "examples/order_processing";
const SERVICES: readonly (readonly [string, Program])[] = Object.entries(EXAMPLES["order_processing"] ?? {})
  .map(([name, program]) => [name, PROGRAMS[program] as Program]);
/** What each call of the example undoes. */
const UNDOES: readonly (readonly [RegExp, string])[] = [
  [/^DELETE \/labels/, "print_label"],
  [/^Refund$/, "charge_card"],
  [/^Release$/, "reserve_stock"],
];
/** So long a call needs at most to reach a service. */
const ON_THE_WAY_MS = 400;
/** So long the carrier takes in the third run: there has to be a middle to be killed in. */
const SLOW_MS = 1_200;

const folder = mkdtempSync(join(tmpdir(), "maestro-demo-"));
const calls: LoggedCall[] = [];
const running: RunningProgram[] = [];
/** By service name. */
const endpoints = new Map<string, string>();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    for (const program of running) void program.stop();
    rmSync(folder, { recursive: true, force: true });
    process.exit(1);
  });
}
process.exitCode = 1;
try {
  await startServices();
  await showRun({
    title: "Run 1: an order that goes well",
    input: "input.json",
    exitCode: 0,
    lesson: "The card network was busy. Maestro asked again with the same idempotency key, so nobody pays twice.",
  });
  await showRun({
    title: "Run 2: an order to a city that no van goes to",
    input: "input_unreachable_city.json",
    exitCode: 4,
    lesson: "The last step failed for good. What the three before it had done was undone, the last one first.",
  });
  await showKill();
  say(`Read ${bold(`${EXAMPLE}/workflow.yaml`)}: it is all that Maestro was told.`);
  process.exitCode = 0;
} finally {
  await Promise.all(running.map((program) => program.stop()));
  rmSync(folder, { recursive: true, force: true });
}

async function startServices(): Promise<void> {
  say(title("Three services, each a program of its own; none knows of Maestro"));
  for (const [name, program] of SERVICES) {
    const { endpoint } = await start(name, program);
    const source = commandOf(program).at(-1)?.slice(ROOT.length + 1);
    say(`  ${bold(name.padEnd(10))} ${program.protocol.padEnd(5)} ${endpoint.padEnd(24)} ${dim(source ?? "")}`);
  }
  say("");
}

async function start(name: string, program: Program, env: Record<string, string> = {}): Promise<RunningProgram> {
  const service = await launch(program, { env, onCall: (call) => calls.push(call) });
  running.push(service);
  endpoints.set(name, service.endpoint);
  return service;
}

interface Act {
  readonly title: string;
  readonly input: string;
  readonly exitCode: number;
  /** What one has seen. */
  readonly lesson: string;
}

async function showRun(act: Act): Promise<void> {
  say(title(act.title));
  calls.length = 0;
  await expectCode(maestro(executeArguments(act.input)), act.exitCode);
  showCalls();
  say(`\n${act.lesson}\n`);
}

/** A run whose program is killed in the middle of a call, and that another program goes on with. */
async function showKill(): Promise<void> {
  say(title("Run 3: an order whose program is killed half-way"));
  const [name, carrier] = SERVICES.find(([service]) => service === "carrier")!;
  await start(name, carrier, { DELAY_MS: String(SLOW_MS) });
  calls.length = 0;
  const id = "order-3";
  const killed = maestro(executeArguments("input.json", "--set", `order_id=${id}`, "--id", id), "pipe");
  await killWhen(killed, "print_label: calling");
  say(styleText("red", "kill -9: the program is gone, in the middle of a call"));
  await answered("POST /labels");
  const callsBefore = calls.length;
  say(`\nAll that is left of it is a file, ${join(folder, "runs.db")}. Another program goes on:\n`);
  await expectCode(maestro(["runs", "resume", id]), 0);
  showCalls(callsBefore);
  say("\nWhat had completed was not called again. The call that was under way was sent again, with the same");
  say("idempotency key, so the carrier gave the label that it had printed already.\n");
}

function executeArguments(input: string, ...more: readonly string[]): string[] {
  const flags = [...endpoints].flatMap(([name, endpoint]) => ["--endpoint", `${name}=${endpoint}`]);
  return ["execute", `${EXAMPLE}/workflow.yaml`, "--input", `@${EXAMPLE}/${input}`, ...more, ...flags];
}

/** Starts Maestro, as the command that is shown would. Runs are kept in a folder that goes with the demo. */
function maestro(args: readonly string[], stderr?: "pipe"): ChildProcess {
  const [first = "", ...flags] = args.join(" ").split(" --endpoint ");
  const lines = flags.map((flag) => dim(`    --endpoint ${flag}`));
  say([`$ ${bold(`maestro ${first}`)}`, ...lines].join(" \\\n"));
  // On a pipe the progress goes where the rest goes, so that nothing is out of order.
  return spawn(process.execPath, ["src/runtime/node.ts", ...args], {
    cwd: ROOT,
    env: { ...process.env, MAESTRO_STORE: `sqlite:${join(folder, "runs.db")}` },
    stdio: ["ignore", "inherit", stderr ?? (process.stdout.isTTY ? "inherit" : 1)],
  });
}

async function expectCode(child: ChildProcess, expected: number): Promise<void> {
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  say(dim(`exit code ${code}`));
  if (code !== expected) throw new Error(`The demo expected exit code ${expected}`);
}

/** Shows what a program says, and kills it soon after it has said something: when the call that it told of is under way. */
async function killWhen(child: ChildProcess, words: string): Promise<void> {
  const gone = new Promise((resolve) => child.once("close", resolve));
  for await (const line of createInterface({ input: child.stderr as Readable })) {
    say(line);
    if (!line.includes(words)) continue;
    await sleep(ON_THE_WAY_MS);
    child.kill("SIGKILL");
  }
  await gone;
  if (child.signalCode === null) throw new Error("The demo expected to be faster than the order");
}

/** Waits until a service has answered a call, whether or not somebody still listens. */
async function answered(call: string): Promise<void> {
  const deadline = performance.now() + 2 * SLOW_MS;
  while (!calls.some((logged) => logged.call === call) && performance.now() < deadline) await sleep(20);
}

/** Lists what the services say that they got, in the order in which they got it; the first so many came before the program was killed. */
function showCalls(before?: number): void {
  say("\nWhat the services got, in this order:");
  const seen = new Set<unknown>();
  const ordered = [...calls].sort((one, other) => one.at - other.at);
  for (const [index, { service, call, key, status }] of ordered.entries()) {
    if (index === before) say(styleText("red", `  ──  kill -9, and ${bold("maestro runs resume")}  ${"─".repeat(44)}`));
    const isGood = status === "OK" || (typeof status === "number" && status < 300);
    const undoes = UNDOES.find(([pattern]) => pattern.test(call))?.[1];
    const note = undoes !== undefined
      ? styleText("yellow", `↩ undoes ${undoes}`)
      : seen.has(key)
      ? styleText("cyan", "↻ the same call again, with the same idempotency key")
      : "";
    seen.add(key);
    const answer = styleText(isGood ? "green" : "red", String(status).padEnd(18));
    say(`  ${String(index + 1).padStart(2)}  ${service.padEnd(10)} ${call.padEnd(29)} ${answer} ${note}`.trimEnd());
  }
}

function title(text: string): string {
  return bold(`── ${text} ${"─".repeat(Math.max(3, 76 - text.length))}`);
}

function bold(text: string): string {
  return styleText("bold", text);
}

function dim(text: string): string {
  return styleText("dim", text);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
