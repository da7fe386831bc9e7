import { pino } from "pino";
import type { JsonObject } from "../base/json.ts";
import type { Redactor } from "../base/redact.ts";
import type { Failure } from "../engine/failure.ts";
import type { RunListener } from "../engine/hooks.ts";
import type { RunCause, RunStatus } from "../engine/run.ts";
import { logTextLine } from "./log_text.ts";
import { RunLog } from "./run_log.ts";

/** Options of `createRunLog`. */
export interface RunLogOptions {
  /** JSON objects, or lines for people. */
  readonly format: "json" | "text";
  /** Least severe level that is written; inputs and outputs are written at `debug` only. */
  readonly level: "debug" | "info" | "warn" | "error";
  /** Every message and every value of a field passes through it. */
  readonly redactor: Redactor;
  /** Takes each line, its line break included; must have handed it on before it returns. */
  write(line: string): void;
  /** The time of the lines, in milliseconds. @default the machine's clock */
  readonly now?: (() => number) | undefined;
}

/** How a run ended, as far as the log tells. */
export interface RunEnding {
  readonly runId: string;
  readonly workflow: string;
  readonly status: RunStatus;
  readonly cause: RunCause | null;
  readonly error: Failure | null;
  readonly rollback: {
    readonly undone: readonly string[];
    readonly notUndone: readonly string[];
    readonly unknown: readonly string[];
  };
}

/** Writes what happens in runs as log lines. */
export interface Log {
  readonly onEvent: RunListener;
  /** A line that belongs to no event. */
  note(message: string): void;
  /** The line that says how a run that did not complete went wrong, and what was undone. */
  end(ending: RunEnding): void;
}

/** Opens a log of runs. Nothing is buffered: each line has been handed to `write` when the call that caused it returns. */
export function createRunLog({ format, level, redactor, write, now = Date.now }: RunLogOptions): Log {
  const stream = { write: format === "json" ? write : (line: string): void => write(logTextLine(line)) };
  const logger = pino({
    level,
    base: null,
    timestamp: () => `,"time":"${new Date(now()).toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    messageKey: "message",
    hooks: {
      // Before they are serialised: a secret such as "true" would tear a hole into the JSON of a line.
      logMethod(args, method) {
        method.apply(this, args.map((value) => redactLogged(value as LoggedValue, redactor)) as typeof args);
      },
    },
  }, stream);
  const runs = new RunLog(logger);
  return {
    onEvent: (event) => runs.hear(event),
    note: (message) => logger.warn(message),
    end: ({ runId, workflow, status, cause, error, rollback }) =>
      logger.error({
        run_id: runId,
        workflow,
        status,
        cause,
        step_id: error?.step ?? undefined,
        code: error?.code,
        error: error?.message,
        undone: rollback.undone,
        not_undone: rollback.notUndone,
        unknown: rollback.unknown,
      }, "run did not complete"),
  };
}

/** A message, or the fields of a line; the names of fields are ours. */
type LoggedValue = string | JsonObject;

function redactLogged(value: LoggedValue, redactor: Redactor): LoggedValue {
  if (redactor.isEmpty) return value;
  if (typeof value === "string") return redactor.text(value);
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, redactor.json(field)]));
}
