// Shows what Maestro does, in two runs of one workflow with real services: one that goes well, one that is rolled back.
// `npm run demo`
import { spawn } from "node:child_process";
import process from "node:process";
import { styleText } from "node:util";
import { commandOf, EXAMPLES, type Program, PROGRAMS } from "../examples/catalogue.ts";
import { ROOT } from "./command.ts";
import { launch, type LoggedCall, type RunningProgram } from "../examples/launch.ts";

const FOLDER = "examples/order_processing";
const SERVICES: readonly (readonly [string, Program])[] = Object.entries(EXAMPLES["order_processing"] ?? {})
  .map(([name, program]) => [name, PROGRAMS[program] as Program]);
/** What each call of the example undoes. */
const UNDOES: readonly (readonly [RegExp, string])[] = [
  [/^DELETE \/labels/, "print_label"],
  [/^Refund$/, "charge_card"],
  [/^Release$/, "reserve_stock"],
];

const calls: LoggedCall[] = [];
const running: RunningProgram[] = [];
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    for (const program of running) void program.stop();
    process.exit(1);
  });
}
process.exitCode = 1;
try {
  await startServices();
  await show({
    title: "Run 1: an order that goes well",
    input: "input.json",
    exitCode: 0,
    lesson: "The card network was busy. Maestro asked again with the same idempotency key, so nobody pays twice.",
  });
  await show({
    title: "Run 2: an order to a city that no van goes to",
    input: "input_unreachable_city.json",
    exitCode: 4,
    lesson: "The last step failed for good. What the three before it had done was undone, the last one first.",
  });
  say(`Read ${bold(`${FOLDER}/workflow.yaml`)}: it is all that Maestro was told.`);
  process.exitCode = 0;
} finally {
  await Promise.all(running.map((program) => program.stop()));
}

async function startServices(): Promise<void> {
  say(title("Three services, each a program of its own; none knows of Maestro"));
  for (const [name, program] of SERVICES) {
    const service = await launch(program, { onCall: (call) => calls.push(call) });
    running.push(service);
    const source = commandOf(program).at(-1)?.slice(ROOT.length + 1);
    say(`  ${bold(name.padEnd(10))} ${program.protocol.padEnd(5)} ${service.endpoint.padEnd(24)} ${dim(source ?? "")}`);
  }
  say("");
}

interface Act {
  readonly title: string;
  readonly input: string;
  readonly exitCode: number;
  /** What one has seen. */
  readonly lesson: string;
}

async function show(act: Act): Promise<void> {
  say(title(act.title));
  const args = ["execute", `${FOLDER}/workflow.yaml`, "--input", `@${FOLDER}/${act.input}`];
  const endpoints = SERVICES.map(([name], index) => `--endpoint ${name}=${running[index]?.endpoint}`);
  say(`$ ${bold(`maestro ${args.join(" ")}`)} \\\n    ${dim(endpoints.join(" \\\n    "))}`);
  calls.length = 0;
  const code = await execute([...args, ...endpoints.flatMap((flag) => flag.split(" "))]);
  say(dim(`exit code ${code}`));
  if (code !== act.exitCode) throw new Error(`The demo expected exit code ${act.exitCode}`);
  showCalls();
  say(`\n${act.lesson}\n`);
}

function execute(args: readonly string[]): Promise<number | null> {
  // On a pipe the progress goes where the rest goes, so that nothing is out of order.
  const child = spawn(process.execPath, ["src/runtime/node.ts", ...args], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", process.stdout.isTTY ? "inherit" : 1],
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
}

/** Lists what the services say that they got, in the order in which they got it. */
function showCalls(): void {
  say("\nWhat the services got, in this order:");
  const seen = new Set<unknown>();
  const ordered = [...calls].sort((one, other) => one.at - other.at);
  for (const [index, { service, call, key, status }] of ordered.entries()) {
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
