import type { Logger } from "pino";
import type { RunEvent } from "../engine/hooks.ts";
import { type Entry, isOutcome, sentMethod, type StepOutcome, type StepScheduled } from "../engine/journal.ts";

/** What a step's later lines repeat. */
interface OpenStep {
  readonly service: string;
  readonly method: string;
  readonly startedAt: number;
}

/** Fields of a log line. */
type Fields = Record<string, unknown>;

/** Turns the events of runs into log lines, and remembers steps only while they go on. */
export class RunLog {
  readonly #logger: Logger;
  readonly #isDebug: boolean;
  /** Steps in flight, by run and path. */
  readonly #open = new Map<string, OpenStep>();
  readonly #runStartedAt = new Map<string, number>();

  constructor(logger: Logger) {
    this.#logger = logger;
    this.#isDebug = logger.isLevelEnabled("debug");
  }

  /** Writes the lines of one event. */
  hear(event: RunEvent): void {
    const { entry } = event;
    if (event.isPast === true) return this.#learn(event);
    const fields = this.#fields(event);
    switch (entry.type) {
      case "run_started":
        this.#runStartedAt.set(event.runId, event.time);
        if (this.#isDebug) fields["input"] = entry.input;
        return this.#logger.info({ ...fields, version: entry.version }, "run started");
      case "run_finished":
        return this.#finishRun(event, fields, entry);
      case "step_scheduled":
        return this.#startStep(event, fields, entry);
      case "step_completed":
      case "step_failed":
      case "step_unknown":
      case "step_cancelled":
        return this.#endStep(event, fields, entry);
      default:
        return this.#note(fields, entry);
    }
  }

  /** Takes in what an earlier process has told of already. */
  #learn({ runId, time, entry }: RunEvent): void {
    if (entry.type === "run_started") this.#runStartedAt.set(runId, time);
    else if (entry.type === "step_scheduled") this.#remember(runId, time, entry);
    else if (isOutcome(entry)) this.#open.delete(`${runId} ${entry.step}`);
  }

