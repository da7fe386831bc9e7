import { buildCommand, buildRouteMap, type Command, type RouteMap } from "@stricli/core";
import type { Cli } from "./cli.ts";
import type { RunsListFlags } from "./commands/runs_list.ts";
import type { RunsLogsFlags } from "./commands/runs_logs.ts";
import type { RunsPruneFlags } from "./commands/runs_prune.ts";
import type { RunsRerunFlags } from "./commands/runs_rerun.ts";
import type { RunsResumeFlags } from "./commands/runs_resume.ts";
import type { RunsSignalFlags } from "./commands/runs_signal.ts";
import { asText, flag, lazily, list, logFlags, output, storeFlags, toggle } from "./route_parts.ts";
import type { DriveFlags } from "./run_session.ts";

/** Flags of commands that look into the store. */
export type StoreFlags = {
  readonly store: string | undefined;
  readonly encryptKeyFile: string | undefined;
  readonly output: "json" | undefined;
  readonly config: string | undefined;
};

const lookFlags = { ...storeFlags, output } as const;

const driveFlags = {
  ...lookFlags,
  envFile: flag("KEY=value lines for env.NAME, instead of the file that the run was started with", "FILE"),
  secretsFile: flag("KEY=value lines for secrets.NAME, instead of the file that the run was started with", "FILE"),
  quiet: toggle("show nothing but errors"),
  ...logFlags,
} as const;

const run = { brief: "a run's id, or at least six characters that it begins with", placeholder: "RUN", parse: asText };
const oneRun = { kind: "tuple", parameters: [run] } as const;
const workflow = { brief: "the workflow", placeholder: "FILE", parse: asText } as const;
const drives = { o: "output", q: "quiet" } as const;

const runsList = buildCommand<RunsListFlags, [], Cli>({
  docs: { brief: "list runs, the newest first" },
  func: lazily(async () => (await import("./commands/runs_list.ts")).runsList),
  parameters: {
    flags: {
      status: list("only runs of these statuses, with commas between them", "STATUS"),
      workflow: flag("only runs of this workflow", "NAME"),
      since: flag("only runs that began at or after this time: 2h, 7d, or RFC 3339", "TIME"),
      until: flag("only runs that began before this time", "TIME"),
      attribute: list("only runs with this attribute, as in --attribute customer=Ada", "NAME=VALUE"),
      text: flag("only runs with this in their id, workflow, error or attributes", "TEXT"),
      limit: flag("how many, 50 unless said", "NUMBER"),
      cursor: flag("where the page before ended", "CURSOR"),
      all: toggle("runs that other runs started, too"),
      ...lookFlags,
    },
    aliases: { o: "output", s: "status", w: "workflow" },
  },
});

const show = buildCommand<StoreFlags, [string], Cli>({
  docs: { brief: "show all of a run: steps, inputs, outputs, rollback, and what helps" },
  func: lazily(async () => (await import("./commands/runs_show.ts")).runsShow),
  parameters: { flags: lookFlags, aliases: { o: "output" }, positional: oneRun },
});

const logs = buildCommand<RunsLogsFlags, [string], Cli>({
  docs: { brief: "print what happened in a run as log lines" },
  func: lazily(async () => (await import("./commands/runs_logs.ts")).runsLogs),
  parameters: {
    flags: { follow: toggle("go on until the run has ended or is paused"), ...logFlags, ...lookFlags },
    aliases: { o: "output", f: "follow" },
    positional: oneRun,
  },
});

const resume = buildCommand<RunsResumeFlags, [string?], Cli>({
  docs: {
    brief: "go on with a run that was interrupted, waits or is paused",
    fullDescription: [
      "Goes on with a run where it was, follows it to its end and answers as `maestro execute` does. Where another",
      "process is at it, this one calls nothing and waits for that one.",
    ].join("\n"),
  },
  func: lazily(async () => (await import("./commands/runs_resume.ts")).runsResume),
  parameters: {
    flags: { all: toggle("every run that no process is at; paused ones are left alone"), ...driveFlags },
    aliases: drives,
    positional: { kind: "tuple", parameters: [{ ...run, optional: true }] },
  },
});

