import { failedBy } from "../engine/attempt_error.ts";
import type { Middleware, StepCall } from "../engine/middleware.ts";
import { stopwatch, type TimedOptions } from "./stopwatch.ts";

/** What a measurement is of. */
export type MetricLabels = Readonly<Record<string, string>>;

/** Takes measurements: an adapter for the registry that a program has, or `Metrics`. Must not throw. */
export interface MetricsSink {
  /** Counts one more. */
  count(name: string, labels: MetricLabels): void;
  /** Takes a measured value. */
  observe(name: string, value: number, labels: MetricLabels): void;
}

/**
 * Makes middleware that counts attempts and measures how long they take.
 *
 * Every attempt counts to `maestro_step_attempts_total` and is observed as `maestro_step_duration_seconds`; a failed one counts to
 * `maestro_step_failures_total`, which has the label `code` too. The labels are `workflow step service method`, and there are no more of
 * them than there are steps: the turns of a loop count to one (`each[]/charge`), and the method of an HTTP call is its verb.
 *
 * @example
 * ```ts
 * import { createMaestro, createRuntime, Metrics, metrics } from "maestro";
 *
 * const measured = new Metrics();
 * const maestro = createMaestro({ runtime: await createRuntime(), middleware: [metrics(measured)] });
 * console.log(measured.snapshot());
 * await maestro.close();
 * ```
 */
export function metrics(sink: MetricsSink, { clock }: TimedOptions = {}): Middleware {
  return async (call, next) => {
    const labels = labelsOf(call);
    const passed = stopwatch(clock);
    try {
      return await next();
    } catch (error) {
      sink.count("maestro_step_failures_total", { ...labels, code: failedBy(error).failure.code });
      throw error;
    } finally {
      sink.count("maestro_step_attempts_total", labels);
      sink.observe("maestro_step_duration_seconds", passed() / 1_000, labels);
    }
  };
}

function labelsOf({ workflow, step, service, method }: StepCall): MetricLabels {
  const [verb = ""] = method.split(" ", 1);
  return { workflow, step: step.replace(/\[\d+\]/g, "[]").replace(/!\d+/g, ""), service, method: verb };
}

/** All measurements of one name and of the same labels. */
export interface MetricSeries {
  /** What was measured. */
  readonly name: string;
  /** What it is of. */
  readonly labels: MetricLabels;
  /** How often. */
  readonly count: number;
  /** All values together; of a counter 0. */
  readonly sum: number;
  /** The smallest value; of a counter 0. */
  readonly min: number;
  /** The largest value; of a counter 0. */
  readonly max: number;
}

/**
 * Measurements in memory.
 *
 * @example
 * ```ts
 * import { Metrics } from "maestro";
 *
 * const measured = new Metrics();
 * measured.observe("seconds", 2, { step: "pay" });
 * measured.observe("seconds", 4, { step: "pay" });
 * console.log(measured.snapshot()[0]?.sum);
 * ```
 */
export class Metrics implements MetricsSink {
  readonly #series = new Map<string, { -readonly [Member in keyof MetricSeries]: MetricSeries[Member] }>();

  /** Counts one more. */
  count(name: string, labels: MetricLabels): void {
    this.#find(name, labels).count++;
  }

  /** Takes a measured value. */
  observe(name: string, value: number, labels: MetricLabels): void {
    const series = this.#find(name, labels);
    series.min = series.count === 0 ? value : Math.min(series.min, value);
    series.max = series.count === 0 ? value : Math.max(series.max, value);
    series.sum += value;
    series.count++;
  }

  /** Gives what has been measured so far, in the order in which each was measured first. */
  snapshot(): readonly MetricSeries[] {
    return [...this.#series.values()].map((series) => ({ ...series }));
  }

  #find(name: string, labels: MetricLabels): { -readonly [Member in keyof MetricSeries]: MetricSeries[Member] } {
    const key = JSON.stringify([name, labels]);
    let series = this.#series.get(key);
    if (series === undefined) this.#series.set(key, series = { name, labels, count: 0, sum: 0, min: 0, max: 0 });
    return series;
  }
}
