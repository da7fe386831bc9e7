import type { JsonValue } from "../base/json.ts";
import { type Failure, failure, toFailure } from "./failure.ts";

/** Answers a request while the workflow runs; durable code like the workflow function itself. */
export type UpdateHandler = (data: JsonValue) => Promise<JsonValue>;

/** A request that came. */
export interface Update {
  readonly id: string;
  readonly name: string;
  readonly data: JsonValue;
}

/** Hears of an answer; exactly one of the two is null, unless the output itself is. */
type OnAnswered = (id: string, output: JsonValue, failure: Failure | null) => void;

/** The updates of one run: kept until the workflow has a handler for them, each answered once, those that are left by the run's end. */
export class UpdateBox {
  readonly #handlers = new Map<string, UpdateHandler>();
  readonly #waiting = new Set<Update>();
  readonly #running = new Map<string, Update>();
  readonly #onAnswered: OnAnswered;

  constructor(onAnswered: OnAnswered) {
    this.#onAnswered = onAnswered;
  }

  /** Whether the run can be moved on by an update. */
  get isListening(): boolean {
    return this.#handlers.size > 0;
  }

  /** Answers updates of this name from now on, those that have come already first. */
  handle(name: string, handler: UpdateHandler): void {
    this.#handlers.set(name, handler);
    for (const update of this.#waiting) if (update.name === name) this.#answer(update, handler);
  }

  /** Takes an update in. */
  add(update: Update): void {
    const handler = this.#handlers.get(update.name);
    if (handler === undefined) this.#waiting.add(update);
    else this.#answer(update, handler);
  }

  /** The updates that have no answer yet. */
  get unanswered(): readonly Update[] {
    return [...this.#running.values(), ...this.#waiting];
  }

  /** Tells whoever still waits for an answer that there will be none. */
  close(): void {
    const left = this.unanswered;
    this.#waiting.clear();
    this.#running.clear();
    for (const { id } of left) this.#onAnswered(id, null, failure("run_ended", "The run ended before it answered"));
  }

  #answer(update: Update, handler: UpdateHandler): void {
    const { id, data } = update;
    this.#waiting.delete(update);
    this.#running.set(id, update);
    handler(data).then(
      (output) => this.#end(id, output, null),
      (thrown) => this.#end(id, null, toFailure(thrown)),
    );
  }

  #end(id: string, output: JsonValue, reason: Failure | null): void {
    if (this.#running.delete(id)) this.#onAnswered(id, output, reason);
  }
}
