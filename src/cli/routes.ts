import { buildCommand, buildRouteMap, type RouteMap } from "@stricli/core";
import type { Cli } from "./cli.ts";
import type { ExecuteFlags } from "./commands/execute.ts";
import type { GraphFlags } from "./commands/graph.ts";
import type { TestFlags } from "./commands/test.ts";
import type { ValidateFlags } from "./commands/validate.ts";
import { asText, choice, flag, lazily, list, logFlags, output, storeFlags, toggle } from "./route_parts.ts";
import { diff, runs, why } from "./run_routes.ts";

/** Flags of commands that can answer with JSON. */
export type OutputFlags = {
  readonly output: "json" | undefined;
};

/** The names of all commands. */
export const COMMAND_NAMES: readonly string[] = [
  "execute",
  "validate",
  "graph",
  "test",
  "runs",
  "why",
  "diff",
  "schema",
  "init",
  "doctor",
  "completion",
  "version",
  "help",
];

/** Flags that stand alone; every other one is followed by its value. */
export const FLAGS_WITHOUT_VALUE: ReadonlySet<string> = new Set([
  ...["--quiet", "-q", "--online", "--help", "-h", "--all", "--follow", "-f", "--dry-run", "--coverage", "--chaos"],
  ...["--coverage", "--chaos"],
]);

const execute = buildCommand<ExecuteFlags, [string], Cli>({
  docs: {
    brief: "run a workflow to its end",
    fullDescription: [
      "Runs a workflow to its end and prints its output as JSON. FILE - reads the workflow from standard input.",
      "",
      "Exit codes: 0 completed, 1 failed with nothing undone, 2 wrong usage, 3 invalid workflow or input, 4 failed and",
      "fully compensated, 5 compensation failed or paused, 6 cancelled with nothing to undo, 7 store unreachable, 130",
      "and 143 interrupted: `maestro runs resume` goes on.",
    ].join("\n"),
  },
  func: lazily(async () => (await import("./commands/execute.ts")).execute),
  parameters: {
    flags: {
      input: flag("the input: a JSON object, @FILE, or - for standard input", "JSON"),
      set: list("sets one value of the input, as in --set user.age=30", "KEY=VALUE"),
      id: flag("the run's id; one that exists, of the same workflow and input, is followed", "ID"),
      endpoint: list("calls this address instead of the service's own", "SERVICE=ADDRESS"),
      envFile: flag("KEY=value lines for env.NAME", "FILE"),
      secretsFile: flag("KEY=value lines for secrets.NAME", "FILE"),
      timeout: flag("limit of the whole run, such as 30s or 1h30m", "DURATION"),
      output,
      quiet: toggle("show nothing but errors"),
      ...logFlags,
      ...storeFlags,
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
      online: toggle("ask live gRPC servers for their types"),
      format: choice("form of the findings", ["text", "json", "sarif", "github"]),
      output,
      envFile: flag("KEY=value lines for env.NAME, with --online", "FILE"),
      secretsFile: flag("KEY=value lines for secrets.NAME, with --online", "FILE"),
      config: storeFlags.config,
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
      format: choice("ascii unless said", ["mermaid", "dot", "svg", "ascii"]),
    },
    positional: { kind: "tuple", parameters: [{ brief: "the workflow", placeholder: "FILE", parse: asText }] },
  },
});

const test = buildCommand<TestFlags, string[], Cli>({
  docs: {
    brief: "run tests of workflows, with mocked services and virtual time",
    fullDescription: [
      "Runs the cases of NAME.test.yaml files and prints what came of them. A folder stands for the test files in and",
      "below it; without arguments, the current one.",
      "",
      "Exit codes: 0 all cases passed, 1 a case failed, 2 wrong usage, 3 an invalid file.",
    ].join("\n"),
  },
  func: lazily(async () => (await import("./commands/test.ts")).test),
  parameters: {
    flags: {
      filter: flag("only cases with this in their name", "TEXT"),
      junit: flag("write JUnit XML to this file, too", "FILE"),
      coverage: toggle("tell which steps, branches and compensations no case reaches"),
      chaos: toggle("fail every call, crash at every write, and check that each run still ends well"),
      output,
      config: storeFlags.config,
    },
    aliases: { o: "output" },
    positional: { kind: "array", parameter: { brief: "test files and folders", placeholder: "FILE", parse: asText } },
  },
});

const schema = buildCommand<Record<never, never>, [string?], Cli>({
  docs: { brief: "print the JSON Schema of workflows, or of their tests, for editors" },
  func: lazily(async () => (await import("./commands/schema.ts")).schema),
  parameters: {
    positional: {
      kind: "tuple",
      parameters: [{ brief: "workflow (unless said) or test", placeholder: "KIND", parse: asText, optional: true }],
    },
  },
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
  routes: { execute, validate, graph, test, runs, why, diff, schema, init, doctor, completion, version },
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
