import type { Redactor } from "../../base/redact.ts";
import type { RunResult } from "../../maestro.ts";
import { openRunLog } from "../../open_run_log.ts";
import type { Cli } from "../cli.ts";
import { describeRun, type RunAdvice } from "../report_run.ts";
import type { RunListener } from "../run_events.ts";
import type { Settings } from "../settings.ts";
import { LineProgress } from "./line_progress.ts";
import { TreeProgress } from "./tree_progress.ts";

/** How a run is shown on standard error while it goes on, and what is said of its end. */
export interface Progress {
  /** Hears the run; `undefined` spares the engine the telling. */
  readonly onEvent: RunListener | undefined;
  /** Tells the user something that is no event of the run. */
  note(text: string): void;
  /** Says how a run that did not complete went wrong, and what a person can do. */
  report(result: RunResult, advice?: RunAdvice): void;
  /** Draws the last state and gives the terminal back. May be called more than once. */
  stop(): void;
}

/** Picks the form: logs where they are asked for, nothing with `--quiet`, a live tree on a terminal, else a line an event. */
export async function createProgress(cli: Cli, settings: Settings, redactor: Redactor): Promise<Progress> {
  const report = (result: RunResult, advice?: RunAdvice): void =>
    cli.host.stderr.write(redactor.text(describeRun(result, cli.style, advice)));
  if (settings.logFormat !== undefined || settings.logLevel !== undefined) return logProgress(cli, settings, redactor);
  if (settings.quiet) {
    return {
      onEvent: undefined,
      note: () => undefined,
      report,
      stop: () => undefined,
    };
  }
  if (isLive(cli)) {
    const tree = new TreeProgress(cli, redactor);
    return {
      onEvent: tree.onEvent,
      note: (text) => tree.note(text),
      report,
      stop: () => tree.stop(),
    };
  }
  const lines = new LineProgress(cli.host.stderr, redactor);
  return {
    onEvent: lines.onEvent,
    note: (text) => lines.note(text),
    report,
    stop: () => undefined,
  };
}

async function logProgress(cli: Cli, settings: Settings, redactor: Redactor): Promise<Progress> {
  const { logFormat = "text", logLevel = "info", quiet } = settings;
  const log = await openRunLog({
    format: logFormat,
    level: quiet ? "error" : logLevel,
    redactor,
    write: (line) => cli.host.stderr.write(line),
  });
  return {
    onEvent: log.onEvent,
    note: (text) => log.note(text),
    report: (result, advice) =>
      logFormat === "json"
        ? log.end(result)
        : cli.host.stderr.write(redactor.text(describeRun(result, cli.style, advice))),
    stop: () => undefined,
  };
}

function isLive({ host }: Cli): boolean {
  return host.stderr.isTerminal && !host.env("CI") && host.env("TERM") !== "dumb";
}