  #remember(runId: string, startedAt: number, entry: StepScheduled): void {
    this.#open.set(`${runId} ${entry.step}`, { service: entry.service, method: sentMethod(entry), startedAt });
  }

  #fields({ runId, workflow, traceId, entry }: RunEvent): Fields {
    const fields: Fields = { run_id: runId, workflow };
    if (traceId !== undefined) fields["trace_id"] = traceId;
    if (!("step" in entry)) return fields;
    fields["step_id"] = entry.step;
    const open = this.#open.get(`${runId} ${entry.step}`);
    if (open !== undefined) [fields["service"], fields["method"]] = [open.service, open.method];
    return fields;
  }

  #startStep({ runId, time }: RunEvent, fields: Fields, entry: StepScheduled): void {
    const { service, request, compensates } = entry;
    const method = sentMethod(entry);
    this.#remember(runId, time, entry);
    if (compensates !== undefined) fields["compensates"] = compensates;
    if (this.#isDebug) fields["input"] = request;
    this.#logger.info(
      { ...fields, service, method },
      compensates === undefined ? "step started" : "compensation started",
    );
  }

  #endStep({ runId, time }: RunEvent, fields: Fields, entry: StepOutcome): void {
    const key = `${runId} ${entry.step}`;
    const open = this.#open.get(key);
    this.#open.delete(key);
    fields["attempt"] = entry.attempts;
    if (open !== undefined) fields["duration_ms"] = time - open.startedAt;
    const message = entry.type.replace("_", " ");
    if (entry.type === "step_completed") {
      if (this.#isDebug) fields["output"] = entry.output;
      return this.#logger.info(fields, message);
    }
    const { code, message: error, details } = entry.failure;
    const line = { ...fields, code, error, ...(this.#isDebug ? { details } : {}) };
    if (entry.type === "step_cancelled") this.#logger.warn(line, message);
    else this.#logger.error(line, message);
  }

  #finishRun({ runId, time }: RunEvent, fields: Fields, entry: Extract<Entry, { type: "run_finished" }>): void {
    const startedAt = this.#runStartedAt.get(runId) ?? time;
    this.#runStartedAt.delete(runId);
    const line: Fields = { ...fields, status: entry.status, cause: entry.cause, duration_ms: time - startedAt };
    if (this.#isDebug) line["output"] = entry.output;
    if (entry.error !== null) [line["code"], line["error"]] = [entry.error.code, entry.error.message];
    this.#logger.info(line, "run finished");
  }

  #note(fields: Fields, entry: Entry): void {
    switch (entry.type) {
      case "attempt_started":
        return this.#logger.info({ ...fields, attempt: entry.attempt }, "attempt started");
      case "attempt_failed": {
        const { attempt, failure: { code, message: error }, retryInMs } = entry;
        return this.#logger.warn(
          { ...fields, attempt, code, error, class: entry.class, retry_in_ms: retryInMs },
          "attempt failed",
        );
      }
      case "block_closed":
        if (entry.failure === undefined) {
          return this.#logger.debug({ ...fields, kind: entry.kind, status: entry.status }, "block closed");
        }
        return this.#logger.warn(
          { ...fields, kind: entry.kind, status: entry.status, code: entry.failure.code, error: entry.failure.message },
          "block closed",
        );
      case "rollback_started":
        return this.#logger.warn(
          { ...fields, cause: entry.cause, code: entry.error.code, error: entry.error.message, steps: entry.steps },
          "rollback started",
        );
      case "cancel_requested":
        return this.#logger.warn({ ...fields, reason: entry.reason }, "cancel requested");
      case "error_handled":
        return this.#logger.warn(fields, "error handled");
      case "log":
        return this.#logger.info(fields, entry.text);
      case "step_skipped":
        return this.#logger.info({ ...fields, reason: entry.reason }, "step skipped");
      default:
        return this.#noteWaiting(fields, entry);
    }
  }

  /** What a run waits for, and what moves it on. */
  #noteWaiting(fields: Fields, entry: Entry): void {
    const text = entry.type.replaceAll("_", " ");
    switch (entry.type) {
      case "signal_awaited":
        return this.#logger.info({ ...fields, signal: entry.signal }, text);
      case "signal_received":
        return this.#logger.info(
          { ...fields, signal: entry.name, ...(this.#isDebug ? { data: entry.data } : {}) },
          text,
        );
      case "update_received":
        return this.#logger.info(
          { ...fields, update: entry.name, ...(this.#isDebug ? { data: entry.data } : {}) },
          text,
        );
      case "update_completed":
        return entry.failure === null
          ? this.#logger.info(fields, text)
          : this.#logger.warn({ ...fields, code: entry.failure.code, error: entry.failure.message }, "update failed");
      case "attributes_set":
        return this.#logger.info({ ...fields, attributes: entry.attributes }, text);
      case "run_terminated":
        return this.#logger.warn(fields, text);
      case "signal_refused":
        return this.#logger.warn({ ...fields, signal: entry.signal, reason: entry.reason }, text);
      case "child_scheduled":
        return this.#logger.info({ ...fields, child_run_id: entry.runId, child_workflow: entry.workflow }, text);
      case "child_finished":
        return this.#logger.info({ ...fields, child_run_id: entry.child.runId, status: entry.child.status }, text);
      case "run_paused":
        return this.#logger.warn({ ...fields, reason: entry.pause.reason, error: entry.pause.message }, text);
      case "run_recovered":
        return this.#logger.warn({ ...fields, in_flight: entry.inFlight }, text);
      case "resume_requested":
      case "pivot_passed":
        return this.#logger.info(fields, text);
      case "reconciled":
        return this.#logger.info({ ...fields, is_done: entry.isDone }, text);
      case "timer_set":
        return entry.timer.endsWith("!sleep")
          ? this.#logger.info({
            ...fields,
            step_id: entry.timer.slice(0, -6),
            until: new Date(entry.due).toISOString(),
          }, "sleeping")
          : this.#logger.debug({ ...fields, timer: entry.timer }, text);
      default:
        return this.#logger.debug(fields, text);
    }
  }
}
