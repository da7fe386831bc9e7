import { formatDuration } from "../../base/duration.ts";
import { truncate } from "../../base/text.ts";
import type { Clock } from "../../engine/clock.ts";
import { failure } from "../../engine/failure.ts";
import type { AttemptResult, BreakerConfig, FailedAttempt } from "../../engine/service.ts";
import { CallWindow } from "./call_window.ts";

const MOST_SHOWN = 200;

/** When a call that undoes a step is to ask again while a probe is under way. */
const SOON_MS = 200;

/** A call that the breaker let through; given back with its result. */
export interface Passage {
  readonly isProbe: boolean;
  /** Counts how often the breaker changed, so that answers to calls of an earlier time are not counted. */
  readonly era: number;
}

/**
 * Stops calling a service that keeps failing.
 *
 * Closed, it counts: when the window holds at least `minCalls` and the share of failures reaches `failureRatio`, it opens. Open, it refuses
 * every call for `openForMs`. Then it is half-open and lets exactly one call through as a probe: if that works it closes with an empty window, if
 * that fails it is open again. Only transient and unknown answers are failures; a call that was cancelled, or was never sent for reasons of our own, counts as nothing.
 */
export class CircuitBreaker {
  readonly #service: string;
  readonly #config: BreakerConfig;
  readonly #clock: Clock;
  readonly #window: CallWindow;
  #passage: Passage = { isProbe: false, era: 0 };
  /** When an open breaker lets a probe through; `undefined` while it is closed. */
  #probeAt: number | undefined;
  #isProbing = false;
  #why = "";

  constructor(service: string, config: BreakerConfig, clock: Clock) {
    this.#service = service;
    this.#config = config;
    this.#clock = clock;
    this.#window = new CallWindow(config.windowMs, clock.now());
  }

  /**
   * What a call gets that would be refused now, or `undefined`.
   *
   * A call that undoes a step need not wait until the breaker is half-open: it is let through as the probe at once, for what was done must
   * not stay because of the failures that made it necessary to undo it. While another probe is under way it is told to come back soon.
   */
  refusal(isCompensation: boolean): AttemptResult | undefined {
    if (this.#probeAt === undefined) return undefined;
    const leftMs = this.#probeAt - this.#clock.now();
    if (isCompensation) {
      return this.#isProbing ? { ...this.#refuse(0), retryable: true, retryAfterMs: SOON_MS } : undefined;
    }
    return leftMs > 0 || this.#isProbing ? this.#refuse(leftMs) : undefined;
  }

  /** Lets a call through. Must only be called when there is no refusal, and be followed by `record`. */
  enter(): Passage {
    if (this.#probeAt === undefined) return this.#passage;
    this.#isProbing = true;
    return { isProbe: true, era: this.#passage.era };
  }

  /** Counts the result of a call that was let through. */
  record(passage: Passage, result: AttemptResult): void {
    if (passage.era !== this.#passage.era) return;
    const verdict = judge(result);
    if (passage.isProbe) this.#isProbing = false;
    if (verdict === "nothing") return;
    if (passage.isProbe) return verdict === "failure" ? this.#open(result, "The probe failed with") : this.#close();
    if (this.#probeAt !== undefined) return;
    const now = this.#clock.now();
    this.#window.add(now, verdict === "failure");
    if (verdict === "success") return;
    const { calls, failures } = this.#window;
    if (calls < this.#config.minCalls || failures < this.#config.failureRatio * calls) return;
    this.#open(result, `${failures} of the last ${calls} calls failed, the last with`);
  }

  #open(result: AttemptResult, why: string): void {
    this.#nextEra();
    this.#probeAt = this.#clock.now() + this.#config.openForMs;
    const last = result.ok ? "" : ` ${result.failure.code}: ${truncate(result.failure.message, MOST_SHOWN)}`;
    this.#why = why + last;
  }

  #close(): void {
    this.#nextEra();
    this.#probeAt = undefined;
    this.#window.clear();
  }

  #nextEra(): void {
    this.#passage = { isProbe: false, era: this.#passage.era + 1 };
    this.#isProbing = false;
  }

  #refuse(leftMs: number): FailedAttempt {
    const when = leftMs > 0 ? `for another ${formatWait(leftMs)}` : "until a probe has come back";
    const message = `Service "${this.#service}" is not called ${when}. ${this.#why}`;
    return {
      ok: false,
      failure: failure("circuit_open", message),
      class: "permanent",
      mayHaveActed: false,
      retryAfterMs: Math.max(0, leftMs),
    };
  }
}

function formatWait(ms: number): string {
  const step = ms < 1_000 ? 1 : 1_000;
  return formatDuration(Math.ceil(ms / step) * step);
}

/** What a result says about the health of the service. */
function judge(result: AttemptResult): "success" | "failure" | "nothing" {
  if (result.ok) return "success";
  const { code } = result.failure;
  if (code === "cancelled" || code === "bad_input" || code === "expression_error") return "nothing";
  return result.class === "permanent" ? "success" : "failure";
}
