import { buildCommand, buildRouteMap, type CommandFunction, type RouteMap } from "@stricli/core";
import type { Cli } from "./cli.ts";
import type { ExecuteFlags } from "./commands/execute.ts";
import type { GraphFlags } from "./commands/graph.ts";
import type { ValidateFlags } from "./commands/validate.ts";
import { reportError } from "./report_error.ts";

/** A command's code: gets the parsed flags and arguments, gives the exit code. */
type Run<Flags, Args extends readonly (string | undefined)[]> = (
  cli: Cli,
  flags: Flags,
  ...args: Args
) => Promise<number>;

/** Flags of commands that can answer with JSON. */
export type OutputFlags = {
  readonly output: "json" | undefined;
};

/** The names of all commands. */
export const COMMAND_NAMES: readonly string[] = [
  "execute",
  "validate",
  "graph",
  "schema",
  "init",
  "doctor",
  "completion",
  "version",
  "help",
];

/** Flags that stand alone; every other one is followed by its value. */
export const FLAGS_WITHOUT_VALUE: ReadonlySet<string> = new Set(["--quiet", "-q", "--online", "--help", "-h"]);

const output = { kind: "enum", values: ["json"], optional: true, brief: "answer with one JSON object" } as const;
const config = flag("the config file", "FILE");

const execute = buildCommand<ExecuteFlags, [string], Cli>({
  docs: {
    brief: "run a workflow to its end",
    fullDescription: [
      "Runs a workflow to its end and prints its output as JSON. FILE - reads the workflow from standard input.",
      "",
      "Exit codes: 0 completed, 1 failed with nothing undone, 2 wrong usage, 3 invalid workflow or input, 4 failed and",
      "fully compensated, 5 compensation failed, 6 cancelled with nothing to undo, 7 store unreachable, 130 and 143",
      "interrupted.",
    ].join("\n"),
  },
  func: lazily(async () => (await import("./commands/execute.ts")).execute),
  parameters: {
    flags: {
      input: flag("the input: a JSON object, @FILE, or - for standard input", "JSON"),
      set: list("sets one value of the input, as in --set user.age=30", "KEY=VALUE"),
      id: flag("the run's id", "ID"),
      endpoint: list("calls this address instead of the service's own", "SERVICE=ADDRESS"),
      envFile: flag("KEY=value lines for env.NAME", "FILE"),
      secretsFile: flag("KEY=value lines for secrets.NAME", "FILE"),
      store: flag("where runs are kept: memory:", "URL"),
      timeout: flag("limit of the whole run, such as 30s or 1h30m", "DURATION"),
      output,
      quiet: { kind: "boolean", optional: true, brief: "show nothing but errors", withNegated: false },
      logFormat: { kind: "enum", values: ["json", "text"], optional: true, brief: "log lines instead of progress" },
      logLevel: {
        kind: "enum",
        values: ["debug", "info", "warn", "error"],
        optional: true,
        brief: "least level of log lines; debug shows inputs and outputs",
      },
      config,
    },
    aliases: { o: "output", i: "input", s: "set", e: "endpoint", q: "quiet" },
    positional: { kind: "tuple", parameters: [{ brief: "the workflow", placeholder: "FILE", parse: asText }] },
  },
});

const validate = buildCommand<ValidateFlags, string[], Cli>({
  docs: { brief: "check workflows without running them" },
  func: lazily(async () => (await import("./commands/validate.ts")).validate),
  parameters: {
    flags: {
      online: { kind: "boolean", optional: true, brief: "ask live gRPC servers for their types", withNegated: false },
      format: {
        kind: "enum",
        values: ["text", "json", "sarif", "github"],
        optional: true,
        brief: "form of the findings",
      },
      output,
      envFile: flag("KEY=value lines for env.NAME, with --online", "FILE"),
      secretsFile: flag("KEY=value lines for secrets.NAME, with --online", "FILE"),
      config,
    },
    aliases: { o: "output" },
    positional: { kind: "array", minimum: 1, parameter: { brief: "workflows", placeholder: "FILE", parse: asText } },
  },
});

const graph = buildCommand<GraphFlags, [string], Cli>({
  docs: { brief: "draw a workflow" },
  func: lazily(async () => (await import("./commands/graph.ts")).graph),
  parameters: {
    flags: {
      format: { kind: "enum", values: ["mermaid", "dot", "svg", "ascii"], optional: true, brief: "ascii unless said" },
    },
    positional: { kind: "tuple", parameters: [{ brief: "the workflow", placeholder: "FILE", parse: asText }] },
  },
});

const schema = buildCommand<Record<never, never>, [], Cli>({
  docs: { brief: "print the JSON Schema of workflows, for editors" },
  func: lazily(async () => (await import("./commands/schema.ts")).schema),
  parameters: {},
});

const init = buildCommand<Record<never, never>, [string?], Cli>({
  docs: { brief: "write a starter project" },
  func: lazily(async () => (await import("./commands/init.ts")).init),
  parameters: {
    positional: {
      kind: "tuple",
      parameters: [{ brief: "the folder; this one unless said", placeholder: "DIR", parse: asText, optional: true }],
    },
  },
});

const doctor = buildCommand<OutputFlags, [], Cli>({
  docs: { brief: "check the surroundings" },
  func: lazily(async () => (await import("./commands/doctor.ts")).doctor),
  parameters: { flags: { output }, aliases: { o: "output" } },
});

const completion = buildCommand<Record<never, never>, [string], Cli>({
  docs: { brief: "print a script that completes commands and flags in a shell" },
  func: lazily(async () => (await import("./commands/completion.ts")).completion),
  parameters: {
    positional: { kind: "tuple", parameters: [{ brief: "bash, zsh or fish", placeholder: "SHELL", parse: asText }] },
  },
});

const version = buildCommand<OutputFlags, [], Cli>({
  docs: { brief: "print the version" },
  func: lazily(async () => (await import("./commands/version.ts")).version),
  parameters: { flags: { output }, aliases: { o: "output" } },
});

/** Every command with its flags; the code of each is loaded when it runs. */
export const routes: RouteMap<Cli> = buildRouteMap({
  routes: { execute, validate, graph, schema, init, doctor, completion, version },
  aliases: { run: "execute" },
  docs: {
    brief: "Maestro glues services into workflows that survive failure.",
    fullDescription: [
      "Maestro glues services into workflows that survive failure.",
      "",
      "`maestro help COMMAND` explains a command and its flags, which may stand before or after its arguments.",
      "Flags win over MAESTRO_* variables (MAESTRO_STORE, MAESTRO_LOG_LEVEL, …), these over the config file.",
    ].join("\n"),
  },
});

/** Arguments are kept as they are. */
function asText(value: string): string {
  return value;
}

function flag(brief: string, placeholder: string) {
  return { kind: "parsed", parse: asText, optional: true, brief, placeholder } as const;
}

function list(brief: string, placeholder: string) {
  return { kind: "parsed", parse: asText, optional: true, variadic: true, brief, placeholder } as const;
}

/** Runs a command whose code is loaded only now; errors are told here, so that none reaches the parser. */
function lazily<Flags extends Readonly<Record<string, unknown>>, Args extends readonly (string | undefined)[]>(
  load: () => Promise<Run<Flags, Args>>,
): CommandFunction<Flags, Args, Cli> {
  return async function (flags, ...args) {
    try {
      this.exitCode = await (await load())(this, flags, ...args);
    } catch (error) {
      this.exitCode = reportError(this, error);
    }
  };
}
