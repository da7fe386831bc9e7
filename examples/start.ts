// Starts the services of an example on the ports that its workflow names, and shows the calls that they get; runs a program itself:
//
//     npm run example -- order_processing
//     npm run example -- code/signal
import { existsSync, readFileSync } from "node:fs";
import { styleText } from "node:util";
import { parse } from "yaml";
import { examplePath, EXAMPLES, PROGRAMS } from "./catalogue.ts";
import { launch, type LoggedCall, type RunningProgram } from "./launch.ts";

const name = process.argv[2] ?? "";
const services = EXAMPLES[name];
if (services !== undefined) await startServices(services);
else if (/^\w+\/[\w/]+$/.test(name) && existsSync(examplePath(`${name}.ts`))) {
  // The program finds what is meant for it where it looks when it is started by itself.
  process.argv.splice(1, 2, examplePath(`${name}.ts`));
  await import(`./${name}.ts`);
} else {
  console.error(`Say which example: ${Object.keys(EXAMPLES).join(", ")}, or a program such as code/simple`);
  process.exitCode = 2;
}

async function startServices(behind: Readonly<Record<string, string>>): Promise<void> {
  const workflow = parse(readFileSync(examplePath(`${name}/workflow.yaml`), "utf8")) as {
    services: Record<string, { endpoint: string }>;
  };
  const running = new Map<number, RunningProgram>();
  for (const [service, programName] of Object.entries(behind)) {
    const program = PROGRAMS[programName];
    const port = Number(/:(\d+)/.exec(workflow.services[service]?.endpoint ?? "")?.[1]);
    if (program === undefined || running.has(port)) continue;
    running.set(port, await launch(program, { port, onCall: show }));
    console.log(`${programName} (${program.language}, ${program.protocol}) listens on ${port}`);
  }
  console.log("Ctrl-C stops them.\n");

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, async () => {
      await Promise.all([...running.values()].map((service) => service.stop()));
      process.exit(0);
    });
  }
}

function show(call: LoggedCall): void {
  const input = JSON.stringify(call.input) ?? "";
  console.log(`${styleText("bold", call.service.padEnd(10))} ${call.call} ${styleText("dim", input)} → ${call.status}`);
}