const cancel = buildCommand<DriveFlags, [string], Cli>({
  docs: { brief: "cancel a run, and undo what it has done" },
  func: lazily(async () => (await import("./commands/runs_cancel.ts")).runsCancel),
  parameters: { flags: driveFlags, aliases: drives, positional: oneRun },
});

const signal = buildCommand<RunsSignalFlags, [string, string], Cli>({
  docs: { brief: "send a signal to a run; it is kept until a step takes it" },
  func: lazily(async () => (await import("./commands/runs_signal.ts")).runsSignal),
  parameters: {
    flags: {
      data: flag("what the signal brings: JSON, @FILE, or - for standard input; null unless said", "JSON"),
      id: flag("a second signal of this id is dropped", "ID"),
      ...lookFlags,
    },
    aliases: { o: "output", d: "data" },
    positional: {
      kind: "tuple",
      parameters: [run, { brief: "the signal's name", placeholder: "NAME", parse: asText }],
    },
  },
});

const compensate = buildCommand<DriveFlags, [string], Cli>({
  docs: { brief: "try again what a rollback could not undo" },
  func: lazily(async () => (await import("./commands/runs_compensate.ts")).runsCompensate),
  parameters: { flags: driveFlags, aliases: drives, positional: oneRun },
});

const rerun = buildCommand<RunsRerunFlags, [string], Cli>({
  docs: { brief: "run an ended run again from a step on, as a new run" },
  func: lazily(async () => (await import("./commands/runs_rerun.ts")).runsRerun),
  parameters: {
    flags: {
      from: flag("the step at which the new run begins; it and what depends on it run again", "STEP"),
      id: flag("the new run's id", "ID"),
      ...driveFlags,
    },
    aliases: drives,
    positional: oneRun,
  },
});

const exportRun = buildCommand<StoreFlags, [string], Cli>({
  docs: { brief: "print all of a run as one JSON document: record, definition, journal, mail" },
  func: lazily(async () => (await import("./commands/runs_export.ts")).runsExport),
  parameters: { flags: lookFlags, aliases: { o: "output" }, positional: oneRun },
});

const prune = buildCommand<RunsPruneFlags, [], Cli>({
  docs: { brief: "delete runs that ended long ago, with the runs that they started" },
  func: lazily(async () => (await import("./commands/runs_prune.ts")).runsPrune),
  parameters: {
    flags: {
      olderThan: flag("how long ago they must have ended, such as 30d or 12h", "DURATION"),
      status: list("only runs of these statuses, with commas between them", "STATUS"),
      dryRun: toggle("only say how many there are"),
      ...lookFlags,
    },
    aliases: { o: "output" },
  },
});

const migrate = buildCommand<StoreFlags, string[], Cli>({
  docs: { brief: "move unfinished runs to another version of their workflow" },
  func: lazily(async () => (await import("./commands/runs_migrate.ts")).runsMigrate),
  parameters: {
    flags: lookFlags,
    aliases: { o: "output" },
    positional: {
      kind: "array",
      minimum: 1,
      parameter: {
        brief: "the workflow, then runs; without any, all that can move",
        placeholder: "FILE|RUN",
        parse: asText,
      },
    },
  },
});

/** `maestro runs …`. */
export const runs: RouteMap<Cli> = buildRouteMap({
  routes: { list: runsList, show, logs, resume, cancel, signal, compensate, rerun, export: exportRun, prune, migrate },
  docs: { brief: "work with the runs in the store" },
});

/** What stands behind `runs`. */
export const ACTION_NAMES: readonly string[] = runs.getAllEntries().map(({ name }) => name.original);

/** `maestro why RUN`. */
export const why: Command<Cli> = buildCommand<StoreFlags, [string], Cli>({
  docs: { brief: "say in words why a run waits, is slow or failed, and which command helps" },
  func: lazily(async () => (await import("./commands/why.ts")).why),
  parameters: { flags: lookFlags, aliases: { o: "output" }, positional: oneRun },
});

/** `maestro diff FILE`. */
export const diff: Command<Cli> = buildCommand<StoreFlags, [string], Cli>({
  docs: { brief: "tell which unfinished runs could go on with a changed workflow" },
  func: lazily(async () => (await import("./commands/diff.ts")).diff),
  parameters: { flags: lookFlags, aliases: { o: "output" }, positional: { kind: "tuple", parameters: [workflow] } },
});
